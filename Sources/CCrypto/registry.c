#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "ccpu.h"
#include "kernel.h"

static const fv_algorithm_info algorithms[FV_ALGORITHM_COUNT] = {
#define FV_ALGORITHM(identifier, name, key, signature, hash) {name, key, signature, hash},
#include "algorithms.def"
#undef FV_ALGORITHM
};

static const fv_kernel kernels[] = {
#define FV_KERNEL(algorithm, name, backend, features, lanes, stem) \
    {name, backend, FV_##algorithm, features, lanes, stem##_prepare, stem##_release, stem##_verify},
#include "kernels.def"
#undef FV_KERNEL
};
enum { KERNEL_COUNT = sizeof kernels / sizeof *kernels };

// The rows again, grouped by algorithm: rows[starts[a]] up to rows[starts[a + 1]]. Written once, before any reader.
static const fv_kernel *rows[KERNEL_COUNT];
static size_t starts[FV_ALGORITHM_COUNT + 1];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void initialise(void) {
    size_t used = 0;
    for (size_t a = 0; a < FV_ALGORITHM_COUNT; a++) {
        starts[a] = used;
        for (size_t i = 0; i < KERNEL_COUNT; i++)
            if (kernels[i].algorithm == (fv_algorithm)a) rows[used++] = &kernels[i];
    }
    starts[FV_ALGORITHM_COUNT] = used;
}

// An enumeration coming from C or Swift may hold any value.
static bool known(fv_algorithm algorithm) { return (unsigned)algorithm < FV_ALGORITHM_COUNT; }

const fv_algorithm_info *fv_algorithm_get(fv_algorithm algorithm) {
    return known(algorithm) ? &algorithms[algorithm] : NULL;
}

const fv_kernel *const *fv_kernels(fv_algorithm algorithm, size_t *count) {
    pthread_once(&once, initialise);
    *count = known(algorithm) ? starts[algorithm + 1] - starts[algorithm] : 0;
    return known(algorithm) ? rows + starts[algorithm] : NULL;
}

bool fv_kernel_supported(const fv_kernel *kernel) { return (kernel->features & ~fv_cpu_features()) == 0; }

const fv_kernel *fv_kernel_named(fv_algorithm algorithm, const char *name) {
    size_t count;
    const fv_kernel *const *row = fv_kernels(algorithm, &count);
    for (size_t i = 0; name && i < count; i++)
        if (strcmp(row[i]->name, name) == 0) return row[i];
    return NULL;
}

// MARK: Self-test and selection

// Both are settled at the first question, because they cost milliseconds an algorithm. The lock is held meanwhile: a
// second thread that asks has to wait for the answer anyway.
static pthread_mutex_t trial = PTHREAD_MUTEX_INITIALIZER;
enum { UNTRIED, PASSED, FAILED };
static _Atomic(uint8_t) outcomes[KERNEL_COUNT];
static const fv_kernel *_Atomic selected[FV_ALGORITHM_COUNT];

// FASTVERIFY_FAIL_SELF_TEST names a row that is to fail, so that what follows can be tried out.
static bool fails_on_request(const fv_kernel *kernel) {
    const char *name = getenv("FASTVERIFY_FAIL_SELF_TEST");
    return name && strcmp(kernel->name, name) == 0;
}

static bool passes_locked(const fv_kernel *kernel) {
    _Atomic(uint8_t) *outcome = &outcomes[kernel - kernels];
    if (atomic_load(outcome) == UNTRIED)
        atomic_store(outcome, !fails_on_request(kernel) && fv_self_test(kernel) ? PASSED : FAILED);
    return atomic_load(outcome) == PASSED;
}

// Libraries test themselves.
static bool is_own(const fv_kernel *kernel) { return strcmp(kernel->backend, "multibuffer") == 0; }

static bool is_usable_locked(const fv_kernel *kernel) {
    return fv_kernel_supported(kernel) && (!is_own(kernel) || passes_locked(kernel));
}

bool fv_kernel_usable(const fv_kernel *kernel) {
    pthread_mutex_lock(&trial);
    const bool usable = is_usable_locked(kernel);
    pthread_mutex_unlock(&trial);
    return usable;
}

static const fv_kernel *select_row(fv_algorithm algorithm) {
    const fv_kernel *forced = fv_kernel_named(algorithm, getenv("FASTVERIFY_KERNEL"));
    if (forced && is_usable_locked(forced)) return forced;
    size_t i = starts[algorithm];
    while (!is_usable_locked(rows[i])) i++;  // every algorithm has a library's row that needs no features
    return rows[i];
}

const fv_kernel *fv_kernel_selected(fv_algorithm algorithm) {
    pthread_once(&once, initialise);
    if (!known(algorithm)) return NULL;
    const fv_kernel *row = atomic_load(&selected[algorithm]);
    if (row) return row;
    pthread_mutex_lock(&trial);
    row = atomic_load(&selected[algorithm]);
    if (!row) atomic_store(&selected[algorithm], row = select_row(algorithm));
    pthread_mutex_unlock(&trial);
    return row;
}

fv_key_status fv_prepare(const fv_kernel *kernel, const fv_key *key, fv_prepared_key **prepared) {
    *prepared = NULL;
    const fv_algorithm_info *algorithm = fv_algorithm_get(kernel->algorithm);
    if (fv_key_get_type(key) != algorithm->key_type) return FV_KEY_WRONG_ALGORITHM;
    // The one property of a key that its type does not settle: RFC 7518 §3.2, a secret as long as the hash at least.
    if (!(fv_key_algorithms(key) >> kernel->algorithm & 1)) return FV_KEY_SECRET_SHORT;
    // Running it would be an illegal instruction, or would evade FASTVERIFY_CPU.
    if (!fv_kernel_supported(kernel)) return FV_KEY_UNSUPPORTED;
    fv_prepared_key *made = malloc(sizeof *made);
    if (!made) return FV_KEY_MEMORY;
    made->kernel = kernel;
    made->state = NULL;
    const fv_key_status status = kernel->prepare(kernel, key, &made->state);
    if (status != FV_KEY_OK) {
        free(made);
        return status;
    }
    *prepared = made;
    return FV_KEY_OK;
}

void fv_prepared_key_free(fv_prepared_key *prepared) {
    if (!prepared) return;
    prepared->kernel->release(prepared->state);
    free(prepared);
}

const fv_kernel *fv_prepared_key_kernel(const fv_prepared_key *prepared) { return prepared->kernel; }

void fv_verify(const fv_kernel *kernel, const fv_job *jobs, size_t count, uint8_t *verdicts) {
    // A kernel is given only stretches of jobs whose keys it prepared itself; normally that is the whole batch.
    for (size_t i = 0; i < count;) {
        size_t end = i;
        while (end < count && jobs[end].key && jobs[end].key->kernel == kernel) end++;
        if (end > i) kernel->verify(jobs + i, end - i, verdicts + i);
        if (end < count) verdicts[end++] = 0;
        i = end;
    }
}
