// Inversion by divsteps (Bernstein, Yang: Fast constant-time gcd computation and modular inversion, CHES 2019), in the
// variable-time form with 62 steps per round on signed limbs of 62 bits that Pieter Wuille describes in
// doc/safegcd_implementation.md of libsecp256k1. All values here are public.
//
// Invariants of a round: f odd, f = d * value and g = e * value modulo the modulus, d and e in (-2 modulus, modulus).
// When g = 0, f = ±gcd = ±1 and d is ± the inverse. A round multiplies (f, g) and (d, e) by a matrix of determinant
// 2^62 whose entries sum to at most 2^62 in magnitude per row, so each 128-bit accumulation below stays under 2^126.
#include "modular_inverse.h"

#define LIMB_62 (UINT64_MAX >> 2)

enum { LIMBS_62_MAX = 9 };

typedef struct {
    int64_t v[LIMBS_62_MAX];
} number;

typedef struct {
    int64_t u, v, q, r;
} matrix;

typedef struct {
    number modulus;
    uint64_t inverse;  // 1 / modulus mod 2^62
    int length;        // limbs of 62 bits that hold -2 modulus … 2 modulus
    int limbs;         // of 52 bits, as fields have them
} constants;

static const constants moduli[] = {
    [P256_FIELD] = {{{0x3fffffffffffffff, 0x3ffffffff, 0x0, 0x3fffffc000000040, 0xff}}, 0x3fffffffffffffff, 5, 5},
    [P256_ORDER] = {{{0x33b9cac2fc632551, 0x339beab69c5e7a13, 0x3ffffffffffffffb, 0x3fffffc00000003f, 0xff}},
                    0x332e375511ff43b1,
                    5,
                    5},
    [P384_FIELD] = {{{0xffffffff, 0x3ffffffc00000000, 0x3fffffffffffffef, 0x3fffffffffffffff, 0x3fffffffffffffff,
                      0x3fffffffffffffff, 0xfff}},
                    0x3ffffffeffffffff,
                    7,
                    8},
    [P384_ORDER] = {{{0x2cec196accc52973, 0x206836c922c29deb, 0x3634d81f4372ddf5, 0x3ffffffffffffff1,
                      0x3fffffffffffffff, 0x3fffffffffffffff, 0xfff}},
                    0x112b9f76177023bb,
                    7,
                    8},
    [P521_FIELD] = {{{0x3fffffffffffffff, 0x3fffffffffffffff, 0x3fffffffffffffff, 0x3fffffffffffffff,
                      0x3fffffffffffffff, 0x3fffffffffffffff, 0x3fffffffffffffff, 0x3fffffffffffffff, 0x1ffffff}},
                    0x3fffffffffffffff,
                    9,
                    11},
    [P521_ORDER] = {{{0x3b6fb71e91386409, 0x2ed726e226711eba, 0x3cc0148f709a5d03, 0x21a1e0efcbe59adf,
                      0x3ffffffffffffa51, 0x3fffffffffffffff, 0x3fffffffffffffff, 0x3fffffffffffffff, 0x1ffffff}},
                    0x22d0a33286566a39,
                    9,
                    11},
    [SECP256K1_FIELD] = {{{0x3ffffffefffffc2f, 0x3fffffffffffffff, 0x3fffffffffffffff, 0x3fffffffffffffff, 0xff}},
                         0x27c7f6e22ddacacf,
                         5,
                         5},
    [SECP256K1_ORDER] = {{{0x3fd25e8cd0364141, 0x2abb739abd2280ee, 0x3fffffffffffffeb, 0x3fffffffffffffff, 0xff}},
                         0x34f20099aa774ec1,
                         5,
                         5},
    [ED25519_FIELD] = {{{0x3fffffffffffffed, 0x3fffffffffffffff, 0x3fffffffffffffff, 0x3fffffffffffffff, 0x7f}},
                       0x39435e50d79435e5,
                       5,
                       5},
};

