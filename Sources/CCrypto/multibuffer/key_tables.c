#include "key_tables.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "key_table_cache.h"

// Uses that earn a tier. Building must cost less than it is likely to save; without knowing the future, the best rule
// is to build when as much has been lost as a table costs (at most twice the cost of the best decision). For P-256 on
// the project's machine, in microseconds: an OpenSSL check takes 41, a batched one without tables 3–4, with w = 6
// about 1.2, with w = 8 about 0.9. Tier 1 (w = 6: 43 × 32 additions) takes 18 to build and saves 2–3 a use: 18 / 2.5
// ≈ 8. Tier 2 (w = 8: 33 × 128) takes 50–80 and saves 0.3 a use: 80 / 0.3 ≈ 256. Every other curve costs more on both
// sides alike.
static const uint64_t uses_for[FV_TABLE_TIERS] = {0, 8, 256};

// Another key's table goes only to a key that came back this often: with visits at random, the chance that a key is
// seen 16 times while another as busy is not seen at all is 2^-16.
enum { PATIENCE = 16 };
// A refused key asks again after twice as many uses each time, at most 2^6 times as many.
enum { REFUSALS_MAX = 6 };

// MARK: Lists

void fv_table_link(fv_table_cache *cache, fv_table_list list, fv_table_slot *slot) {
    slot->links[list].previous = cache->lists[list].last;
    slot->links[list].next = NULL;
    if (cache->lists[list].last)
        cache->lists[list].last->links[list].next = slot;
    else
        cache->lists[list].first = slot;
    cache->lists[list].last = slot;
    cache->lists[list].count++;
}

void fv_table_unlink(fv_table_cache *cache, fv_table_list list, fv_table_slot *slot) {
    fv_table_slot *previous = slot->links[list].previous, *next = slot->links[list].next;
    if (previous)
        previous->links[list].next = next;
    else
        cache->lists[list].first = next;
    if (next)
        next->links[list].previous = previous;
    else
        cache->lists[list].last = previous;
    cache->lists[list].count--;
}

// MARK: Seats

// The word of a seat. Everything happens by additions to it, so no thread ever waits for another.
enum { EMPTY, LIVE, RETIRED, FREEING };
static const uint64_t state_mask = 3, reader = 4, reader_mask = 0xffff * 4;
enum { USES_SHIFT = 18 };

// Frees a retired table that nobody reads. Its last reader and the thread that retires it may both come here, and late
// comers whose optimistic count kept the word from being bare: the exchange lets one of them through. It acquires:
// every reader's release of the word is earlier in the same chain of read-modify-writes, so all reads are done before
// free.
static void reclaim(fv_table_slot *slot, fv_table_seat *seat, uint64_t word) {
    while ((word & (state_mask | reader_mask)) == RETIRED) {
        if (!atomic_compare_exchange_weak_explicit(&seat->word, &word, FREEING, memory_order_acquire,
                                                   memory_order_relaxed))
            continue;
        atomic_fetch_add_explicit(&slot->uses[seat->tier], word >> USES_SHIFT, memory_order_relaxed);
        free(seat->table);
        // Released, so that whoever finds room under the budget allocates after this free.
        atomic_fetch_sub_explicit(&slot->cache->bytes, seat->bytes, memory_order_release);
        // The seat may be filled again from here on, which must come after the reads above.
        atomic_fetch_sub_explicit(&seat->word, FREEING, memory_order_release);
        return;
    }
}

// Takes back what was counted in: `amount` of the word.
static void count_out(fv_table_slot *slot, fv_table_seat *seat, uint64_t amount) {
    // Released: reads of the table come before any free that follows.
    const uint64_t word = atomic_fetch_sub_explicit(&seat->word, amount, memory_order_release) - amount;
    reclaim(slot, seat, word);
}

static bool is_live(const fv_table_slot *slot) {
    return atomic_load_explicit(&slot->current, memory_order_relaxed) != FV_TABLE_NO_SEAT;
}

