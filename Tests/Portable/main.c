// Everything that exists once per instruction set, compared with what needs none, or with OpenSSL: hashes, verdicts of
// every kernel, base64url, splitting and JSON.
//
//     portable [scale] [seed] [hashes|verdicts|base64url|json]
//
// Prints the seed; exits with 1 and a sentence at the first disagreement.
#define _DEFAULT_SOURCE  // MAP_ANONYMOUS
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "ccpu.h"
#include "portable.h"

static uint64_t state;

uint64_t next_random(void) {
    uint64_t z = state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

size_t below(size_t bound) { return (size_t)(next_random() % bound); }

void fill(uint8_t *bytes, size_t count) {
    for (size_t i = 0; i < count; i++) bytes[i] = (uint8_t)next_random();
}

void disagree(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fflush(stdout);
    fputs("FAILED: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    exit(1);
}

uint8_t *guarded_room(void) {
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    uint8_t *mapping = mmap(NULL, ROOM + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapping == MAP_FAILED || mprotect(mapping + page, ROOM, PROT_READ | PROT_WRITE) != 0) disagree("no memory");
    return mapping + page;
}

int main(int argc, char **argv) {
    static const struct {
        const char *name;
        void (*check)(unsigned scale);
    } parts[] = {
        {"hashes", check_hashes}, {"verdicts", check_verdicts}, {"base64url", check_base64url}, {"json", check_json}};
    const unsigned scale = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 0) : 1;
    state = (uint64_t)time(NULL) << 20 ^ (uint64_t)getpid();
    if (argc > 2) state = strtoull(argv[2], NULL, 0);
    printf("seed 0x%llx, features", (unsigned long long)state);
    for (unsigned bit = 0; bit < 32; bit++)
        if (fv_cpu_features() >> bit & 1) printf(" %s", fv_cpu_feature_name(UINT32_C(1) << bit));
    printf("\n");
    fflush(stdout);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (argc > 3 && strcmp(argv[3], parts[i].name) != 0) continue;
        parts[i].check(scale);
        fflush(stdout);
    }
    printf("all agree\n");
}
