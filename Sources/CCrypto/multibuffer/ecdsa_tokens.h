// One chunk of ECDSA signatures on its way through the lanes: range checks, hashes, scalars (FIPS 186-5 §6.4.2).
#pragma once
#include <stdint.h>
#include <string.h>

#include "../kernel.h"
#include "comb_weierstrass_lanes.h"
#include "key_tables.h"
#include "sha2.h"

enum { ECDSA_CHUNK = 256, ECDSA_GROUPS = ECDSA_CHUNK / LANES };

typedef struct {
    const comb_table *generator;
    fv_table_slot tables;      // tier 1: the entries of a comb of ECDSA_KEY_WIDTH
    fv_prepared_key complete;  // the OpenSSL row's, for exceptional points and while there is no table
    uint8_t x[FIELD_BYTES], y[FIELD_BYTES];
} ecdsa_key;

typedef struct {
    const comb_table *generator;
    size_t count;  // tokens; those with a wrong length or range never get here
    const fv_job *job[ECDSA_CHUNK];
    uint8_t *verdict[ECDSA_CHUNK];
    // From here on by position: tokens_arrange may give a token several, side by side.
    const comb_entry *table[ECDSA_CHUNK];
    // 64-bit words, least significant first.
    uint64_t r[FIELD_WORDS][ECDSA_CHUNK], s[FIELD_WORDS][ECDSA_CHUNK], e[FIELD_WORDS][ECDSA_CHUNK];
    // What follows is per group of LANES positions.
    fe generator_digits[ECDSA_GROUPS], key_digits[ECDSA_GROUPS];
    lane_mask generator_negated[ECDSA_GROUPS], key_negated[ECDSA_GROUPS];
    lane_mask exceptional[ECDSA_GROUPS];
} ecdsa_tokens;

static const uint64_t order_words[FIELD_WORDS] = {ORDER_WORDS};
// p - n: for r below it, r + n is below p and may be the x coordinate instead of r.
static const uint64_t order_gap_words[FIELD_WORDS] = {ORDER_GAP_WORDS};

static inline bool words_less(const uint64_t a[FIELD_WORDS], const uint64_t b[FIELD_WORDS]) {
    for (int i = FIELD_WORDS - 1; i > 0; i--)
        if (a[i] != b[i]) return a[i] < b[i];
    return a[0] < b[0];
}

/// 1 … n - 1 (CVE-2022-21449).
static inline bool is_in_range(const uint64_t a[FIELD_WORDS]) {
    uint64_t any = 0;
    for (int i = 0; i < FIELD_WORDS; i++) any |= a[i];
    return any != 0 && words_less(a, order_words);
}

/// Takes the job, unless its length or range settles it.
static inline void tokens_append(ecdsa_tokens *tokens, const fv_job *job, const comb_entry *table, uint8_t *verdict) {
    *verdict = 0;
    uint64_t r[FIELD_WORDS], s[FIELD_WORDS];
    if (job->signature_count != 2 * FIELD_BYTES) return;
    words_from_bytes(job->signature, FIELD_BYTES, r);
    words_from_bytes(job->signature + FIELD_BYTES, FIELD_BYTES, s);
    if (!is_in_range(r) || !is_in_range(s)) return;
    const size_t i = tokens->count++;
    tokens->job[i] = job;
    tokens->verdict[i] = verdict;
    tokens->table[i] = table;
    for (int k = 0; k < FIELD_WORDS; k++) {
        tokens->r[k][i] = r[k];
        tokens->s[k][i] = s[k];
    }
}

/// e = the hash of the input, of all tokens side by side. No hash has more bits than its order.
static void tokens_hash(ecdsa_tokens *tokens) {
    fv_sha_message messages[ECDSA_CHUNK];
    uint8_t digests[ECDSA_CHUNK][HASH_BYTES];
    _Static_assert(HASH_BYTES <= FIELD_BYTES, "e would have to be cut");
    for (size_t i = 0; i < tokens->count; i++) {
        messages[i] =
            (fv_sha_message){.segments = {{tokens->job[i]->input, tokens->job[i]->input_count}}, .digest = digests[i]};
    }
    HASH_BATCH(messages, tokens->count);
    for (size_t i = 0; i < tokens->count; i++) {
        uint64_t e[FIELD_WORDS];
        words_from_bytes(digests[i], HASH_BYTES, e);
        for (int k = 0; k < FIELD_WORDS; k++) tokens->e[k][i] = e[k];
    }
}

