// ES256K with eight tokens side by side in AVX-512 IFMA.
#define CURVE_FIELD "field_secp256k1.h"
// From so many tokens on inversions are shared; measured in weierstrass.md.
enum { ECDSA_MANY = 32 };
#include "ecdsa_avx512ifma.h"
