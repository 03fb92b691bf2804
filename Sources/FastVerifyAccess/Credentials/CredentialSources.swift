public import HTTPTypes

/// Where a request may carry its access token, and how large that may be.
///
/// By default only the `Authorization` field (RFC 6750 §2.1). A request that uses two ways at once is refused, whatever the
/// two say: otherwise a proxy and this server could each believe another one.
public struct CredentialSources: Sendable {
    /// What a parameter `access_token` in the query means. A URL is logged, cached and passed on in `Referer`, so RFC 6750
    /// §2.3 advises against it and OAuth 2.1 forbids it.
    public enum QueryParameter: Sendable {
        /// 400 `invalid_request`, even beside a good token: who sends one leaks it, and learns so at once.
        case refused
        /// For APIs in which the name means something else.
        case ignored
        /// As a credential, of GET and HEAD alone.
        case dangerouslyAccepted
    }

    /// Schemes of `Authorization` that are taken; another one is no credential at all.
    public var schemes: Set<CredentialScheme>
    /// A cookie that holds a token, guarded against request forgery.
    public var cookie: TokenCookie?
    /// Whether the field `access_token` of a form is taken (RFC 6750 §2.2).
    public var acceptsForm: Bool
    public var query: QueryParameter
    /// Characters of a token. A longer one is a bad token and is not looked at.
    public var tokenBytes: Int
    /// Bytes of a form that are read for its token.
    public var formBytes: Int

    public init(
        schemes: Set<CredentialScheme> = [.bearer], cookie: TokenCookie? = nil, acceptsForm: Bool = false,
        query: QueryParameter = .refused, tokenBytes: Int = 16 << 10, formBytes: Int = 64 << 10
    ) {
        self.schemes = schemes
        self.cookie = cookie
        self.acceptsForm = acceptsForm
        self.query = query
        self.tokenBytes = tokenBytes
        self.formBytes = formBytes
    }

    /// The scheme that a request's `Authorization` names, good or not: in whose challenge a refusal of it is said.
    package func scheme(of request: HTTPRequest) -> CredentialScheme? {
        guard schemes.contains(.dpop), let value = request.headerFields[.authorization] else { return nil }
        return AuthorizationField.scheme(of: value)
    }

    /// The one credential of a request; `nil` when it has none of a kind that is accepted here. Linear in the size of the
    /// fields that are looked at.
    ///
    /// - Parameter form: the body, where `readsForm` says that it is wanted.
    /// - Throws: `invalidRequest` for credentials that are malformed, repeated or given in two ways; `invalidToken` for a
    ///   token that is too long; `forbidden` for a cookie that another site may have had sent.
    public func credential(of request: HTTPRequest, form: [UInt8]? = nil) throws(Refusal) -> Credential? {
        var found: Credential?
        func add(_ credential: Credential?) throws(Refusal) {
            guard let credential else { return }
            guard found == nil else { throw Refusal(.invalidRequest, "credentials_in_two_places") }
            found = credential
        }
        try add(authorization(request.headerFields))
        try add(queryParameter(request))
        if let cookie { try add(self.cookie(cookie.name, request.headerFields)) }
        if let form, acceptsForm, readsForm(of: request) { try add(formField(form)) }
        if let found, found.source == .cookie, let csrf = cookie?.csrf {
            let submitted = try form.flatMap { form throws(Refusal) in try self.submitted(form, request, csrf) }
            try csrf.check(request, session: CSRFGuard.session(of: found.token), submitted: submitted)
        }
        return found
    }

    /// Whether the body of a request may hold a token, an access token or one against forgery, and is to be read, up to
    /// `formBytes`, and handed to `credential`.
    public func readsForm(of request: HTTPRequest) -> Bool {
        guard [.post, .put, .patch].contains(request.method), acceptsForm || readsSubmitted(of: request) else {
            return false
        }
        let types = request.headerFields[values: .contentType]
        guard types.count == 1, !request.headerFields.contains(.contentEncoding) else { return false }
        let type = types[0].utf8.prefix { $0 != UInt8(ascii: ";") }
        return type.trimmed.equalsIgnoringCase("application/x-www-form-urlencoded")
    }

