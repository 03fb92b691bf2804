// The range proof: each operation once, on the whole stated range of its operands at the same time.
#include "../../Sources/CCrypto/multibuffer/lanes_interval.h"
#include "operations.h"

unsigned crsa_range_violations(crsa_operation operation, unsigned limbs, int widened, uint64_t most) {
    rsa_modulus n;
    rsa_product scratch;
    lane operands[CRSA_OPERANDS][CRSA_LIMBS], result[CRSA_LIMBS];
    for (int k = 0; k < CRSA_OPERANDS; k++)
        for (int i = 0; i < CRSA_LIMBS; i++)
            operands[k][i] = (lane){0, k == widened ? 2 * (__int128)RSA_LIMB : (__int128)RSA_LIMB};
    for (int i = 0; i < 2 * CRSA_LIMBS; i++) scratch.column[i] = (lane){0, 0};
    for (int i = 0; i < CRSA_LIMBS; i++) n.limb[i] = operands[0][i];
    n.inverse = (lane){0, RSA_LIMB};
    n.limbs = limbs;
    lane_violations = 0;
    // Two steps of a power lead from operands of the stated range to operands of that range: so do more.
    operate(operation, 3, &n, operands, result, &scratch);
    for (unsigned i = 0; i < limbs; i++)
        if (result[i].low < 0 || result[i].high > (__int128)RSA_LIMB) lane_violations++;
    for (unsigned i = 0; i < 2 * limbs; i++)
        if (scratch.column[i].low < 0 || scratch.column[i].high >= (__int128)most) lane_violations++;
    return lane_violations;
}
