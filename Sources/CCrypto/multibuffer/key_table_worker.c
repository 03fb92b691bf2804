// The one thread that builds tables, and what fork and exit mean for it. It sleeps unless a key has asked.
#define _POSIX_C_SOURCE 200809L
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "key_table_cache.h"

static void *work(void *context) {
    fv_table_cache *cache = context;
    pthread_mutex_lock(&cache->lock);
    for (;;) {
        while (!cache->stopping && !cache->lists[FV_LIST_QUEUE].first) pthread_cond_wait(&cache->work, &cache->lock);
        if (cache->stopping) break;
        fv_table_slot *slot = cache->lists[FV_LIST_QUEUE].first;
        fv_table_unlink(cache, FV_LIST_QUEUE, slot);
        slot->queued = false;
        slot->building = true;  // close waits from here on, so the slot and its key stay
        if (fv_table_job_begin(slot, &cache->job)) {
            const unsigned tier = cache->job.tier;
            void *memory = cache->job.memory;
            pthread_mutex_unlock(&cache->lock);
            const bool built = slot->kind->build(slot->key, tier, memory);
            pthread_mutex_lock(&cache->lock);
            fv_table_job_end(&cache->job, built);
        }
        cache->job.slot = NULL;
        pthread_cond_broadcast(&cache->done);
    }
    pthread_mutex_unlock(&cache->lock);
    return NULL;
}

bool fv_table_worker_start(fv_table_cache *cache) {
    if (cache->running || cache->stopping) return cache->running && !cache->stopping;
    // The program's signal handlers expect the program's threads; those that report a crash must see one here too.
    static const int crashes[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP};
    sigset_t mask, before;
    sigfillset(&mask);
    for (size_t i = 0; i < sizeof crashes / sizeof *crashes; i++) sigdelset(&mask, crashes[i]);
    pthread_sigmask(SIG_SETMASK, &mask, &before);
    cache->running = pthread_create(&cache->thread, NULL, work, cache) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return cache->running;
}

void fv_table_worker_stop(fv_table_cache *cache) {
    pthread_mutex_lock(&cache->lock);
    cache->stopping = true;
    const bool running = cache->running;
    cache->running = false;
    pthread_cond_signal(&cache->work);
    pthread_mutex_unlock(&cache->lock);
    if (running) pthread_join(cache->thread, NULL);
}

// MARK: The cache of the process

static fv_table_cache shared;
static pthread_once_t once = PTHREAD_ONCE_INIT;

// A fork copies the forking thread only. It holds the lock meanwhile, so the child finds the lists whole; the worker,
// and a build it was in, are missing there. The next request starts another. A table that a lost thread was reading
// keeps its count, so it will never be freed in the child: a leak, where the alternative is a guess.
static void before_fork(void) { pthread_mutex_lock(&shared.lock); }
static void after_fork_in_parent(void) { pthread_mutex_unlock(&shared.lock); }
static void after_fork_in_child(void) {
    shared.running = false;
    // The threads that waited on these do not exist here.
    pthread_cond_init(&shared.work, NULL);
    pthread_cond_init(&shared.done, NULL);
    if (shared.job.slot) fv_table_job_end(&shared.job, false);
    shared.job.slot = NULL;
    pthread_mutex_unlock(&shared.lock);
}

// Functions registered earlier with atexit run later: what a build may need of libcrypto is still there.
static void at_exit(void) { fv_table_worker_stop(&shared); }

static void set_up_shared(void) {
    size_t budget = (size_t)64 << 20;  // 64 keys take 22 MB at 340 KB each; the rest of the keys, small tables
    bool synchronous = false, eager = false;
    const char *list = getenv("FASTVERIFY_TABLES");
    while (list && *list) {
        const size_t length = strcspn(list, ",");
        char *end;
        const unsigned long long number = strtoull(list, &end, 10);
        if (length == 3 && memcmp(list, "off", 3) == 0) budget = 0;
        if (length == 4 && memcmp(list, "sync", 4) == 0) synchronous = true;
        if (length == 5 && memcmp(list, "eager", 5) == 0) eager = true;
        // The first character, because strtoull takes signs and spaces.
        if (*list >= '0' && *list <= '9' && end == list + length)
            budget = number > (SIZE_MAX >> 20) ? SIZE_MAX : (size_t)number << 20;
        list += length;
        if (*list == ',') list++;
    }
    fv_table_cache_set_up(&shared, budget, synchronous);
    shared.eager = eager;
    pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
    atexit(at_exit);
}

fv_table_cache *fv_table_cache_shared(void) {
    pthread_once(&once, set_up_shared);
    return &shared;
}
