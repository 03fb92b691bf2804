#include "../../engines/protocol/backend.h"

#include <gcrypt.h>

static scheme wanted;
static gcry_md_hd_t md;
static gcry_sexp_t key;
static bool is_448;

static bool prepare_key(const json_t *job) {
    if (wanted.family == RSA_PKCS1 || wanted.family == RSA_PSS) {
        const bytes n = member(job, "n"), e = member(job, "e");
        return gcry_sexp_build(&key, NULL, "(public-key(rsa(n %b)(e %b)))", (int)n.count, n.start, (int)e.count,
                               e.start) == 0;
    }
    const bytes x = member(job, "x"), y = member(job, "y");
    if (wanted.family == EDDSA) {
        is_448 = strcmp(wanted.curve, "Ed448") == 0;
        const char *format =
            is_448 ? "(public-key(ecc(curve Ed448)(q %b)))" : "(public-key(ecc(curve Ed25519)(flags eddsa)(q %b)))";
        return gcry_sexp_build(&key, NULL, format, (int)x.count, x.start) == 0;
    }
    const char *names[][2] = {{"P-256", "NIST P-256"}, {"P-384", "NIST P-384"}, {"P-521", "NIST P-521"}};
    const char *curve = "secp256k1";
    for (int i = 0; i < 3; i++)
        if (strcmp(names[i][0], wanted.curve) == 0) curve = names[i][1];
    unsigned char point[133] = {4};
    if (x.count != wanted.half || y.count != wanted.half) return false;
    memcpy(point + 1, x.start, wanted.half);
    memcpy(point + 1 + wanted.half, y.start, wanted.half);
    return gcry_sexp_build(&key, NULL, "(public-key(ecc(curve %s)(q %b)))", curve, (int)(1 + 2 * wanted.half), point) ==
           0;
}

static bool prepare(const json_t *job, const char *algorithm) {
    gcry_check_version(NULL);
    // Nothing here is secret but the HMAC key that came over a pipe.
    gcry_control(GCRYCTL_DISABLE_SECMEM, 0);
    gcry_control(GCRYCTL_INITIALIZATION_FINISHED, 0);
    wanted = scheme_of(job, algorithm);
    const int hash = wanted.hash_size == 32 ? GCRY_MD_SHA256 : wanted.hash_size == 48 ? GCRY_MD_SHA384 : GCRY_MD_SHA512;
    if (wanted.family == HMAC) {
        const bytes secret = decoded(text(job, "secret"));
        return gcry_md_open(&md, hash, GCRY_MD_FLAG_HMAC) == 0 && gcry_md_setkey(md, secret.start, secret.count) == 0;
    }
    return gcry_md_open(&md, hash, 0) == 0 && prepare_key(job);
}

// The data and the signature as the S-expressions that the library takes.
static bool build(const item *item, const unsigned char *digest, gcry_sexp_t *data, gcry_sexp_t *signature) {
    const bytes *raw = &item->signature;
    const int size = (int)wanted.hash_size, count = (int)raw->count, half = count / 2;
    const char *hash = size == 32 ? "sha256" : size == 48 ? "sha384" : "sha512";
    switch (wanted.family) {
        case RSA_PKCS1:
            return gcry_sexp_build(data, NULL, "(data(flags pkcs1)(hash %s %b))", hash, size, digest) == 0 &&
                   gcry_sexp_build(signature, NULL, "(sig-val(rsa(s %b)))", count, raw->start) == 0;
        case RSA_PSS:
            return gcry_sexp_build(data, NULL, "(data(flags pss)(salt-length %d)(hash %s %b))", size, hash, size,
                                   digest) == 0 &&
                   gcry_sexp_build(signature, NULL, "(sig-val(rsa(s %b)))", count, raw->start) == 0;
        case ECDSA:
            return raw->count == 2 * wanted.half &&
                   gcry_sexp_build(data, NULL, "(data(flags raw)(value %b))", size, digest) == 0 &&
                   gcry_sexp_build(signature, NULL, "(sig-val(ecdsa(r %b)(s %b)))", half, raw->start, half,
                                   raw->start + half) == 0;
        default:
            return raw->count == (is_448 ? 114 : 64) &&
                   gcry_sexp_build(data, NULL,
                                   is_448 ? "(data(value %b))" : "(data(flags eddsa)(hash-algo sha512)(value %b))",
                                   (int)item->input.count, item->input.start) == 0 &&
                   gcry_sexp_build(signature, NULL, "(sig-val(eddsa(r %b)(s %b)))", half, raw->start, half,
                                   raw->start + half) == 0;
    }
}

static bool is_valid(const item *item) {
    const unsigned char *digest = NULL;
    if (wanted.family != EDDSA) {
        gcry_md_reset(md);
        gcry_md_write(md, item->input.start, item->input.count);
        digest = gcry_md_read(md, 0);
    }
    if (wanted.family == HMAC) {
        const size_t size = wanted.hash_size;
        return item->signature.count == size && is_same(digest, item->signature.start, size);
    }
    gcry_sexp_t data = NULL, signature = NULL;
    const bool valid = build(item, digest, &data, &signature) && gcry_pk_verify(signature, data, key) == 0;
    gcry_sexp_release(data);
    gcry_sexp_release(signature);
    return valid;
}

int main(void) { return serve("libgcrypt", gcry_check_version(NULL), NULL); }
