// Ed25519 with eight tokens side by side in AVX-512 IFMA.
#if defined(__x86_64__)
#include <assert.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "../ed25519_strict.h"
#include "../key.h"
#include "lanes_avx512ifma.h"
#include "sha2.h"

#define EDDSA_NAME(function) fv_multibuffer_avx512ifma_eddsa_##function
enum { EDDSA_BASE_WIDTH = 10 };
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512ifma,bmi2"))), \
                             apply_to = function)
#include "eddsa.h"
#pragma clang attribute pop
#endif
