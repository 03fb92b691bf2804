// Strict base64url (RFC 4648 §5 as RFC 7515 §2 uses it) and strict JSON (RFC 8259, UTF-8) for tokens and keys.
//
// Conventions, stated once. Input is a pointer and a byte count; it need not end in NUL, may be unaligned, is never
// written and never read outside [text, text + count). A null pointer is fine where the count is 0. Output is written
// only within the size each function states, so both may touch the edge of a page. Nothing here allocates except
// fvs_scratch_create; time is linear in the count. Functions may run on any thread; a scratch serves one call at a
// time. Offsets are relative to `text`. Every function has one implementation per instruction set, chosen at the first
// call (see fvs_implementations); all give the same answer on every input.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// MARK: Compact serialization

/// Finds the two dots of a token (RFC 7515 §7.1). False where there are not exactly two; stops at a third.
bool fvs_split(const uint8_t *text, size_t count, size_t dots[2]);

// MARK: base64url

/// Bytes that `count` characters decode to; SIZE_MAX where no text has that length (count mod 4 = 1).
static inline size_t fvs_base64url_decoded_size(size_t count) {
    const size_t tail = count % 4;
    return tail == 1 ? SIZE_MAX : count / 4 * 3 + (tail ? tail - 1 : 0);
}

/// Decodes `count` characters to exactly fvs_base64url_decoded_size(count) bytes at `out`.
/// False, with unspecified bytes at `out`, for any character outside A–Z a–z 0–9 - _ (so for padding and white space),
/// an impossible length, or unused bits that are not zero: text and bytes correspond one to one.
bool fvs_base64url_decode(const uint8_t *text, size_t count, uint8_t *out);

/// Characters that `count` bytes encode to.
static inline size_t fvs_base64url_encoded_size(size_t count) {
    return count / 3 * 4 + (count % 3 ? count % 3 + 1 : 0);
}

/// Encodes without padding to exactly fvs_base64url_encoded_size(count) characters at `out`.
void fvs_base64url_encode(const uint8_t *bytes, size_t count, uint8_t *out);

// MARK: JSON

/// Containers may nest this deep (one bit a level in one machine word); deeper text is refused.
#define FVS_MAX_DEPTH 64

typedef enum {
    FVS_OK = 0,
    FVS_SYNTAX,      // not RFC 8259, or trailing bytes after the value, or a byte order mark
    FVS_ENCODING,    // not UTF-8, or an escape that names a lone surrogate
    FVS_DEPTH,       // nested deeper than FVS_MAX_DEPTH
    FVS_MEMBERS,     // more member names than the scratch or the object has room for, or text of 2^32 bytes and more
    FVS_DUPLICATE,   // a name stands twice in one object, at any level, compared after unescaping
    FVS_NOT_OBJECT,  // valid JSON whose top is not an object (fvs_scan_object only)
} fvs_status;

typedef enum { FVS_STRING = 0, FVS_NUMBER, FVS_TRUE, FVS_FALSE, FVS_NULL, FVS_ARRAY, FVS_OBJECT } fvs_kind;

/// Names recognised in the one pass; FVS_NAME_OTHER is every other name.
typedef enum {
    FVS_NAME_OTHER = 0,
#define FVS_NAME(identifier, spelling) FVS_NAME_##identifier,
#include "names.def"
#undef FVS_NAME
    FVS_NAME_COUNT
} fvs_name;

/// The spelling of a recognised name, NUL-terminated; "" for FVS_NAME_OTHER.
const char *fvs_name_spelling(fvs_name name);

/// One member of an object, or one element of an array (then without a name). Views into the scanned text.
typedef struct {
    uint32_t name_offset, name_count;    // between the quotes
    uint32_t value_offset, value_count;  // strings: between the quotes; everything else: the whole text of the value
    uint8_t kind;                        // fvs_kind
    uint8_t name;                        // fvs_name
    bool name_escaped, value_escaped;    // a backslash stands between the quotes
} fvs_member;

/// The members of one object in the order of the text, and where the recognised names are among them.
typedef struct {
    fvs_member *members;       // in: room for member_capacity; out: member_count of them
    uint32_t member_capacity;  // at most 65,534 are used
    uint32_t member_count;
    uint16_t index[FVS_NAME_COUNT];  // 1 + position in `members`; 0: absent. index[FVS_NAME_OTHER] is 0
} fvs_object;

/// Working memory of the scanner: the table of names that finds duplicates in linear time (hashes are keyed per
/// process, so colliding names cannot be prepared). Room for `max_names` names over all levels of one text.
typedef struct fvs_scratch fvs_scratch;
fvs_scratch *fvs_scratch_create(uint32_t max_names);  // NULL when memory is out
void fvs_scratch_free(fvs_scratch *scratch);          // NULL is fine
/// Texts so far that had the shape of an earlier one and took the shorter way (json_shape.h).
uint64_t fvs_scratch_matches(const fvs_scratch *scratch);

/// Checks that the whole text is one JSON value of any kind.
fvs_status fvs_validate(const uint8_t *text, size_t count, fvs_scratch *scratch);

/// Checks the whole text, whose top must be an object, and lists that object's members. On any status but FVS_OK
/// the contents of `object` are unspecified.
fvs_status fvs_scan_object(const uint8_t *text, size_t count, fvs_scratch *scratch, fvs_object *object);

/// Steps through a container whose text has been accepted by one of the scans above (`text` starts at its bracket).
/// `*cursor` starts at 0. False after the last member or element. Linear over the whole walk, stateless otherwise.
/// `member->name` is FVS_NAME_OTHER throughout. On text that was not accepted the answer is unspecified, yet never
/// reads outside the text and always ends.
bool fvs_next(const uint8_t *text, size_t count, size_t *cursor, fvs_member *member);

/// Decodes the text between two quotes of an accepted string; writes and returns at most `count` bytes of UTF-8.
size_t fvs_unescape(const uint8_t *text, size_t count, uint8_t *out);

/// Whether an accepted string, after unescaping, is exactly `other`: by length and case-sensitively (RFC 7519 §7.3).
bool fvs_string_equals(const uint8_t *text, size_t count, bool escaped, const uint8_t *other, size_t other_count);

/// The greatest integer not above the accepted number, exactly. False when it does not fit an int64_t.
/// Any spelling of the RFC counts (1e3, 1.5, -0); 10^400 digits or exponents cost linear time.
bool fvs_number_floor(const uint8_t *text, size_t count, int64_t *value);

/// Whether an accepted number is written as an integer: digits and sign only.
bool fvs_number_is_integer(const uint8_t *text, size_t count);

// MARK: Implementations

/// One implementation of the hot functions. Every member behaves as the public function of its name.
typedef struct {
    const char *name;   // "avx512", "avx2", "neon", "portable"
    uint32_t features;  // needed, as in ccpu.h
    bool (*split)(const uint8_t *text, size_t count, size_t dots[2]);
    bool (*base64url_decode)(const uint8_t *text, size_t count, uint8_t *out);
    fvs_status (*validate)(const uint8_t *text, size_t count, fvs_scratch *scratch);
    fvs_status (*scan_object)(const uint8_t *text, size_t count, fvs_scratch *scratch, fvs_object *object);
} fvs_implementation;

/// All implementations compiled in, best first. The first whose features the process may use is what the public
/// functions run.
const fvs_implementation *fvs_implementations(size_t *count);
const fvs_implementation *fvs_selected_implementation(void);

#ifdef __cplusplus
}
#endif
