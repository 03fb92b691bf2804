// Random and mutated Ed25519 signatures through every row of the registry: all verdicts must agree with libsodium's.
//
//     swift run -c release --scratch-path .build-release ed25519-differential [signatures] [seed]
//
// OpenSSL's row, the slowest, sees every 16th batch; all others see everything. Prints the seed; exits with 1 and the
// signature at the first disagreement.
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ccrypto.h"

enum { KEYS = 24, BATCH = 512, ROWS_MAX = 8, INPUT_MAX = 700, KINDS = 16 };

static uint64_t state;

static uint64_t next(void) {  // splitmix64
    uint64_t z = state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

static void fill(uint8_t *bytes, size_t count) {
    for (size_t i = 0; i < count; i++) bytes[i] = (uint8_t)next();
}

static const uint8_t order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,       0xd6,
                                  0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, [31] = 0x10};
// Points of order 8: keys with such a component are valid keys whose cofactorless equation holds for some signatures.
static const uint8_t torsion[32] = {0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b,
                                    0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39,
                                    0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a};

typedef struct {
    uint8_t encoded[32], clamped[32], prefix[32];
    fv_prepared_key *prepared[ROWS_MAX];
} signer;

static signer signers[KEYS];

// RFC 8032 §5.1.6, with the public key as given: for mixed-order keys the equation then holds where k's torsion part
// vanishes, one time in eight. A bit of R `flipped` (none: -1) before it is hashed makes a signature whose recomputed R
// differs in that bit alone.
static void sign(const signer *by, const uint8_t *input, size_t count, int flipped, uint8_t signature[64]) {
    uint8_t digest[64], r[32], k[32], product[32];
    crypto_hash_sha512_state hash;
    crypto_hash_sha512_init(&hash);
    crypto_hash_sha512_update(&hash, by->prefix, 32);
    crypto_hash_sha512_update(&hash, input, count);
    crypto_hash_sha512_final(&hash, digest);
    crypto_core_ed25519_scalar_reduce(r, digest);
    crypto_scalarmult_ed25519_base_noclamp(signature, r);
    if (flipped >= 0) signature[flipped / 8] ^= (uint8_t)(1 << flipped % 8);
    crypto_hash_sha512_init(&hash);
    crypto_hash_sha512_update(&hash, signature, 32);
    crypto_hash_sha512_update(&hash, by->encoded, 32);
    crypto_hash_sha512_update(&hash, input, count);
    crypto_hash_sha512_final(&hash, digest);
    crypto_core_ed25519_scalar_reduce(k, digest);
    crypto_core_ed25519_scalar_mul(product, k, by->clamped);
    crypto_core_ed25519_scalar_add(signature + 32, product, r);
}

static void mutate(unsigned kind, uint8_t *input, size_t *count, uint8_t signature[64]) {
    uint8_t half[32];
    unsigned carry = 0;
    switch (kind) {
        case 1:  // a bit of R
        case 2:  // a bit of S
            signature[(kind - 1) * 32 + next() % 32] ^= (uint8_t)(1 << next() % 8);
            break;
        case 3:
            if (*count > 0)
                input[next() % *count] ^= (uint8_t)(1 << next() % 8);
            else
                input[(*count)++] = 0;
            break;
        case 4:  // S + L
            for (int i = 0; i < 32; i++) {
                carry += (unsigned)signature[32 + i] + order[i];
                signature[32 + i] = (uint8_t)carry;
                carry >>= 8;
            }
            break;
        case 5:
            memcpy(half, signature, 32);
            memcpy(signature, signature + 32, 32);
            memcpy(signature + 32, half, 32);
            break;
        case 6:  // R of small order
            if (next() % 2) {
                memcpy(signature, torsion, 32);
            } else {
                memset(signature, 0, 32);
                signature[0] = (uint8_t)(next() % 2);
            }
            signature[31] ^= (uint8_t)(next() % 2 << 7);
            break;
        case 7:  // R not canonical
            memset(signature, 0xff, 32);
            signature[0] = (uint8_t)(0xed + next() % 19);
            signature[31] = (uint8_t)(0x7f | next() % 2 << 7);
            break;
        case 8:  // the sign of R's x
            signature[31] ^= 0x80;
            break;
        case 9:
            fill(signature, 64);
            signature[63] &= 0x1f;
            break;
        case 10:  // edges of S
            memset(signature + 32, next() % 2 ? 0 : 0xff, 32);
            signature[63] = (uint8_t)(next() % 2 ? 0x0f : 0x10);
            break;
        case 11:
            memcpy(signature + 32, order, 32);
            signature[32] = (uint8_t)(signature[32] + next() % 5 - 2);
            break;
        default:
            break;
    }
}