// Under the lock, where only the lock's holder changes `current`.
static unsigned tier_of(const fv_table_slot *slot) {
    const uint32_t current = atomic_load_explicit(&slot->current, memory_order_relaxed);
    return current == FV_TABLE_NO_SEAT ? 0 : slot->seats[current].tier;
}

// Under the lock: the seat a table could move into, or FV_TABLE_NO_SEAT while an old table is still being read there.
static uint32_t empty_seat(const fv_table_slot *slot) {
    for (uint32_t i = 0; i < 2; i++)  // acquire: the one who emptied it is done with it
        if ((atomic_load_explicit(&slot->seats[i].word, memory_order_acquire) & state_mask) == EMPTY) return i;
    return FV_TABLE_NO_SEAT;
}

// Under the lock. `next` is the seat that takes over, or FV_TABLE_NO_SEAT. Returns the bytes given up, sooner or later.
static size_t replace_current(fv_table_slot *slot, uint32_t next) {
    const uint32_t old = atomic_load_explicit(&slot->current, memory_order_relaxed);
    atomic_store_explicit(&slot->current, next, memory_order_release);
    if (old == FV_TABLE_NO_SEAT) return 0;
    fv_table_seat *seat = &slot->seats[old];
    const size_t bytes = seat->bytes;
    // Released: a reader who finds the seat retired also finds the new `current`.
    const uint64_t word = atomic_fetch_add_explicit(&seat->word, RETIRED - LIVE, memory_order_release);
    reclaim(slot, seat, word + (RETIRED - LIVE));
    return bytes;
}

// MARK: Policy, all of it under the lock

static size_t table_size(const fv_table_slot *slot, unsigned tier) {
    return (slot->kind->bytes[tier] + 63) & ~(size_t)63;
}

static bool could_have(const fv_table_slot *slot, unsigned tier) {
    const size_t size = table_size(slot, tier);
    return size != 0 && size <= slot->cache->budget;
}

// `since` is what makes "used while the other was not" a comparison, see may_replace.
static void start_period(fv_table_slot *slot) {
    atomic_store_explicit(&slot->earned, 0, memory_order_relaxed);
    atomic_store_explicit(&slot->visits, 0, memory_order_relaxed);
    atomic_store_explicit(&slot->since, 0, memory_order_relaxed);
}

// Sets after how many uses the slot asks next.
static void arm(fv_table_slot *slot, bool refused) {
    if (slot->queued || slot->building) return;  // armed when that is over
    uint64_t price = FV_TABLE_NEVER;
    for (unsigned tier = FV_TABLE_TIERS - 1; tier > tier_of(slot); tier--)
        if (could_have(slot, tier)) price = slot->cache->eager ? 1 : uses_for[tier];
    if (!refused) slot->refusals = 0;
    if (refused && price != FV_TABLE_NEVER) {
        if (slot->refusals < REFUSALS_MAX) slot->refusals++;
        if (atomic_load_explicit(&slot->visits, memory_order_relaxed) >= PATIENCE) start_period(slot);
        price <<= slot->refusals;
        const uint64_t earned = atomic_load_explicit(&slot->earned, memory_order_relaxed);
        if (price < 2 * earned) price = 2 * earned;
    }
    atomic_store_explicit(&slot->price, price, memory_order_relaxed);
}

static size_t evict(fv_table_slot *slot) {
    fv_table_unlink(slot->cache, FV_LIST_OWNERS, slot);
    slot->cache->evictions++;
    const size_t bytes = replace_current(slot, FV_TABLE_NO_SEAT);
    start_period(slot);
    arm(slot, false);
    return bytes;
}

