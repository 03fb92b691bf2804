#include "../../engines/protocol/backend.h"

#include <mbedtls/constant_time.h>
#include <mbedtls/ecdsa.h>
#include <mbedtls/md.h>
#include <mbedtls/pk.h>
#include <mbedtls/version.h>

static scheme wanted;
static const mbedtls_md_info_t *md;
static mbedtls_md_context_t hmac;
static mbedtls_pk_context key;
static mbedtls_mpi r, s;

static bool prepare(const json_t *job, const char *algorithm) {
    wanted = scheme_of(job, algorithm);
    if (wanted.family == EDDSA) return false;
    md = mbedtls_md_info_from_type(wanted.hash_size == 32   ? MBEDTLS_MD_SHA256
                                   : wanted.hash_size == 48 ? MBEDTLS_MD_SHA384
                                                            : MBEDTLS_MD_SHA512);
    if (wanted.family == HMAC) {
        const bytes secret = decoded(text(job, "secret"));
        mbedtls_md_init(&hmac);
        return mbedtls_md_setup(&hmac, md, 1) == 0 && mbedtls_md_hmac_starts(&hmac, secret.start, secret.count) == 0;
    }
    mbedtls_mpi_init(&r);
    mbedtls_mpi_init(&s);
    mbedtls_pk_init(&key);
    const char *pem = text(job, "pem");
    return mbedtls_pk_parse_public_key(&key, (const unsigned char *)pem, strlen(pem) + 1) == 0;
}

static bool is_valid(const item *item) {
    const bytes *raw = &item->signature;
    const size_t size = mbedtls_md_get_size(md);
    unsigned char digest[MBEDTLS_MD_MAX_SIZE];
    if (wanted.family == HMAC)
        return mbedtls_md_hmac_reset(&hmac) == 0 &&
               mbedtls_md_hmac_update(&hmac, item->input.start, item->input.count) == 0 &&
               mbedtls_md_hmac_finish(&hmac, digest) == 0 && raw->count == size &&
               mbedtls_ct_memcmp(digest, raw->start, size) == 0;
    if (mbedtls_md(md, item->input.start, item->input.count, digest) != 0) return false;
    const mbedtls_md_type_t type = mbedtls_md_get_type(md);
    if (wanted.family == RSA_PKCS1) return mbedtls_pk_verify(&key, type, digest, size, raw->start, raw->count) == 0;
    if (wanted.family == RSA_PSS) {
        const mbedtls_pk_rsassa_pss_options options = {type, (int)size};
        return mbedtls_pk_verify_ext(MBEDTLS_PK_RSASSA_PSS, &options, &key, type, digest, size, raw->start,
                                     raw->count) == 0;
    }
    // mbedtls_pk_verify would take DER; this is what it comes to after reading that. The group keeps a table of its
    // base point.
    mbedtls_ecp_keypair *pair = mbedtls_pk_ec(key);
    return raw->count == 2 * wanted.half && mbedtls_mpi_read_binary(&r, raw->start, wanted.half) == 0 &&
           mbedtls_mpi_read_binary(&s, raw->start + wanted.half, wanted.half) == 0 &&
           mbedtls_ecdsa_verify(&pair->grp, digest, size, &pair->Q, &r, &s) == 0;
}

int main(void) {
    char version[16];
    mbedtls_version_get_string(version);
    return serve("mbedtls", version, NULL);
}
