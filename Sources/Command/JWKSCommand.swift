import ArgumentParser
struct JWKSCommand: ParsableCommand { static let configuration = CommandConfiguration(commandName: "jwks") }
