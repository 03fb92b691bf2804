// Signature kernels. This library knows a key, a signing input and a signature; it has never heard of a token.
//
// Conventions, stated once. Inputs come before outputs; a byte string is a pointer and a count, a null pointer is fine
// where the count is 0, inputs are never written and never read outside their count, outputs do not overlap inputs.
// Objects returned through a pointer belong to the caller and are freed by the function named beside the type; freeing
// NULL is fine. All keys and signatures verified here are public, so time may depend on them; HMAC secrets and tags are
// the exception: tags are compared in constant time, secrets are erased before their memory is released. Private keys
// exist only in fv_signing_key. Prepared keys and kernels are immutable to the caller and may be used by any number of
// threads at once. No error is left in OpenSSL's queue of the calling thread.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// MARK: Algorithms

typedef enum {
    FV_KEY_SECRET = 0,
    FV_KEY_RSA,
    FV_KEY_P256,
    FV_KEY_P384,
    FV_KEY_P521,
    FV_KEY_SECP256K1,
    FV_KEY_ED25519,
    FV_KEY_ED448,
} fv_key_type;

typedef enum {
#define FV_ALGORITHM(identifier, name, key, signature, hash) FV_##identifier,
#include "algorithms.def"
#undef FV_ALGORITHM
    FV_ALGORITHM_COUNT
} fv_algorithm;

typedef struct {
    const char *name;
    fv_key_type key_type;
    uint16_t signature_size;  // 0: the size of the RSA modulus
    uint16_t hash_size;
} fv_algorithm_info;

/// The line of algorithms.def; NULL outside the enumeration.
const fv_algorithm_info *fv_algorithm_get(fv_algorithm algorithm);

// MARK: Public keys

typedef enum {
    FV_KEY_OK = 0,
    FV_KEY_MALFORMED,          // not the encoding it claims to be
    FV_KEY_UNSUPPORTED,        // a type, curve or container this library does not verify with
    FV_KEY_PRIVATE,            // a private key where a public one is expected
    FV_KEY_SECRET_SHORT,       // shorter than the hash of the algorithm (RFC 7518 §3.2), or than every hash
    FV_KEY_SECRET_LONG,        // over FV_SECRET_MAX bytes
    FV_KEY_RSA_SIZE,           // modulus outside 2048…8192 bits
    FV_KEY_RSA_MODULUS,        // even, prime, a square, a small factor, or made by a ROCA generator
    FV_KEY_RSA_EXPONENT,       // even, below 3, or 2^32 and above
    FV_KEY_COORDINATE_LENGTH,  // not the octet length of the field (RFC 7518 §6.2.1.2)
    FV_KEY_POINT_COMPRESSED,   // only uncompressed points are accepted
    FV_KEY_POINT_INVALID,      // not below p, not on the curve, infinity, or not a canonical Edwards point
    FV_KEY_SMALL_ORDER,        // an Edwards point of small order
    FV_KEY_WRONG_ALGORITHM,    // the kernel's algorithm does not go with this type of key
    FV_KEY_MEMORY,
} fv_key_status;

/// One sentence for logs and reports; never contains key material.
const char *fv_key_status_text(fv_key_status status);

#define FV_SECRET_MAX 65536
#define FV_PEM_MAX 65536

/// A checked public key or secret; immutable.
typedef struct fv_key fv_key;
void fv_key_free(fv_key *key);

/// Big-endian bytes, leading zeros allowed in `n` and `e`. Bounds are checked before any arithmetic on the modulus.
fv_key_status fv_key_import_rsa(const uint8_t *n, size_t n_count, const uint8_t *e, size_t e_count, fv_key **key);
/// Affine coordinates, each exactly as long as the curve's field; `type` is one of the four Weierstrass curves.
fv_key_status fv_key_import_ec(fv_key_type type, const uint8_t *x, size_t x_count, const uint8_t *y, size_t y_count,
                               fv_key **key);
/// RFC 8032 encoding of the public point; `type` is ED25519 or ED448.
fv_key_status fv_key_import_okp(fv_key_type type, const uint8_t *x, size_t x_count, fv_key **key);
/// At least 32 bytes, at most FV_SECRET_MAX.
fv_key_status fv_key_import_secret(const uint8_t *bytes, size_t count, fv_key **key);
/// One PEM block: PUBLIC KEY (SPKI), RSA PUBLIC KEY (PKCS #1) or CERTIFICATE; text around the block is ignored.
/// A private key or a further block of any kind is refused.
fv_key_status fv_key_import_pem(const uint8_t *text, size_t count, fv_key **key);

fv_key_type fv_key_get_type(const fv_key *key);
/// Bits of the modulus, the field or the secret.
uint32_t fv_key_bits(const fv_key *key);
/// Algorithms this key can verify, bit 1 << fv_algorithm each: type, and for secrets the length, decide.
uint32_t fv_key_algorithms(const fv_key *key);

