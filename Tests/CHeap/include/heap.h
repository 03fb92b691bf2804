#ifndef FV_HEAP_H
#define FV_HEAP_H

#include <stddef.h>

/// Bytes of the heap that are in use; 0 where the C library does not say, and under a sanitizer with an allocator of
/// its own.
size_t fv_heap_in_use(void);

#endif
