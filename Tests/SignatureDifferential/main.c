// Random and mutated RSA and ECDSA signatures through every row of the registry: all verdicts must agree with
// OpenSSL's.
//
//     swift run -c release --scratch-path .build-release signature-differential ALGORITHM [signatures] [seed]
//
// Scalar rows see every 16th batch, all others everything. Prints the seed (keys, and the signatures of ECDSA and PSS,
// are random all the same); exits with 1 and the case at the first disagreement.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ccrypto.h"

enum { SIGNERS = 12, POOL = 1024, BATCH = 512, ROWS_MAX = 8, INPUT_MAX = 700, NUMBER_MAX = FV_SIGNATURE_MAX };

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

typedef struct {
    fv_signing_key *key;
    fv_prepared_key *prepared[ROWS_MAX];
    uint8_t modulus[NUMBER_MAX];  // of RSA, or the order of the curve: as long as half a signature
    size_t size;                  // of the modulus
} signer;

typedef struct {
    unsigned by;
    size_t input_count, signature_count;
    uint8_t input[INPUT_MAX + 1], signature[NUMBER_MAX + 1];
} item;

static signer signers[SIGNERS];
static item pool[POOL], cases[BATCH];
static const fv_kernel *const *row;
static size_t rows, oracle;
static fv_algorithm algorithm;
static bool is_rsa;

static const char *order(fv_algorithm curve) {
    switch (curve) {
        case FV_ES256:
            return "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
        case FV_ES384:
            return "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973";
        case FV_ES512:
            return "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d"
                   "03b"
                   "b5c9b8899c47aebb6fb71e91386409";
        default:
            return "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
    }
}

static bool renew(unsigned which) {
    signer *s = &signers[which];
    fv_signing_key_free(s->key);
    for (size_t r = 0; r < rows; r++) fv_prepared_key_free(s->prepared[r]);
    memset(s, 0, sizeof *s);
    // Most of the world's keys have 2,048 bits, and they are the fastest to check.
    const uint32_t bits = which < SIGNERS - 3 ? 2048 : which < SIGNERS - 1 ? 3072 : 4096;
    if (fv_signing_key_generate(algorithm, bits, &s->key) != FV_KEY_OK) return false;
    if (is_rsa) {
        s->size = fv_signing_key_parameter(s->key, FV_PARAMETER_N, s->modulus, sizeof s->modulus);
    } else {
        s->size = fv_algorithm_get(algorithm)->signature_size / 2;
        for (size_t i = 0; i < s->size; i++) sscanf(order(algorithm) + 2 * i, "%2hhx", &s->modulus[i]);
    }
    fv_key *key;
    if (fv_signing_key_public(s->key, &key) != FV_KEY_OK) return false;
    bool good = true;
    for (size_t r = 0; r < rows; r++)
        if (fv_kernel_supported(row[r])) good = fv_prepare(row[r], key, &s->prepared[r]) == FV_KEY_OK && good;
    fv_key_free(key);
    return good;
}

static bool fresh(item *made, unsigned by) {
    made->by = by;
    made->input_count = next() % INPUT_MAX;
    fill(made->input, made->input_count);
    made->signature_count = fv_sign(signers[by].key, algorithm, made->input, made->input_count, made->signature);
    return made->signature_count > 0;
}

// MARK: Mutations

/// a + b (sign 1) or a - b (sign -1), big-endian; what does not fit is dropped.
static void add(uint8_t *a, const uint8_t *b, size_t size, int sign) {
    int carry = 0;
    for (size_t i = size; i-- > 0;) {
        carry += a[i] + sign * b[i];
        a[i] = (uint8_t)carry;
        carry = carry < 0 ? -1 : carry >> 8;
    }
}

static void flip(uint8_t *bytes, size_t count) { bytes[next() % count] ^= (uint8_t)(1 << next() % 8); }

/// A number that sits at an edge: 0 … 2, or the modulus give or take 2.
static void edge(uint8_t *number, const signer *s) {
    uint8_t small[NUMBER_MAX] = {0};
    small[s->size - 1] = (uint8_t)(next() % 3);
    if (next() % 2) {
        memcpy(number, small, s->size);
    } else {
        memcpy(number, s->modulus, s->size);
        add(number, small, s->size, next() % 2 ? 1 : -1);
    }
}

static void mutate(item *i) {
    const signer *s = &signers[i->by];
    // RSA signatures are one number, ECDSA's two.
    uint8_t *number = i->signature + (!is_rsa && next() % 2 ? s->size : 0), copy[NUMBER_MAX];
    switch (next() % 20) {
        case 0:
        case 1:
            flip(i->signature, i->signature_count);
            break;
        case 2:
            if (i->input_count > 0)
                flip(i->input, i->input_count);
            else
                i->input[i->input_count++] = 0;
            break;
        case 3:  // n - s: valid for ECDSA where it is s
            memcpy(copy, s->modulus, s->size);
            add(copy, number, s->size, -1);
            memcpy(number, copy, s->size);
            break;
        case 4:  // s + n, where it fits
            add(number, s->modulus, s->size, 1);
            break;
        case 5:
            edge(number, s);
            break;
        case 6:
            edge(i->signature, s);
            if (!is_rsa) edge(i->signature + s->size, s);
            break;
        case 7: {  // halves swapped
            const size_t half = i->signature_count / 2;
            memcpy(copy, i->signature, half);
            memmove(i->signature, i->signature + half, half);
            memcpy(i->signature + half, copy, half);
            break;
        }
        case 8:
            fill(i->signature, i->signature_count);
            if (next() % 2) i->signature[0] = 0;
            break;
        case 9:
            i->signature_count += next() % 2 ? 1 : (size_t)-1;
            break;
        case 10:
            i->by = (unsigned)(next() % SIGNERS);
            break;
        case 11:
            memcpy(i->signature, pool[next() % POOL].signature, i->signature_count);
            break;
        default:
            break;
    }
}

