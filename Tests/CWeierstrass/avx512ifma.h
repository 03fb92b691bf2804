// Eight tokens side by side. The C file of a curve says CURVE_FIELD.
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "../../Sources/CCrypto/multibuffer/lanes_avx512ifma.h"
#include "../../Sources/CCrypto/multibuffer/modular_inverse.h"
#include "cweierstrass.h"
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512ifma,bmi2"))), \
                             apply_to = function)
// clang-format off
#include CURVE_FIELD
#include "operations.h"
#include "row.h"
// clang-format on
#pragma clang attribute pop
