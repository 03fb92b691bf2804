// The rule for Ed448, in front of every backend: the same in spirit as ed25519_strict.h.
//
// What follows it is the equation with cofactor: OpenSSL compares points after multiplying both by 4 (through its
// isogeny), so it takes R + T for R where T has order 2 or 4 (measured on 3.0.22; RFC 8032 §5.2.7 states it so).
// Any other kernel for Ed448 has to do the same, or verdicts would depend on the backend.
#pragma once
#include "ccrypto.h"

/// FV_KEY_OK, FV_KEY_SMALL_ORDER (one of the 4 points whose order divides 4), FV_KEY_POINT_INVALID, or FV_KEY_MEMORY.
fv_key_status fv_ed448_check_key(const uint8_t key[static 57]);

/// R canonical and not of small order, S < L.
bool fv_ed448_check_signature(const uint8_t signature[static 114]);
