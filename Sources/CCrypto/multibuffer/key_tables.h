// Which keys own precomputed tables. A kernel embeds a slot in its prepared key, says how a table is built, and asks
// for the key's table once per batch; when to build, which tier, and whose table goes is decided here.
//
//     static bool build(const void *key, unsigned tier, void *table);  // tier 1: w = 6, tier 2: w = 8
//     static const fv_table_kind kind = {.bytes = {0, WIDTH_6_BYTES, WIDTH_8_BYTES}, .build = build};
//     typedef struct { point q; fv_table_slot tables; } es256_state;
//
//     prepare: fv_table_slot_open(&state->tables, NULL, &kind, state);   // last, once the state can no longer fail
//     verify:  const fv_table_use use = fv_table_acquire(&state->tables, tokens_of_this_key);
//              if (use.table) with_table(use.table, use.tier, …); else without_table(…);
//              fv_table_release(&state->tables, use);
//     release: fv_table_slot_close(&state->tables);                      // first; cancels or waits for a build
//
// How a table stays alive while somebody reads it: reference counts, kept in the slot and not in the table. Whoever
// acquires holds the prepared key, so the slot is there whatever happens to its table; that makes it safe to count
// first and to look afterwards, with one atomic addition and no packed pointers. The alternatives do worse here: epochs
// keep every retired table until the slowest thread moves on, so a budget would not bound memory; hazard pointers need
// a record per thread and one hazard per key of a batch, and both want threads to register.
#pragma once
#include <stdatomic.h>

#include "ccrypto.h"

typedef struct {
    /// Bytes of a table by tier, [0] unused; 0 where the family has no such tier. Rounded up to 64.
    size_t bytes[FV_TABLE_TIERS];
    /// Fills `table` (64-byte aligned, not zeroed) from `key`, the pointer given to fv_table_slot_open; false: could
    /// not. Runs on another thread, beside verification: it reads what never changes, and calls nothing of this header.
    bool (*build)(const void *key, unsigned tier, void *table);
} fv_table_kind;

/// The cache that decides. NULL stands for the one of the process; others exist for tests.
typedef struct fv_table_cache fv_table_cache;
typedef struct fv_table_slot fv_table_slot;

/// A place for one table. Two of them, so that a larger table moves in while the smaller one is still read.
typedef struct {
    // Bits 0–1: empty, live, retired, freeing. Bits 2–17: readers. Bits 18–63: uses of this table.
    _Atomic(uint64_t) word;
    void *table;  // this and the rest: written while empty, read while not
    size_t bytes;
    unsigned tier;
} fv_table_seat;

/// What a kernel embeds, on cache lines other than those verification reads: every use writes the first 88 bytes.
/// Its members are for key_tables.c and key_table_worker.c only.
struct fv_table_slot {
    _Atomic(uint32_t) current;   // the seat that is live, or FV_TABLE_NO_SEAT
    _Atomic(uint32_t) visits;    // calls of acquire since `since`, of a key that wants more than it has
    _Atomic(uint64_t) price;     // uses after which the next tier is asked for; FV_TABLE_NEVER: no need to count
    _Atomic(uint64_t) last_use;  // by the clock of the cache
    fv_table_seat seats[2];
    _Atomic(uint64_t) earned;  // uses since `since`
    _Atomic(uint64_t) since;   // by the clock of the cache; 0: at the next use
    _Atomic(uint64_t) uses[FV_TABLE_TIERS];
    fv_table_cache *cache;
    const fv_table_kind *kind;
    const void *key;
    // Under the lock of the cache.
    struct {
        fv_table_slot *previous, *next;
    } links[3];
    uint32_t refusals;
    bool queued, building;
};

/// What acquire gives: the table (NULL: none), its tier (0: none), and what release needs to know.
typedef struct {
    const void *table;
    uint32_t tier, seat;
} fv_table_use;

/// Sets up a slot in memory of any content. `key` must stay as it is until fv_table_slot_close returns.
void fv_table_slot_open(fv_table_slot *slot, fv_table_cache *cache, const fv_table_kind *kind, const void *key);
/// Cancels a queued build, waits for a running one, frees the table. Nobody may be using the slot.
void fv_table_slot_close(fv_table_slot *slot);

/// The key's table for the checking of `uses` (below 2^32) signatures, for any number of threads at once. Lock-free and
/// without allocation. Once per batch and key; at most 65,535 uses of a slot may be open at a time.
fv_table_use fv_table_acquire(fv_table_slot *slot, uint32_t uses);
/// Exactly once for each acquire, on whatever thread. A use without a table needs none, and may have one.
void fv_table_release(fv_table_slot *slot, fv_table_use use);

/// From now on slots that this thread opens without naming a cache go to this one instead of that of the process; NULL
/// ends that. Returns what was in force.
fv_table_cache *fv_table_cache_use(fv_table_cache *cache);

/// A cache of its own; NULL when out of memory. Every slot is closed before it is freed.
fv_table_cache *fv_table_cache_create(size_t budget, bool synchronous);
void fv_table_cache_free(fv_table_cache *cache);
/// As the functions of ccrypto.h for the cache of the process; NULL is that one.
void fv_table_cache_set_budget(fv_table_cache *cache, size_t bytes);
void fv_table_cache_set_synchronous(fv_table_cache *cache, bool synchronous);
void fv_table_cache_read(fv_table_cache *cache, fv_table_counters *counters);
