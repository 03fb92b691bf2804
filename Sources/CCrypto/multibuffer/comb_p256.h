// Fixed-base combs for P-256: every multiple a signed digit can ask for, so that u P is a sum of table entries, without
// doublings.
//
// u is odd (n - u is taken instead of an even u, and the sum negated) and written with the digits ±1 only, 2^0 upwards:
// u = sum of s_j 2^j, where s_j = 1 exactly where bit j of (u >> 1) + 2^(L - 1) is set and L is the number of digits
// (Okeya, Takagi: SCA-resistant and efficient comb, CT-RSA 2003; Hamburg 2012 §3.3). `width` digits form a window, an
// odd number of magnitude below 2^width, so windows are never 0 and no infinity is ever looked up; nothing is carried
// from window to window. Entry k of window i is (2k + 1) 2^(width i) P.
//
// Window width w costs ceil(256 / w) additions and ceil(256 / w) * 2^(w - 1) * 64 bytes: 32 and 256 KiB for w = 8, 20
// and 5 MiB for w = 13, 52 and 52 KiB for w = 5.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// x, then y: four 64-bit words each, least significant first, canonical, in Montgomery form (2^260). A cache line.
typedef struct {
    uint64_t words[8];
} p256_entry;

enum { P256_WIDTH_MIN = 4, P256_WIDTH_MAX = 14, P256_POWERS_MAX = 266 };

typedef struct {
    unsigned width, windows;
    p256_entry *entries;
} p256_comb;

static inline unsigned p256_comb_windows(unsigned width) { return (256 + width - 1) / width; }
static inline size_t p256_comb_size(unsigned width) {
    return ((size_t)p256_comb_windows(width) << (width - 1)) * sizeof(p256_entry);
}

/// 2^i P for i < count, at most P256_POWERS_MAX; big-endian affine coordinates of a point on the curve.
void fv_p256_powers(const uint8_t x[32], const uint8_t y[32], size_t count, p256_entry *powers);

/// Fills comb->entries (p256_comb_size bytes, 64-byte aligned) from the powers; false when out of memory.
typedef bool p256_comb_builder(const p256_comb *comb, const p256_entry *powers);

/// The comb of (x, y) in `memory`; false when out of memory for scratch, which takes about 200 KB.
bool fv_p256_comb_make(p256_comb *comb, unsigned width, const uint8_t x[32], const uint8_t y[32], p256_entry *memory,
                       p256_comb_builder *build);

/// The comb of the generator, made by the first caller and kept; NULL when out of memory.
const p256_comb *fv_p256_generator(p256_comb_builder *build);
