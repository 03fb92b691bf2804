// The outside yardstick: OpenSSL's bare check of a list of signatures, in the plain calls that `openssl speed` makes.
//
// Shares no code with CCrypto on purpose. Everything that can be done beforehand is done in `baseline_add`: the digest,
// the DER form of an ECDSA signature. `baseline_check` is a loop over one OpenSSL call a signature (three for HMAC).
#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct baseline baseline;

/// A checker for one key. `algorithm` is the JWS name ("HS256" … "ES256K", "Ed25519", "Ed448"). The key is `first` and
/// `second`: n and e, x and y, x and nothing, or the secret and nothing. NULL where OpenSSL refuses.
baseline *baseline_create(const char *algorithm, const uint8_t *first, size_t first_count, const uint8_t *second,
                          size_t second_count);
void baseline_free(baseline *checker);

/// Adds a signature in JWS form and computes what precedes the bare check. 1 on success, 0 where the signature has no
/// form OpenSSL could check.
int baseline_add(baseline *checker, const uint8_t *message, size_t message_count, const uint8_t *signature,
                 size_t signature_count);

/// Number of signatures added.
size_t baseline_count(const baseline *checker);

/// Checks `count` signatures from `first` on and returns how many are valid.
size_t baseline_check(baseline *checker, size_t first, size_t count);

/// What an attacker with an ECDSA key `d` of his own can make: the r for `message` with which u1 G = u2 Q, or u1 G =
/// -u2 Q where `opposite`, so that R is infinity; whatever s is. r is as long as d. Returns 0 where the algorithm is
/// not ECDSA, d has no inverse, or memory is out.
int baseline_exceptional_r(const char *algorithm, const uint8_t *d, size_t count, const uint8_t *message,
                           size_t message_count, int opposite, uint8_t *r);

/// Binds the calling thread to one CPU, the last one it may use, since interrupts favour the first. Returns its number,
/// -1 where the system knows no such thing or refuses.
int baseline_pin_thread(void);

/// The time-stamp counter, which runs at one rate whatever the core does; 0 where there is none.
uint64_t baseline_ticks(void);

/// Cycles a second of the core this thread runs on, just now: a chain of 64,000 operations of one cycle, timed by the
/// CPU time of the thread. Takes about 60 µs; 0 where the processor is not known.
double baseline_core_hertz(void);

/// The compiler that built this file.
const char *baseline_compiler(void);

#ifdef __cplusplus
}
#endif
