// ECDSA (RFC 7518 §3.4, RFC 8812 §3.2) over `lane`: R = u1 G + u2 Q by combs, accept where x(R) mod n = r. One row: a
// lanes_*.h and a field_*.h come first, and ECDSA_MANY says from how many tokens on inversions are shared. Costs and
// choices are argued in weierstrass.md. All inputs are public: time depends on them.
#pragma once
#include <pthread.h>

#include "../key.h"
#include "../openssl/context_pool.h"
#include "ecdsa_tokens.h"
#include "key_runs.h"

// Table look-ups are asked of memory so many vectors before they are needed.
enum { ECDSA_AHEAD = 8 };
enum { ECDSA_POINTS_MAX = (FIELD_BITS / COMB_WIDTH_MIN + 1) * 2 };

typedef struct {
    affine sum[STREAMS * ECDSA_GROUPS], operand[STREAMS * ECDSA_GROUPS];
    addition additions[STREAMS * ECDSA_GROUPS];
} ecdsa_scratch;

static inline void entry_prefetch(const comb_entry *entry) {
    const uint8_t *bytes = (const uint8_t *)entry;
    UNROLL for (size_t at = 0; at < sizeof *entry; at += 64) __builtin_prefetch(bytes + at);
    // Entries that are not of whole lines end in another one.
    if (sizeof *entry % 64 != 0) __builtin_prefetch(bytes + sizeof *entry - 1);
}

// Entry and sign of point `point` of all tokens of a group: first the windows of u2, then those of u1.
static inline lane_mask look_up(const ecdsa_tokens *tokens, size_t group, unsigned point, unsigned width,
                                const comb_entry *entries[LANES]) {
    const unsigned key_windows = COMB_WINDOWS(width);
    uint64_t indices[LANES];
    lane index;
    lane_mask negative;
    if (point < key_windows) {
        negative = comb_digit(&tokens->key_digits[group], point, width, &index) ^ tokens->key_negated[group];
        lane_store(indices, index);
        for (size_t l = 0; l < LANES; l++) {
            entries[l] = tokens->table[group * LANES + l] + ((size_t)point << (width - 1)) + indices[l];
        }
    } else {
        const comb_table *comb = tokens->generator;
        const unsigned window = point - key_windows;
        negative = comb_digit(&tokens->generator_digits[group], window, comb->width, &index) ^
                   tokens->generator_negated[group];
        lane_store(indices, index);
        const comb_entry *first = comb->entries + ((size_t)window << (comb->width - 1));
        for (size_t l = 0; l < LANES; l++) entries[l] = first + indices[l];
    }
    return negative;
}

// MARK: Many tokens: affine additions, shared inversions

// Points `first` … `first + points - 1` of all tokens: the first ones become sums, later ones are added to them.
static void add_points(ecdsa_tokens *tokens, size_t groups, unsigned first, unsigned points, unsigned width,
                       ecdsa_scratch *scratch) {
    const comb_entry *entries[ECDSA_AHEAD][LANES];
    lane_mask negative[ECDSA_AHEAD];
    const size_t count = points * groups;
    addition_chain chain = addition_chain_start();
    size_t group = 0;
    unsigned point = first;
    for (size_t i = 0; i < count + ECDSA_AHEAD; i++) {
        const size_t slot = i % ECDSA_AHEAD;
        if (i >= ECDSA_AHEAD) {
            const size_t j = i - ECDSA_AHEAD;
            const affine loaded = affine_negate_where(negative[slot], affine_load(entries[slot]));
            if (first == 0) {
                scratch->sum[j] = loaded;
            } else {
                scratch->operand[j] = loaded;
                addition_chain_append(&chain, scratch->additions, j, affine_denominator(scratch->sum[j].x, loaded.x));
            }
        }
        if (i < count) {
            negative[slot] = look_up(tokens, group, point, width, entries[slot]);
            for (size_t l = 0; l < LANES; l++) entry_prefetch(entries[slot][l]);
            if (++group == groups) group = 0, point++;
        }
    }
    if (first > 0)
        addition_chain_finish(chain, scratch->additions, scratch->sum, scratch->operand, count, false,
                              tokens->exceptional, groups);
}

