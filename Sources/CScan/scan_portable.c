// The JSON scanner for every processor: four of the compiler's own 16-byte vectors, which it maps to what there is.
#include <string.h>

#include "implementations.h"
#include "json_blocks.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "lane 0 is bit 0 only on little-endian processors");

#if defined(__clang__)
typedef uint8_t bytes16 __attribute__((ext_vector_type(16)));
typedef bool bools16 __attribute__((ext_vector_type(16)));

static inline uint64_t bits_of(bools16 lanes) {
    uint16_t bits;
    memcpy(&bits, &lanes, sizeof bits);
    return bits;
}

#define WHERE(condition) (bits_of(__builtin_convertvector((condition), bools16)) << shift)
#else
// GCC has no vectors of single bits.
typedef uint8_t bytes16 __attribute__((vector_size(16)));

static inline uint64_t bits_of(bytes16 lanes) {
    uint64_t halves[2];
    memcpy(halves, &lanes, sizeof halves);
    // The lowest bit of byte i arrives at bit 56 + i, and no two of the products' bits meet.
    for (int i = 0; i < 2; i++) halves[i] = (halves[i] & 0x0101010101010101) * 0x0102040810204080 >> 56;
    return halves[0] | halves[1] << 8;
}

#define WHERE(condition) (bits_of((bytes16)(condition)) << shift)
#endif

static inline block_masks classify(const uint8_t *block, size_t count) {
    uint8_t copy[64];
    block = whole_block(block, count, copy);
    block_masks masks = {0};
    for (unsigned shift = 0; shift < 64; shift += 16) {
        bytes16 c;
        memcpy(&c, block + shift, sizeof c);
        const bytes16 lower = c | 0x20;  // [ ] become { }
        masks.quote |= WHERE(c == '"');
        masks.backslash |= WHERE(c == '\\');
        masks.control |= WHERE(c < 0x20);
        masks.structural |= WHERE((lower == '{') | (lower == '}') | (c == ':') | (c == ','));
        masks.space |= WHERE((c == ' ') | (c == '\n') | (c == '\r') | (c == '\t'));
        masks.non_ascii |= WHERE(c >= 0x80);
    }
    return masks;
}

#define IMPLEMENTATION(function) fvs_##function##_portable
#include "scan_json.h"
