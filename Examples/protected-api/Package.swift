// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "protected-api",
    dependencies: [
        .package(name: "FastVerify", path: "../.."),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
    ],
    targets: [
        .executableTarget(
            name: "protected-api",
            dependencies: [
                .product(name: "FastVerifyHummingbird", package: "FastVerify"),
                .product(name: "Hummingbird", package: "hummingbird"),
            ],
            path: "Sources")
    ]
)
