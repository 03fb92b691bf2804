// The table behind a set, against a dictionary; its hash and its index.
import Foundation
import Testing

@testable import FastVerify

@Suite struct RevocationTableTests {
    private func bytes<T, E: Error>(
        _ text: String, _ body: (UnsafeRawBufferPointer) throws(E) -> T
    ) throws(E) -> T {
        let bytes = Array(text.utf8)
        return try bytes.span.bytes.withUnsafeBytes(body)
    }

    private struct Key: Hashable {
        let kind: RevocationKind
        let issuer: String
        let name: String
    }

    private static let kinds: [RevocationKind] = [.token, .subject, .session, .tenant, .key, .issuer]

    /// Any rules in any order, with honest hashes and with ones that collide.
    @Test(arguments: [UInt64.max, 0xfff0_0000_0000_003f, 0xffff_0000_0000_0000] as [UInt64])
    func againstADictionary(hashMask: UInt64) throws {
        var random = SystemRandomNumberGenerator()
        var table = RevocationTable(capacity: 1 << 20, margin: 0, hashMask: hashMask)
        var model: [Key: (notBefore: Int64, until: Int64)] = [:]
        let names = hashMask == .max ? 3000 : 40
        var now: Int64 = 0
        for step in 0..<(hashMask == .max ? 40_000 : 2000) {
            let kind = Self.kinds.randomElement(using: &random)!
            let issuer = "i\(Int.random(in: 0..<5, using: &random))"
            let number = Int.random(in: 0..<names, using: &random)
            let name = kind == .issuer ? issuer : String(repeating: "n", count: number % 40) + "\(number)"
            let time = Int64.random(in: 1...1000, using: &random)
            let until = now + Int64.random(in: 1...5000, using: &random)
            let key = Key(kind: kind, issuer: issuer, name: name)
            try bytes(issuer) { issuer throws(RevocationError) in
                try bytes(name) { name throws(RevocationError) in
                    _ = try table.add(
                        RevocationRule(kind: kind, issuer: issuer, identifier: name, notBefore: time, until: until),
                        now: now)
                }
            }
            let before = model[key].flatMap { $0.until > now ? $0 : nil } ?? (.min, .min)
            model[key] = (max(before.notBefore, time), max(before.until, until))
            if step % 10 == 0 {
                now += 7
                table.sweep(.random(in: 0...100, using: &random), now: now)
            }
            if step % 500 == 0 { compare(&table, model, names, now) }
        }
        table.sweep(1 << 20, now: .max)
        let (left, issuers) = (table.count, table.count(of: .issuer))
        #expect(left == 5 && issuers == 5)
    }

    private func compare(
        _ table: inout RevocationTable, _ model: [Key: (notBefore: Int64, until: Int64)], _ names: Int, _ now: Int64
    ) {
        var wrong = 0
        for kind in Self.kinds {
            for issuer in (0..<6).map({ "i\($0)" }) {
                for number in stride(from: 0, to: names, by: max(1, names / 60)) {
                    let name = kind == .issuer ? issuer : String(repeating: "n", count: number % 40) + "\(number)"
                    let known = model[Key(kind: kind, issuer: issuer, name: name)].flatMap { $0.until > now ? $0 : nil }
                    for issuedAt in [nil, 0, known?.notBefore, (known?.notBefore ?? 0) - 1, 500] as [Int64?] {
                        let expected =
                            known.map { kind == .token || issuedAt == nil || issuedAt! < $0.notBefore } ?? false
                        if refuses(&table, kind, issuer, name, issuedAt, now) != expected { wrong += 1 }
                    }
                }
            }
        }
        #expect(wrong == 0)
    }

