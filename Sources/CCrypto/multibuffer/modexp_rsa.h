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
#define RSA_INLINE static inline __attribute__((always_inline))
#define RSA_UNROLL _Pragma("clang loop unroll(full)")

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

// Digits of quotients are found one after the other, each from all before it: a chain of latencies. It runs beside a
// tile whose work is independent of it.
typedef struct {
    const lane *column;   // RSA_BLOCK of them, complete but for this block's own quotients
    const lane *modulus;  // its limbs
    lane inverse, carry;
    lane *digit;
} rsa_quotient;

// Digit i: with it the column becomes 0 modulo 2^52, and what is carried is the column divided by 2^52, rounded up.
RSA_INLINE void rsa_quotient_digit(rsa_quotient *q, int i) {
    lane low = lane_add(q->column[i], q->carry), high = lane_set(0);
    RSA_UNROLL
    for (int k = 0; k < i; k++) {
        low = lane_madd_lo(low, q->digit[k], q->modulus[i - k]);
        high = lane_madd_hi(high, q->digit[k], q->modulus[i - k - 1]);
    }
    const lane sum = lane_add(low, high);
    q->digit[i] = lane_digit(lane_madd_lo(lane_set(0), lane_digit(sum), q->inverse));
    // The high half of the digit times limb 0 belongs to the next column; see there.
    q->carry = lane_shr(lane_add(sum, lane_set(RSA_LIMB)), 52);
}

// Columns 0 … 19 += digits times operand[0 … 9], and the window moves from columns 0 … 9 to 10 … 19.
RSA_INLINE void rsa_tile(lane *column, lane window[RSA_BLOCK], const lane digit[RSA_BLOCK], const lane *operand,
                         rsa_quotient *beside) {
    lane c[2 * RSA_BLOCK];
    RSA_UNROLL
    for (int i = 0; i < RSA_BLOCK; i++) c[i] = window[i];
    RSA_UNROLL
    for (int j = 0; j < RSA_BLOCK; j++) {
        const lane x = operand[j];
        c[j + RSA_BLOCK] = column[j + RSA_BLOCK];
        RSA_UNROLL
        for (int i = 0; i < RSA_BLOCK; i++) c[i + j] = lane_madd_lo(c[i + j], digit[i], x);
        RSA_UNROLL
        for (int i = 0; i < RSA_BLOCK; i++) c[i + j + 1] = lane_madd_hi(c[i + j + 1], digit[i], x);
        column[j] = c[j];
        if (beside) rsa_quotient_digit(beside, j);
    }
    RSA_UNROLL
    for (int i = 0; i < RSA_BLOCK; i++) window[i] = c[i + RSA_BLOCK];
}

RSA_INLINE void rsa_block_load(lane to[RSA_BLOCK], const lane *from) {
    RSA_UNROLL
    for (int i = 0; i < RSA_BLOCK; i++) to[i] = from[i];
}

// column[…] += digits times all limbs of the operand.
RSA_INLINE void rsa_row(lane *column, const lane *digits, const lane *operand, unsigned limbs) {
    lane digit[RSA_BLOCK], window[RSA_BLOCK];
    rsa_block_load(digit, digits);
    rsa_block_load(window, column);
    for (unsigned j = 0; j < limbs; j += RSA_BLOCK) rsa_tile(column + j, window, digit, operand + j, NULL);
    rsa_block_load(column + limbs, window);
}

// column[…] = a^2: products of different limbs once, then doubled, then the squares of limbs.
static void rsa_square_columns(lane *restrict column, const lane *restrict a, unsigned limbs) {
    for (unsigned i = 0; i < 2 * limbs; i++) column[i] = lane_set(0);
    for (unsigned block = 0; block < limbs; block += RSA_BLOCK) {
        lane digit[RSA_BLOCK], c[2 * RSA_BLOCK], *first = column + 2 * block;
        rsa_block_load(digit, a + block);
        rsa_block_load(c, first);
        RSA_UNROLL
        for (int j = 0; j < RSA_BLOCK; j++) {
            c[j + RSA_BLOCK] = first[j + RSA_BLOCK];
            RSA_UNROLL
            for (int i = 0; i < j; i++) c[i + j] = lane_madd_lo(c[i + j], digit[i], digit[j]);
            RSA_UNROLL
            for (int i = 0; i < j; i++) c[i + j + 1] = lane_madd_hi(c[i + j + 1], digit[i], digit[j]);
            first[j] = c[j];
        }
        lane window[RSA_BLOCK];
        rsa_block_load(window, c + RSA_BLOCK);
        for (unsigned j = block + RSA_BLOCK; j < limbs; j += RSA_BLOCK)
            rsa_tile(column + block + j, window, digit, a + j, NULL);
        rsa_block_load(column + block + limbs, window);
    }
    for (unsigned i = 0; i < limbs; i++) {
        column[2 * i] = lane_madd_lo(lane_add(column[2 * i], column[2 * i]), a[i], a[i]);
        column[2 * i + 1] = lane_madd_hi(lane_add(column[2 * i + 1], column[2 * i + 1]), a[i], a[i]);
    }
}

