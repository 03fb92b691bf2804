#include "../../engines/protocol/backend.h"

#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

static scheme wanted;
static gnutls_hmac_hd_t hmac;
static gnutls_pubkey_t key;
static gnutls_sign_algorithm_t algorithm;

static gnutls_sign_algorithm_t sign_algorithm(void) {
    const size_t hash = wanted.hash_size / 16 - 2;
    static const gnutls_sign_algorithm_t algorithms[][3] = {
        [RSA_PKCS1] = {GNUTLS_SIGN_RSA_SHA256, GNUTLS_SIGN_RSA_SHA384, GNUTLS_SIGN_RSA_SHA512},
        [RSA_PSS] = {GNUTLS_SIGN_RSA_PSS_RSAE_SHA256, GNUTLS_SIGN_RSA_PSS_RSAE_SHA384, GNUTLS_SIGN_RSA_PSS_RSAE_SHA512},
        [ECDSA] = {GNUTLS_SIGN_ECDSA_SHA256, GNUTLS_SIGN_ECDSA_SHA384, GNUTLS_SIGN_ECDSA_SHA512},
    };
    if (wanted.family != EDDSA) return algorithms[wanted.family][hash];
    return strcmp(wanted.curve, "Ed448") == 0 ? GNUTLS_SIGN_EDDSA_ED448 : GNUTLS_SIGN_EDDSA_ED25519;
}

static bool prepare(const json_t *job, const char *name) {
    wanted = scheme_of(job, name);
    if (wanted.family == HMAC) {
        const gnutls_mac_algorithm_t macs[] = {GNUTLS_MAC_SHA256, GNUTLS_MAC_SHA384, GNUTLS_MAC_SHA512};
        const bytes secret = decoded(text(job, "secret"));
        return gnutls_hmac_init(&hmac, macs[wanted.hash_size / 16 - 2], secret.start, secret.count) == 0;
    }
    algorithm = sign_algorithm();
    const char *pem = text(job, "pem");
    const gnutls_datum_t data = {(unsigned char *)pem, (unsigned)strlen(pem)};
    // secp256k1 fails here.
    return gnutls_pubkey_init(&key) == 0 && gnutls_pubkey_import(key, &data, GNUTLS_X509_FMT_PEM) == 0;
}

static bool is_valid(const item *item) {
    const gnutls_datum_t input = {item->input.start, (unsigned)item->input.count};
    const gnutls_datum_t raw = {item->signature.start, (unsigned)item->signature.count};
    if (wanted.family == HMAC) {
        unsigned char tag[64];
        gnutls_hmac(hmac, input.data, input.size);
        gnutls_hmac_output(hmac, tag);
        const unsigned size = (unsigned)wanted.hash_size;
        return raw.size == size && gnutls_memcmp(tag, raw.data, size) == 0;
    }
    if (wanted.family != ECDSA) return gnutls_pubkey_verify_data2(key, algorithm, 0, &input, &raw) >= 0;
    const unsigned half = (unsigned)wanted.half;
    if (raw.size != 2 * half) return false;
    const gnutls_datum_t r = {raw.data, half}, s = {raw.data + half, half};
    gnutls_datum_t der;
    if (gnutls_encode_rs_value(&der, &r, &s) != 0) return false;
    const bool valid = gnutls_pubkey_verify_data2(key, algorithm, 0, &input, &der) >= 0;
    gnutls_free(der.data);
    return valid;
}

int main(void) { return serve("gnutls", gnutls_check_version(NULL), LIBRARY); }
