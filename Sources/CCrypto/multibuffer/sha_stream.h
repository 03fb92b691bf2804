// One message on its way through the compression function: where its next whole blocks lie.
//
// Blocks are compressed where they are. Only a block that straddles two segments and the padded end (FIPS 180-4 §5.1)
// are put together in the stream's own buffer, so nothing outside a segment is read. Include after setting SHA_BITS;
// a file may define SHA_COPY(to, from, count) before, for counts of 1 … SHA_BLOCK.
#pragma once
#include <stdbool.h>
#include <string.h>

#include "sha2.h"
#include "sha_word.h"

#ifndef SHA_COPY
#define SHA_COPY(to, from, count) memcpy(to, from, count)
#endif

typedef struct {
    sha_word state[8];
    const uint8_t *next;  // `blocks` whole blocks, not yet compressed
    size_t blocks;
    const fv_sha_message *message;
    size_t segment, offset;  // the first octet that neither `next` nor the buffer covers
    uint64_t count;          // octets before that
    bool padded, outer;      // the end of the message is in the buffer; the outer hash has begun
    uint8_t buffer[2 * SHA_BLOCK];
} sha_stream;

// Longest stretch of blocks handed out at once; any number above a few would do.
enum { SHA_STRETCH = 1 << 20 };

static inline sha_word sha_big_endian(sha_word word) {
#if SHA_BITS == 32
    return __builtin_bswap32(word);
#else
    return __builtin_bswap64(word);
#endif
}

/// §5.1: a one bit, zeros, and the number of bits of the message. The buffer holds `fill` < SHA_BLOCK octets, then
/// zeros.
static inline void sha_stream_pad(sha_stream *stream, size_t fill) {
    stream->blocks = fill < SHA_BLOCK - SHA_LENGTH ? 1 : 2;
    uint8_t *end = stream->buffer + stream->blocks * SHA_BLOCK - 8;
    stream->buffer[fill] = 0x80;
    const uint64_t bits = __builtin_bswap64(stream->count << 3);
    memcpy(end, &bits, 8);
#if SHA_BITS == 64
    end[-1] = (uint8_t)(stream->count >> 61);  // of the upper 64 bits of the length, all that is not zero
#endif
    stream->next = stream->buffer;
    stream->padded = true;
}

/// Finds the next blocks; false when the message is at its end and the state is its digest.
static inline bool sha_stream_refill(sha_stream *stream) {
    if (stream->padded) return false;
    const fv_sha_segment *segments = stream->message->segments;
    size_t fill = 0;
    bool zeroed = false;
    for (; stream->segment < FV_SHA_SEGMENTS; stream->segment++, stream->offset = 0) {
        const uint8_t *bytes = segments[stream->segment].bytes;
        const size_t left = segments[stream->segment].count - stream->offset;
        if (left == 0) continue;
        bytes += stream->offset;
        if (fill == 0 && left >= SHA_BLOCK) {
            stream->next = bytes;
            stream->blocks = left / SHA_BLOCK < SHA_STRETCH ? left / SHA_BLOCK : SHA_STRETCH;
            stream->offset += stream->blocks * SHA_BLOCK;
            stream->count += stream->blocks * SHA_BLOCK;
            return true;
        }
        if (!zeroed) memset(stream->buffer, 0, sizeof stream->buffer);
        zeroed = true;
        const size_t taken = left < SHA_BLOCK - fill ? left : SHA_BLOCK - fill;
        SHA_COPY(stream->buffer + fill, bytes, taken);
        stream->offset += taken;
        stream->count += taken;
        fill += taken;
        if (fill == SHA_BLOCK) {
            stream->next = stream->buffer;
            stream->blocks = 1;
            return true;
        }
    }
    if (!zeroed) memset(stream->buffer, 0, sizeof stream->buffer);
    sha_stream_pad(stream, fill);
    return true;
}

/// Sets `state` and the first blocks.
static inline void sha_stream_start(sha_stream *stream, size_t digest_size, const fv_sha_message *message) {
    const fv_sha_state *start = message->start;
    memcpy(stream->state, start ? SHA_STATE_WORDS(start) : SHA_INITIAL(digest_size), sizeof stream->state);
    stream->count = start ? start->count : 0;
    stream->message = message;
    stream->segment = stream->offset = 0;
    stream->padded = stream->outer = false;
    sha_stream_refill(stream);
}

// Of fixed sizes, so that no call is made.
static inline void sha_copy_digest(uint8_t *to, const sha_word from[8], size_t digest_size) {
#if SHA_BITS == 32
    (void)digest_size;
    memcpy(to, from, 32);
#else
    memcpy(to, from, 48);
    if (digest_size == 64) memcpy(to + 48, from + 6, 16);
#endif
}

/// With the message at its end: writes the digest and returns false, or turns to the outer hash and returns true with
/// `state` and `blocks` set again.
static inline bool sha_stream_finish(sha_stream *stream, size_t digest_size) {
    const fv_sha_state *outer = stream->outer ? NULL : stream->message->outer;
    for (int i = 0; i < 8; i++) stream->state[i] = sha_big_endian(stream->state[i]);
    if (!outer) {
        sha_copy_digest(stream->message->digest, stream->state, digest_size);
        return false;
    }
    memset(stream->buffer, 0, SHA_BLOCK);  // a digest is short enough for one block
    sha_copy_digest(stream->buffer, stream->state, digest_size);
    memcpy(stream->state, SHA_STATE_WORDS(outer), sizeof stream->state);
    stream->count = outer->count + digest_size;
    stream->outer = true;
    sha_stream_pad(stream, digest_size);
    return true;
}

/// After `blocks` blocks were compressed: true while there are more.
static inline bool sha_stream_advance(sha_stream *stream, size_t digest_size) {
    return sha_stream_refill(stream) || sha_stream_finish(stream, digest_size);
}

/// Compresses `count` blocks into `state`.
typedef void sha_compression(sha_word state[8], const uint8_t *blocks, size_t count);

/// Takes a stream to its end by itself.
static inline void sha_stream_run(sha_stream *stream, size_t digest_size, sha_compression *compress) {
    do compress(stream->state, stream->next, stream->blocks);
    while (sha_stream_advance(stream, digest_size));
}

/// Overwrites what may be secret in a way the compiler keeps.
static inline void sha_erase(void *memory, size_t size) {
    memset(memory, 0, size);
    __asm__ volatile("" : : "r"(memory) : "memory");
}

/// One message after another.
static inline void sha_run_each(size_t digest_size, const fv_sha_message *messages, size_t count,
                                sha_compression *compress) {
    sha_stream stream;
    for (size_t i = 0; i < count; i++) {
        sha_stream_start(&stream, digest_size, &messages[i]);
        sha_stream_run(&stream, digest_size, compress);
    }
    sha_erase(&stream, sizeof stream);
}
