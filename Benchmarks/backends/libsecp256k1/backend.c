#include "../../engines/protocol/backend.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <secp256k1.h>

static secp256k1_context *context;
static secp256k1_pubkey key;

static bool prepare(const json_t *job, const char *algorithm) {
    if (strcmp(algorithm, "ES256K") != 0) return false;
    const bytes x = member(job, "x"), y = member(job, "y");
    unsigned char point[65] = {4};
    if (x.count != 32 || y.count != 32) return false;
    memcpy(point + 1, x.start, 32);
    memcpy(point + 33, y.start, 32);
    context = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
    return secp256k1_ec_pubkey_parse(context, &key, point, sizeof point);
}

static bool is_valid(const item *item) {
    secp256k1_ecdsa_signature signature;
    if (item->signature.count != 64 ||
        !secp256k1_ecdsa_signature_parse_compact(context, &signature, item->signature.start))
        return false;
    // The library takes the smaller s only; JWS knows no such rule.
    secp256k1_ecdsa_signature_normalize(context, &signature, &signature);
    // It has no SHA-256 for its callers.
    unsigned char digest[SHA256_DIGEST_LENGTH];
    SHA256(item->input.start, item->input.count, digest);
    return secp256k1_ecdsa_verify(context, &signature, digest, &key);
}

int main(void) {
    char library[96];
    snprintf(library, sizeof library, "SHA-256 by %s", OpenSSL_version(OPENSSL_VERSION));
    return serve("libsecp256k1", VERSION, library);
}
