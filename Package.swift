// swift-tools-version: 6.2
import PackageDescription

let swift: [SwiftSetting] = [
    .enableExperimentalFeature("Lifetimes"),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]
let c: [CSetting] = [
    .treatAllWarnings(as: .error),
    .enableWarning("all"), .enableWarning("extra"), .enableWarning("conversion"),
]

let package = Package(
    name: "FastVerify",
    products: [
        .library(name: "FastVerify", targets: ["FastVerify"]),
        .executable(name: "fastverify", targets: ["Command"]),
        .executable(name: "fastverify-bench", targets: ["Bench"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
    ],
    targets: [
        .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),
        .target(name: "CCPU", cSettings: c),
        .target(name: "CScan", dependencies: ["CCPU"], cSettings: c),
        .target(
            name: "CCrypto", dependencies: ["CCPU", "COpenSSL", "CSodium"],
            exclude: [
                "kernels.def", "multibuffer/README.md", "multibuffer/ed25519.md", "multibuffer/rsa.md",
                "multibuffer/sha2.md",
                "multibuffer/weierstrass.md",
            ],
            cSettings: c),
        .target(name: "FastVerify", dependencies: ["CCPU", "CCrypto", "CScan"], swiftSettings: swift),
        .executableTarget(
            name: "Command",
            dependencies: ["FastVerify", .product(name: "ArgumentParser", package: "swift-argument-parser")],
            swiftSettings: swift),
        .target(name: "CBaseline", dependencies: ["COpenSSL"], cSettings: c),
        .executableTarget(
            name: "Bench",
            dependencies: [
                "FastVerify", "CCrypto", "CBaseline",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Histogram", package: "hdrhistogram-swift"),
            ],
            swiftSettings: swift),
        .testTarget(name: "CScanTests", dependencies: ["CScan", "CCPU"], swiftSettings: swift),
        .target(name: "CAllocations", dependencies: ["COpenSSL"], path: "Tests/CAllocations"),
        .target(name: "CTableKinds", dependencies: ["CCrypto"], path: "Tests/CTableKinds", cSettings: c),
        .target(name: "CWeierstrass", dependencies: ["CCrypto"], path: "Tests/CWeierstrass", cSettings: c),
        .target(name: "CEd25519", dependencies: ["CCPU", "CCrypto", "COpenSSL"], path: "Tests/CEd25519", cSettings: c),
        .target(name: "CRSA", dependencies: ["CCrypto"], path: "Tests/CRSA", cSettings: c),
        .executableTarget(
            name: "ed25519-differential", dependencies: ["CCrypto", "CSodium"], path: "Tests/Ed25519Differential",
            cSettings: c),
        .executableTarget(
            name: "signature-differential", dependencies: ["CCrypto"], path: "Tests/SignatureDifferential", cSettings: c
        ),
        .testTarget(
            name: "CCryptoTests",
            dependencies: [
                "CAllocations", "CCPU", "CCrypto", "CEd25519", "COpenSSL", "CRSA", "CSodium", "CTableKinds",
                "CWeierstrass",
            ],
            swiftSettings: swift),
        .testTarget(
            name: "FastVerifyTests", dependencies: ["FastVerify", "CAllocations", "CTableKinds"], swiftSettings: swift),
        .testTarget(name: "CommandTests", dependencies: ["Command", "FastVerify"], swiftSettings: swift),
        .testTarget(
            name: "BenchTests", dependencies: ["Bench", "CBaseline", "CCrypto", "FastVerify"], swiftSettings: swift),
    ],
    cLanguageStandard: .c17
)
