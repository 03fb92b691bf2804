// fvs_next: one member or element at a time through text that a scan has accepted. Scalar code: it serves claims that
// are looked at one by one, after the signature. It trusts acceptance for the answer, never for memory safety.
#include <string.h>

#include "cscan.h"

static bool is_space(uint8_t c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

static size_t skip_space(const uint8_t *text, size_t count, size_t at) {
    while (at < count && is_space(text[at])) at++;
    return at;
}

/// The offset of the closing quote of the string whose quote is at `open`; `count` where there is none.
static size_t closing_quote(const uint8_t *text, size_t count, size_t open, bool *escaped) {
    size_t at = open + 1;
    const uint8_t *const quote = at < count ? memchr(text + at, '"', count - at) : NULL;
    *escaped = quote && memchr(text + at, '\\', (size_t)(quote - text) - at);
    if (!*escaped) return quote ? (size_t)(quote - text) : count;
    for (; at < count && text[at] != '"'; at++) {
        if (text[at] == '\\') at++;
    }
    return at < count ? at : count;
}

/// The offset after the container that opens at `open`; `count` where it does not close.
static size_t container_end(const uint8_t *text, size_t count, size_t open) {
    size_t depth = 0;
    for (size_t at = open; at < count; at++) {
        const uint8_t c = text[at];
        bool escaped;
        if (c == '"') {
            at = closing_quote(text, count, at, &escaped);
        } else if (c == '{' || c == '[') {
            depth++;
        } else if ((c == '}' || c == ']') && --depth == 0) {
            return at + 1;
        }
    }
    return count;
}

static size_t scalar_end(const uint8_t *text, size_t count, size_t at) {
    while (at < count && text[at] != ',' && text[at] != ']' && text[at] != '}' && !is_space(text[at])) at++;
    return at;
}

static fvs_kind scalar_kind(uint8_t first) {
    return first == 't' ? FVS_TRUE : first == 'f' ? FVS_FALSE : first == 'n' ? FVS_NULL : FVS_NUMBER;
}

bool fvs_next(const uint8_t *text, size_t count, size_t *cursor, fvs_member *member) {
    if (!count || count > UINT32_MAX || *cursor >= count || (text[0] != '{' && text[0] != '[')) return false;
    size_t at = skip_space(text, count, *cursor ? *cursor : 1);
    if (*cursor) {
        if (at == count || text[at] != ',') return false;
        at = skip_space(text, count, at + 1);
    }
    if (at == count || text[at] == '}' || text[at] == ']') return false;

    *member = (fvs_member){.name = FVS_NAME_OTHER};
    if (text[0] == '{') {
        if (text[at] != '"') return false;
        const size_t close = closing_quote(text, count, at, &member->name_escaped);
        if (close == count) return false;
        member->name_offset = (uint32_t)(at + 1);
        member->name_count = (uint32_t)(close - at - 1);
        at = skip_space(text, count, close + 1);
        if (at == count || text[at] != ':') return false;
        at = skip_space(text, count, at + 1);
        if (at == count) return false;
    }

    const uint8_t first = text[at];
    size_t end;
    if (first == '"') {
        const size_t close = closing_quote(text, count, at, &member->value_escaped);
        if (close == count) return false;
        member->kind = FVS_STRING;
        member->value_offset = (uint32_t)(at + 1);
        member->value_count = (uint32_t)(close - at - 1);
        end = close + 1;
    } else {
        const bool container = first == '{' || first == '[';
        end = container ? container_end(text, count, at) : scalar_end(text, count, at);
        member->kind = (uint8_t)(container ? (first == '{' ? FVS_OBJECT : FVS_ARRAY) : scalar_kind(first));
        member->value_offset = (uint32_t)at;
        member->value_count = (uint32_t)(end - at);
    }
    *cursor = end;
    return true;
}
