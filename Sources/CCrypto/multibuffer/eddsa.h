// Ed25519 (RFC 8032 §5.1.7, RFC 8037 §3.1) over `lane`: R' = [S]B - [k]A by two combs, accept where the encoding of R'
// is R. One row; the file that includes this names its functions by EDDSA_NAME and sets the width of B's comb.
//
// The rule is STRICT (ed25519_strict.h): a signature it refuses goes through the lanes as S = k = 0, the neutral
// element, and stays refused. Additions are complete, so no input is exceptional (point_25519.h). All inputs are
// public: time depends on them. Nothing is allocated; scratch is about 80 KB of stack.
#pragma once
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "../ed25519_strict.h"
#include "../kernel.h"
#include "../key.h"
#include "comb_25519_lanes.h"
#include "key_runs.h"
#include "key_tables.h"
#include "scalar_25519.h"
#include "sha2.h"

// Width of the comb of a key: 32 windows, 516 KiB.
enum { EDDSA_KEY_WIDTH = 8 };
// Tokens that share an inversion.
enum { EDDSA_CHUNK = 256, EDDSA_GROUPS = EDDSA_CHUNK / LANES };
// Rows are asked of memory so many additions before they are needed.
enum { EDDSA_AHEAD = 2 };

typedef struct {
    uint8_t encoded[32];
    fv_table_slot tables;      // tier 1: the comb of -A, its rows behind it
    fv_prepared_key complete;  // libsodium's, while there is no table
} eddsa_key;

/// Scalars in the form that comb_look_up takes.
typedef struct {
    const comb_25519 *key;
    uint64_t k[5], s[5];
} eddsa_scalars;

/// LANES positions. Where few tokens are left, each takes `spread` positions and each of these a part of its sum.
typedef struct {
    size_t first, count;
    unsigned spread;
    field_factor x, y, z, before;
} eddsa_group;

static comb_25519 base_comb;
static bool base_made;
static pthread_once_t base_once = PTHREAD_ONCE_INIT;

static void make_base(void) {
    // RFC 8032 §5.1: y = 4/5, x even.
    uint8_t encoded[32];
    memset(encoded, 0x66, sizeof encoded);
    encoded[0] = 0x58;
    comb_row *rows = aligned_alloc(64, comb_size(EDDSA_BASE_WIDTH));
    if (!rows) return;
    const point base = comb_decode(encoded, false);
    base_made = comb_build(&base_comb, EDDSA_BASE_WIDTH, &base, rows);
}

// MARK: From signatures to scalars

static void hash(const fv_job *jobs, size_t count, const bool *refused, uint8_t (*digests)[64]) {
    fv_sha_message messages[EDDSA_CHUNK];
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        if (refused[i]) continue;
        const eddsa_key *key = jobs[i].key->state;
        messages[used++] = (fv_sha_message){
            .segments = {{jobs[i].signature, 32}, {key->encoded, 32}, {jobs[i].input, jobs[i].input_count}},
            .digest = digests[i]};
    }
    if (used) fv_sha512_batch(messages, used);
}

// S and k of LANES signatures from `first` on, as comb digits; those past `count` are 0.
static void recode(const fv_job *jobs, const comb_25519 *const *combs, size_t count, const bool *refused,
                   uint8_t (*digests)[64], eddsa_scalars scalars[LANES]) {
    uint64_t word[12][LANES];
    memset(word, 0, sizeof word);
    for (size_t l = 0; l < LANES; l++) {
        const size_t i = l < count ? l : 0;
        scalars[l].key = combs[i];
        if (l >= count || refused[l]) continue;
        for (size_t j = 0; j < 8; j++) memcpy(&word[j][l], digests[l] + 8 * j, 8);
        for (size_t j = 0; j < 4; j++) memcpy(&word[8 + j][l], jobs[l].signature + 32 + 8 * j, 8);
    }
    lane in[12], out[4], digits[10];
    for (int j = 0; j < 12; j++) in[j] = lane_load(word[j]);
    scalar_split(in, digits);
    const scalar_digits k = scalar_reduce(digits), s = field_from_words(in + 8);
    lane bias[FIELD_LIMBS];
    for (int j = 0; j < FIELD_LIMBS; j++) {
        uint64_t biases[LANES];
        for (size_t l = 0; l < LANES; l++) biases[l] = scalars[l].key->bias[j];
        bias[j] = lane_load(biases);
    }
    scalar_recode(&k, bias, out);
    for (int j = 0; j < 4; j++) lane_store(word[j], out[j]);
    for (int j = 0; j < FIELD_LIMBS; j++) bias[j] = lane_set(base_comb.bias[j]);
    scalar_recode(&s, bias, out);
    for (int j = 0; j < 4; j++) lane_store(word[4 + j], out[j]);
    for (size_t l = 0; l < LANES; l++) {
        for (int j = 0; j < 4; j++) {
            scalars[l].k[j] = word[j][l];
            scalars[l].s[j] = word[4 + j][l];
        }
        scalars[l].k[4] = scalars[l].s[4] = 0;
    }
}

