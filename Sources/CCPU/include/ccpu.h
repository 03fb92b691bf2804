// Which instruction sets this processor offers and this process may use.
//
// A kernel or scanner states the features it needs as a mask and is chosen only when all of them are present.
// FASTVERIFY_CPU restricts the answer for tests: a comma-separated list of the feature names below that stay
// allowed ("none" allows nothing). It can only take away, never add; an unknown name takes everything away.
// A name allows what it builds on as well: "ifma" stands for "avx2,avx512,ifma".
#pragma once
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    FV_CPU_AVX2 = 1 << 0,    // "avx2": AVX2, BMI1, BMI2
    FV_CPU_AVX512 = 1 << 1,  // "avx512": AVX-512 F, BW, DQ, VL, VBMI and VBMI2
    FV_CPU_IFMA = 1 << 2,    // "ifma": AVX-512 IFMA
    FV_CPU_SHA = 1 << 3,     // "sha": SHA-NI
    FV_CPU_ADX = 1 << 4,     // "adx": ADX and BMI2
    FV_CPU_NEON = 1 << 5,    // "neon": Advanced SIMD of ARMv8
    FV_CPU_SHA2 = 1 << 6,    // "sha2": the SHA-256 instructions of ARMv8
    FV_CPU_SHA512 = 1 << 7,  // "sha512": the SHA-512 instructions of ARMv8.2
};

/// Features usable in this process: what cpuid (on aarch64 the kernel) reports, the operating system saves
/// (xgetbv), and FASTVERIFY_CPU allows.
/// Read once; constant afterwards; safe from any thread.
uint32_t fv_cpu_features(void);

/// The features before FASTVERIFY_CPU was applied.
uint32_t fv_cpu_detected(void);

/// Name of one feature bit as FASTVERIFY_CPU spells it; NULL for any other value.
const char *fv_cpu_feature_name(uint32_t feature);

/// How many processors this process may use, at least 1.
int fv_cpu_count(void);

/// Brings a cache line near without waiting for it. Any address will do; nothing is read.
static inline void fv_cpu_prefetch(const void *address) { __builtin_prefetch(address); }

#ifdef __cplusplus
}
#endif
