// Powers modulo n of 2,048, 3,072 or 4,096 bits over `lane`: Montgomery multiplication in radix 2^52, R = 2^(52 limbs).
//
// Numbers have 40, 60 or 80 limbs and are worked on in blocks of 10. A block of digits stays in registers while a
// window of 10 columns slides along the other operand: 20 half products a step for one load of the operand and one load
// and store of a column. Carries are delayed: a column is the sum of all its half products and the carry of the one
// before.
//
// Ranges. Limbs of operands and results are below 2^52 (dirty above in the lanes that ignore those bits: lane_digit),
// operands below 2n or the square of them below n R, results below n + (product) / R, so below n (1 + 2^-30).
// A column holds at most 2 limbs half products of each of the two products, 2^52 each, and a carry: below 2^(52 + 9).
// RSATests' range proof runs all of it over intervals. rsa.md argues the costs. Public values only: variable time.
#pragma once
#include <stddef.h>
#include <stdint.h>

enum { RSA_BLOCK = 10, RSA_LIMBS_MAX = 80 };

#define RSA_LIMB ((UINT64_C(1) << 52) - 1)
#if defined(LANES_INTERVAL)
// Bounds need no registers, and unrolled they take the compiler half a minute.
#define RSA_INLINE static inline
#define RSA_UNROLL
#else
#define RSA_INLINE static inline __attribute__((always_inline))
#define RSA_UNROLL _Pragma("clang loop unroll(full)")
#endif

/// One modulus per lane, or the same one in all of them.
typedef struct {
    lane limb[RSA_LIMBS_MAX];
    lane inverse;  // -1/n mod 2^52
    unsigned limbs;
} rsa_modulus;

// A product on its way: columns, two to a limb.
typedef struct {
    lane column[2 * RSA_LIMBS_MAX];
} rsa_product;

// Digits of quotients are found one after the other, each from all before it, and so are carries: chains of latencies.
// They run beside a tile whose work is independent of them.
typedef struct {
    const lane *column;   // RSA_BLOCK of them, complete but for this block's own quotients
    const lane *modulus;  // its limbs
    lane inverse, carry;
    lane *digit;
} rsa_quotient;

typedef struct {
    const lane *column;
    lane carry;
    lane *result;
} rsa_carry;

// Digit i: with it the column becomes 0 modulo 2^52, and what is carried is the column divided by 2^52, rounded up. The
// last digit enters last, after the carry, so the chain is one addition and two half products a digit.
RSA_INLINE void rsa_quotient_digit(rsa_quotient *q, int i) {
    lane low = q->column[i], high = lane_set(0);
    RSA_UNROLL
    for (int k = 0; k < i - 1; k++) {
        low = lane_madd_lo(low, q->digit[k], q->modulus[i - k]);
        high = lane_madd_hi(high, q->digit[k], q->modulus[i - k - 1]);
    }
    low = lane_add(low, q->carry);
    if (i > 0) {
        low = lane_madd_lo(low, q->digit[i - 1], q->modulus[1]);
        high = lane_madd_hi(high, q->digit[i - 1], q->modulus[0]);
    }
    const lane sum = lane_add(low, high);
    q->digit[i] = lane_digit(lane_madd_lo(lane_set(0), lane_digit(sum), q->inverse));
    q->carry = lane_shr(lane_add(sum, lane_set(RSA_LIMB)), 52);
}

RSA_INLINE void rsa_carry_limb(rsa_carry *c, unsigned i) {
    const lane sum = lane_add(c->column[i], c->carry);
    c->result[i] = lane_digit(sum);
    c->carry = lane_shr(sum, 52);
}

RSA_INLINE void rsa_block_load(lane to[RSA_BLOCK], const lane *from) {
    RSA_UNROLL
    for (int i = 0; i < RSA_BLOCK; i++) to[i] = from[i];
}

// Columns 0 … 19 += digits times operand[0 … 9], and the window moves from columns 0 … 9 to 10 … 19. Those are not
// read but taken as 0 where `fresh`.
RSA_INLINE void rsa_tile(lane *column, lane window[RSA_BLOCK], const lane digit[RSA_BLOCK], const lane *operand,
                         int fresh, rsa_quotient *quotient, rsa_carry *carry) {
    lane c[2 * RSA_BLOCK];
    rsa_block_load(c, window);
    RSA_UNROLL
    for (int j = 0; j < RSA_BLOCK; j++) {
        const lane x = operand[j];
        c[j + RSA_BLOCK] = fresh ? lane_set(0) : column[j + RSA_BLOCK];
        RSA_UNROLL
        for (int i = 0; i < RSA_BLOCK; i++) c[i + j] = lane_madd_lo(c[i + j], digit[i], x);
        RSA_UNROLL
        for (int i = 0; i < RSA_BLOCK; i++) c[i + j + 1] = lane_madd_hi(c[i + j + 1], digit[i], x);
        column[j] = c[j];
        if (quotient) rsa_quotient_digit(quotient, j);
        if (carry) rsa_carry_limb(carry, (unsigned)j);
    }
    rsa_block_load(window, c + RSA_BLOCK);
}

