#include "emsa_pss.h"

#include <string.h>

#include "sha2.h"

static void hash(size_t hash_size, const fv_sha_message *messages, size_t count) {
    if (count == 0) return;
    if (hash_size == 32)
        fv_sha256_batch(messages, count);
    else if (hash_size == 48)
        fv_sha384_batch(messages, count);
    else
        fv_sha512_batch(messages, count);
}

typedef struct {
    // 15 hashes of 32 octets cover the 479 of a data block of 4,096 bits; other sizes and hashes take fewer.
    uint8_t masks[FV_PSS_BATCH][FV_PSS_OCTETS];
    uint8_t hashes[FV_PSS_BATCH][64];
    fv_sha_message messages[FV_PSS_BATCH * (FV_PSS_OCTETS / 32)];
} pss_scratch;

// Steps 4 and 6 by the octets that are not masked; emBits = 8 size - 1, so one bit on the left has to be 0.
static uint8_t has_frame(const fv_pss_encoding *e, size_t size) {
    return e->encoded[size - 1] == 0xbc && e->encoded[0] >> 7 == 0;
}

// Steps 8 to 10: DB unmasked, its leftmost bit cleared, zeros and a one before the salt.
static uint8_t unmask(uint8_t *db, const uint8_t *mask, size_t db_size, size_t salt_size) {
    for (size_t i = 0; i < db_size; i++) db[i] ^= mask[i];
    db[0] &= 0x7f;
    uint8_t others = 0;
    for (size_t i = 0; i < db_size - salt_size - 1; i++) others |= db[i];
    return others == 0 && db[db_size - salt_size - 1] == 1;
}

void fv_emsa_pss_verify(size_t hash_size, size_t size, const fv_pss_encoding *encodings, size_t count) {
    static const uint8_t counters[FV_PSS_OCTETS / 32][4] = {{0, 0, 0, 0},  {0, 0, 0, 1},  {0, 0, 0, 2},  {0, 0, 0, 3},
                                                            {0, 0, 0, 4},  {0, 0, 0, 5},  {0, 0, 0, 6},  {0, 0, 0, 7},
                                                            {0, 0, 0, 8},  {0, 0, 0, 9},  {0, 0, 0, 10}, {0, 0, 0, 11},
                                                            {0, 0, 0, 12}, {0, 0, 0, 13}, {0, 0, 0, 14}, {0, 0, 0, 15}};
    static const uint8_t zeros[8];
    pss_scratch scratch;
    const size_t db_size = size - hash_size - 1;
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        *encodings[i].verdict = has_frame(&encodings[i], size);
        if (!*encodings[i].verdict) continue;
        for (size_t k = 0; k * hash_size < db_size; k++)
            scratch.messages[used++] =
                (fv_sha_message){.segments = {{encodings[i].encoded + db_size, hash_size}, {counters[k], 4}},
                                 .digest = scratch.masks[i] + k * hash_size};
    }
    hash(hash_size, scratch.messages, used);
    used = 0;
    for (size_t i = 0; i < count; i++) {
        uint8_t *db = encodings[i].encoded;
        if (*encodings[i].verdict) *encodings[i].verdict = unmask(db, scratch.masks[i], db_size, hash_size);
        if (!*encodings[i].verdict) continue;
        scratch.messages[used++] = (fv_sha_message){
            .segments = {{zeros, 8}, {encodings[i].digest, hash_size}, {db + db_size - hash_size, hash_size}},
            .digest = scratch.hashes[i]};
    }
    hash(hash_size, scratch.messages, used);
    for (size_t i = 0; i < count; i++)
        if (*encodings[i].verdict)
            *encodings[i].verdict = memcmp(scratch.hashes[i], encodings[i].encoded + db_size, hash_size) == 0;
}
