internal import FastVerify

/// Roles or permissions that a token must have.
struct NameRule: Sendable {
    enum Kind: Sendable { case roles, permissions }

    private let kind: Kind
    private let names: [String]
    private let isAll: Bool
    private let path: [String]?

    init(_ kind: Kind, _ names: [String], all: Bool, at path: [String]?) {
        self.kind = kind
        self.names = names
        isAll = all
        self.path = path
    }

    func check(_ claims: borrowing ClaimSet, _ paths: ClaimNames) throws(Refusal) {
        var isSatisfied = isAll
        let path = path ?? (kind == .roles ? paths.roles : paths.permissions)
        if let value = claims[path: path] {
            for name in names where value.contains(name) != isAll {
                isSatisfied = !isAll
                break
            }
        } else {
            isSatisfied = isAll && names.isEmpty
        }
        guard isSatisfied else {
            throw Refusal(.forbidden, kind == .roles ? "insufficient_role" : "insufficient_permission")
        }
    }
}
