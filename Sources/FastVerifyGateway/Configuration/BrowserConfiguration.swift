internal import FastVerifyAccess
internal import HTTPTypes

/// `csrf`: from where, and with what, requests with a cookie may come.
struct ForgeryConfiguration: Sendable, Hashable {
    let origins: Set<WebOrigin>
    /// A file whose bytes, 32 and more, whoever sets the cookie with the token has as well; without it the origin decides alone.
    let secret: String?
    let field: HTTPField.Name
    let cookie: String

    init?(_ value: ConfigurationValue) {
        guard let members = value.mapping("origins, secret, field, cookie") else { return nil }
        let origins = members.required("origins", "this site's own and others that it trusts")?.origins() ?? []
        let secret = members.optional("secret")
        self.secret = secret?.text("the name of a file with 32 bytes or more")
        let (field, cookie) = (members.optional("field"), members.optional("cookie"))
        self.field = field.flatMap(DemandConfiguration.fieldName) ?? HTTPField.Name("X-CSRF-Token")!
        self.cookie = cookie.flatMap(DemandConfiguration.cookieName) ?? "__Host-csrf"
        members.finish()
        if secret == nil { (field ?? cookie)?.report("means nothing without secret") }
        guard !origins.isEmpty else { return nil }
        self.origins = Set(origins.compactMap { WebOrigin($0) })
    }
}

/// `cors`: which pages may read what the gateway answers itself (WHATWG Fetch §3.2). Answers of the service are its own matter.
struct CrossOriginConfiguration: Sendable, Hashable {
    enum Preflight: String, Sendable, Hashable, CaseIterable {
        /// Answered here.
        case answer
        /// Passed on to the service, without an identity.
        case pass
    }

    let origins: Set<WebOrigin>
    /// `*`: pages of anybody, without credentials that browsers add.
    let isOpen: Bool
    let methods: [String]
    let fields: [String]
    let allowsCredentials: Bool
    let maximumAge: Int64
    let preflight: Preflight

    init?(_ value: ConfigurationValue) {
        guard let members = value.mapping("origins, methods, headers, credentials") else { return nil }
        let listed = members.required("origins", "origins such as https://app.example, or \"*\"")
        isOpen = listed.map { $0.list().count == 1 && $0.list()[0].isText("*") } ?? false
        origins = Set((isOpen ? [] : listed?.origins() ?? []).compactMap { WebOrigin($0) })
        methods = members.optional("methods")?.texts("a method such as GET") ?? ["GET", "HEAD", "POST"]
        fields =
            members.optional("headers")?.texts("the name of a field")
            ?? ["Authorization", "Content-Type", "DPoP", "X-CSRF-Token"]
        let credentials = members.optional("credentials")
        allowsCredentials = credentials?.flag() ?? false
        let day = Duration.seconds(86_400)
        maximumAge = members.optional("maximum_age")?.duration(.zero...day)?.components.seconds ?? 600
        preflight = members.optional("preflight")?.choice(Preflight.self) ?? .answer
        members.finish()
        for name in methods + fields where !name.utf8.allSatisfy({ ByteClass.token.contains($0) }) {
            value.report("'\(name)' is neither a method nor the name of a field")
        }
        if isOpen, allowsCredentials { credentials?.report("browsers refuse credentials for every origin: name them") }
        guard isOpen || !origins.isEmpty else { return nil }
    }
}

extension ConfigurationValue {
    fileprivate func origins() -> [String] {
        texts("an origin such as https://app.example").filter { text in
            let isOrigin = WebOrigin(text) != nil
            if !isOrigin { report("'\(text)' is not an origin: expected e.g. https://app.example, without a path") }
            return isOrigin
        }
    }
}
