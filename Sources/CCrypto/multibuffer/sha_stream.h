// One message on its way through the compression function: where its next whole blocks lie.
//
// Blocks are compressed where they are. Only a block that straddles two segments and the padded end (FIPS 180-4 §5.1)
// are put together in the stream's own buffer, so nothing outside a segment is read. Include after setting SHA_BITS;
// a file may define SHA_TAIL before, and then brings a function of that name in place of sha_stream_tail.
#pragma once
#include <stdbool.h>
#include <string.h>

#include "sha2.h"
#include "sha_word.h"

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

#ifndef SHA_TAIL
#define SHA_TAIL sha_stream_tail
/// §5.1: the last `count` < SHA_BLOCK octets of the message, a one bit, zeros, and the number of bits of the message.
static inline void sha_stream_tail(sha_stream *stream, const uint8_t *bytes, size_t count) {
    uint8_t *buffer = stream->buffer;
    if (count && bytes != buffer) memcpy(buffer, bytes, count);
    memset(buffer + count, 0, 2 * SHA_BLOCK - count);
    buffer[count] = 0x80;
    stream->blocks = count < SHA_BLOCK - SHA_LENGTH ? 1 : 2;
    uint8_t *end = buffer + stream->blocks * SHA_BLOCK - 8;
    const uint64_t bits = __builtin_bswap64(stream->count << 3);
    memcpy(end, &bits, 8);
#if SHA_BITS == 64
    end[-1] = (uint8_t)(stream->count >> 61);  // of the upper 64 bits of the length, all that is not zero
#endif
}
#else
static inline void SHA_TAIL(sha_stream *stream, const uint8_t *bytes, size_t count);
#endif

static inline void sha_stream_pad(sha_stream *stream, const uint8_t *bytes, size_t count) {
    SHA_TAIL(stream, bytes, count);
    stream->next = stream->buffer;
    stream->padded = true;
}

/// Where the next block lies in more than one segment, or the message ends in it: puts it together.
static inline void sha_stream_gather(sha_stream *stream) {
    const fv_sha_segment *segments = stream->message->segments;
    size_t fill = 0;
    for (; stream->segment < FV_SHA_SEGMENTS; stream->segment++, stream->offset = 0) {
        const size_t left = segments[stream->segment].count - stream->offset;
        const size_t taken = left < SHA_BLOCK - fill ? left : SHA_BLOCK - fill;
        if (taken) memcpy(stream->buffer + fill, segments[stream->segment].bytes + stream->offset, taken);
        stream->offset += taken;
        stream->count += taken;
        fill += taken;
        if (fill == SHA_BLOCK) {
            stream->next = stream->buffer;
            stream->blocks = 1;
            return;
        }
    }
    sha_stream_pad(stream, stream->buffer, fill);
}

/// Finds the next blocks; false when the message is at its end and the state is its digest.
static inline bool sha_stream_refill(sha_stream *stream) {
    if (stream->padded) return false;
    const fv_sha_segment *segments = stream->message->segments;
    while (stream->segment < FV_SHA_SEGMENTS - 1 && segments[stream->segment].count == stream->offset) {
        stream->segment++;
        stream->offset = 0;
    }
    const fv_sha_segment *segment = &segments[stream->segment];
    const size_t left = segment->count - stream->offset;
    if (left >= SHA_BLOCK) {
        stream->next = segment->bytes + stream->offset;
        stream->blocks = left / SHA_BLOCK < SHA_STRETCH ? left / SHA_BLOCK : SHA_STRETCH;
        stream->offset += stream->blocks * SHA_BLOCK;
        stream->count += stream->blocks * SHA_BLOCK;
        return true;
    }
    size_t later = 0;
    for (size_t i = stream->segment + 1; i < FV_SHA_SEGMENTS; i++) later |= segments[i].count;
    if (later) {
        sha_stream_gather(stream);
    } else {
        stream->count += left;
        sha_stream_pad(stream, left ? segment->bytes + stream->offset : stream->buffer, left);
    }
    return true;
}

/// Takes up a message; returns the state to start from.
static inline const sha_word *sha_stream_begin(sha_stream *stream, size_t digest_size, const fv_sha_message *message) {
    const fv_sha_state *start = message->start;
    stream->count = start ? start->count : 0;
    stream->message = message;
    stream->segment = stream->offset = 0;
    stream->padded = stream->outer = false;
    sha_stream_refill(stream);
    return start ? SHA_STATE_WORDS(start) : SHA_INITIAL(digest_size);
}

/// With the message at its end and `hash`, the state in big-endian order: writes the digest and returns NULL, or turns
/// to the outer hash and returns the state to start that from.
static inline const sha_word *sha_stream_end(sha_stream *stream, size_t digest_size, const sha_word hash[8]) {
    const fv_sha_state *outer = stream->outer ? NULL : stream->message->outer;
    if (!outer) {
        // Of fixed sizes, so that no call is made.
        uint8_t *digest = stream->message->digest;
#if SHA_BITS == 32
        memcpy(digest, hash, 32);
#else
        memcpy(digest, hash, 48);
        if (digest_size == 64) memcpy(digest + 48, hash + 6, 16);
#endif
        return NULL;
    }
    const size_t size = SHA_BITS == 32 ? 32 : digest_size;
    stream->outer = true;
    stream->count = outer->count + size;
    sha_stream_pad(stream, (const uint8_t *)hash, size);
    return SHA_STATE_WORDS(outer);
}

// The rest of this file is for one stream at a time, with its state in the stream.

static inline void sha_stream_start(sha_stream *stream, size_t digest_size, const fv_sha_message *message) {
    memcpy(stream->state, sha_stream_begin(stream, digest_size, message), sizeof stream->state);
}

/// After `blocks` blocks were compressed: true while there are more.
static inline bool sha_stream_advance(sha_stream *stream, size_t digest_size) {
    if (sha_stream_refill(stream)) return true;
    for (int i = 0; i < 8; i++) stream->state[i] = sha_big_endian(stream->state[i]);
    const sha_word *state = sha_stream_end(stream, digest_size, stream->state);
    if (state) memcpy(stream->state, state, sizeof stream->state);
    return state;
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
