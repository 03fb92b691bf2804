// Reading DER (X.690 §10): definite, minimal lengths only; nothing is copied or allocated.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    const uint8_t *bytes;
    size_t count;
} fv_der;

enum {
    FV_DER_INTEGER = 0x02,
    FV_DER_BIT_STRING = 0x03,
    FV_DER_NULL = 0x05,
    FV_DER_OID = 0x06,
    FV_DER_SEQUENCE = 0x30,
    FV_DER_VERSION = 0xa0,  // [0] EXPLICIT, of a certificate
};

/// Takes one element with this tag from the front of `in`; `out` becomes its contents. False leaves both undefined.
bool fv_der_take(fv_der *in, uint8_t tag, fv_der *out);
/// A non-negative INTEGER in its minimal form, without the sign octet.
bool fv_der_take_unsigned(fv_der *in, fv_der *out);
/// Whether the next element has this tag.
bool fv_der_next_is(const fv_der *in, uint8_t tag);
