import FastVerify

/// What can be said of one key of a set.
struct KeyReport {
    let position: Int
    let keyID: String?
    /// `kty`, with the curve where there is one.
    let type: String
    let bits: Int?
    let algorithms: [String]
    let thumbprint: String?
    /// Why the key cannot be used.
    let refusal: String?
    private(set) var warnings: [String] = []

    /// The keys of a set in order. What is no set at all throws.
    static func all(in json: [UInt8]) throws(KeyError) -> [KeyReport] {
        let set = try JWKSet(json: json)
        // The text has passed as a set, so it can be read again for what the set does not keep.
        let members = try? withUnverifiedClaims(json, maxMembers: 65_000) { object in
            var list: [JSONMembers] = []
            object["keys"]?.forEach { element in
                list.append((try? JSONMembers(Array(JSONMembers.text(element).utf8))) ?? JSONMembers())
                return true
            }
            return list
        }
        var reasons: [Int: KeyError] = [:]
        for skipped in set.skipped { reasons[skipped.position] = skipped.reason }
        // A prepared key is the last proof that a key can be used.
        var keys = set.keys[...]
        var reports = (members ?? []).enumerated().map { position, members in
            let key = reasons[position] == nil ? keys.popFirst() : nil
            let prepared = key.map { KeySet([$0]) }
            return KeyReport(position, members, key, reasons[position] ?? prepared?.refused.first?.reason)
        }
        warnOfDuplicates(&reports)
        return reports
    }

    private init(_ position: Int, _ members: JSONMembers, _ key: JWK?, _ error: KeyError?) {
        func string(_ name: String) -> String? { members.string(name) }
        self.position = position
        keyID = string("kid")
        type = [string("kty"), string("crv")].compactMap(\.self).joined(separator: " ").nonEmpty ?? "?"
        bits = key?.key.bits
        algorithms = key?.algorithms.members.map(\.name) ?? []
        thumbprint = key?.key.thumbprint
        refusal = error?.description
        // Advice on a key that cannot be used anyway would only hide what matters.
        guard error == nil else { return }
        if keyID == nil { warnings.append("no kid: tokens cannot name this key") }
        if members["alg"] == nil { warnings.append("no alg: the key serves every algorithm of its type") }
        if members["use"] == nil, members["key_ops"] == nil {
            warnings.append("no use: nothing says it is for signatures")
        }
        if string("kty") == "oct" { warnings.append("a shared secret: whoever can read this set can sign") }
    }

    private static func warnOfDuplicates(_ reports: inout [KeyReport]) {
        let byName = Dictionary(grouping: reports.indices.filter { reports[$0].keyID != nil }) { reports[$0].keyID! }
        for positions in byName.values where positions.count > 1 {
            for position in positions {
                let others = positions.filter { $0 != position }.map { "\($0 + 1)" }.joined(separator: ", ")
                reports[position].warnings.append("the same kid as key \(others)")
            }
        }
    }
}

extension String {
    /// This text, or `nil` where there is none.
    var nonEmpty: String? { isEmpty ? nil : self }
}
