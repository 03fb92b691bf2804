#include "../protocol/engine.h"

#include <jwt.h>
#include <openssl/crypto.h>

static jwt_alg_t algorithm;
static const char *issuer, *audience;
// libjwt 1 takes a key as text with every token; there is nothing to prepare.
static unsigned char key[16384];
static int key_size;

static bool prepare(const json_t *job, const char *name) {
    issuer = text(job, "issuer");
    audience = text(job, "audience");
    algorithm = jwt_str_alg(name);
    if (algorithm == JWT_ALG_INVAL || algorithm == JWT_ALG_NONE) return false;
    const char *pem = text(job, "pem");
    if (pem) {
        key_size = (int)strlen(pem);
        memcpy(key, pem, (size_t)key_size);
        return true;
    }
    const char *secret = text(job, "secret");
    unsigned value = 0, bits = 0;
    for (; *secret; secret++) {
        const char *alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        value = value << 6 | (unsigned)(strchr(alphabet, *secret) - alphabet);
        bits += 6;
        if (bits >= 8) key[key_size++] = (unsigned char)(value >> (bits -= 8));
    }
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
    if (jwt_decode(&jwt, token, key, key_size) != 0) return false;
    const bool valid = jwt_get_alg(jwt) == algorithm && has_good_claims(jwt);
    jwt_free(jwt);
    return valid;
}

int main(void) { return serve("libjwt", VERSION, OpenSSL_version(OPENSSL_VERSION)); }
