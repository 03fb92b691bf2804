// Shapes: what stays the same from one token of an issuer to the next. A shape is a text with its values cut out; a
// text that has the same pieces around values of the same form has the same members at moved offsets, and needs neither
// marks nor names looked up. Whatever differs in any other way is left to the scan, which alone refuses.
//
// Why a match is an acceptance with the scan's own result: the pieces are, byte for byte, those of an accepted text
// without escapes; each value between them is a complete string, number, literal or array of strings by RFC 8259, as
// the one it replaces. So the grammar, the depth, the names and their being distinct carry over.
#pragma once
#include <stdalign.h>

#include "json_scalars.h"
#include "json_strings.h"

enum { SHAPE_PIECES = 48, SHAPE_PIECE_BYTES = 64, SHAPE_MEMBERS = 32, SHAPES = 2 };

/// Longer texts, and texts with more quotes, are left to the scan.
enum { SHAPE_TEXT = 4096, SHAPE_QUOTES = 256 };

/// The value after a piece; a piece ends with the opening quote or bracket, the next one begins with the closing one.
typedef enum { SHAPE_STRING, SHAPE_SCALAR, SHAPE_STRINGS, SHAPE_END } shape_gap;

/// A member as it is in every text of the shape: offsets count from the start of a piece.
typedef struct {
    uint8_t value_piece, value_offset;
    uint8_t end_piece, end_offset;
    uint8_t name_distance;  // from the first byte of the name to that of the value, which one piece holds
    uint8_t name_count;
    uint8_t kind;         // fvs_kind; 0 for scalars, where
    uint8_t kind_of_gap;  // is all ones: of them the gap knows the kind
    uint8_t name;         // fvs_name
} shape_member;

typedef struct {
    alignas(64) uint8_t pieces[SHAPE_PIECES][SHAPE_PIECE_BYTES];
    uint8_t counts[SHAPE_PIECES], quotes[SHAPE_PIECES], gaps[SHAPE_PIECES];
    uint32_t piece_count;  // 0: no shape
    uint32_t member_count;
    shape_member members[SHAPE_MEMBERS];
    uint16_t index[FVS_NAME_COUNT];
} fvs_shape;

/// The shapes of one scratch, the last one matched first. Learning costs as much as several scans, so it is paid for:
/// a match earns SHAPE_MATCH, any other text 1, so hostile texts of ever new shapes cause it once in SHAPE_PRICE.
typedef struct {
    fvs_shape shapes[SHAPES];
    uint32_t latest, credit;
    uint64_t matches;
} fvs_shapes;

enum { SHAPE_MATCH = 4, SHAPE_PRICE = 64, SHAPE_CREDIT_MAX = 256 };

/// Learns the shape of a text that the scan has accepted with this result, in place of the one not used last. Nothing
/// is learned from texts with escapes, white space inside lists of strings aside, or more pieces than there is room
/// for.
void fvs_learn_shape(fvs_shapes *shapes, const uint8_t *text, size_t count, const fvs_object *object);
