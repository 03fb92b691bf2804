// swift-tools-version: 6.0
import PackageDescription

let package = Package(
    name: "EngineProtocol",
    platforms: [.macOS(.v13)],
    products: [.library(name: "EngineProtocol", targets: ["EngineProtocol"])],
    targets: [.target(name: "EngineProtocol", path: "Sources")]
)
