// Keys in the containers OpenSSL writes.
import COpenSSL

private func text(_ write: (OpaquePointer) -> Int32) -> Bytes {
    let bio = BIO_new(BIO_s_mem())!
    defer { BIO_free(bio) }
    precondition(write(bio) == 1)
    var out = Bytes(repeating: 0, count: 1 << 16)
    let count = BIO_read(bio, &out, Int32(out.count))
    return Bytes(out.prefix(Int(count)))
}

/// A key pair made by OpenSSL, to be written in every form.
final class OpenSSLKey {
    private let pkey: OpaquePointer

    /// `settings` are control strings as `openssl genpkey -pkeyopt` takes them.
    init(_ type: String, _ settings: [(String, String)] = []) {
        let context = EVP_PKEY_CTX_new_from_name(nil, type, nil)
        EVP_PKEY_keygen_init(context)
        for (name, value) in settings { precondition(EVP_PKEY_CTX_ctrl_str(context, name, value) == 1) }
        var key: OpaquePointer?
        EVP_PKEY_generate(context, &key)
        EVP_PKEY_CTX_free(context)
        pkey = key!
    }
    /// The private key of a PEM text.
    init(pem: Bytes) {
        // The BIO reads from the array, which must live as long.
        pkey = pem.withUnsafeBytes { pem in
            let bio = BIO_new_mem_buf(pem.baseAddress, Int32(pem.count))
            defer { BIO_free(bio) }
            return PEM_read_bio_PrivateKey(bio, nil, nil, nil)!
        }
    }
    deinit { EVP_PKEY_free(pkey) }

    /// "compressed", "hybrid" or "uncompressed".
    func setPointFormat(_ format: String) {
        precondition(EVP_PKEY_set_utf8_string_param(pkey, "point-format", format) == 1)
    }
    /// "explicit" or "named_curve".
    func setParameterEncoding(_ encoding: String) {
        precondition(EVP_PKEY_set_utf8_string_param(pkey, "encoding", encoding) == 1)
    }

    var publicPEM: Bytes { text { PEM_write_bio_PUBKEY($0, pkey) } }
    var privatePEM: Bytes { text { PEM_write_bio_PKCS8PrivateKey($0, pkey, nil, nil, 0, nil, nil) } }
    /// PKCS #1 or SEC 1.
    var traditionalPEM: Bytes { text { PEM_write_bio_PrivateKey_traditional($0, pkey, nil, nil, 0, nil, nil) } }
    var encryptedPEM: Bytes {
        text { bio in
            "secret".withCString { PEM_write_bio_PKCS8PrivateKey(bio, pkey, EVP_aes_128_cbc(), $0, 6, nil, nil) }
        }
    }
    /// Encrypted as in RFC 1421: with a header inside the block.
    var encryptedTraditionalPEM: Bytes {
        text { bio in
            var password = Bytes("secret".utf8)
            return PEM_write_bio_PrivateKey_traditional(bio, pkey, EVP_aes_128_cbc(), &password, 6, nil, nil)
        }
    }
    func certificatePEM(hash: OpaquePointer?) -> Bytes {
        let certificate = X509_new()
        defer { X509_free(certificate) }
        X509_set_version(certificate, 2)
        ASN1_INTEGER_set(X509_get_serialNumber(certificate), 7)
        X509_gmtime_adj(X509_getm_notBefore(certificate), 0)
        X509_gmtime_adj(X509_getm_notAfter(certificate), 3600)
        let name = X509_get_subject_name(certificate)
        X509_NAME_add_entry_by_txt(name, "CN", 0x1001, Bytes("test".utf8), 4, -1, 0)
        X509_set_issuer_name(certificate, name)
        X509_set_pubkey(certificate, pkey)
        precondition(X509_sign(certificate, pkey, hash) > 0)
        return text { PEM_write_bio_X509($0, certificate) }
    }
}
