import CBaseline
import FastVerify
import Foundation

/// The hostile classes against the key of a workload: as many tokens in each as the workload has, all distinct.
struct HostileTokens {
    private let workload: Workload
    private let parts: [[Substring]]
    /// Of tokens that are not the workload's.
    private let claims: [Claims]
    private let keyIDs: [String]
    private let numbers: [[UInt8]]

    /// Above it only a token's length is looked at.
    private static let limit = Verifier.Limits.standard.tokenBytes
    private static let sizes = [4 << 10, 16 << 10, limit, limit + 2]

    init(_ workload: Workload) {
        self.workload = workload
        parts = workload.tokens.map { $0.split(separator: ".") }
        var random = Random(seed: workload.seed ^ 0x686f_7374_696c_65)
        claims = parts.map { _ in Claims(&random, at: workload.moment) }
        keyIDs = parts.map { _ in Base64URL.encode(random.bytes(5)) }
        numbers = parts.map { _ in random.bytes(66) }
    }

    func classes() throws -> [HostileClass] {
        try misnamed() + refusedAfterTheSignature() + [duplicates()] + oversize() + deep() + dense() + dots()
            + exceptional()
    }

    private func make(
        _ kind: HostileKind, _ expected: VerificationError, _ variant: String = "", _ token: (Int) throws -> String
    ) rethrows -> HostileClass {
        HostileClass(kind, try workload.tokens.indices.map(token), expected, variant)
    }

    /// A good signature of something else: nothing but the check itself can tell.
    private func signature(_ index: Int) -> Substring { parts[(index + 1) % parts.count][2] }

    private func unsigned(_ index: Int, _ payload: String) -> String {
        "\(parts[index][0]).\(Base64URL.encode(Array(payload.utf8))).\(signature(index))"
    }

    /// Refused by the header, which no cache knows.
    private func misnamed() -> [HostileClass] {
        let foreign: Algorithm = workload.subject.header == .hs256 ? .es256 : .hs256
        func under(_ header: String, _ index: Int) -> String {
            "\(Base64URL.encode(Array(header.utf8))).\(parts[index][1]).\(parts[index][2])"
        }
        return [
            make(.unknownKid, .keyNotFound) { under(workload.header(kid: keyIDs[$0]), $0) },
            make(.wrongAlg, .algorithmNotAllowed) { under(workload.header(alg: foreign.name), $0) },
        ]
    }

    private func refusedAfterTheSignature() throws -> [HostileClass] {
        [
            make(.badSignature, .badSignature) { "\(parts[$0][0]).\(parts[$0][1]).\(signature($0))" },
            try make(.expired, .expired) {
                var late = claims[$0]
                late.expiration = String(workload.moment.now - 60)
                return try workload.signed(workload.header(), late.json)
            },
        ]
    }

    private func duplicates() -> HostileClass {
        make(.duplicateMembers, .duplicateMember) {
            var twice = claims[$0]
            twice.repeated = ",\"sub\":\"another\""
            return unsigned($0, twice.json)
        }
    }

    /// Tokens of that many characters with a member that takes up the room, under signatures that are not theirs.
    private func padded(
        _ kind: HostileKind, to size: Int, _ variant: String? = nil, _ filling: (Int) -> String
    ) -> HostileClass {
        make(kind, size > Self.limit ? .tokenTooLarge : .badSignature, variant ?? Self.name(size)) {
            let start = claims[$0].json.dropLast() + ",\"pad\":"
            let room = room($0, size) - start.utf8.count - 1
            let value = filling(room)
            return unsigned($0, start + value + String(repeating: " ", count: room - value.utf8.count) + "}")
        }
    }

    /// Bytes of a payload that makes a token of that many characters.
    private func room(_ index: Int, _ size: Int) -> Int {
        (size - parts[index][0].utf8.count - signature(index).utf8.count - 2) * 3 / 4
    }

