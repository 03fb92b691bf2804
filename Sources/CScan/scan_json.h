// The JSON scanner, written once over blocks of 64 bytes. A file for one instruction set defines
//     static inline block_masks classify(const uint8_t *block, size_t count);  // count in 1…64, the rest is spaces
//     #define IMPLEMENTATION(function) fvs_##function##_avx2                   // its row's names
// with json_blocks.h included, and then includes this file, which defines the row's validate and scan_object.
//
// Stage 1 (Langdale & Lemire, "Parsing Gigabytes of JSON per Second", 2019, §3.1) turns blocks into marks: structural
// characters outside strings, opening and closing quotes, first bytes of scalars. Stage 2 walks from mark to mark with
// the grammar of RFC 8259; the marks between are known to be white space, string contents or the rest of a scalar.
// Unlike the paper's, the marks are never stored for the whole text but for a window of blocks at a time.
#pragma once
#include "json_blocks.h"
#include "json_scalars.h"
#include "match_shape.h"
#include "name_table.h"

static __attribute__((noinline)) bool next_window(json_window *w) {
    w->base += 64 * (size_t)w->blocks;
    w->blocks = 0;
    for (; w->blocks < WINDOW_BLOCKS && w->next < w->count; w->blocks++) {
        const size_t left = w->count - w->next;
        const block_masks masks = classify(w->text + w->next, left < 64 ? left : 64);
        w->marks[w->blocks] = mark_block(w, masks);
        w->next += 64;
    }
    return w->blocks > 0 && !w->control_in_string;
}

/// Puts the offset of the next mark into `at`; leaves for `ended` where there is none.
#define NEXT_MARK(at, ended)                         \
    do {                                             \
        while (__builtin_expect(bits == 0, 0)) {     \
            if (block == w.blocks) {                 \
                if (!next_window(&w)) goto ended;    \
                block = 0;                           \
            }                                        \
            base = w.base + 64 * (size_t)block;      \
            bits = w.marks[block++];                 \
        }                                            \
        (at) = base + (size_t)__builtin_ctzll(bits); \
        bits &= bits - 1;                            \
    } while (0)

/// Looks for escapes in the string between `open` and `close`, only where a backslash came after its opening quote.
#define CHECK_STRING(open, close, escaped)                                                       \
    do {                                                                                         \
        (escaped) = false;                                                                       \
        if (__builtin_expect(w.backslash_end > (open), 0) &&                                     \
            memchr(text + (open) + 1, '\\', (close) - (open)-1) != NULL) {                       \
            (escaped) = true;                                                                    \
            const fvs_status escapes = fvs_check_escapes(text + (open) + 1, (close) - (open)-1); \
            if (escapes != FVS_OK) return escapes;                                               \
        }                                                                                        \
    } while (0)

