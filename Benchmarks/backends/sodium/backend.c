#include "../../engines/protocol/backend.h"

#include <sodium.h>

static scheme wanted;
static bytes key;
// Contexts that have taken in the key, to be copied for every message.
static crypto_auth_hmacsha256_state keyed256;
static crypto_auth_hmacsha512_state keyed512;

static bool prepare(const json_t *job, const char *algorithm) {
    if (sodium_init() < 0) return false;
    wanted = scheme_of(job, algorithm);
    if (wanted.family == EDDSA) {
        key = member(job, "x");
        return key.count == crypto_sign_PUBLICKEYBYTES;
    }
    if (wanted.family != HMAC) return false;
    key = decoded(text(job, "secret"));
    crypto_auth_hmacsha256_init(&keyed256, key.start, key.count);
    crypto_auth_hmacsha512_init(&keyed512, key.start, key.count);
    return wanted.hash_size != 48;
}

static bool is_valid(const item *item) {
    if (wanted.family == EDDSA)
        return item->signature.count == crypto_sign_BYTES &&
               crypto_sign_verify_detached(item->signature.start, item->input.start, item->input.count, key.start) == 0;
    unsigned char tag[64];
    if (wanted.hash_size == 32) {
        crypto_auth_hmacsha256_state state = keyed256;
        crypto_auth_hmacsha256_update(&state, item->input.start, item->input.count);
        crypto_auth_hmacsha256_final(&state, tag);
    } else {
        crypto_auth_hmacsha512_state state = keyed512;
        crypto_auth_hmacsha512_update(&state, item->input.start, item->input.count);
        crypto_auth_hmacsha512_final(&state, tag);
    }
    const size_t size = wanted.hash_size;
    return item->signature.count == size && sodium_memcmp(tag, item->signature.start, size) == 0;
}

int main(void) { return serve("sodium", sodium_version_string(), NULL); }
