// JSON: every implementation against the portable one, on texts that are valid, nearly so, or hostile.
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "ccpu.h"
#include "cscan.h"
#include "portable.h"

enum { TEXT_MAX = 6000, MEMBERS = 64, NAMES = 400 };

static uint8_t text[TEXT_MAX + 64];
static size_t length;

static void put(const char *piece) {
    const size_t count = strlen(piece);
    if (length + count > TEXT_MAX) return;
    memcpy(text + length, piece, count);
    length += count;
}

static void space(void) {
    if (below(6)) return;
    for (size_t i = below(below(30) ? 4 : 130); i; i--) put((const char *[]){" ", "\n", "\r", "\t"}[below(4)]);
}

static void string(void) {
    static const char *const rare[] = {"\\n",
                                       "\\\"",
                                       "\\\\",
                                       "\\/",
                                       "\\u0041",
                                       "\\ud83d\\ude00",
                                       "\\b\\t",
                                       "\\\\\\\"",
                                       "\\u0000",
                                       "é",
                                       "日本",
                                       "😀",
                                       "\x7f",
                                       "{",
                                       "}",
                                       "[",
                                       "]",
                                       ":",
                                       ",",
                                       " ",
                                       "\\\\\\\\",
                                       "\\f",
                                       "\xf4\x8f\xbf\xbf",
                                       "'"};
    // A third of the strings end near the end of a block, wherever they began.
    const size_t end = length + (below(3) ? below(24) : (64 - length % 64) + below(5));
    put("\"");
    while (length < end && length < TEXT_MAX - 16)
        if (below(12))
            put((char[]){(char)('a' + below(26)), 0});
        else
            put(rare[below(sizeof rare / sizeof *rare)]);
    put("\"");
}

static void value(unsigned depth);

static void object(unsigned depth) {
    static const char *const known[] = {"alg", "kid", "iss", "sub", "aud", "exp", "client_id", "auth_time"};
    char number[24];
    put("{");
    space();
    for (size_t i = 0, members = below(depth ? 4 : 12); i < members; i++) {
        if (i) put(",");
        space();
        if (i < 8 && below(2)) {
            put("\"");
            put(known[below(30) ? i : below(8)]);
            put("\"");
        } else {
            string();
            if (length) length--;  // over the closing quote: a number makes the name unique
            snprintf(number, sizeof number, "#%zu\"", below(40) ? i : 0);
            put(number);
        }
        space();
        put(":");
        space();
        value(depth + 1);
        space();
    }
    put("}");
}

static void value(unsigned depth) {
    char number[48];
    switch (below(depth > 6 ? 6 : 8)) {
        case 0:
        case 1:
            string();
            break;
        case 2:
        case 3:
        case 4:
            snprintf(number, sizeof number, "%s%llu", below(4) ? "" : "-",
                     (unsigned long long)(next_random() >> (1 + below(63))));
            put(number);
            if (below(5) == 0) put((const char *[]){".5", ".0625", "e10", "E-3", "e+07", ".1e1"}[below(6)]);
            break;
        case 5:
            put((const char *[]){"true", "false", "null"}[below(3)]);
            break;
        case 6:
            object(depth);
            break;
        default:
            put("[");
            for (size_t i = 0, elements = below(4); i < elements; i++) {
                if (i) put(",");
                space();
                value(depth + 1);
                space();
            }
            put("]");
    }
}

typedef struct {
    const fvs_implementation *row;
    fvs_scratch *scratch;  // keeps the shapes it has learnt from text to text
    fvs_object object;
    fvs_member members[MEMBERS];
    fvs_status scanned, valid;
} scanner;

static void scan(scanner *s, const uint8_t *bytes, size_t count, uint32_t capacity) {
    memset(s->members, 0, sizeof s->members);
    memset(&s->object, 0, sizeof s->object);
    s->object.members = s->members;
    s->object.member_capacity = capacity;
    s->scanned = s->row->scan_object(bytes, count, s->scratch, &s->object);
    s->valid = s->row->validate(bytes, count, s->scratch);
}

static bool same_member(const fvs_member *a, const fvs_member *b) {
    return a->name_offset == b->name_offset && a->name_count == b->name_count && a->value_offset == b->value_offset &&
           a->value_count == b->value_count && a->kind == b->kind && a->name == b->name &&
           a->name_escaped == b->name_escaped && a->value_escaped == b->value_escaped;
}

static bool same(const scanner *a, const scanner *b) {
    if (a->scanned != b->scanned || a->valid != b->valid) return false;
    if (a->scanned != FVS_OK) return true;
    if (a->object.member_count != b->object.member_count) return false;
    for (uint32_t i = 0; i < a->object.member_count; i++)
        if (!same_member(&a->members[i], &b->members[i])) return false;
    return memcmp(a->object.index, b->object.index, sizeof a->object.index) == 0;
}

static size_t accepted, matched;

