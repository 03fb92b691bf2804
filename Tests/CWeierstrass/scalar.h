// One token per lane, and what does not depend on lanes. The C file of a curve says CURVE_FIELD.
// clang-format off
#include "../../Sources/CCrypto/multibuffer/lanes_scalar.h"
#include CURVE_FIELD
#include "operations.h"
#include "row.h"
// clang-format on

void CW_NAME(avx512ifma)(cw_operation operation, const uint64_t *in, uint64_t *out);
unsigned CW_NAME(range_violations)(cw_operation operation, int widened);

static void invert(int order, uint64_t *value) {
    fv_modular_invert(order ? ORDER_MODULUS_OF : FIELD_MODULUS_OF, value);
}

#define CW_CURVE_2(curve) cw_##curve
#define CW_CURVE_1(curve) CW_CURVE_2(curve)
const cw_curve CW_CURVE_1(CURVE) = {
    .limbs = FIELD_LIMBS,
    .modulus = {FIELD_MODULUS},
    .form = {FIELD_FORM},
    .form_2 = {FIELD_FORM_2},
    .form_3 = {FIELD_FORM_3},
    .order = {ORDER},
    .order_form_2 = {ORDER_FORM_2},
    .key_width = KEY_WIDTH,
    .generator_width = GENERATOR_WIDTH,
    .streams = STREAMS,
    .scalar = CW_NAME(scalar),
    .avx512ifma = CW_NAME(avx512ifma),
    .range_violations = CW_NAME(range_violations),
    .invert = invert,
};
