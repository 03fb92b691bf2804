// Every kernel on fixed signatures (fv_self_test), then on random good and spoilt ones beside OpenSSL's: without tables
// of keys, and with them.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ccrypto.h"
#include "portable.h"

enum { KEYS = 3, SIGNED = 12, INPUT_MAX = 500, BATCH = 70, ROWS_MAX = 16, KINDS = 14 };

typedef struct {
    fv_key *public_key;
    fv_prepared_key *prepared[ROWS_MAX];
    uint8_t inputs[SIGNED][INPUT_MAX];
    size_t counts[SIGNED];
    uint8_t signatures[SIGNED][FV_SIGNATURE_MAX];
    size_t size;
} signer;

typedef struct {
    uint8_t input[INPUT_MAX], signature[FV_SIGNATURE_MAX + 1];
} work;

static signer signers[KEYS];

static const fv_signing_key *signing_key(fv_algorithm algorithm, size_t which) {
    // Making an RSA key takes seconds under emulation, and one goes with all six algorithms.
    static fv_signing_key *rsa[KEYS];
    static const uint32_t bits[KEYS] = {2048, 2048, 3072};
    static fv_signing_key *other;
    const int is_rsa = fv_algorithm_get(algorithm)->key_type == FV_KEY_RSA;
    if (is_rsa && rsa[which]) return rsa[which];
    fv_signing_key_free(other);
    other = NULL;
    fv_signing_key **made = is_rsa ? &rsa[which] : &other;
    if (fv_signing_key_generate(algorithm, bits[which], made) != FV_KEY_OK) disagree("no key can be made");
    return *made;
}

static void make_signer(signer *s, fv_algorithm algorithm, size_t which) {
    const fv_signing_key *key = signing_key(algorithm, which);
    if (fv_signing_key_public(key, &s->public_key) != FV_KEY_OK) disagree("a made key has no public half");
    for (size_t i = 0; i < SIGNED; i++) {
        s->counts[i] = i == 0 ? 0 : below(INPUT_MAX + 1);
        fill(s->inputs[i], s->counts[i]);
        s->size = fv_sign(key, algorithm, s->inputs[i], s->counts[i], s->signatures[i]);
        if (s->size == 0) disagree("%s: cannot sign", fv_algorithm_get(algorithm)->name);
    }
}

/// Spoils a job in one of KINDS ways, of which the last ones change nothing.
static void spoil(fv_job *job, work *w, size_t *key) {
    const size_t size = job->signature_count, half = size / 2;
    switch (below(KINDS)) {
        case 0:
            w->signature[below(size)] ^= (uint8_t)(1 << below(8));
            break;
        case 1:
            if (job->input_count) w->input[below(job->input_count)] ^= (uint8_t)(1 << below(8));
            break;
        case 2:
            job->signature_count = below(4) ? below(size) : size + 1;
            break;
        case 3:
            *key = (*key + 1) % KEYS;
            break;
        case 4:
            memset(w->signature + below(2) * half, below(2) ? 0 : 0xff, half);
            break;
        case 5:
            for (size_t i = 0; i < half; i++) {
                const uint8_t byte = w->signature[i];
                w->signature[i] = w->signature[size - half + i];
                w->signature[size - half + i] = byte;
            }
            break;
        case 6:
            fill(w->signature, size);
            break;
        case 7:
            job->input_count /= 2;
            break;
        default:
            break;
    }
}

