#pragma once
#include <openssl/types.h>

#include "ccrypto.h"

/// r and s side by side (RFC 7518 §3.4) for a digest of `info->hash_size` octets; their size, 0 on failure. The nonce
/// follows from key and digest (RFC 6979), so the same input always has the same signature.
size_t fv_sign_ecdsa(const EVP_PKEY *pkey, const fv_algorithm_info *info, const uint8_t *digest, uint8_t *out);
