internal import FastVerify

private typealias Issuer = CatalogueIssuer

/// Rows 16 to 25: signatures.
extension Attack {
    static var signatures: [Attack] { psychic + ecdsa + edwards + rsa + hmac }

    private static func signed(_ key: SigningKey, _ change: ([UInt8]) -> [UInt8]) -> String {
        let input = Issuer.encode(Issuer.header(key)) + "." + Issuer.encode(Issuer.claims)
        return input + "." + Issuer.encode(change(key.sign(Array(input.utf8))!))
    }

    /// Order and prime of P-256.
    private static let n = bytes("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551")
    private static let p = bytes("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff")
    /// Order of edwards25519, least byte first.
    private static let l = bytes("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010")

    private static func bytes(_ hex: String) -> [UInt8] {
        stride(from: 0, to: hex.utf8.count, by: 2).map { offset in
            UInt8(hex.dropFirst(offset).prefix(2), radix: 16)!
        }
    }

    private static func small(_ number: UInt8) -> [UInt8] { [UInt8](repeating: 0, count: 31) + [number] }

    private static var psychic: [Attack] {
        var (below, above) = (n, n)
        below[31] -= 1
        above[31] += 1
        let numbers = [small(0), small(1), below, n, above, p, [UInt8](repeating: 0xFF, count: 32)]
        return numbers.indices.flatMap { r in
            numbers.indices.map { s in
                Attack(16, "r \(r), s \(s)", signed(Issuer.ecdsa) { _ in numbers[r] + numbers[s] })
            }
        }
    }

    private static var ecdsa: [Attack] {
        let lengths = [0, 1, 63, 65, 128, 9000].map { count in
            Attack(17, "\(count) bytes", signed(Issuer.ecdsa) { _ in [UInt8](repeating: 1, count: count) })
        }
        return lengths + [
            Attack(
                17, "DER",
                signed(Issuer.ecdsa) { raw in
                    let (r, s) = ([0] + raw.prefix(32), [0] + raw.suffix(32))
                    return [0x30, 70, 2, 33] + r + [2, 33] + s
                }),
            Attack(17, "a zero before", signed(Issuer.ecdsa) { [0] + $0 }),
            Attack(16, "DER of nothing", signed(Issuer.ecdsa) { _ in [0x30, 6, 2, 1, 0, 2, 1, 0] }),
            Attack(
                18, "high S", signed(Issuer.ecdsa) { $0.prefix(32) + difference(n, Array($0.suffix(32))) }, .accepted),
            Attack(19, "r + n", signed(Issuer.ecdsa) { _ in difference(p, n) + small(1) }),
            Attack(27, "one bit", signed(Issuer.ecdsa) { $0.prefix(63) + [$0[63] ^ 1] }),
            Attack(27, "somebody else's", signed(Issuer.ecdsa) { _ in Issuer.attacker.sign([1])! }),
        ]
    }

    /// Greatest byte first.
    private static func difference(_ a: [UInt8], _ b: [UInt8]) -> [UInt8] {
        var (out, borrow) = (a, 0)
        for position in a.indices.reversed() {
            let digit = Int(a[position]) - Int(b[position]) - borrow
            borrow = digit < 0 ? 1 : 0
            out[position] = UInt8(truncatingIfNeeded: digit)
        }
        return out
    }

    private static var edwards: [Attack] {
        func changed(_ name: String, _ change: @escaping ([UInt8]) -> [UInt8]) -> Attack {
            Attack(21, name, signed(Issuer.edwards, change))
        }
        return [
            changed("S + L") { signature in
                var (s, carry) = (Array(signature.suffix(32)), 0)
                for position in s.indices {
                    let digit = Int(s[position]) + Int(l[position]) + carry
                    (s[position], carry) = (UInt8(truncatingIfNeeded: digit), digit >> 8)
                }
                return signature.prefix(32) + s
            },
            changed("S = L") { $0.prefix(32) + l },
            changed("S with its top bits") { $0.prefix(63) + [$0[63] | 0xE0] },
            changed("R of small order") { [1] + [UInt8](repeating: 0, count: 31) + $0.suffix(32) },
            changed("R not canonical") { [UInt8](repeating: 0xFF, count: 32) + $0.suffix(32) },
            changed("63 bytes") { Array($0.dropLast()) }, changed("65 bytes") { $0 + [0] },
            changed("zeros") { _ in [UInt8](repeating: 0, count: 64) },
        ]
    }

    private static var rsa: [Attack] {
        func changed(_ name: String, _ change: @escaping ([UInt8]) -> [UInt8]) -> Attack {
            Attack(23, name, signed(Issuer.rsa, change))
        }
        return [
            changed("above n") { [UInt8](repeating: 0xFF, count: $0.count) },
            changed("zero") { [UInt8](repeating: 0, count: $0.count) },
            changed("one") { [UInt8](repeating: 0, count: $0.count - 1) + [1] }, changed("a zero before") { [0] + $0 },
            changed("short") { Array($0.dropFirst()) }, changed("empty") { _ in [] },
            changed("a padding without a power") { [0, 1] + [UInt8](repeating: 0xFF, count: $0.count - 3) + [0] },
        ]
    }

    private static var hmac: [Attack] {
        (0..<32).map { count in Attack(25, "\(count) bytes", signed(Issuer.secret) { Array($0.prefix(count)) }) } + [
            Attack(25, "33 bytes", signed(Issuer.secret) { $0 + [0] }),
            Attack(25, "last bit", signed(Issuer.secret) { $0.prefix(31) + [$0[31] ^ 1] }),
            Attack(25, "first bit", signed(Issuer.secret) { [$0[0] ^ 0x80] + $0.dropFirst() }),
        ]
    }
}
