#define _POSIX_C_SOURCE 200809L
#include "table_kinds.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct fv_test_key {
    fv_table_kind kind;
    uint32_t identity;
    pthread_t thread;
    _Atomic(bool) held, failing;
    _Atomic(uint32_t) begun[FV_TABLE_TIERS], ended[FV_TABLE_TIERS], begun_here;
    fv_table_slot slot;
};

// A table: the key's address, identity and tier, then the identity's low byte to the end.
typedef struct {
    const fv_test_key *key;
    uint32_t identity, tier;
} header;

static void nap(void) { nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL); }

static bool build(const void *context, unsigned tier, void *table) {
    fv_test_key *key = (fv_test_key *)(uintptr_t)context;
    if (pthread_equal(pthread_self(), key->thread)) atomic_fetch_add(&key->begun_here, 1);
    atomic_fetch_add(&key->begun[tier], 1);
    while (atomic_load(&key->held)) nap();
    const header mark = {key, key->identity, tier};
    memcpy(table, &mark, sizeof mark);
    memset((char *)table + sizeof mark, (int)(key->identity & 0xff), key->kind.bytes[tier] - sizeof mark);
    const bool built = !atomic_load(&key->failing);
    atomic_fetch_add(&key->ended[tier], 1);
    return built;
}

fv_test_key *fv_test_key_open(fv_table_cache *cache, uint32_t identity, size_t first_bytes, size_t second_bytes) {
    fv_test_key *key = calloc(1, sizeof *key);
    if (!key) abort();
    key->kind = (fv_table_kind){.bytes = {0, first_bytes, second_bytes}, .build = build};
    key->identity = identity;
    key->thread = pthread_self();
    fv_table_slot_open(&key->slot, cache, &key->kind, key);
    return key;
}

void fv_test_key_close(fv_test_key *key) {
    fv_table_slot_close(&key->slot);
    fv_test_key_forget(key);
}

void fv_test_key_forget(fv_test_key *key) {
    memset(key, 0xee, sizeof *key);  // a build still running would trip over this
    free(key);
}

fv_table_slot *fv_test_key_slot(fv_test_key *key) { return &key->slot; }

void fv_test_key_hold(fv_test_key *key, bool held) { atomic_store(&key->held, held); }
void fv_test_key_fail(fv_test_key *key, bool failing) { atomic_store(&key->failing, failing); }

uint32_t fv_test_key_begun(const fv_test_key *key, unsigned tier) { return atomic_load(&key->begun[tier]); }
uint32_t fv_test_key_ended(const fv_test_key *key, unsigned tier) { return atomic_load(&key->ended[tier]); }
uint32_t fv_test_key_begun_here(const fv_test_key *key) { return atomic_load(&key->begun_here); }

uint32_t fv_test_key_tier(const fv_test_key *key) {
    const uint32_t current = atomic_load(&key->slot.current);
    return current > 1 ? 0 : key->slot.seats[current].tier;
}

static void *put_right(void *context) {
    fv_test_key *key = context;
    nap();
    atomic_store(&key->slot.current, UINT32_MAX);
    return NULL;
}

fv_table_use fv_test_key_acquire_outdated(fv_test_key *key, uint32_t seat) {
    pthread_t thread;
    atomic_store(&key->slot.current, seat);
    if (pthread_create(&thread, NULL, put_right, key) != 0) abort();
    const fv_table_use use = fv_table_acquire(&key->slot, 1);
    pthread_join(thread, NULL);
    return use;
}

bool fv_test_key_owns(const fv_test_key *key, fv_table_use use) {
    if (!use.table || use.tier == 0 || use.tier >= FV_TABLE_TIERS || (uintptr_t)use.table % 64 != 0) return false;
    header mark;
    memcpy(&mark, use.table, sizeof mark);
    if (mark.key != key || mark.identity != key->identity || mark.tier != use.tier) return false;
    const unsigned char *bytes = use.table;
    for (size_t i = sizeof mark; i < key->kind.bytes[use.tier]; i++)
        if (bytes[i] != (key->identity & 0xff)) return false;
    return true;
}

bool fv_test_tables_under_thread_sanitizer(void) {
#if __has_feature(thread_sanitizer)
    return true;
#else
    return false;
#endif
}

bool fv_test_tables_under_sanitizer(void) {
#if __has_feature(address_sanitizer)
    return true;
#else
    return fv_test_tables_under_thread_sanitizer();
#endif
}

// Uses a key until it has a table. False after 30 seconds.
static bool gets_table(fv_test_key *key) {
    for (int i = 0; i < 300000; i++) {
        const fv_table_use use = fv_table_acquire(&key->slot, 1);
        const bool owns = fv_test_key_owns(key, use);
        fv_table_release(&key->slot, use);
        if (owns) return true;
        nap();
    }
    return false;
}

int fv_test_tables_fork(void) {
    fv_test_key *held = fv_test_key_open(NULL, 1, 64, 0), *waiting = fv_test_key_open(NULL, 2, 64, 0);
    fv_test_key_hold(held, true);
    for (int i = 0; i < 300000 && fv_test_key_begun(held, 1) == 0; i++) {
        fv_table_release(&held->slot, fv_table_acquire(&held->slot, 1));
        nap();
    }
    fv_table_release(&waiting->slot, fv_table_acquire(&waiting->slot, 8));  // stands in the queue
    const pid_t child = fork();
    if (child == 0) {
        fv_test_key *own = fv_test_key_open(NULL, 3, 64, 0);
        int failed = gets_table(own) ? 0 : 1;
        failed |= gets_table(waiting) ? 0 : 2;
        fv_test_key_hold(held, false);
        failed |= gets_table(held) ? 0 : 4;
        fv_test_key_close(own);
        fv_test_key_close(waiting);
        fv_test_key_close(held);
        _exit(failed);
    }
    fv_test_key_hold(held, false);
    int failed = child > 0 && gets_table(held) && gets_table(waiting) ? 0 : 8;
    fv_test_key_close(waiting);
    fv_test_key_close(held);
    int status = 0;
    if (child > 0 && waitpid(child, &status, 0) == child && !WIFEXITED(status)) failed |= 16;
    return failed | (WIFEXITED(status) ? WEXITSTATUS(status) : 0);
}