static inline void tokens_copy(ecdsa_tokens *tokens, size_t from, size_t to) {
    tokens->table[to] = tokens->table[from];
    for (int k = 0; k < FIELD_WORDS; k++) {
        tokens->r[k][to] = tokens->r[k][from];
        tokens->s[k][to] = tokens->s[k][from];
        tokens->e[k][to] = tokens->e[k][from];
    }
}

/// Gives each token `spread` positions side by side and fills the last group; returns the number of groups.
static inline size_t tokens_arrange(ecdsa_tokens *tokens, unsigned spread) {
    for (size_t i = tokens->count; spread > 1 && i-- > 0;)
        for (size_t k = spread; k-- > 0;) tokens_copy(tokens, i, i * spread + k);
    const size_t used = tokens->count * spread, groups = (used + LANES - 1) / LANES;
    for (size_t i = used; i < groups * LANES; i++) tokens_copy(tokens, used - 1, i);
    return groups;
}

static inline scalar tokens_load(const uint64_t words[FIELD_WORDS][ECDSA_CHUNK], size_t group) {
    lane loaded[FIELD_WORDS];
    UNROLL for (int k = 0; k < FIELD_WORDS; k++) loaded[k] = lane_load(&words[k][group * LANES]);
    return fe_from_words(loaded);
}

static inline void ecdsa_digits(scalar u, unsigned width, fe *digits, lane_mask *negated) {
    *digits = comb_recode(scalar_odd(scalar_canonical(u), negated), width * COMB_WINDOWS(width));
}

/// w = 1 / s for all tokens by one inversion, then the digits of u1 = e w and u2 = r w.
static void tokens_scalars(ecdsa_tokens *tokens, size_t groups, unsigned width) {
    // before * w is formed with w scaled by the form, so that e w and r w come out plain.
    static const uint64_t mend[FIELD_LIMBS] = {ORDER_FORM_2};
    scalar before[ECDSA_GROUPS];
    scalar all = tokens_load(tokens->s, 0);
    for (size_t g = 1; g < groups; g++) {
        before[g] = all;
        all = scalar_mul(all, tokens_load(tokens->s, g));
    }
    all = lanes_invert(ORDER_MODULUS_OF, all, fe_set(mend));
    const unsigned generator_width = tokens->generator->width;
    for (size_t g = groups; g-- > 0;) {
        const scalar w = g > 0 ? scalar_mul(all, before[g]) : all;
        if (g > 0) all = scalar_mul(all, tokens_load(tokens->s, g));
        ecdsa_digits(scalar_mul(tokens_load(tokens->e, g), w), generator_width, &tokens->generator_digits[g],
                     &tokens->generator_negated[g]);
        ecdsa_digits(scalar_mul(tokens_load(tokens->r, g), w), width, &tokens->key_digits[g], &tokens->key_negated[g]);
        tokens->exceptional[g] = 0;
    }
}

/// r + n as an operand, for the tokens where it is below p; *possible says which.
static inline fe tokens_r_plus_n(const ecdsa_tokens *tokens, size_t group, lane_mask *possible) {
    const fe sum = fe_add_uncarried(tokens_load(tokens->r, group), scalar_modulus());
    unsigned mask = 0;
    for (size_t l = 0; l < LANES; l++) {
        const size_t i = group * LANES + l;
        uint64_t words[FIELD_WORDS];
        for (int k = 0; k < FIELD_WORDS; k++) words[k] = tokens->r[k][i];
        mask |= (unsigned)words_less(words, order_gap_words) << l;
    }
    *possible = (lane_mask)mask;
    return fe_carry(sum);
}

/// The verdict of token i: `equal`, unless an addition met exceptional points. Then OpenSSL's complete formulas decide,
/// at the cost of one plain verification: whoever makes such tokens slows nobody below what everybody had before.
static inline void tokens_settle(const ecdsa_tokens *tokens, size_t i, bool equal, bool exceptional) {
    *tokens->verdict[i] = equal;
    if (exceptional) {
        fv_job job = *tokens->job[i];
        job.key = &((const ecdsa_key *)job.key->state)->complete;
        job.key->kernel->verify(&job, 1, tokens->verdict[i]);
    }
}
