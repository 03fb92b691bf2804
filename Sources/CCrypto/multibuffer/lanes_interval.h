// A lane that holds bounds instead of a number: the range proof.
//
// Every operation maps the bounds of its operands to bounds of its result and counts a violation where some value
// within them would not survive in a 64-bit word (here: two's complement, which covers the unsigned words of the
// arithmetic as none reaches 2^63) or would lose bits 52 and up as the operand of a product. Arithmetic instantiated
// over this lane with operands of the stated ranges, and no violation counted, therefore overflows for no input of
// those ranges. Bounds are kept per word; that a + b and a - b move together is forgotten, so the bounds are sound and
// may be wide.
#pragma once
#include <stdint.h>

#define LANES 1
#define LANES_NAME interval
#define LANES_INTERVAL 1

typedef struct {
    __int128 low, high;
} lane;
typedef uint8_t lane_mask;  // what a comparison says is not known; lane_select covers both answers

// Of this thread: tests run side by side.
static _Thread_local unsigned lane_violations;

static inline lane lane_between(__int128 low, __int128 high) {
    const __int128 limit = (__int128)1 << 63;
    if (low > high || low < -limit || high >= limit) lane_violations++;
    // A violation is counted once; what follows is bounded so that the bounds themselves cannot overflow.
    return (lane){low < -limit ? -limit : low, high >= limit ? limit - 1 : high};
}

static inline lane lane_set(uint64_t word) { return (lane){(int64_t)word, (int64_t)word}; }

static inline lane lane_add(lane a, lane b) { return lane_between(a.low + b.low, a.high + b.high); }
static inline lane lane_sub(lane a, lane b) { return lane_between(a.low - b.high, a.high - b.low); }
/// With a mask 2^k - 1, which is all the arithmetic uses.
static inline lane lane_and(lane a, lane b) {
    if (b.low != b.high || b.low < 0 || (b.low & (b.low + 1))) lane_violations++;
    return a.low >= 0 && a.high <= b.high ? a : lane_between(0, b.high);
}
/// Of non-negative words: below the next power of two of both.
static inline lane lane_or(lane a, lane b) {
    if (a.low < 0 || b.low < 0) lane_violations++;
    const __int128 most = a.high > b.high ? a.high : b.high;
    __int128 bound = 1;
    while (bound <= most) bound <<= 1;
    return lane_between(a.low > b.low ? a.low : b.low, bound - 1);
}
static inline lane lane_xor(lane a, lane b) { return lane_between(0, lane_or(a, b).high); }
static inline lane lane_shl(lane a, unsigned bits) {
    return lane_between(a.low * ((__int128)1 << bits), a.high * ((__int128)1 << bits));
}
static inline lane lane_sar(lane a, unsigned bits) { return lane_between(a.low >> bits, a.high >> bits); }
static inline lane lane_shr(lane a, unsigned bits) {
    if (a.low < 0) lane_violations++;
    return lane_sar(a, bits);
}

/// Deliberately only the low 52 bits, unlike an operand that should not have more.
static inline lane lane_digit(lane a) {
    const __int128 most = ((__int128)1 << 52) - 1;
    return a.low >= 0 && a.high <= most ? a : (lane){0, most};
}
/// What bounds per word cannot know: the caller gives the argument.
static inline lane lane_not_negative(lane a) { return a.low < 0 ? (lane){0, a.high} : a; }
static inline void lane_expect_zero(lane a) {
    if (a.low != 0 || a.high != 0) lane_violations++;
}
static inline void lane_check_operand(lane a) {
    if (a.low < 0 || a.high >> 52) lane_violations++;
}
static inline lane lane_madd_lo(lane acc, lane a, lane b) {
    lane_check_operand(a);
    lane_check_operand(b);
    const __int128 most = ((__int128)1 << 52) - 1, product = a.high * b.high;
    return lane_between(acc.low, acc.high + (product < most ? product : most));
}
static inline lane lane_madd_hi(lane acc, lane a, lane b) {
    lane_check_operand(a);
    lane_check_operand(b);
    return lane_between(acc.low + (a.low * b.low >> 52), acc.high + (a.high * b.high >> 52));
}

static inline lane_mask lane_eq(lane a, lane b) {
    (void)a, (void)b;
    return 1;
}
static inline lane_mask lane_lt(lane a, lane b) {
    (void)a, (void)b;
    return 1;
}
static inline lane lane_select(lane_mask mask, lane a, lane b) {
    (void)mask;
    return lane_between(a.low < b.low ? a.low : b.low, a.high > b.high ? a.high : b.high);
}
static inline lane lane_swap(lane a, unsigned distance) {
    (void)distance;
    return a;
}
