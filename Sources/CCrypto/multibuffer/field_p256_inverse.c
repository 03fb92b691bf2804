// Inversion by divsteps (Bernstein, Yang: Fast constant-time gcd computation and modular inversion, CHES 2019), in the
// variable-time form with 62 steps per round on signed limbs of 62 bits that Pieter Wuille describes in
// doc/safegcd_implementation.md of libsecp256k1. All values here are public.
//
// Invariants of a round: f odd, f = d * value and g = e * value modulo the modulus, d and e in (-2 modulus, modulus).
// When g = 0, f = ±gcd = ±1 and d is ± the inverse. A round multiplies (f, g) and (d, e) by a matrix of determinant
// 2^62 whose entries sum to at most 2^62 in magnitude per row, so each 128-bit accumulation below stays under 2^126.
#include "field_p256_inverse.h"

#define LIMB_62 (UINT64_MAX >> 2)

typedef struct {
    int64_t v[5];
} number;

typedef struct {
    int64_t u, v, q, r;
} matrix;

typedef struct {
    number modulus;
    uint64_t inverse;  // 1 / modulus mod 2^62
} constants;

static const constants moduli[] = {
    [P256_FIELD] = {{{0x3fffffffffffffff, 0x3ffffffff, 0, 0x3fffffc000000040, 0xff}}, 0x3fffffffffffffff},
    [P256_ORDER] = {{{0x33b9cac2fc632551, 0x339beab69c5e7a13, 0x3ffffffffffffffb, 0x3fffffc00000003f, 0xff}},
                    0x332e375511ff43b1},
    [ED25519_FIELD] = {{{0x3fffffffffffffed, 0x3fffffffffffffff, 0x3fffffffffffffff, 0x3fffffffffffffff, 0x7f}},
                       0x39435e50d79435e5},
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
static void update_cofactors(number *d, number *e, const matrix *m, const constants *c) {
    const int64_t d_sign = d->v[4] >> 63, e_sign = e->v[4] >> 63;
    int64_t d_multiple = (m->u & d_sign) + (m->v & e_sign), e_multiple = (m->q & d_sign) + (m->r & e_sign);
    __int128 new_d = (__int128)m->u * d->v[0] + (__int128)m->v * e->v[0];
    __int128 new_e = (__int128)m->q * d->v[0] + (__int128)m->r * e->v[0];
    d_multiple -= (int64_t)((c->inverse * (uint64_t)new_d + (uint64_t)d_multiple) & LIMB_62);
    e_multiple -= (int64_t)((c->inverse * (uint64_t)new_e + (uint64_t)e_multiple) & LIMB_62);
    new_d += (__int128)c->modulus.v[0] * d_multiple;
    new_e += (__int128)c->modulus.v[0] * e_multiple;
    new_d >>= 62;
    new_e >>= 62;
    for (int i = 1; i < 5; i++) {
        new_d += (__int128)m->u * d->v[i] + (__int128)m->v * e->v[i] + (__int128)c->modulus.v[i] * d_multiple;
        new_e += (__int128)m->q * d->v[i] + (__int128)m->r * e->v[i] + (__int128)c->modulus.v[i] * e_multiple;
        d->v[i - 1] = (int64_t)((uint64_t)new_d & LIMB_62);
        e->v[i - 1] = (int64_t)((uint64_t)new_e & LIMB_62);
        new_d >>= 62;
        new_e >>= 62;
    }
    d->v[4] = (int64_t)new_d;
    e->v[4] = (int64_t)new_e;
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
static void carry(number *a) {
    for (int i = 0; i < 4; i++) {
        a->v[i + 1] += a->v[i] >> 62;
        a->v[i] = (int64_t)((uint64_t)a->v[i] & LIMB_62);
    }
}

// d in (-2 modulus, modulus), negated where f is -1, to 0 … modulus - 1.
static void normalise(number *d, int64_t f_sign, const constants *c) {
    const int64_t negative = d->v[4] >> 63;
    for (int i = 0; i < 5; i++) {
        const int64_t shifted = d->v[i] + (c->modulus.v[i] & negative);
        d->v[i] = f_sign < 0 ? -shifted : shifted;
    }
    carry(d);
    if (d->v[4] < 0) {
        for (int i = 0; i < 5; i++) d->v[i] += c->modulus.v[i];
        carry(d);
    }
}

void fv_p256_invert(p256_modulus modulus, uint64_t value[5]) {
    const constants *c = &moduli[modulus];
    number d = {{0}}, e = {{1}}, f = c->modulus, g;
    for (int i = 0; i < 5; i++) {
        // Bits 62 i … 62 i + 61 begin in limb i at bit 10 i, which is below 52.
        uint64_t word = value[i] >> 10 * i;
        if (i < 4) word |= value[i + 1] << (52 - 10 * i);
        g.v[i] = (int64_t)(word & LIMB_62);
    }
    // At most 742 steps for 256 bits (Theorem 11.2 of the paper), and more rounds than that never happen.
    int64_t eta = -1, sign;
    for (int count = 5;;) {
        matrix m;
        eta = divsteps(eta, (uint64_t)f.v[0], (uint64_t)g.v[0], &m);
        update_cofactors(&d, &e, &m, c);
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
    normalise(&d, sign, c);
    // d->v[i] is bits 62 i …: back to limbs of 52.
    const uint64_t w[5] = {(uint64_t)d.v[0], (uint64_t)d.v[1], (uint64_t)d.v[2], (uint64_t)d.v[3], (uint64_t)d.v[4]};
    const uint64_t mask = (UINT64_C(1) << 52) - 1;
    value[0] = w[0] & mask;
    value[1] = (w[0] >> 52 | w[1] << 10) & mask;
    value[2] = (w[1] >> 42 | w[2] << 20) & mask;
    value[3] = (w[2] >> 32 | w[3] << 30) & mask;
    value[4] = w[3] >> 22 | w[4] << 40;
}