// Whether the candidate's use of the memory is worth more. It has come PATIENCE times since it began to count; an owner
// not seen once in all that time is idle. So keys in rotation never take tables from each other, however many they are:
// between two visits of one, each of the others is visited too. Plain least-recently-used order would rebuild every
// table on every round. One exception: a first table gains a key 3 µs a use and more, a second tier 0.3 µs, so a key
// that has none may take the table of a key that has a large one; that key earns a small one again in 8 uses.
static bool may_replace(const fv_table_slot *owner, const fv_table_slot *candidate, unsigned tier) {
    const fv_table_seat *seat = &owner->seats[atomic_load_explicit(&owner->current, memory_order_relaxed)];
    // A table being read would not make room now.
    if (owner == candidate || (atomic_load_explicit(&seat->word, memory_order_relaxed) & reader_mask)) return false;
    return atomic_load_explicit(&owner->last_use, memory_order_relaxed) <
               atomic_load_explicit(&candidate->since, memory_order_relaxed) ||
           (tier == 1 && seat->tier > 1);
}

// The least recently used owner; one that `candidate` may replace unless that is NULL. Of equals, the older table.
static fv_table_slot *victim(const fv_table_cache *cache, const fv_table_slot *candidate, unsigned tier) {
    fv_table_slot *oldest = NULL;
    uint64_t oldest_use = 0;
    for (fv_table_slot *owner = cache->lists[FV_LIST_OWNERS].first; owner; owner = owner->links[FV_LIST_OWNERS].next) {
        const uint64_t last_use = atomic_load_explicit(&owner->last_use, memory_order_relaxed);
        if (oldest && last_use >= oldest_use) continue;
        if (candidate && !may_replace(owner, candidate, tier)) continue;
        oldest = owner;
        oldest_use = last_use;
    }
    return oldest;
}

static bool fits(const fv_table_cache *cache, size_t bytes) {
    // Acquire: see reclaim.
    const uint64_t used = atomic_load_explicit(&cache->bytes, memory_order_acquire);
    return used <= cache->budget && bytes <= cache->budget - used;
}

// A promotion keeps the old table until the new one is there, so it needs room for both.
static bool make_room(fv_table_slot *slot, unsigned tier) {
    fv_table_cache *cache = slot->cache;
    const size_t bytes = table_size(slot, tier);
    if (fits(cache, bytes)) return true;
    if (atomic_load_explicit(&slot->visits, memory_order_relaxed) < PATIENCE) return false;
    // Nobody loses a table unless enough can be had.
    uint64_t obtainable = cache->budget;
    for (fv_table_slot *owner = cache->lists[FV_LIST_OWNERS].first; owner; owner = owner->links[FV_LIST_OWNERS].next)
        if (may_replace(owner, slot, tier)) obtainable += table_size(owner, tier_of(owner));
    if (atomic_load_explicit(&cache->bytes, memory_order_relaxed) + bytes > obtainable) return false;
    while (!fits(cache, bytes)) {
        fv_table_slot *owner = victim(cache, slot, tier);
        if (!owner) return false;
        evict(owner);
    }
    return true;
}

bool fv_table_job_begin(fv_table_slot *slot, fv_table_job *job) {
    fv_table_cache *cache = slot->cache;
    *job = (fv_table_job){.slot = slot};
    const uint64_t earned = atomic_load_explicit(&slot->earned, memory_order_relaxed);
    for (unsigned tier = FV_TABLE_TIERS - 1; tier > tier_of(slot) && job->tier == 0; tier--) {
        if (!could_have(slot, tier) || (earned < uses_for[tier] && !cache->eager)) continue;
        if (empty_seat(slot) != FV_TABLE_NO_SEAT && make_room(slot, tier))
            job->tier = tier;
        else
            job->refused = true;
    }
    if (job->refused) cache->no_room++;
    if (job->tier) {
        job->bytes = table_size(slot, job->tier);
        job->memory = aligned_alloc(64, job->bytes);
        if (!job->memory) {
            cache->failures++;
            job->refused = true;
        }
    }
    if (!job->memory) {
        slot->building = false;
        arm(slot, job->refused);
        return false;
    }
    const uint64_t used =
        atomic_fetch_add_explicit(&cache->bytes, job->bytes, memory_order_relaxed) + (uint64_t)job->bytes;
    if (used > cache->peak) cache->peak = used;
    return true;
}