// Columns 0 … 19 of the products of different digits of one block, in two sums each: half the latency.
RSA_INLINE void rsa_tile_diagonal(lane *column, lane window[RSA_BLOCK], const lane digit[RSA_BLOCK], int fresh) {
    lane low[2 * RSA_BLOCK], high[2 * RSA_BLOCK];
    RSA_UNROLL
    for (int i = 0; i < 2 * RSA_BLOCK; i++) {
        low[i] = fresh ? lane_set(0) : column[i];
        high[i] = lane_set(0);
    }
    RSA_UNROLL
    for (int j = 1; j < RSA_BLOCK; j++) {
        RSA_UNROLL
        for (int i = 0; i < j; i++) {
            low[i + j] = lane_madd_lo(low[i + j], digit[i], digit[j]);
            high[i + j + 1] = lane_madd_hi(high[i + j + 1], digit[i], digit[j]);
        }
    }
    RSA_UNROLL
    for (int i = 0; i < RSA_BLOCK; i++) {
        column[i] = lane_add(low[i], high[i]);
        window[i] = lane_add(low[i + RSA_BLOCK], high[i + RSA_BLOCK]);
    }
}

// Twice the products of different limbs, and the square of limb i.
RSA_INLINE void rsa_square_limb(lane *column, const lane *a, unsigned i) {
    column[2 * i] = lane_madd_lo(lane_add(column[2 * i], column[2 * i]), a[i], a[i]);
    column[2 * i + 1] = lane_madd_hi(lane_add(column[2 * i + 1], column[2 * i + 1]), a[i], a[i]);
}

// column[…] = a^2 and the first block of quotients.
static void rsa_square_columns(lane *column, const lane *a, unsigned limbs, rsa_quotient *quotient) {
    lane digit[RSA_BLOCK], window[RSA_BLOCK];
    rsa_block_load(digit, a);
    rsa_tile_diagonal(column, window, digit, 1);
    for (unsigned i = 0; i < RSA_BLOCK / 2; i++) rsa_square_limb(column, a, i);
    unsigned j = RSA_BLOCK;
    for (; j + RSA_BLOCK < limbs; j += RSA_BLOCK) rsa_tile(column + j, window, digit, a + j, 1, NULL, NULL);
    rsa_tile(column + j, window, digit, a + j, 1, quotient, NULL);
    rsa_block_load(column + limbs, window);
    for (unsigned i = limbs + RSA_BLOCK; i < 2 * limbs; i++) column[i] = lane_set(0);
    for (unsigned block = RSA_BLOCK; block < limbs; block += RSA_BLOCK) {
        rsa_block_load(digit, a + block);
        rsa_tile_diagonal(column + 2 * block, window, digit, 0);
        for (j = block + RSA_BLOCK; j < limbs; j += RSA_BLOCK)
            rsa_tile(column + block + j, window, digit, a + j, 0, NULL, NULL);
        rsa_block_load(column + block + limbs, window);
    }
    for (unsigned i = RSA_BLOCK / 2; i < limbs; i++) rsa_square_limb(column, a, i);
}

// column[…] = c + the first `blocks` blocks of a times b, and the first block of quotients; c may be NULL for 0.
static void rsa_multiply_columns(lane *column, const lane *a, unsigned blocks, const lane *b, const lane *c,
                                 unsigned limbs, rsa_quotient *quotient) {
    for (unsigned i = 0; i < limbs; i++) column[i] = c ? c[i] : lane_set(0);
    for (unsigned i = 0; i < blocks * RSA_BLOCK; i++) column[limbs + i] = lane_set(0);
    for (unsigned block = 0; block < blocks; block++, column += RSA_BLOCK, a += RSA_BLOCK) {
        lane digit[RSA_BLOCK], window[RSA_BLOCK];
        rsa_block_load(digit, a);
        rsa_block_load(window, column);
        rsa_tile(column, window, digit, b, 0, NULL, NULL);
        unsigned j = RSA_BLOCK;
        for (; j + RSA_BLOCK < limbs; j += RSA_BLOCK) rsa_tile(column + j, window, digit, b + j, 0, NULL, NULL);
        if (block == 0)
            rsa_tile(column + j, window, digit, b + j, 0, quotient, NULL);
        else
            rsa_tile(column + j, window, digit, b + j, 0, NULL, NULL);
        rsa_block_load(column + limbs, window);
    }
}

