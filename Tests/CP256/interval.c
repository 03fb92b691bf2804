// The range proof: each operation once, on the whole stated range of its operands at the same time.
#include "../../Sources/CCrypto/multibuffer/lanes_interval.h"
#include "operations.h"

// Ranges of field_p256.h, as the bound of the top limb; the others are below 2^52.
#define COORDINATE ((UINT64_C(1) << 48) + (UINT64_C(1) << 21))
#define MODULI(tenths) ((UINT64_C(1) << 48) / 10 * (tenths))  // an operand of that many tenths of p

static fe range(uint64_t top, int shift) {
    fe r;
    for (int i = 0; i < 5; i++) r.limb[i] = (lane){0, ((__int128)(i < 4 ? LIMB_52 : top) << shift)};
    return r;
}

// What field_p256.h and point_p256.h state for operand k of the operation.
static uint64_t stated(cp256_operation operation, int k) {
    switch (operation) {
        case CP256_MUL:
        case CP256_SQUARE:
        case CP256_MUL2:
            return (UINT64_C(1) << 51) - 1;
        case CP256_SUB:
        case CP256_SUB_SIGNED:
            return COORDINATE;
        case CP256_REDUCE:
            return MODULI(300);
        case CP256_CANONICAL:
            return MODULI(19);
        case CP256_SCALAR_MUL:
        case CP256_SCALAR_CANONICAL:
            return MODULI(11);
        case CP256_SCALAR_ODD:
            return 0xffffffff0000;
        case CP256_AFFINE_ADD:
            return k == 4 ? MODULI(14) : COORDINATE;
        case CP256_JACOBIAN_ADD_AFFINE:
        case CP256_JACOBIAN_SUB_AFFINE:
        case CP256_JACOBIAN_ADD:
        case CP256_JACOBIAN_DOUBLE:
            return k == 2 || (k == 5 && operation == CP256_JACOBIAN_ADD) ? MODULI(14) : COORDINATE;
        case CP256_WORDS:  // bit moves that drop bits by design: not for bounds
        case CP256_OPERATION_COUNT:
            break;
    }
    return 0;
}

// What is stated for the result: limbs of 52 bits, and the top one.
static uint64_t promised(cp256_operation operation, int k) {
    switch (operation) {
        case CP256_MUL:
        case CP256_SQUARE:
            return MODULI(51);  // 8 * 8 / 16 + 1, and the carries
        case CP256_MUL2:
            return MODULI(91);
        case CP256_SUB:
            return MODULI(31);
        case CP256_SUB_SIGNED:
            return MODULI(51);
        case CP256_SCALAR_MUL:
            return MODULI(11);
        case CP256_CANONICAL:
        case CP256_SCALAR_CANONICAL:
        case CP256_SCALAR_ODD:
            return LIMB_52;  // the value is below the modulus, which only the oracle can see
        case CP256_JACOBIAN_ADD_AFFINE:
        case CP256_JACOBIAN_SUB_AFFINE:
        case CP256_JACOBIAN_ADD:
            return k == 2 ? MODULI(14) : COORDINATE;
        default:
            return COORDINATE;
    }
}

unsigned cp256_range_violations(cp256_operation operation, int widened) {
    fe in[CP256_OPERANDS], out[CP256_RESULTS];
    for (int k = 0; k < CP256_OPERANDS; k++) in[k] = range(stated(operation, k), k == widened);
    // Carried or not, fe_reduce is given a value whose top limb is at least 2^48.
    if (operation == CP256_REDUCE) {
        for (int i = 0; i < 4; i++) in[0].limb[i] = (lane){-((__int128)1 << 58), (__int128)1 << 58};
        in[0].limb[4].low = widened == 0 ? 0 : (__int128)1 << 48;
    }
    lane_violations = 0;
    operate(operation, in, out);
    for (int k = 0; k < CP256_RESULTS; k++) {
        for (int i = 0; i < 5; i++) {
            const lane l = out[k].limb[i];
            if (l.low < 0 || l.high > (__int128)(i < 4 ? LIMB_52 : promised(operation, k))) lane_violations++;
        }
    }
    return lane_violations;
}
