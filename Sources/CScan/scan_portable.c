// The implementation for every processor: the compiler's own vectors, which it splits to what the target has.
#include <string.h>

#include "implementations.h"
#include "json_blocks.h"

typedef uint8_t bytes64 __attribute__((ext_vector_type(64)));
typedef bool bools64 __attribute__((ext_vector_type(64)));

static inline uint64_t bits_of(bools64 lanes) {
    uint64_t bits;
    memcpy(&bits, &lanes, sizeof bits);
    return bits;
}

#define WHERE(condition) bits_of(__builtin_convertvector((condition), bools64))

static inline block_masks classify(const uint8_t *block, size_t count) {
    uint8_t copy[64];
    block = whole_block(block, count, copy);
    bytes64 c;
    memcpy(&c, block, sizeof c);
    const bytes64 lower = c | 0x20;  // [ ] become { }
    return (block_masks){
        .quote = WHERE(c == '"'),
        .backslash = WHERE(c == '\\'),
        .control = WHERE(c < 0x20),
        .structural = WHERE((lower == '{') | (lower == '}') | (c == ':') | (c == ',')),
        .space = WHERE((c == ' ') | (c == '\n') | (c == '\r') | (c == '\t')),
        .non_ascii = WHERE(c >= 0x80),
    };
}

#define IMPLEMENTATION(function) fvs_##function##_portable
#include "scan_json.h"
