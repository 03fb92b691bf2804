// swift-tools-version: 6.0
import PackageDescription

let package = Package(
    name: "swift-crypto-backend",
    platforms: [.macOS(.v14)],
    dependencies: [
        .package(path: "../../../engines/protocol/swift"),
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
    ],
    targets: [
        .executableTarget(
            name: "engine",
            dependencies: [
                .product(name: "EngineProtocol", package: "swift"), .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
            ],
            path: "Sources")
    ]
)
