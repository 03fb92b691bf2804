// Names: a keyed hash, the recognised names of names.def, and the table that finds a name standing twice in an object.
//
// The hash multiplies 16 bytes at a time to 128 bits and folds, as wyhash does, with seeds drawn once per process: an
// attacker who cannot read our memory cannot prepare names that collide, so probing stays short and time linear.
#pragma once
#include <string.h>

#include "cscan.h"
#include "json_shape.h"
#include "json_strings.h"

/// The first 16 bytes of a name, zeros after its end. With the count they are the name itself up to 16 bytes.
typedef struct {
    uint64_t low, high;
} fvs_name_words;

typedef struct {
    fvs_name_words words;
    uint32_t count;
    uint32_t name;  // fvs_name; FVS_NAME_OTHER in an empty slot
} fvs_known_name;

enum { FVS_KNOWN_SLOTS = 256, FVS_SEEDS = 4 };

/// Drawn by fvs_names_prepare such that the recognised names fall into slots of their own: one probe decides.
extern uint64_t fvs_seeds[FVS_SEEDS];
extern fvs_known_name fvs_known_names[FVS_KNOWN_SLOTS];

/// Draws the seeds once per process. False when the system gives no random bytes.
bool fvs_names_prepare(void);

/// One name of one object. `object` numbers the objects of all calls on one scratch upwards from 1, so slots of
/// earlier calls count as empty without being cleared; 2^64 objects take longer than the process lives.
typedef struct {
    uint64_t object;
    uint32_t hash;
    uint32_t offset, count;
    uint32_t escaped;
} fvs_name_slot;

struct fvs_scratch {
    fvs_name_slot *slots;  // a power of two, at least twice max_names
    size_t slot_count;
    uint64_t last_object;
    uint32_t max_names;
    fvs_shapes shapes;
};

static inline uint64_t fvs_fold_multiply(uint64_t a, uint64_t b) {
    const unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/// Loads up to 16 bytes; `readable` counts what may be read from `at` on.
static inline fvs_name_words fvs_load_words(const uint8_t *at, size_t count, size_t readable) {
    static const uint8_t keep[32] = {255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255};
    fvs_name_words words = {0, 0}, mask;
    if (__builtin_expect(readable >= 16, 1)) {
        memcpy(&words, at, 16);
        memcpy(&mask, keep + 16 - count, 16);
        words.low &= mask.low;
        words.high &= mask.high;
    } else if (count) {
        uint8_t bytes[16] = {0};
        memcpy(bytes, at, count);
        memcpy(&words, bytes, 16);
    }
    return words;
}

static inline uint64_t fvs_hash_words(fvs_name_words words, uint64_t chain) {
    return fvs_fold_multiply(words.low ^ fvs_seeds[0] ^ chain, words.high ^ fvs_seeds[1]);
}

/// The length goes in last so that zero padding distinguishes; at most 16 lengths share their padded words.
static inline uint64_t fvs_hash_last(fvs_name_words words, uint64_t chain, size_t total) {
    return fvs_fold_multiply(words.low ^ fvs_seeds[0] ^ chain, words.high ^ fvs_seeds[1] ^ total);
}

/// Hashes `count` plain bytes. `*words` receives the first 16.
static inline uint64_t fvs_hash_name(const uint8_t *name, size_t count, size_t readable, fvs_name_words *words) {
    if (__builtin_expect(count <= 16, 1)) {
        *words = fvs_load_words(name, count, readable);
        return fvs_hash_last(*words, 0, count);
    }
    memcpy(words, name, 16);
    uint64_t chain = fvs_hash_words(*words, 0);
    size_t done = 16;
    for (; count - done > 16; done += 16) {
        fvs_name_words next;
        memcpy(&next, name + done, 16);
        chain = fvs_hash_words(next, chain);
    }
    return fvs_hash_last(fvs_load_words(name + done, count - done, readable - done), chain, count);
}

/// The same hash over the bytes an escaped name stands for; `*unescaped` receives how many they are.
uint64_t fvs_hash_escaped_name(const uint8_t *name, size_t count, fvs_name_words *words, size_t *unescaped);

static inline fvs_name fvs_recognise(uint64_t hash, fvs_name_words words, size_t count) {
    const fvs_known_name *const known = &fvs_known_names[hash % FVS_KNOWN_SLOTS];
    const bool same = known->words.low == words.low && known->words.high == words.high && known->count == count;
    return same ? (fvs_name)known->name : FVS_NAME_OTHER;
}

/// Where an object's names start probing. Keyed too: with a public step, siblings holding one name could be numbered
/// to fill a stretch of the table, and every name landing in it would walk the stretch.
static inline uint64_t fvs_object_mix(uint64_t ordinal) {
    return fvs_fold_multiply(ordinal ^ fvs_seeds[2], fvs_seeds[3]);
}

typedef struct {
    uint64_t hash;  // of the name, mixed with its object
    uint64_t object;
    uint32_t offset, count;
    bool escaped;
} fvs_name_key;

/// Enters a name; false when its object already has it. `oldest` is the first object number of this call, `mask`
/// selects a slot; the table holds at most half as many names as slots, so probing ends.
static inline bool fvs_enter_name(fvs_name_slot *slots, uint64_t mask, uint64_t oldest, const uint8_t *text,
                                  fvs_name_key key) {
    const uint32_t hash = (uint32_t)(key.hash >> 32);
    for (uint64_t i = key.hash & mask;; i = (i + 1) & mask) {
        fvs_name_slot *const slot = &slots[i];
        if (slot->object < oldest) {
            *slot = (fvs_name_slot){key.object, hash, key.offset, key.count, key.escaped};
            return true;
        }
        if (slot->object == key.object && slot->hash == hash &&
            fvs_names_equal(text + slot->offset, slot->count, slot->escaped, text + key.offset, key.count, key.escaped))
            return false;
    }
}
