import FastVerifyAccess
import HTTPTypes
import Testing

struct TenantTests {
    private let acme = #"{"tenant":"acme"}"#

    private func refusal(
        _ source: TenantSource, _ claims: String, path: [String: String] = [:], host: String? = nil,
        fields: HTTPFields = [:]
    ) -> Refusal? {
        let request = AccessRequest(authority: host, fields: fields, pathParameters: path, now: AccessFixture.now)
        return AccessFixture.refusal(.tenant(source), claims, request)
    }

    @Test func theTenantOfThePathMustBeTheTokens() {
        let source = TenantSource.pathParameter("t")
        #expect(refusal(source, acme, path: ["t": "acme"]) == nil)
        for other in ["Acme", "acme ", "acm", "acmee", "ac%6De", "*", "acme/x"] {
            #expect(refusal(source, acme, path: ["t": other]) == Refusal(.forbidden, "other_tenant"))
        }
        #expect(refusal(source, acme, path: ["t": ""])?.reason == "tenant_absent")
        #expect(refusal(source, acme, path: ["u": "acme"])?.reason == "tenant_absent")
    }

    @Test(arguments: ["{}", #"{"tenant":null}"#, #"{"tenant":["acme"]}"#, #"{"tenant":""}"#, #"{"tenant":{"acme":1}}"#])
    func aTokenWithoutATenantIsOfNone(claims: String) {
        #expect(refusal(.pathParameter("t"), claims, path: ["t": "acme"])?.answer == .forbidden)
        #expect(refusal(.pathParameter("t"), claims, path: ["t": ""])?.answer == .forbidden)
        #expect(refusal(.pathParameter("t"), claims)?.answer == .forbidden)
    }

    @Test func bytesAreComparedNotCharacters() {
        // The same character to Swift's ==, two names to everybody else.
        #expect("\u{E9}" == "e\u{301}")
        #expect(refusal(.pathParameter("t"), "{\"tenant\":\"\u{E9}\"}", path: ["t": "e\u{301}"]) != nil)
        #expect(refusal(.pathParameter("t"), "{\"tenant\":\"\u{E9}\"}", path: ["t": "\u{E9}"]) == nil)
    }

    @Test(arguments: ["acme.api.example", "ACME.Api.Example", "acme.api.example:8443"])
    func theLabelBeforeASuffixIsATenant(host: String) {
        #expect(refusal(.hostLabel(before: "api.example"), acme, host: host) == nil)
        #expect(refusal(.hostLabel(before: ".api.example"), acme, host: host) == nil)
    }

    @Test(arguments: [
        "api.example", ".api.example", "x.acme.api.example", "acme.api.example.", "acme.evil.example",
        "acmeapi.example",
        "acme.api.example.evil", "[::1]", "", "acme.api.example@evil", "acme..api.example", "ac%6de.api.example",
    ])
    func otherHostsAreOfNoTenant(host: String) {
        #expect(refusal(.hostLabel(before: "api.example"), acme, host: host)?.reason == "tenant_absent")
    }

    @Test func aSecondHostIsRefused() {
        let refused = refusal(
            .hostLabel(before: "api.example"), acme, host: "acme.api.example",
            fields: [HTTPField.Name("Host")!: "other.api.example"])
        #expect(refused?.answer == .invalidRequest)
        #expect(refusal(.hostLabel(before: ""), acme, host: "acme.x") != nil)
        #expect(refusal(.hostLabel(before: "api.example"), acme) != nil)
    }

    @Test func aFieldMustStandOnce() {
        let name = HTTPField.Name("X-Tenant")!
        #expect(refusal(.field(name), acme, fields: [name: "acme"]) == nil)
        #expect(refusal(.field(name), acme, fields: [name: "other"])?.answer == .forbidden)
        #expect(refusal(.field(name), acme, fields: [:])?.answer == .forbidden)
        var twice = HTTPFields()
        for _ in 0..<2 { twice.append(HTTPField(name: name, value: "acme")) }
        #expect(refusal(.field(name), acme, fields: twice)?.answer == .invalidRequest)
    }

    @Test func theClaimMayStandElsewhere() {
        let request = AccessRequest(pathParameters: ["t": "acme"], now: 0)
        let claims = #"{"org":{"id":"acme"}}"#
        #expect(AccessFixture.refusal(.tenant(.pathParameter("t"), at: ["org", "id"]), claims, request) == nil)
        let names = ClaimNames(tenant: ["org", "id"])
        #expect(AccessFixture.refusal(.tenant(.pathParameter("t")), claims, request, names: names) == nil)
        let rule = AccessRule.all(.any(.tenant(.pathParameter("a")), .tenant(.pathParameter("b"))), .scopes("s"))
        #expect(rule.pathParameters == ["a", "b"])
    }
}
