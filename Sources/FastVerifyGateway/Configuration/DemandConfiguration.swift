internal import HTTPTypes

/// What a policy asks of a request besides a good token, and how often its sender may come. All of it is optional, and costs
/// nothing where it is not said.
struct DemandConfiguration: Sendable, Hashable {
    let proof: ProofConfiguration?
    let certificate: CertificateConfiguration?
    /// The cookie that may carry the token instead of `Authorization`.
    let cookie: String?
    let forgery: ForgeryConfiguration?
    let quota: QuotaConfiguration?
    let crossOrigin: CrossOriginConfiguration?

    init(_ members: ConfigurationMapping) {
        proof = members.optional("dpop").flatMap { ProofConfiguration($0) }
        certificate = members.optional("mtls").flatMap { CertificateConfiguration($0) }
        let cookie = members.optional("cookie")
        self.cookie = cookie.flatMap(Self.cookieName)
        let forgery = members.optional("csrf")
        self.forgery = forgery.flatMap { ForgeryConfiguration($0) }
        quota = members.optional("limits").flatMap { QuotaConfiguration($0) }
        crossOrigin = members.optional("cors").flatMap { CrossOriginConfiguration($0) }
        if let cookie, forgery == nil {
            cookie.report("browsers send cookies whoever asks them to: say csrf: { origins: [https://app.example] }")
        } else if let forgery, cookie == nil {
            forgery.report("guards tokens in cookies alone: say cookie, or leave csrf out")
        }
    }

    var isEmpty: Bool {
        proof == nil && certificate == nil && cookie == nil && forgery == nil && quota == nil && crossOrigin == nil
    }

    static func cookieName(_ value: ConfigurationValue) -> String? {
        guard let name = value.text("the name of a cookie such as __Host-token") else { return nil }
        guard name.utf8.allSatisfy({ ByteClass.token.contains($0) }) else {
            value.report("'\(name)' is not the name of a cookie")
            return nil
        }
        return name
    }

    static func fieldName(_ value: ConfigurationValue) -> HTTPField.Name? {
        guard let text = value.text("the name of a field") else { return nil }
        guard let name = HTTPField.Name(text) else {
            value.report("'\(text)' is not the name of a field")
            return nil
        }
        return name
    }
}
