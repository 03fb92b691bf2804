// Columns: the sums of a schoolbook product before they are carried, columns[k] of weight 2^(52 k). A lane of many
// tokens collects the two 52-bit halves of every product in 64-bit columns.
//
// Field and scalar arithmetic reduce columns through these names only; field_columns_wide.h has them for one token.
typedef lane column;

/// columns[0] and columns[1] += a b.
static inline void column_madd(column *columns, lane a, lane b) {
    columns[0] = lane_madd_lo(columns[0], a, b);
    columns[1] = lane_madd_hi(columns[1], a, b);
}
static inline void column_add(column *columns, lane a) { columns[0] = lane_add(columns[0], a); }
static inline void column_sub(column *columns, lane a) { columns[0] = lane_sub(columns[0], a); }
static inline void column_double(column *columns) { columns[0] = lane_add(columns[0], columns[0]); }
static inline void column_merge(column *columns, const column *other) { columns[0] = lane_add(columns[0], other[0]); }
/// What is above the low 52 bits goes up; those are dead or read as a digit from here on.
static inline void column_carry(column *columns) { columns[1] = lane_add(columns[1], lane_sar(columns[0], 52)); }
/// The low 52 bits, to be a factor.
static inline lane column_digit(const column *columns) { return lane_digit(columns[0]); }
/// All of it, which has to be 52 bits, to be a factor.
static inline lane column_whole(const column *columns) { return columns[0]; }
/// Nothing is lost with this column.
static inline void column_drop(const column *columns) { lane_expect_zero(columns[0]); }
/// The low 52 bits, to be added.
static inline lane column_masked(const column *columns) { return lane_and(columns[0], lane_set(LIMB_52)); }
/// Takes away bits from `bit` up, those of the next column included, and returns them.
static inline lane column_split(column *columns, unsigned bit) {
    const lane high = lane_add(lane_shr(columns[0], bit), lane_shl(columns[1], 52 - bit));
    columns[0] = lane_and(columns[0], lane_set((UINT64_C(1) << bit) - 1));
    return high;
}
/// Carries 128-bit columns through to the last of them. Halves need none before a reduction: each column has little
/// above its own 52 bits, and room for what is added.
static inline void columns_carry(column *columns, int count) { (void)columns, (void)count; }
/// As many columns as an element has limbs, not carried.
static inline fe columns_limbs(const column *columns) {
    fe r;
    UNROLL for (int i = 0; i < FIELD_LIMBS; i++) r.limb[i] = columns[i];
    return r;
}
static inline column column_zero(void) { return lane_set(0); }
