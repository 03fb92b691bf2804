#include "../../engines/protocol/backend.h"

#include <gmp.h>
#include <nettle/ecc-curve.h>
#include <nettle/ecdsa.h>
#include <nettle/eddsa.h>
#include <nettle/hmac.h>
#include <nettle/memops.h>
#include <nettle/pkcs1.h>
#include <nettle/rsa.h>
#include <nettle/version.h>

static scheme wanted;
static bytes edwards;
static bool is_448;
static struct rsa_public_key rsa;
static struct ecc_point point;
static struct dsa_signature pair;
static mpz_t signature;
static struct hmac_sha256_ctx hmac256;
static struct hmac_sha384_ctx hmac384;
static struct hmac_sha512_ctx hmac512;

static void import(mpz_t number, const unsigned char *start, size_t count) {
    mpz_import(number, count, 1, 1, 0, 0, start);
}

static bool prepare_point(const json_t *job) {
    const struct ecc_curve *curve = strcmp(wanted.curve, "P-256") == 0   ? nettle_get_secp_256r1()
                                    : strcmp(wanted.curve, "P-384") == 0 ? nettle_get_secp_384r1()
                                    : strcmp(wanted.curve, "P-521") == 0 ? nettle_get_secp_521r1()
                                                                         : NULL;
    if (!curve) return false;
    const bytes x = member(job, "x"), y = member(job, "y");
    mpz_t number[2];
    mpz_inits(number[0], number[1], NULL);
    import(number[0], x.start, x.count);
    import(number[1], y.start, y.count);
    nettle_ecc_point_init(&point, curve);
    nettle_dsa_signature_init(&pair);
    return nettle_ecc_point_set(&point, number[0], number[1]);
}

static bool prepare_rsa(const json_t *job) {
    const bytes n = member(job, "n"), e = member(job, "e");
    nettle_rsa_public_key_init(&rsa);
    mpz_init(signature);
    import(rsa.n, n.start, n.count);
    import(rsa.e, e.start, e.count);
    return nettle_rsa_public_key_prepare(&rsa);
}

static bool prepare(const json_t *job, const char *algorithm) {
    wanted = scheme_of(job, algorithm);
    const bytes secret = decoded(text(job, "secret"));
    switch (wanted.family) {
        case HMAC:
            nettle_hmac_sha256_set_key(&hmac256, secret.count, secret.start);
            nettle_hmac_sha384_set_key(&hmac384, secret.count, secret.start);
            nettle_hmac_sha512_set_key(&hmac512, secret.count, secret.start);
            return true;
        case ECDSA:
            return prepare_point(job);
        case EDDSA:
            edwards = member(job, "x");
            is_448 = strcmp(wanted.curve, "Ed448") == 0;
            return true;
        default:
            return prepare_rsa(job);
    }
}

static void hash(const bytes *input, uint8_t digest[64]) {
    struct sha256_ctx sha256;
    struct sha512_ctx sha512;
    switch (wanted.hash_size) {
        case 32:
            nettle_sha256_init(&sha256);
            nettle_sha256_update(&sha256, input->count, input->start);
            nettle_sha256_digest(&sha256, 32, digest);
            break;
        case 48:
            nettle_sha384_init(&sha512);
            nettle_sha512_update(&sha512, input->count, input->start);
            nettle_sha384_digest(&sha512, 48, digest);
            break;
        default:
            nettle_sha512_init(&sha512);
            nettle_sha512_update(&sha512, input->count, input->start);
            nettle_sha512_digest(&sha512, 64, digest);
    }
}

static bool has_tag(const item *item) {
    uint8_t tag[64];
    const size_t size = wanted.hash_size;
    switch (wanted.hash_size) {
        case 32:
            nettle_hmac_sha256_update(&hmac256, item->input.count, item->input.start);
            nettle_hmac_sha256_digest(&hmac256, size, tag);
            break;
        case 48:
            nettle_hmac_sha512_update(&hmac384, item->input.count, item->input.start);
            nettle_hmac_sha384_digest(&hmac384, size, tag);
            break;
        default:
            nettle_hmac_sha512_update(&hmac512, item->input.count, item->input.start);
            nettle_hmac_sha512_digest(&hmac512, size, tag);
    }
    return item->signature.count == size && nettle_memeql_sec(tag, item->signature.start, size);
}

static bool has_rsa(const uint8_t *digest, const bytes *raw) {
    // RFC 8017 §9.2: nettle has calls of its own for SHA-256 and SHA-512 only.
    static const uint8_t sha384_info[] = {0x30, 0x41, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
                                          0x65, 0x03, 0x04, 0x02, 0x02, 0x05, 0x00, 0x04, 0x30};
    if (raw->count != rsa.size) return false;
    import(signature, raw->start, raw->count);
    const bool is_pss = wanted.family == RSA_PSS;
    switch (wanted.hash_size) {
        case 32:
            return is_pss ? nettle_rsa_pss_sha256_verify_digest(&rsa, 32, digest, signature)
                          : nettle_rsa_sha256_verify_digest(&rsa, digest, signature);
        case 48:
            if (!is_pss) {
                uint8_t info[sizeof sha384_info + 48];
                memcpy(info, sha384_info, sizeof sha384_info);
                memcpy(info + sizeof sha384_info, digest, 48);
                return nettle_rsa_pkcs1_verify(&rsa, sizeof info, info, signature);
            }
            return nettle_rsa_pss_sha384_verify_digest(&rsa, 48, digest, signature);
        default:
            return is_pss ? nettle_rsa_pss_sha512_verify_digest(&rsa, 64, digest, signature)
                          : nettle_rsa_sha512_verify_digest(&rsa, digest, signature);
    }
}

static bool is_valid(const item *item) {
    const bytes *raw = &item->signature;
    if (wanted.family == HMAC) return has_tag(item);
    if (wanted.family == EDDSA && is_448)
        return raw->count == ED448_SIGNATURE_SIZE &&
               nettle_ed448_shake256_verify(edwards.start, item->input.count, item->input.start, raw->start);
    if (wanted.family == EDDSA)
        return raw->count == ED25519_SIGNATURE_SIZE &&
               nettle_ed25519_sha512_verify(edwards.start, item->input.count, item->input.start, raw->start);
    uint8_t digest[64];
    hash(&item->input, digest);
    if (wanted.family != ECDSA) return has_rsa(digest, raw);
    if (raw->count != 2 * wanted.half) return false;
    import(pair.r, raw->start, wanted.half);
    import(pair.s, raw->start + wanted.half, wanted.half);
    return nettle_ecdsa_verify(&point, wanted.hash_size, digest, &pair);
}

int main(void) {
    char version[32];
    snprintf(version, sizeof version, "%d.%d", nettle_version_major(), nettle_version_minor());
    char library[64];
    snprintf(library, sizeof library, "GMP %s", gmp_version);
    return serve("nettle", version, library);
}
