// Trying a kernel of our own before it is trusted.
#include <stdlib.h>
#include <string.h>

#include "ccrypto.h"
#include "multibuffer/key_tables.h"

typedef struct {
    fv_algorithm algorithm;
    const char *first, *second, *signature;
} vector;

#include "self_test_vectors.h"

enum { MESSAGE = sizeof message - 1, PART_MAX = 512, TIMES = 8 };

static uint8_t digit(char c) { return (uint8_t)(c <= '9' ? c - '0' : c - 'a' + 10); }

static size_t bytes(const char *hexadecimal, uint8_t out[PART_MAX]) {
    const size_t count = strlen(hexadecimal) / 2;
    for (size_t i = 0; i < count; i++)
        out[i] = (uint8_t)(digit(hexadecimal[2 * i]) << 4 | digit(hexadecimal[2 * i + 1]));
    return count;
}

static fv_key_status import(const vector *v, fv_key **key) {
    uint8_t first[PART_MAX], second[PART_MAX];
    const size_t first_count = bytes(v->first, first), second_count = bytes(v->second, second);
    const fv_key_type type = fv_algorithm_get(v->algorithm)->key_type;
    switch (type) {
        case FV_KEY_SECRET:
            return fv_key_import_secret(first, first_count, key);
        case FV_KEY_RSA:
            return fv_key_import_rsa(first, first_count, second, second_count, key);
        case FV_KEY_ED25519:
        case FV_KEY_ED448:
            return fv_key_import_okp(type, first, first_count, key);
        default:
            return fv_key_import_ec(type, first, first_count, second, second_count, key);
    }
}

/// The good signature among bad ones: other bits at either end and in the middle, another message.
static bool verdicts_are_right(const fv_kernel *kernel, const fv_prepared_key *key, const vector *v, size_t count,
                               fv_job *jobs, uint8_t *verdicts) {
    enum { FORMS = 5 };
    uint8_t signatures[FORMS][PART_MAX], other[MESSAGE];
    size_t size = 0;
    for (size_t form = 0; form < FORMS; form++) size = bytes(v->signature, signatures[form]);
    signatures[1][0] ^= 1;
    signatures[2][size / 2] ^= 0x10;
    signatures[3][size - 1] ^= 1;
    memcpy(other, message, MESSAGE);
    other[MESSAGE - 1] ^= 1;
    // A prime number of places after one is good again, so that every lane sees every form.
    for (size_t round = 0; round < FORMS; round++) {
        for (size_t i = 0; i < count; i++) {
            const size_t form = (i + round) % FORMS;
            const uint8_t *input = form == 4 ? other : (const uint8_t *)message;
            jobs[i] = (fv_job){key, input, MESSAGE, signatures[form], size};
            verdicts[i] = 0xFF;
        }
        fv_verify(kernel, jobs, count, verdicts);
        for (size_t i = 0; i < count; i++)
            if (verdicts[i] != ((i + round) % FORMS == 0)) return false;
    }
    return true;
}

// Many enough for the ways that kernels keep for large batches.
static bool passes(const fv_kernel *kernel, const vector *v) {
    const size_t count = (size_t)kernel->lanes * TIMES + 17;
    fv_job *jobs = calloc(count, sizeof *jobs);
    uint8_t *verdicts = malloc(count);
    fv_key *key = NULL;
    fv_prepared_key *prepared = NULL;
    const bool passed = jobs && verdicts && import(v, &key) == FV_KEY_OK &&
                        fv_prepare(kernel, key, &prepared) == FV_KEY_OK &&
                        verdicts_are_right(kernel, prepared, v, count, jobs, verdicts) &&
                        verdicts_are_right(kernel, prepared, v, 1, jobs, verdicts);
    fv_prepared_key_free(prepared);
    fv_key_free(key);
    free(verdicts);
    free(jobs);
    return passed;
}

bool fv_self_test(const fv_kernel *kernel) {
    // Tables are part of what is tried, so they are built at once, in a cache that disturbs nobody's budget.
    fv_table_cache *cache = fv_table_cache_create((size_t)64 << 20, true);
    if (!cache) return false;
    fv_table_cache *before = fv_table_cache_use(cache);
    bool passed = true;
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++)
        if (vectors[i].algorithm == kernel->algorithm) passed = passes(kernel, &vectors[i]) && passed;
    fv_table_cache_use(before);
    fv_table_cache_free(cache);
    return passed;
}
