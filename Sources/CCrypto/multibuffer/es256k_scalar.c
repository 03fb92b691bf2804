// ES256K on any processor, one token per lane.
#define CURVE_FIELD "field_secp256k1.h"
// From so many tokens on inversions are shared; measured in weierstrass.md.
enum { ECDSA_MANY = 8 };
#include "ecdsa_scalar.h"
