// swift-tools-version: 6.0
import PackageDescription

let package = Package(
    name: "jwt-kit-engine",
    platforms: [.macOS(.v13)],
    dependencies: [
        .package(path: "../../protocol/swift"),
        .package(url: "https://github.com/vapor/jwt-kit", exact: "5.7.1"),
    ],
    targets: [
        .executableTarget(
            name: "engine",
            dependencies: [
                .product(name: "EngineProtocol", package: "swift"), .product(name: "JWTKit", package: "jwt-kit"),
            ],
            path: "Sources")
    ]
)
