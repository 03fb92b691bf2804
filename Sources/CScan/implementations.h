// What each instruction set's file defines: the functions of one row of the implementation table.
#pragma once
#include "cscan.h"

bool fvs_split_portable(const uint8_t *text, size_t count, size_t dots[2]);
#if defined(__x86_64__)
bool fvs_split_avx512(const uint8_t *text, size_t count, size_t dots[2]);
#endif

#define FVS_DECLARE_IMPLEMENTATION(set)                                                     \
    bool fvs_base64url_decode_##set(const uint8_t *text, size_t count, uint8_t *out);       \
    fvs_status fvs_validate_##set(const uint8_t *text, size_t count, fvs_scratch *scratch); \
    fvs_status fvs_scan_object_##set(const uint8_t *text, size_t count, fvs_scratch *scratch, fvs_object *object);

FVS_DECLARE_IMPLEMENTATION(portable)
#if defined(__x86_64__)
FVS_DECLARE_IMPLEMENTATION(avx2)
FVS_DECLARE_IMPLEMENTATION(avx512)
#endif
#if defined(__aarch64__)
FVS_DECLARE_IMPLEMENTATION(neon)
#endif
