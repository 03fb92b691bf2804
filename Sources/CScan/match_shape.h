// Matching a text with a shape, once per instruction set: after json_blocks.h and `classify`. A file may bring its own
// same_bytes and list_bits and then defines OWN_SHAPE_PRIMITIVES.
//
// All quotes are listed first, so that where a string ends is a look-up, not the outcome of a search from where the
// one before it ended: the comparisons of a text do not wait for each other.
#pragma once
#include "json_shape.h"

typedef struct {
    uint32_t count;
    bool non_ascii;
    uint16_t at[SHAPE_QUOTES + 32];
} quote_list;

#ifndef OWN_SHAPE_PRIMITIVES
static inline bool same_bytes(const uint8_t *text, const uint8_t piece[SHAPE_PIECE_BYTES], size_t count) {
    return memcmp(text, piece, count) == 0;
}

/// Writes base + i for every bit i. Room for 31 more than there are may be written to.
static inline void list_bits(uint64_t bits, uint32_t base, uint16_t *out) {
    // Eight at a time, wanted or not: how many there are is hard to predict (simdjson's flatten_bits).
    for (uint16_t *end = out + __builtin_popcountll(bits); out < end; out += 8) {
        for (unsigned i = 0; i < 8; i++) {
            out[i] = (uint16_t)(base + (unsigned)__builtin_ctzll(bits | UINT64_C(1) << 63));
            bits &= bits - 1;
            __asm__("" : "+r"(bits));  // else the compiler counts zeros in vectors, which takes four times as long
        }
    }
}
#endif

/// False where there are too many, or where strings might end or escape otherwise: a backslash, a control character.
static inline bool list_quotes(quote_list *list, const uint8_t *text, size_t count) {
    list->count = 0;
    list->non_ascii = false;
    for (size_t base = 0; base < count; base += 64) {
        const block_masks masks = classify(text + base, count - base < 64 ? count - base : 64);
        if (masks.backslash | masks.control) return false;
        list->non_ascii |= masks.non_ascii != 0;
        const uint32_t found = (uint32_t)__builtin_popcountll(masks.quote);
        if (list->count + found > SHAPE_QUOTES) return false;
        list_bits(masks.quote, (uint32_t)base, list->at + list->count);
        list->count += found;
    }
    return true;
}

/// Where the matching is: `quote` is the first in the list that is not before `at`.
typedef struct {
    size_t at;
    uint32_t quote;
} shape_cursor;

/// From after an opening quote to the closing one.
static inline bool pass_string(shape_cursor *c, const quote_list *quotes) {
    if (c->quote == quotes->count) return false;
    c->at = quotes->at[c->quote];
    return true;
}

/// From after an opening bracket to the closing one.
static inline bool pass_strings(shape_cursor *c, const quote_list *quotes, const uint8_t *text, size_t count) {
    if (c->at < count && text[c->at] == ']') return true;
    for (;; c->at++) {
        if (c->at == count || text[c->at] != '"') return false;
        c->quote++;
        if (!pass_string(c, quotes)) return false;
        c->quote++;
        if (++c->at == count) return false;
        if (text[c->at] != ',') return text[c->at] == ']';
    }
}

static inline bool match_shape(const fvs_shape *shape, const quote_list *quotes, const uint8_t *text, size_t count,
                               fvs_object *object) {
    uint32_t starts[SHAPE_PIECES];
    uint8_t kinds[SHAPE_PIECES];
    shape_cursor c = {0, 0};
    fvs_kind kind;
    for (uint32_t i = 0; i < shape->piece_count; i++) {
        const size_t bytes = shape->counts[i];
        if (count - c.at < bytes || !same_bytes(text + c.at, shape->pieces[i], bytes)) return false;
        starts[i] = (uint32_t)c.at;
        c.at += bytes;
        c.quote += shape->quotes[i];
        switch ((shape_gap)shape->gaps[i]) {
            case SHAPE_STRING:
                if (!pass_string(&c, quotes)) return false;
                break;
            case SHAPE_SCALAR:
                if (c.at == count || !scalar_end(text, c.at, count, &c.at, &kind)) return false;
                kinds[i] = (uint8_t)kind;
                break;
            case SHAPE_STRINGS:
                if (!pass_strings(&c, quotes, text, count)) return false;
                break;
            case SHAPE_END:
                break;
        }
    }
    if (c.at != count || (quotes->non_ascii && !fvs_is_utf8(text, count))) return false;
    for (uint32_t i = 0; i < shape->member_count; i++) {
        const shape_member *const from = &shape->members[i];
        fvs_member *const to = &object->members[i];
        const uint32_t value = starts[from->value_piece] + from->value_offset;
        to->name_offset = value - from->name_distance;
        to->name_count = from->name_count;
        to->value_offset = value;
        to->value_count = starts[from->end_piece] + from->end_offset - value;
        to->kind = from->kind | (kinds[from->value_piece] & from->kind_of_gap);
        to->name = from->name;
        to->name_escaped = to->value_escaped = false;
    }
    object->member_count = shape->member_count;
    memcpy(object->index, shape->index, sizeof object->index);
    return true;
}

/// Whether one of the shapes lists this text's members.
static inline bool match_any_shape(fvs_shapes *shapes, const uint8_t *text, size_t count, fvs_object *object) {
    quote_list quotes;
    if (count > SHAPE_TEXT || shapes->shapes[shapes->latest].piece_count == 0) return false;
    if (!list_quotes(&quotes, text, count)) return false;
    for (uint32_t i = 0; i < SHAPES; i++) {
        const uint32_t tried = (shapes->latest + i) % SHAPES;
        const fvs_shape *const shape = &shapes->shapes[tried];
        if (shape->piece_count == 0 || shape->member_count > object->member_capacity) continue;
        if (!match_shape(shape, &quotes, text, count, object)) continue;
        shapes->latest = tried;
        shapes->matches++;
        if (shapes->credit < SHAPE_CREDIT_MAX) shapes->credit += SHAPE_MATCH;
        return true;
    }
    return false;
}
