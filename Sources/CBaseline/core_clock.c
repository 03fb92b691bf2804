#define _GNU_SOURCE
#include <time.h>

#include "cbaseline.h"

#if defined(__x86_64__)
#include <x86intrin.h>

uint64_t baseline_ticks(void) { return __rdtsc(); }
// Exclusive ors of two registers: no processor here finishes one in less or more than a cycle, or leaves one out.
#define STEP "xorq %1, %0\n"
#elif defined(__aarch64__)
uint64_t baseline_ticks(void) {
    uint64_t ticks;
    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
    return ticks;
}
#define STEP "eor %0, %0, %1\n"
#else
uint64_t baseline_ticks(void) { return 0; }
#endif

#define STEPS_4 STEP STEP STEP STEP
#define STEPS_64                                                                                                    \
    STEPS_4 STEPS_4 STEPS_4 STEPS_4 STEPS_4 STEPS_4 STEPS_4 STEPS_4 STEPS_4 STEPS_4 STEPS_4 STEPS_4 STEPS_4 STEPS_4 \
        STEPS_4 STEPS_4

static double thread_seconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

double baseline_core_hertz(void) {
#ifdef STEP
    double best = 0;
    // The fastest of three: an interrupt only makes a run longer.
    for (int run = 0; run < 3; run++) {
        uint64_t chain = 1, other = 0x9e3779b97f4a7c15;
        const double start = thread_seconds();
        for (int i = 0; i < 1000; i++) __asm__ volatile(STEPS_64 : "+r"(chain) : "r"(other) : "cc");
        const double seconds = thread_seconds() - start;
        if (seconds > 0 && 64000 / seconds > best) best = 64000 / seconds;
    }
    return best;
#else
    return 0;
#endif
}
