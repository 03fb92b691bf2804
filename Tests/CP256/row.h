// The body of one cp256_row.
#define CP256_NAME_2(name) cp256_run_##name
#define CP256_NAME(name) CP256_NAME_2(name)

void CP256_NAME(LANES_NAME)(cp256_operation operation, const uint64_t *in, uint64_t *out) {
    fe operands[CP256_OPERANDS], results[CP256_RESULTS];
    uint64_t words[LANES];
    for (size_t k = 0; k < CP256_OPERANDS; k++) {
        for (size_t limb = 0; limb < 5; limb++) {
            for (size_t l = 0; l < LANES; l++) words[l] = in[(k * LANES + l) * 5 + limb];
            operands[k].limb[limb] = lane_load(words);
        }
    }
    operate(operation, operands, results);
    for (size_t k = 0; k < CP256_RESULTS; k++) {
        for (size_t limb = 0; limb < 5; limb++) {
            lane_store(words, results[k].limb[limb]);
            for (size_t l = 0; l < LANES; l++) out[(k * LANES + l) * 5 + limb] = words[l];
        }
    }
}
