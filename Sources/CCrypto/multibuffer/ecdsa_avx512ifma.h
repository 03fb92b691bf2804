// A row of ECDSA with eight tokens side by side in AVX-512 IFMA. The C file of a curve says CURVE_FIELD and ECDSA_MANY.
#pragma once
#if defined(__x86_64__)
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "../kernel.h"
#include "../key.h"
#include "../openssl/context_pool.h"
#include "key_runs.h"
#include "lanes_avx512ifma.h"
#include "modular_inverse.h"
#include "sha2.h"

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512ifma,bmi2"))), \
                             apply_to = function)
// clang-format off
#include CURVE_FIELD
#include "ecdsa.h"
// clang-format on
#pragma clang attribute pop
#endif
