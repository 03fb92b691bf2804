// EMSA-PSS-VERIFY (RFC 8017 §9.1.2) of many encodings side by side, with MGF1 over the same hash and a salt as long as
// the hash (RFC 7518 §3.5).
#pragma once
#include <stddef.h>
#include <stdint.h>

enum { FV_PSS_BATCH = 32, FV_PSS_OCTETS = 512 };

typedef struct {
    uint8_t *encoded;       // EM; overwritten
    const uint8_t *digest;  // the hash of the message
    uint8_t *verdict;       // becomes 1 or 0
} fv_pss_encoding;

/// At most FV_PSS_BATCH encodings of `size` octets, at most FV_PSS_OCTETS, of a modulus with 8 size bits.
void fv_emsa_pss_verify(size_t hash_size, size_t size, const fv_pss_encoding *encodings, size_t count);
