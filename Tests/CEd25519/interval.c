// The range proof: each operation once, on the whole stated range of its operands at the same time.
#include "../../Sources/CCrypto/multibuffer/lanes_interval.h"
#include "../../Sources/CCrypto/multibuffer/point_25519.h"
#include "../../Sources/CCrypto/multibuffer/scalar_25519.h"
#include "ced25519.h"

static field_factor factor(unsigned widened) {
    field_factor r;
    for (int i = 0; i < 5; i++) r.limb[i] = (lane){0, (__int128)FIELD_MASK << widened};
    return r;
}

// What field_25519.h states for a product.
static field_sum product(unsigned widened) {
    field_sum r;
    for (int i = 0; i < 5; i++)
        r.limb[i] = (lane){0, (__int128)(i < 4 ? (UINT64_C(1) << 56) - 1 : FIELD_TOP_MASK) << widened};
    return r;
}

static void expect_product(const field_sum *s) {
    const field_sum stated = product(0);
    for (int i = 0; i < 5; i++)
        if (s->limb[i].low < 0 || s->limb[i].high > stated.limb[i].high) lane_violations++;
}

static void expect_point(const point *p) {
    expect_product(&p->x);
    expect_product(&p->y);
    expect_product(&p->z);
    expect_product(&p->t);
}

unsigned ced25519_range_violations(ced25519_range range, unsigned widened) {
#define WIDENED(name) (range == CED25519_RANGE_##name ? widened : 0)
    lane_violations = 0;
    switch (range) {
        case CED25519_RANGE_MULTIPLY_A:
        case CED25519_RANGE_MULTIPLY_B: {
            const field_factor a = factor(WIDENED(MULTIPLY_A)), b = factor(WIDENED(MULTIPLY_B));
            const field_sum r = field_multiply(&a, &b);
            expect_product(&r);
            break;
        }
        case CED25519_RANGE_SQUARE: {
            const field_factor a = factor(widened);
            const field_sum r = field_square(&a);
            expect_product(&r);
            break;
        }
        case CED25519_RANGE_REDUCE: {
            lane h[10];
            for (int i = 0; i < 10; i++)
                h[i] = (lane){0, ((__int128)(i < 9 ? FIELD_MASK : FIELD_MASK >> 8)) << widened};
            scalar_reduce(h);
            break;
        }
        case CED25519_RANGE_ADD_X:
        case CED25519_RANGE_ADD_Y:
        case CED25519_RANGE_ADD_Z:
        case CED25519_RANGE_ADD_T:
        case CED25519_RANGE_ADD_ROW: {
            const point p = {product(WIDENED(ADD_X)), product(WIDENED(ADD_Y)), product(WIDENED(ADD_Z)),
                             product(WIDENED(ADD_T))};
            const field_factor row = factor(WIDENED(ADD_ROW));
            const point_affine q = {row, row, row};
            const point sum = point_add_affine(&p, &q, 1);
            expect_point(&sum);
            break;
        }
        case CED25519_RANGE_CACHED_X:
        case CED25519_RANGE_CACHED_Z: {
            const point p = {product(WIDENED(CACHED_X)), product(0), product(WIDENED(CACHED_Z)), product(0)};
            const point_cached q = point_cache(&p);
            const point sum = point_add_cached(&p, &q);
            expect_point(&sum);
            break;
        }
        case CED25519_RANGE_DOUBLE_X:
        case CED25519_RANGE_DOUBLE_Z: {
            const point p = {product(WIDENED(DOUBLE_X)), product(0), product(WIDENED(DOUBLE_Z)), product(0)};
            const point sum = point_double(&p);
            expect_point(&sum);
            break;
        }
        case CED25519_RANGE_CANONICAL: {
            // Any sum in [0, 2^260): the difference of two products, raised.
            const field_sum a = product(0), b = product(widened);
            const field_sum sum = field_raise(field_subtract(&a, &b));
            field_canonical(&sum);
            break;
        }
        case CED25519_RANGE_COUNT:
            break;
    }
    return lane_violations;
}
