// For backends in C: they define prepare() and the function below, and call serve().
#pragma once
#include "serve.h"

typedef struct {
    bytes input, signature;
} item;

static bool is_valid(const item *item);

static item *items[2];

static void load(int list, const json_t *pairs) {
    items[list] = calloc(json_array_size(pairs) + 1, sizeof(item));
    if (!items[list]) exit(2);
    for (size_t i = 0; i < json_array_size(pairs); i++) {
        const json_t *pair = json_array_get(pairs, i);
        items[list][i].input = decoded(json_string_value(json_array_get(pair, 0)));
        items[list][i].signature = decoded(json_string_value(json_array_get(pair, 1)));
    }
}

static bool is_valid_at(int list, size_t place) { return is_valid(&items[list][place]); }

static int serve(const char *name, const char *version, const char *library) {
    return serve_list("signatures", name, version, library);
}

typedef enum { HMAC, RSA_PKCS1, RSA_PSS, ECDSA, EDDSA } family;

// An algorithm of RFC 7518, 8037 or 8812, taken apart.
typedef struct {
    family family;
    size_t hash_size;   // octets; 0: EdDSA
    const char *curve;  // as JWK names it; NULL: none
    size_t half;        // octets of r, and of s; 0: not ECDSA
} scheme;

static inline scheme scheme_of(const json_t *job, const char *algorithm) {
    static const scheme curves[] = {
        {ECDSA, 32, "P-256", 32},     {ECDSA, 48, "P-384", 48}, {ECDSA, 64, "P-521", 66},
        {ECDSA, 32, "secp256k1", 32}, {EDDSA, 0, "Ed25519", 0}, {EDDSA, 0, "Ed448", 0},
    };
    const char *curve = text(json_object_get(job, "jwk"), "crv");
    for (size_t i = 0; curve && i < sizeof curves / sizeof curves[0]; i++)
        if (strcmp(curve, curves[i].curve) == 0) return curves[i];
    const family family = algorithm[0] == 'H' ? HMAC : algorithm[0] == 'R' ? RSA_PKCS1 : RSA_PSS;
    return (scheme){family, (size_t)atoi(algorithm + 2) / 8, NULL, 0};
}

// A member of the JWK.
static inline bytes member(const json_t *job, const char *name) {
    return decoded(text(json_object_get(job, "jwk"), name));
}

// In constant time, for libraries that do not offer it.
static inline bool is_same(const unsigned char *tag, const unsigned char *other, size_t count) {
    unsigned char difference = 0;
    for (size_t i = 0; i < count; i++) difference |= tag[i] ^ other[i];
    return difference == 0;
}
