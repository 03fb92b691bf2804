// The dots of a token. The C library's memchr is vector code of its own for every processor; with AVX-512 one pass over
// the token costs less than three calls.
#include <string.h>

#include "implementations.h"

bool fvs_split_portable(const uint8_t *text, size_t count, size_t dots[2]) {
    size_t from = 0;
    for (unsigned found = 0; from < count; found++) {
        const uint8_t *const dot = memchr(text + from, '.', count - from);
        if (!dot) return found == 2;
        if (found == 2) return false;
        dots[found] = (size_t)(dot - text);
        from = dots[found] + 1;
        if (found == 1 && from == count) return true;
    }
    return false;
}

#if defined(__x86_64__)
#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,bmi,bmi2"))), apply_to = function)
bool fvs_split_avx512(const uint8_t *text, size_t count, size_t dots[2]) {
    unsigned found = 0;
    for (size_t base = 0; base < count; base += 64) {
        const size_t left = count - base;
        const __mmask64 here = left < 64 ? _bzhi_u64(~(uint64_t)0, (unsigned)left) : ~(uint64_t)0;
        const __m512i c = _mm512_maskz_loadu_epi8(here, text + base);
        for (uint64_t marks = _mm512_cmpeq_epi8_mask(c, _mm512_set1_epi8('.')); marks; marks &= marks - 1) {
            if (found == 2) return false;
            dots[found++] = base + _tzcnt_u64(marks);
        }
    }
    return found == 2;
}
#pragma clang attribute pop
#endif
