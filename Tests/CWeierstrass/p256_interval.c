// Ranges of field_p256.h, as bounds of the top limb.
#define CURVE_FIELD "../../Sources/CCrypto/multibuffer/field_p256.h"
#define COORDINATE ((UINT64_C(1) << 48) + (UINT64_C(1) << 21))
// (ab / 16 + 1) p: for the factors that formulas have, and for those of 8 p.
#define PRODUCT MODULI(14)
#define LARGEST_PRODUCT MODULI(51)
#define LARGEST_PRODUCT_2 MODULI(91)
// What fe_reduce is given: limbs from REDUCED_LOW, the one below the top limb from REDUCED_NEXT_LOW, the top limb from
// REDUCED_TOP_LOW to REDUCED_TOP.
#define REDUCED_LOW -((__int128)1 << 58)
#define REDUCED_NEXT_LOW REDUCED_LOW
#define REDUCED_TOP_LOW (UINT64_C(1) << 48)
#define REDUCED_TOP MODULI(300)
#include "interval.h"
