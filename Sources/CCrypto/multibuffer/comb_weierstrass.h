// Fixed-base combs: every multiple a signed digit can ask for, so that u P is a sum of table entries, without
// doublings.
//
// u is odd (n - u is taken instead of an even u, and the sum negated) and written with the digits ±1 only, 2^0 upwards:
// u = sum of s_j 2^j, where s_j = 1 exactly where bit j of (u >> 1) + 2^(L - 1) is set and L is the number of digits
// (Okeya, Takagi: SCA-resistant and efficient comb, CT-RSA 2003; Hamburg 2012 §3.3). `width` digits form a window, an
// odd number of magnitude below 2^width, so windows are never 0 and no infinity is ever looked up; nothing is carried
// from window to window. Entry k of window i is (2k + 1) 2^(width i) P.
//
// Window width w costs ceil(bits / w) additions and ceil(bits / w) * 2^(w - 1) entries: for P-256 32 and 256 KiB for
// w = 8, 20 and 5 MiB for w = 13.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    ENTRY_WORDS = 2 * FIELD_WORDS,
    COMB_WIDTH_MIN = 4,
    COMB_WIDTH_MAX = 14,
    COMB_POWERS_MAX = FIELD_BITS + COMB_WIDTH_MAX,
};

/// x, then y: 64-bit words, least significant first, canonical, in the form of the field.
typedef struct {
    uint64_t words[ENTRY_WORDS];
} comb_entry;

typedef struct {
    unsigned width, windows;
    comb_entry *entries;
} comb_table;

#define COMB_WINDOWS(width) ((FIELD_BITS + (width)-1) / (width))
#define COMB_SIZE(width) (((size_t)COMB_WINDOWS(width) << ((width)-1)) * sizeof(comb_entry))

/// Fills comb->entries (comb_size bytes, 64-byte aligned) from 2^i P for i < width * windows; false when out of memory.
typedef bool comb_builder(const comb_table *comb, const comb_entry *powers);

#define CURVE_NAME_2(curve, name) fv_##curve##_##name
#define CURVE_NAME_1(curve, name) CURVE_NAME_2(curve, name)
#define CURVE_NAME(name) CURVE_NAME_1(CURVE, name)

/// The comb of a point on the curve, given by big-endian affine coordinates, in `memory`; false when out of memory for
/// scratch.
bool CURVE_NAME(comb_make)(comb_table *comb, unsigned width, const uint8_t x[FIELD_BYTES], const uint8_t y[FIELD_BYTES],
                           comb_entry *memory, comb_builder *build);

/// The comb of the generator, made by the first caller and kept; NULL when out of memory.
const comb_table *CURVE_NAME(generator)(comb_builder *build);
