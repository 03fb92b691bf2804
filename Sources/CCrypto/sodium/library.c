#include "library.h"

#include <sodium.h>

#include "ccrypto.h"

// sodium_init locks and returns 1 when another call was first.
int fv_sodium_ready(void) { return sodium_init() >= 0; }

const char *fv_sodium_version(void) { return sodium_version_string(); }
