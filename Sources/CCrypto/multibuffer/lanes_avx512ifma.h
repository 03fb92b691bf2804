// A lane vector of eight tokens: one AVX-512 register holds one 64-bit word of each.
//
// Arithmetic over `lane` is written once, in headers that this file or one of its siblings precedes:
// lanes_scalar.h (one token, 128-bit products) and lanes_interval.h (bounds instead of numbers, the range proof).
// All three offer the same names. Include inside a file only, never from a public header: the functions are static and
// compiled for AVX-512 F, BW, DQ, VL and IFMA; the row that uses them names FV_CPU_IFMA.
#pragma once
#include <immintrin.h>
#include <stdint.h>

#define LANES 8
#define LANES_NAME avx512ifma

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512ifma,bmi2"))), \
                             apply_to = function)

typedef __m512i lane;
typedef __mmask8 lane_mask;  // bit i speaks of token i

static inline lane lane_set(uint64_t word) { return _mm512_set1_epi64((long long)word); }
static inline lane lane_load(const uint64_t words[LANES]) { return _mm512_loadu_si512(words); }
static inline void lane_store(uint64_t words[LANES], lane a) { _mm512_storeu_si512(words, a); }

static inline lane lane_add(lane a, lane b) { return _mm512_add_epi64(a, b); }
static inline lane lane_sub(lane a, lane b) { return _mm512_sub_epi64(a, b); }
static inline lane lane_and(lane a, lane b) { return _mm512_and_si512(a, b); }
static inline lane lane_or(lane a, lane b) { return _mm512_or_si512(a, b); }
static inline lane lane_xor(lane a, lane b) { return _mm512_xor_si512(a, b); }
static inline lane lane_shl(lane a, unsigned bits) { return _mm512_slli_epi64(a, bits); }
static inline lane lane_shr(lane a, unsigned bits) { return _mm512_srli_epi64(a, bits); }
/// Shift of two's-complement words: carries of differences.
static inline lane lane_sar(lane a, unsigned bits) { return _mm512_srai_epi64(a, bits); }

/// A word whose low 52 bits alone will matter, because it goes into a product next.
static inline lane lane_digit(lane a) { return a; }
/// Debug builds: what the interval lane proves for every input, looked at for each that is met: a factor has 52 bits.
static inline void lane_check_operand(lane a) {
#ifdef DEBUG
    if (_mm512_test_epi64_mask(a, _mm512_set1_epi64(~((1ll << 52) - 1))) != 0) __builtin_trap();
#else
    (void)a;
#endif
}
/// Hooks of the interval lane: a word that an argument given there shows not to be negative, or to be 0 and dropped.
static inline lane lane_not_negative(lane a) { return a; }
static inline void lane_expect_zero(lane a) { (void)a; }
/// acc + the low 52 bits of the product of the low 52 bits of a and b.
static inline lane lane_madd_lo(lane acc, lane a, lane b) { return _mm512_madd52lo_epu64(acc, a, b); }
/// acc + bits 52…103 of the same product.
static inline lane lane_madd_hi(lane acc, lane a, lane b) { return _mm512_madd52hi_epu64(acc, a, b); }

static inline lane_mask lane_eq(lane a, lane b) { return _mm512_cmpeq_epi64_mask(a, b); }
/// Unsigned a < b.
static inline lane_mask lane_lt(lane a, lane b) { return _mm512_cmplt_epu64_mask(a, b); }
/// Where the mask has a bit `a`, else `b`.
static inline lane lane_select(lane_mask mask, lane a, lane b) { return _mm512_mask_blend_epi64(mask, b, a); }

/// Token i receives the word of token i ^ distance; the distance is 1, 2 or 4.
static inline lane lane_swap(lane a, unsigned distance) {
    if (distance == 4) return _mm512_shuffle_i64x2(a, a, 0x4e);
    if (distance == 2) return _mm512_permutex_epi64(a, 0x4e);
    return _mm512_shuffle_epi32(a, 0x4e);
}

/// words[j] of every token i: word first + j of those that rows[i] points to, for j < 8 and below `count`; others are
/// 0. Eight loads and an 8 x 8 transposition.
static inline void lane_load_part(const uint64_t *const rows[LANES], unsigned first, unsigned count, lane words[8]) {
    const __mmask8 present = count < 8 ? (__mmask8)((1u << count) - 1) : 0xff;
    __m512i r[8], t[8];
    for (int i = 0; i < 8; i++) r[i] = _mm512_maskz_loadu_epi64(present, rows[i] + first);
    for (int i = 0; i < 8; i += 2) {
        t[i] = _mm512_unpacklo_epi64(r[i], r[i + 1]);      // words 0 2 4 6 of rows i, i + 1
        t[i + 1] = _mm512_unpackhi_epi64(r[i], r[i + 1]);  // words 1 3 5 7
    }
    for (int odd = 0; odd < 2; odd++) {
        // 128-bit pieces: piece k of t[2m + odd] is word 2k + odd of rows 2m, 2m + 1.
        const __m512i low = _mm512_shuffle_i64x2(t[odd], t[2 + odd], 0x44);
        const __m512i high = _mm512_shuffle_i64x2(t[odd], t[2 + odd], 0xee);
        const __m512i low2 = _mm512_shuffle_i64x2(t[4 + odd], t[6 + odd], 0x44);
        const __m512i high2 = _mm512_shuffle_i64x2(t[4 + odd], t[6 + odd], 0xee);
        words[odd] = _mm512_shuffle_i64x2(low, low2, 0x88);
        words[2 + odd] = _mm512_shuffle_i64x2(low, low2, 0xdd);
        words[4 + odd] = _mm512_shuffle_i64x2(high, high2, 0x88);
        words[6 + odd] = _mm512_shuffle_i64x2(high, high2, 0xdd);
    }
}
static inline void lane_load_rows(const uint64_t *const rows[LANES], lane words[8]) {
    lane_load_part(rows, 0, 8, words);
}

#pragma clang attribute pop
