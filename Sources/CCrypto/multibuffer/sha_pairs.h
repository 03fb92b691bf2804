// Two messages side by side, for processors with instructions that compute several rounds of one message: the results
// take a few cycles, in which the other message's are begun.
//
// Before including: sha_stream.h, a type sha_pair that holds the state of one message in registers, and
//   static sha_pair load_state(const sha_word state[8])
//   static void store_state(sha_word state[8], sha_pair pair)
//   static void block(const int ways, sha_pair *state, const uint8_t **next)  // one block of each of `ways` messages
#pragma once

static void compress_one(sha_word state[8], const uint8_t *blocks, size_t count) {
    sha_pair pair = load_state(state);
    for (; count; count--) block(1, &pair, &blocks);
    store_state(state, pair);
}

static void compress_two(sha_stream *a, sha_stream *b) {
    const size_t count = a->blocks < b->blocks ? a->blocks : b->blocks;
    sha_pair pairs[2] = {load_state(a->state), load_state(b->state)};
    const uint8_t *next[2] = {a->next, b->next};
    for (size_t i = 0; i < count; i++) block(2, pairs, next);
    store_state(a->state, pairs[0]);
    store_state(b->state, pairs[1]);
    a->next = next[0];
    b->next = next[1];
    a->blocks -= count;
    b->blocks -= count;
}

// What is still to do: streams that have begun, then messages that have not.
typedef struct {
    sha_stream *const *streams;
    size_t stream_count;
    const fv_sha_message *messages;
    size_t message_count, digest_size;
} sha_supply;

/// The next stream; a message is begun in `slot`, whose own message is at its end. NULL when nothing is left.
static inline sha_stream *take(sha_supply *supply, sha_stream *slot) {
    if (supply->stream_count) {
        supply->stream_count--;
        return *supply->streams++;
    }
    if (!supply->message_count) return NULL;
    supply->message_count--;
    sha_stream_start(slot, supply->digest_size, supply->messages++);
    return slot;
}

static inline void run(sha_supply *supply, sha_stream *slot_a, sha_stream *slot_b) {
    const size_t size = supply->digest_size;
    sha_stream *a = take(supply, slot_a), *b = take(supply, slot_b);
    while (a && b) {
        compress_two(a, b);
        if (a->blocks == 0 && !sha_stream_advance(a, size)) a = take(supply, a);
        if (b->blocks == 0 && !sha_stream_advance(b, size)) b = take(supply, b);
    }
    if (a || b) sha_stream_run(a ? a : b, size, compress_one);
}

/// All messages, from none to the last.
static inline void run_messages(size_t digest_size, const fv_sha_message *messages, size_t count) {
    sha_stream slots[2];
    run(&(sha_supply){.messages = messages, .message_count = count, .digest_size = digest_size}, &slots[0], &slots[1]);
    sha_erase(slots, count < 2 ? count * sizeof *slots : sizeof slots);
}
