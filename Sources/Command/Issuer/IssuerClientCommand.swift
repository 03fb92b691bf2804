#if GATEWAY
    import ArgumentParser
    import FastVerify
    import TokenService

    /// `fastverify issuer client`.
    struct IssuerClientCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "client", abstract: "Clients that ask for tokens in their own name: add, list, switch off.",
            subcommands: [Add.self, List.self, Change.self])

        struct Add: AsyncParsableCommand {
            static let configuration = CommandConfiguration(
                abstract: "Add a client; prints its secret, which nobody can show again.",
                discussion: """
                      fastverify issuer client add billing --scope orders:read
                      fastverify issuer client add robot --keys robot-public.json --scope orders:read
                      fastverify issuer client add gateway --scope revocations:read
                      fastverify issuer client add root --scope issuer:admin

                    The last may use /api/admin, so its tokens are for the issuer alone: an API that gets one has it, too.
                    """)

            @OptionGroup var folder: IssuerFolder
            @Argument(help: "client_id.") var id: String
            @Option(help: ArgumentHelp("A scope that it may ask for. May be repeated.", valueName: "scope")) var scope:
                [String] = []
            @Option(help: ArgumentHelp("An audience. May be repeated; the first is the default.", valueName: "aud"))
            var audience: [String] = []
            @Option(
                help: ArgumentHelp("Public JWK Set, for private_key_jwt instead of a secret.", valueName: "file"),
                completion: .file())
            var keys: String?

            func run() async throws {
                let kind: TokenIssuer.ClientKind =
                    try keys.map { .keys(String(decoding: try InputFile.contents(of: $0), as: UTF8.self)) } ?? .secret
                let (client, secret) = try await folder.with {
                    try await $0.addClient(
                        id: id, kind, grants: Set(Client.Grant.allCases), scopes: scope, audiences: audience)
                }
                try ByteOutput.print(secret ?? client.id)
            }
        }

        struct List: AsyncParsableCommand {
            static let configuration = CommandConfiguration(abstract: "List clients, a line of JSON each.")

            @OptionGroup var folder: IssuerFolder

            func run() async throws {
                for client in try await folder.with({ try await $0.clients() }) {
                    try ByteOutput.print(
                        TokenClaims.Value.object([
                            "id": .string(client.id), "scopes": .array(client.scopes.map { .string($0) }),
                            "audiences": .array(client.audiences.map { .string($0) }),
                            "disabled": .boolean(client.isDisabled), "createdAt": .integer(client.createdAt),
                        ]).text)
                }
            }
        }

        struct Change: AsyncParsableCommand {
            static let configuration = CommandConfiguration(
                commandName: "set", abstract: "Switch a client off, which takes its tokens back, or on.")

            @OptionGroup var folder: IssuerFolder
            @Flag(inversion: .prefixedEnableDisable, help: "Whether it gets tokens.") var tokens: Bool
            @Argument var id: String

            func run() async throws { try await folder.with { try await $0.setClient(id, isDisabled: !tokens) } }
        }
    }
#endif
