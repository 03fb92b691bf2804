#define CURVE_FIELD "../../Sources/CCrypto/multibuffer/field_p521.h"
#include "scalar.h"
