// swift-tools-version: 6.2
import PackageDescription

let swift: [SwiftSetting] = [
    .enableExperimentalFeature("Lifetimes"),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]
// Optimising the tests themselves was a third of a release build. Those of the C targets stay optimised: their oracles count.
let tests = swift + [.unsafeFlags(["-Onone"])]
let c: [CSetting] = [
    .treatAllWarnings(as: .error),
    .enableWarning("all"), .enableWarning("extra"), .enableWarning("conversion"),
]

// FASTVERIFY_PARTS leaves out what a build does not look at, since the server packages take longer than everything else:
// `core` is the library and its tests, `tools` adds the command-line tool and the harness; `server` is the library and what
// speaks HTTP, with the tests of that, the command-line tool with `serve`, and the soak of the engine; `soak` is that alone.
let parts = Context.environment["FASTVERIFY_PARTS"] ?? "all"
let hasTools = ["all", "tools"].contains(parts)
let hasServer = ["all", "server"].contains(parts)
let hasIssuer = ["all", "server", "issuer"].contains(parts)
let hasSoak = ["all", "server", "soak"].contains(parts)

// Products that several targets need.
let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")

let package = Package(
    name: "FastVerify",
    products: [
        .library(name: "FastVerify", targets: ["FastVerify"]),
        .library(name: "FastVerifyAccess", targets: ["FastVerifyAccess"]),
    ],
    dependencies: [.package(url: "https://github.com/apple/swift-http-types", from: "1.8.0")],
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
        .target(
            name: "FastVerify", dependencies: ["CCPU", "CCrypto", "CScan"], exclude: ["Engine/README.md"],
            swiftSettings: swift),
        .target(
            name: "FastVerifyAccess",
            dependencies: ["FastVerify", httpTypes],
            swiftSettings: swift),
        .target(name: "CAllocations", dependencies: ["COpenSSL"], path: "Tests/CAllocations"),
        .target(name: "CContinuations", path: "Tests/CContinuations", cSettings: c),
    ],
    cLanguageStandard: .c17
)

if !["server", "soak", "issuer"].contains(parts) {
    package.targets += [
        .testTarget(name: "CScanTests", dependencies: ["CScan", "CCPU"], swiftSettings: swift),
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
            name: "FastVerifyTests", dependencies: ["FastVerify", "CAllocations", "CContinuations", "CTableKinds"],
            swiftSettings: tests),
        .testTarget(
            name: "FastVerifyAccessTests",
            dependencies: [
                "FastVerifyAccess", "FastVerify", httpTypes,
            ],
            swiftSettings: tests),
    ]
}

