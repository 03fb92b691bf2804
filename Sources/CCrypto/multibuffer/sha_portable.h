// The compression function in plain C: one message, one word in a `sha_lane`. Include after setting SHA_BITS.
#pragma once
#include "sha_stream.h"

typedef sha_word sha_lane;
#define SHA_ADD(a, b) ((a) + (b))
#define SHA_ROTATE(x, n) ((x) >> (n) | (x) << (SHA_BITS - (n)))
#define SHA_SHIFT(x, n) ((x) >> (n))
#define SHA_XOR3(a, b, c) ((a) ^ (b) ^ (c))
#define SHA_CH(e, f, g) ((g) ^ ((e) & ((f) ^ (g))))
#define SHA_MAJ(a, b, c) (((a) & (b)) | ((c) & ((a) | (b))))
#define SHA_SET(k) (k)
#include "sha_rounds.h"

static void compress(sha_word state[8], const uint8_t *blocks, size_t count) {
    sha_lane s[1][8], w[1][16];
    memcpy(s, state, sizeof s);
    for (; count; count--, blocks += SHA_BLOCK) {
        memcpy(w, blocks, SHA_BLOCK);
        for (int i = 0; i < 16; i++) w[0][i] = sha_big_endian(w[0][i]);
        sha_rounds(1, s, w);
    }
    memcpy(state, s, sizeof s);
}