    private static func name(_ size: Int) -> String { size > limit ? "above 64 KiB" : "\(size >> 10) KiB" }

    private func oversize() -> [HostileClass] {
        let classes = Self.sizes.map { size in
            padded(.oversize, to: size) { "\"" + String(repeating: "x", count: $0 - 2) + "\"" }
        }
        return classes + [HostileClass(classes[2], oneIn: 8, of: workload.tokens)]
    }

    private func deep() -> [HostileClass] {
        Self.sizes.map { size in
            make(.deepJSON, size > Self.limit ? .tokenTooLarge : .tooComplex, Self.name(size)) {
                unsigned($0, "{\"pad\":" + String(repeating: "[", count: room($0, size) - 7))
            }
        }
    }

    private func dense() -> [HostileClass] {
        // The claims are the first level, the list of nests is the second.
        let nest = String(repeating: "[", count: 62) + String(repeating: "]", count: 62)
        // About as many names as may be, the last of them a second time.
        let names = (0..<1000).map { ",\"n\($0)\":0" }.joined() + ",\"n999\":1"
        let named = make(.denseJSON, .duplicateMember, "1,000 names, the last twice") {
            unsigned($0, claims[$0].json.dropLast() + names + "}")
        }
        return [named]
            + [Self.sizes[0], Self.limit].flatMap { size in
                [
                    padded(.denseJSON, to: size, "\(Self.name(size)) of brackets") {
                        "[" + [String](repeating: nest, count: ($0 - 1) / (nest.count + 1)).joined(separator: ",") + "]"
                    },
                    padded(.denseJSON, to: size, "\(Self.name(size)) of elements") {
                        "[0" + String(repeating: ",0", count: ($0 - 3) / 2) + "]"
                    },
                    padded(.denseJSON, to: size, "\(Self.name(size)) of escapes") {
                        "\"" + String(repeating: "\\u0041", count: ($0 - 2) / 6) + "\""
                    },
                ]
            }
    }

    private func dots() -> [HostileClass] {
        let dots = String(repeating: ".", count: 16)
        return Self.sizes.map { size in
            make(.dotFlood, size > Self.limit ? .tokenTooLarge : .notCompact, Self.name(size)) {
                let start = "\(parts[$0][0]).\(parts[$0][1])."
                return start + String(repeating: "A", count: size - start.utf8.count - dots.count) + dots
            }
        } + [make(.dotFlood, .notCompact, "64 KiB of dots") { _ in String(repeating: ".", count: Self.limit) }]
    }

    private func exceptional() throws -> [HostileClass] {
        let members = try JSONSerialization.jsonObject(with: Data(workload.key.privateJWK.utf8)) as? [String: String]
        guard members?["kty"] == "EC", var secret = members?["d"] else { return [] }
        let d = secret.withUTF8 { Base64URL.decode(UnsafeRawBufferPointer($0)) } ?? []
        let (infinite, doubled) = (
            try exceptional(d, opposite: true, "R = infinity"), try exceptional(d, opposite: false, "u1 G = u2 Q")
        )
        return [infinite, doubled, HostileClass(infinite, oneIn: 8, of: workload.tokens)]
    }

    private func exceptional(_ d: [UInt8], opposite: Bool, _ variant: String) throws -> HostileClass {
        let name = workload.subject.schemeName
        return try make(.exceptionalECDSA, .badSignature, variant) { index in
            let input = "\(parts[index][0]).\(parts[index][1])"
            var r = [UInt8](repeating: 0, count: d.count)
            let isMade =
                baseline_exceptional_r(
                    name, d, d.count, Array(input.utf8), input.utf8.count, opposite ? 1 : 0, &r) == 1
            guard isMade else { throw Workload.Unsigned(description: "no exceptional signature for \(name)") }
            var s = numbers[index].prefix(d.count)
            s[0] = d.count == 66 ? 0 : s[0] & 0x7f  // below every group's order
            return input + "." + Base64URL.encode(r + s)
        }
    }
}
