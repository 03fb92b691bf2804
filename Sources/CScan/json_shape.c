// Learning a shape: cutting an accepted text into pieces and values.
#include "json_shape.h"

#include <string.h>

typedef struct {
    fvs_shape *shape;
    const uint8_t *text;
    size_t starts[SHAPE_PIECES];
} cutter;

/// Ends a piece at `end`; the next one will start where the value does.
static bool cut(cutter *c, size_t start, size_t end, shape_gap gap) {
    fvs_shape *const shape = c->shape;
    if (shape->piece_count == SHAPE_PIECES || end - start > SHAPE_PIECE_BYTES) return false;
    const uint32_t i = shape->piece_count++;
    c->starts[i] = start;
    memcpy(shape->pieces[i], c->text + start, end - start);
    shape->counts[i] = (uint8_t)(end - start);
    shape->gaps[i] = (uint8_t)gap;
    shape->quotes[i] = 0;
    for (size_t at = start; at < end; at++) shape->quotes[i] += c->text[at] == '"';
    return true;
}

static size_t closing_quote(const uint8_t *text, size_t open, size_t count) {
    return (size_t)((const uint8_t *)memchr(text + open + 1, '"', count - open - 1) - text);
}

static bool is_name(const uint8_t *text, size_t after, size_t count) {
    while (after < count && (text[after] == ' ' || text[after] == '\n' || text[after] == '\r' || text[after] == '\t'))
        after++;
    return after < count && text[after] == ':';
}

/// The closing bracket of an array of strings without white space; 0 where the array is anything else.
static size_t end_of_strings(const uint8_t *text, size_t open, size_t count) {
    if (text[open + 1] == ']') return open + 1;
    for (size_t at = open + 1; text[at] == '"'; at++) {
        at = closing_quote(text, at, count) + 1;
        if (text[at] == ']') return at;
        if (text[at] != ',') return 0;
    }
    return 0;
}

/// The text is accepted JSON without escapes, so strings close and containers end.
static bool cut_all(cutter *c, size_t count) {
    const uint8_t *const text = c->text;
    size_t start = 0;  // of the piece
    for (size_t at = 0; at < count;) {
        const uint8_t first = text[at];
        size_t end;
        fvs_kind kind;
        if (first == '"') {
            end = closing_quote(text, at, count);
            if (is_name(text, end + 1, count)) {
                at = end + 1;
                continue;
            }
            if (!cut(c, start, at + 1, SHAPE_STRING)) return false;
            start = end;
            at = end + 1;
        } else if (first == '[' && (end = end_of_strings(text, at, count)) != 0) {
            if (!cut(c, start, at + 1, SHAPE_STRINGS)) return false;
            start = end;
            at = end + 1;
        } else if (scalar_end(text, at, count, &end, &kind)) {
            if (!cut(c, start, at, SHAPE_SCALAR)) return false;
            start = at = end;
        } else {
            at++;
        }
    }
    return cut(c, start, count, SHAPE_END);
}

// Of two pieces that meet at an offset (an empty value lies between), starts belong to the first, ends to the last.
static uint32_t piece_of_start(const cutter *c, size_t offset) {
    uint32_t i = 0;
    while (offset > c->starts[i] + c->shape->counts[i]) i++;
    return i;
}

static uint32_t piece_of_end(const cutter *c, size_t offset) {
    uint32_t i = c->shape->piece_count - 1;
    while (offset < c->starts[i]) i--;
    return i;
}

static bool list_members(const cutter *c, const fvs_object *object) {
    fvs_shape *const shape = c->shape;
    if (object->member_count > SHAPE_MEMBERS) return false;
    for (uint32_t i = 0; i < object->member_count; i++) {
        const fvs_member *const member = &object->members[i];
        const uint32_t end = member->value_offset + member->value_count;
        const uint32_t first = piece_of_start(c, member->value_offset), last = piece_of_end(c, end);
        const fvs_kind kind = (fvs_kind)member->kind;
        const bool scalar = kind != FVS_STRING && kind != FVS_ARRAY && kind != FVS_OBJECT;
        shape->members[i] = (shape_member){
            .value_piece = (uint8_t)first,
            .value_offset = (uint8_t)(member->value_offset - c->starts[first]),
            .end_piece = (uint8_t)last,
            .end_offset = (uint8_t)(end - c->starts[last]),
            .name_distance = (uint8_t)(member->value_offset - member->name_offset),
            .name_count = (uint8_t)member->name_count,
            .kind = scalar ? 0 : (uint8_t)kind,
            .kind_of_gap = scalar ? 0xFF : 0,
            .name = member->name,
        };
    }
    shape->member_count = object->member_count;
    memcpy(shape->index, object->index, sizeof shape->index);
    return true;
}

void fvs_learn_shape(fvs_shapes *shapes, const uint8_t *text, size_t count, const fvs_object *object) {
    shapes->credit++;
    if (shapes->credit < SHAPE_PRICE || count > SHAPE_TEXT) return;
    shapes->credit -= SHAPE_PRICE;
    if (memchr(text, '\\', count)) return;
    shapes->latest = (shapes->latest + 1) % SHAPES;
    cutter c = {.shape = &shapes->shapes[shapes->latest], .text = text};
    c.shape->piece_count = 0;
    if (!cut_all(&c, count) || !list_members(&c, object)) c.shape->piece_count = 0;
}
