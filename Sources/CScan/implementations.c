// Which implementation runs: the first row whose features the process may use.
#include "implementations.h"

#include <stdatomic.h>

#include "ccpu.h"

#define ROW(set, features, split) \
    { #set, features, split, fvs_base64url_decode_##set, fvs_validate_##set, fvs_scan_object_##set }

static const fvs_implementation rows[] = {
#if defined(__x86_64__)
    ROW(avx512, FV_CPU_AVX512, fvs_split_avx512),
    ROW(avx2, FV_CPU_AVX2, fvs_split_portable),
#endif
#if defined(__aarch64__)
    ROW(neon, FV_CPU_NEON, fvs_split_portable),
#endif
    ROW(portable, 0, fvs_split_portable),
};

// Threads that come first at the same time find the same row, so storing it twice does no harm.
static const fvs_implementation *_Atomic selected;

static const fvs_implementation *select_row(void) {
    const uint32_t usable = fv_cpu_features();
    const fvs_implementation *row = rows;
    while ((row->features & usable) != row->features) row++;  // the last row needs nothing
    atomic_store_explicit(&selected, row, memory_order_relaxed);
    return row;
}

const fvs_implementation *fvs_selected_implementation(void) {
    const fvs_implementation *const row = atomic_load_explicit(&selected, memory_order_relaxed);
    return __builtin_expect(row != NULL, 1) ? row : select_row();
}

const fvs_implementation *fvs_implementations(size_t *count) {
    *count = sizeof rows / sizeof *rows;
    return rows;
}

bool fvs_split(const uint8_t *text, size_t count, size_t dots[2]) {
    return fvs_selected_implementation()->split(text, count, dots);
}

bool fvs_base64url_decode(const uint8_t *text, size_t count, uint8_t *out) {
    return fvs_selected_implementation()->base64url_decode(text, count, out);
}

fvs_status fvs_validate(const uint8_t *text, size_t count, fvs_scratch *scratch) {
    return fvs_selected_implementation()->validate(text, count, scratch);
}

fvs_status fvs_scan_object(const uint8_t *text, size_t count, fvs_scratch *scratch, fvs_object *object) {
    return fvs_selected_implementation()->scan_object(text, count, scratch, object);
}
