#define OPENSSL_SUPPRESS_DEPRECATED
#include "digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

#include "ccrypto.h"

void fv_digest(size_t size, const uint8_t *bytes, size_t count, uint8_t out[FV_DIGEST_MAX]) {
    if (size == 32) {
        SHA256_CTX state;
        SHA256_Init(&state);
        SHA256_Update(&state, bytes, count);
        SHA256_Final(out, &state);
        return;
    }
    SHA512_CTX state;
    if (size == 48)
        SHA384_Init(&state);
    else
        SHA512_Init(&state);
    // The state knows its output size: SHA384_Update and SHA384_Final are these two functions.
    SHA512_Update(&state, bytes, count);
    SHA512_Final(out, &state);
}

const EVP_MD *fv_digest_method(size_t size) {
    return size == 32 ? EVP_sha256() : size == 48 ? EVP_sha384() : EVP_sha512();
}

void fv_sha256(const uint8_t *bytes, size_t count, uint8_t out[32]) {
    uint8_t digest[FV_DIGEST_MAX];
    fv_digest(32, bytes, count, digest);
    for (size_t i = 0; i < 32; i++) out[i] = digest[i];
}

const char *fv_openssl_version(void) { return OpenSSL_version(OPENSSL_VERSION); }
