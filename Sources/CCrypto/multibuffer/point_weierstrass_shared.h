// Many affine additions that share one inversion (Montgomery's trick): 5M + 1S each, and an inversion per call.
//
// A denominator of 0 would make the product 0 and every neighbour wrong. It is noticed in the product, one test per
// lane; only then are the denominators looked at one by one, those that are 0 replaced by 1, and their tokens reported.
// The result of such an addition means nothing, neighbours are exact, and the extra cost is one more forward pass per
// call.
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "point_weierstrass.h"
#include "scalar_weierstrass.h"

static inline fe modulus_mul(fv_modulus modulus, fe a, fe b) {
    return modulus == FIELD_MODULUS_OF ? fe_mul(a, b) : scalar_mul(a, b);
}
static inline fe modulus_canonical(fv_modulus modulus, fe a) {
    return modulus == FIELD_MODULUS_OF ? fe_canonical(a) : scalar_canonical(a);
}

/// mend / F / a, in every lane, by one inversion of the product of all lanes; `a` a product and nowhere 0; F the form
/// of the modulus. With mend = F^3 that is the inverse in this form of an `a` in this form.
static inline fe lanes_invert(fv_modulus modulus, fe a, fe mend) {
    fe products[3];
    unsigned folds = 0;
    for (unsigned distance = LANES / 2; distance > 0; distance /= 2) {
        products[folds++] = a;
        a = modulus_mul(modulus, a, fe_swap(a, distance));
    }
    a = modulus_canonical(modulus, a);
    uint64_t words[LANES], value[FIELD_LIMBS];
    for (int i = 0; i < FIELD_LIMBS; i++) {
        lane_store(words, a.limb[i]);
        value[i] = words[0];
    }
    fv_modular_invert(modulus, value);
    a = modulus_mul(modulus, fe_set(value), mend);
    for (unsigned distance = 1; folds > 0; distance *= 2)
        a = modulus_mul(modulus, a, fe_swap(products[--folds], distance));
    return a;
}

/// Denominators and their products so far, for as many additions as are made in one call.
typedef struct {
    fe denominator, before;
} addition;

typedef struct {
    fe product[2];  // of the additions with even and with odd index: two chains hide the latency of a multiplication
} addition_chain;

static inline addition_chain addition_chain_start(void) { return (addition_chain){{fe_one(), fe_one()}}; }

static inline void addition_chain_append(addition_chain *chain, addition *additions, size_t i, fe denominator) {
    additions[i].denominator = denominator;
    additions[i].before = chain->product[i & 1];
    chain->product[i & 1] = fe_mul(chain->product[i & 1], denominator);
}

/// Replaces zero denominators and forms the products again. exceptional[i % period] receives the lanes.
static addition_chain __attribute__((noinline))
addition_chain_mend(addition *additions, size_t count, lane_mask *exceptional, size_t period) {
    addition_chain chain = addition_chain_start();
    for (size_t i = 0; i < count; i++) {
        // A denominator is below 3.6 p; a product with one is below 2 p and 0 modulo p where the denominator is.
        const lane_mask zero = fe_is_zero(fe_mul(additions[i].denominator, fe_one()));
        exceptional[i % period] |= zero;
        addition_chain_append(&chain, additions, i, fe_select(zero, fe_one(), additions[i].denominator));
    }
    return chain;
}

/// a[i] := a[i] + b[i] once the chain holds the denominators; without y where `only_x`.
static inline void addition_chain_finish(addition_chain chain, addition *additions, affine *a, const affine *b,
                                         size_t count, bool only_x, lane_mask *exceptional, size_t period) {
    static const uint64_t mend[FIELD_LIMBS] = {FIELD_FORM_3};
    fe all = fe_mul(chain.product[0], chain.product[1]);
    if (fe_is_zero(all)) {
        chain = addition_chain_mend(additions, count, exceptional, period);
        all = fe_mul(chain.product[0], chain.product[1]);
    }
    const fe inverse = lanes_invert(FIELD_MODULUS_OF, all, fe_set(mend));
    // The inverse of the product of what is left of each chain.
    fe rest[2] = {fe_mul(inverse, chain.product[1]), fe_mul(inverse, chain.product[0])};
    for (size_t i = count; i-- > 0;) {
        const fe one = fe_mul(rest[i & 1], additions[i].before);
        rest[i & 1] = fe_mul(rest[i & 1], additions[i].denominator);
        fe slope;
        if (only_x)
            a[i].x = affine_add_x(&a[i], &b[i], one, &slope);
        else
            a[i] = affine_add(&a[i], &b[i], one);
    }
}

static void affine_add_shared(affine *a, const affine *b, size_t count, addition *additions, bool only_x,
                              lane_mask *exceptional, size_t period) {
    addition_chain chain = addition_chain_start();
    for (size_t i = 0; i < count; i++) addition_chain_append(&chain, additions, i, affine_denominator(a[i].x, b[i].x));
    if (only_x)
        addition_chain_finish(chain, additions, a, b, count, true, exceptional, period);
    else
        addition_chain_finish(chain, additions, a, b, count, false, exceptional, period);
}
