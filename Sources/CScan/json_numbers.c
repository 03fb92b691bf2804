// Exact readings of numbers that a scan has accepted (RFC 8259 §6).
#include "cscan.h"

static bool is_digit(uint8_t c) { return c >= '0' && c <= '9'; }

bool fvs_number_is_integer(const uint8_t *text, size_t count) {
    for (size_t i = count && text[0] == '-'; i < count; i++)
        if (!is_digit(text[i])) return false;
    return count > 0;
}

/// The exponent's digits from `i` on, capped: no text is so long that its digits could make up for 10^18.
static int64_t exponent_value(const uint8_t *text, size_t count, size_t i) {
    const int64_t cap = 1000000000000000000;
    const bool negative = i < count && text[i] == '-';
    if (i < count && (text[i] == '-' || text[i] == '+')) i++;
    int64_t value = 0;
    for (; i < count && is_digit(text[i]); i++)
        value = value >= cap / 10 ? cap : value * 10 + (text[i] - '0');  // stays below 10^18 or is the cap
    return negative ? -value : value;
}

bool fvs_number_floor(const uint8_t *text, size_t count, int64_t *value) {
    const bool negative = count && text[0] == '-';
    const size_t start = negative;

    size_t end = start;  // of the digits and the point
    int64_t before_point = 0;
    bool pointed = false;
    for (; end < count && (is_digit(text[end]) || text[end] == '.'); end++) {
        pointed |= text[end] == '.';
        before_point += !pointed;
    }
    const int64_t exponent = end < count ? exponent_value(text, count, end + 1) : 0;
    // Digits number 0, 1, …; those below `whole` stand before the point once the exponent has moved it.
    const int64_t whole = before_point + exponent;

    uint64_t magnitude = 0;  // of the integer part: at most 19 significant digits, so below 10^19 < 2^64
    int64_t digit = 0, significant = 0;
    bool fraction = false;
    for (size_t i = start; i < end; i++) {
        if (text[i] == '.') continue;
        const unsigned d = (unsigned)(text[i] - '0');
        if (digit++ < whole) {
            if (!significant && !d) continue;
            if (++significant > 19) return false;
            magnitude = magnitude * 10 + d;
        } else {
            fraction |= d != 0;
        }
    }
    if (magnitude) {
        if (whole - digit > 18) return false;
        for (; digit < whole; digit++) {
            if (++significant > 19) return false;
            magnitude *= 10;
        }
    }
    magnitude += negative && fraction;
    const uint64_t limit = (uint64_t)INT64_MAX + negative;
    if (magnitude > limit) return false;
    *value = negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
    return true;
}