/// Both scans: `object` is a constant NULL for validate.
static inline __attribute__((always_inline)) fvs_status walk(const uint8_t *text, size_t count, fvs_scratch *scratch,
                                                             fvs_object *object) {
    if (count > UINT32_MAX || !scratch) return FVS_MEMBERS;
    json_window w = {.text = text, .count = count, .first_non_ascii = SIZE_MAX};
    uint64_t bits = 0;
    size_t base = 0;
    uint32_t block = 0;

    // A name takes at least four bytes ("":0), so a short text needs, and touches, only the first slots.
    const size_t most_names = count / 4 + 1;
    const uint32_t room = most_names < scratch->max_names ? (uint32_t)most_names : scratch->max_names;
    const uint64_t mask = ((uint64_t)4 << (63 - __builtin_clzll((room ? room - 1 : 0) | 1ull))) - 1;
    const uint64_t oldest = scratch->last_object + 1;
    uint32_t names = 0;

    uint64_t objects = 0;  // bit 0: the innermost container is an object; the outer ones follow
    uint32_t depth = 0;
    uint64_t numbers[FVS_MAX_DEPTH];  // of the object at each level, for the name table

    fvs_member *member = NULL;  // the top-level member whose value is being walked
    uint32_t listed = 0, capacity = 0;
    if (object) {
        capacity = object->member_capacity < 65534 ? object->member_capacity : 65534;
        memset(object->index, 0, sizeof object->index);
    }
    uint32_t listed_depth = UINT32_MAX;  // 1 where the top is an object to list, else no depth

    size_t at, close, end;
    bool escaped;
    fvs_kind kind;

    NEXT_MARK(at, malformed);
    if (text[at] == '{') listed_depth = 1;
    goto value;

member:  // `at` is where a name has to start
    if (text[at] != '"') return FVS_SYNTAX;
    NEXT_MARK(close, malformed);
    CHECK_STRING(at, close, escaped);
    NEXT_MARK(end, malformed);
    if (text[end] != ':') return FVS_SYNTAX;
    if (names == room) return FVS_MEMBERS;
    names++;
    {
        fvs_name_words words;
        const uint8_t *const start = text + at + 1;
        size_t length = close - at - 1;
        const uint64_t hash = __builtin_expect(escaped, 0) ? fvs_hash_escaped_name(start, length, &words, &length)
                                                           : fvs_hash_name(start, length, count - at - 1, &words);
        fvs_name known = FVS_NAME_OTHER;
        if (object && depth == listed_depth) {
            if (listed == capacity) return FVS_MEMBERS;
            known = fvs_recognise(hash, words, length);
            member = &object->members[listed++];
            member->name_offset = (uint32_t)at + 1;
            member->name_count = (uint32_t)(close - at - 1);
            member->name = (uint8_t)known;
            member->name_escaped = escaped;
        }
        if (object && known != FVS_NAME_OTHER) {
            // The index itself tells a recognised name that stands twice at the top.
            if (object->index[known]) return FVS_DUPLICATE;
            object->index[known] = (uint16_t)listed;
        } else {
            const uint64_t number = numbers[depth - 1];
            const fvs_name_key key = {hash + fvs_object_mix(number - oldest), number, (uint32_t)at + 1,
                                      (uint32_t)(close - at - 1), escaped};
            if (!fvs_enter_name(scratch->slots, mask, oldest, text, key)) return FVS_DUPLICATE;
        }
    }
    NEXT_MARK(at, malformed);

value : {  // `at` is where a value has to start
    const uint8_t first = text[at];
    if (first == '"') {
        NEXT_MARK(close, malformed);
        CHECK_STRING(at, close, escaped);
        if (object && depth == listed_depth) {
            member->value_offset = (uint32_t)at + 1;
            member->value_count = (uint32_t)(close - at - 1);
            member->kind = FVS_STRING;
            member->value_escaped = escaped;
        }
        goto after_value;
    }
    if (first == '{' || first == '[') {
        if (depth == FVS_MAX_DEPTH) return FVS_DEPTH;
        if (object && depth == listed_depth) {
            member->value_offset = (uint32_t)at;
            member->kind = first == '{' ? FVS_OBJECT : FVS_ARRAY;
            member->value_escaped = false;
        }
        objects = objects << 1 | (first == '{');
        depth++;
        NEXT_MARK(at, malformed);
        if (first == '{') {
            numbers[depth - 1] = ++scratch->last_object;
            if (text[at] == '}') goto closed;
            goto member;
        }
        if (text[at] == ']') goto closed;
        goto value;
    }
    if (!scalar_end(text, at, count, &end, &kind)) return FVS_SYNTAX;
    if (object && depth == listed_depth) {
        member->value_offset = (uint32_t)at;
        member->value_count = (uint32_t)(end - at);
        member->kind = (uint8_t)kind;
        member->value_escaped = false;
    }
}

after_value:
    if (depth == 0) goto complete;
    NEXT_MARK(at, malformed);
    if (text[at] == ',') {
        NEXT_MARK(at, malformed);
        if (objects & 1) goto member;
        goto value;
    }
    if (text[at] != (objects & 1 ? '}' : ']')) return FVS_SYNTAX;

closed:  // `at` is the closing bracket
    objects >>= 1;
    depth--;
    if (object && depth == listed_depth) member->value_count = (uint32_t)at + 1 - member->value_offset;
    goto after_value;

complete:
    NEXT_MARK(at, ended);
    return FVS_SYNTAX;
ended:
    if (w.control_in_string) return FVS_SYNTAX;
    // The blocks before the first non-ASCII one end between characters.
    if (w.first_non_ascii != SIZE_MAX && !fvs_is_utf8(text + w.first_non_ascii, count - w.first_non_ascii))
        return FVS_ENCODING;
    if (object) {
        if (listed_depth != 1) return FVS_NOT_OBJECT;
        object->member_count = listed;
    }
    return FVS_OK;

malformed:
    return FVS_SYNTAX;
}

fvs_status IMPLEMENTATION(validate)(const uint8_t *text, size_t count, fvs_scratch *scratch) {
    return walk(text, count, scratch, NULL);
}

fvs_status IMPLEMENTATION(scan_object)(const uint8_t *text, size_t count, fvs_scratch *scratch, fvs_object *object) {
    if (scratch && match_any_shape(&scratch->shapes, text, count, object)) return FVS_OK;
    const fvs_status status = walk(text, count, scratch, object);
    if (status == FVS_OK) fvs_learn_shape(&scratch->shapes, text, count, object);
    return status;
}
