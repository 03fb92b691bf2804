import Foundation
import Testing

@testable import FastVerify

/// Row 30 of the attack catalogue: how signing gives a private key away. That signatures of random keys and messages are those of RFC 6979,
/// bit for bit, and so no nonce has a bias, Tests/Interop compares with another implementation; a fault while signing is the subject of
/// `TokenSignerTests.badSignaturesStayInside`.
@Suite struct SigningAttackTests {
    private static let ecdsa: [Algorithm] = [.es256, .es384, .es512, .es256k]

    /// One nonce for two inputs, or for two keys, is enough to compute a key.
    @Test(arguments: ecdsa) func row30_noncesAreOfKeyAndInput(_ algorithm: Algorithm) throws {
        let keys = [try SigningKey(generate: algorithm), try SigningKey(generate: algorithm)]
        var seen: Set<[UInt8]> = []
        for key in keys {
            for number in 0..<50 {
                let input = Array("input \(number)".utf8)
                let signature = try #require(key.sign(input))
                #expect(key.sign(input) == signature)
                #expect(seen.insert(Array(signature.prefix(signature.count / 2))).inserted)
            }
        }
    }

    /// Who could have one private key sign with two public ones could compute it (Ed25519 hashes the public key); no call takes a
    /// public key, and a JWK whose halves do not belong together is none.
    @Test(arguments: [Algorithm.edDSA, .es256, .es384, .es512, .es256k, .rs256]) func row30_halvesOfTwoKeysAreNone(
        _ algorithm: Algorithm
    ) throws {
        let (key, other) = (try SigningKey(generate: algorithm), try SigningKey(generate: algorithm))
        func members(_ key: SigningKey) throws -> [String: String] {
            try #require(
                try JSONSerialization.jsonObject(with: Data(key.privateJWK.utf8)) as? [String: String])
        }
        let (mine, theirs) = (try members(key), try members(other))
        func imported(_ members: [String: String]) throws {
            let text = "{" + members.map { "\"\($0)\":\"\($1)\"" }.joined(separator: ",") + "}"
            _ = try SigningKey(jwk: Array(text.utf8))
        }
        #expect(throws: Never.self) { try imported(mine) }
        let publicHalf = ["x", "y", "n"].filter { mine[$0] != nil }
        let mixed = mine.merging(theirs.filter { publicHalf.contains($0.key) }) { $1 }
        #expect(throws: KeyError.self) { try imported(mixed) }
    }
}