// result = columns / 2^(520 blocks) modulo n: a multiple of n makes the lowest columns 0. Reads limbs + 10 blocks
// columns.
static void rsa_reduce(lane *restrict result, lane *restrict column, const rsa_modulus *restrict n, unsigned blocks) {
    const unsigned limbs = n->limbs;
    lane quotient[2][RSA_BLOCK];
    rsa_quotient next = {column, n->limb, n->inverse, lane_set(0), quotient[0]};
    RSA_UNROLL
    for (int i = 0; i < RSA_BLOCK; i++) rsa_quotient_digit(&next, i);
    for (unsigned block = 0; block < blocks; block++) {
        lane *first = column + block * RSA_BLOCK;
        lane digit[RSA_BLOCK], window[RSA_BLOCK];
        rsa_block_load(digit, quotient[block % 2]);
        rsa_block_load(window, first + RSA_BLOCK);
        window[0] = lane_add(window[0], next.carry);
        // Of the first tile columns 10 … 19 only: the others became 0.
        RSA_UNROLL
        for (int j = 0; j < RSA_BLOCK; j++) {
            const lane x = n->limb[j];
            RSA_UNROLL
            for (int i = RSA_BLOCK - j; i < RSA_BLOCK; i++)
                window[i + j - RSA_BLOCK] = lane_madd_lo(window[i + j - RSA_BLOCK], digit[i], x);
            RSA_UNROLL
            for (int i = RSA_BLOCK - 1 - j; i < RSA_BLOCK; i++)
                window[i + j + 1 - RSA_BLOCK] = lane_madd_hi(window[i + j + 1 - RSA_BLOCK], digit[i], x);
        }
        unsigned j = RSA_BLOCK;
        rsa_tile(first + j, window, digit, n->limb + j, NULL);
        j += RSA_BLOCK;
        if (block + 1 < blocks) {
            next.column = first + RSA_BLOCK;
            next.carry = lane_set(0);
            next.digit = quotient[(block + 1) % 2];
            rsa_tile(first + j, window, digit, n->limb + j, &next);
            j += RSA_BLOCK;
        }
        for (; j < limbs; j += RSA_BLOCK) rsa_tile(first + j, window, digit, n->limb + j, NULL);
        rsa_block_load(first + limbs, window);
    }
    lane carry = lane_set(0);
    for (unsigned i = 0; i < limbs; i++) {
        const lane sum = lane_add(column[blocks * RSA_BLOCK + i], carry);
        result[i] = lane_digit(sum);
        carry = lane_shr(sum, 52);
    }
}

/// a^2 / R mod n.
static void rsa_square(lane *result, const lane *a, const rsa_modulus *n, rsa_product *scratch) {
    rsa_square_columns(scratch->column, a, n->limbs);
    rsa_reduce(result, scratch->column, n, n->limbs / RSA_BLOCK);
}

/// a b / R mod n.
static void rsa_multiply(lane *result, const lane *a, const lane *b, const rsa_modulus *n, rsa_product *scratch) {
    for (unsigned i = 0; i < 2 * n->limbs; i++) scratch->column[i] = lane_set(0);
    for (unsigned i = 0; i < n->limbs; i += RSA_BLOCK) rsa_row(scratch->column + i, a + i, b, n->limbs);
    rsa_reduce(result, scratch->column, n, n->limbs / RSA_BLOCK);
}

/// (h b + c) / 2^520 mod n for h of one block, b and c below n: below n (1 + 2^-7) for h below 2^512.
static void rsa_multiply_short(lane *result, const lane *h, const lane *b, const lane *c, const rsa_modulus *n,
                               rsa_product *scratch) {
    for (unsigned i = 0; i < n->limbs; i++) scratch->column[i] = c[i];
    for (unsigned i = 0; i < RSA_BLOCK; i++) scratch->column[n->limbs + i] = lane_set(0);
    rsa_row(scratch->column, h, b, n->limbs);
    rsa_reduce(result, scratch->column, n, 1);
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
