#include "../../Sources/CCrypto/multibuffer/lanes_scalar.h"
#include "operations.h"
#include "row.h"

void cp256_invert(int order, uint64_t value[5]) { fv_p256_invert(order ? P256_ORDER : P256_FIELD, value); }
