// The alphabet of RFC 4648 §5 as a table.
#pragma once
#include "cscan.h"

/// The six bits of a character; 0x80 for a byte outside the alphabet.
extern const uint8_t fvs_base64url_value[256];
