import FastVerify
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Testing

/// The example, which is compiled into this module as it stands in Examples and in the README.
struct ProtectedAPITests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    @Test func itLetsInWhomItShould() async throws {
        let key = try SigningKey(generate: .es256, keyID: "k")
        func token(_ scope: String) throws -> HTTPFields {
            let claims =
                #"{"iss":"https://id.example","aud":"orders","sub":"alice","exp":99999999999,"scope":"\#(scope)"}"#
            return [.authorization: "Bearer \(try #require(key.token(payload: Array(claims.utf8))))"]
        }
        let (reader, writer) = (try token("orders:read"), try token("orders:read orders:write"))
        try await protectedAPI(keys: Array(#"{"keys":[\#(key.publicJWK)]}"#.utf8)).test(.router) { client in
            #expect(try await client.execute(uri: "/hello", method: .get).status == .unauthorized)
            let hello = try await client.execute(uri: "/hello", method: .get, headers: reader)
            #expect(String(buffer: hello.body) == "Hello, alice!\n")
            #expect(try await client.execute(uri: "/orders", method: .post, headers: reader).status == .forbidden)
            #expect(try await client.execute(uri: "/orders", method: .post, headers: writer).status == .created)
        }
    }

    @Test func readersSeeWhatIsCompiled() throws {
        let program = try Self.text("Examples/protected-api/Sources/ProtectedAPI.swift")
        #expect(try Self.text("Tests/FastVerifyHummingbirdTests/ProtectedAPI.swift") == program)
        for page in ["README.md", "Examples/protected-api/README.md"] {
            #expect(try Self.text(page).contains("```swift\n\(program)```"), "\(page)")
        }
        let main = try Self.text("Examples/protected-api/Sources/main.swift")
        #expect(try Self.text("Examples/protected-api/README.md").contains("```swift\n\(main)```"))
        let lines = (program + main).split(separator: "\n").count
        #expect(lines < 15, "\(lines)")
    }
}
