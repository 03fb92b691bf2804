#include "context_pool.h"

#include <stddef.h>
#include <stdint.h>

// Threads start at different slots, so that those which verify single tokens do not all contend for the first one.
static size_t first_slot(void) {
    static _Thread_local char marker;
    // Fibonacci hashing of an address that is this thread's own; the top 4 bits choose one of 16.
    return (size_t)((uint64_t)(uintptr_t)&marker * 0x9e3779b97f4a7c15u >> 60) % FV_CONTEXT_SLOTS;
}

int fv_context_pool_fill(fv_context_pool *pool, const void *owner, void *(*create)(const void *),
                         void (*destroy)(void *)) {
    pool->owner = owner;
    pool->create = create;
    pool->destroy = destroy;
    for (size_t i = 0; i < FV_CONTEXT_SLOTS; i++) atomic_init(&pool->slots[i], NULL);
    void *first = create(owner);
    if (first) fv_context_put(pool, first);
    return first != NULL;
}

void fv_context_pool_drain(fv_context_pool *pool) {
    for (size_t i = 0; i < FV_CONTEXT_SLOTS; i++) {
        void *context = atomic_exchange(&pool->slots[i], NULL);
        if (context) pool->destroy(context);
    }
}

void *fv_context_take(fv_context_pool *pool) {
    const size_t first = first_slot();
    for (size_t i = 0; i < FV_CONTEXT_SLOTS; i++) {
        _Atomic(void *) *slot = &pool->slots[(first + i) % FV_CONTEXT_SLOTS];
        // Looking before exchanging leaves the cache line of an empty slot shared.
        if (!atomic_load_explicit(slot, memory_order_relaxed)) continue;
        void *context = atomic_exchange_explicit(slot, NULL, memory_order_acquire);
        if (context) return context;
    }
    return pool->create(pool->owner);
}

void fv_context_put(fv_context_pool *pool, void *context) {
    if (!context) return;
    const size_t first = first_slot();
    for (size_t i = 0; i < FV_CONTEXT_SLOTS; i++) {
        void *expected = NULL;
        if (atomic_compare_exchange_strong_explicit(&pool->slots[(first + i) % FV_CONTEXT_SLOTS], &expected, context,
                                                    memory_order_release, memory_order_relaxed))
            return;
    }
    pool->destroy(context);
}
