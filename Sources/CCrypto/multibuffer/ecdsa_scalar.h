// A row of ECDSA on any processor, one token per lane. The C file of a curve says CURVE_FIELD and ECDSA_MANY. This row
// brings the curve's doublings and its generator's table along, for the other rows too.
#pragma once
// clang-format off
#include "lanes_scalar.h"
#include CURVE_FIELD
#include "comb_weierstrass_scalar.h"
#include "ecdsa.h"
// clang-format on