/// Members of a JWK (RFC 7518 §6), as bytes before base64url.
typedef enum {
    FV_PARAMETER_N,
    FV_PARAMETER_E,
    FV_PARAMETER_X,
    FV_PARAMETER_Y,
    FV_PARAMETER_K,
    FV_PARAMETER_D,
    FV_PARAMETER_P,
    FV_PARAMETER_Q,
    FV_PARAMETER_DP,
    FV_PARAMETER_DQ,
    FV_PARAMETER_QI,
} fv_parameter;

/// Writes a public parameter (or K of a secret) in its RFC 7518 octet form and returns its size; 0 when the key has no
/// such parameter or `capacity` is too small. 1,024 bytes hold any public parameter.
size_t fv_key_parameter(const fv_key *key, fv_parameter parameter, uint8_t *out, size_t capacity);

// MARK: Kernels

/// A key made ready for one kernel: parsed, checked, with whatever that kernel computes once per key.
typedef struct fv_prepared_key fv_prepared_key;

/// One signature to check. The pointers must stay valid during the call.
typedef struct {
    const fv_prepared_key *key;
    const uint8_t *input;
    size_t input_count;
    const uint8_t *signature;
    size_t signature_count;
} fv_job;

typedef struct fv_kernel fv_kernel;
struct fv_kernel {
    const char *name;     // "openssl", "sodium", …; unique within the algorithm
    const char *backend;  // the family: "openssl", "sodium", "multibuffer"
    fv_algorithm algorithm;
    uint32_t features;  // needed, as in ccpu.h
    uint32_t lanes;     // signatures worked on side by side; 1 where the backend knows no batch
    /// Used by fv_prepare and fv_prepared_key_free only.
    fv_key_status (*prepare)(const fv_kernel *kernel, const fv_key *key, void **state);
    void (*release)(void *state);
    /// Use fv_verify.
    void (*verify)(const fv_job *jobs, size_t count, uint8_t *verdicts);
};

/// All rows of an algorithm in order of preference, whether or not this processor supports them.
const fv_kernel *const *fv_kernels(fv_algorithm algorithm, size_t *count);
/// Whether this process may run the kernel (processor, operating system and FASTVERIFY_CPU).
bool fv_kernel_supported(const fv_kernel *kernel);
/// The row of that name; NULL when there is none.
const fv_kernel *fv_kernel_named(fv_algorithm algorithm, const char *name);
/// Whether the kernel gives the right verdicts on fixed good signatures of its algorithm and on bad ones, in every
/// lane, side by side and alone. True without a trial where no signature is there for the algorithm. Not remembered:
/// fv_kernel_usable is what to ask.
bool fv_self_test(const fv_kernel *kernel);
/// Whether the kernel is supported and, if it is one of ours (backend "multibuffer"), gave the right verdicts on fixed
/// good and bad signatures. These are tried at the first question, which takes milliseconds; the answer stays.
bool fv_kernel_usable(const fv_kernel *kernel);
/// The row that is used unless the caller names one: the row FASTVERIFY_KERNEL names, where the algorithm has it and
/// it is usable, else the first usable row. Never NULL for a valid algorithm.
const fv_kernel *fv_kernel_selected(fv_algorithm algorithm);

/// The prepared key keeps what it needs of `key`, which may be freed before it.
fv_key_status fv_prepare(const fv_kernel *kernel, const fv_key *key, fv_prepared_key **prepared);
void fv_prepared_key_free(fv_prepared_key *prepared);
const fv_kernel *fv_prepared_key_kernel(const fv_prepared_key *prepared);

/// Checks `count` signatures, all of whose keys were prepared for `kernel`. verdicts[i] becomes 1 exactly where
/// signature i is valid, else 0: no verdict depends on another job or on the position. A signature of any length is
/// fine; a wrong length is a 0. Allocates nothing itself; what the backend library allocates is stated in its file.
void fv_verify(const fv_kernel *kernel, const fv_job *jobs, size_t count, uint8_t *verdicts);

// MARK: Key tables
//
// Kernels of the backend "multibuffer" keep multiples of a public key that is used often. Nobody has to ask for that: a
// table is built in the background after some uses and released when others need the room more. Only prepared keys own
// tables, so no token can cause one for a key that was not configured. FASTVERIFY_TABLES sets the start: a
// comma-separated list of `off`, `sync` (see fv_tables_set_synchronous), `eager` (the first use earns a table) and a
// budget in MiB; words it does not know are ignored.

/// Tier 0 is no table at all.
#define FV_TABLE_TIERS 3

/// All counts since the start of the process.
typedef struct {
    uint64_t uses[FV_TABLE_TIERS];    // signatures checked with a table of that tier; uses[0]: without one
    uint64_t builds[FV_TABLE_TIERS];  // tables finished, by tier; builds[0] is 0
    uint64_t failures;                // builds given up: out of memory, or the budget shrank meanwhile
    uint64_t evictions;               // tables taken from a key to make room
    uint64_t no_room;                 // requests that found no room, and no table worth less
    uint64_t queue_refusals;          // requests not accepted: queue full or busy; the key asks again
    uint64_t bytes, peak_bytes;       // of memory now, those of a running build included, and at most
    uint64_t budget_bytes;
} fv_table_counters;

