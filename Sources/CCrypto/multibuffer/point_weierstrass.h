// Point addition on a short Weierstrass curve over `lane`; a field_*.h comes first. Formulas: Explicit-Formulas
// Database, shortw; costs in multiplications and squarings. The multiples of p that keep differences positive suit
// every field: each is at least what the ranges of field_limbs.h ask for, and the interval proof runs over all of them.
//
// None of the additions is complete. An operand pair with equal x (equal or opposite points, or infinity among them)
// makes the x difference 0 and, through Z3 = Z1 * difference or the product whose inverse is shared, one value that is
// tested at the end. Whoever calls finishes such tokens elsewhere. No point at infinity is ever an operand in any other
// way: the comb has no zero digit.
#pragma once

/// x is a coordinate, y a coordinate or, fresh from a table, canonical or the negative of that.
typedef struct {
    fe x, y;
} affine;

/// (X / Z^2, Y / Z^3); x and y coordinates, z a product below 1.4 p.
typedef struct {
    fe x, y, z;
} jacobian;

static inline affine affine_negate_where(lane_mask mask, affine a) {
    a.y = fe_negate_where(mask, a.y);
    return a;
}

// MARK: Affine addition with a given inverse: 2M + 1S here, 3M for sharing the inversion

/// What has to be inverted to add a and b: an operand below 3.1 p.
static inline fe affine_denominator(fe a_x, fe b_x) { return fe_sub(b_x, a_x, 2); }

/// x of a + b and the slope; `inverse` is a product, 1 / affine_denominator.
static inline fe affine_add_x(const affine *a, const affine *b, fe inverse, fe *slope) {
    // Signed y: the difference lies in ±2.1 p, ±2.5 p for P-521, so in 0.5 p … 5.5 p.
    *slope = fe_mul(fe_sub(b->y, a->y, 3), inverse);
    const fe x = fe_sqr_uncarried(*slope);
    return fe_reduce(fe_sub_uncarried(fe_difference(x, a->x, 4), b->x));
}

static inline affine affine_add(const affine *a, const affine *b, fe inverse) {
    affine r;
    fe slope;
    r.x = affine_add_x(a, b, inverse, &slope);
    const fe y = fe_mul_uncarried(slope, fe_sub(a->x, r.x, 2));
    r.y = fe_reduce(fe_difference(y, a->y, 3));
    return r;
}

// MARK: Jacobian

/// a + b, where b's y counts negatively in the lanes of `negative`: 8M + 3S, one reduction merged.
static inline jacobian jacobian_add_affine(const jacobian *a, const affine *b, lane_mask negative) {
    const fe zz = fe_sqr(a->z);
    const fe u = fe_mul(b->x, zz);
    const fe s = fe_negate_where(negative, fe_mul(b->y, fe_mul(a->z, zz)));
    // s is a product or the negative of one.
    const fe h = fe_sub(u, a->x, 2), r = fe_sub(s, a->y, 4);
    const fe hh = fe_sqr(h), hhh = fe_mul(h, hh), v = fe_mul(a->x, hh);
    jacobian sum;
    sum.z = fe_mul(a->z, h);
    sum.x = fe_reduce(fe_sub_uncarried(fe_difference(fe_sqr_uncarried(r), hhh, 6), fe_shl_uncarried(v, 1)));
    // r (v - x) - y hhh, the second product of 2p - y so that both go through one reduction; 3p more keep fe_reduce's
    // bound.
    const fe minus_y = fe_sub(fe_zero(), a->y, 2);
    const fe y = fe_mul2_uncarried(r, fe_sub(v, sum.x, 2), minus_y, hhh);
    sum.y = fe_reduce(fe_difference(y, fe_zero(), 3));
    return sum;
}

/// a + b: 12M + 4S (add-1998-cmo-2).
static inline jacobian jacobian_add(const jacobian *a, const jacobian *b) {
    const fe zz1 = fe_sqr(a->z), zz2 = fe_sqr(b->z);
    const fe u1 = fe_mul(a->x, zz2), u2 = fe_mul(b->x, zz1);
    const fe s1 = fe_mul(a->y, fe_mul(b->z, zz2)), s2 = fe_mul(b->y, fe_mul(a->z, zz1));
    const fe h = fe_sub(u2, u1, 2), r = fe_sub(s2, s1, 2);
    const fe hh = fe_sqr(h), hhh = fe_mul(h, hh), v = fe_mul(u1, hh);
    jacobian sum;
    sum.z = fe_mul(fe_mul(a->z, b->z), h);
    sum.x = fe_reduce(fe_sub_uncarried(fe_difference(fe_sqr_uncarried(r), hhh, 6), fe_shl_uncarried(v, 1)));
    const fe minus_s = fe_sub(fe_zero(), s1, 2);
    const fe y = fe_mul2_uncarried(r, fe_sub(v, sum.x, 2), minus_s, hhh);
    sum.y = fe_reduce(fe_difference(y, fe_zero(), 3));
    return sum;
}

/// The slope's numerator 3 x^2 + a z^4, for the two kinds of curves there are here.
static inline fe jacobian_slope(const jacobian *a) {
#if CURVE_A == 0
    const fe xx = fe_sqr(a->x);
    return fe_carry(fe_add_uncarried(xx, fe_shl_uncarried(xx, 1)));
#else
    // a = -3: 3 (x + zz) (x - zz), the sum at most 3 (1.1 + 1.2) p.
    const fe zz = fe_sqr(a->z), plus = fe_add_uncarried(a->x, zz);
    return fe_mul(fe_carry(fe_add_uncarried(plus, fe_shl_uncarried(plus, 1))), fe_sub(a->x, zz, 2));
#endif
}

/// 2a: 4M + 4S, 3M + 4S for a = 0 (dbl-2001-b and dbl-2009-l, with z by a product). Never infinity: no point has order
/// 2.
static inline jacobian jacobian_double(const jacobian *a) {
    const fe yy = fe_sqr(a->y), xyy = fe_mul(a->x, yy), slope = jacobian_slope(a);
    jacobian r;
    const fe x = fe_difference(fe_sqr_uncarried(slope), fe_zero(), 12);
    r.x = fe_reduce(fe_sub_uncarried(x, fe_shl_uncarried(xyy, 3)));
    const fe yyyy = fe_sqr(yy), four = fe_reduce(fe_difference(fe_shl_uncarried(xyy, 2), r.x, 3));
    const fe y = fe_difference(fe_mul_uncarried(slope, four), fe_zero(), 11);
    r.y = fe_reduce(fe_sub_uncarried(y, fe_shl_uncarried(yyyy, 3)));
    r.z = fe_reduce(fe_difference(fe_shl_uncarried(fe_mul(a->y, a->z), 1), fe_zero(), 2));
    return r;
}
