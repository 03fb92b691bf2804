// The body of one cw_row.
#define CW_NAME_2(curve, name) cw_##curve##_##name
#define CW_NAME_1(curve, name) CW_NAME_2(curve, name)
#define CW_NAME(name) CW_NAME_1(CURVE, name)

void CW_NAME(LANES_NAME)(cw_operation operation, const uint64_t *in, uint64_t *out);
void CW_NAME(LANES_NAME)(cw_operation operation, const uint64_t *in, uint64_t *out) {
    fe operands[CW_OPERANDS], results[CW_RESULTS];
    uint64_t words[LANES];
    for (size_t k = 0; k < CW_OPERANDS; k++) {
        for (size_t limb = 0; limb < FIELD_LIMBS; limb++) {
            for (size_t l = 0; l < LANES; l++) words[l] = in[(k * LANES + l) * FIELD_LIMBS + limb];
            operands[k].limb[limb] = lane_load(words);
        }
    }
    operate(operation, operands, results);
    for (size_t k = 0; k < CW_RESULTS; k++) {
        for (size_t limb = 0; limb < FIELD_LIMBS; limb++) {
            lane_store(words, results[k].limb[limb]);
            for (size_t l = 0; l < LANES; l++) out[(k * LANES + l) * FIELD_LIMBS + limb] = words[l];
        }
    }
}
