// base64url, 64 characters at a time with NEON, which looks up 64 bytes at once and takes apart and joins what lies
// side by side as it loads and stores (Muła's NEON decoder: every fourth character in one register).
#include "base64url_alphabet.h"
#include "implementations.h"

#if defined(__aarch64__)
#include <arm_neon.h>

/// Six bits for each of 16 characters. A byte outside the first table looks up 0 there, one outside the second leaves
/// what is found; so a byte is illegal when it or its value has the top bit, and `*bad` collects both.
static inline uint8x16_t six_bits(uint8x16_t c, uint8x16x4_t low, uint8x16x4_t high, uint8x16_t *bad) {
    const uint8x16_t value = vqtbx4q_u8(vqtbl4q_u8(low, c), high, veorq_u8(c, vdupq_n_u8(0x40)));
    *bad = vorrq_u8(*bad, vorrq_u8(value, c));
    return value;
}

bool fvs_base64url_decode_neon(const uint8_t *text, size_t count, uint8_t *out) {
    const uint8x16x4_t low = vld1q_u8_x4(fvs_base64url_value), high = vld1q_u8_x4(fvs_base64url_value + 64);
    uint8x16_t bad = vdupq_n_u8(0);
    for (; count >= 64; text += 64, count -= 64, out += 48) {
        const uint8x16x4_t characters = vld4q_u8(text);
        const uint8x16_t a = six_bits(characters.val[0], low, high, &bad);
        const uint8x16_t b = six_bits(characters.val[1], low, high, &bad);
        const uint8x16_t c = six_bits(characters.val[2], low, high, &bad);
        const uint8x16_t d = six_bits(characters.val[3], low, high, &bad);
        uint8x16x3_t bytes;
        bytes.val[0] = vorrq_u8(vshlq_n_u8(a, 2), vshrq_n_u8(b, 4));
        bytes.val[1] = vorrq_u8(vshlq_n_u8(b, 4), vshrq_n_u8(c, 2));
        bytes.val[2] = vorrq_u8(vshlq_n_u8(c, 6), d);
        vst3q_u8(out, bytes);
    }
    return vmaxvq_u8(bad) < 0x80 && fvs_base64url_decode_portable(text, count, out);
}
#endif
