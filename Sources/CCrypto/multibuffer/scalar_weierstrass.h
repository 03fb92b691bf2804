// Arithmetic modulo the order n of a curve over `lane`: limbs as of the field, plain Montgomery reduction whatever the
// field does, as orders have no shape. The form is 2^(52 limbs).
//
// A scalar is an operand; a product of a and b is below (ab n / 2^(52 limbs) + 1) n for factors of a n and b n. Factors
// are at most the next power of two (r, s, e: 1.0001 n) or products, so every product is below 1.1 n.
#pragma once

typedef fe scalar;

static inline fe scalar_modulus(void) { return fe_set((const uint64_t[FIELD_LIMBS]){ORDER}); }

static inline scalar scalar_mul(scalar a, scalar b) {
    const scalar modulus = scalar_modulus();
    const lane quotient = lane_set(ORDER_QUOTIENT);
    COLUMNS(columns);
    columns_product(columns, a, b);
    UNROLL for (int i = 0; i < FIELD_LIMBS; i++) {
        const lane digit = lane_digit(lane_madd_lo(lane_set(0), column_digit(&columns[i]), quotient));
        UNROLL for (int j = 0; j < FIELD_LIMBS; j++) column_madd(&columns[i + j], digit, modulus.limb[j]);
        column_carry(&columns[i]);
    }
    return fe_carry(columns_limbs(columns + FIELD_LIMBS));
}

/// a - n where that is not negative, else a: canonical from an operand below 2 n.
static inline scalar scalar_canonical(scalar a) {
    return fe_unless_negative(fe_carry(fe_sub_uncarried(a, scalar_modulus())), a);
}

/// The odd one of a and n - a, of a canonical scalar; *negated is where it is n - a. 0 becomes n.
static inline scalar scalar_odd(scalar a, lane_mask *negated) {
    const scalar r = fe_unless_negative(fe_carry(fe_sub_uncarried(scalar_modulus(), a)), a);
    *negated = lane_eq(lane_and(a.limb[0], lane_set(1)), lane_set(0));
    return fe_select(*negated, r, a);
}
