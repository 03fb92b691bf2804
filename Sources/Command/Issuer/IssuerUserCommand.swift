#if GATEWAY
    import ArgumentParser
    import FastVerify
    import TokenService

    /// `fastverify issuer user`.
    struct IssuerUserCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "user", abstract: "Users: add, list, change, set a password.",
            subcommands: [Add.self, List.self, Change.self, Password.self])

        /// What a user may do.
        struct Rights: ParsableArguments {
            @Option(help: ArgumentHelp("A role. May be repeated.", valueName: "role")) var role: [String] = []
            @Option(help: ArgumentHelp("A permission. May be repeated.", valueName: "permission")) var permission:
                [String] = []
            @Option(help: ArgumentHelp("Tenant.", valueName: "tenant")) var tenant: String?
            @Option(help: ArgumentHelp("Plan, for limits.", valueName: "plan")) var plan: String?
        }

        struct Add: AsyncParsableCommand {
            static let configuration = CommandConfiguration(
                abstract: "Add a user. The password is the first line of standard input.",
                discussion: "  echo 'a long password' | fastverify issuer user add alice --role admin")

            @OptionGroup var folder: IssuerFolder
            @OptionGroup var rights: Rights
            @Argument(help: "Name to log in with.") var name: String

            func run() async throws {
                let password = try PasswordLine.read()
                let user = try await folder.with {
                    try await $0.addUser(
                        name: name, password: password, roles: rights.role, permissions: rights.permission,
                        tenant: rights.tenant, plan: rights.plan)
                }
                try ByteOutput.print(user.id)
            }
        }

        struct List: AsyncParsableCommand {
            static let configuration = CommandConfiguration(abstract: "List users, a line of JSON each.")

            @OptionGroup var folder: IssuerFolder

            func run() async throws {
                for user in try await folder.with({ try await $0.users() }) {
                    try ByteOutput.print(
                        TokenClaims.Value.object([
                            "id": .string(user.id), "name": .string(user.name),
                            "roles": .array(user.roles.map { .string($0) }),
                            "permissions": .array(user.permissions.map { .string($0) }),
                            "tenant": user.tenant.map { .string($0) } ?? .null,
                            "plan": user.plan.map { .string($0) } ?? .null, "disabled": .boolean(user.isDisabled),
                            "createdAt": .integer(user.createdAt),
                        ]).text)
                }
            }
        }

        struct Change: AsyncParsableCommand {
            static let configuration = CommandConfiguration(
                commandName: "set", abstract: "Change what a user may do; sessions of before end.",
                discussion: "Options that are given replace what was there.")

            @OptionGroup var folder: IssuerFolder
            @OptionGroup var rights: Rights
            @Flag(inversion: .prefixedEnableDisable, help: "Whether the user may log in.") var login: Bool?
            @Argument var name: String

            func run() async throws {
                let (rights, login) = (rights, login)
                _ = try await folder.with {
                    try await $0.changeUser(named: name) { user in
                        if !rights.role.isEmpty { user.roles = rights.role }
                        if !rights.permission.isEmpty { user.permissions = rights.permission }
                        if let tenant = rights.tenant { user.tenant = tenant }
                        if let plan = rights.plan { user.plan = plan }
                        if let login { user.isDisabled = !login }
                    }
                }
            }
        }

        struct Password: AsyncParsableCommand {
            static let configuration = CommandConfiguration(
                abstract: "Set a password, the first line of standard input; sessions of before end.")

            @OptionGroup var folder: IssuerFolder
            @Argument var name: String

            func run() async throws {
                let password = try PasswordLine.read()
                try await folder.with { try await $0.setPassword(password, ofUserNamed: name) }
            }
        }
    }

    /// A password from standard input, so that it is in no list of processes and no history.
    enum PasswordLine {
        static func read() throws -> String {
            guard let line = readLine(strippingNewline: true) else { throw Failure("no password on standard input") }
            return line
        }
    }

    extension TokenClaims.Value {
        /// JSON; of values that were made here, always.
        var text: String { json ?? "null" }
    }
#endif
