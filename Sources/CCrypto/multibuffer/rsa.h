// RS256 … RS512 and PS256 … PS512 (RFC 8017 §8.2.2, §8.1.2; RFC 7518 §3.3, §3.5) over `lane`. One row; the file that
// includes this names it by LANES_NAME. Costs and choices are argued in rsa.md. All inputs are public: time depends on
// them.
#pragma once
#include "emsa_pss.h"
#include "key_runs.h"
#include "modexp_rsa.h"
#include "rsa_key.h"
#include "sha2.h"

_Static_assert((int)RSA_KEY_LIMBS == (int)RSA_LIMBS_MAX && RSA_KEY_LIMBS % 8 == 0,
               "numbers of a key are loaded 8 limbs at a time");

// Tokens whose messages are hashed at once, and who share lanes.
enum { RSA_CHUNK = 256, RSA_DIGEST = 64 };

// What the lanes work with; keys of one size and exponent.
typedef struct {
    const rsa_key *key[LANES];  // whose numbers are loaded; NULL at first
    rsa_modulus modulus;
    lane factor[RSA_LIMBS_MAX], encoding[RSA_LIMBS_MAX], power[RSA_LIMBS_MAX], expected[RSA_LIMBS_MAX];
    lane signature[RSA_LIMBS_MAX], digest[RSA_BLOCK];
    rsa_product product;
} rsa_lanes;

// Tokens of keys of one size and exponent that passed every check but the signature itself.
typedef struct {
    size_t count;
    const fv_job *job[RSA_CHUNK];
    uint8_t *verdict[RSA_CHUNK];
} rsa_tokens;

static inline const rsa_key *key_of(const fv_job *job) { return job->key->state; }

// Limbs limb[0 … limbs - 1] of a number of each lane; `limbs` is rounded up to whole rows of 8.
static void load_numbers(lane *limb, const uint64_t *const number[LANES], unsigned limbs) {
    const uint64_t *row[LANES];
    for (unsigned i = 0; i < limbs; i += 8) {
        for (int l = 0; l < LANES; l++) row[l] = number[l] + i;
        lane_load_rows(row, limb + i);
    }
}

static void load_keys(rsa_lanes *lanes, const rsa_key *const key[LANES]) {
    if (memcmp(lanes->key, key, sizeof lanes->key) == 0) return;
    memcpy(lanes->key, key, sizeof lanes->key);
    const uint64_t *number[LANES];
    uint64_t inverse[LANES];
    lanes->modulus.limbs = key[0]->limbs;
    for (int l = 0; l < LANES; l++) inverse[l] = key[l]->inverse;
    lanes->modulus.inverse = lane_load(inverse);
    for (int l = 0; l < LANES; l++) number[l] = key[l]->modulus;
    load_numbers(lanes->modulus.limb, number, key[0]->limbs);
    for (int l = 0; l < LANES; l++) number[l] = key[l]->factor;
    load_numbers(lanes->factor, number, key[0]->limbs);
    if (key[0]->pss) return;
    for (int l = 0; l < LANES; l++) number[l] = key[l]->encoding;
    load_numbers(lanes->encoding, number, key[0]->limbs);
}

// power = s^e / R^(e-1) of up to LANES tokens; lanes without one repeat the first.
static void raise(rsa_lanes *lanes, const fv_job *const *job, size_t count) {
    const rsa_key *key[LANES];
    uint64_t limb[LANES][RSA_LIMBS_MAX];
    const uint64_t *number[LANES];
    for (size_t l = 0; l < LANES; l++) {
        key[l] = key_of(job[l < count ? l : 0]);
        number[l] = limb[l < count ? l : 0];
        if (l < count) fv_rsa_limbs(job[l]->signature, key[l]->size, limb[l], (key[l]->limbs + 7) / 8 * 8);
    }
    load_keys(lanes, key);
    load_numbers(lanes->signature, number, key[0]->limbs);
    rsa_power(lanes->power, lanes->signature, key[0]->exponent, &lanes->modulus, &lanes->product);
}

// PKCS #1 v1.5: the residue that the only right encoding has is computed from the hash and compared whole. Encodings
// are below n, so equal residues are equal encodings.
static lane_mask matches_encoding(rsa_lanes *lanes, const uint8_t (*digest)[RSA_DIGEST], size_t count) {
    const unsigned limbs = lanes->modulus.limbs;
    uint64_t limb[LANES][16];
    const uint64_t *number[LANES];
    lane hash[16];
    for (size_t l = 0; l < LANES; l++) {
        number[l] = limb[l < count ? l : 0];
        if (l < count) fv_rsa_limbs(digest[l], lanes->key[l]->hash_size, limb[l], 16);
    }
    load_numbers(hash, number, RSA_BLOCK);
    rsa_multiply_short(lanes->expected, hash, lanes->factor, lanes->encoding, &lanes->modulus, &lanes->product);
    rsa_canonical(lanes->expected, &lanes->modulus);
    rsa_canonical(lanes->power, &lanes->modulus);
    lane difference = lane_set(0);
    for (unsigned i = 0; i < limbs; i++)
        difference = lane_or(difference, lane_xor(lanes->power[i], lanes->expected[i]));
    return lane_eq(difference, lane_set(0));
}

static void recover_encodings(rsa_lanes *lanes, uint8_t (*encoded)[FV_PSS_OCTETS], size_t count) {
    const unsigned limbs = lanes->modulus.limbs;
    uint64_t words[RSA_LIMBS_MAX * LANES];
    rsa_multiply(lanes->power, lanes->power, lanes->factor, &lanes->modulus, &lanes->product);
    rsa_canonical(lanes->power, &lanes->modulus);
    for (unsigned i = 0; i < limbs; i++) lane_store(words + i * LANES, lanes->power[i]);
    for (size_t l = 0; l < count; l++) fv_rsa_octets(words + l, LANES, limbs, encoded[l], lanes->key[l]->size);
}

