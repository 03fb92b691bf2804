// The body of one crsa_row.
#define CRSA_NAME_2(name) crsa_run_##name
#define CRSA_NAME(name) CRSA_NAME_2(name)

void CRSA_NAME(LANES_NAME)(crsa_operation operation, unsigned limbs, uint32_t e, const uint64_t *in, uint64_t *out) {
    lane operands[CRSA_OPERANDS][CRSA_LIMBS], result[CRSA_LIMBS];
    rsa_modulus n;
    rsa_product scratch;
    uint64_t words[LANES];
    for (size_t k = 0; k < CRSA_OPERANDS; k++) {
        for (size_t limb = 0; limb < CRSA_LIMBS; limb++) {
            for (size_t l = 0; l < LANES; l++) words[l] = in[(k * LANES + l) * CRSA_LIMBS + limb];
            operands[k][limb] = lane_load(words);
        }
    }
    n.limbs = limbs;
    for (size_t limb = 0; limb < limbs; limb++) n.limb[limb] = operands[0][limb];
    for (size_t l = 0; l < LANES; l++) {
        // -1/n mod 2^52, bit by bit.
        const uint64_t low = in[l * CRSA_LIMBS];
        words[l] = 0;
        for (int bit = 0; bit < 52; bit++)
            if ((low * words[l] + 1) >> bit & 1) words[l] |= UINT64_C(1) << bit;
    }
    n.inverse = lane_load(words);
    operate(operation, e, &n, operands, result, &scratch);
    for (size_t limb = 0; limb < limbs; limb++) {
        // The lanes that ignore bits above 52 may leave some.
        lane_store(words, lane_and(result[limb], lane_set(RSA_LIMB)));
        for (size_t l = 0; l < LANES; l++) out[l * CRSA_LIMBS + limb] = words[l];
    }
}
