// SHA-384 and SHA-512 of one message after another: in C, and through OpenSSL.
#define SHA_BITS 64
#include "sha2_openssl.h"
#include "sha_portable.h"

void fv_sha512_portable(size_t digest_size, const fv_sha_message *messages, size_t count) {
    sha_run_each(digest_size, messages, count, compress);
}

void fv_sha512_openssl(size_t digest_size, const fv_sha_message *messages, size_t count) {
    sha_run_each(digest_size, messages, count, fv_sha512_openssl_compress);
}
