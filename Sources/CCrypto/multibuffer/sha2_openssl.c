#define OPENSSL_SUPPRESS_DEPRECATED
#include "sha2_openssl.h"

#include <openssl/sha.h>
#include <string.h>

// With nothing buffered, an update by whole blocks is the compression function and two additions to a length that is
// not used here. The context's own block buffer stays untouched.

void fv_sha256_openssl_compress(uint32_t state[8], const uint8_t *blocks, size_t count) {
    SHA256_CTX context;
    memcpy(context.h, state, sizeof context.h);
    context.Nl = context.Nh = context.num = 0;
    SHA256_Update(&context, blocks, count * SHA256_CBLOCK);
    memcpy(state, context.h, sizeof context.h);
}

void fv_sha512_openssl_compress(uint64_t state[8], const uint8_t *blocks, size_t count) {
    SHA512_CTX context;
    memcpy(context.h, state, sizeof context.h);
    context.Nl = context.Nh = context.num = 0;
    SHA512_Update(&context, blocks, count * SHA512_CBLOCK);
    memcpy(state, context.h, sizeof context.h);
}
