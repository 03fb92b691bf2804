#if GATEWAY
    import ArgumentParser
    import FastVerifyGateway
    import Logging
    import ServiceLifecycle
    import UnixSignals

    /// `fastverify serve`: answers what nginx, Traefik, Caddy, Envoy and HAProxy ask about a request.
    struct ServeCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "serve",
            abstract: "Answer proxies that ask whether a request may pass.",
            discussion: """
                  fastverify serve gateway.yaml
                  fastverify serve --check gateway.yaml

                One file, YAML or JSON, says whose tokens are trusted, what they must say, and which paths need which. The \
                folder Examples shows it with nginx, Traefik, Envoy and HAProxy. Addresses and limits can be set in the \
                environment, e.g. FASTVERIFY_LISTEN_AUTH=127.0.0.1:9180.

                SIGHUP, and a change of the file or of a key file, put the new configuration in force without losing a \
                request; a file with a mistake in it changes nothing, and the log says why. SIGTERM and SIGINT end it when all \
                requests are answered.

                Exit status: 0 after a shutdown and for a good configuration, 2 for one that cannot be put in force.
                """)

        @Argument(help: ArgumentHelp("The configuration.", valueName: "file"), completion: .file())
        var file: String

        @Flag(help: "Check the configuration and the key files it names, and do nothing else.")
        var check = false

        @Option(help: ArgumentHelp("Least important messages that are shown.", valueName: "level"))
        var logLevel = LogLevel.info

        enum LogLevel: String, ExpressibleByArgument, CaseIterable {
            case trace, debug, info, notice, warning, error, critical
        }

        func run() async throws {
            do {
                if check {
                    for line in try Gateway.check(file: file) { try ByteOutput.print(line.printable) }
                    return
                }
                var logger = Logger(label: "fastverify") { StreamLogHandler.standardError(label: $0) }
                logger.logLevel = Logger.Level(rawValue: logLevel.rawValue) ?? .info
                let gateway = try Gateway(file: file, logger: logger)
                let group = ServiceGroup(
                    services: [gateway], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
                try await group.run()
            } catch let error as ConfigurationError {
                for problem in error.problems { StandardError.write("\(problem.description.printable)\n") }
                throw ExitCode(Failure.status)
            }
        }
    }
#endif
