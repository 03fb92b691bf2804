// Counts heap allocations of the calling thread, by standing in front of the C library's allocator in this process.
#pragma once
#include <stdbool.h>
#include <stdint.h>

/// False where a sanitizer owns the allocator; the counts are then always 0.
bool allocations_counted(void);
/// Calls to malloc and its relatives on this thread so far, those inside libcrypto left out.
uint64_t allocations_own(void);
/// Calls that libcrypto made on this thread so far.
uint64_t allocations_openssl(void);
