// Exact readings of numbers that a scan has accepted (RFC 8259 §6).
#include <string.h>

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

/// Eight digits at once, first digit in the lowest byte: neighbours are joined three times (Lemire, "Quickly parsing
/// eight digits", 2018). False where one of the bytes is no digit.
static bool eight_digits(const uint8_t *text, uint64_t *value) {
    uint64_t bytes;
    memcpy(&bytes, text, 8);
    // A byte is a digit where its high half is 3, and still is after 6 is added to the low one.
    if ((bytes & (bytes + 0x0606060606060606) & 0xF0F0F0F0F0F0F0F0) != 0x3030303030303030) return false;
    bytes -= 0x3030303030303030;
    bytes = bytes * 10 + (bytes >> 8);
    const uint64_t pairs = 0x000000FF000000FF;
    *value = ((bytes & pairs) * (100 + (1000000ull << 32)) + (bytes >> 16 & pairs) * (1 + (10000ull << 32))) >> 32;
    return true;
}

/// The usual NumericDate: 8 to 18 digits and nothing else, so below 10^18. False for every other spelling.
static bool plain_integer(const uint8_t *text, size_t count, int64_t *value) {
    uint64_t number;
    if (count < 8 || count > 18 || !eight_digits(text, &number)) return false;
    for (size_t i = 8; i < count; i++) {
        if (!is_digit(text[i])) return false;
        number = number * 10 + (uint64_t)(text[i] - '0');
    }
    *value = (int64_t)number;
    return true;
}

bool fvs_number_floor(const uint8_t *text, size_t count, int64_t *value) {
    if (plain_integer(text, count, value)) return true;
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
