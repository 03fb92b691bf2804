// The STRICT rule for Ed25519, in one place, in front of every backend.
//
// RFC 8032 leaves room, and libraries use it differently: OpenSSL accepts non-canonical and small-order keys, libsodium
// does not. STRICT: the key A and the R of each signature are canonical encodings and not of small order, S < L, and
// then the equation without cofactor, by recomputing R and comparing 32 octets. Keys and R with a component of small
// order but large order overall pass.
#pragma once
#include "ccrypto.h"

/// FV_KEY_OK, FV_KEY_SMALL_ORDER (any of the 14 encodings), FV_KEY_POINT_INVALID (not canonical, or no point), or
/// FV_KEY_MEMORY.
fv_key_status fv_ed25519_check_key(const uint8_t key[static 32]);

/// The part of the rule that looks at a signature alone. R need not decode: the equation settles that, because a
/// recomputed R is always a point in canonical form.
bool fv_ed25519_check_signature(const uint8_t signature[static 64]);