static size_t run_batch(fv_algorithm algorithm, size_t openssl, size_t rows) {
    static work works[BATCH];
    static fv_job jobs[BATCH];
    static size_t keys[BATCH];
    uint8_t expected[BATCH], verdicts[BATCH];
    const fv_kernel *const *row = fv_kernels(algorithm, &rows);
    const size_t count = 1 + below(below(3) ? BATCH : 9), only = below(2) ? KEYS : below(KEYS);
    for (size_t i = 0; i < count; i++) {
        keys[i] = only < KEYS ? only : below(KEYS);
        const signer *s = &signers[keys[i]];
        const size_t which = below(SIGNED);
        memcpy(works[i].input, s->inputs[which], s->counts[which]);
        memcpy(works[i].signature, s->signatures[which], s->size);
        works[i].signature[s->size] = 0;
        jobs[i] = (fv_job){NULL, works[i].input, s->counts[which], works[i].signature, s->size};
        spoil(&jobs[i], &works[i], &keys[i]);
    }
    for (size_t i = 0; i < count; i++) jobs[i].key = signers[keys[i]].prepared[openssl];
    fv_verify(row[openssl], jobs, count, expected);
    for (size_t r = 0; r < rows; r++) {
        if (r == openssl || !fv_kernel_supported(row[r])) continue;
        for (size_t i = 0; i < count; i++) jobs[i].key = signers[keys[i]].prepared[r];
        memset(verdicts, 7, sizeof verdicts);
        fv_verify(row[r], jobs, count, verdicts);
        for (size_t i = 0; i < count; i++)
            if (verdicts[i] != expected[i])
                disagree("%s %s says %d, openssl %d: job %zu of %zu, %zu octets, signature of %zu",
                         fv_algorithm_get(algorithm)->name, row[r]->name, verdicts[i], expected[i], i, count,
                         jobs[i].input_count, jobs[i].signature_count);
    }
    size_t accepted = 0;
    for (size_t i = 0; i < count; i++) accepted += expected[i];
    return accepted;
}

static void check_algorithm(fv_algorithm algorithm, unsigned rounds) {
    size_t rows, openssl = ROWS_MAX, accepted = 0;
    const fv_kernel *const *row = fv_kernels(algorithm, &rows);
    if (rows > ROWS_MAX) disagree("more rows than this program has room for");
    for (size_t i = 0; i < KEYS; i++) make_signer(&signers[i], algorithm, i);
    for (size_t r = 0; r < rows; r++)
        if (strcmp(row[r]->name, "openssl") == 0) openssl = r;
    // A budget of nothing first, then tables at once.
    for (int tables = 0; tables < 2; tables++) {
        fv_tables_set_budget(tables ? (size_t)64 << 20 : 0);
        fv_tables_set_synchronous(true);
        for (size_t i = 0; i < KEYS; i++)
            for (size_t r = 0; r < rows; r++)
                if (fv_kernel_supported(row[r]) &&
                    fv_prepare(row[r], signers[i].public_key, &signers[i].prepared[r]) != FV_KEY_OK)
                    disagree("%s %s refuses a key", fv_algorithm_get(algorithm)->name, row[r]->name);
        for (unsigned round = 0; round < rounds; round++) accepted += run_batch(algorithm, openssl, rows);
        for (size_t i = 0; i < KEYS; i++)
            for (size_t r = 0; r < rows; r++) {
                fv_prepared_key_free(signers[i].prepared[r]);
                signers[i].prepared[r] = NULL;
            }
    }
    for (size_t i = 0; i < KEYS; i++) fv_key_free(signers[i].public_key);
    if (accepted == 0) disagree("%s: no signature was valid", fv_algorithm_get(algorithm)->name);
}

void check_verdicts(unsigned scale) {
    for (int a = 0; a < FV_ALGORITHM_COUNT; a++) {
        size_t rows;
        const fv_kernel *const *row = fv_kernels((fv_algorithm)a, &rows);
        for (size_t r = 0; r < rows; r++)
            if (fv_kernel_supported(row[r]) && !fv_self_test(row[r]))
                disagree("%s %s fails its self-test", fv_algorithm_get((fv_algorithm)a)->name, row[r]->name);
        // Where there is but one row there is nothing to compare.
        size_t usable = 0;
        for (size_t r = 0; r < rows; r++) usable += fv_kernel_supported(row[r]);
        if (usable > 1) check_algorithm((fv_algorithm)a, (a <= FV_HS512 ? 60 : 6) * scale);
        printf("%s:", fv_algorithm_get((fv_algorithm)a)->name);
        for (size_t r = 0; r < rows; r++)
            if (fv_kernel_supported(row[r]))
                printf(" %s%s", row[r]->name, row[r] == fv_kernel_selected((fv_algorithm)a) ? "*" : "");
        printf("\n");
        fflush(stdout);
    }
}
