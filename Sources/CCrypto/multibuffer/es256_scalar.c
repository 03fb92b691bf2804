// ES256 on any processor, one token per lane.
#include "lanes_scalar.h"

// From so many tokens on inversions are shared; measured in p256.md.
enum { ES256_MANY = 8 };
#include "es256.h"
