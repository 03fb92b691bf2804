// The protocol of ../README.md for programs in C, without what it is that they verify: engine.h and backend.h.
#pragma once
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CORPUS, WORKLOAD };

// Prepares the key; false where the algorithm is not known.
static bool prepare(const json_t *job, const char *algorithm);
// Keeps one of the two lists of the job.
static void load(int list, const json_t *items);
static bool is_valid_at(int list, size_t place);

// Whose time is given as CPU seconds.
static clockid_t cpu_clock = CLOCK_PROCESS_CPUTIME_ID;

static const char *text(const json_t *job, const char *name) { return json_string_value(json_object_get(job, name)); }

typedef struct {
    unsigned char *start;
    size_t count;
} bytes;

// The bytes that this base64url stands for; they live as long as the program. None where there is no text.
static inline bytes decoded(const char *base64url) {
    const char *alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    bytes out = {malloc(base64url ? strlen(base64url) + 1 : 1), 0};
    unsigned value = 0, bits = 0;
    for (; base64url && *base64url; base64url++) {
        const char *digit = strchr(alphabet, *base64url);
        if (!digit || !out.start) exit(2);
        value = value << 6 | (unsigned)(digit - alphabet);
        bits += 6;
        if (bits >= 8) out.start[out.count++] = (unsigned char)(value >> (bits -= 8));
    }
    return out;
}

static double seconds_of(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

// A clock that is read after every token would be a part of what is measured.
enum { TOKENS_BETWEEN_CLOCKS = 8 };

static void run(size_t tokens, double seconds, size_t *position) {
    const double cpu = seconds_of(cpu_clock), start = seconds_of(CLOCK_MONOTONIC);
    size_t count = 0;
    double wall;
    do {
        for (int i = 0; i < TOKENS_BETWEEN_CLOCKS; i++) {
            if (!is_valid_at(WORKLOAD, *position)) {
                puts("wrong");
                exit(1);
            }
            count++;
            *position = (*position + 1) % tokens;
        }
        wall = seconds_of(CLOCK_MONOTONIC) - start;
    } while (wall < seconds);
    printf("%zu %.9f %.9f\n", count, wall, seconds_of(cpu_clock) - cpu);
    fflush(stdout);
}

// `workload` is the member of the job that has it; `library` does the cryptography for the one named, NULL: itself.
static int serve_list(const char *workload, const char *name, const char *version, const char *library) {
    char *line = NULL;
    size_t capacity = 0, position = 0;
    if (getline(&line, &capacity, stdin) < 0) return 0;
    const json_t *job = json_loads(line, 0, NULL);
    if (!job) return 2;
    printf("{\"engine\":\"%s\",\"version\":\"%s\",", name, version);
    if (library) printf("\"library\":\"%s\",", library);
    if (!prepare(job, text(job, "algorithm"))) {
        printf("\"unsupported\":\"no %s\"}\n", text(job, "algorithm"));
        return 0;
    }
    printf("\"verdicts\":\"");
    const json_t *lists[] = {json_object_get(job, "corpus"), json_object_get(job, workload)};
    for (int list = CORPUS; list <= WORKLOAD; list++) {
        load(list, lists[list]);
        for (size_t i = 0; i < json_array_size(lists[list]); i++) putchar(is_valid_at(list, i) ? '1' : '0');
    }
    printf("\"}\n");
    fflush(stdout);
    double seconds;
    while (getline(&line, &capacity, stdin) >= 0) {
        if (sscanf(line, "run %lf", &seconds) != 1) return 2;
        run(json_array_size(lists[WORKLOAD]), seconds, &position);
    }
    return 0;
}