static void hash_inputs(const rsa_tokens *tokens, uint8_t (*digests)[RSA_DIGEST]) {
    fv_sha_message messages[RSA_CHUNK];
    for (size_t i = 0; i < tokens->count; i++)
        messages[i] =
            (fv_sha_message){.segments = {{tokens->job[i]->input, tokens->job[i]->input_count}}, .digest = digests[i]};
    const size_t hash_size = key_of(tokens->job[0])->hash_size;
    if (hash_size == 32)
        fv_sha256_batch(messages, tokens->count);
    else if (hash_size == 48)
        fv_sha384_batch(messages, tokens->count);
    else
        fv_sha512_batch(messages, tokens->count);
}

static void settle_pkcs1(rsa_lanes *lanes, const rsa_tokens *tokens, const uint8_t (*digests)[RSA_DIGEST]) {
    for (size_t first = 0; first < tokens->count; first += LANES) {
        const size_t count = tokens->count - first < LANES ? tokens->count - first : LANES;
        raise(lanes, tokens->job + first, count);
        const lane_mask equal = matches_encoding(lanes, digests + first, count);
        for (size_t l = 0; l < count; l++) *tokens->verdict[first + l] = equal >> l & 1;
    }
}

static void settle_pss(rsa_lanes *lanes, const rsa_tokens *tokens, const uint8_t (*digests)[RSA_DIGEST]) {
    _Static_assert(FV_PSS_BATCH % LANES == 0, "a batch ends with a group of lanes");
    uint8_t encoded[FV_PSS_BATCH][FV_PSS_OCTETS];
    fv_pss_encoding encodings[FV_PSS_BATCH];
    size_t used = 0;
    const rsa_key *key = key_of(tokens->job[0]);
    for (size_t first = 0; first < tokens->count; first += LANES) {
        const size_t count = tokens->count - first < LANES ? tokens->count - first : LANES;
        raise(lanes, tokens->job + first, count);
        recover_encodings(lanes, encoded + used, count);
        for (size_t l = 0; l < count; l++, used++)
            encodings[used] = (fv_pss_encoding){encoded[used], digests[first + l], tokens->verdict[first + l]};
        if (used < FV_PSS_BATCH && first + count < tokens->count) continue;
        fv_emsa_pss_verify(key->hash_size, key->size, encodings, used);
        used = 0;
    }
}

static void settle(rsa_tokens *tokens) {
    // The last lanes are not worth their price where OpenSSL checks those few sooner.
    const size_t rest = tokens->count % LANES;
    if (rest < RSA_LANES_MIN)
        for (size_t i = tokens->count - rest; i < tokens->count; i++)
            key_run_elsewhere(&key_of(tokens->job[i])->complete, tokens->job[i], 1, tokens->verdict[i]);
    if (rest < RSA_LANES_MIN) tokens->count -= rest;
    if (tokens->count == 0) return;
    uint8_t digests[RSA_CHUNK][RSA_DIGEST];
    rsa_lanes lanes;
    memset(lanes.key, 0, sizeof lanes.key);
    hash_inputs(tokens, digests);
    if (key_of(tokens->job[0])->pss)
        settle_pss(&lanes, tokens, (const uint8_t(*)[RSA_DIGEST])digests);
    else
        settle_pkcs1(&lanes, tokens, (const uint8_t(*)[RSA_DIGEST])digests);
}

static bool share_lanes(const rsa_key *a, const rsa_key *b) {
    return a->limbs == b->limbs && a->exponent == b->exponent;
}

static void verify_chunk(const fv_job *jobs, size_t count, uint8_t *verdicts) {
    bool pending[RSA_CHUNK];
    for (size_t i = 0; i < count; i++) {
        const rsa_key *key = key_of(&jobs[i]);
        verdicts[i] = 0;
        pending[i] = false;
        if (key->limbs == 0) {
            key_run_elsewhere(&key->complete, &jobs[i], 1, &verdicts[i]);
        } else if (jobs[i].signature_count == key->size) {
            // RFC 8017 §8.2.2 steps 1 and 2b: as long as the modulus, and below it.
            pending[i] = memcmp(jobs[i].signature, key->octets, key->size) < 0;
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (!pending[i]) continue;
        rsa_tokens tokens;
        tokens.count = 0;
        for (size_t j = i; j < count; j++) {
            if (!pending[j] || !share_lanes(key_of(&jobs[i]), key_of(&jobs[j]))) continue;
            pending[j] = false;
            tokens.job[tokens.count] = &jobs[j];
            tokens.verdict[tokens.count++] = &verdicts[j];
        }
        settle(&tokens);
    }
}

#define RSA_NAME_2(row, name) fv_multibuffer_##row##_rsa_##name
#define RSA_NAME_1(row, name) RSA_NAME_2(row, name)
#define RSA_NAME(name) RSA_NAME_1(LANES_NAME, name)

void RSA_NAME(verify)(const fv_job *jobs, size_t count, uint8_t *verdicts) {
    for (size_t i = 0; i < count; i += RSA_CHUNK)
        verify_chunk(jobs + i, count - i < RSA_CHUNK ? count - i : RSA_CHUNK, verdicts + i);
}

fv_key_status RSA_NAME(prepare)(const fv_kernel *kernel, const fv_key *key, void **state) {
    return fv_rsa_key_prepare(kernel, key, state);
}

void RSA_NAME(release)(void *state) { fv_rsa_key_release(state); }
