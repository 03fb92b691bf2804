#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "ccpu.h"

static const struct {
    uint32_t feature, implied;
    const char *name;
} names[] = {
    {FV_CPU_AVX2, 0, "avx2"},
    {FV_CPU_AVX512, FV_CPU_AVX2, "avx512"},
    {FV_CPU_IFMA, FV_CPU_AVX2 | FV_CPU_AVX512, "ifma"},
    {FV_CPU_SHA, 0, "sha"},
    {FV_CPU_ADX, 0, "adx"},
    {FV_CPU_NEON, 0, "neon"},
    {FV_CPU_SHA2, FV_CPU_NEON, "sha2"},
    {FV_CPU_SHA512, FV_CPU_NEON | FV_CPU_SHA2, "sha512"},
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static uint32_t detected, allowed;

#if defined(__x86_64__)
#include <cpuid.h>

static uint64_t xcr0(void) {
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (uint64_t)high << 32 | low;
}

static uint32_t detect(void) {
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d)) return 0;
    const int osxsave = c & bit_OSXSAVE;
    const uint64_t saved = osxsave ? xcr0() : 0;
    // Intel SDM vol. 1 §13.3: bits 1-2 are XMM and YMM, bits 5-7 the AVX-512 opmasks and upper halves.
    const int ymm = (saved & 0x06) == 0x06, zmm = (saved & 0xe6) == 0xe6;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return 0;
    uint32_t found = 0;
    const unsigned avx2 = bit_AVX2 | bit_BMI | bit_BMI2;
    const unsigned avx512 = bit_AVX512F | bit_AVX512BW | bit_AVX512DQ | bit_AVX512VL;
    if (ymm && (b & avx2) == avx2) found |= FV_CPU_AVX2;
    const unsigned vbmi = bit_AVX512VBMI | bit_AVX512VBMI2;
    if (zmm && (found & FV_CPU_AVX2) && (b & avx512) == avx512 && (c & vbmi) == vbmi) found |= FV_CPU_AVX512;
    if ((found & FV_CPU_AVX512) && (b & bit_AVX512IFMA)) found |= FV_CPU_IFMA;
    if (b & bit_SHA) found |= FV_CPU_SHA;
    if ((b & bit_ADX) && (b & bit_BMI2)) found |= FV_CPU_ADX;
    return found;
}
#elif defined(__aarch64__) && defined(__linux__)
#include <asm/hwcap.h>
#include <sys/auxv.h>

static uint32_t detect(void) {
    const unsigned long capabilities = getauxval(AT_HWCAP);
    uint32_t found = 0;
    if (capabilities & HWCAP_ASIMD) found |= FV_CPU_NEON;
    if ((found & FV_CPU_NEON) && (capabilities & HWCAP_SHA2)) found |= FV_CPU_SHA2;
    if ((found & FV_CPU_SHA2) && (capabilities & HWCAP_SHA512)) found |= FV_CPU_SHA512;
    return found;
}
#else
static uint32_t detect(void) { return 0; }
#endif

static uint32_t parse(const char *list) {
    uint32_t mask = 0;
    while (*list) {
        const size_t length = strcspn(list, ",");
        uint32_t feature = 0;
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            if (strlen(names[i].name) == length && memcmp(names[i].name, list, length) == 0)
                feature = names[i].feature | names[i].implied;
        if (!feature) return 0;
        mask |= feature;
        list += length;
        if (*list == ',') list++;
    }
    return mask;
}

static void initialise(void) {
    detected = allowed = detect();
    const char *list = getenv("FASTVERIFY_CPU");
    if (list) allowed &= parse(list);
}

uint32_t fv_cpu_features(void) {
    pthread_once(&once, initialise);
    return allowed;
}

uint32_t fv_cpu_detected(void) {
    pthread_once(&once, initialise);
    return detected;
}

const char *fv_cpu_feature_name(uint32_t feature) {
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].feature == feature) return names[i].name;
    return NULL;
}