// 62 divsteps on the low words of f and g. eta is -delta of the paper.
static int64_t divsteps(int64_t eta, uint64_t f, uint64_t g, matrix *m) {
    uint64_t u = 1, v = 0, q = 0, r = 1;
    for (int left = 62;;) {
        // Halve g while it is even; the guard bits end the count at the last step.
        const int zeros = __builtin_ctzll(g | UINT64_MAX << left);
        g >>= zeros;
        u <<= zeros;
        v <<= zeros;
        eta -= zeros;
        left -= zeros;
        if (left == 0) break;
        uint64_t factor;
        if (eta < 0) {
            // (f, g) := (g, -f)
            eta = -eta;
            uint64_t old = f;
            f = g;
            g = -old;
            old = u;
            u = q;
            q = -old;
            old = v;
            v = r;
            r = -old;
            // f^2 - 2 is 1 / f up to sign modulo 64: cancels up to six bits of g at once, no more than may be done.
            const int most = (int)eta + 1 > left ? left : (int)eta + 1;
            factor = f * g * (f * f - 2) & (UINT64_MAX >> (64 - most)) & 63;
        } else {
            // Four bits at most are likely here; f + 8 [f + 1 has bit 2] is 1 / f modulo 16.
            const int most = (int)eta + 1 > left ? left : (int)eta + 1;
            factor = f + (((f + 1) & 4) << 1);
            factor = -factor * g & (UINT64_MAX >> (64 - most)) & 15;
        }
        g += f * factor;
        q += u * factor;
        r += v * factor;
    }
    *m = (matrix){(int64_t)u, (int64_t)v, (int64_t)q, (int64_t)r};
    return eta;
}

// (d, e) := (d, e) * matrix / 2^62 modulo the modulus, which is added often enough to make the division exact.
static inline void update_cofactors(int length, number *d, number *e, const matrix *m, const constants *c) {
    const int64_t d_sign = d->v[length - 1] >> 63, e_sign = e->v[length - 1] >> 63;
    int64_t d_multiple = (m->u & d_sign) + (m->v & e_sign), e_multiple = (m->q & d_sign) + (m->r & e_sign);
    __int128 new_d = (__int128)m->u * d->v[0] + (__int128)m->v * e->v[0];
    __int128 new_e = (__int128)m->q * d->v[0] + (__int128)m->r * e->v[0];
    d_multiple -= (int64_t)((c->inverse * (uint64_t)new_d + (uint64_t)d_multiple) & LIMB_62);
    e_multiple -= (int64_t)((c->inverse * (uint64_t)new_e + (uint64_t)e_multiple) & LIMB_62);
    new_d += (__int128)c->modulus.v[0] * d_multiple;
    new_e += (__int128)c->modulus.v[0] * e_multiple;
    new_d >>= 62;
    new_e >>= 62;
    for (int i = 1; i < length; i++) {
        new_d += (__int128)m->u * d->v[i] + (__int128)m->v * e->v[i] + (__int128)c->modulus.v[i] * d_multiple;
        new_e += (__int128)m->q * d->v[i] + (__int128)m->r * e->v[i] + (__int128)c->modulus.v[i] * e_multiple;
        d->v[i - 1] = (int64_t)((uint64_t)new_d & LIMB_62);
        e->v[i - 1] = (int64_t)((uint64_t)new_e & LIMB_62);
        new_d >>= 62;
        new_e >>= 62;
    }
    d->v[length - 1] = (int64_t)new_d;
    e->v[length - 1] = (int64_t)new_e;
}

