// Whether a y-coordinate belongs to a point of an Edwards curve.
#pragma once
#include "ccrypto.h"

/// x² = scale (y² - 1) / (constant - factor y²) modulo the prime.
typedef struct {
    const char *prime;  // hexadecimal
    uint32_t scale, constant, factor;
    bool constant_negative;
} fv_edwards_curve;

extern const fv_edwards_curve fv_edwards_25519, fv_edwards_448;

/// FV_KEY_OK where a point with this y exists, else FV_KEY_POINT_INVALID, or FV_KEY_MEMORY. `y` is little-endian, below
/// the prime, `count` at most 57.
fv_key_status fv_edwards_check_y(const fv_edwards_curve *curve, const uint8_t *y, size_t count);
