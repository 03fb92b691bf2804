#if GATEWAY
    import ArgumentParser
    import FastVerifyGateway

    /// `fastverify explain`: what a configuration makes of a request, and why.
    struct ExplainCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "explain",
            abstract: "Show step by step what a gateway's configuration makes of a request.",
            discussion: """
                  fastverify explain --config gateway.yaml --method POST --path /orders/7 < token.txt
                  fastverify explain --config gateway.yaml --request request.txt

                Every step is shown with its verdict and its time, and what the client is told beside the private reason. \
                The token comes on standard input, since other users can see a command line; or within a whole request, \
                as a client would send it. Proofs, cookies and limits are looked at as by a gateway that has just begun: it \
                has seen no proof before, knows no nonce of another, and its buckets are full.

                Exit status: 0 when the request passes, 1 when it is refused, 2 for wrong usage or a configuration that \
                cannot be put in force.
                """)

        @Option(help: ArgumentHelp("The gateway's configuration.", valueName: "file"), completion: .file())
        var config: String

        @Option(help: ArgumentHelp("The request's method.", valueName: "method"))
        var method = "GET"

        @Option(help: ArgumentHelp("The request's path, with its query.", valueName: "path"))
        var path = "/"

        @Option(help: ArgumentHelp("The request's host.", valueName: "host"))
        var host = "localhost"

        @Option(
            help: ArgumentHelp("A file with a whole request head instead; - for standard input.", valueName: "file"))
        var request: String?

        @Flag(help: "Send no credentials; read nothing from standard input.")
        var anonymous = false

        @Option(help: ArgumentHelp("Judge as of this time instead of now, in seconds since 1970.", valueName: "unix"))
        var at: Int64?

        func run() async throws {
            let explanation: Explanation
            do {
                explanation = try await Explanation(of: try question(), file: config, at: at)
            } catch let error as ConfigurationError {
                for problem in error.problems { StandardError.write("\(problem.description.printable)\n") }
                throw ExitCode(Failure.status)
            }
            try ByteOutput.print(Self.text(explanation))
            if explanation.privateReason != nil { throw ExitCode.refused }
        }

        private func question() throws -> Explanation.Request {
            if let request { return try Self.parse(try InputFile.contents(of: request)) }
            var fields: [(name: String, value: String)] = []
            if !anonymous {
                let text = String(decoding: try InputFile.contents(of: "-"), as: UTF8.self)
                let token = text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
                let value = token.lowercased().hasPrefix("bearer ") ? token : "Bearer \(token)"
                if !token.isEmpty { fields = [("Authorization", value)] }
            }
            return Explanation.Request(method: method, target: path, host: host, fields: fields)
        }

        /// A request line and fields. The gateway's own reader is stricter; proxies have read a request before it.
        private static func parse(_ bytes: [UInt8]) throws -> Explanation.Request {
            let lines = String(decoding: bytes, as: UTF8.self).split(
                omittingEmptySubsequences: false, whereSeparator: \.isNewline)
            let words = lines.first?.split(separator: " ") ?? []
            guard words.count == 3 else { throw Failure("expected a request line such as GET /path HTTP/1.1") }
            var request = Explanation.Request(
                method: String(words[0]), target: String(words[1]), host: "")
            for line in lines.dropFirst() {
                guard let colon = line.firstIndex(of: ":") else { break }
                let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
                if line[..<colon].lowercased() == "host" {
                    request.host = String(value)
                } else {
                    request.fields.append((String(line[..<colon]), String(value)))
                }
            }
            return request
        }

        static func text(_ explanation: Explanation) -> String {
            let width = explanation.steps.map(\.name.count).max() ?? 0
            var text = "Steps\n"
            for step in explanation.steps {
                let name = step.name + String(repeating: " ", count: width - step.name.count)
                let time = step.time == .zero ? "" : "  (\(microseconds(step.time)) µs)"
                text += "  \(step.isPassed ? "ok  " : "NO  ")\(name)  \(step.detail.printable)\(time)\n"
            }
            text += "\nPrivate reason (logs, metrics): \(explanation.privateReason ?? "none")\n"
            text += "\nPublic answer\n" + explanation.publicAnswer.map { "  \($0.printable)\n" }.joined()
            if explanation.privateReason == nil {
                text += "\nIdentity for the service\n"
                text += explanation.identity.map { "  \($0.name): \($0.value.printable)\n" }.joined()
            }
            return text
        }

        private static func microseconds(_ time: Duration) -> Int64 {
            time.components.seconds * 1_000_000 + time.components.attoseconds / 1_000_000_000_000
        }
    }
#endif
