/// Who does what operators do, and from where, as the audit log has it. A name alone can be written as a literal.
public struct AuditActor: Sendable, Hashable, ExpressibleByStringLiteral {
    /// A client's or user's id, or `operator`.
    public var name: String
    /// The address that it came from; `nil` at the command line.
    public var address: String?

    public init(_ name: String, from address: String? = nil) {
        self.name = name
        self.address = address
    }

    public init(stringLiteral value: String) { self.init(value) }
}

extension AuditEntry {
    init(
        at: Int64, _ action: Action, by actor: AuditActor, object: String? = nil, tokenID: String? = nil,
        detail: String? = nil
    ) {
        self.init(
            at: at, action, actor: actor.name, object: object, origin: actor.address, tokenID: tokenID, detail: detail)
    }
}