void fv_table_job_end(const fv_table_job *job, bool built) {
    fv_table_slot *slot = job->slot;
    fv_table_cache *cache = slot->cache;
    slot->building = false;
    if (!built || !fits(cache, 0)) {
        free(job->memory);
        atomic_fetch_sub_explicit(&cache->bytes, job->bytes, memory_order_release);
        cache->failures++;
        arm(slot, true);
        return;
    }
    if (!is_live(slot)) fv_table_link(cache, FV_LIST_OWNERS, slot);
    // There is one: job_begin saw to it, and only a job of this slot could have filled it.
    const uint32_t place = empty_seat(slot);
    fv_table_seat *seat = &slot->seats[place];
    seat->table = job->memory;
    seat->bytes = job->bytes;
    seat->tier = job->tier;
    // Added, not stored: a reader with an outdated `current` may be counting itself in and out of this seat right now.
    // Released: who finds it live finds the table and its members.
    atomic_fetch_add_explicit(&seat->word, LIVE, memory_order_release);
    replace_current(slot, place);
    cache->builds[job->tier]++;
    arm(slot, job->refused);
}

// MARK: Use

static void ask(fv_table_slot *slot) {
    fv_table_cache *cache = slot->cache;
    const bool synchronous = atomic_load_explicit(&cache->synchronous, memory_order_relaxed);
    if (synchronous) {
        pthread_mutex_lock(&cache->lock);
    } else if (pthread_mutex_trylock(&cache->lock) != 0) {
        // Verification never waits for the cache; the next use asks again.
        atomic_fetch_add_explicit(&cache->queue_refusals, 1, memory_order_relaxed);
        return;
    }
    // Another thread may have asked meanwhile; then the price has changed.
    const uint64_t earned = atomic_load_explicit(&slot->earned, memory_order_relaxed);
    if (!slot->queued && !slot->building && earned >= atomic_load_explicit(&slot->price, memory_order_relaxed)) {
        fv_table_job job;
        if (synchronous) {
            if (fv_table_job_begin(slot, &job))
                fv_table_job_end(&job, slot->kind->build(slot->key, job.tier, job.memory));
        } else if (cache->lists[FV_LIST_QUEUE].count < FV_TABLE_QUEUE_MAX && fv_table_worker_start(cache)) {
            slot->queued = true;
            atomic_store_explicit(&slot->price, FV_TABLE_NEVER, memory_order_relaxed);
            fv_table_link(cache, FV_LIST_QUEUE, slot);
            pthread_cond_signal(&cache->work);
        } else {
            atomic_fetch_add_explicit(&cache->queue_refusals, 1, memory_order_relaxed);
            arm(slot, true);
        }
    }
    pthread_mutex_unlock(&cache->lock);
}

// The counts are relaxed throughout: they steer, and nothing is read on their strength.
static void earn(fv_table_slot *slot, uint32_t uses) {
    const uint64_t now = atomic_fetch_add_explicit(&slot->cache->clock, 1, memory_order_relaxed) + 1;
    atomic_store_explicit(&slot->last_use, now, memory_order_relaxed);
    if (atomic_load_explicit(&slot->since, memory_order_relaxed) == 0)
        atomic_store_explicit(&slot->since, now, memory_order_relaxed);
    atomic_fetch_add_explicit(&slot->visits, 1, memory_order_relaxed);
    const uint64_t earned = atomic_fetch_add_explicit(&slot->earned, uses, memory_order_relaxed) + uses;
    if (earned >= atomic_load_explicit(&slot->price, memory_order_relaxed)) ask(slot);
}

