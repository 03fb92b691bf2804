// Ed25519 on any processor, one token per lane.
#include "lanes_scalar.h"

#define EDDSA_NAME(function) fv_multibuffer_scalar_eddsa_##function
enum { EDDSA_BASE_WIDTH = 10 };
#include "eddsa.h"
