// A lane vector of one token, for processors without AVX-512 IFMA: the names of lanes_avx512ifma.h over one 64-bit
// word.
#pragma once
#include <stdint.h>

#define LANES 1
#define LANES_NAME scalar

typedef uint64_t lane;
typedef uint8_t lane_mask;  // 0 or 1

#define LANE_52 ((UINT64_C(1) << 52) - 1)

static inline lane lane_set(uint64_t word) { return word; }
static inline lane lane_load(const uint64_t words[LANES]) { return words[0]; }
static inline void lane_store(uint64_t words[LANES], lane a) { words[0] = a; }

static inline lane lane_add(lane a, lane b) { return a + b; }
static inline lane lane_sub(lane a, lane b) { return a - b; }
static inline lane lane_and(lane a, lane b) { return a & b; }
static inline lane lane_or(lane a, lane b) { return a | b; }
static inline lane lane_xor(lane a, lane b) { return a ^ b; }
static inline lane lane_shl(lane a, unsigned bits) { return a << bits; }
static inline lane lane_shr(lane a, unsigned bits) { return a >> bits; }
static inline lane lane_sar(lane a, unsigned bits) { return (uint64_t)((int64_t)a >> bits); }

/// A word whose low 52 bits alone will matter, because it goes into a product next.
static inline lane lane_digit(lane a) { return a & LANE_52; }
static inline lane lane_not_negative(lane a) { return a; }
static inline void lane_check_operand(lane a) {
#ifdef DEBUG
    if (a > LANE_52) __builtin_trap();
#else
    (void)a;
#endif
}
// The two halves of one product: the compiler multiplies once where both are asked for.
static inline lane lane_madd_lo(lane acc, lane a, lane b) {
    return acc + ((uint64_t)((unsigned __int128)(a & LANE_52) * (b & LANE_52)) & LANE_52);
}
static inline lane lane_madd_hi(lane acc, lane a, lane b) {
    return acc + (uint64_t)((unsigned __int128)(a & LANE_52) * (b & LANE_52) >> 52);
}

static inline lane_mask lane_eq(lane a, lane b) { return a == b; }
static inline lane_mask lane_lt(lane a, lane b) { return a < b; }
static inline lane lane_select(lane_mask mask, lane a, lane b) { return mask ? a : b; }
static inline lane lane_swap(lane a, unsigned distance) {
    (void)distance;
    return a;
}

static inline void lane_load_part(const uint64_t *const rows[LANES], unsigned first, unsigned count, lane words[8]) {
    for (unsigned i = 0; i < 8 && i < count; i++) words[i] = rows[0][first + i];
}
static inline void lane_load_rows(const uint64_t *const rows[LANES], lane words[8]) {
    lane_load_part(rows, 0, 8, words);
}
