#define CURVE_FIELD "../../Sources/CCrypto/multibuffer/field_p521.h"
#include "avx512ifma.h"
