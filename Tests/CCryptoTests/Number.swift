// Big numbers and raw RSA by OpenSSL, to build what an attacker would.
import COpenSSL
import Testing

/// A non-negative number.
final class Number {
    fileprivate let pointer: OpaquePointer
    fileprivate init() { pointer = BN_new() }
    deinit { BN_free(pointer) }

    convenience init(_ word: UInt) {
        self.init()
        BN_set_word(pointer, word)
    }
    convenience init(_ bytes: Bytes) {
        self.init()
        BN_bin2bn(bytes, Int32(bytes.count), pointer)
    }
    static func random(bits: Int32) -> Number {
        let number = Number()
        BN_rand(number.pointer, bits, 1, 1)  // two top bits set, odd
        return number
    }
    static func prime(bits: Int32) -> Number {
        let number = Number()
        BN_generate_prime_ex(number.pointer, bits, 0, nil, nil, nil)
        return number
    }

    var bytes: Bytes {
        var out = Bytes(repeating: 0, count: Int((BN_num_bits(pointer) + 7) / 8))
        BN_bn2bin(pointer, &out)
        return out
    }
    func modulo(_ word: UInt) -> UInt { UInt(BN_mod_word(pointer, word)) }

    /// No prime below 752 divides it.
    var hasNoSmallFactor: Bool { stride(from: 3 as UInt, to: 752, by: 2).allSatisfy { modulo($0) != 0 } }

    static func + (a: Number, b: Number) -> Number {
        let result = Number()
        BN_add(result.pointer, a.pointer, b.pointer)
        return result
    }
    static func * (a: Number, b: Number) -> Number {
        let result = Number()
        let context = BN_CTX_new()
        BN_mul(result.pointer, a.pointer, b.pointer, context)
        BN_CTX_free(context)
        return result
    }
    func raised(to exponent: Number, modulo m: Number) -> Number {
        let result = Number()
        let context = BN_CTX_new()
        BN_mod_exp(result.pointer, pointer, exponent.pointer, m.pointer, context)
        BN_CTX_free(context)
        return result
    }
}

/// A private RSA key that signs whatever encoding it is given. Immutable after init; OpenSSL's keys may be shared.
final class RawRSA: @unchecked Sendable {
    private let pkey: OpaquePointer
    let n, e: Bytes

    init(bits: Int, exponent: UInt = 65537) {
        let context = EVP_PKEY_CTX_new_from_name(nil, "RSA", nil)
        EVP_PKEY_keygen_init(context)
        EVP_PKEY_CTX_set_rsa_keygen_bits(context, Int32(bits))
        let e = BN_new()
        BN_set_word(e, exponent)
        EVP_PKEY_CTX_set1_rsa_keygen_pubexp(context, e)
        BN_free(e)
        var key: OpaquePointer?
        EVP_PKEY_generate(context, &key)
        EVP_PKEY_CTX_free(context)
        pkey = key!
        func number(_ name: String) -> Bytes {
            var value: OpaquePointer?
            EVP_PKEY_get_bn_param(key, name, &value)
            defer { BN_free(value) }
            var out = Bytes(repeating: 0, count: Int((BN_num_bits(value) + 7) / 8))
            BN_bn2bin(value, &out)
            return out
        }
        n = number("n")
        self.e = number("e")
        // OpenSSL rounds odd sizes down unless the exponent is below 2^16.
        precondition(EVP_PKEY_get_bits(pkey) == bits)
    }
    deinit { EVP_PKEY_free(pkey) }

    /// encoded^d mod n; `encoded` is as long as n and below it.
    func sign(raw encoded: Bytes) -> Bytes {
        precondition(encoded.count == n.count)
        let context = EVP_PKEY_CTX_new(pkey, nil)
        defer { EVP_PKEY_CTX_free(context) }
        EVP_PKEY_decrypt_init(context)
        EVP_PKEY_CTX_set_rsa_padding(context, RSA_NO_PADDING)
        var out = Bytes(repeating: 0, count: n.count)
        var count = out.count
        precondition(EVP_PKEY_decrypt(context, &out, &count, encoded, encoded.count) == 1 && count == n.count)
        return out
    }

    /// A PSS signature with any salt length and any hash for MGF1.
    func signPSS(_ digest: Bytes, hash: OpaquePointer, salt: Int, mgf1: OpaquePointer) -> Bytes {
        let context = EVP_PKEY_CTX_new(pkey, nil)
        defer { EVP_PKEY_CTX_free(context) }
        EVP_PKEY_sign_init(context)
        EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING)
        EVP_PKEY_CTX_set_signature_md(context, hash)
        EVP_PKEY_CTX_set_rsa_mgf1_md(context, mgf1)
        EVP_PKEY_CTX_set_rsa_pss_saltlen(context, Int32(salt))
        var out = Bytes(repeating: 0, count: n.count)
        var count = out.count
        precondition(EVP_PKEY_sign(context, &out, &count, digest, digest.count) == 1)
        return out
    }

    func withKey<Result>(_ body: (OpaquePointer) -> Result) -> Result { body(pkey) }
}
