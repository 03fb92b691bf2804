// Numbers and literals (RFC 8259 §3 and §6), checked byte by byte from their mark on.
#pragma once
#include <string.h>

#include "cscan.h"

static inline bool is_digit(uint8_t c) { return (uint8_t)(c - '0') < 10; }

/// White space, structural characters and the end of the text end a scalar. Of those only , ] } and white space can be
/// right; the grammar walk refuses the others.
static inline bool ends_scalar(const uint8_t *text, size_t at, size_t count) {
    if (at == count) return true;
    switch (text[at]) {
        case ',':
        case '}':
        case ']':
        case ' ':
        case '\n':
        case '\r':
        case '\t':
        case '{':
        case '[':
        case ':':
            return true;
        default:
            return false;
    }
}

static inline size_t digits_end(const uint8_t *text, size_t at, size_t count) {
    while (count - at >= 8) {
        uint64_t eight;
        memcpy(&eight, text + at, 8);
        // Digits are 0x30…0x39: the high half is 3, and stays 3 when 6 is added.
        const uint64_t high = 0xF0F0F0F0F0F0F0F0u, three = 0x3030303030303030u, six = 0x0606060606060606u;
        if ((eight & high) != three || ((eight + six) & high) != three) break;
        at += 8;
    }
    while (at < count && is_digit(text[at])) at++;
    return at;
}

/// The end of the number or literal at `at`, which is below `count`; false where there is none.
static inline __attribute__((always_inline)) bool scalar_end(const uint8_t *text, size_t at, size_t count, size_t *end,
                                                             fvs_kind *kind) {
    const uint8_t first = text[at];
    size_t i = at;
    if (first == '-' || is_digit(first)) {
        *kind = FVS_NUMBER;
        i += first == '-';
        if (i == count || !is_digit(text[i])) return false;
        i = text[i] == '0' ? i + 1 : digits_end(text, i, count);
        if (i < count && text[i] == '.') {
            const size_t digits = i + 1;
            i = digits_end(text, digits, count);
            if (i == digits) return false;
        }
        if (i < count && (text[i] | 0x20) == 'e') {
            i++;
            if (i < count && (text[i] == '+' || text[i] == '-')) i++;
            const size_t digits = i;
            i = digits_end(text, digits, count);
            if (i == digits) return false;
        }
    } else if (count - at >= 4 && memcmp(text + at, "true", 4) == 0) {
        *kind = FVS_TRUE;
        i += 4;
    } else if (count - at >= 5 && memcmp(text + at, "false", 5) == 0) {
        *kind = FVS_FALSE;
        i += 5;
    } else if (count - at >= 4 && memcmp(text + at, "null", 4) == 0) {
        *kind = FVS_NULL;
        i += 4;
    } else {
        return false;
    }
    *end = i;
    return ends_scalar(text, i, count);
}
