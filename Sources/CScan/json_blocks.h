// What a block of 64 bytes is to the scanner, and how its classes become marks. Bit i of a mask is byte i.
// Included once per instruction set, so that the compiler uses that set's bit instructions.
#pragma once
#include <string.h>

#include "cscan.h"

typedef struct {
    uint64_t quote, backslash;
    uint64_t control;     // below 0x20: forbidden in strings
    uint64_t structural;  // { } [ ] : ,
    uint64_t space;       // space, tab, line feed, carriage return
    uint64_t non_ascii;   // 0x80 and above
} block_masks;

/// The block itself when 64 bytes may be read, else a copy filled up with spaces.
static inline const uint8_t *whole_block(const uint8_t *block, size_t count, uint8_t copy[64]) {
    if (count == 64) return block;
    memset(copy, ' ', 64);
    memcpy(copy, block, count);
    return copy;
}

/// Blocks whose marks are computed together: enough that a token's claims need one or two windows.
enum { WINDOW_BLOCKS = 8 };

typedef struct {
    const uint8_t *text;
    size_t count;
    size_t base;  // offset of the window's first block
    size_t next;  // offset of the first byte not classified yet
    uint32_t blocks;
    bool control_in_string;
    // What the last block leaves to the next one.
    uint64_t in_string;      // all ones: it ended inside a string
    uint64_t first_escaped;  // 1: its last byte was an escaping backslash
    uint64_t scalar_before;  // 1: its last byte was part of a scalar
    size_t backslash_end;    // offset after the last backslash so far
    size_t first_non_ascii;  // offset of the first block with such a byte
    uint64_t marks[WINDOW_BLOCKS];
} json_window;

/// The bytes that stand right after an escaping backslash: in a run of backslashes every second one escapes, whether
/// the run starts at an even or an odd place (simdjson's json_escape_scanner: subtracting carries through a run).
static inline uint64_t escaped_bytes(uint64_t backslash, uint64_t *first_escaped) {
    const uint64_t odd = 0xAAAAAAAAAAAAAAAAu;
    const uint64_t starts = backslash & ~*first_escaped;
    const uint64_t codes = (((starts << 1) | odd) - starts) ^ odd;
    const uint64_t escaped = codes ^ (backslash | *first_escaped);
    *first_escaped = (codes & backslash) >> 63;
    return escaped;
}

/// Each bit becomes the parity of the bits up to and with it: ones from an opening quote to before its closing one.
static inline uint64_t prefix_parity(uint64_t bits) {
    bits ^= bits << 1;
    bits ^= bits << 2;
    bits ^= bits << 4;
    bits ^= bits << 8;
    bits ^= bits << 16;
    bits ^= bits << 32;
    return bits;
}

static inline uint64_t mark_block(json_window *w, block_masks masks) {
    uint64_t quote = masks.quote;
    if (__builtin_expect((masks.backslash | w->first_escaped) != 0, 0)) {
        quote &= ~escaped_bytes(masks.backslash, &w->first_escaped);
        if (masks.backslash) w->backslash_end = w->next + 64 - (size_t)__builtin_clzll(masks.backslash);
    }
    if (__builtin_expect(masks.non_ascii != 0, 0) && w->first_non_ascii == SIZE_MAX) w->first_non_ascii = w->next;

    const uint64_t in_string = prefix_parity(quote) ^ w->in_string;  // with the opening quote, without the closing
    w->in_string = (uint64_t)((int64_t)in_string >> 63);
    w->control_in_string |= (masks.control & in_string) != 0;

    const uint64_t scalar = ~(masks.structural | masks.space | quote | in_string);
    const uint64_t scalar_start = scalar & ~(scalar << 1 | w->scalar_before);
    w->scalar_before = scalar >> 63;
    return (masks.structural & ~in_string) | quote | scalar_start;
}
