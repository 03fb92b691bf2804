// The names of field_columns.h for a single token: 128-bit columns of whole products.
//
// A column of a b + c d is at most 2 * 11 products below 2^104, so below 2^109; no reduction triples that. Every
// quantity stays far below 2^127 for any operands whose limbs have 52 bits.
typedef __int128 column;

static inline void column_madd(column *columns, lane a, lane b) { columns[0] += (column)((unsigned __int128)a * b); }
static inline void column_add(column *columns, lane a) { columns[0] += a; }
static inline void column_sub(column *columns, lane a) { columns[0] -= a; }
static inline void column_double(column *columns) { columns[0] += columns[0]; }
static inline void column_merge(column *columns, const column *other) { columns[0] += other[0]; }
static inline void column_carry(column *columns) { columns[1] += columns[0] >> 52; }
static inline lane column_digit(const column *columns) { return (uint64_t)columns[0] & LIMB_52; }
static inline lane column_whole(const column *columns) { return (uint64_t)columns[0]; }
static inline void column_drop(const column *columns) { (void)columns; }
static inline lane column_masked(const column *columns) { return (uint64_t)columns[0] & LIMB_52; }
// The next column has received no halves here.
static inline lane column_split(column *columns, unsigned bit) {
    const lane high = (uint64_t)(columns[0] >> bit);
    columns[0] &= ((column)1 << bit) - 1;
    return high;
}
// Carries through to the last of them.
static inline void columns_carry(column *columns, int count) {
    UNROLL for (int i = 0; i < count - 1; i++) {
        columns[i + 1] += columns[i] >> 52;
        columns[i] &= LIMB_52;
    }
}
// The caller carries once more from limb to limb with 64-bit words, so the columns are carried here.
static inline fe columns_limbs(column *columns) {
    fe r;
    columns_carry(columns, FIELD_LIMBS);
    UNROLL for (int i = 0; i < FIELD_LIMBS; i++) r.limb[i] = (uint64_t)columns[i];
    return r;
}
static inline column column_zero(void) { return 0; }