    private func refuses(
        _ table: inout RevocationTable, _ kind: RevocationKind, _ issuer: String, _ name: String, _ issuedAt: Int64?,
        _ now: Int64
    ) -> Bool {
        bytes(issuer) { issuer in
            bytes(name) { name in
                var rule = table.issuer(issuer)
                guard rule != 0 else { return false }
                if kind != .issuer {
                    let hash = table.hash(kind, rule, name)
                    rule = table.find(kind, rule, name, hash)
                    if rule != 0, !table.mayContain(hash) { return false }
                }
                return rule != 0 && table.refuses(rule, issuedAt: issuedAt, now: now)
            }
        }
    }

    @Test func indexOfManyHashes() {
        var random = SystemRandomNumberGenerator()
        var index = RevocationIndex()
        let hashes = (0..<300_000).map { _ in UInt64.random(in: 0...UInt64.max, using: &random) }
        var found = 0
        for (place, hash) in hashes.enumerated() where index.insert(hash, UInt32(place + 1)) { found += 1 }
        #expect(found == hashes.count)
        found = 0
        for (place, hash) in hashes.enumerated() {
            found += index.find(hash) { $0 == UInt32(place + 1) } == place + 1 && index.mayContain(hash) ? 1 : 0
        }
        #expect(found == hashes.count)
        var wrong = 0
        for _ in 0..<100_000 where index.mayContain(.random(in: 0...UInt64.max, using: &random)) { wrong += 1 }
        #expect(wrong < 200)  // 32 lanes of 2^-16 would make 49
        let bytes = index.bytes
        #expect(bytes < hashes.count * 32)
        for (place, hash) in hashes.enumerated() where place % 2 == 0 { index.remove(hash, UInt32(place + 1)) }
        found = 0
        for (place, hash) in hashes.enumerated() {
            found += (index.find(hash) { $0 == UInt32(place + 1) } != 0) == (place % 2 == 1) ? 1 : 0
        }
        #expect(found == hashes.count)
    }

    /// Dozens of equal hashes are an error, not an endless search for room.
    @Test func equalHashes() {
        var index = RevocationIndex()
        var inserted: [Bool] = []
        for record in 1...33 { inserted.append(index.insert(7, UInt32(record))) }
        #expect(inserted == Array(repeating: true, count: 32) + [false])
        var found: [UInt32] = []
        for record in 1...32 { found.append(index.find(7) { $0 == UInt32(record) }) }
        #expect(found == Array(1...32))
        _ = index.insert(7 | 1 << 63, 33)
        let other = index.find(7 | 1 << 63) { _ in true }
        #expect(other == 33)
        var table = RevocationTable(capacity: 1000, margin: 0, hashMask: 0)
        var errors: [RevocationError?] = []
        for name in 0..<32 {
            bytes("\(name)") { name in
                let rule = RevocationRule(kind: .token, issuer: name, identifier: name, notBefore: .min, until: 9)
                do throws(RevocationError) {
                    _ = try table.add(rule, now: 0)
                    errors.append(nil)
                } catch {
                    errors.append(error)
                }
            }
        }
        // 16 issuers with a token each.
        #expect(errors == Array(repeating: nil, count: 16) + Array(repeating: .full, count: 16))
        let count = table.count
        #expect(count == 32)
    }

    @Test func hashSeesEveryByte() {
        let hash = KeyedHash(longest: 300)
        let other = KeyedHash(longest: 300)
        var seen = Set<UInt64>()
        var messages = 0
        for count in 0...300 {
            var message = [UInt8](repeating: 0, count: count)
            message.withUnsafeBytes { _ = seen.insert(hash($0)) }
            messages += 1
            for position in stride(from: 0, to: count, by: count < 40 ? 1 : 7) {
                for bit in [0, 7] as [UInt8] {
                    message[position] ^= 1 << bit
                    message.withUnsafeBytes { message in
                        seen.insert(hash(message))
                        let all = [hash(message), hash(message), other(message), hash(message, 1)]
                        #expect(all[0] == all[1] && all[0] != all[2] && all[0] != all[3])
                    }
                    message[position] ^= 1 << bit
                    messages += 1
                }
            }
        }
        #expect(seen.count == messages)
    }
}
