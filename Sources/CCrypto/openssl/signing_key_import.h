// Between the two files of signing keys.
#pragma once
#include "signing_key.h"

/// Takes over `pkey` in every case; NULL when out of memory.
fv_signing_key *fv_signing_key_allocate(fv_key_type type, EVP_PKEY *pkey, const uint8_t *secret, size_t count);
/// fv_signing_key_parameter for a key that is no secret; may leave errors in the queue.
size_t fv_pkey_parameter(const EVP_PKEY *pkey, fv_key_type type, fv_parameter parameter, uint8_t *out, size_t capacity);
/// OpenSSL's name of a curve; NULL for other types.
const char *fv_curve_name(fv_key_type type);
