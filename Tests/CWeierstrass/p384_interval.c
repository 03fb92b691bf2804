// Ranges of field_p384.h, as bounds of the top limb.
#define CURVE_FIELD "../../Sources/CCrypto/multibuffer/field_p384.h"
#define COORDINATE ((1 << 20) + (1 << 10))
#define PRODUCT COORDINATE
#define LARGEST_PRODUCT COORDINATE
#define LARGEST_PRODUCT_2 COORDINATE
// What fe_reduce is given: limbs from REDUCED_LOW, the one below the top limb from REDUCED_NEXT_LOW, the top limb from
// REDUCED_TOP_LOW to REDUCED_TOP.
#define REDUCED_LOW -((__int128)1 << 58)
#define REDUCED_NEXT_LOW (1 << 8)
#define REDUCED_TOP_LOW 0
#define REDUCED_TOP (UINT64_C(1) << 30)
#include "interval.h"
