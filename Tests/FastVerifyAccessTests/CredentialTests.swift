import FastVerifyAccess
import HTTPTypes
import Testing

struct CredentialTests {
    private let sources = CredentialSources()

    private func refusal(
        _ request: HTTPRequest, _ sources: CredentialSources = CredentialSources(), form: String? = nil
    ) -> Refusal? {
        do throws(Refusal) {
            _ = try sources.credential(of: request, form: form.map { Array($0.utf8) })
            return nil
        } catch {
            return error
        }
    }

    private func authorized(_ values: String...) -> HTTPRequest {
        AccessFixture.request(.get, values.map { (.authorization, $0) })
    }

    @Test(arguments: ["Bearer a.b.c", "bearer a.b.c", "BEARER a.b.c", "BeArEr    a.b.c", "  Bearer a.b.c\t "])
    func theSchemeIsCaseInsensitiveAndSpacesCount(value: String) throws {
        let credential = try #require(try sources.credential(of: authorized(value)))
        #expect(credential == Credential("a.b.c", scheme: .bearer, source: .authorization))
    }

    @Test(arguments: ["aA0-._~+/", "a=", "a==", "a"])
    func everyCharacterOfAB64TokenPasses(token: String) throws {
        #expect(try sources.credential(of: authorized("Bearer \(token)"))?.token == token)
    }

    @Test(arguments: [
        "Bearer", "Bearer ", "Bearer a b", "Bearer a,b", "Bearer a, Bearer b", "Bearer \"a\"", "Bearer =", "Bearer a=b",
        "Bearer\ta", "Bearer \ta", "Bearer a;b", "Bearer é", "Bearer a\u{7F}b", "Bearer token=\"a\"", "Bearer a\\",
    ])
    func malformedCredentialsAreAnInvalidRequest(value: String) {
        #expect(refusal(authorized(value))?.answer == .invalidRequest)
    }

    @Test(arguments: ["Basic dXNlcg==", "Digest a", "Bearerx a", "Negotiate", "", "DPoP a", "a.b.c"])
    func otherSchemesAreNoCredentials(value: String) throws {
        #expect(try sources.credential(of: authorized(value)) == nil)
    }

    @Test func dpopIsTakenWhereItIsEnabled() throws {
        let sources = CredentialSources(schemes: [.bearer, .dpop])
        #expect(try sources.credential(of: authorized("dpop a"))?.scheme == .dpop)
        #expect(try sources.credential(of: authorized("Bearer a"))?.scheme == .bearer)
        #expect(try CredentialSources(schemes: [.dpop]).credential(of: authorized("Bearer a")) == nil)
    }

    @Test func twoAuthorizationFieldsAreRefusedWhateverTheySay() {
        #expect(refusal(authorized("Bearer a", "Bearer a"))?.reason == "authorization_repeated")
        #expect(refusal(authorized("Bearer a", "Basic b"))?.answer == .invalidRequest)
        #expect(refusal(authorized("Basic a", "Basic b"))?.answer == .invalidRequest)
    }

    @Test func aTokenBeyondTheLimitIsABadTokenLikeAllOthers() throws {
        var sources = CredentialSources()
        sources.tokenBytes = 10
        #expect(try sources.credential(of: authorized("Bearer 0123456789")) != nil)
        #expect(refusal(authorized("Bearer 0123456789a"), sources)?.answer == .invalidToken)
    }

    @Test(arguments: [
        "/?access_token=a", "/?x=1&access_token=a", "/?access_token", "/?access%5Ftoken=a", "/?acc%65ss_token=a",
        "/?access_token=", "/#f?access_token=a",
    ])
    func aTokenInTheQueryIsRefusedEvenBesideAGoodOne(path: String) {
        #expect(refusal(AccessFixture.request(path: path))?.reason == "token_in_query")
        let both = AccessFixture.request(path: path, [(.authorization, "Bearer a")])
        #expect(refusal(both)?.answer == .invalidRequest)
    }

    @Test(arguments: ["/", "/access_token=a", "/?x=access_token", "/?access_tokens=a", "/?Access_Token=a", "/?a%=b"])
    func otherQueriesAreNot(path: String) throws {
        #expect(try sources.credential(of: AccessFixture.request(path: path)) == nil)
    }

    @Test func theQueryCanBeIgnoredOrAccepted() throws {
        let (ignoring, accepting) = (CredentialSources(query: .ignored), CredentialSources(query: .dangerouslyAccepted))
        let request = AccessFixture.request(path: "/?access_token=a%2E%62")
        #expect(try ignoring.credential(of: request) == nil)
        #expect(try accepting.credential(of: request) == Credential("a.b", source: .query))
        #expect(refusal(AccessFixture.request(.post, path: "/?access_token=a"), accepting)?.answer == .invalidRequest)
        let twice = AccessFixture.request(path: "/?access_token=a&access_token=a")
        #expect(refusal(twice, accepting)?.reason == "parameter_repeated")
        let both = AccessFixture.request(path: "/?access_token=a", [(.authorization, "Bearer a")])
        #expect(refusal(both, accepting)?.reason == "credentials_in_two_places")
    }

