// OpenSSL contexts are set up once and used often, but never by two threads at once. A pool keeps a few of them with a
// prepared key; a run of jobs with the same key takes one and puts it back. No locks, no order among threads.
#pragma once
#include <stdatomic.h>

enum { FV_CONTEXT_SLOTS = 16 };

typedef struct {
    const void *owner;                   // given to create
    void *(*create)(const void *owner);  // NULL when out of memory
    void (*destroy)(void *context);
    _Atomic(void *) slots[FV_CONTEXT_SLOTS];  // NULL: empty
} fv_context_pool;

/// Sets up a pool in zeroed memory and makes its first context; 0 where that fails (nothing to drain then).
int fv_context_pool_fill(fv_context_pool *pool, const void *owner, void *(*create)(const void *),
                         void (*destroy)(void *));
/// Destroys the contexts; none may be in use.
void fv_context_pool_drain(fv_context_pool *pool);

/// A context for this thread alone, made anew where none is at hand; NULL when out of memory.
void *fv_context_take(fv_context_pool *pool);
/// Gives it back; destroyed where the pool is full. NULL is fine.
void fv_context_put(fv_context_pool *pool, void *context);
