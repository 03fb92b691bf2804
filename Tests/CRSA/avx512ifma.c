#include <stddef.h>
#include <stdint.h>

#include "../../Sources/CCrypto/multibuffer/lanes_avx512ifma.h"
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512ifma,bmi2"))), \
                             apply_to = function)
#include "operations.h"
#include "row.h"
#pragma clang attribute pop
