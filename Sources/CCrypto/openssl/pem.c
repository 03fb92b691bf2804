// Public keys in PEM. OpenSSL decodes the block; the structures inside are taken apart here, because OpenSSL's decoders
// do arithmetic with what they read (and accept compressed points, explicit curves, any RSA size). What comes out goes
// through the same import functions as a JWK, so the same rules hold.
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>

#include "../key.h"
#include "der.h"
#include "pem_block.h"

fv_key_status fv_pem_read(const uint8_t *text, size_t count, fv_pem *pem) {
    *pem = (fv_pem){0};
    if (count == 0 || count > FV_PEM_MAX) return FV_KEY_MALFORMED;
    BIO *bio = BIO_new_mem_buf(text, (int)count);
    if (!bio) return FV_KEY_MEMORY;
    fv_key_status status = FV_KEY_MALFORMED;
    char *header = NULL, *other = NULL;
    unsigned char *data = NULL;
    long size = 0;
    // "Secure" memory is what OpenSSL erases when it lets go of it: the block may hold a private key.
    if (PEM_read_bio_ex(bio, &pem->label, &header, &pem->bytes, &size, PEM_FLAG_SECURE) == 1) {
        pem->count = (size_t)size;
        // A header means an encrypted key (RFC 1421); nothing else writes one.
        if (*header == 0) status = FV_KEY_OK;
        OPENSSL_secure_free(header);
        header = NULL;
        // What follows may only be text: the one error that says so is "no start line".
        ERR_clear_error();
        if (PEM_read_bio_ex(bio, &other, &header, &data, &size, PEM_FLAG_SECURE) == 1) {
            status = FV_KEY_MALFORMED;
            OPENSSL_secure_free(other);
            OPENSSL_secure_free(header);
            OPENSSL_secure_clear_free(data, (size_t)size);
        } else if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) {
            status = FV_KEY_MALFORMED;
        }
    }
    BIO_free(bio);
    ERR_clear_error();
    return status;
}

void fv_pem_free(fv_pem *pem) {
    OPENSSL_secure_free(pem->label);
    OPENSSL_secure_clear_free(pem->bytes, pem->count);
    *pem = (fv_pem){0};
}

// RSAPublicKey (RFC 8017 A.1.1); `in` is all of it.
static fv_key_status import_pkcs1(fv_der in, fv_key **key) {
    fv_der sequence, n, e;
    if (!fv_der_take(&in, FV_DER_SEQUENCE, &sequence) || in.count) return FV_KEY_MALFORMED;
    if (!fv_der_take_unsigned(&sequence, &n) || !fv_der_take_unsigned(&sequence, &e) || sequence.count)
        return FV_KEY_MALFORMED;
    return fv_key_import_rsa(n.bytes, n.count, e.bytes, e.count, key);
}

static bool is_oid(const fv_der *oid, const char *value, size_t count) {
    return oid->count == count && memcmp(oid->bytes, value, count) == 0;
}
#define IS_OID(oid, value) is_oid(oid, value, sizeof(value) - 1)

// ECPoint and ECParameters (RFC 5480 §2.1.1, §2.2).
static fv_key_status import_point(fv_der parameters, const fv_der *point, fv_key **key) {
    fv_der curve;
    // Anything but a name: explicit parameters, or parameters inherited from elsewhere.
    if (!fv_der_next_is(&parameters, FV_DER_OID)) return parameters.count ? FV_KEY_UNSUPPORTED : FV_KEY_MALFORMED;
    if (!fv_der_take(&parameters, FV_DER_OID, &curve) || parameters.count) return FV_KEY_MALFORMED;
    fv_key_type type;
    if (IS_OID(&curve, "\x2a\x86\x48\xce\x3d\x03\x01\x07"))
        type = FV_KEY_P256;
    else if (IS_OID(&curve, "\x2b\x81\x04\x00\x22"))
        type = FV_KEY_P384;
    else if (IS_OID(&curve, "\x2b\x81\x04\x00\x23"))
        type = FV_KEY_P521;
    else if (IS_OID(&curve, "\x2b\x81\x04\x00\x0a"))
        type = FV_KEY_SECP256K1;
    else
        return FV_KEY_UNSUPPORTED;
    if (point->count == 0) return FV_KEY_MALFORMED;
    switch (point->bytes[0]) {  // SEC 1 §2.3.3
        case 0:
            return point->count == 1 ? FV_KEY_POINT_INVALID : FV_KEY_MALFORMED;  // infinity
        case 2:
        case 3:
        case 6:
        case 7:
            return FV_KEY_POINT_COMPRESSED;  // and hybrid
        case 4:
            break;
        default:
            return FV_KEY_MALFORMED;
    }
    const size_t size = fv_coordinate_size(type);
    if (point->count != 1 + 2 * size) return FV_KEY_COORDINATE_LENGTH;
    return fv_key_import_ec(type, point->bytes + 1, size, point->bytes + 1 + size, size, key);
}

