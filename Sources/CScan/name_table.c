#define _GNU_SOURCE  // getentropy
#include "name_table.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

uint64_t fvs_seeds[FVS_SEEDS];
fvs_known_name fvs_known_names[FVS_KNOWN_SLOTS];

static const char *const spellings[FVS_NAME_COUNT] = {
    "",
#define FVS_NAME(identifier, spelling) spelling,
#include "names.def"
#undef FVS_NAME
};

#define FVS_NAME(identifier, spelling) \
    _Static_assert(sizeof(spelling) - 1 <= 16, "a recognised name fits two words: " spelling);
#include "names.def"
#undef FVS_NAME

const char *fvs_name_spelling(fvs_name name) { return (unsigned)name < FVS_NAME_COUNT ? spellings[name] : ""; }

static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool prepared;

/// Fills the table of recognised names under the present seeds; false when two of them want one slot.
static bool place_known_names(void) {
    memset(fvs_known_names, 0, sizeof fvs_known_names);
    for (uint32_t name = 1; name < FVS_NAME_COUNT; name++) {
        const size_t count = strlen(spellings[name]);
        fvs_name_words words;
        const uint64_t hash = fvs_hash_name((const uint8_t *)spellings[name], count, count, &words);
        fvs_known_name *const slot = &fvs_known_names[hash % FVS_KNOWN_SLOTS];
        if (slot->name) return false;
        *slot = (fvs_known_name){words, (uint32_t)count, name};
    }
    return true;
}

// About one draw in 25 places 41 names in 256 slots without a collision (e^(-41²/512)), so a few dozen draws suffice
// and the seeds keep all but five of their 256 bits.
static void prepare(void) {
    for (int draws = 0; draws < 10000; draws++) {
        if (getentropy(fvs_seeds, sizeof fvs_seeds) != 0) return;
        if (place_known_names()) {
            prepared = true;
            return;
        }
    }
}

bool fvs_names_prepare(void) {
    pthread_once(&once, prepare);
    return prepared;
}

uint64_t fvs_hash_escaped_name(const uint8_t *name, size_t count, fvs_name_words *words, size_t *unescaped) {
    fvs_unescaper reader = fvs_unescaper_make(name, count);
    uint64_t chain = 0;
    size_t total = 0;
    for (int byte = fvs_unescaper_next(&reader);;) {
        uint8_t bytes[16] = {0};
        size_t held = 0;
        for (; held < 16 && byte >= 0; byte = fvs_unescaper_next(&reader)) bytes[held++] = (uint8_t)byte;
        fvs_name_words sixteen;
        memcpy(&sixteen, bytes, 16);
        if (total == 0) *words = sixteen;
        total += held;
        if (byte < 0) {
            *unescaped = total;
            return fvs_hash_last(sixteen, chain, total);
        }
        chain = fvs_hash_words(sixteen, chain);
    }
}

fvs_scratch *fvs_scratch_create(uint32_t max_names) {
    if (!fvs_names_prepare()) return NULL;  // without a secret key the table could be flooded
    fvs_scratch *const scratch = aligned_alloc(alignof(fvs_scratch), sizeof *scratch);
    if (!scratch) return NULL;
    size_t slot_count = 4;
    while (slot_count < (size_t)max_names * 2) slot_count *= 2;
    *scratch = (fvs_scratch){.slot_count = slot_count, .max_names = max_names, .shapes.credit = SHAPE_CREDIT_MAX};
    scratch->slots = calloc(slot_count, sizeof *scratch->slots);
    if (!scratch->slots) {
        free(scratch);
        return NULL;
    }
    return scratch;
}

void fvs_scratch_free(fvs_scratch *scratch) {
    if (!scratch) return;
    free(scratch->slots);
    free(scratch);
}

uint64_t fvs_scratch_matches(const fvs_scratch *scratch) { return scratch->shapes.matches; }
