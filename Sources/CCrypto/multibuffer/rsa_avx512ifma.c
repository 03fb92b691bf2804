// RS* and PS* with eight tokens side by side in AVX-512 IFMA.
#if defined(__x86_64__)
#include <stdbool.h>
#include <string.h>

#include "emsa_pss.h"
#include "key_runs.h"
#include "lanes_avx512ifma.h"
#include "rsa_key.h"
#include "sha2.h"

// From so many tokens on a group of lanes is faster than OpenSSL; measured in rsa.md.
enum { RSA_LANES_MIN = 2 };
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512ifma,bmi2"))), \
                             apply_to = function)
#include "rsa.h"
#pragma clang attribute pop
#endif
