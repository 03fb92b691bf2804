// The inside of a signing key.
#pragma once
#include <openssl/types.h>

#include "ccrypto.h"

struct fv_signing_key {
    fv_key_type type;
    EVP_PKEY *pkey;  // NULL for a secret
    size_t secret_count;
    uint8_t *secret;  // guarded
};
