#include "heap.h"

#if defined(__linux__)
#include <malloc.h>
#endif

size_t fv_heap_in_use(void) {
#if defined(__GLIBC__)
    const struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
#else
    return 0;
#endif
}
