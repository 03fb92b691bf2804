// The range proof: each operation once, on the whole stated range of its operands at the same time. The C file of a
// curve states the ranges.
// clang-format off
#include "../../Sources/CCrypto/multibuffer/lanes_interval.h"
#include CURVE_FIELD
#include "operations.h"
// clang-format on

// The top limb of an operand of that many tenths of p; limbs below are below 2^52.
#define MODULI(tenths) ((UINT64_C(1) << FIELD_TOP_BITS) * (tenths) / 10)

static const uint64_t modulus_limbs[FIELD_LIMBS] = {FIELD_MODULUS};
#define canonical_top modulus_limbs[FIELD_TOP]

static fe range(uint64_t top, int shift) {
    fe r;
    for (int i = 0; i < FIELD_LIMBS; i++) r.limb[i] = (lane){0, (__int128)(i < FIELD_TOP ? LIMB_52 : top) << shift};
    return r;
}

static fe signed_range(uint64_t top) {
    fe r = range(top, 0);
    for (int i = 0; i < FIELD_LIMBS; i++) r.limb[i].low = -(i < FIELD_TOP ? r.limb[i].high : (__int128)canonical_top);
    return r;
}

// What field_*.h and point_weierstrass.h state for operand k of the operation.
static uint64_t stated(cw_operation operation, int k) {
    static const uint64_t order[FIELD_LIMBS] = {ORDER};
    switch (operation) {
        case CW_MUL:
        case CW_SQUARE:
        case CW_MUL2:
            return MODULI(80) - 1;
        case CW_SUB:
        case CW_SUB_SIGNED:
            return COORDINATE;
        case CW_REDUCE:
            return REDUCED_TOP;
        case CW_CANONICAL:
            return MODULI(19);
        case CW_SCALAR_MUL:
        case CW_SCALAR_CANONICAL:
            return MODULI(11);
        case CW_SCALAR_ODD:
            return order[FIELD_TOP];
        case CW_AFFINE_ADD:
            return k == 4 ? PRODUCT : COORDINATE;
        case CW_JACOBIAN_ADD_AFFINE:
        case CW_JACOBIAN_SUB_AFFINE:
        case CW_JACOBIAN_ADD:
        case CW_JACOBIAN_DOUBLE:
            return k == 2 || (k == 5 && operation == CW_JACOBIAN_ADD) ? PRODUCT : COORDINATE;
        case CW_WORDS:  // bit moves that drop bits by design: not for bounds
        case CW_OPERATION_COUNT:
            break;
    }
    return 0;
}

// What is stated for the result: limbs of 52 bits, and the top one.
static uint64_t promised(cw_operation operation, int k) {
    switch (operation) {
        case CW_MUL:
        case CW_SQUARE:
            return LARGEST_PRODUCT;
        case CW_MUL2:
            return LARGEST_PRODUCT_2;
        case CW_SUB:
            return MODULI(36);
        case CW_SUB_SIGNED:
            return MODULI(60);
        case CW_SCALAR_MUL:
            return MODULI(11);
        case CW_CANONICAL:
        case CW_SCALAR_CANONICAL:
        case CW_SCALAR_ODD:
            return LIMB_52;  // the value is below the modulus, which only the oracle can see
        case CW_JACOBIAN_ADD_AFFINE:
        case CW_JACOBIAN_SUB_AFFINE:
        case CW_JACOBIAN_ADD:
            return k == 2 ? PRODUCT : COORDINATE;
        default:
            return COORDINATE;
    }
}

#define RANGE_NAME_2(curve) cw_##curve##_range_violations
#define RANGE_NAME_1(curve) RANGE_NAME_2(curve)
unsigned RANGE_NAME_1(CURVE)(cw_operation operation, int widened);
unsigned RANGE_NAME_1(CURVE)(cw_operation operation, int widened) {
    fe in[CW_OPERANDS], out[CW_RESULTS];
    for (int k = 0; k < CW_OPERANDS; k++) in[k] = range(stated(operation, k), k == widened);
    if (operation == CW_AFFINE_ADD) {
        in[1] = signed_range(COORDINATE);
        in[3] = signed_range(canonical_top);
    }
    if (operation == CW_REDUCE) {
        // Widened: a borrow from any limb, and a top limb that has nothing to pay it with.
        const __int128 most = (__int128)1 << 58;
        for (int i = 0; i < FIELD_TOP; i++) in[0].limb[i] = (lane){widened == 0 ? -most : REDUCED_LOW, most};
        if (widened != 0) in[0].limb[FIELD_TOP - 1].low = REDUCED_NEXT_LOW;
        in[0].limb[FIELD_TOP] = (lane){widened == 0 ? 0 : REDUCED_TOP_LOW, REDUCED_TOP};
    }
    lane_violations = 0;
    operate(operation, in, out);
    for (int k = 0; k < CW_RESULTS; k++) {
        for (int i = 0; i < FIELD_LIMBS; i++) {
            const lane l = out[k].limb[i];
            if (l.low < 0 || l.high > (__int128)(i < FIELD_TOP ? LIMB_52 : promised(operation, k))) lane_violations++;
        }
    }
    return lane_violations;
}