static void settle_many(ecdsa_tokens *tokens, size_t groups, unsigned width, ecdsa_scratch *scratch) {
    static const uint64_t plain_one[FIELD_LIMBS] = {1};
    const unsigned total = COMB_WINDOWS(width) + tokens->generator->windows;
    for (unsigned first = 0; first < total; first += STREAMS) {
        const unsigned points = total - first < STREAMS ? total - first : STREAMS;
        add_points(tokens, groups, first, points, width, scratch);
    }
    for (size_t streams = STREAMS; streams > 1;) {
        const size_t half = streams / 2;
        affine_add_shared(scratch->sum, scratch->sum + (streams - half) * groups, half * groups, scratch->additions,
                          streams == 2, tokens->exceptional, groups);
        streams -= half;
    }
    for (size_t g = 0; g < groups; g++) {
        const fe x = fe_canonical(fe_mul(scratch->sum[g].x, fe_set(plain_one)));
        lane_mask possible, equal = fe_eq(x, tokens_load(tokens->r, g));
        const fe wrapped = tokens_r_plus_n(tokens, g, &possible);
        if (possible) equal |= fe_eq(x, wrapped) & possible;
        for (size_t l = 0; l < LANES && g * LANES + l < tokens->count; l++)
            tokens_settle(tokens, g * LANES + l, equal >> l & 1, tokens->exceptional[g] >> l & 1);
    }
}

// MARK: Few tokens: Jacobian additions, a token in one lane or in several

static inline fe coordinate_of_signed(fe y) { return fe_reduce(fe_difference(y, fe_zero(), 3)); }

// Each of the `spread` lanes of a token adds every spread-th point; then the lanes are added to each other. Where
// anything exceptional happens z becomes 0 and stays so; so it does at infinity.
static jacobian sum_few(const ecdsa_tokens *tokens, size_t group, unsigned width, unsigned spread) {
    const unsigned total = COMB_WINDOWS(width) + tokens->generator->windows;
    const comb_entry *entries[ECDSA_POINTS_MAX][LANES];
    lane_mask negative[ECDSA_POINTS_MAX];
    for (unsigned k = 0; k < total; k++) {
        negative[k] = look_up(tokens, group, k, width, entries[k]);
        for (size_t l = k % spread; l < LANES; l += spread) entry_prefetch(entries[k][l]);
    }
    jacobian sum = {fe_zero(), fe_zero(), fe_one()};
    for (unsigned first = 0; first < total; first += spread) {
        const comb_entry *chosen[LANES];
        unsigned minus = 0, idle = 0;
        for (unsigned l = 0; l < LANES; l++) {
            const unsigned k = first + l % spread < total ? first + l % spread : first;
            chosen[l] = entries[k][l];
            minus |= (unsigned)(negative[k] >> l & 1) << l;
            idle |= (unsigned)(first + l % spread >= total) << l;
        }
        const affine next = affine_load(chosen);
        if (first == 0) {
            sum.x = next.x;
            sum.y = coordinate_of_signed(fe_negate_where((lane_mask)minus, next.y));
        } else {
            const jacobian added = jacobian_add_affine(&sum, &next, (lane_mask)minus);
            sum.x = fe_select((lane_mask)idle, sum.x, added.x);
            sum.y = fe_select((lane_mask)idle, sum.y, added.y);
            sum.z = fe_select((lane_mask)idle, sum.z, added.z);
        }
    }
    for (unsigned distance = spread / 2; distance > 0; distance /= 2) {
        const jacobian other = {fe_swap(sum.x, distance), fe_swap(sum.y, distance), fe_swap(sum.z, distance)};
        sum = jacobian_add(&sum, &other);
    }
    return sum;
}

static void settle_few(ecdsa_tokens *tokens, size_t groups, unsigned width, unsigned spread) {
    static const uint64_t square[FIELD_LIMBS] = {FIELD_FORM_2};
    for (size_t g = 0; g < groups; g++) {
        const jacobian sum = sum_few(tokens, g, width, spread);
        // x = X / Z^2 = r: X = r Z^2, without an inversion.
        const fe x = fe_canonical(sum.x), zz = fe_mul(fe_sqr(sum.z), fe_set(square));
        lane_mask possible, equal = fe_eq(x, fe_canonical(fe_mul(tokens_load(tokens->r, g), zz)));
        const fe wrapped = tokens_r_plus_n(tokens, g, &possible);
        if (possible) equal |= fe_eq(x, fe_canonical(fe_mul(wrapped, zz))) & possible;
        const lane_mask exceptional = fe_is_zero(sum.z);
        for (size_t l = 0; l < LANES && g * LANES + l < tokens->count * spread; l += spread)
            tokens_settle(tokens, (g * LANES + l) / spread, equal >> l & 1, exceptional >> l & 1);
    }
}

