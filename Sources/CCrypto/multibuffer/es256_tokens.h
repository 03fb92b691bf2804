// One chunk of ES256 signatures on its way through the lanes: range checks, hashes, scalars (FIPS 186-5 §6.4.2).
#pragma once
#include <stdint.h>
#include <string.h>

#include "../kernel.h"
#include "comb_p256_lanes.h"
#include "key_tables.h"
#include "sha2.h"

enum { ES256_CHUNK = 256, ES256_GROUPS = ES256_CHUNK / LANES };

typedef struct {
    const p256_comb *generator;
    fv_table_slot tables;      // tier 1: the entries of a comb of ES256_KEY_WIDTH
    fv_prepared_key complete;  // the OpenSSL row's, for exceptional points and while there is no table
    uint8_t x[32], y[32];
} es256_key;

typedef struct {
    const p256_comb *generator;
    size_t count;  // tokens; those with a wrong length or range never get here
    const fv_job *job[ES256_CHUNK];
    uint8_t *verdict[ES256_CHUNK];
    // From here on by position: tokens_arrange may give a token several, side by side.
    const p256_entry *table[ES256_CHUNK];
    uint64_t r[4][ES256_CHUNK], s[4][ES256_CHUNK], e[4][ES256_CHUNK];  // 64-bit words, least significant first
    // What follows is per group of LANES positions.
    fe generator_digits[ES256_GROUPS], key_digits[ES256_GROUPS];
    lane_mask generator_negated[ES256_GROUPS], key_negated[ES256_GROUPS];
    lane_mask exceptional[ES256_GROUPS];
} es256_tokens;

static const uint64_t order_words[4] = {0xf3b9cac2fc632551, 0xbce6faada7179e84, 0xffffffffffffffff, 0xffffffff00000000};
// p - n: for r below it, r + n is below p and may be the x coordinate instead of r.
static const uint64_t order_gap_words[4] = {0x0c46353d039cdaae, 0x4319055358e8617b, 0, 0};

static inline void words_from_bytes(const uint8_t bytes[32], uint64_t words[4]) {
    for (int i = 0; i < 4; i++) {
        uint64_t word;
        memcpy(&word, bytes + 24 - 8 * i, 8);
        words[i] = __builtin_bswap64(word);
    }
}

static inline bool words_less(const uint64_t a[4], const uint64_t b[4]) {
    for (int i = 3; i > 0; i--)
        if (a[i] != b[i]) return a[i] < b[i];
    return a[0] < b[0];
}

/// 1 … n - 1 (CVE-2022-21449).
static inline bool is_in_range(const uint64_t a[4]) {
    return (a[0] | a[1] | a[2] | a[3]) != 0 && words_less(a, order_words);
}

/// Takes the job, unless its length or range settles it.
static inline void tokens_append(es256_tokens *tokens, const fv_job *job, const p256_entry *table, uint8_t *verdict) {
    *verdict = 0;
    uint64_t r[4], s[4];
    if (job->signature_count != 64) return;
    words_from_bytes(job->signature, r);
    words_from_bytes(job->signature + 32, s);
    if (!is_in_range(r) || !is_in_range(s)) return;
    const size_t i = tokens->count++;
    tokens->job[i] = job;
    tokens->verdict[i] = verdict;
    tokens->table[i] = table;
    for (int k = 0; k < 4; k++) {
        tokens->r[k][i] = r[k];
        tokens->s[k][i] = s[k];
    }
}

/// e = SHA-256 of the input, of all tokens side by side.
static void tokens_hash(es256_tokens *tokens) {
    fv_sha_message messages[ES256_CHUNK];
    uint8_t digests[ES256_CHUNK][32];
    for (size_t i = 0; i < tokens->count; i++) {
        messages[i] =
            (fv_sha_message){.segments = {{tokens->job[i]->input, tokens->job[i]->input_count}}, .digest = digests[i]};
    }
    fv_sha256_batch(messages, tokens->count);
    for (size_t i = 0; i < tokens->count; i++) {
        uint64_t e[4];
        words_from_bytes(digests[i], e);
        for (int k = 0; k < 4; k++) tokens->e[k][i] = e[k];
    }
}

