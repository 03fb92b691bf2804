// Whole blocks through OpenSSL's low-level functions: the assembly its own cpuid chooses, for one message at a time.
// openssl/digest.h says why not EVP.
#pragma once
#include <stddef.h>
#include <stdint.h>

void fv_sha256_openssl_compress(uint32_t state[8], const uint8_t *blocks, size_t count);
void fv_sha512_openssl_compress(uint64_t state[8], const uint8_t *blocks, size_t count);
