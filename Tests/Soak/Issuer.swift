import FastVerify

/// base64url without padding (RFC 7515 §2), written anew: the oracle shares nothing with what it judges.
enum Compact {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")

    static func encode(_ bytes: [UInt8]) -> String {
        var text = ""
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let bits = group.enumerated().reduce(0) { $0 | Int($1.element) << (16 - 8 * $1.offset) }
            for place in 0...group.count { text.append(alphabet[bits >> (18 - 6 * place) & 63]) }
        }
        return text
    }

    static func encode(_ text: String) -> String { encode(Array(text.utf8)) }

    /// A token of any text, under any key.
    static func sign(_ header: String, _ payload: String, _ key: SigningKey) -> String {
        let input = encode(header) + "." + encode(payload)
        return input + "." + encode(key.sign(Array(input.utf8))!)
    }
}

/// A key of an issuer, which is in its set at times.
final class IssuerKey: Sendable {
    let signing: SigningKey
    let id: String
    let isPublished: FactHistory<Bool>
    let group: Group

    init(_ algorithm: Algorithm, _ id: String, of issuer: String, isPublished: Bool) throws {
        signing = try SigningKey(generate: algorithm, keyID: id)
        self.id = id
        self.isPublished = FactHistory(isPublished)
        group = Group(issuer, .key, id)
    }
}

/// An issuer: its keys, some of them published, and the groups that its tokens belong to.
final class Issuer: Sendable {
    static let algorithms: [Algorithm] = [.es256, .edDSA, .rs256, .hs256, .ps256, .es384]
    /// Keys of each algorithm; RSA keys take long to make.
    private static let keysEach = 3
    private static let groupsEach = 40

    let name: String
    let keys: [IssuerKey]
    let source: KeySource
    let groups: [Group.Kind: [Group]]
    let statuses: PublishedStatuses

    init(_ number: Int) throws {
        let name = "https://issuer-\(number).example"
        self.name = name
        keys = try Self.algorithms.flatMap { algorithm in
            try (0..<Self.keysEach).map { place in
                try IssuerKey(
                    algorithm, "\(number)-\(algorithm.name)-\(place)", of: name, isPublished: place != 0)
            }
        }
        source = KeySource(try Self.set(keys.filter(\.isPublished.latest)))
        var groups: [Group.Kind: [Group]] = [:]
        for (kind, count) in [(Group.Kind.subject, Self.groupsEach), (.session, Self.groupsEach), (.tenant, 8)] {
            groups[kind] = (0..<count).map { Group(name, kind, "\(kind)-\(number)-\($0)") }
        }
        groups[.issuer] = [Group(name, .issuer, name)]
        self.groups = groups
        statuses = try PublishedStatuses(name + "/statuses")
    }

    static func set(_ keys: [IssuerKey]) throws -> KeySet {
        KeySet(try keys.map { try JWK($0.signing.verificationKey, keyID: $0.id, algorithm: $0.signing.algorithm) })
    }
}