// Time stands still while every key has what it wants: then there is nothing to decide, and no common line to fight
// for.
static void stamp(fv_table_slot *slot) {
    const uint64_t now = atomic_load_explicit(&slot->cache->clock, memory_order_relaxed);
    if (atomic_load_explicit(&slot->last_use, memory_order_relaxed) != now)
        atomic_store_explicit(&slot->last_use, now, memory_order_relaxed);
}

fv_table_use fv_table_acquire(fv_table_slot *slot, uint32_t uses) {
    if (atomic_load_explicit(&slot->price, memory_order_relaxed) == FV_TABLE_NEVER)
        stamp(slot);
    else
        earn(slot, uses);
    const uint64_t amount = (uint64_t)uses << USES_SHIFT | reader;
    for (;;) {
        // Relaxed: whatever it says is checked below, after counting in.
        const uint32_t place = atomic_load_explicit(&slot->current, memory_order_relaxed);
        if (place == FV_TABLE_NO_SEAT) break;
        fv_table_seat *seat = &slot->seats[place];
        // Acquire: pairs with the addition of LIVE; counting in and looking are one step, so a table found live stays.
        const uint64_t word = atomic_fetch_add_explicit(&seat->word, amount, memory_order_acquire);
        if ((word & state_mask) == LIVE) return (fv_table_use){seat->table, seat->tier, place};
        count_out(slot, seat, amount);  // replaced in between: somebody else moved on, so the loop is lock-free
    }
    atomic_fetch_add_explicit(&slot->uses[0], uses, memory_order_relaxed);
    return (fv_table_use){NULL, 0, 0};
}

void fv_table_release(fv_table_slot *slot, fv_table_use use) {
    if (use.table) count_out(slot, &slot->seats[use.seat], reader);
}

// MARK: Slots

static _Thread_local fv_table_cache *in_force;

fv_table_cache *fv_table_cache_use(fv_table_cache *cache) {
    fv_table_cache *before = in_force;
    in_force = cache;
    return before;
}

void fv_table_slot_open(fv_table_slot *slot, fv_table_cache *cache, const fv_table_kind *kind, const void *key) {
    memset(slot, 0, sizeof *slot);
    if (!cache) cache = in_force;
    slot->cache = cache ? cache : fv_table_cache_shared();
    slot->kind = kind;
    slot->key = key;
    atomic_init(&slot->current, FV_TABLE_NO_SEAT);
    pthread_mutex_lock(&slot->cache->lock);
    fv_table_link(slot->cache, FV_LIST_ALL, slot);
    arm(slot, false);
    // Now rather than at the first request, because starting a thread allocates. If it fails it is tried again then.
    if (!atomic_load_explicit(&slot->cache->synchronous, memory_order_relaxed) && slot->cache->budget)
        fv_table_worker_start(slot->cache);
    pthread_mutex_unlock(&slot->cache->lock);
}

static void add_uses(fv_table_slot *slot, uint64_t uses[FV_TABLE_TIERS]) {
    for (unsigned tier = 0; tier < FV_TABLE_TIERS; tier++)
        uses[tier] += atomic_load_explicit(&slot->uses[tier], memory_order_relaxed);
    for (unsigned i = 0; i < 2; i++) {
        const uint64_t word = atomic_load_explicit(&slot->seats[i].word, memory_order_relaxed);
        const uint64_t state = word & state_mask;
        if (state == LIVE || state == RETIRED) uses[slot->seats[i].tier] += word >> USES_SHIFT;
    }
}

void fv_table_slot_close(fv_table_slot *slot) {
    fv_table_cache *cache = slot->cache;
    pthread_mutex_lock(&cache->lock);
    if (slot->queued) fv_table_unlink(cache, FV_LIST_QUEUE, slot);
    slot->queued = false;
    while (slot->building) pthread_cond_wait(&cache->done, &cache->lock);
    if (is_live(slot)) fv_table_unlink(cache, FV_LIST_OWNERS, slot);
    replace_current(slot, FV_TABLE_NO_SEAT);
    assert(((slot->seats[0].word | slot->seats[1].word) & (state_mask | reader_mask)) == 0);
    add_uses(slot, cache->uses_of_closed);
    fv_table_unlink(cache, FV_LIST_ALL, slot);
    pthread_mutex_unlock(&cache->lock);
}

