// Every implementation of SHA-256, SHA-384 and SHA-512 against OpenSSL's EVP: alone, side by side, in segments, from
// and to states, at the edges of memory.
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "../../Sources/CCrypto/multibuffer/sha2.h"
#include "ccpu.h"
#include "portable.h"

enum { BATCH_MAX = 301, DIGEST_MAX = 64, BLOCK_MAX = 128, STRIDE = DIGEST_MAX + 8 };

static const size_t sizes[] = {32, 48, 64};

typedef struct {
    fv_sha_state start, outer;
    uint8_t start_block[BLOCK_MAX], outer_block[BLOCK_MAX];
} prefixes;

static size_t block_size(size_t size) { return size == 32 ? 64 : 128; }

static void expect(size_t size, const fv_sha_message *m, const prefixes *p, uint8_t digest[DIGEST_MAX]) {
    static EVP_MD_CTX *context;
    if (!context) context = EVP_MD_CTX_new();
    const EVP_MD *method = size == 32 ? EVP_sha256() : size == 48 ? EVP_sha384() : EVP_sha512();
    int right = EVP_DigestInit_ex(context, method, NULL);
    if (m->start) right &= EVP_DigestUpdate(context, p->start_block, block_size(size));
    for (int i = 0; i < FV_SHA_SEGMENTS; i++)
        right &= EVP_DigestUpdate(context, m->segments[i].bytes, m->segments[i].count);
    right &= EVP_DigestFinal_ex(context, digest, NULL);
    if (m->outer) {
        right &= EVP_DigestInit_ex(context, method, NULL) & EVP_DigestUpdate(context, p->outer_block, block_size(size));
        right &= EVP_DigestUpdate(context, digest, size) & EVP_DigestFinal_ex(context, digest, NULL);
    }
    if (!right) disagree("OpenSSL's EVP fails");
}

static void compare(const fv_sha_implementation *row, size_t size, fv_sha_message *messages, size_t count,
                    const prefixes *p) {
    static uint8_t digests[BATCH_MAX][STRIDE];
    uint8_t expected[DIGEST_MAX];
    memset(digests, 0xaa, sizeof digests);
    for (size_t i = 0; i < count; i++) messages[i].digest = digests[i];
    row->batch(size, messages, count);
    for (size_t i = 0; i < count; i++) {
        expect(size, &messages[i], p, expected);
        const fv_sha_segment *s = messages[i].segments;
        if (memcmp(digests[i], expected, size) != 0)
            disagree("SHA-%zu %s: message %zu of %zu, %zu + %zu + %zu octets%s%s", size * 8, row->name, i, count,
                     s[0].count, s[1].count, s[2].count, messages[i].start ? ", from a state" : "",
                     messages[i].outer ? ", with an outer hash" : "");
        for (size_t j = size; j < STRIDE; j++)
            if (digests[i][j] != 0xaa) disagree("SHA-%zu %s writes behind its digest", size * 8, row->name);
    }
}

static fv_sha_message whole(const uint8_t *bytes, size_t count) {
    return (fv_sha_message){.segments = {{bytes, count}}};
}

static void check_implementation(const fv_sha_implementation *row, size_t size, unsigned scale) {
    static uint8_t *room;
    static fv_sha_message messages[BATCH_MAX];
    if (!room) room = guarded_room();
    fill(room, ROOM);
    prefixes p;
    fill(p.start_block, sizeof p.start_block);
    fill(p.outer_block, sizeof p.outer_block);
    fv_sha_after_block(size, p.start_block, &p.start);
    fv_sha_after_block(size, p.outer_block, &p.outer);
    for (size_t length = 0; length <= 300; length++) {
        messages[length] = whole(edge(room, length, 1), length);
        compare(row, size, &messages[length], 1, &p);
    }
    compare(row, size, messages, 301, &p);
    for (size_t count = 0; count < 48; count++) {
        for (size_t i = 0; i < count; i++) messages[i] = whole(edge(room, 300, 1), 300);
        compare(row, size, messages, count, &p);
    }
    for (unsigned round = 0; round < 150 * scale; round++) {
        const size_t count = below(80), longest = 1 + below(round % 8 ? 700 : 9000);
        for (size_t i = 0; i < count; i++) {
            const size_t length = below(5) ? below(longest) : below(3 * block_size(size));
            const uint8_t *bytes = edge(room, length, (int)below(2));
            const size_t cuts[2] = {below(length + 1), below(length + 1)};
            const size_t first = cuts[0] < cuts[1] ? cuts[0] : cuts[1], second = cuts[0] ^ cuts[1] ^ first;
            messages[i] = below(2) ? whole(bytes, length)
                                   : (fv_sha_message){.segments = {{bytes, first},
                                                                   {bytes + first, second - first},
                                                                   {bytes + second, length - second}}};
            if (below(2)) messages[i].start = &p.start;
            if (below(2)) messages[i].outer = &p.outer;
        }
        compare(row, size, messages, count, &p);
    }
}

void check_hashes(unsigned scale) {
    for (size_t s = 0; s < 3; s++) {
        size_t count;
        const fv_sha_implementation *rows =
            sizes[s] == 32 ? fv_sha256_implementations(&count) : fv_sha512_implementations(&count);
        printf("SHA-%zu:", sizes[s] * 8);
        for (size_t i = 0; i < count; i++) {
            if (rows[i].features & ~fv_cpu_features()) continue;
            check_implementation(&rows[i], sizes[s], scale);
            printf(" %s", rows[i].name);
            fflush(stdout);
        }
        printf("\n");
    }
}