// MARK: From scalars to points

// The rows of addition `step` for all positions: windows of k first, then those of S.
static inline lane_mask look_up(const eddsa_scalars scalars[LANES], unsigned spread, unsigned step,
                                const uint64_t *rows[LANES]) {
    unsigned negatives = 0;
    for (unsigned l = 0; l < LANES; l++) {
        const eddsa_scalars *of = &scalars[l / spread];
        const unsigned window = step * spread + l % spread, key_windows = of->key->windows;
        unsigned negative = 0;
        if (window < key_windows)
            rows[l] = comb_look_up(of->key, of->k, window, &negative);
        else if (window < key_windows + base_comb.windows)
            rows[l] = comb_look_up(&base_comb, of->s, window - key_windows, &negative);
        else
            rows[l] = base_comb.rows->words;  // neutral
        negatives |= negative << l;
        __builtin_prefetch(rows[l]);
        __builtin_prefetch(rows[l] + 8);
    }
    return (lane_mask)negatives;
}

static point add_up(const eddsa_scalars scalars[LANES], unsigned spread) {
    const uint64_t *rows[EDDSA_AHEAD][LANES];
    lane_mask negative[EDDSA_AHEAD];
    unsigned key_windows = 0;
    for (unsigned l = 0; l < LANES; l += spread)
        if (scalars[l / spread].key->windows > key_windows) key_windows = scalars[l / spread].key->windows;
    const unsigned steps = (key_windows + base_comb.windows + spread - 1) / spread;
    for (unsigned step = 0; step < EDDSA_AHEAD; step++) negative[step] = look_up(scalars, spread, step, rows[step]);
    point sum = point_neutral();
    for (unsigned step = 0; step < steps; step++) {
        const unsigned slot = step % EDDSA_AHEAD;
        const point_affine row = comb_load(rows[slot]);
        const lane_mask sign = negative[slot];
        negative[slot] = look_up(scalars, spread, step + EDDSA_AHEAD, rows[slot]);
        sum = point_add_affine(&sum, &row, sign);
    }
    return point_fold(sum, spread);
}

// MARK: From points to verdicts

// Encodings of a group's points (RFC 8032 §5.1.2), against R.
static void compare(const eddsa_group *group, const field_factor *inverse, const fv_job *jobs, const bool *refused,
                    uint8_t *verdicts) {
    const field_sum x_sum = field_multiply(&group->x, inverse), y_sum = field_multiply(&group->y, inverse);
    const field_factor x = field_canonical(&x_sum), y = field_canonical(&y_sum);
    lane word[4];
    field_to_words(&y, word);
    word[3] = lane_or(word[3], lane_shl(lane_and(x.limb[0], lane_set(1)), 63));
    uint64_t words[4][LANES];
    for (int j = 0; j < 4; j++) lane_store(words[j], word[j]);
    for (size_t i = 0; i < group->count; i++) {
        const size_t l = i * group->spread;
        uint64_t encoded[4];
        for (int j = 0; j < 4; j++) encoded[j] = words[j][l];
        const size_t job = group->first + i;
        verdicts[job] = !refused[job] && memcmp(encoded, jobs[job].signature, 32) == 0;
    }
}

