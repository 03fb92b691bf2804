#define CURVE_FIELD "../../Sources/CCrypto/multibuffer/field_p256.h"
#include "scalar.h"
