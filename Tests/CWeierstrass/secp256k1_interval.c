// Ranges of field_secp256k1.h, as bounds of the top limb.
#define CURVE_FIELD "../../Sources/CCrypto/multibuffer/field_secp256k1.h"
#define COORDINATE ((UINT64_C(1) << 48) + (1 << 12))
#define PRODUCT COORDINATE
#define LARGEST_PRODUCT COORDINATE
#define LARGEST_PRODUCT_2 COORDINATE
// What fe_reduce is given: limbs from REDUCED_LOW, the one below the top limb from REDUCED_NEXT_LOW, the top limb from
// REDUCED_TOP_LOW to REDUCED_TOP.
#define REDUCED_LOW 0
#define REDUCED_NEXT_LOW 0
#define REDUCED_TOP_LOW 0
#define REDUCED_TOP (UINT64_C(1) << 60)
#include "interval.h"
