#include <assert.h>
#include <openssl/bn.h>
#include <stdlib.h>
#include <string.h>

#include "../../Sources/CCrypto/multibuffer/lanes_avx512ifma.h"
#include "ccpu.h"
#include "ced25519.h"

int ced25519_has_avx512ifma(void) { return (fv_cpu_features() & FV_CPU_IFMA) != 0; }

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512ifma,bmi2"))), \
                             apply_to = function)
#include "operations.h"
#pragma clang attribute pop
