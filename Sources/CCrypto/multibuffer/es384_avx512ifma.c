// ES384 with eight tokens side by side in AVX-512 IFMA.
#define CURVE_FIELD "field_p384.h"
// From so many tokens on inversions are shared; measured in weierstrass.md.
enum { ECDSA_MANY = 16 };
#include "ecdsa_avx512ifma.h"
