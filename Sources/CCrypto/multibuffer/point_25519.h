// Points of Ed25519, -x² + y² = 1 + d x² y², over `lane`, in extended coordinates x = X/Z, y = Y/Z, T = XY/Z (Hisil,
// Wong, Carter, Dawson: Twisted Edwards curves revisited, Asiacrypt 2008, §3.1). -1 is a square and d is none, so these
// formulas hold for every pair of points on the curve, equal, opposite, neutral or of small order, and Z is never 0:
// no input makes a lane special, and none can spoil an inversion that lanes or tokens share.
#pragma once
#include "field_25519.h"

#define FIELD_2D_LIMBS 0x69b9426b2f159, 0x9a8283b156ebd, 0xef3d13000e014, 0xfce7198e80f2e, 0x2406d9dc56df

/// Products all four.
typedef struct {
    field_sum x, y, z, t;
} point;

/// A point as second operand, affine: y + x, y - x, 2dxy. Canonical digits.
typedef struct {
    field_factor plus, minus, product;
} point_affine;

/// A point as second operand: Y + X, Y - X, Z, 2dT.
typedef struct {
    field_factor plus, minus, z, product;
} point_cached;

/// (0 : 1 : 1 : 0).
static inline point point_neutral(void) {
    point result;
    for (int i = 0; i < FIELD_LIMBS; i++) result.x.limb[i] = result.y.limb[i] = result.t.limb[i] = lane_set(0);
    result.y.limb[0] = lane_set(1);
    result.z = result.y;
    return result;
}

// e f, g h, f g, e h. Each of the four is in [0, 5p).
static inline point point_cross(const field_sum *e, const field_sum *f, const field_sum *g, const field_sum *h) {
    const field_factor ef = field_carry(e), ff = field_carry(f), gf = field_carry(g), hf = field_carry(h);
    point result;
    result.x = field_multiply(&ef, &ff);
    result.y = field_multiply(&gf, &hf);
    result.z = field_multiply(&ff, &gf);
    result.t = field_multiply(&ef, &hf);
    return result;
}

// a = (Y1 - X1)(Y2 - X2), b = (Y1 + X1)(Y2 + X2), c = ±2d T1 T2, d = 2 Z1 Z2: all but c in [0, 2p + ε), c in ±(p + ε).
static inline point point_finish(const field_sum *a, const field_sum *b, const field_sum *c, const field_sum *d) {
    const field_sum raised = field_raise(*d);
    field_sum e = field_subtract(b, a);
    e = field_raise(e);
    const field_sum f = field_subtract(&raised, c), g = field_add(&raised, c), h = field_add(b, a);
    return point_cross(&e, &f, &g, &h);
}

/// p + q, or p - q where the mask is set: 7 multiplications.
static inline point point_add_affine(const point *p, const point_affine *q, lane_mask negative) {
    field_sum difference = field_subtract(&p->y, &p->x);
    difference = field_raise(difference);
    const field_sum sum = field_add(&p->y, &p->x);
    field_factor minus, plus;
    for (int i = 0; i < FIELD_LIMBS; i++) {
        minus.limb[i] = lane_select(negative, q->plus.limb[i], q->minus.limb[i]);
        plus.limb[i] = lane_select(negative, q->minus.limb[i], q->plus.limb[i]);
    }
    const field_factor left = field_carry(&difference), right = field_carry(&sum), t = field_carry(&p->t);
    const field_sum a = field_multiply(&left, &minus), b = field_multiply(&right, &plus);
    field_sum c = field_multiply(&t, &q->product);
    c = field_negate_where(negative, &c);
    const field_sum d = field_add(&p->z, &p->z);
    return point_finish(&a, &b, &c, &d);
}

static inline point_cached point_cache(const point *p) {
    static const uint64_t twice_d[FIELD_LIMBS] = {FIELD_2D_LIMBS};
    field_sum difference = field_subtract(&p->y, &p->x);
    difference = field_raise(difference);
    const field_sum sum = field_add(&p->y, &p->x);
    const field_factor t = field_carry(&p->t), factor = field_set(twice_d);
    return (point_cached){field_carry(&sum), field_carry(&difference), field_carry(&p->z), field_times(&t, &factor)};
}

/// p + q: 8 multiplications.
static inline point point_add_cached(const point *p, const point_cached *q) {
    field_sum difference = field_subtract(&p->y, &p->x);
    difference = field_raise(difference);
    const field_sum sum = field_add(&p->y, &p->x);
    const field_factor left = field_carry(&difference), right = field_carry(&sum), t = field_carry(&p->t),
                       z = field_carry(&p->z);
    const field_sum a = field_multiply(&left, &q->minus), b = field_multiply(&right, &q->plus);
    const field_sum c = field_multiply(&t, &q->product), zz = field_multiply(&z, &q->z);
    const field_sum d = field_add(&zz, &zz);
    return point_finish(&a, &b, &c, &d);
}

/// 2p: §3.3 of the paper, negated throughout; 4 squarings, 4 multiplications.
static inline point point_double(const point *p) {
    const field_factor x = field_carry(&p->x), y = field_carry(&p->y), z = field_carry(&p->z);
    const field_sum sum = field_add(&p->x, &p->y);
    const field_factor s = field_carry(&sum);
    const field_sum a = field_square(&x), b = field_square(&y), zz = field_square(&z), ss = field_square(&s);
    const field_sum h = field_add(&a, &b);
    // h - ss = -2XY in (-p, 2p), a - b in ±p, and 2ZZ + a - b in (-p, 3p), each plus 2p.
    field_sum e = field_subtract(&h, &ss);
    e = field_raise(e);
    field_sum g = field_subtract(&a, &b);
    g = field_raise(g);
    field_sum f = field_add(&zz, &zz);
    f = field_add(&f, &g);
    return point_cross(&e, &f, &g, &h);
}

/// Folds lanes that hold parts of one sum: afterwards each lane of an aligned block of `spread` holds the block's sum.
static inline point point_fold(point p, unsigned spread) {
    for (unsigned distance = 1; distance < spread; distance *= 2) {
        point other;
        for (int i = 0; i < FIELD_LIMBS; i++) {
            other.x.limb[i] = lane_swap(p.x.limb[i], distance);
            other.y.limb[i] = lane_swap(p.y.limb[i], distance);
            other.z.limb[i] = lane_swap(p.z.limb[i], distance);
            other.t.limb[i] = lane_swap(p.t.limb[i], distance);
        }
        const point_cached cached = point_cache(&other);
        p = point_add_cached(&p, &cached);
    }
    return p;
}