int main(int argc, char **argv) {
    const uint64_t total = argc > 1 ? strtoull(argv[1], NULL, 0) : 100000;
    if (sodium_init() < 0) return 2;
    randombytes_buf(&state, sizeof state);
    if (argc > 2) state = strtoull(argv[2], NULL, 0);
    printf("seed 0x%llx\n", (unsigned long long)state);
    size_t rows;
    const fv_kernel *const *row = fv_kernels(FV_ED25519, &rows);
    size_t oracle = rows;
    for (size_t i = 0; i < rows; i++)
        if (strcmp(row[i]->name, "sodium") == 0) oracle = i;
    if (rows > ROWS_MAX || oracle == rows) return 2;
    for (int i = 0; i < KEYS; i++) {
        fill(signers[i].prefix, 32);
        fill(signers[i].clamped, 32);
        signers[i].clamped[31] &= 0x0f;
        crypto_scalarmult_ed25519_base_noclamp(signers[i].encoded, signers[i].clamped);
        if (i % 3 == 2) crypto_core_ed25519_add(signers[i].encoded, signers[i].encoded, torsion);
        fv_key *public;
        if (fv_key_import_okp(FV_KEY_ED25519, signers[i].encoded, 32, &public) != FV_KEY_OK) return 2;
        for (size_t r = 0; r < rows; r++)
            if (fv_kernel_supported(row[r]) && fv_prepare(row[r], public, &signers[i].prepared[r]) != FV_KEY_OK)
                return 2;
        fv_key_free(public);
    }
    static uint8_t inputs[BATCH][INPUT_MAX + 1], signatures[BATCH][64], expected[BATCH], verdicts[BATCH];
    static size_t counts[BATCH];
    static int by[BATCH], key[BATCH];
    static fv_job jobs[BATCH];
    uint64_t accepted = 0, made = 0;
    for (uint64_t batch = 0; made < total; batch++) {
        const size_t size = next() % 4 ? 1 + next() % 33 : BATCH;
        for (size_t i = 0; i < size; i++) {
            // A fresh signature now and then; else another mutation of the one that lies there.
            static uint8_t whole[BATCH][64], text[BATCH][INPUT_MAX + 1];
            static size_t lengths[BATCH];
            if (batch == 0 || next() % 4 == 0 || lengths[i] == 0) {
                by[i] = (int)(next() % KEYS);
                lengths[i] = 1 + next() % INPUT_MAX;
                fill(text[i], lengths[i]);
                const int flipped = next() % 8 ? -1 : next() % 2 ? 255 : (int)(next() % 256);
                sign(&signers[by[i]], text[i], lengths[i], flipped, whole[i]);
            }
            memcpy(inputs[i], text[i], lengths[i]);
            memcpy(signatures[i], whole[i], 64);
            counts[i] = lengths[i];
            const unsigned kind = (unsigned)(next() % KINDS);
            mutate(kind, inputs[i], &counts[i], signatures[i]);
            key[i] = kind == 12 ? (by[i] + 1) % KEYS : by[i];
            jobs[i] = (fv_job){NULL, inputs[i], counts[i], signatures[i], 64};
        }
        for (size_t o = 0; o < rows; o++) {
            const size_t r = o == 0 ? oracle : o == oracle ? 0 : o;
            if (!fv_kernel_supported(row[r]) || (strcmp(row[r]->name, "openssl") == 0 && batch % 16)) continue;
            for (size_t i = 0; i < size; i++) jobs[i].key = signers[key[i]].prepared[r];
            fv_verify(row[r], jobs, size, r == oracle ? expected : verdicts);
            for (size_t i = 0; i < size && r != oracle; i++) {
                if (verdicts[i] == expected[i]) continue;
                printf("%s says %d, sodium %d: job %zu of %zu, key ", row[r]->name, verdicts[i], expected[i], i, size);
                for (int j = 0; j < 32; j++) printf("%02x", signers[key[i]].encoded[j]);
                printf(" signature ");
                for (int j = 0; j < 64; j++) printf("%02x", signatures[i][j]);
                printf("\n");
                return 1;
            }
        }
        for (size_t i = 0; i < size; i++) accepted += expected[i];
        if ((made + size) / 1000000 > made / 1000000) {
            printf("%llu, %llu valid\n", (unsigned long long)(made + size), (unsigned long long)accepted);
            fflush(stdout);
        }
        made += size;
    }
    printf("%llu signatures, %llu valid; every row agrees:", (unsigned long long)made, (unsigned long long)accepted);
    for (size_t r = 0; r < rows; r++)
        if (fv_kernel_supported(row[r])) printf(" %s", row[r]->name);
    printf("\n");
    for (int i = 0; i < KEYS; i++)
        for (size_t r = 0; r < rows; r++) fv_prepared_key_free(signers[i].prepared[r]);
}
