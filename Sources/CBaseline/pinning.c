#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "cbaseline.h"

#if defined(__linux__)
#include <sched.h>

int baseline_pin_thread(void) {
    cpu_set_t allowed, chosen;
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return -1;
    for (int cpu = CPU_SETSIZE - 1; cpu >= 0; cpu--) {
        if (!CPU_ISSET(cpu, &allowed)) continue;
        CPU_ZERO(&chosen);
        CPU_SET(cpu, &chosen);
        return sched_setaffinity(0, sizeof chosen, &chosen) == 0 ? cpu : -1;
    }
    return -1;
}
#else
int baseline_pin_thread(void) { return -1; }
#endif