// SubjectPublicKeyInfo (RFC 5280 §4.1): the contents of its outer SEQUENCE.
static fv_key_status import_spki(fv_der in, fv_key **key) {
    fv_der algorithm, oid, bits;
    if (!fv_der_take(&in, FV_DER_SEQUENCE, &algorithm) || !fv_der_take(&in, FV_DER_BIT_STRING, &bits) || in.count)
        return FV_KEY_MALFORMED;
    if (!fv_der_take(&algorithm, FV_DER_OID, &oid)) return FV_KEY_MALFORMED;
    if (bits.count == 0 || bits.bytes[0] != 0) return FV_KEY_MALFORMED;  // unused bits
    const fv_der subject = {bits.bytes + 1, bits.count - 1};
    if (IS_OID(&oid, "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01")) {
        // RFC 4055 §1.2: NULL, but absent is to be accepted as well.
        fv_der null;
        if (algorithm.count && (!fv_der_take(&algorithm, FV_DER_NULL, &null) || null.count || algorithm.count))
            return FV_KEY_MALFORMED;
        return import_pkcs1(subject, key);
    }
    if (IS_OID(&oid, "\x2a\x86\x48\xce\x3d\x02\x01")) return import_point(algorithm, &subject, key);
    fv_key_type type;
    if (IS_OID(&oid, "\x2b\x65\x70"))
        type = FV_KEY_ED25519;
    else if (IS_OID(&oid, "\x2b\x65\x71"))
        type = FV_KEY_ED448;
    else
        return FV_KEY_UNSUPPORTED;                 // X25519, X448, id-RSASSA-PSS, DSA, …
    if (algorithm.count) return FV_KEY_MALFORMED;  // RFC 8410 §3: no parameters
    return fv_key_import_okp(type, subject.bytes, subject.count, key);
}

// The way to the key in a certificate (RFC 5280 §4.1). Names, dates and signature are not looked at: whether to trust
// the certificate is the caller's decision, made before handing it over.
static fv_key_status import_certificate(fv_der in, fv_key **key) {
    fv_der certificate, body, skipped, subject;
    if (!fv_der_take(&in, FV_DER_SEQUENCE, &certificate) || in.count) return FV_KEY_MALFORMED;
    if (!fv_der_take(&certificate, FV_DER_SEQUENCE, &body) || !fv_der_take(&certificate, FV_DER_SEQUENCE, &skipped) ||
        !fv_der_take(&certificate, FV_DER_BIT_STRING, &skipped) || certificate.count)
        return FV_KEY_MALFORMED;
    if (fv_der_next_is(&body, FV_DER_VERSION) && !fv_der_take(&body, FV_DER_VERSION, &skipped)) return FV_KEY_MALFORMED;
    if (!fv_der_take(&body, FV_DER_INTEGER, &skipped)) return FV_KEY_MALFORMED;
    for (int i = 0; i < 4; i++)  // signature algorithm, issuer, validity, subject
        if (!fv_der_take(&body, FV_DER_SEQUENCE, &skipped)) return FV_KEY_MALFORMED;
    if (!fv_der_take(&body, FV_DER_SEQUENCE, &subject)) return FV_KEY_MALFORMED;
    return import_spki(subject, key);
}

static bool ends_with(const char *text, const char *end) {
    const size_t text_count = strlen(text), end_count = strlen(end);
    return text_count >= end_count && strcmp(text + text_count - end_count, end) == 0;
}

fv_key_status fv_key_import_pem(const uint8_t *text, size_t count, fv_key **key) {
    *key = NULL;
    fv_pem pem;
    fv_key_status status = fv_pem_read(text, count, &pem);
    if (pem.label && ends_with(pem.label, "PRIVATE KEY")) {
        // Said even where the block is encrypted or followed by others: the caller should know what is lying about.
        status = FV_KEY_PRIVATE;
    } else if (status == FV_KEY_OK) {
        fv_der der = {pem.bytes, pem.count}, sequence;
        if (strcmp(pem.label, "PUBLIC KEY") == 0)
            status = fv_der_take(&der, FV_DER_SEQUENCE, &sequence) && der.count == 0 ? import_spki(sequence, key)
                                                                                     : FV_KEY_MALFORMED;
        else if (strcmp(pem.label, "RSA PUBLIC KEY") == 0)
            status = import_pkcs1(der, key);
        else if (strcmp(pem.label, "CERTIFICATE") == 0)
            status = import_certificate(der, key);
        else
            status = FV_KEY_UNSUPPORTED;
    }
    fv_pem_free(&pem);
    return status;
}
