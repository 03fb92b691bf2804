#define CURVE_FIELD "../../Sources/CCrypto/multibuffer/field_p384.h"
#include "scalar.h"
