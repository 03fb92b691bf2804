import Testing

@testable import FastVerify

/// A secret key, its file, and tokens signed by it, made in this process.
struct Tokens {
    static let secret: [UInt8] = Array("0123456789abcdef0123456789abcdef".utf8)
    static let now = 1_800_000_000

    let key: SigningKey

    init() throws { key = try SigningKey(secret: Self.secret, algorithm: .hs256) }

    /// A token that is valid at `now`, with further members before the end of its claims.
    func valid(sub: String = "alice", _ more: String = "") throws -> String {
        try token(#"{"iss":"i","aud":"a","sub":"\#(sub)","exp":\#(Self.now + 60)\#(more)}"#)
    }

    func expired() throws -> String { try token(#"{"iss":"i","aud":"a","sub":"alice","exp":\#(Self.now)}"#) }

    func token(_ payload: String) throws -> String { try #require(key.token(payload: Array(payload.utf8))) }

    /// The arguments under which `valid` is valid.
    static func arguments(_ tool: Tool) throws -> [String] {
        ["verify", "--secret-file", try tool.file("secret", Self.secret), "--issuer", "i", "--audience", "a"]
            + ["--algorithms", "HS256", "--at", "\(now)"]
    }
}

extension Tool {
    /// Verifies `input` under the standard arguments and some more.
    func verify(_ input: String, _ more: String..., measuring: Bool = false) throws -> Outcome {
        try run(Tokens.arguments(self) + more + ["-"], input: input, measuring: measuring)
    }
}
