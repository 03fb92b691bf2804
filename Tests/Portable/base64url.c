// base64url and splitting: every implementation against the portable one.
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "ccpu.h"
#include "cscan.h"
#include "portable.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

typedef struct {
    uint8_t *text, *out, *expected;
} rooms;

static void decode(const fvs_implementation *row, const fvs_implementation *portable, const rooms *r,
                   const uint8_t *text, size_t count) {
    size_t size = fvs_base64url_decoded_size(count);
    if (size == SIZE_MAX) size = count / 4 * 3;
    const bool right = portable->base64url_decode(text, count, r->expected);
    for (int at_end = 0; at_end < 2; at_end++) {
        uint8_t *in = edge(r->text, count, at_end), *out = edge(r->out, size, at_end);
        memcpy(in, text, count);
        memset(out, 0xaa, size);
        const bool answer = row->base64url_decode(in, count, out);
        if (answer != right || (right && memcmp(out, r->expected, size) != 0))
            disagree("base64url %s differs: %zu characters, %s the end of a page: %.*s", row->name, count,
                     at_end ? "at" : "not at", (int)count, (const char *)text);
    }
}

static void check_decoding(const fvs_implementation *row, const fvs_implementation *portable, unsigned scale) {
    static rooms r;
    static uint8_t text[4096];
    if (!r.text) r = (rooms){guarded_room(), guarded_room(), guarded_room()};
    for (size_t count = 0; count <= 300; count++) {
        for (size_t i = 0; i < count; i++) text[i] = (uint8_t)alphabet[below(64)];
        decode(row, portable, &r, text, count);
        for (size_t i = 0; i < count; i++) text[i] = 'A';
        decode(row, portable, &r, text, count);
    }
    // Every byte in every place of a text that has a block of each size and a rest.
    const size_t count = 128 + 64 + 32 + 16 + 4 + 2;
    for (size_t place = 0; place < count; place++) {
        for (size_t i = 0; i < count; i++) text[i] = 'A';
        for (unsigned byte = 0; byte<256; byte += scale> 1 || place % 16 == 3 ? 1 : 5) {
            text[place] = (uint8_t)byte;
            decode(row, portable, &r, text, count);
        }
    }
    for (unsigned round = 0; round < 2000 * scale; round++) {
        const size_t length = below(round % 16 ? 700 : sizeof text);
        for (size_t i = 0; i < length; i++) text[i] = (uint8_t)alphabet[below(64)];
        if (length % 4 > 1 && below(2)) text[length - 1] = (uint8_t) "AQgw"[below(4)];
        for (size_t i = below(3); i && length; i--) text[below(length)] = (uint8_t)next_random();
        decode(row, portable, &r, text, length);
    }
}

static void check_splitting(const fvs_implementation *row, const fvs_implementation *portable, unsigned scale) {
    static uint8_t *room;
    if (!room) room = guarded_room();
    for (unsigned round = 0; round < 4000 * scale; round++) {
        const size_t count = below(round % 3 ? 70 : 900);
        uint8_t *text = edge(room, count, (int)below(2));
        for (size_t i = 0; i < count; i++) text[i] = below(40) ? (uint8_t)next_random() | 0x40 : '.';
        if (below(2))  // exactly two
            for (size_t i = 0, found = 0; i < count; i++)
                if (text[i] == '.' && found++ > 1) text[i] = 'x';
        size_t dots[2] = {0, 0}, expected[2] = {0, 0};
        const bool right = portable->split(text, count, expected), answer = row->split(text, count, dots);
        if (answer != right || (right && memcmp(dots, expected, sizeof dots) != 0))
            disagree("split %s differs: %.*s", row->name, (int)count, (const char *)text);
    }
}

void check_base64url(unsigned scale) {
    size_t count;
    const fvs_implementation *rows = fvs_implementations(&count), *portable = &rows[count - 1];
    printf("base64url:");
    for (size_t i = 0; i < count; i++) {
        if (rows[i].features & ~fv_cpu_features()) continue;
        check_decoding(&rows[i], portable, scale);
        check_splitting(&rows[i], portable, scale);
        printf(" %s%s", rows[i].name, &rows[i] == fvs_selected_implementation() ? "*" : "");
    }
    printf("\n");
}
