// One operation of modexp_rsa.h over the lane included before.
#include "../../Sources/CCrypto/multibuffer/modexp_rsa.h"
#include "crsa.h"

static void operate(crsa_operation operation, uint32_t e, rsa_modulus *n, lane operand[CRSA_OPERANDS][CRSA_LIMBS],
                    lane result[CRSA_LIMBS], rsa_product *scratch) {
    lane *a = operand[1];
    switch (operation) {
        case CRSA_SQUARE:
            rsa_square(result, a, n, scratch);
            break;
        case CRSA_MULTIPLY:
            rsa_multiply(result, a, operand[2], n, scratch);
            break;
        case CRSA_SHORT:
            rsa_multiply_short(result, a, operand[2], operand[3], n, scratch);
            break;
        case CRSA_POWER:
            rsa_power(result, a, e, n, scratch);
            break;
        case CRSA_CANONICAL:
            for (unsigned i = 0; i < n->limbs; i++) result[i] = a[i];
            rsa_canonical(result, n);
            break;
        case CRSA_OPERATION_COUNT:
            break;
    }
}
