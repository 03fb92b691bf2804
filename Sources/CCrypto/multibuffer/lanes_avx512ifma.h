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

/// acc + the low 52 bits of the product of the low 52 bits of a and b.
static inline lane lane_madd_lo(lane acc, lane a, lane b) { return _mm512_madd52lo_epu64(acc, a, b); }
/// acc + bits 52…103 of the same product.
static inline lane lane_madd_hi(lane acc, lane a, lane b) { return _mm512_madd52hi_epu64(acc, a, b); }

static inline lane_mask lane_eq(lane a, lane b) { return _mm512_cmpeq_epi64_mask(a, b); }
/// Unsigned a < b.
static inline lane_mask lane_lt(lane a, lane b) { return _mm512_cmplt_epu64_mask(a, b); }
/// Where the mask has a bit `a`, else `b`.
static inline lane lane_select(lane_mask mask, lane a, lane b) { return _mm512_mask_blend_epi64(mask, b, a); }

#pragma clang attribute pop