static inline void tokens_copy(es256_tokens *tokens, size_t from, size_t to) {
    tokens->table[to] = tokens->table[from];
    for (int k = 0; k < 4; k++) {
        tokens->r[k][to] = tokens->r[k][from];
        tokens->s[k][to] = tokens->s[k][from];
        tokens->e[k][to] = tokens->e[k][from];
    }
}

/// Gives each token `spread` positions side by side and fills the last group; returns the number of groups.
static inline size_t tokens_arrange(es256_tokens *tokens, unsigned spread) {
    for (size_t i = tokens->count; spread > 1 && i-- > 0;)
        for (size_t k = spread; k-- > 0;) tokens_copy(tokens, i, i * spread + k);
    const size_t used = tokens->count * spread, groups = (used + LANES - 1) / LANES;
    for (size_t i = used; i < groups * LANES; i++) tokens_copy(tokens, used - 1, i);
    return groups;
}

static inline scalar tokens_load(const uint64_t words[4][ES256_CHUNK], size_t group) {
    lane loaded[4];
    UNROLL for (int k = 0; k < 4; k++) loaded[k] = lane_load(&words[k][group * LANES]);
    return fe_from_words(loaded);
}

static inline void es256_digits(scalar u, unsigned width, fe *digits, lane_mask *negated) {
    *digits = comb_recode(scalar_odd(scalar_canonical(u), negated), width * p256_comb_windows(width));
}

/// w = 1 / s for all tokens by one inversion, then the digits of u1 = e w and u2 = r w.
static void tokens_scalars(es256_tokens *tokens, size_t groups, unsigned width) {
    // before * w is formed with w scaled by 2^260, so that e w and r w come out plain.
    static const uint64_t mend[5] = {P256_N_R2_LIMBS};
    scalar before[ES256_GROUPS];
    scalar all = tokens_load(tokens->s, 0);
    for (size_t g = 1; g < groups; g++) {
        before[g] = all;
        all = scalar_mul(all, tokens_load(tokens->s, g));
    }
    all = lanes_invert(P256_ORDER, all, fe_set(mend));
    const unsigned generator_width = tokens->generator->width;
    for (size_t g = groups; g-- > 0;) {
        const scalar w = g > 0 ? scalar_mul(all, before[g]) : all;
        if (g > 0) all = scalar_mul(all, tokens_load(tokens->s, g));
        es256_digits(scalar_mul(tokens_load(tokens->e, g), w), generator_width, &tokens->generator_digits[g],
                     &tokens->generator_negated[g]);
        es256_digits(scalar_mul(tokens_load(tokens->r, g), w), width, &tokens->key_digits[g], &tokens->key_negated[g]);
        tokens->exceptional[g] = 0;
    }
}

/// r + n as an operand, for the tokens where it is below p; *possible says which.
static inline fe tokens_r_plus_n(const es256_tokens *tokens, size_t group, lane_mask *possible) {
    static const uint64_t n[5] = {P256_N_LIMBS};
    const fe order = fe_set(n), r = tokens_load(tokens->r, group);
    fe sum;
    UNROLL for (int i = 0; i < 5; i++) sum.limb[i] = lane_add(r.limb[i], order.limb[i]);
    unsigned mask = 0;
    for (size_t l = 0; l < LANES; l++) {
        const size_t i = group * LANES + l;
        const uint64_t words[4] = {tokens->r[0][i], tokens->r[1][i], tokens->r[2][i], tokens->r[3][i]};
        mask |= (unsigned)words_less(words, order_gap_words) << l;
    }
    *possible = (lane_mask)mask;
    return fe_carry(sum);
}

/// The verdict of token i: `equal`, unless an addition met exceptional points. Then OpenSSL's complete formulas decide,
/// at the cost of one plain verification: whoever makes such tokens slows nobody below what everybody had before.
static inline void tokens_settle(const es256_tokens *tokens, size_t i, bool equal, bool exceptional) {
    *tokens->verdict[i] = equal;
    if (exceptional) {
        fv_job job = *tokens->job[i];
        job.key = &((const es256_key *)job.key->state)->complete;
        job.key->kernel->verify(&job, 1, tokens->verdict[i]);
    }
}
