#if GATEWAY
    import ArgumentParser
    import FastVerify
    import FastVerifyAccess
    import Hummingbird
    import Logging
    import ServiceLifecycle
    import TokenService
    import TokenServiceHTTP
    import UnixSignals

    /// `fastverify issuer run`: the token service.
    struct IssuerRunCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "run", abstract: "Serve login, refresh, logout, the token endpoint, keys and revocations.",
            discussion: """
                At / people log in, see their sessions and end them: over https, for browsers keep the cookie from http on localhost alone.
                "issuer" in issuer.json is the address under which they see it.

                SIGTERM and SIGINT end it when all requests are answered.
                """)

        @OptionGroup var folder: IssuerFolder

        @Option(help: ArgumentHelp("Least important messages that are shown.", valueName: "level"))
        var logLevel = ServeCommand.LogLevel.info

        func run() async throws {
            var logger = Logger(label: "fastverify") { StreamLogHandler.standardError(label: $0) }
            logger.logLevel = Logger.Level(rawValue: logLevel.rawValue) ?? .info
            let settings = try folder.settings()
            guard let colon = settings.listen.lastIndex(of: ":"),
                let port = UInt16(settings.listen[settings.listen.index(after: colon)...])
            else { throw Failure("\(folder.settingsFile.printable): \"listen\" is HOST:PORT") }
            guard let origin = WebOrigin(settings.issuer) else {
                throw Failure("\(folder.settingsFile.printable): \"issuer\" has no origin")
            }
            let help = Self.help(settings)
            try await folder.with { issuer in
                let router = try IssuerEndpoints(issuer, origin: origin).router
                let application = Application(
                    router: router,
                    server: .http1(configuration: .init(idleTimeout: .seconds(60))),
                    configuration: ApplicationConfiguration(
                        address: .hostname(String(settings.listen[..<colon]), port: Int(port)), serverName: nil),
                    onServerRunning: { _ in StandardError.write(help) }, logger: logger)
                let group = ServiceGroup(
                    services: [application, IssuerMaintenance(issuer, logger: logger)],
                    gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
                try await group.run()
            }
        }

        private static func help(_ settings: IssuerFolder.Settings) -> String {
            """
            listening on \(settings.listen.printable)
            pages for people, who log in, see their sessions and end them: \(settings.issuer.printable)/
            for programs:
              curl -s \(settings.issuer.printable)/api/auth/login -H 'Content-Type: application/json' \\
                -d '{"username":"alice","password":"…"}'
              curl -s \(settings.issuer.printable)/api/auth/refresh -H 'Content-Type: application/json' \\
                -d '{"refreshToken":"…"}'
              curl -s \(settings.issuer.printable)/.well-known/jwks.json

            """
        }
    }
#endif