// (f, g) := (f, g) * matrix / 2^62, exactly.
static void update_values(int count, number *f, number *g, const matrix *m) {
    __int128 new_f = ((__int128)m->u * f->v[0] + (__int128)m->v * g->v[0]) >> 62;
    __int128 new_g = ((__int128)m->q * f->v[0] + (__int128)m->r * g->v[0]) >> 62;
    for (int i = 1; i < count; i++) {
        new_f += (__int128)m->u * f->v[i] + (__int128)m->v * g->v[i];
        new_g += (__int128)m->q * f->v[i] + (__int128)m->r * g->v[i];
        f->v[i - 1] = (int64_t)((uint64_t)new_f & LIMB_62);
        g->v[i - 1] = (int64_t)((uint64_t)new_g & LIMB_62);
        new_f >>= 62;
        new_g >>= 62;
    }
    f->v[count - 1] = (int64_t)new_f;
    g->v[count - 1] = (int64_t)new_g;
}

// Limbs to 0 … 2^62 - 1, the last one keeping the sign.
static void carry(int length, number *a) {
    for (int i = 0; i < length - 1; i++) {
        a->v[i + 1] += a->v[i] >> 62;
        a->v[i] = (int64_t)((uint64_t)a->v[i] & LIMB_62);
    }
}

// d in (-2 modulus, modulus), negated where f is -1, to 0 … modulus - 1.
static void normalise(int length, number *d, int64_t f_sign, const constants *c) {
    const int64_t negative = d->v[length - 1] >> 63;
    for (int i = 0; i < length; i++) {
        const int64_t shifted = d->v[i] + (c->modulus.v[i] & negative);
        d->v[i] = f_sign < 0 ? -shifted : shifted;
    }
    carry(length, d);
    if (d->v[length - 1] < 0) {
        for (int i = 0; i < length; i++) d->v[i] += c->modulus.v[i];
        carry(length, d);
    }
}

// `bits_to` bits of limb i, cut from limbs of `bits_from` bits.
static uint64_t regroup(const uint64_t *limbs, int count, int bits_from, int bits_to, int i) {
    const int first = bits_to * i / bits_from, offset = bits_to * i % bits_from;
    uint64_t word = first < count ? limbs[first] >> offset : 0;
    for (int next = first + 1, at = bits_from - offset; next < count && at < bits_to; next++, at += bits_from)
        word |= limbs[next] << at;
    return word & (UINT64_MAX >> (64 - bits_to));
}

// A copy for each length, so that the loops over limbs are unrolled.
static inline __attribute__((always_inline)) void invert(int length, const constants *c, uint64_t *value) {
    number d = {{0}}, e = {{1}}, f = c->modulus, g = {{0}};
    for (int i = 0; i < length; i++) g.v[i] = (int64_t)regroup(value, c->limbs, 52, 62, i);
    // At most 742 steps for 256 bits and (49 bits + 57) / 17 for more (Theorem 11.2 of the paper).
    int64_t eta = -1, sign;
    for (int count = length;;) {
        matrix m;
        eta = divsteps(eta, (uint64_t)f.v[0], (uint64_t)g.v[0], &m);
        update_cofactors(length, &d, &e, &m, c);
        update_values(count, &f, &g, &m);
        int64_t rest = g.v[0];
        for (int i = 1; i < count; i++) rest |= g.v[i];
        sign = f.v[count - 1];
        if (rest == 0) break;
        // Drop the last limb of both once it holds nothing but the sign.
        const int64_t f_last = f.v[count - 1], g_last = g.v[count - 1];
        if (count > 1 && f_last == f_last >> 63 && g_last == g_last >> 63) {
            f.v[count - 2] |= (int64_t)((uint64_t)f_last << 62);
            g.v[count - 2] |= (int64_t)((uint64_t)g_last << 62);
            count--;
        }
    }
    normalise(length, &d, sign, c);
    uint64_t words[LIMBS_62_MAX];
    for (int i = 0; i < length; i++) words[i] = (uint64_t)d.v[i];
    for (int i = 0; i < c->limbs; i++) value[i] = regroup(words, length, 62, 52, i);
}

void fv_modular_invert(fv_modulus modulus, uint64_t *value) {
    const constants *c = &moduli[modulus];
    switch (c->length) {
        case 5:
            invert(5, c, value);
            break;
        case 7:
            invert(7, c, value);
            break;
        default:
            invert(9, c, value);
    }
}
