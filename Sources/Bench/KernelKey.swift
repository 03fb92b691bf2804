import CCrypto
import FastVerify

/// A key made ready for one kernel, straight through CCrypto. Immutable.
final class KernelKey {
    /// Why there is no such key.
    struct Refused: Error, CustomStringConvertible {
        let status: fv_key_status
        var description: String { String(cString: fv_key_status_text(status)) }
    }

    let prepared: OpaquePointer

    init(_ material: KeyMaterial, for kernel: UnsafePointer<fv_kernel>) throws(Refused) {
        let key = try material.imported()
        defer { fv_key_free(key) }
        var prepared: OpaquePointer?
        let status = fv_prepare(kernel, key, &prepared)
        guard status == FV_KEY_OK, let prepared else { throw Refused(status: status) }
        self.prepared = prepared
    }

    deinit { fv_prepared_key_free(prepared) }
}

/// A public key or secret as it stands in a file.
enum KeyMaterial: Hashable {
    case rsa(n: [UInt8], e: [UInt8])
    case point(fv_key_type, x: [UInt8], y: [UInt8])
    case edwards(fv_key_type, [UInt8])
    case secret([UInt8])
    case pem([UInt8])

    /// The caller frees it.
    func imported() throws(KernelKey.Refused) -> OpaquePointer {
        var key: OpaquePointer?
        let status =
            switch self {
            case .rsa(let n, let e): fv_key_import_rsa(n, n.count, e, e.count, &key)
            case .point(let type, let x, let y): fv_key_import_ec(type, x, x.count, y, y.count, &key)
            case .edwards(let type, let x): fv_key_import_okp(type, x, x.count, &key)
            case .secret(let bytes): fv_key_import_secret(bytes, bytes.count, &key)
            case .pem(let text): fv_key_import_pem(text, text.count, &key)
            }
        guard status == FV_KEY_OK, let key else { throw KernelKey.Refused(status: status) }
        return key
    }
}

extension KeyMaterial {
    /// The public members of a key, or the secret.
    init(_ key: VerificationKey) {
        let members = Dictionary(uniqueKeysWithValues: key.publicMembers.map { ($0.name, $0.value) })
        func bytes(_ name: String) -> [UInt8] {
            guard var text = members[name] else { return [] }
            return text.withUTF8 { Base64URL.decode(UnsafeRawBufferPointer($0)) } ?? []
        }
        let types = [
            "P-256": FV_KEY_P256, "P-384": FV_KEY_P384, "P-521": FV_KEY_P521, "secp256k1": FV_KEY_SECP256K1,
            "Ed25519": FV_KEY_ED25519, "Ed448": FV_KEY_ED448,
        ]
        switch (members["kty"], members["crv"].flatMap { types[$0] }) {
        case ("RSA", _): self = .rsa(n: bytes("n"), e: bytes("e"))
        case ("EC", let curve?): self = .point(curve, x: bytes("x"), y: bytes("y"))
        case ("OKP", let curve?): self = .edwards(curve, bytes("x"))
        default: self = .secret(bytes("k"))
        }
    }
}
