// One PEM block (RFC 7468) out of a text.
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "ccrypto.h"

typedef struct {
    char *label;
    uint8_t *bytes;
    size_t count;
} fv_pem;

/// FV_KEY_MALFORMED where there is no block, more than one, an encapsulated header, or over FV_PEM_MAX of text.
fv_key_status fv_pem_read(const uint8_t *text, size_t count, fv_pem *pem);
/// Erases and frees the contents.
void fv_pem_free(fv_pem *pem);
