import FastVerify
import FastVerifyAccess
import Foundation
import Testing

struct ProtectedResourceTests {
    /// RFC 9728 §3.1, its examples first.
    @Test(arguments: [
        ("https://resource.example.com", "https://resource.example.com/.well-known/oauth-protected-resource"),
        (
            "https://resource.example.com/resource1",
            "https://resource.example.com/.well-known/oauth-protected-resource/resource1"
        ),
        ("https://a.example/", "https://a.example/.well-known/oauth-protected-resource"),
        ("https://a.example/b/", "https://a.example/.well-known/oauth-protected-resource/b/"),
        ("https://a.example/?x=1", "https://a.example/.well-known/oauth-protected-resource?x=1"),
        ("https://a.example?x=1", "https://a.example/.well-known/oauth-protected-resource?x=1"),
        ("https://a.example:8443/b?x", "https://a.example:8443/.well-known/oauth-protected-resource/b?x"),
        ("HTTPS://a.example/b", "HTTPS://a.example/.well-known/oauth-protected-resource/b"),
        ("http://localhost:8080/b", "http://localhost:8080/.well-known/oauth-protected-resource/b"),
        ("https://[2001:db8::1]/b", "https://[2001:db8::1]/.well-known/oauth-protected-resource/b"),
    ])
    func theWellKnownStringGoesBetweenHostAndPath(resource: String, url: String) throws {
        #expect(try ProtectedResource(resource).metadataURL == url)
    }

    @Test func thePathIsForRouters() throws {
        let path = try ProtectedResource("https://a.example/b?x").wellKnownPath
        #expect(path == "/.well-known/oauth-protected-resource/b")
    }

    @Test(arguments: [
        ("http://a.example", ProtectedResource.InvalidIdentifier.notSecure), ("ftp://a.example", .notSecure),
        ("http://localhost.evil", .notSecure), ("https://", .noHost), ("https:///b", .noHost),
        ("https://u@a.example", .noHost), ("https://:80", .noHost), ("https://a.example/#f", .fragment),
        ("https://a.example#", .fragment), ("a.example", .notURL), ("https:a", .notURL), ("", .notURL),
        ("https://a.example/ b", .notURL), ("https://a.example/é", .notURL), ("https://a.example/\"", .notURL),
        ("https://a.example/{b}", .notURL), ("https://a.example/\r\n", .notURL),
    ])
    func whatIsNoIdentifierIsRefused(resource: String, error: ProtectedResource.InvalidIdentifier) {
        #expect(throws: error) { try ProtectedResource(resource) }
    }

    @Test func theDocumentHasTheMembersOfRFC9728() throws {
        var resource = try ProtectedResource(
            "https://a.example/b", authorizationServers: ["https://id.example"], scopes: ["read", "write"])
        resource.resourceName = "The \"b\""
        resource.tokensAreBoundToCertificates = true
        resource.proofAlgorithms = [.es256]
        resource.requiresProof = true
        resource.more = [("authorization_details_types_supported", #"["payment"]"#)]
        #expect(
            resource.json == #"{"resource":"https://a.example/b","authorization_servers":["https://id.example"],"#
                + #""scopes_supported":["read","write"],"bearer_methods_supported":["header"],"#
                + #""resource_name":"The \"b\"","tls_client_certificate_bound_access_tokens":true,"#
                + #""dpop_signing_alg_values_supported":["ES256"],"dpop_bound_access_tokens_required":true,"#
                + #""authorization_details_types_supported":["payment"]}"#)
        #expect(try ProtectedResource("https://a.example").json.contains("false") == false)
        _ = try JSONSerialization.jsonObject(with: Data(resource.json.utf8))
    }
}
