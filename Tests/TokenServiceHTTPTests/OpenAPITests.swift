import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Testing

@testable import TokenServiceHTTP

@Suite struct OpenAPITests {
    private static func document() throws -> [String: Any] {
        let json = try JSONSerialization.jsonObject(with: Data(OpenAPIRoute.document.readableBytesView))
        return try #require(json as? [String: Any])
    }

    /// Every route is in the document, and nothing else; but for pages for people.
    @Test func everyRouteIsDescribed() async throws {
        try await EndpointScene.with { scene in
            let paths = try #require(try Self.document()["paths"] as? [String: [String: Any]])
            let described = Set(paths.flatMap { path, methods in methods.keys.map { "\($0.uppercased()) \(path)" } })
            let routes = try IssuerEndpoints(scene.issuer, origin: EndpointScene.origin, hasPages: false).routes.routes
            let served = Set(
                routes.map { route in
                    let path = "\(route.path)".split(separator: "/").map {
                        $0.first == ":" ? "{\($0.dropFirst())}" : $0
                    }
                    return "\(route.method.rawValue) /\(path.joined(separator: "/"))"
                })
            #expect(served == described)
        }
    }

    /// Whatever is referred to is there, and whatever is there is referred to.
    @Test func references() throws {
        let document = try Self.document()
        var found: Set<String> = []
        func walk(_ value: Any) {
            if let members = value as? [String: Any] {
                if let reference = members["$ref"] as? String { found.insert(reference) }
                members.values.forEach(walk)
            } else if let values = value as? [Any] {
                values.forEach(walk)
            }
        }
        walk(document)
        let components = try #require(document["components"] as? [String: [String: Any]])
        var present: Set<String> = []
        for (kind, entries) in components where kind != "securitySchemes" {
            for name in entries.keys { present.insert("#/components/\(kind)/\(name)") }
        }
        #expect(found == present)
    }

    @Test func documentIsServed() async throws {
        try await EndpointScene.with { scene in
            let answer = try await scene.send(.get, "/openapi.json")
            #expect(answer.status == 200 && answer.text == String(buffer: OpenAPIRoute.document))
            let tag = try #require(answer.fields[.eTag])
            let again = try await scene.send(.get, "/openapi.json", [.ifNoneMatch: tag])
            #expect(again.status == 304 && again.text.isEmpty && again.fields[.eTag] == tag)
        }
    }

    @Test func otherMethods() async throws {
        try await EndpointScene.with { scene in
            let cases: [(HTTPRequest.Method, String, String)] = [
                (.get, "/api/auth/login", "POST"), (.post, "/.well-known/jwks.json", "GET, HEAD"),
                (.put, "/api/admin/users/x", "GET, HEAD, PATCH"), (.delete, "/health", "GET, HEAD"),
                (HTTPRequest.Method("QUERY")!, "/oauth/token", "POST"),
            ]
            for (method, path, allow) in cases {
                let answer = try await scene.send(method, path)
                #expect(answer.status == 405 && answer.fields[.allow] == allow, "\(path)")
                #expect(answer.fields[.contentType] == "application/problem+json")
                #expect(answer.fields[.xContentTypeOptions] == "nosniff")
            }
            let head = try await scene.send(.head, "/.well-known/jwks.json")
            #expect(head.status == 200 && head.text.isEmpty && head.fields[.eTag] != nil)
            let nothing = try await scene.send(.get, "/nothing")
            #expect(nothing.status == 404 && nothing.fields[.contentType] == "application/problem+json")
        }
    }
}
