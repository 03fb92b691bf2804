import CBaseline
import FastVerify

/// OpenSSL's bare check over the signatures of a workload: the yardstick in the same rounds.
final class Baseline: Contender {
    static let title = "openssl bare"
    let name = Baseline.title
    let validBefore: [Int]
    /// One checker for each key, with the positions it covers.
    private let parts: [(checker: OpaquePointer, range: Range<Int>)]

    /// `groups` holds the signatures under each key. `nil` where OpenSSL knows the algorithm or a key not, or where
    /// there is nothing to check. OpenSSL must accept all of them, or none where they are not `valid`.
    init?(
        _ algorithm: String, _ groups: [(key: VerificationKey, signatures: [(input: [UInt8], signature: [UInt8])])],
        valid: Bool = true
    ) {
        var parts: [(OpaquePointer, Range<Int>)] = []
        var complete = true
        for (key, signatures) in groups where !signatures.isEmpty {
            let start = parts.last?.1.upperBound ?? 0
            guard let checker = Self.checker(algorithm, key) else {
                complete = false
                break
            }
            parts.append((checker, start..<start + signatures.count))
            for (input, signature) in signatures
            where baseline_add(checker, input, input.count, signature, signature.count) != 1 { complete = false }
        }
        let count = parts.last?.1.upperBound ?? 0
        self.parts = parts
        validBefore = (0...count).map { valid ? $0 : 0 }
        if !complete || count == 0 { return nil }
    }

    deinit { for part in parts { baseline_free(part.checker) } }

    private static func checker(_ algorithm: String, _ key: VerificationKey) -> OpaquePointer? {
        let members = Dictionary(uniqueKeysWithValues: key.publicMembers.map { ($0.name, $0.value) })
        let names = [("n", "e"), ("x", "y"), ("x", ""), ("k", "")].first {
            members[$0.0] != nil && ($0.1 == "" || members[$0.1] != nil)
        }
        guard let names, let first = decode(members[names.0]) else { return nil }
        let second = decode(members[names.1]) ?? []
        return baseline_create(algorithm, first, first.count, second, second.count)
    }

    private static func decode(_ text: String?) -> [UInt8]? {
        guard var text else { return nil }
        return text.withUTF8 { Base64URL.decode(UnsafeRawBufferPointer($0)) }
    }

    var count: Int { validBefore.count - 1 }

    func check(_ range: Range<Int>) -> Int {
        var valid = 0
        for part in parts {
            let overlap = range.clamped(to: part.range)
            if overlap.isEmpty { continue }
            valid += baseline_check(part.checker, overlap.lowerBound - part.range.lowerBound, overlap.count)
        }
        return valid
    }
}
