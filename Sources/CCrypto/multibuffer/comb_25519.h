// Fixed-base combs for Ed25519: every multiple that a signed digit of a scalar can ask for, so that [k]P is a sum of
// table rows without doublings.
//
// k + bias, with bias = 2^(w-1) (1 + 2^w + 2^2w …) up to the last window but one, has as its windows of w bits the
// signed digits in [-2^(w-1), 2^(w-1)) plus 2^(w-1); the last window is unsigned. Row j of window i is j 2^(wi) P, row
// 0 the neutral element, so a digit 0 is an addition like any other. Negative digits change signs at look-up.
//
// Scalars are integers below L < 2^253 and the digits sum up to that integer: right also for P with a component of
// small order.
#pragma once
#include <stdint.h>

/// y + x, y - x, 2dxy: five digits of 52 bits each, canonical. Two cache lines.
typedef struct {
    uint64_t words[16];
} comb_row;

enum { COMB_WIDTH_MIN = 4, COMB_WIDTH_MAX = 12, COMB_WINDOWS_MAX = 64, COMB_POINTS_MAX = 2 * COMB_WINDOWS_MAX };

/// Immutable once built; the rows belong to whoever made them.
typedef struct {
    unsigned width, windows;
    uint64_t bias[5];  // digits of 52 bits
    comb_row *rows;    // 2^(width - 1) + 1 a window; 64-byte aligned
} comb_25519;

/// 254 bits: 253 of the scalar, and the bias, which carries at most once into the top window.
static inline unsigned comb_windows(unsigned width) { return (254 + width - 1) / width; }
static inline unsigned comb_stride(unsigned width) { return (1u << (width - 1)) + 1; }
/// Octets of the rows.
static inline size_t comb_size(unsigned width) {
    return (size_t)comb_windows(width) * comb_stride(width) * sizeof(comb_row);
}

/// The row for one window of k + bias (five words, the last 0), and whether it is to be subtracted.
static inline const uint64_t *comb_look_up(const comb_25519 *comb, const uint64_t recoded[5], unsigned window,
                                           unsigned *negative) {
    const unsigned bit = window * comb->width, word = bit / 64, offset = bit % 64;
    const unsigned __int128 both = (unsigned __int128)recoded[word + 1] << 64 | recoded[word];
    const int bias = window + 1 < comb->windows ? 1 << (comb->width - 1) : 0;
    const int digit = (int)((uint64_t)(both >> offset) & ((UINT64_C(1) << comb->width) - 1)) - bias;
    *negative = digit < 0;
    const unsigned index = (unsigned)(digit < 0 ? -digit : digit);
    return comb->rows[(size_t)window * comb_stride(comb->width) + index].words;
}
