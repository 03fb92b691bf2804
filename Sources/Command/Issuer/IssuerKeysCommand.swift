#if GATEWAY
    import ArgumentParser
    import FastVerify
    import TokenService

    /// `fastverify issuer keys`.
    struct IssuerKeysCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "keys", abstract: "Signing keys: list, bring the next one forward, take one back.",
            subcommands: [List.self, Rotate.self, Revoke.self],
            defaultSubcommand: List.self)

        struct List: AsyncParsableCommand {
            static let configuration = CommandConfiguration(abstract: "List published keys, a line of JSON each.")

            @OptionGroup var folder: IssuerFolder

            func run() async throws {
                for key in try await folder.with({ $0.keys.keys }) {
                    try ByteOutput.print(
                        TokenClaims.Value.object([
                            "kid": .string(key.kid), "algorithm": .string(key.algorithm), "state": .string(key.state),
                            "activatesAt": .integer(key.activatesAt), "retiresAt": .integer(key.retiresAt),
                        ]).text)
                }
            }
        }

        struct Rotate: AsyncParsableCommand {
            static let configuration = CommandConfiguration(
                abstract: "Publish the next key now; it signs as soon as every verifier can know it. Prints its name.")

            @OptionGroup var folder: IssuerFolder

            func run() async throws {
                guard let kid = try await folder.with({ try await $0.keys.rotate(by: "operator") }) else {
                    throw Failure("the next key is published already")
                }
                try ByteOutput.print(kid)
            }
        }

        struct Revoke: AsyncParsableCommand {
            static let configuration = CommandConfiguration(
                abstract: "Take a key back at once: another signs, and all that it signed is revoked.")

            @OptionGroup var folder: IssuerFolder
            @Argument(help: "Name of the key.") var kid: String

            func run() async throws {
                guard try await folder.with({ try await $0.keys.revoke(kid, by: "operator") }) else {
                    throw Failure("no key of this name is published")
                }
            }
        }
    }

    /// `fastverify issuer sessions`.
    struct IssuerSessionsCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "sessions", abstract: "A user's open sessions, a line of JSON each; or end them.")

        @OptionGroup var folder: IssuerFolder
        @Argument(help: "Name of the user.") var name: String
        @Option(help: ArgumentHelp("End this session.", valueName: "id")) var end: String?
        @Flag(help: "End all sessions, and take back the access tokens of the user.") var endAll = false

        func run() async throws {
            try await folder.with { issuer in
                guard let user = try await issuer.user(named: name) else {
                    throw TokenIssuer.InvalidRecord.noSuchUser
                }
                if let end {
                    do { try await issuer.endSession(end, of: user.id) } catch is IssuerRefusal {
                        throw Failure("no such open session")
                    }
                }
                if endAll { try await issuer.endAllSessions(of: user.id, by: "operator") }
                for session in try await issuer.sessions(of: user.id) {
                    try ByteOutput.print(
                        TokenClaims.Value.object([
                            "id": .string(session.id), "device": .string(session.label),
                            "createdAt": .integer(session.createdAt), "lastUsedAt": .integer(session.lastUsedAt),
                            "expiresAt": .integer(session.expiresAt),
                        ]).text)
                }
            }
        }
    }
#endif