// MARK: Caches

void fv_table_cache_set_up(fv_table_cache *cache, size_t budget, bool synchronous) {
    memset(cache, 0, sizeof *cache);
    pthread_mutex_init(&cache->lock, NULL);
    pthread_cond_init(&cache->work, NULL);
    pthread_cond_init(&cache->done, NULL);
    cache->budget = budget;
    atomic_init(&cache->synchronous, synchronous);
    // 0 stands for "not yet" in fv_table_slot.since.
    atomic_init(&cache->clock, 1);
}

fv_table_cache *fv_table_cache_create(size_t budget, bool synchronous) {
    fv_table_cache *cache = aligned_alloc(_Alignof(fv_table_cache), sizeof *cache);
    if (cache) fv_table_cache_set_up(cache, budget, synchronous);
    return cache;
}

void fv_table_cache_free(fv_table_cache *cache) {
    if (!cache) return;
    fv_table_worker_stop(cache);
    pthread_cond_destroy(&cache->done);
    pthread_cond_destroy(&cache->work);
    pthread_mutex_destroy(&cache->lock);
    free(cache);
}

void fv_table_cache_set_budget(fv_table_cache *cache, size_t bytes) {
    if (!cache) cache = fv_table_cache_shared();
    pthread_mutex_lock(&cache->lock);
    cache->budget = bytes;
    // Counted down by what is given up, not by what is free at once: tables in use go when their last reader does.
    uint64_t used = atomic_load_explicit(&cache->bytes, memory_order_relaxed);
    fv_table_slot *oldest;
    while (used > bytes && (oldest = victim(cache, NULL, 0)) != NULL) used -= evict(oldest);
    // What was out of reach may have come within it, and the reverse.
    for (fv_table_slot *slot = cache->lists[FV_LIST_ALL].first; slot; slot = slot->links[FV_LIST_ALL].next)
        arm(slot, false);
    pthread_mutex_unlock(&cache->lock);
}

void fv_table_cache_set_synchronous(fv_table_cache *cache, bool synchronous) {
    if (!cache) cache = fv_table_cache_shared();
    atomic_store_explicit(&cache->synchronous, synchronous, memory_order_relaxed);
}

void fv_table_cache_read(fv_table_cache *cache, fv_table_counters *counters) {
    if (!cache) cache = fv_table_cache_shared();
    memset(counters, 0, sizeof *counters);
    pthread_mutex_lock(&cache->lock);
    memcpy(counters->uses, cache->uses_of_closed, sizeof counters->uses);
    memcpy(counters->builds, cache->builds, sizeof counters->builds);
    for (fv_table_slot *slot = cache->lists[FV_LIST_ALL].first; slot; slot = slot->links[FV_LIST_ALL].next)
        add_uses(slot, counters->uses);
    counters->failures = cache->failures;
    counters->evictions = cache->evictions;
    counters->no_room = cache->no_room;
    counters->queue_refusals = atomic_load_explicit(&cache->queue_refusals, memory_order_relaxed);
    counters->bytes = atomic_load_explicit(&cache->bytes, memory_order_relaxed);
    counters->peak_bytes = cache->peak;
    counters->budget_bytes = cache->budget;
    pthread_mutex_unlock(&cache->lock);
}

void fv_tables_set_budget(size_t bytes) { fv_table_cache_set_budget(NULL, bytes); }
void fv_tables_set_synchronous(bool synchronous) { fv_table_cache_set_synchronous(NULL, synchronous); }
void fv_tables_read(fv_table_counters *counters) { fv_table_cache_read(NULL, counters); }
