#include "allocations.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define OWNED_BY_SANITIZER 1
#endif
#endif

#if defined(OWNED_BY_SANITIZER) || !defined(__GLIBC__)
bool allocations_counted(void) { return false; }
uint64_t allocations_own(void) { return 0; }
uint64_t allocations_openssl(void) { return 0; }
#else
#include <errno.h>
#include <openssl/crypto.h>
#include <stddef.h>
#include <stdlib.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void *block);

// Initial-exec, so that reading a counter never allocates.
static __thread uint64_t own __attribute__((tls_model("initial-exec")));
static __thread uint64_t openssl __attribute__((tls_model("initial-exec")));
static bool separated;

void *malloc(size_t size) {
    own++;
    return __libc_malloc(size);
}
void *calloc(size_t count, size_t size) {
    own++;
    return __libc_calloc(count, size);
}
void *realloc(void *block, size_t size) {
    own++;
    return __libc_realloc(block, size);
}
void *memalign(size_t alignment, size_t size) {
    own++;
    return __libc_memalign(alignment, size);
}
void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }
int posix_memalign(void **block, size_t alignment, size_t size) {
    *block = memalign(alignment, size);
    return *block ? 0 : ENOMEM;
}
void free(void *block) { __libc_free(block); }

static void *openssl_malloc(size_t size, const char *file, int line) {
    (void)file, (void)line;
    openssl++;
    return __libc_malloc(size);
}
static void *openssl_realloc(void *block, size_t size, const char *file, int line) {
    (void)file, (void)line;
    openssl++;
    return __libc_realloc(block, size);
}
static void openssl_free(void *block, const char *file, int line) {
    (void)file, (void)line;
    __libc_free(block);
}

__attribute__((constructor)) static void separate_openssl(void) {
    separated = CRYPTO_set_mem_functions(openssl_malloc, openssl_realloc, openssl_free) == 1;
}

bool allocations_counted(void) { return separated; }
uint64_t allocations_own(void) { return own; }
uint64_t allocations_openssl(void) { return openssl; }
#endif