if hasIssuer {
    package.products.append(.library(name: "TokenService", targets: ["TokenService"]))
    package.dependencies.append(.package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"))
    package.targets += [
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .target(
            name: "TokenService",
            dependencies: [
                "FastVerify", "FastVerifyAccess", "CSodium", "CPostgres", "CZlib",
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: swift),
        .testTarget(
            name: "TokenServiceTests",
            dependencies: [
                "TokenService", "FastVerify", "FastVerifyAccess", .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: tests),
    ]
}

if hasSoak {
    package.targets += [
        .target(name: "CHeap", path: "Tests/CHeap", cSettings: c),
        .executableTarget(
            name: "fastverify-soak", dependencies: ["FastVerify", "CContinuations", "CHeap"], path: "Tests/Soak",
            swiftSettings: swift),
    ]
}

// The tool has `serve` and `explain` only where the server packages are built anyway.
if hasTools || hasServer {
    package.products.append(.executable(name: "fastverify", targets: ["Command"]))
    package.dependencies.append(.package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"))
    let gateway: [Target.Dependency] = [
        "FastVerifyGateway", "FastVerifyAccess", "TokenService", "TokenServiceHTTP", hummingbird, logging, lifecycle,
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
    ]
    package.targets.append(
        .executableTarget(
            name: "Command",
            dependencies: ["FastVerify", .product(name: "ArgumentParser", package: "swift-argument-parser")]
                + (hasServer ? gateway : []),
            swiftSettings: swift + (hasServer ? [.define("GATEWAY")] : [])))
}

if hasTools {
    package.products.append(.executable(name: "fastverify-bench", targets: ["Bench"]))
    package.dependencies.append(
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"))
    package.targets += [
        .target(name: "CBaseline", dependencies: ["COpenSSL"], cSettings: c),
        .executableTarget(
            name: "Bench",
            dependencies: [
                "FastVerify", "FastVerifyAccess", "CCrypto", "CBaseline",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Histogram", package: "hdrhistogram-swift"),
            ],
            swiftSettings: swift),
        .testTarget(name: "CommandTests", dependencies: ["Command", "FastVerify"], swiftSettings: tests),
        .testTarget(
            name: "BenchTests", dependencies: ["Bench", "CBaseline", "CCrypto", "FastVerify"], swiftSettings: tests),
    ]
}

if hasServer {
    package.products += [
        .library(name: "FastVerifyHTTP", targets: ["FastVerifyHTTP"]),
        .library(name: "FastVerifyHummingbird", targets: ["FastVerifyHummingbird"]),
        .library(name: "FastVerifyGateway", targets: ["FastVerifyGateway"]),
    ]
    package.dependencies += [
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.3"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: []),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
        .package(url: "https://github.com/grpc/grpc-swift-2", from: "2.4.3"),
        .package(url: "https://github.com/grpc/grpc-swift-nio-transport", from: "2.9.2"),
        .package(url: "https://github.com/grpc/grpc-swift-protobuf", from: "2.4.1"),
    ]
    let network: [Target.Dependency] = [
        nioCore, .product(name: "NIOPosix", package: "swift-nio"), nioSSL,
    ]
    package.targets += [
        .target(
            name: "FastVerifyHTTP",
            dependencies: network + [
                "FastVerify", "FastVerifyAccess", .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOHTTP1", package: "swift-nio"), lifecycle, logging,
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ],
            swiftSettings: swift),
        .target(
            name: "FastVerifyGateway",
            dependencies: network + [
                "FastVerify", "FastVerifyAccess", "FastVerifyHTTP", httpTypes, lifecycle,
                .product(name: "UnixSignals", package: "swift-service-lifecycle"), logging,
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "NIOCertificateReloading", package: "swift-nio-extras"),
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "Yams", package: "Yams"), .product(name: "SwiftProtobuf", package: "swift-protobuf"),
                .product(name: "GRPCCore", package: "grpc-swift-2"),
                .product(name: "GRPCNIOTransportHTTP2Posix", package: "grpc-swift-nio-transport"),
                .product(name: "GRPCProtobuf", package: "grpc-swift-protobuf"),
            ],
            swiftSettings: swift),
        .target(
            name: "FastVerifyHummingbird",
            dependencies: [
                "FastVerify", "FastVerifyAccess", httpTypes, hummingbird, logging,
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Metrics", package: "swift-metrics"), nioCore, nioSSL,
                .product(name: "NIOHTTP1", package: "swift-nio"), .product(name: "NIOWebSocket", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
            ],
            swiftSettings: swift),
        .testTarget(
            name: "TokenServiceHTTPTests",
            dependencies: [
                "TokenServiceHTTP", "TokenService", "FastVerify", "FastVerifyAccess", "FastVerifyHTTP", httpTypes,
                hummingbird, .product(name: "HummingbirdTesting", package: "hummingbird"),
            ],
            swiftSettings: tests),
        .target(
            name: "TokenServiceHTTP",
            dependencies: [
                "TokenService", "FastVerify", "FastVerifyAccess", "FastVerifyHummingbird", httpTypes, hummingbird,
                logging, nioCore, lifecycle,
            ],
            resources: [.embedInCode("openapi.json")], swiftSettings: swift),
        .testTarget(
            name: "FastVerifyGatewayTests",
            dependencies: [
                "FastVerifyGateway", "AttackCatalogue", "FastVerify", "FastVerifyAccess", httpTypes,
                .product(name: "CoreMetrics", package: "swift-metrics"), logging,
                nioCore, .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
            ],
            swiftSettings: tests),
        .executableTarget(
            name: "protected-api",
            dependencies: ["FastVerifyHummingbird", hummingbird],
            path: "Examples/protected-api/Sources", swiftSettings: swift),
        .executableTarget(
            name: "browser-site",
            dependencies: [
                "FastVerifyHummingbird", httpTypes, hummingbird,
            ],
            path: "Tests/Browser/Sources", swiftSettings: swift),
        .target(
            name: "AttackCatalogue", dependencies: ["FastVerify"], path: "Tests/AttackCatalogue", swiftSettings: swift),
        .target(
            name: "ServerFixtures", dependencies: [logging],
            path: "Tests/ServerFixtures", swiftSettings: swift),
        .testTarget(
            name: "FastVerifyHummingbirdTests",
            dependencies: [
                "AttackCatalogue", "ServerFixtures", "FastVerify", "FastVerifyAccess", "FastVerifyHummingbird",
                httpTypes, hummingbird, .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
                .product(name: "HummingbirdTLS", package: "hummingbird"), logging,
                .product(name: "MetricsTestKit", package: "swift-metrics"),
                nioCore, .product(name: "NIOPosix", package: "swift-nio"), nioSSL,
            ],
            swiftSettings: swift),
        .target(
            name: "FaultyKeyServer", dependencies: network, path: "Tests/FaultyKeyServer", swiftSettings: swift),
        .testTarget(
            name: "FastVerifyHTTPTests",
            dependencies: [
                "FastVerifyHTTP", "FastVerify", "FastVerifyAccess", "FaultyKeyServer", "CAllocations", "ServerFixtures",
                nioCore, nioSSL, lifecycle,
                .product(name: "ServiceLifecycleTestKit", package: "swift-service-lifecycle"), logging,
                .product(name: "MetricsTestKit", package: "swift-metrics"),
            ],
            swiftSettings: swift),
    ]
}
