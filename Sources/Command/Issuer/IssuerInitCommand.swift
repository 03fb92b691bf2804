#if GATEWAY
    import ArgumentParser
    import FastVerify
    import Foundation
    import TokenService

    /// `fastverify issuer init`: a folder with everything that an issuer needs.
    struct IssuerInitCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "init", abstract: "Make an issuer: settings, sealing key, database, first signing key.")

        @OptionGroup var folder: IssuerFolder

        @Option(
            help: ArgumentHelp("URL under which clients and verifiers reach it; `iss` of its tokens.", valueName: "url")
        )
        var issuer = "http://127.0.0.1:8090"

        @Option(help: ArgumentHelp("`aud` of the tokens of users.", valueName: "aud")) var audience = "api"

        @Option(help: ArgumentHelp("Address that it listens on.", valueName: "host:port")) var listen = "127.0.0.1:8090"

        @Option(help: ArgumentHelp("SQLite file in the folder, or a PostgreSQL URL.", valueName: "database"))
        var database = "issuer.db"

        @Option(help: ArgumentHelp("A scope that users get. May be repeated.", valueName: "scope")) var scope:
            [String] = []

        func run() async throws {
            GuardedBytes.protectProcess()
            do {
                try FileManager.default.createDirectory(
                    atPath: folder.path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            } catch {
                throw Failure("\(folder.path.printable): the folder cannot be made")
            }
            let settings = IssuerFolder.Settings(
                issuer: issuer, audience: audience, listen: listen, database: database, scopes: scope)
            _ = try folder.rules(settings)
            for file in [folder.settingsFile, folder.sealingFile] {
                try OutputFile.secret(file).check(replacing: false)
            }
            if ProcessInfo.processInfo.environment[IssuerFolder.variable] == nil {
                let key = try SealingKey()
                let text = key.withUnsafeBytes { Base64URL.encode(Array($0)) }
                try OutputFile.secret(folder.sealingFile).write(text + "\n", replacing: false)
            }
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            let json = String(decoding: try encoder.encode(settings), as: UTF8.self)
            try OutputFile.shared(folder.settingsFile).write(json + "\n", replacing: false)
            let kid = try await folder.with { $0.keys.keys.first?.kid ?? "" }
            try ByteOutput.print(
                """
                \(folder.path.printable): issuer \(issuer.printable), signing key \(kid)
                Keep \(folder.sealingFile.printable) apart from backups of the database: whoever has both can sign.

                fastverify issuer user add alice --dir \(folder.path.printable)
                fastverify issuer run --dir \(folder.path.printable)
                """)
        }
    }
#endif
