import FastVerify

/// A rule of the revocation set as the oracle knows it.
struct Ban: Sendable {
    var issuedBefore: Int64
    var until: Int64

    static let none = Ban(issuedBefore: .min, until: .min)

    func refuses(issuedAt: Int64, at time: Int64) -> Bool { until > time && issuedAt < issuedBefore }
}

/// What a rule is about: a token, or a group of them.
final class Group: Sendable {
    let issuer: String
    let kind: Kind
    let name: String
    let ban = FactHistory(Ban.none)

    enum Kind: CaseIterable { case token, subject, session, tenant, key, issuer }

    init(_ issuer: String, _ kind: Kind, _ name: String) {
        self.issuer = issuer
        self.kind = kind
        self.name = name
    }

    func event(_ ban: Ban) -> RevocationEvent {
        let target: RevocationEvent.Target =
            switch kind {
            case .token: .token(id: name)
            case .subject: .subject(name, issuedBefore: ban.issuedBefore)
            case .session: .session(name, issuedBefore: ban.issuedBefore)
            case .tenant: .tenant(name, issuedBefore: ban.issuedBefore)
            case .key: .key(name, issuedBefore: ban.issuedBefore)
            case .issuer: .everything(issuedBefore: ban.issuedBefore)
            }
        return RevocationEvent(issuer: issuer, target, expiration: ban.until)
    }
}

/// What is wrong with a token by the way it was made.
struct Defect: Sendable {
    let error: VerificationError
    /// Whether it is seen only by who has the token's key.
    let needsKey: Bool
    let name: String
}

/// A token and the truth about it: how it was made, and the histories of all that its verdict depends on.
final class IssuedToken: Sendable {
    let text: String
    let id: String
    let subject: String
    let key: IssuerKey
    let issuedAt: Int64
    let notBefore: Int64
    let expiration: Int64
    let groups: [Group]
    let status: (list: PublishedStatuses, index: Int)?
    let defect: Defect?

    init(
        _ text: String, id: String, subject: String, key: IssuerKey, issuedAt: Int64, notBefore: Int64,
        expiration: Int64, groups: [Group], status: (list: PublishedStatuses, index: Int)?, defect: Defect?
    ) {
        self.text = text
        self.id = id
        self.subject = subject
        self.key = key
        self.issuedAt = issuedAt
        self.notBefore = notBefore
        self.expiration = expiration
        self.groups = groups
        self.status = status
        self.defect = defect
    }
}
