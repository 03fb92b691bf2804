// What key_tables.c (slots, budget, policy) and key_table_worker.c (the thread, fork, exit) share.
#pragma once
#include <pthread.h>

#include "key_tables.h"

#define FV_TABLE_NO_SEAT UINT32_MAX
#define FV_TABLE_NEVER UINT64_MAX

enum { FV_TABLE_QUEUE_MAX = 256 };  // about 25 ms of building

typedef enum { FV_LIST_ALL, FV_LIST_OWNERS, FV_LIST_QUEUE } fv_table_list;

/// A build under way: its bytes are reserved, its memory is there.
typedef struct {
    fv_table_slot *slot;  // NULL: none
    void *memory;
    size_t bytes;
    unsigned tier;
    bool refused;  // a larger table was wanted and found no room
} fv_table_job;

struct fv_table_cache {
    // Alone on its line: read at every use, written only at uses by keys that want more than they have.
    _Alignas(64) _Atomic(uint64_t) clock;
    _Alignas(64) pthread_mutex_t lock;
    pthread_cond_t work, done;
    _Atomic(uint64_t) bytes;  // grows under the lock, shrinks anywhere
    _Atomic(uint64_t) queue_refusals;
    _Atomic(bool) synchronous;
    bool eager;  // the first use earns every tier; constant once slots are open
    // Under the lock.
    size_t budget;
    uint64_t peak, failures, evictions, no_room;
    uint64_t builds[FV_TABLE_TIERS], uses_of_closed[FV_TABLE_TIERS];
    struct {
        fv_table_slot *first, *last;
        size_t count;
    } lists[3];
    // The worker's, under the lock.
    fv_table_job job;
    pthread_t thread;
    bool running, stopping;
};

// MARK: key_tables.c

void fv_table_link(fv_table_cache *cache, fv_table_list list, fv_table_slot *slot);
void fv_table_unlink(fv_table_cache *cache, fv_table_list list, fv_table_slot *slot);
/// Under the lock: decides what the slot gets; reserves bytes and memory. False: nothing, and the slot waits again.
bool fv_table_job_begin(fv_table_slot *slot, fv_table_job *job);
/// Under the lock: moves the table in, or gives it up where `built` is false or the budget has shrunk.
void fv_table_job_end(const fv_table_job *job, bool built);
void fv_table_cache_set_up(fv_table_cache *cache, size_t budget, bool synchronous);

// MARK: key_table_worker.c

/// Under the lock. False: it cannot be started.
bool fv_table_worker_start(fv_table_cache *cache);
/// Without the lock; returns when the thread is gone. It is not started again.
void fv_table_worker_stop(fv_table_cache *cache);
/// The cache of the process, set up from FASTVERIFY_TABLES.
fv_table_cache *fv_table_cache_shared(void);
