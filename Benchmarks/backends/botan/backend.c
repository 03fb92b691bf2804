#include "../../engines/protocol/backend.h"

#include <botan/ffi.h>

static scheme wanted;
static botan_mac_t hmac;
static botan_pk_op_verify_t verifier;

static bool prepare(const json_t *job, const char *algorithm) {
    wanted = scheme_of(job, algorithm);
    char name[48];
    const int bits = 8 * (int)wanted.hash_size;
    if (wanted.family == HMAC) {
        const bytes secret = decoded(text(job, "secret"));
        snprintf(name, sizeof name, "HMAC(SHA-%d)", bits);
        return botan_mac_init(&hmac, name, 0) == 0 && botan_mac_set_key(hmac, secret.start, secret.count) == 0;
    }
    switch (wanted.family) {
        case RSA_PKCS1:
            snprintf(name, sizeof name, "EMSA3(SHA-%d)", bits);
            break;
        case RSA_PSS:
            snprintf(name, sizeof name, "EMSA4(SHA-%d,MGF1,%d)", bits, bits / 8);
            break;
        case ECDSA:
            snprintf(name, sizeof name, "EMSA1(SHA-%d)", bits);
            break;
        default:
            snprintf(name, sizeof name, "Pure");
    }
    botan_pubkey_t key;
    const char *pem = text(job, "pem");
    // Ed448 fails here.
    return botan_pubkey_load(&key, (const uint8_t *)pem, strlen(pem)) == 0 &&
           botan_pk_op_verify_create(&verifier, key, name, 0) == 0;
}

static bool is_valid(const item *item) {
    const bytes *raw = &item->signature;
    // Given another length, Botan 2 would keep the message and refuse the next signature.
    if (wanted.family == EDDSA && raw->count != 64) return false;
    if (wanted.family != HMAC)
        return botan_pk_op_verify_update(verifier, item->input.start, item->input.count) == 0 &&
               botan_pk_op_verify_finish(verifier, raw->start, raw->count) == 0;
    uint8_t tag[64];
    const size_t size = wanted.hash_size;
    return botan_mac_update(hmac, item->input.start, item->input.count) == 0 && botan_mac_final(hmac, tag) == 0 &&
           raw->count == size && botan_constant_time_compare(tag, raw->start, size) == 0;
}

int main(void) {
    char version[32];
    snprintf(version, sizeof version, "%u.%u.%u", botan_version_major(), botan_version_minor(), botan_version_patch());
    return serve("botan", version, NULL);
}
