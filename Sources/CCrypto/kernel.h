// What a kernel's file sees of the registry: its own declarations, and the state it put into a prepared key.
#pragma once
#include "ccrypto.h"

struct fv_prepared_key {
    const fv_kernel *kernel;
    void *state;  // made by kernel->prepare, read-only or internally synchronised from then on
};

#define FV_KERNEL(algorithm, name, backend, features, lanes, stem)                          \
    fv_key_status stem##_prepare(const fv_kernel *kernel, const fv_key *key, void **state); \
    void stem##_release(void *state);                                                       \
    void stem##_verify(const fv_job *jobs, size_t count, uint8_t *verdicts);
#include "kernels.def"
#undef FV_KERNEL
