#if GATEWAY
    import ArgumentParser

    /// `fastverify issuer`: the token service, and what its operator does.
    struct IssuerCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "issuer",
            abstract: "Issue tokens: login, refresh, logout, clients, keys.",
            discussion: """
                  fastverify issuer init --issuer http://127.0.0.1:8090 --audience orders
                  fastverify issuer user add alice --role admin
                  fastverify issuer run

                The folder `issuer` then holds the settings, the key that seals all others, and an SQLite database. \
                For several instances "database" in issuer.json names a PostgreSQL one; the sealing key may come from \
                the environment, FASTVERIFY_SEALING_KEY, instead.
                """,
            subcommands: [
                IssuerInitCommand.self, IssuerRunCommand.self, IssuerUserCommand.self, IssuerClientCommand.self,
                IssuerKeysCommand.self, IssuerSessionsCommand.self, IssuerAuditCommand.self, IssuerBackupCommand.self,
                IssuerRestoreCommand.self,
            ])
    }
#endif
