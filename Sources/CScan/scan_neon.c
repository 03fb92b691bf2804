// The JSON scanner with NEON: a block is four registers.
#include "implementations.h"

#if defined(__aarch64__)
#include <arm_neon.h>
#include <string.h>

#include "json_blocks.h"

/// Bit i of the answer is byte i of the four, each 0x00 or 0xFF: one bit is kept of each byte, and neighbours are added
/// three times (simdjson's arm64 to_bitmask).
static inline uint64_t bits_of(uint8x16x4_t lanes) {
    static const uint8_t weights[16] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    const uint8x16_t weight = vld1q_u8(weights);
    const uint8x16_t a = vpaddq_u8(vandq_u8(lanes.val[0], weight), vandq_u8(lanes.val[1], weight));
    const uint8x16_t b = vpaddq_u8(vandq_u8(lanes.val[2], weight), vandq_u8(lanes.val[3], weight));
    const uint8x16_t all = vpaddq_u8(a, b);
    return vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(all, all)), 0);
}

static inline block_masks classify(const uint8_t *block, size_t count) {
    // As in scan_avx2.c: every character of a class has a low nibble of its own, and is the one byte that equals what
    // its nibble looks up. A byte of 0x80 or above equals nothing there.
    static const uint8_t space_table[16] = {' ', 100,  100,  100, 17,  100,  113, 2,
                                            100, '\t', '\n', 112, 100, '\r', 100, 100};
    static const uint8_t bracket_table[16] = {[10] = ':', '{', ',', '}'};
    const uint8x16_t spaces = vld1q_u8(space_table), brackets = vld1q_u8(bracket_table);
    uint8_t copy[64];
    block = whole_block(block, count, copy);
    uint8x16x4_t quote, backslash, control, structural, space, non_ascii;
    for (int i = 0; i < 4; i++) {
        const uint8x16_t c = vld1q_u8(block + 16 * i);
        const uint8x16_t nibble = vandq_u8(c, vdupq_n_u8(0x0F));
        const uint8x16_t lower = vorrq_u8(c, vdupq_n_u8(0x20));  // [ ] become { }
        quote.val[i] = vceqq_u8(c, vdupq_n_u8('"'));
        backslash.val[i] = vceqq_u8(c, vdupq_n_u8('\\'));
        control.val[i] = vcltq_u8(c, vdupq_n_u8(0x20));
        structural.val[i] = vceqq_u8(lower, vqtbl1q_u8(brackets, nibble));
        space.val[i] = vceqq_u8(c, vqtbl1q_u8(spaces, nibble));
        non_ascii.val[i] = vcgeq_u8(c, vdupq_n_u8(0x80));
    }
    return (block_masks){
        .quote = bits_of(quote),
        .backslash = bits_of(backslash),
        .control = bits_of(control),
        .structural = bits_of(structural),
        .space = bits_of(space),
        .non_ascii = bits_of(non_ascii),
    };
}

#define IMPLEMENTATION(function) fvs_##function##_neon
#include "scan_json.h"
#endif
