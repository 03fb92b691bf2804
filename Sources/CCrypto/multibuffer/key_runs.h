// How a row serves keys that may or may not have a table at the moment: jobs in runs of one key, the tables held while
// a chunk is in the lanes, and another row for the keys without one.
#pragma once
#include <string.h>

#include "../kernel.h"
#include "key_tables.h"

/// Tables held at the same time. Keys in turn take one hold a job, so a chunk may end before its lanes are all taken.
enum { KEY_TABLE_HOLDS = 256 };

typedef struct {
    size_t count;
    fv_table_slot *slot[KEY_TABLE_HOLDS];
    fv_table_use use[KEY_TABLE_HOLDS];
} key_table_holds;

/// Jobs from the first on that have its key; at least 1, at most `most`.
static inline size_t key_run(const fv_job *jobs, size_t count, size_t most) {
    size_t run = 1;
    while (run < count && run < most && jobs[run].key == jobs[0].key) run++;
    return run;
}

/// The table of a key for so many uses, held until key_tables_let_go; NULL where it has none. There is room.
static inline const void *key_table_hold(key_table_holds *holds, fv_table_slot *slot, uint32_t uses) {
    const fv_table_use use = fv_table_acquire(slot, uses);
    if (!use.table) return NULL;
    holds->slot[holds->count] = slot;
    holds->use[holds->count++] = use;
    return use.table;
}

static inline void key_tables_let_go(key_table_holds *holds) {
    for (size_t i = 0; i < holds->count; i++) fv_table_release(holds->slot[i], holds->use[i]);
    holds->count = 0;
}

/// The same key made ready for another row of the algorithm, one without tables.
static inline fv_key_status key_elsewhere(const fv_kernel *kernel, const char *name, const fv_key *key,
                                          fv_prepared_key *elsewhere) {
    elsewhere->kernel = fv_kernel_named(kernel->algorithm, name);
    return elsewhere->kernel->prepare(elsewhere->kernel, key, &elsewhere->state);
}

/// A run checked by the other row.
static inline void key_run_elsewhere(const fv_prepared_key *key, const fv_job *jobs, size_t run, uint8_t *verdicts) {
    enum { AT_ONCE = 16 };
    for (size_t i = 0; i < run; i += AT_ONCE) {
        fv_job moved[AT_ONCE];
        const size_t count = run - i < AT_ONCE ? run - i : AT_ONCE;
        memcpy(moved, jobs + i, count * sizeof *moved);
        for (size_t j = 0; j < count; j++) moved[j].key = key;
        key->kernel->verify(moved, count, verdicts + i);
    }
}