static void compare(scanner *one, scanner *portable) {
    static uint8_t *room;
    if (!room) room = guarded_room();
    const uint32_t capacity = below(50) ? MEMBERS : (uint32_t)below(6);
    scan(portable, text, length, capacity);
    for (int at_end = 0; at_end < 2; at_end++) {
        uint8_t *bytes = edge(room, length, at_end);
        memcpy(bytes, text, length);
        scan(one, bytes, length, capacity);
        if (!same(one, portable))
            disagree("JSON %s: scan %d, validate %d; portable: %d, %d; %zu bytes: %.*s", one->row->name, one->scanned,
                     one->valid, portable->scanned, portable->valid, length, (int)length, (const char *)text);
    }
    accepted += portable->scanned == FVS_OK;
}

static void spoil(void) {
    static const char marks[] = "\"\\{}[]:,0-.eE \n\t\x01\x1f\x7f\x80\xc3\xed\xff";
    for (size_t i = 1 + below(2); i && length; i--) {
        const size_t place = below(length);
        switch (below(4)) {
            case 0:
                text[place] = (uint8_t)next_random();
                break;
            case 1:
                text[place] = (uint8_t)marks[below(sizeof marks - 1)];
                break;
            case 2:
                length = place;
                break;
            default:
                memmove(text + place, text + place + 1, length - place - 1);
                length--;
        }
    }
}

static void set(const char *bytes) {
    length = 0;
    put(bytes);
}

/// What an issuer sends: the same members, other values.
static void claims(void) {
    char piece[160];
    length = 0;
    snprintf(piece, sizeof piece, "{\"iss\":\"https://id.example\",\"sub\":\"user-%llx\",\"exp\":%llu,\"admin\":%s,",
             (unsigned long long)next_random() >> below(40), (unsigned long long)below(1u << 31),
             below(2) ? "true" : "false");
    put(piece);
    put("\"roles\":[\"reader\",\"writer\"],\"jti\":\"");
    for (size_t i = 8 + below(below(4) ? 40 : 200); i; i--) put((char[]){(char)('a' + below(26)), 0});
    put(below(20) ? "\"}" : "é\"}");
}

static void hostile(scanner *one, scanner *portable) {
    static const char *const texts[] = {"",
                                        " ",
                                        "{}",
                                        "[]",
                                        "{]",
                                        "{\"a\":1,}",
                                        "{\"a\":1 \"b\":2}",
                                        "{\"a\":\"\\\"}",
                                        "\"\\\\\"",
                                        "nul",
                                        "tru",
                                        "-",
                                        "01",
                                        "1.",
                                        "1e",
                                        "{\"alg\":1,\"\\u0061lg\":2}",
                                        "\"\\ud800\"",
                                        "\xef\xbb\xbf{}",
                                        "{\"a\":\"\x1f\"}"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        set(texts[i]);
        compare(one, portable);
    }
    for (size_t levels = 60; levels < 70; levels++) {
        length = 0;
        for (size_t i = 0; i < levels; i++) put("[");
        for (size_t i = 0; i < levels; i++) put("]");
        compare(one, portable);
    }
    // Every byte at every place of two blocks, outside a string and inside one.
    for (int inside = 0; inside < 2; inside++)
        for (size_t place = 0; place < 130; place++)
            for (unsigned byte = 0; byte < 256; byte++) {
                length = 0;
                put("{\"a\":[");
                for (size_t i = 0; i < 140; i++) put(" ");
                put("1]}");
                if (inside) text[5] = text[length - 2] = '"';
                text[6 + place] = (uint8_t)byte;
                compare(one, portable);
            }
    // Runs of backslashes of every length across the ends of blocks.
    for (size_t before = 50; before < 70; before++)
        for (size_t run = 0; run < 80; run += run < 6 ? 1 : 7) {
            set("{\"a\":\"");
            while (length < before) put("x");
            for (size_t i = 0; i < run; i++) put("\\");
            put("\",\"b\":\"n\"}");
            compare(one, portable);
        }
}

void check_json(unsigned scale) {
    size_t count;
    const fvs_implementation *rows = fvs_implementations(&count);
    static scanner one, portable;
    printf("JSON:");
    for (size_t i = 0; i < count; i++) {
        if (rows[i].features & ~fv_cpu_features()) continue;
        one = (scanner){.row = &rows[i], .scratch = fvs_scratch_create(NAMES)};
        portable = (scanner){.row = &rows[count - 1], .scratch = fvs_scratch_create(NAMES)};
        hostile(&one, &portable);
        for (unsigned round = 0; round < 4000 * scale; round++) {
            if (below(2)) {
                claims();
            } else {
                length = 0;
                space();
                if (below(8))
                    object(0);
                else
                    value(0);
                space();
            }
            if (round % 4 == 0) spoil();
            compare(&one, &portable);
        }
        matched += fvs_scratch_matches(one.scratch);
        fvs_scratch_free(one.scratch);
        fvs_scratch_free(portable.scratch);
        printf(" %s%s", rows[i].name, &rows[i] == fvs_selected_implementation() ? "*" : "");
        fflush(stdout);
    }
    if (!accepted || !matched) disagree("JSON: no text was accepted, or none had a known shape");
    printf(", %zu texts accepted, %zu by their shape\n", accepted, matched);
}