    // MARK: The places

    private func authorization(_ fields: HTTPFields) throws(Refusal) -> Credential? {
        let values = fields[values: .authorization]
        guard let value = values.first else { return nil }
        guard values.count == 1 else { throw Refusal(.invalidRequest, "authorization_repeated") }
        var text = value
        let reading = text.withUTF8 { bytes in
            AuthorizationField.read(
                UnsafeRawBufferPointer(bytes), takesBearer: schemes.contains(.bearer),
                takesProofs: schemes.contains(.dpop),
                limit: tokenBytes)
        }
        switch reading {
        case .none: return nil
        case .refused(let refusal): throw refusal
        case .token(let scheme, let range):
            let token = String(decoding: Array(text.utf8)[range], as: UTF8.self)
            return Credential(token, scheme: scheme, source: .authorization)
        }
    }

    private func queryParameter(_ request: HTTPRequest) throws(Refusal) -> Credential? {
        guard query != .ignored, let path = request.path?.utf8, let start = path.firstIndex(of: UInt8(ascii: "?"))
        else { return nil }
        let values = FormParameters.values(of: "access_token", in: path[path.index(after: start)...])
        guard let value = values.first else { return nil }
        guard query == .dangerouslyAccepted, [.get, .head].contains(request.method) else {
            throw Refusal(.invalidRequest, "token_in_query")
        }
        guard values.count == 1 else { throw Refusal(.invalidRequest, "parameter_repeated") }
        return try credential(value[...], .bearer, .query)
    }

    private func cookie(_ name: String, _ fields: HTTPFields) throws(Refusal) -> Credential? {
        let values = CookiePairs.values(of: name, in: fields)
        guard let value = values.first else { return nil }
        guard values.count == 1 else { throw Refusal(.invalidRequest, "cookie_repeated") }
        return try credential(value, .bearer, .cookie)
    }

    private func formField(_ form: [UInt8]) throws(Refusal) -> Credential? {
        guard form.count <= formBytes else { throw Refusal(.invalidRequest, "form_too_large") }
        let values = FormParameters.values(of: "access_token", in: form)
        guard let value = values.first else { return nil }
        guard values.count == 1 else { throw Refusal(.invalidRequest, "parameter_repeated") }
        return try credential(value[...], .bearer, .form)
    }

    /// Whether a form may bring the token against forgery: for a cookie, where no field does.
    private func readsSubmitted(of request: HTTPRequest) -> Bool {
        guard let cookie, let csrf = cookie.csrf, csrf.formField != nil else { return false }
        return request.headerFields[values: csrf.fieldName].isEmpty
            && !CookiePairs.values(of: cookie.name, in: request.headerFields).isEmpty
    }

    /// The token against forgery that a form brings.
    private func submitted(_ form: [UInt8], _ request: HTTPRequest, _ csrf: CSRFGuard) throws(Refusal) -> String? {
        guard let name = csrf.formField, readsForm(of: request) else { return nil }
        guard form.count <= formBytes else { throw Refusal(.invalidRequest, "form_too_large") }
        let values = FormParameters.values(of: name, in: form)
        guard values.count <= 1 else { throw Refusal(.invalidRequest, "parameter_repeated") }
        return values.first.map { String(decoding: $0, as: UTF8.self) }
    }

    private func credential<Text: Collection<UInt8>>(
        _ text: Text, _ scheme: CredentialScheme, _ source: Credential.Source
    ) throws(Refusal) -> Credential {
        guard text.count <= tokenBytes else { throw Refusal(.invalidToken, "token_too_large") }
        guard text.isB64Token else { throw Refusal(.invalidRequest, "malformed_credentials") }
        return Credential(String(decoding: text, as: UTF8.self), scheme: scheme, source: source)
    }
}
