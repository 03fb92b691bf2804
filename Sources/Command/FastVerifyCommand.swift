import ArgumentParser

/// The command line: `fastverify <subcommand>`.
@main
struct FastVerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fastverify",
        abstract: "Verify, sign and look into JSON Web Tokens.",
        discussion: """
            A first round trip:

              fastverify keygen --algorithm ES256 --out private.jwk --public-out keys.json
              fastverify sign --key private.jwk --issuer https://id.example \\
                  --audience orders --subject alice --count 3 > tokens.txt
              fastverify verify --jwks keys.json --issuer https://id.example \\
                  --audience orders --algorithms ES256 tokens.txt

            Exit status: 0 when all is well, 1 when a token or key is refused, 2 for wrong usage or input that cannot \
            be read. Completions for your shell: fastverify --generate-completion-script bash (or zsh, fish).
            """,
        subcommands: tools + servers)

    private static let tools: [any ParsableCommand.Type] = [
        VerifyCommand.self, SignCommand.self, KeygenCommand.self, InspectCommand.self, JWKSCommand.self,
        KernelsCommand.self,
    ]
    #if GATEWAY
        private static let servers: [any ParsableCommand.Type] = [
            ServeCommand.self, ExplainCommand.self, IssuerCommand.self,
        ]
    #else
        private static let servers: [any ParsableCommand.Type] = []
    #endif

    /// As ArgumentParser does it, but with one status for everything the caller has to put right.
    static func main() async {
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch let failure as Failure {
            StandardError.write("fastverify: \(failure.message)\n")
            exit(withError: ExitCode(Failure.status))
        } catch  where exitCode(for: error) == .validationFailure {
            StandardError.write(fullMessage(for: error) + "\n")
            exit(withError: ExitCode(Failure.status))
        } catch {
            exit(withError: error)
        }
    }
}