// result = columns / 2^(520 blocks) modulo n: a multiple of n makes the lowest columns 0. Reads limbs + 10 blocks
// columns; the first block of quotients is given.
static void rsa_reduce(lane *result, lane *column, const rsa_modulus *n, unsigned blocks, rsa_quotient *quotient) {
    const unsigned limbs = n->limbs;
    rsa_carry carry = {column + blocks * RSA_BLOCK, lane_set(0), result};
    for (unsigned block = 0; block < blocks; block++, column += RSA_BLOCK) {
        lane digit[RSA_BLOCK], low[RSA_BLOCK], high[RSA_BLOCK];
        rsa_block_load(digit, quotient->digit);
        // Of the first tile columns 10 … 19 only, in two sums each: the others became 0.
        rsa_block_load(low, column + RSA_BLOCK);
        high[0] = quotient->carry;
        RSA_UNROLL
        for (int i = 1; i < RSA_BLOCK; i++) high[i] = lane_set(0);
        RSA_UNROLL
        for (int j = 0; j < RSA_BLOCK; j++) {
            const lane x = n->limb[j];
            RSA_UNROLL
            for (int i = RSA_BLOCK - j; i < RSA_BLOCK; i++)
                low[i + j - RSA_BLOCK] = lane_madd_lo(low[i + j - RSA_BLOCK], digit[i], x);
            RSA_UNROLL
            for (int i = RSA_BLOCK - 1 - j; i < RSA_BLOCK; i++)
                high[i + j + 1 - RSA_BLOCK] = lane_madd_hi(high[i + j + 1 - RSA_BLOCK], digit[i], x);
        }
        lane window[RSA_BLOCK];
        RSA_UNROLL
        for (int i = 0; i < RSA_BLOCK; i++) window[i] = lane_add(low[i], high[i]);
        unsigned j = RSA_BLOCK;
        rsa_tile(column + j, window, digit, n->limb + j, 0, NULL, NULL);
        j += RSA_BLOCK;
        if (block + 1 < blocks) {
            quotient->column = column + RSA_BLOCK;
            quotient->carry = lane_set(0);
            rsa_tile(column + j, window, digit, n->limb + j, 0, quotient, NULL);
            for (j += RSA_BLOCK; j < limbs; j += RSA_BLOCK)
                rsa_tile(column + j, window, digit, n->limb + j, 0, NULL, NULL);
        } else {
            for (; j < limbs; j += RSA_BLOCK, carry.column += RSA_BLOCK, carry.result += RSA_BLOCK)
                rsa_tile(column + j, window, digit, n->limb + j, 0, NULL, &carry);
        }
        rsa_block_load(column + limbs, window);
    }
    for (unsigned i = 0; i < 2 * RSA_BLOCK; i++) rsa_carry_limb(&carry, i);
}

RSA_INLINE rsa_quotient rsa_first_quotient(const rsa_modulus *n, const rsa_product *product, lane digit[RSA_BLOCK]) {
    return (rsa_quotient){product->column, n->limb, n->inverse, lane_set(0), digit};
}

/// a^2 / R mod n.
static void rsa_square(lane *result, const lane *a, const rsa_modulus *n, rsa_product *scratch) {
    lane digit[RSA_BLOCK];
    rsa_quotient quotient = rsa_first_quotient(n, scratch, digit);
    rsa_square_columns(scratch->column, a, n->limbs, &quotient);
    rsa_reduce(result, scratch->column, n, n->limbs / RSA_BLOCK, &quotient);
}

/// a b / R mod n.
static void rsa_multiply(lane *result, const lane *a, const lane *b, const rsa_modulus *n, rsa_product *scratch) {
    lane digit[RSA_BLOCK];
    rsa_quotient quotient = rsa_first_quotient(n, scratch, digit);
    rsa_multiply_columns(scratch->column, a, n->limbs / RSA_BLOCK, b, NULL, n->limbs, &quotient);
    rsa_reduce(result, scratch->column, n, n->limbs / RSA_BLOCK, &quotient);
}

/// (h b + c) / 2^520 mod n for h of one block, b and c below n: below n (1 + 2^-7) for h below 2^512.
static void rsa_multiply_short(lane *result, const lane *h, const lane *b, const lane *c, const rsa_modulus *n,
                               rsa_product *scratch) {
    lane digit[RSA_BLOCK];
    rsa_quotient quotient = rsa_first_quotient(n, scratch, digit);
    rsa_multiply_columns(scratch->column, h, 1, b, c, n->limbs, &quotient);
    rsa_reduce(result, scratch->column, n, 1, &quotient);
}

/// a below 2n, becomes the canonical residue, limbs clean.
static void rsa_canonical(lane *a, const rsa_modulus *n) {
    lane difference[RSA_LIMBS_MAX], carry = lane_set(0);
    for (unsigned i = 0; i < n->limbs; i++) {
        a[i] = lane_and(a[i], lane_set(RSA_LIMB));
        const lane d = lane_add(lane_sub(a[i], n->limb[i]), carry);
        difference[i] = lane_and(d, lane_set(RSA_LIMB));
        carry = lane_sar(d, 52);  // 0 or -1
    }
    const lane_mask not_below = lane_eq(carry, lane_set(0));
    for (unsigned i = 0; i < n->limbs; i++) a[i] = lane_select(not_below, difference[i], a[i]);
}

/// s^e / R^(e - 1) mod n, for s below n and any e of at least 2: s is used as it is, so each of the e - 1 products
/// divides by R once.
static void rsa_power(lane *result, const lane *s, uint32_t e, const rsa_modulus *n, rsa_product *scratch) {
    int bit = 31 - __builtin_clz(e);
    const lane *base = s;
    while (bit-- > 0) {
        rsa_square(result, base, n, scratch);
        base = result;
        if (e >> bit & 1) rsa_multiply(result, result, s, n, scratch);
    }
}