static void settle(const fv_job *jobs, const comb_25519 *const *combs, size_t count, uint8_t *verdicts) {
    bool refused[EDDSA_CHUNK];
    uint8_t digests[EDDSA_CHUNK][64];
    eddsa_group groups[EDDSA_GROUPS];
    for (size_t i = 0; i < count; i++)
        refused[i] = jobs[i].signature_count != 64 || !fv_ed25519_check_signature(jobs[i].signature);
    hash(jobs, count, refused, digests);
    const size_t used = (count + LANES - 1) / LANES;
    field_factor all;
    for (size_t g = 0; g < used; g++) {
        eddsa_group *group = &groups[g];
        group->first = g * LANES;
        group->count = count - group->first < LANES ? count - group->first : LANES;
        group->spread = 1;
        while (group->count * group->spread * 2 <= LANES) group->spread *= 2;
        eddsa_scalars scalars[LANES];
        recode(jobs + group->first, combs + group->first, group->count, refused + group->first, digests + group->first,
               scalars);
        const point sum = add_up(scalars, group->spread);
        group->x = field_carry(&sum.x);
        group->y = field_carry(&sum.y);
        group->z = field_carry(&sum.z);
        if (g > 0) group->before = all;
        all = g > 0 ? field_times(&all, &group->z) : group->z;
    }
    // Montgomery's trick: one inversion, three multiplications a group.
    all = field_invert(&all);
    for (size_t g = used; g-- > 0;) {
        const field_factor inverse = g > 0 ? field_times(&all, &groups[g].before) : all;
        if (g > 0) all = field_times(&all, &groups[g].z);
        compare(&groups[g], &inverse, jobs, refused, verdicts);
    }
}

// MARK: The row

// A comb in table memory: the structure, then from the next cache line on its rows.
enum { EDDSA_COMB_HEAD = (sizeof(comb_25519) + 63) / 64 * 64 };

typedef struct {
    size_t count;
    fv_job job[EDDSA_CHUNK];
    const comb_25519 *comb[EDDSA_CHUNK];
    uint8_t *verdict[EDDSA_CHUNK];
} eddsa_chunk;

static void settle_chunk(eddsa_chunk *chunk) {
    uint8_t verdicts[EDDSA_CHUNK];
    if (chunk->count > 0) settle(chunk->job, chunk->comb, chunk->count, verdicts);
    for (size_t i = 0; i < chunk->count; i++) *chunk->verdict[i] = verdicts[i];
    chunk->count = 0;
}

void EDDSA_NAME(verify)(const fv_job *jobs, size_t count, uint8_t *verdicts) {
    eddsa_chunk chunk;
    chunk.count = 0;
    key_table_holds holds = {.count = 0};
    for (size_t i = 0; i < count;) {
        eddsa_key *key = jobs[i].key->state;
        const size_t run = key_run(jobs + i, count - i, EDDSA_CHUNK - chunk.count);
        const comb_25519 *comb = key_table_hold(&holds, &key->tables, (uint32_t)run);
        if (!comb) {
            key_run_elsewhere(&key->complete, jobs + i, run, verdicts + i);
        } else {
            for (size_t j = i; j < i + run; j++, chunk.count++) {
                chunk.job[chunk.count] = jobs[j];
                chunk.comb[chunk.count] = comb;
                chunk.verdict[chunk.count] = &verdicts[j];
            }
        }
        i += run;
        if (chunk.count < EDDSA_CHUNK && holds.count < KEY_TABLE_HOLDS) continue;
        settle_chunk(&chunk);
        key_tables_let_go(&holds);
    }
    settle_chunk(&chunk);
    key_tables_let_go(&holds);
}

static bool build_table(const void *state, unsigned tier, void *table) {
    (void)tier;
    const eddsa_key *key = state;
    const point negated = comb_decode(key->encoded, true);
    return comb_build(table, EDDSA_KEY_WIDTH, &negated, (comb_row *)((uint8_t *)table + EDDSA_COMB_HEAD));
}

fv_key_status EDDSA_NAME(prepare)(const fv_kernel *kernel, const fv_key *key, void **state) {
    // 254 bits of scalar, 2^(w-1) + 1 rows a window: comb_size as a constant.
    static const fv_table_kind kind = {
        .bytes = {0,
                  EDDSA_COMB_HEAD + (254 + EDDSA_KEY_WIDTH - 1) / EDDSA_KEY_WIDTH *
                                        ((1u << (EDDSA_KEY_WIDTH - 1)) + 1) * sizeof(comb_row),
                  0},
        .build = build_table};
    pthread_once(&base_once, make_base);
    if (!base_made) return FV_KEY_MEMORY;
    eddsa_key *made = calloc(1, sizeof *made);
    if (!made) return FV_KEY_MEMORY;
    memcpy(made->encoded, key->bytes, sizeof made->encoded);
    const fv_key_status status = key_elsewhere(kernel, "sodium", key, &made->complete);
    if (status != FV_KEY_OK) {
        free(made);
        return status;
    }
    fv_table_slot_open(&made->tables, NULL, &kind, made);
    *state = made;
    return FV_KEY_OK;
}

void EDDSA_NAME(release)(void *state) {
    eddsa_key *key = state;
    fv_table_slot_close(&key->tables);
    key->complete.kernel->release(key->complete.state);
    free(key);
}
