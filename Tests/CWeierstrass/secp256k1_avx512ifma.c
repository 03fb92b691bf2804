#define CURVE_FIELD "../../Sources/CCrypto/multibuffer/field_secp256k1.h"
#include "avx512ifma.h"