/// Bytes that all tables together may take; 64 MiB unless FASTVERIFY_TABLES says otherwise, 0 forbids tables. Shrinking
/// releases the least recently used tables before it returns, except those in use at the moment: they go after use.
void fv_tables_set_budget(size_t bytes);
/// True: tables are built at once by the thread whose use earns them, for benchmarks and reproducible tests.
void fv_tables_set_synchronous(bool synchronous);
/// One consistent picture of everything but `uses`, which other threads may be counting up meanwhile. O(prepared keys).
void fv_tables_read(fv_table_counters *counters);

// MARK: Signing

/// A private key or secret that can sign.
typedef struct fv_signing_key fv_signing_key;
void fv_signing_key_free(fv_signing_key *key);

/// A fresh key for the algorithm; `rsa_bits` (2048…8192) matters for RSA only, secrets have the size of the hash.
fv_key_status fv_signing_key_generate(fv_algorithm algorithm, uint32_t rsa_bits, fv_signing_key **key);
/// PKCS #8, PKCS #1 or SEC 1, unencrypted.
fv_key_status fv_signing_key_import_pem(const uint8_t *text, size_t count, fv_signing_key **key);
/// Parameters in RFC 7518 octet form, indexed by fv_parameter; a count of 0 is an absent one. RSA needs n, e, d, p, q
/// (dp, dq, qi are recomputed where absent), curves need d (x, y are recomputed), secrets need k.
/// Given public parameters must belong to the private ones.
fv_key_status fv_signing_key_import(fv_key_type type, const uint8_t *const parameters[], const size_t counts[],
                                    fv_signing_key **key);
/// The public half (for a secret: the secret) as a checked key.
fv_key_status fv_signing_key_public(const fv_signing_key *key, fv_key **public_key);
size_t fv_signing_key_parameter(const fv_signing_key *key, fv_parameter parameter, uint8_t *out, size_t capacity);
/// PKCS #8 PEM; returns its size, 0 when it does not fit or the key is a secret. 16 KiB hold any key.
size_t fv_signing_key_pem(const fv_signing_key *key, uint8_t *out, size_t capacity);

/// Largest signature: RSA with 8,192 bits.
#define FV_SIGNATURE_MAX 1024
/// Signs; writes the JWS form (ECDSA: r and s side by side) and returns its size, 0 on failure. Deterministic: ECDSA
/// takes its nonce from RFC 6979, EdDSA and PKCS #1 v1.5 know no other way; only PSS has a random salt.
size_t fv_sign(const fv_signing_key *key, fv_algorithm algorithm, const uint8_t *input, size_t count,
               uint8_t out[FV_SIGNATURE_MAX]);

// MARK: Memory for secrets

/// Memory between guard pages that is kept out of swap and core dumps as far as the system allows and erased when freed
/// (libsodium's sodium_malloc); takes some pages even for one octet. NULL where there is none.
void *fv_guarded_allocate(size_t size);
void fv_guarded_free(void *memory);
/// What is inside can be read but not written any more.
void fv_guarded_make_readonly(void *memory);
/// Overwrites with zeros, which no compiler leaves out.
void fv_erase(void *memory, size_t size);
/// From now on this process leaves no core file and no backtrace when it crashes, and other processes of its user
/// cannot look into its memory.
void fv_forbid_core_files(void);
/// From now on OpenSSL keeps the private numbers of keys in a heap of its own between guard pages, `size` octets (a
/// power of two) for the whole process; a key that finds no room there is refused. 1: done, or had been done before; 2:
/// done, but the system does not lock the pages; 0: not done. At the start of a process, before other threads.
int fv_secure_heap(size_t size);

/// Octets that sealing adds.
#define FV_SEAL_OVERHEAD 40
/// Encrypts and authenticates (XSalsa20-Poly1305, a random nonce first): `count + FV_SEAL_OVERHEAD` octets. False: no
/// libsodium.
bool fv_seal(const uint8_t key[32], const uint8_t *text, size_t count, uint8_t *out);
/// The reverse: `count - FV_SEAL_OVERHEAD` octets. False, and nothing useful in `out`, unless sealed with this key.
bool fv_open(const uint8_t key[32], const uint8_t *sealed, size_t count, uint8_t *out);

// MARK: Digests and versions

/// SHA-256, for thumbprints (RFC 7638).
void fv_sha256(const uint8_t *bytes, size_t count, uint8_t out[32]);
/// Versions of the backends at run time, e.g. "OpenSSL 3.0.22 25 Aug 2026" and "1.0.18".
const char *fv_openssl_version(void);
const char *fv_sodium_version(void);

#ifdef __cplusplus
}
#endif
