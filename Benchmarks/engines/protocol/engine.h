// The protocol of ../README.md for engines in C. The engine defines the two functions below and calls serve().
#pragma once
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// Prepares the key; false where the algorithm is not known.
static bool prepare(const json_t *job, const char *algorithm);
static bool is_valid(const char *token);

static const char *text(const json_t *job, const char *name) { return json_string_value(json_object_get(job, name)); }

static double seconds_of(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

// A clock that is read after every token would be a part of what is measured.
enum { TOKENS_BETWEEN_CLOCKS = 8 };

static void run(const json_t *tokens, double seconds, size_t *position) {
    const double cpu = seconds_of(CLOCK_PROCESS_CPUTIME_ID), start = seconds_of(CLOCK_MONOTONIC);
    size_t count = 0;
    double wall;
    do {
        for (int i = 0; i < TOKENS_BETWEEN_CLOCKS; i++) {
            if (!is_valid(json_string_value(json_array_get(tokens, *position)))) {
                puts("wrong");
                exit(1);
            }
            count++;
            *position = (*position + 1) % json_array_size(tokens);
        }
        wall = seconds_of(CLOCK_MONOTONIC) - start;
    } while (wall < seconds);
    printf("%zu %.9f %.9f\n", count, wall, seconds_of(CLOCK_PROCESS_CPUTIME_ID) - cpu);
    fflush(stdout);
}

static int serve(const char *name, const char *version, const char *library) {
    char *line = NULL;
    size_t capacity = 0, position = 0;
    if (getline(&line, &capacity, stdin) < 0) return 0;
    const json_t *job = json_loads(line, 0, NULL);
    if (!job) return 2;
    printf("{\"engine\":\"%s\",\"version\":\"%s\",\"library\":\"%s\",", name, version, library);
    if (!prepare(job, text(job, "algorithm"))) {
        printf("\"unsupported\":\"no %s\"}\n", text(job, "algorithm"));
        return 0;
    }
    printf("\"verdicts\":\"");
    const json_t *lists[] = {json_object_get(job, "corpus"), json_object_get(job, "tokens")};
    for (int list = 0; list < 2; list++)
        for (size_t i = 0; i < json_array_size(lists[list]); i++)
            putchar(is_valid(json_string_value(json_array_get(lists[list], i))) ? '1' : '0');
    printf("\"}\n");
    fflush(stdout);
    double seconds;
    while (getline(&line, &capacity, stdin) >= 0) {
        if (sscanf(line, "run %lf", &seconds) != 1) return 2;
        run(lists[1], seconds, &position);
    }
    return 0;
}
