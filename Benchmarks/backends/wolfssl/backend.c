#include "../../engines/protocol/backend.h"

// Before all others of the library.
#include <wolfssl/options.h>
#include <wolfssl/ssl.h>
#include <wolfssl/wolfcrypt/ecc.h>
#include <wolfssl/wolfcrypt/ed25519.h>
#include <wolfssl/wolfcrypt/ed448.h>
#include <wolfssl/wolfcrypt/hash.h>
#include <wolfssl/wolfcrypt/hmac.h>
#include <wolfssl/wolfcrypt/rsa.h>
#include <wolfssl/wolfcrypt/signature.h>

static scheme wanted;
static enum wc_HashType hash;
static Hmac hmac;
static RsaKey rsa;
static ecc_key ecc;
static ed25519_key ed25519;
static ed448_key ed448;
static bool is_448;

static bool prepare_hmac(const bytes *secret) {
    const int types[] = {WC_SHA256, WC_SHA384, WC_SHA512};
    return wc_HmacInit(&hmac, NULL, INVALID_DEVID) == 0 &&
           wc_HmacSetKey(&hmac, types[wanted.hash_size / 16 - 2], secret->start, (word32)secret->count) == 0;
}

static bool prepare_edwards(const bytes *x) {
    is_448 = strcmp(wanted.curve, "Ed448") == 0;
    return is_448
               ? wc_ed448_init(&ed448) == 0 && wc_ed448_import_public(x->start, (word32)x->count, &ed448) == 0
               : wc_ed25519_init(&ed25519) == 0 && wc_ed25519_import_public(x->start, (word32)x->count, &ed25519) == 0;
}

static bool prepare(const json_t *job, const char *algorithm) {
    wanted = scheme_of(job, algorithm);
    const enum wc_HashType hashes[] = {WC_HASH_TYPE_SHA256, WC_HASH_TYPE_SHA384, WC_HASH_TYPE_SHA512};
    if (wanted.family != EDDSA) hash = hashes[wanted.hash_size / 16 - 2];
    const bytes secret = decoded(text(job, "secret")), n = member(job, "n"), e = member(job, "e"), x = member(job, "x"),
                y = member(job, "y");
    switch (wanted.family) {
        case HMAC:
            return prepare_hmac(&secret);
        case EDDSA:
            return prepare_edwards(&x);
        case ECDSA: {
            const int curve = strcmp(wanted.curve, "P-256") == 0   ? ECC_SECP256R1
                              : strcmp(wanted.curve, "P-384") == 0 ? ECC_SECP384R1
                              : strcmp(wanted.curve, "P-521") == 0 ? ECC_SECP521R1
                                                                   : ECC_SECP256K1;
            return wc_ecc_init(&ecc) == 0 && wc_ecc_import_unsigned(&ecc, x.start, y.start, NULL, curve) == 0;
        }
        default:
            return wc_InitRsaKey(&rsa, NULL) == 0 &&
                   wc_RsaPublicKeyDecodeRaw(n.start, (word32)n.count, e.start, (word32)e.count, &rsa) == 0;
    }
}

static bool has_tag(const item *item) {
    byte tag[WC_MAX_DIGEST_SIZE];
    const size_t size = wanted.hash_size;
    if (wc_HmacUpdate(&hmac, item->input.start, (word32)item->input.count) != 0 || wc_HmacFinal(&hmac, tag) != 0)
        return false;
    return item->signature.count == size && is_same(tag, item->signature.start, size);
}

static bool has_edwards(const item *item) {
    const bytes *raw = &item->signature, *input = &item->input;
    int valid = 0;
    const int status = is_448 ? wc_ed448_verify_msg(raw->start, (word32)raw->count, input->start, (word32)input->count,
                                                    &valid, &ed448, NULL, 0)
                              : wc_ed25519_verify_msg(raw->start, (word32)raw->count, input->start,
                                                      (word32)input->count, &valid, &ed25519);
    return status == 0 && valid == 1;
}

static bool has_ecdsa(const byte *digest, const bytes *raw) {
    byte der[160];
    word32 count = sizeof der;
    const word32 half = (word32)wanted.half;
    int valid = 0;
    return raw->count == 2 * half &&
           wc_ecc_rs_raw_to_sig(raw->start, half, raw->start + half, half, der, &count) == 0 &&
           wc_ecc_verify_hash(der, count, digest, (word32)wanted.hash_size, &valid, &ecc) == 0 && valid == 1;
}

static bool is_valid(const item *item) {
    const bytes *raw = &item->signature, *input = &item->input;
    const word32 size = (word32)wanted.hash_size;
    if (wanted.family == HMAC) return has_tag(item);
    if (wanted.family == EDDSA) return has_edwards(item);
    if (wanted.family == RSA_PKCS1)
        return wc_SignatureVerify(hash, WC_SIGNATURE_TYPE_RSA_W_ENC, input->start, (word32)input->count, raw->start,
                                  (word32)raw->count, &rsa, sizeof rsa) == 0;
    byte digest[WC_MAX_DIGEST_SIZE], out[1024];
    if (wc_Hash(hash, input->start, (word32)input->count, digest, size) != 0) return false;
    if (wanted.family == ECDSA) return has_ecdsa(digest, raw);
    const int mgf = size == 32 ? WC_MGF1SHA256 : size == 48 ? WC_MGF1SHA384 : WC_MGF1SHA512;
    return wc_RsaPSS_VerifyCheck(raw->start, (word32)raw->count, out, sizeof out, digest, size, hash, mgf, &rsa) > 0;
}

int main(void) { return serve("wolfssl", wolfSSL_lib_version(), NULL); }
