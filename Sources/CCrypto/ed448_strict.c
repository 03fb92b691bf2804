#include "ed448_strict.h"

#include <string.h>

#include "edwards_point.h"

// The order of the base point, RFC 8032 §5.2: 2^446 -
// 13818066809895115352007386748515426880336692474882178609894547503885.
static const uint8_t order[57] = {
    0xf3, 0x44, 0x58, 0xab, 0x92, 0xc2, 0x78, 0x23, 0x55, 0x8f, 0xc5, 0x8d, 0x72, 0xc2, 0x6c, 0x21, 0x90, 0x36, 0xd6,
    0xae, 0x49, 0xdb, 0x4e, 0xc4, 0xe9, 0x23, 0xca, 0x7c, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x3f, 0x00};

// p = 2^448 - 2^224 - 1: all ones but bit 224, which is bit 0 of octet 28.
static uint8_t prime_octet(size_t i) { return i == 28 ? 0xfe : 0xff; }

static bool is_canonical(const uint8_t point[static 57]) {
    if (point[56] & 0x7f) return false;
    for (size_t i = 56; i-- > 0;)
        if (point[i] != prime_octet(i)) return point[i] < prime_octet(i);
    return false;
}

// The points whose order divides the cofactor 4 are (0, 1), (0, -1) and (±1, 0), and no others have these y. With
// x = 0 a sign bit would not be canonical, so membership settles that too.
static bool has_small_order(const uint8_t point[static 57]) {
    static const uint8_t zeros[55];
    if (point[0] <= 1 && memcmp(point + 1, zeros, 55) == 0) return true;
    if (point[0] != 0xfe) return false;
    for (size_t i = 1; i < 56; i++)
        if (point[i] != prime_octet(i)) return false;
    return true;
}

static bool is_below_order(const uint8_t scalar[static 57]) {
    for (size_t i = 57; i-- > 0;)
        if (scalar[i] != order[i]) return scalar[i] < order[i];
    return false;
}

fv_key_status fv_ed448_check_key(const uint8_t key[static 57]) {
    if (!is_canonical(key)) return FV_KEY_POINT_INVALID;
    if (has_small_order(key)) return FV_KEY_SMALL_ORDER;
    return fv_edwards_check_y(&fv_edwards_448, key, 56);
}

bool fv_ed448_check_signature(const uint8_t signature[static 114]) {
    return is_below_order(signature + 57) && is_canonical(signature) && !has_small_order(signature);
}
