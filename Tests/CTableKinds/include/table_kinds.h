// Keys for the tests of the key tables: their "table" says for whom it was built, and a build does as it is told.
#pragma once
#include "../../../Sources/CCrypto/multibuffer/key_tables.h"

/// A key with a slot, as a kernel would embed it.
typedef struct fv_test_key fv_test_key;

/// Tables of these many bytes by tier (0: no such tier, else 32 and more).
fv_test_key *fv_test_key_open(fv_table_cache *cache, uint32_t identity, size_t first_bytes, size_t second_bytes);
/// Closes the slot and frees the key.
void fv_test_key_close(fv_test_key *key);
/// Frees a key whose slot is closed.
void fv_test_key_forget(fv_test_key *key);
fv_table_slot *fv_test_key_slot(fv_test_key *key);

/// While held, builds stay inside the build function.
void fv_test_key_hold(fv_test_key *key, bool held);
/// While failing, builds report failure.
void fv_test_key_fail(fv_test_key *key, bool failing);

/// Calls of the build function for a tier, begun and ended.
uint32_t fv_test_key_begun(const fv_test_key *key, unsigned tier);
uint32_t fv_test_key_ended(const fv_test_key *key, unsigned tier);
/// Of these, calls on the thread that opened the key.
uint32_t fv_test_key_begun_here(const fv_test_key *key);
/// The tier the slot holds now, without a use: for tests with one thread.
uint32_t fv_test_key_tier(const fv_test_key *key);
/// One use by a reader that believes in a table at `seat` of a slot that has none, and is put right in the meantime.
fv_table_use fv_test_key_acquire_outdated(fv_test_key *key, uint32_t seat);
/// Whether the table is aligned, complete, and this key's of this tier. Reads all of it.
bool fv_test_key_owns(const fv_test_key *key, fv_table_use use);
/// That sanitizer ends a process that forks with more than one thread.
bool fv_test_tables_under_thread_sanitizer(void);
/// Both end a process that asks for more memory than there is.
bool fv_test_tables_under_sanitizer(void);

/// Forks; the child uses a key of the process's cache, one it has from here and one of its own, until both have tables.
/// Meanwhile a build of another key is running on the thread that the child lacks. 0: all of that worked.
int fv_test_tables_fork(void);