    // MARK: Cookies

    private func cookie(_ values: String...) -> HTTPRequest {
        AccessFixture.request(.get, values.map { (.cookie, $0) })
    }

    @Test func aNamedCookieIsTakenFromAnyOfTheFields() throws {
        let sources = CredentialSources(cookie: .dangerouslyUnguarded())
        for request in [
            cookie("__Host-token=a.b"), cookie("x=1; __Host-token=a.b;y=2"), cookie("x=1", "__Host-token=a.b"),
        ] {
            #expect(try sources.credential(of: request) == Credential("a.b", source: .cookie))
        }
        for request in [
            cookie("token=a.b"), cookie("__host-token=a.b"), cookie("__Host-token"), cookie("a=__Host-token=b"),
        ] {
            #expect(try sources.credential(of: request) == nil)
        }
        #expect(try CredentialSources().credential(of: cookie("__Host-token=a.b")) == nil)
    }

    @Test func cookiesThatRepeatOrAccompanyAFieldAreRefused() {
        let sources = CredentialSources(cookie: .dangerouslyUnguarded("t"))
        #expect(refusal(cookie("t=a; t=a"), sources)?.reason == "cookie_repeated")
        #expect(refusal(cookie("t=a", "t=b"), sources)?.answer == .invalidRequest)
        #expect(refusal(cookie("t=\"a\""), sources)?.answer == .invalidRequest)
        let both = AccessFixture.request(.get, [(.authorization, "Bearer a"), (.cookie, "t=a")])
        #expect(refusal(both, sources)?.reason == "credentials_in_two_places")
    }

    // MARK: Forms

    private func form(_ type: String, _ method: HTTPRequest.Method = .post) -> HTTPRequest {
        AccessFixture.request(method, [(.contentType, type)])
    }

    @Test func aFormFieldIsTakenWhereItIsEnabled() throws {
        let sources = CredentialSources(acceptsForm: true)
        for type in ["application/x-www-form-urlencoded", "Application/X-WWW-Form-URLEncoded ; charset=utf-8"] {
            #expect(sources.readsForm(of: form(type)))
            let body = Array("x=1&access_token=a%2Eb&y".utf8)
            #expect(try sources.credential(of: form(type), form: body) == Credential("a.b", source: .form))
            #expect(try sources.credential(of: form(type), form: Array("x=1".utf8)) == nil)
            #expect(try CredentialSources().credential(of: form(type), form: body) == nil)
        }
    }

    @Test func whatIsNoFormIsNotRead() {
        let sources = CredentialSources(acceptsForm: true)
        let type = "application/x-www-form-urlencoded"
        #expect(!CredentialSources().readsForm(of: form(type)))
        #expect(!sources.readsForm(of: form(type, .get)) && !sources.readsForm(of: form("application/json")))
        #expect(!sources.readsForm(of: AccessFixture.request(.post)))
        #expect(!sources.readsForm(of: AccessFixture.request(.post, [(.contentType, type), (.contentType, type)])))
        let compressed = AccessFixture.request(.post, [(.contentType, type), (.contentEncoding, "gzip")])
        #expect(!sources.readsForm(of: compressed))
    }

    @Test func formsThatRepeatMixOrGrowAreRefused() {
        var sources = CredentialSources(acceptsForm: true)
        let type = "application/x-www-form-urlencoded"
        #expect(refusal(form(type), sources, form: "access_token=a&access%5ftoken=a")?.reason == "parameter_repeated")
        #expect(refusal(form(type), sources, form: "access_token=a+b")?.answer == .invalidRequest)
        #expect(refusal(form(type), sources, form: "access_token=%00")?.answer == .invalidRequest)
        let both = AccessFixture.request(.post, [(.contentType, type), (.authorization, "Bearer a")])
        #expect(refusal(both, sources, form: "access_token=a")?.reason == "credentials_in_two_places")
        sources.formBytes = 5
        #expect(refusal(form(type), sources, form: "x=1234")?.reason == "form_too_large")
    }

    @Test func noDescriptionHoldsTheToken() {
        let credential = Credential("secret.token.text")
        var dumped = ""
        dump(credential, to: &dumped)
        for text in ["\(credential)", String(reflecting: credential), dumped] { #expect(!text.contains("secret")) }
    }

    @Test func anonymousRequestsPassOnlyWhereTheyMayAndBadOnesNever() throws {
        var policy = AccessPolicy(ProtectionSpace(realm: "r"))
        let nothing = AccessFixture.request()
        #expect(throws: Refusal(.noCredentials, "no_credentials")) { try policy.credential(of: nothing) }
        policy.allowsAnonymous = true
        #expect(try policy.credential(of: nothing) == nil)
        #expect(throws: Refusal.self) { try policy.credential(of: authorized("Bearer a b")) }
        #expect(throws: Refusal.self) { try policy.credential(of: authorized("Bearer a", "Bearer b")) }
    }
}