// MARK: The row

#define ECDSA_NAME_2(row, curve, name) fv_multibuffer_##row##_##curve##_##name
#define ECDSA_NAME_1(row, curve, name) ECDSA_NAME_2(row, curve, name)
#define ECDSA_NAME(name) ECDSA_NAME_1(LANES_NAME, CURVE, name)

// Scratch of settle_many, 0.8 to 2 MB, of which a small batch touches a part: kept for the next call, allocated when
// more threads verify than before.
static fv_context_pool scratch_pool;
static pthread_once_t scratch_once = PTHREAD_ONCE_INIT;

static void *create_scratch(const void *owner) {
    (void)owner;
    return aligned_alloc(64, (sizeof(ecdsa_scratch) + 63) & ~(size_t)63);
}

static void fill_scratch(void) { fv_context_pool_fill(&scratch_pool, NULL, create_scratch, free); }

static void settle(ecdsa_tokens *tokens) {
    if (tokens->count == 0) return;
    ecdsa_scratch *scratch = tokens->count >= ECDSA_MANY ? fv_context_take(&scratch_pool) : NULL;
    tokens_hash(tokens);
    unsigned spread = 1;
    // Without scratch, for want of memory too, every count is few.
    while (!scratch && spread < LANES && 2 * spread * tokens->count <= LANES) spread *= 2;
    const size_t groups = tokens_arrange(tokens, spread);
    tokens_scalars(tokens, groups, KEY_WIDTH);
    if (scratch)
        settle_many(tokens, groups, KEY_WIDTH, scratch);
    else
        settle_few(tokens, groups, KEY_WIDTH, spread);
    fv_context_put(&scratch_pool, scratch);
    tokens->count = 0;
}

void ECDSA_NAME(verify)(const fv_job *jobs, size_t count, uint8_t *verdicts) {
    ecdsa_tokens tokens;
    tokens.count = 0;
    key_table_holds holds = {.count = 0};
    for (size_t i = 0; i < count;) {
        ecdsa_key *key = jobs[i].key->state;
        tokens.generator = key->generator;
        const size_t run = key_run(jobs + i, count - i, ECDSA_CHUNK - tokens.count);
        const comb_entry *table = key_table_hold(&holds, &key->tables, (uint32_t)run);
        if (!table) {
            key_run_elsewhere(&key->complete, jobs + i, run, verdicts + i);
        } else {
            for (size_t j = i; j < i + run; j++) tokens_append(&tokens, &jobs[j], table, &verdicts[j]);
        }
        i += run;
        if (tokens.count < ECDSA_CHUNK && holds.count < KEY_TABLE_HOLDS) continue;
        settle(&tokens);
        key_tables_let_go(&holds);
    }
    settle(&tokens);
    key_tables_let_go(&holds);
}

static bool build_table(const void *state, unsigned tier, void *table) {
    (void)tier;
    const ecdsa_key *key = state;
    comb_table comb;
    return CURVE_NAME(comb_make)(&comb, KEY_WIDTH, key->x, key->y, table, comb_build);
}

fv_key_status ECDSA_NAME(prepare)(const fv_kernel *kernel, const fv_key *key, void **state) {
    static const fv_table_kind kind = {.bytes = {0, COMB_SIZE(KEY_WIDTH), 0}, .build = build_table};
    pthread_once(&scratch_once, fill_scratch);
    ecdsa_key *made = calloc(1, sizeof *made);
    if (!made) return FV_KEY_MEMORY;
    made->generator = CURVE_NAME(generator)(comb_build);
    memcpy(made->x, key->bytes, FIELD_BYTES);
    memcpy(made->y, key->bytes + FIELD_BYTES, FIELD_BYTES);
    const fv_key_status status =
        made->generator ? key_elsewhere(kernel, "openssl", key, &made->complete) : FV_KEY_MEMORY;
    if (status != FV_KEY_OK) {
        free(made);
        return status;
    }
    fv_table_slot_open(&made->tables, NULL, &kind, made);
    *state = made;
    return FV_KEY_OK;
}

void ECDSA_NAME(release)(void *state) {
    ecdsa_key *key = state;
    fv_table_slot_close(&key->tables);
    key->complete.kernel->release(key->complete.state);
    free(key);
}