// MARK: Comparison

static int compare(size_t size, uint64_t batch, uint64_t *accepted) {
    static fv_job jobs[BATCH];
    static uint8_t expected[BATCH], verdicts[BATCH];
    for (size_t o = 0; o < rows; o++) {
        const size_t r = o == 0 ? oracle : o == oracle ? 0 : o;
        if (!fv_kernel_supported(row[r]) || (strcmp(row[r]->name, "multibuffer-scalar") == 0 && batch % 16)) continue;
        for (size_t i = 0; i < size; i++)
            jobs[i] = (fv_job){signers[cases[i].by].prepared[r], cases[i].input, cases[i].input_count,
                               cases[i].signature, cases[i].signature_count};
        fv_verify(row[r], jobs, size, r == oracle ? expected : verdicts);
        for (size_t i = 0; i < size && r != oracle; i++) {
            if (verdicts[i] == expected[i]) continue;
            printf("%s says %d, openssl %d: job %zu of %zu, modulus ", row[r]->name, verdicts[i], expected[i], i, size);
            for (size_t j = 0; j < signers[cases[i].by].size; j++) printf("%02x", signers[cases[i].by].modulus[j]);
            printf(" input ");
            for (size_t j = 0; j < cases[i].input_count; j++) printf("%02x", cases[i].input[j]);
            printf(" signature ");
            for (size_t j = 0; j < cases[i].signature_count; j++) printf("%02x", cases[i].signature[j]);
            printf("\n");
            return 1;
        }
    }
    for (size_t i = 0; i < size; i++) *accepted += expected[i];
    return 0;
}

int main(int argc, char **argv) {
    algorithm = FV_ALGORITHM_COUNT;
    for (int a = FV_RS256; a <= FV_ES256K; a++)
        if (argc > 1 && strcmp(fv_algorithm_get((fv_algorithm)a)->name, argv[1]) == 0) algorithm = (fv_algorithm)a;
    if (algorithm == FV_ALGORITHM_COUNT) {
        fprintf(stderr, "usage: %s RS256|…|PS512|ES256|ES384|ES512|ES256K [signatures] [seed]\n", argv[0]);
        return 2;
    }
    const uint64_t total = argc > 2 ? strtoull(argv[2], NULL, 0) : 100000;
    struct timespec now;
    timespec_get(&now, TIME_UTC);
    state = argc > 3 ? strtoull(argv[3], NULL, 0) : (uint64_t)now.tv_sec * 1000000007 + (uint64_t)now.tv_nsec;
    printf("%s, seed 0x%llx\n", argv[1], (unsigned long long)state);
    is_rsa = fv_algorithm_get(algorithm)->key_type == FV_KEY_RSA;
    row = fv_kernels(algorithm, &rows);
    for (oracle = 0; oracle < rows && strcmp(row[oracle]->name, "openssl") != 0;) oracle++;
    if (rows > ROWS_MAX || oracle == rows) return 2;
    for (unsigned i = 0; i < SIGNERS; i++)
        if (!renew(i)) return 2;
    for (size_t i = 0; i < POOL; i++)
        if (!fresh(&pool[i], (unsigned)(next() % SIGNERS))) return 2;
    uint64_t accepted = 0, made = 0;
    for (uint64_t batch = 1; made < total; batch++) {
        const size_t size = next() % 4 ? 1 + next() % 33 : BATCH;
        for (size_t i = 0; i < size; i++) {
            cases[i] = pool[next() % POOL];
            mutate(&cases[i]);
        }
        if (compare(size, batch, &accepted)) return 1;
        // Signing costs more than checking: some new signatures a batch, a new key now and then.
        for (int i = 0; i < (is_rsa ? 1 : 8); i++)
            if (!fresh(&pool[next() % POOL], (unsigned)(next() % SIGNERS))) return 2;
        if (batch % (is_rsa ? 2000 : 200) == 0) {
            const unsigned which = (unsigned)(next() % SIGNERS);
            if (!renew(which)) return 2;
            for (size_t i = 0; i < POOL; i++)
                if (pool[i].by == which && !fresh(&pool[i], which)) return 2;
        }
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
    for (unsigned i = 0; i < SIGNERS; i++) {
        fv_signing_key_free(signers[i].key);
        for (size_t r = 0; r < rows; r++) fv_prepared_key_free(signers[i].prepared[r]);
    }
}
