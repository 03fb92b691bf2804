#include "der.h"

bool fv_der_next_is(const fv_der *in, uint8_t tag) { return in->count > 0 && in->bytes[0] == tag; }

bool fv_der_take(fv_der *in, uint8_t tag, fv_der *out) {
    if (!fv_der_next_is(in, tag) || in->count < 2) return false;
    size_t header = 2, length = in->bytes[1];
    if (length >= 0x80) {
        // 0x80 is the indefinite form of BER. Three octets of length are ample below FV_PEM_MAX.
        const size_t octets = length - 0x80;
        if (octets == 0 || octets > 3 || in->count < 2 + octets) return false;
        length = 0;
        for (size_t i = 0; i < octets; i++) length = length << 8 | in->bytes[2 + i];
        if (length < 0x80 || in->bytes[2] == 0) return false;  // not minimal
        header += octets;
    }
    if (length > in->count - header) return false;
    *out = (fv_der){in->bytes + header, length};
    in->bytes += header + length;
    in->count -= header + length;
    return true;
}

bool fv_der_take_unsigned(fv_der *in, fv_der *out) {
    if (!fv_der_take(in, FV_DER_INTEGER, out) || out->count == 0 || out->bytes[0] & 0x80) return false;
    if (out->bytes[0] != 0 || out->count == 1) return true;
    out->bytes++;
    out->count--;
    return (out->bytes[0] & 0x80) != 0;  // else the zero was not needed
}
