#include "../protocol/engine.h"

#include <cjose/cjose.h>
#include <openssl/crypto.h>

static cjose_jwk_t *key;
static const char *algorithm, *issuer, *audience;

static bool prepare(const json_t *job, const char *name) {
    const char *known = " HS256 HS384 HS512 RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 ";
    if (!strstr(known, name)) return false;
    algorithm = name;
    issuer = text(job, "issuer");
    audience = text(job, "audience");
    char *jwk = json_dumps(json_object_get(job, "jwk"), JSON_COMPACT);
    key = cjose_jwk_import(jwk, strlen(jwk), NULL);
    free(jwk);
    return key != NULL;
}

static bool is_text(const json_t *claims, const char *name, const char *wanted) {
    const char *value = json_string_value(json_object_get(claims, name));
    return value && strcmp(value, wanted) == 0;
}

// cjose knows JWS and no claims; it brings jansson, with which its users read them.
static bool has_good_claims(const uint8_t *json, size_t count) {
    json_t *claims = json_loadb((const char *)json, count, JSON_REJECT_DUPLICATES, NULL);
    const json_int_t now = (json_int_t)time(NULL);
    const json_t *nbf = json_object_get(claims, "nbf");
    const bool valid = json_integer_value(json_object_get(claims, "exp")) > now &&
                       (!nbf || (json_is_integer(nbf) && json_integer_value(nbf) <= now)) &&
                       is_text(claims, "iss", issuer) && is_text(claims, "aud", audience);
    json_decref(claims);
    return valid;
}

static bool is_valid(const char *token) {
    cjose_jws_t *jws = cjose_jws_import(token, strlen(token), NULL);
    if (!jws) return false;
    const char *alg = cjose_header_get(cjose_jws_get_protected(jws), CJOSE_HDR_ALG, NULL);
    uint8_t *payload;
    size_t count;
    const bool valid = alg && strcmp(alg, algorithm) == 0 && cjose_jws_verify(jws, key, NULL) &&
                       cjose_jws_get_plaintext(jws, &payload, &count, NULL) && has_good_claims(payload, count);
    cjose_jws_release(jws);
    return valid;
}

int main(void) { return serve("cjose", cjose_version(), OpenSSL_version(OPENSSL_VERSION)); }
