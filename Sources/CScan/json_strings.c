#include "json_strings.h"

#include <string.h>

/// 0…15, or -1 for a byte that is no hexadecimal digit.
static int hex_digit(uint8_t c) {
    if (c >= '0' && c <= '9') return c - '0';
    const uint8_t lower = c | 0x20;
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// The code unit of the four hexadecimal digits at `at`; -1 where there are none.
static int32_t code_unit(const uint8_t *at, const uint8_t *end) {
    if (end - at < 4) return -1;
    int32_t unit = 0;
    for (int i = 0; i < 4; i++) {
        const int digit = hex_digit(at[i]);
        if (digit < 0) return -1;
        unit = unit << 4 | digit;
    }
    return unit;
}

static bool is_high_surrogate(int32_t unit) { return unit >= 0xD800 && unit <= 0xDBFF; }
static bool is_low_surrogate(int32_t unit) { return unit >= 0xDC00 && unit <= 0xDFFF; }

/// The byte a two-character escape stands for; 0 for a character that makes no such escape.
static uint8_t short_escape(uint8_t c) {
    switch (c) {
        case '"':
        case '\\':
        case '/':
            return c;
        case 'b':
            return '\b';
        case 'f':
            return '\f';
        case 'n':
            return '\n';
        case 'r':
            return '\r';
        case 't':
            return '\t';
        default:
            return 0;
    }
}

fvs_status fvs_check_escapes(const uint8_t *text, size_t count) {
    const uint8_t *at = text, *const end = text + count;
    while (at < end && (at = memchr(at, '\\', (size_t)(end - at)))) {
        if (end - at < 2) return FVS_SYNTAX;
        if (at[1] != 'u') {
            if (!short_escape(at[1])) return FVS_SYNTAX;
            at += 2;
            continue;
        }
        const int32_t unit = code_unit(at + 2, end);
        if (unit < 0) return FVS_SYNTAX;
        at += 6;
        if (is_low_surrogate(unit)) return FVS_ENCODING;
        if (is_high_surrogate(unit)) {
            if (end - at < 2 || at[0] != '\\' || at[1] != 'u') return FVS_ENCODING;
            const int32_t low = code_unit(at + 2, end);
            if (low < 0) return FVS_SYNTAX;
            if (!is_low_surrogate(low)) return FVS_ENCODING;
            at += 6;
        }
    }
    return FVS_OK;
}

/// Writes one scalar value as UTF-8 (1…4 bytes) and returns how many.
static uint8_t put_utf8(uint32_t scalar, uint8_t out[4]) {
    if (scalar < 0x80) return out[0] = (uint8_t)scalar, 1;
    if (scalar < 0x800) {
        out[0] = (uint8_t)(0xC0 | scalar >> 6);
        out[1] = (uint8_t)(0x80 | (scalar & 0x3F));
        return 2;
    }
    if (scalar < 0x10000) {
        out[0] = (uint8_t)(0xE0 | scalar >> 12);
        out[1] = (uint8_t)(0x80 | (scalar >> 6 & 0x3F));
        out[2] = (uint8_t)(0x80 | (scalar & 0x3F));
        return 3;
    }
    out[0] = (uint8_t)(0xF0 | scalar >> 18);
    out[1] = (uint8_t)(0x80 | (scalar >> 12 & 0x3F));
    out[2] = (uint8_t)(0x80 | (scalar >> 6 & 0x3F));
    out[3] = (uint8_t)(0x80 | (scalar & 0x3F));
    return 4;
}

/// Decodes the escape at `*at`, which is a backslash, and steps past it. What is no escape yields its backslash, so
/// the output never outgrows the input.
static uint8_t take_escape(const uint8_t **at, const uint8_t *end, uint8_t out[4]) {
    const uint8_t *const start = *at;
    if (end - start >= 2 && start[1] != 'u') {
        *at += 2;
        return out[0] = short_escape(start[1]), 1;
    }
    const int32_t unit = end - start >= 2 ? code_unit(start + 2, end) : -1;
    if (unit < 0) {
        *at += 1;
        return out[0] = '\\', 1;
    }
    *at += 6;
    if (!is_high_surrogate(unit)) return put_utf8((uint32_t)unit, out);
    const int32_t low = end - *at >= 2 ? code_unit(*at + 2, end) : -1;
    if (!is_low_surrogate(low)) return put_utf8((uint32_t)unit, out);
    *at += 6;
    return put_utf8(0x10000 + (((uint32_t)unit & 0x3FF) << 10 | ((uint32_t)low & 0x3FF)), out);
}

int fvs_unescaper_next(fvs_unescaper *reader) {
    if (reader->given < reader->held) return reader->pending[reader->given++];
    if (reader->at == reader->end) return -1;
    if (*reader->at != '\\') return *reader->at++;
    reader->held = take_escape(&reader->at, reader->end, reader->pending);
    reader->given = 1;
    return reader->pending[0];
}

size_t fvs_unescape(const uint8_t *text, size_t count, uint8_t *out) {
    if (!count) return 0;
    const uint8_t *at = text, *const end = text + count;
    uint8_t *to = out;
    while (at < end) {
        const uint8_t *const backslash = memchr(at, '\\', (size_t)(end - at));
        const size_t plain = (size_t)((backslash ? backslash : end) - at);
        memmove(to, at, plain);
        to += plain;
        at += plain;
        if (!backslash) break;
        uint8_t bytes[4];
        const uint8_t held = take_escape(&at, end, bytes);
        memcpy(to, bytes, held);
        to += held;
    }
    return (size_t)(to - out);
}

bool fvs_names_equal(const uint8_t *a, size_t a_count, bool a_escaped, const uint8_t *b, size_t b_count,
                     bool b_escaped) {
    if (!a_escaped && !b_escaped) return a_count == b_count && (a_count == 0 || memcmp(a, b, a_count) == 0);
    // A reader that finds no backslash yields the bytes as they are, so an unescaped side needs no case of its own.
    fvs_unescaper left = fvs_unescaper_make(a, a_count), right = fvs_unescaper_make(b, b_count);
    for (;;) {
        const int x = fvs_unescaper_next(&left), y = fvs_unescaper_next(&right);
        if (x != y) return false;
        if (x < 0) return true;
    }
}

bool fvs_string_equals(const uint8_t *text, size_t count, bool escaped, const uint8_t *other, size_t other_count) {
    if (!escaped) return count == other_count && (count == 0 || memcmp(text, other, count) == 0);
    if (other_count > count) return false;
    fvs_unescaper reader = fvs_unescaper_make(text, count);
    for (size_t i = 0; i < other_count; i++)
        if (fvs_unescaper_next(&reader) != other[i]) return false;
    return fvs_unescaper_next(&reader) < 0;
}

static bool continues(uint8_t byte) { return (byte & 0xC0) == 0x80; }

// The well-formed sequences are those of RFC 3629 §4; the second byte's range depends on the first.
bool fvs_is_utf8(const uint8_t *text, size_t count) {
    size_t i = 0;
    while (i < count) {
        while (count - i >= 8) {
            uint64_t eight;
            memcpy(&eight, text + i, 8);
            if (eight & 0x8080808080808080u) break;
            i += 8;
        }
        if (i == count) break;
        const uint8_t first = text[i];
        const size_t left = count - i;
        if (first < 0x80) {
            i += 1;
        } else if (first >= 0xC2 && first <= 0xDF) {
            if (left < 2 || !continues(text[i + 1])) return false;
            i += 2;
        } else if (first >= 0xE0 && first <= 0xEF) {
            const uint8_t least = first == 0xE0 ? 0xA0 : 0x80, most = first == 0xED ? 0x9F : 0xBF;
            if (left < 3 || text[i + 1] < least || text[i + 1] > most || !continues(text[i + 2])) return false;
            i += 3;
        } else if (first >= 0xF0 && first <= 0xF4) {
            const uint8_t least = first == 0xF0 ? 0x90 : 0x80, most = first == 0xF4 ? 0x8F : 0xBF;
            if (left < 4 || text[i + 1] < least || text[i + 1] > most || !continues(text[i + 2]) ||
                !continues(text[i + 3]))
                return false;
            i += 4;
        } else {
            return false;
        }
    }
    return true;
}
