#include "../protocol/engine.h"

#include <jwt.h>
#include <openssl/crypto.h>

static jwt_alg_t algorithm;
static const char *issuer, *audience;
// libjwt 1 takes a key as text with every token; there is nothing to prepare.
static bytes key;

static bool prepare(const json_t *job, const char *name) {
    issuer = text(job, "issuer");
    audience = text(job, "audience");
    algorithm = jwt_str_alg(name);
    if (algorithm == JWT_ALG_INVAL || algorithm == JWT_ALG_NONE) return false;
    const char *pem = text(job, "pem");
    key = pem ? (bytes){(unsigned char *)pem, strlen(pem)} : decoded(text(job, "secret"));
    return true;
}

// This version checks signatures only; claims are its caller's.
static bool has_good_claims(jwt_t *jwt) {
    const long now = (long)time(NULL);
    const char *iss = jwt_get_grant(jwt, "iss"), *aud = jwt_get_grant(jwt, "aud");
    return jwt_get_grant_int(jwt, "exp") > now && jwt_get_grant_int(jwt, "nbf") <= now && iss && aud &&
           strcmp(iss, issuer) == 0 && strcmp(aud, audience) == 0;
}

static bool is_valid(const char *token) {
    jwt_t *jwt = NULL;
    if (jwt_decode(&jwt, token, key.start, (int)key.count) != 0) return false;
    const bool valid = jwt_get_alg(jwt) == algorithm && has_good_claims(jwt);
    jwt_free(jwt);
    return valid;
}

int main(void) { return serve("libjwt", VERSION, OpenSSL_version(OPENSSL_VERSION)); }
