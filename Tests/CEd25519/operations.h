// The body of one ced25519_check, over the lane included before.
#include <openssl/bn.h>
#include <stdlib.h>
#include <string.h>

#include "../../Sources/CCrypto/multibuffer/comb_25519_lanes.h"
#include "../../Sources/CCrypto/multibuffer/scalar_25519.h"
#include "ced25519.h"

#define CHECK_NAME_2(lane) ced25519_check_##lane
#define CHECK_NAME(lane) CHECK_NAME_2(lane)

typedef struct {
    uint64_t limb[10];
} wide;

static uint64_t next(uint64_t *state) {  // splitmix64
    uint64_t z = *state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

// A digit of `bits` bits: an edge or random.
static uint64_t draw(uint64_t *state, unsigned bits) {
    const uint64_t most = bits < 64 ? (UINT64_C(1) << bits) - 1 : UINT64_MAX, random = next(state) & most;
    switch (next(state) % 12) {
        case 0:
            return 0;
        case 1:
            return 1;
        case 2:
            return most;
        case 3:
            return most - 1;
        case 4:
            return most / 2;
        case 5:
            return most / 2 + 1;
        case 6:
            return most << random % bits & most;
        case 7:
            return most >> random % bits;
        case 8:
            return most - 18 - random % 3;  // p and its neighbours
        default:
            return random;
    }
}

static BIGNUM *number(const uint64_t *limb, int count, int bits) {
    BIGNUM *sum = BN_new(), *word = BN_new();
    BN_zero(sum);
    for (int i = count; i-- > 0;) {
        BN_set_word(word, limb[i]);
        BN_lshift(sum, sum, bits);
        BN_add(sum, sum, word);
    }
    BN_free(word);
    return sum;
}

// A whole number below 2^bits at an edge, as ten digits: a multiple of the modulus, a power of two or a run of ones,
// give or take two.
static void draw_whole(uint64_t *state, const char *modulus, int bits, uint64_t digit[10]) {
    BIGNUM *edge = BN_new(), *m = NULL, *bound = BN_new();
    BN_hex2bn(&m, modulus);
    BN_one(bound);
    BN_lshift(bound, bound, bits);
    if (next(state) % 2) {  // a multiple that fits, often a small one
        BN_set_word(edge, next(state) >> next(state) % 64);
        BN_lshift(edge, edge, (int)(next(state) % 2 ? 0 : next(state) % 200));
        BN_mul_word(edge, 1 + next(state) % 32);
        BN_CTX *context = BN_CTX_new();
        BN_div(bound, NULL, bound, m, context);
        BN_nnmod(edge, edge, bound, context);
        BN_mul(edge, edge, m, context);
        BN_CTX_free(context);
    } else {
        BN_one(edge);
        BN_lshift(edge, edge, (int)(next(state) % (uint64_t)bits));
        BN_one(bound);
        BN_lshift(bound, bound, (int)(next(state) % (uint64_t)bits));
        if (next(state) % 2 && BN_cmp(edge, bound) >= 0) BN_sub(edge, edge, bound);
    }
    if (next(state) % 2)
        BN_add_word(edge, next(state) % 3);
    else if (BN_num_bits(edge) > 2)
        BN_sub_word(edge, next(state) % 3);
    BN_mask_bits(edge, bits);
    uint8_t bytes[72];
    BN_bn2lebinpad(edge, bytes, sizeof bytes);
    for (int i = 0; i < 10; i++) {
        digit[i] = 0;
        for (int bit = 0; bit < 52; bit++)
            digit[i] |= (uint64_t)(bytes[(52 * i + bit) / 8] >> (52 * i + bit) % 8 & 1) << bit;
    }
    BN_free(bound);
    BN_free(m);
    BN_free(edge);
}

static void operate(ced25519_operation operation, const lane a[10], const lane b[5], lane out[10]) {
    field_factor x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    field_sum s = field_sum_of(&x);
    const field_sum xy = field_multiply(&x, &y), xx = field_square(&x);
    scalar_digits k;
    switch (operation) {
        case CED25519_MULTIPLY:
            s = xy;
            break;
        case CED25519_SQUARE:
            s = xx;
            break;
        case CED25519_SUM:
            s = field_add(&xy, &xx);
            break;
        case CED25519_DIFFERENCE:
            s = field_raise(field_subtract(&xy, &xx));
            break;
        case CED25519_NEGATE:
            s = field_negate_where(lane_eq(lane_set(0), lane_set(0)), &xy);
            s = field_raise(s);
            break;
        case CED25519_CANONICAL:
            break;
        case CED25519_INVERT:
            x = field_invert(&x);
            break;
        case CED25519_ROOT:
            x = field_power_root(&x);
            break;
        case CED25519_WORDS:
            x = field_from_words(a);
            field_to_words(&x, out);
            return;
        case CED25519_REDUCE:
            k = scalar_reduce(a);
            memcpy(out, &k, sizeof k);
            return;
        case CED25519_OPERATION_COUNT:
            break;
    }
    if (operation == CED25519_INVERT || operation == CED25519_ROOT) s = field_sum_of(&x);
    // AVX-512 leaves rests above the digits: canonical form is what may be looked at.
    if (operation == CED25519_INVERT || operation == CED25519_ROOT)
        for (int i = 0; i < 4; i++) s.limb[i] = lane_and(s.limb[i], lane_set(FIELD_MASK));
    const field_factor canonical = field_canonical(&s);
    memcpy(out, &canonical, sizeof canonical);
}

static int expected_equals(ced25519_operation operation, const uint64_t *a, const uint64_t *b, const uint64_t *out) {
    BN_CTX *context = BN_CTX_new();
    BIGNUM *p = NULL, *order = NULL, *e = BN_new();
    BN_hex2bn(&p, "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed");
    BN_hex2bn(&order, "1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed");
    const int words = operation == CED25519_WORDS, reduce = operation == CED25519_REDUCE;
    BIGNUM *x = number(a,
                       words    ? 4
                       : reduce ? 10
                                : 5,
                       words ? 64 : 52),
           *y = number(b, 5, 52), *r = number(out, words ? 4 : 5, words ? 64 : 52), *square = BN_new();
    BN_mod_sqr(square, x, p, context);
    switch (operation) {
        case CED25519_MULTIPLY:
            BN_mod_mul(e, x, y, p, context);
            break;
        case CED25519_SQUARE:
            BN_copy(e, square);
            break;
        case CED25519_SUM:
            BN_mod_mul(e, x, y, p, context);
            BN_mod_add(e, e, square, p, context);
            break;
        case CED25519_DIFFERENCE:
            BN_mod_mul(e, x, y, p, context);
            BN_mod_sub(e, e, square, p, context);
            break;
        case CED25519_NEGATE:
            BN_mod_mul(e, x, y, p, context);
            BN_set_negative(e, 1);
            BN_nnmod(e, e, p, context);
            break;
        case CED25519_CANONICAL:
            BN_nnmod(e, x, p, context);
            break;
        case CED25519_INVERT:
        case CED25519_ROOT:
            BN_copy(e, p);
            BN_sub_word(e, operation == CED25519_ROOT ? 5 : 2);
            if (operation == CED25519_ROOT) BN_rshift(e, e, 3);
            BN_mod_exp(e, x, e, p, context);
            break;
        case CED25519_WORDS:
            BN_copy(e, x);
            break;
        case CED25519_REDUCE:
            BN_nnmod(e, x, order, context);
            break;
        case CED25519_OPERATION_COUNT:
            break;
    }
    int equal = BN_cmp(e, r) == 0;
    for (int i = 0; i < 5 && !words; i++) equal &= out[i] >> 52 == 0;
    BN_free(square);
    BN_free(r);
    BN_free(y);
    BN_free(x);
    BN_free(e);
    BN_free(order);
    BN_free(p);
    BN_CTX_free(context);
    return equal;
}

unsigned CHECK_NAME(LANES_NAME)(ced25519_operation operation, uint64_t seed, unsigned rounds) {
    unsigned wrong = 0;
    for (unsigned round = 0; round < rounds; round++) {
        uint64_t a[LANES][10], b[LANES][5];
        lane in[10], other[5], out[10];
        uint64_t column[LANES], result[10][LANES];
        uint64_t whole_a[LANES][10], whole_b[LANES][10];
        const int whole = operation != CED25519_WORDS && operation != CED25519_INVERT && round % 4 == 0;
        for (int l = 0; l < LANES && whole; l++) {
            static const char p[] = "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed";
            static const char order[] = "1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed";
            draw_whole(&seed, operation == CED25519_REDUCE ? order : p, operation == CED25519_REDUCE ? 512 : 260,
                       whole_a[l]);
            draw_whole(&seed, p, 260, whole_b[l]);
        }
        for (int i = 0; i < 10; i++) {
            for (int l = 0; l < LANES; l++) {
                // Operands of the arithmetic: five digits, mostly below 2^255; else words, or ten digits of 512 bits.
                const unsigned top = round % 3 ? 47 : 52;
                a[l][i] = draw(&seed, operation == CED25519_WORDS    ? 64
                                      : operation == CED25519_REDUCE ? (i == 9 ? 44 : 52)
                                      : i == 4                       ? top
                                                                     : 52);
                // No multiple of p: in those the second digit is odd, or the first even.
                if (operation == CED25519_INVERT && i < 2) a[l][i] = i == 0 ? a[l][i] | 1 : a[l][i] & ~UINT64_C(1);
                if (i < 5) b[l][i] = draw(&seed, i == 4 ? top : 52);
                if (whole) a[l][i] = whole_a[l][i];
                if (whole && i < 5) b[l][i] = whole_b[l][i];
                column[l] = a[l][i];
            }
            in[i] = lane_load(column);
            if (i < 5) {
                for (int l = 0; l < LANES; l++) column[l] = b[l][i];
                other[i] = lane_load(column);
            }
            out[i] = lane_set(0);
        }
        operate(operation, in, other, out);
        for (int i = 0; i < 10; i++) lane_store(result[i], out[i]);
        for (int l = 0; l < LANES; l++) {
            uint64_t r[10];
            for (int i = 0; i < 10; i++) r[i] = result[i][l];
            wrong += !expected_equals(operation, a[l], b[l], r);
        }
    }
    return wrong;
}
