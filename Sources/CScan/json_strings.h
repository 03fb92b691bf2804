// Strings between their quotes: escapes (RFC 8259 §7) and UTF-8 (RFC 3629 §3).
#pragma once
#include "cscan.h"

/// Yields an accepted string's bytes one at a time, unescaped, so that names hash and compare without a copy.
typedef struct {
    const uint8_t *at, *end;
    uint8_t pending[4];  // the rest of an escape's UTF-8 is pending[given..<held]
    uint8_t given, held;
} fvs_unescaper;

static inline fvs_unescaper fvs_unescaper_make(const uint8_t *text, size_t count) {
    // A null pointer takes part in no arithmetic, not even + 0.
    return (fvs_unescaper){.at = text, .end = count ? text + count : text};
}

/// The next byte; -1 at the end. On text that was not accepted: some bytes, at most as many as the text has.
int fvs_unescaper_next(fvs_unescaper *reader);

/// Checks every escape between two quotes: FVS_OK, FVS_SYNTAX, or FVS_ENCODING for a lone surrogate.
fvs_status fvs_check_escapes(const uint8_t *text, size_t count);

/// Whether two accepted strings are equal after unescaping.
bool fvs_names_equal(const uint8_t *a, size_t a_count, bool a_escaped, const uint8_t *b, size_t b_count,
                     bool b_escaped);

/// Whether the text is UTF-8: no overlong form, no surrogate, nothing above U+10FFFF.
bool fvs_is_utf8(const uint8_t *text, size_t count);
