// Where secrets that sign or seal are kept.
#include <openssl/crypto.h>
#include <signal.h>
#include <sodium.h>
#include <sys/resource.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "ccrypto.h"
#include "library.h"

void *fv_guarded_allocate(size_t size) { return fv_sodium_ready() ? sodium_malloc(size) : NULL; }

void fv_guarded_free(void *memory) { sodium_free(memory); }

void fv_guarded_make_readonly(void *memory) { sodium_mprotect_readonly(memory); }

void fv_erase(void *memory, size_t size) { OPENSSL_cleanse(memory, size); }

void fv_forbid_core_files(void) {
    // Swift's backtraces show registers and what they point to, and could not attach to a process that forbids it.
    static const int crashes[] = {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGQUIT, SIGSEGV, SIGTRAP};
    for (size_t i = 0; i < sizeof crashes / sizeof *crashes; i++) signal(crashes[i], SIG_DFL);
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
#ifdef __linux__
    // Core files may go to a program, which no limit of size keeps them from; and nobody attaches.
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

int fv_secure_heap(size_t size) {
    if (CRYPTO_secure_malloc_initialized()) return 1;
    // No number of a key is smaller than 32 octets.
    return CRYPTO_secure_malloc_init(size, 32);
}

bool fv_seal(const uint8_t key[32], const uint8_t *text, size_t count, uint8_t *out) {
    if (!fv_sodium_ready()) return false;
    randombytes_buf(out, crypto_secretbox_NONCEBYTES);
    return crypto_secretbox_easy(out + crypto_secretbox_NONCEBYTES, text, count, out, key) == 0;
}

bool fv_open(const uint8_t key[32], const uint8_t *sealed, size_t count, uint8_t *out) {
    if (count < FV_SEAL_OVERHEAD || !fv_sodium_ready()) return false;
    return crypto_secretbox_open_easy(out, sealed + crypto_secretbox_NONCEBYTES, count - crypto_secretbox_NONCEBYTES,
                                      sealed, key) == 0;
}

_Static_assert(FV_SEAL_OVERHEAD == crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES, "");
