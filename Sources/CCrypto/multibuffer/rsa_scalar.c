// RS* and PS* on any processor, one token per lane. Slower than OpenSSL's assembly: here to be compared with.
#include "lanes_scalar.h"

enum { RSA_LANES_MIN = 1 };
#include "rsa.h"
