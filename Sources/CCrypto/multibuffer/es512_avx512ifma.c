// ES512 with eight tokens side by side in AVX-512 IFMA.
#define CURVE_FIELD "field_p521.h"
// From so many tokens on inversions are shared; measured in weierstrass.md.
enum { ECDSA_MANY = 24 };
#include "ecdsa_avx512ifma.h"
