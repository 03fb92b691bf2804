// The compression function (FIPS 180-4 §6.2.2 and §6.4.2) over `sha_lane`, written once.
//
// Before including: sha_word.h, and a type sha_lane with SHA_ADD, SHA_ROTATE, SHA_SHIFT, SHA_XOR3, SHA_CH, SHA_MAJ and
// SHA_SET (a constant in every lane). `groups` independent sets of lanes go through the rounds in step: a round is a
// chain of about six dependent operations, and the second set fills the slots the first leaves empty.

// The message schedule is a ring of 16 words: a word is replaced by the one needed 16 rounds later as soon as it is
// used (§6.2.2 step 1: W(t) = σ1(W(t−2)) + W(t−7) + σ0(W(t−15)) + W(t−16)). The eight working variables stay where they
// are and change their names from round to round. Every index is a constant once the loops are unrolled.
static inline __attribute__((always_inline)) void sha_sixteen_rounds(const int groups, const int t, const bool schedule,
                                                                     sha_lane state[][8], sha_lane words[][16]) {
    _Pragma("clang loop unroll(full)") for (int i = 0; i < 16; i++) {
        _Pragma("clang loop unroll(full)") for (int j = 0; j < groups; j++) {
            sha_lane *s = state[j], *w = words[j];
            sha_lane *a = &s[(0 - i) & 7], *b = &s[(1 - i) & 7], *c = &s[(2 - i) & 7], *d = &s[(3 - i) & 7];
            sha_lane *e = &s[(4 - i) & 7], *f = &s[(5 - i) & 7], *g = &s[(6 - i) & 7], *h = &s[(7 - i) & 7];
            sha_lane t1 = SHA_ADD(SHA_ADD(*h, SHA_SET(SHA_CONSTANTS[t + i])), w[i]);
            t1 = SHA_ADD(SHA_ADD(t1, SHA_CH(*e, *f, *g)), SHA_SUM1(*e));
            *d = SHA_ADD(*d, t1);
            *h = SHA_ADD(SHA_ADD(t1, SHA_MAJ(*a, *b, *c)), SHA_SUM0(*a));
            if (schedule)
                w[i] = SHA_ADD(SHA_ADD(w[i], SHA_SIGMA0(w[(i + 1) & 15])),
                               SHA_ADD(w[(i + 9) & 15], SHA_SIGMA1(w[(i + 14) & 15])));
        }
    }
}

/// `state` becomes the chaining value after the block in `words`; `words` is used up.
static inline __attribute__((always_inline)) void sha_rounds(const int groups, sha_lane state[][8],
                                                             sha_lane words[][16]) {
    sha_lane before[2][8];
    for (int j = 0; j < groups; j++)
        for (int i = 0; i < 8; i++) before[j][i] = state[j][i];
    for (int t = 0; t < SHA_ROUNDS - 16; t += 16) sha_sixteen_rounds(groups, t, true, state, words);
    sha_sixteen_rounds(groups, SHA_ROUNDS - 16, false, state, words);
    for (int j = 0; j < groups; j++)
        for (int i = 0; i < 8; i++) state[j][i] = SHA_ADD(state[j][i], before[j][i]);
}
