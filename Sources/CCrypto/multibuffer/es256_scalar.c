// ES256 on any processor, one token per lane.
#define CURVE_FIELD "field_p256.h"
// From so many tokens on inversions are shared; measured in weierstrass.md.
enum { ECDSA_MANY = 4 };
#include "ecdsa_scalar.h"
