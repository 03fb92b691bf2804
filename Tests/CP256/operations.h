// One operation of point_p256.h, field_p256.h or scalar_p256.h over the lane included before.
#include "../../Sources/CCrypto/multibuffer/point_p256.h"
#include "../../Sources/CCrypto/multibuffer/scalar_p256.h"
#include "cp256.h"

static void operate(cp256_operation operation, const fe in[CP256_OPERANDS], fe out[CP256_RESULTS]) {
    const affine p = {in[0], in[1]}, q = {in[2], in[3]}, q2 = {in[3], in[4]};
    const jacobian j = {in[0], in[1], in[2]}, k = {in[3], in[4], in[5]};
    const lane_mask all = lane_eq(lane_set(0), lane_set(0)), none = lane_lt(lane_set(0), lane_set(0));
    jacobian sum = {fe_zero(), fe_zero(), fe_zero()};
    lane words[4];
    lane_mask negated;
    switch (operation) {
        case CP256_MUL:
            sum.x = fe_mul(in[0], in[1]);
            break;
        case CP256_SQUARE:
            sum.x = fe_sqr(in[0]);
            break;
        case CP256_MUL2:
            sum.x = fe_carry(fe_mul2_uncarried(in[0], in[1], in[2], in[3]));
            break;
        case CP256_SUB:
            sum.x = fe_sub(in[0], in[1], 2);
            break;
        case CP256_SUB_SIGNED:
            sum.x = fe_sub(in[0], fe_negate_where(all, in[1]), 3);
            break;
        case CP256_REDUCE:
            sum.x = fe_reduce(in[0]);
            break;
        case CP256_CANONICAL:
            sum.x = fe_canonical(in[0]);
            break;
        case CP256_WORDS:
            fe_to_words(in[0], words);
            sum.x = fe_from_words(words);
            break;
        case CP256_SCALAR_MUL:
            sum.x = scalar_mul(in[0], in[1]);
            break;
        case CP256_SCALAR_CANONICAL:
            sum.x = scalar_canonical(in[0]);
            break;
        case CP256_SCALAR_ODD:
            sum.x = scalar_odd(in[0], &negated);
            break;
        case CP256_AFFINE_ADD: {
            const affine r = affine_add(&p, &q, in[4]);
            sum.x = r.x;
            sum.y = r.y;
            break;
        }
        case CP256_JACOBIAN_ADD_AFFINE:
            sum = jacobian_add_affine(&j, &q2, none);
            break;
        case CP256_JACOBIAN_SUB_AFFINE:
            sum = jacobian_add_affine(&j, &q2, all);
            break;
        case CP256_JACOBIAN_ADD:
            sum = jacobian_add(&j, &k);
            break;
        case CP256_JACOBIAN_DOUBLE:
            sum = jacobian_double(&j);
            break;
        case CP256_OPERATION_COUNT:
            break;
    }
    out[0] = sum.x;
    out[1] = sum.y;
    out[2] = sum.z;
}
