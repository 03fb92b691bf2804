// ES256 with eight tokens side by side in AVX-512 IFMA.
#if defined(__x86_64__)
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "../key.h"
#include "../openssl/context_pool.h"
#include "lanes_avx512ifma.h"

// From so many tokens on inversions are shared; measured in p256.md.
enum { ES256_MANY = 48 };
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512ifma,bmi2"))), \
                             apply_to = function)
#include "es256.h"
#pragma clang attribute pop
#endif
