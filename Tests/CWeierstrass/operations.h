// One operation on points, field elements or scalars over the lane and the field included before.
#include "../../Sources/CCrypto/multibuffer/point_weierstrass.h"
#include "../../Sources/CCrypto/multibuffer/scalar_weierstrass.h"
#include "cweierstrass.h"

static void operate(cw_operation operation, const fe in[CW_OPERANDS], fe out[CW_RESULTS]) {
    const affine p = {in[0], in[1]}, q = {in[2], in[3]}, q2 = {in[3], in[4]};
    const jacobian j = {in[0], in[1], in[2]}, k = {in[3], in[4], in[5]};
    const lane_mask all = lane_eq(lane_set(0), lane_set(0)), none = lane_lt(lane_set(0), lane_set(0));
    jacobian sum = {fe_zero(), fe_zero(), fe_zero()};
    lane words[FIELD_WORDS];
    lane_mask negated;
    switch (operation) {
        case CW_MUL:
            sum.x = fe_mul(in[0], in[1]);
            break;
        case CW_SQUARE:
            sum.x = fe_sqr(in[0]);
            break;
        case CW_MUL2:
            sum.x = fe_product(fe_mul2_uncarried(in[0], in[1], in[2], in[3]));
            break;
        case CW_SUB:
            sum.x = fe_sub(in[0], in[1], 2);
            break;
        case CW_SUB_SIGNED:
            sum.x = fe_sub(in[0], fe_negate_where(all, in[1]), 3);
            break;
        case CW_REDUCE:
            sum.x = fe_reduce(in[0]);
            break;
        case CW_CANONICAL:
            sum.x = fe_canonical(in[0]);
            break;
        case CW_WORDS:
            fe_to_words(in[0], words);
            sum.x = fe_from_words(words);
            break;
        case CW_SCALAR_MUL:
            sum.x = scalar_mul(in[0], in[1]);
            break;
        case CW_SCALAR_CANONICAL:
            sum.x = scalar_canonical(in[0]);
            break;
        case CW_SCALAR_ODD:
            sum.x = scalar_odd(in[0], &negated);
            break;
        case CW_AFFINE_ADD: {
            const affine r = affine_add(&p, &q, in[4]);
            sum.x = r.x;
            sum.y = r.y;
            break;
        }
        case CW_JACOBIAN_ADD_AFFINE:
            sum = jacobian_add_affine(&j, &q2, none);
            break;
        case CW_JACOBIAN_SUB_AFFINE:
            sum = jacobian_add_affine(&j, &q2, all);
            break;
        case CW_JACOBIAN_ADD:
            sum = jacobian_add(&j, &k);
            break;
        case CW_JACOBIAN_DOUBLE:
            sum = jacobian_double(&j);
            break;
        case CW_OPERATION_COUNT:
            break;
    }
    out[0] = sum.x;
    out[1] = sum.y;
    out[2] = sum.z;
}
