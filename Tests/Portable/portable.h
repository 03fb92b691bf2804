// What the parts of this program share. Nothing here depends on the processor, nor on Swift: scripts/aarch64.sh builds
// it for the machine it runs on and for others under emulation.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// SplitMix64 from the seed that main prints.
uint64_t next_random(void);
/// 0 … bound − 1.
size_t below(size_t bound);
void fill(uint8_t *bytes, size_t count);

/// Reports the first disagreement and ends the process with 1.
_Noreturn void disagree(const char *format, ...) __attribute__((format(printf, 1, 2)));

enum { ROOM = 1 << 15 };

/// ROOM bytes between two pages nobody may touch.
uint8_t *guarded_room(void);
/// The same `count` bytes at either edge of a room.
static inline uint8_t *edge(uint8_t *room, size_t count, int at_end) { return at_end ? room + ROOM - count : room; }

/// Rounds of each part are multiplied by `scale`; what was compared is printed.
void check_hashes(unsigned scale);
void check_verdicts(unsigned scale);
void check_base64url(unsigned scale);
void check_json(unsigned scale);
