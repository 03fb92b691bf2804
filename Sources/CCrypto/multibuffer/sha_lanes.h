// Many messages in the lanes of vector registers. A lane that comes to the end of its message takes the next one at
// once, between two blocks, so messages of unequal length leave no lane idle until none is left to take.
//
// Before including: sha_stream.h and the instruction set's header, sha_avx512.h or sha_avx2.h; SHA_WIDTH, the lanes of
// one register; SHA_GROUPS, how many registers' worth of lanes are interleaved, 1 or 2; SHA_SPREAD, from how many
// messages on the second group is used; SHA_FEWEST, below which the remaining streams are faster one by one; and
//   static void load_words(const uint8_t *const next[SHA_WIDTH], sha_lane words[16])
//   static void transpose_state(const sha_lane state[8], sha_word hashes[SHA_WIDTH][8])
//   static void finish_streams(sha_stream *const *streams, size_t count, size_t digest_size)
#pragma once

enum { SHA_LANES = SHA_WIDTH * SHA_GROUPS };

typedef struct {
    sha_word state[SHA_GROUPS][8][SHA_WIDTH];  // word i of the messages of a group side by side
    const uint8_t *next[SHA_LANES];
    sha_word hashes[SHA_LANES][8];  // the columns of `state` as rows, in big-endian order, when a message ends
    uint32_t blocks[SHA_LANES];     // whole blocks at `next`; of an idle lane: anything
    sha_stream *stream[SHA_LANES];
    sha_stream streams[SHA_LANES];
} sha_lanes;

/// words[i] becomes word i of one block of each message of a group.
static inline __attribute__((always_inline)) void load_words(const uint8_t *const next[SHA_WIDTH], sha_lane words[16]);
/// In big-endian order, rows become columns.
static inline void transpose_state(const sha_lane state[8], sha_word hashes[SHA_WIDTH][8]);
static void finish_streams(sha_stream *const *streams, size_t count, size_t digest_size);

// Messages are taken a window at a time, and within it the longest first: those that go side by side are then about
// equally long and come to their ends together, and the last ones to finish are short.
enum { SHA_WINDOW = 256, SHA_LENGTH_CLASSES = 64 };

typedef struct {
    const fv_sha_message *messages;  // of this window; `count` from there on are not taken
    size_t count, next, end;         // order[next] … order[end − 1] are left of the window
    uint16_t order[SHA_WINDOW];
} sha_queue;

static inline void open_window(sha_queue *queue) {
    uint16_t starts[SHA_LENGTH_CLASSES] = {0};
    uint8_t classes[SHA_WINDOW];
    queue->messages += queue->end;
    queue->next = 0;
    queue->end = queue->count < SHA_WINDOW ? queue->count : SHA_WINDOW;
    for (size_t i = 0; i < queue->end; i++) {
        const fv_sha_segment *s = queue->messages[i].segments;
        const size_t blocks = (s[0].count + s[1].count + s[2].count + SHA_LENGTH) / SHA_BLOCK;
        const size_t most = SHA_LENGTH_CLASSES - 1;
        classes[i] = (uint8_t)(most - (blocks < most ? blocks : most));
        starts[classes[i]]++;
    }
    uint16_t start = 0;
    for (size_t i = 0; i < SHA_LENGTH_CLASSES; i++) {
        const uint16_t size = starts[i];
        starts[i] = start;
        start = (uint16_t)(start + size);
    }
    for (size_t i = 0; i < queue->end; i++) queue->order[starts[classes[i]]++] = (uint16_t)i;
}

/// With `count` above 0.
static inline const fv_sha_message *take_message(sha_queue *queue) {
    if (queue->next == queue->end) open_window(queue);
    queue->count--;
    return &queue->messages[queue->order[queue->next++]];
}

static inline void set_column(sha_lanes *lanes, size_t lane, const sha_word state[8]) {
    sha_word(*column)[SHA_WIDTH] = &lanes->state[lane / SHA_WIDTH][0];
    for (int i = 0; i < 8; i++) column[i][lane % SHA_WIDTH] = state[i];
}

static inline void get_column(const sha_lanes *lanes, size_t lane, sha_word state[8]) {
    const sha_word(*column)[SHA_WIDTH] = &lanes->state[lane / SHA_WIDTH][0];
    for (int i = 0; i < 8; i++) state[i] = column[i][lane % SHA_WIDTH];
}

static inline void place_blocks(sha_lanes *lanes, size_t lane) {
    lanes->next[lane] = lanes->stream[lane]->next;
    lanes->blocks[lane] = (uint32_t)lanes->stream[lane]->blocks;
}

static inline void copy_lane(sha_lanes *lanes, size_t to, size_t from) {
    sha_stream *stream = lanes->stream[to];
    lanes->stream[to] = lanes->stream[from];
    lanes->stream[from] = stream;
    lanes->next[to] = lanes->next[from];
    lanes->blocks[to] = lanes->blocks[from];
    for (int i = 0; i < 8; i++)
        lanes->state[to / SHA_WIDTH][i][to % SHA_WIDTH] = lanes->state[from / SHA_WIDTH][i][from % SHA_WIDTH];
}

static inline __attribute__((always_inline)) void compress_groups(const int groups, sha_lanes *lanes, size_t count) {
    sha_lane state[SHA_GROUPS][8], words[SHA_GROUPS][16];
    for (int j = 0; j < groups; j++)
        for (int i = 0; i < 8; i++) state[j][i] = SHA_LOAD(lanes->state[j][i]);
    const uint8_t **next = lanes->next;
    for (; count; count--) {
        for (int j = 0; j < groups; j++) load_words(next + SHA_WIDTH * j, words[j]);
        for (int i = 0; i < groups * SHA_WIDTH; i++) next[i] += SHA_BLOCK;
        sha_rounds(groups, state, words);
    }
    for (int j = 0; j < groups; j++)
        for (int i = 0; i < 8; i++) SHA_STORE(lanes->state[j][i], state[j][i]);
}

static void compress_lanes(sha_lanes *lanes, size_t groups, size_t count) {
    if (groups == 1)
        compress_groups(1, lanes, count);
    else
        compress_groups(SHA_GROUPS, lanes, count);
}

static void write_hashes(sha_lanes *lanes, size_t groups) {
    for (size_t g = 0; g < groups; g++) {
        sha_lane state[8];
        for (int i = 0; i < 8; i++) state[i] = SHA_LOAD(lanes->state[g][i]);
        transpose_state(state, lanes->hashes + g * SHA_WIDTH);
    }
}

/// Moves the streams of the upper groups into idle lanes of the first.
static inline uint32_t draw_together(sha_lanes *lanes, uint32_t active) {
    while (active >> SHA_WIDTH) {
        const size_t from = 31 - (size_t)__builtin_clz(active), to = (size_t)__builtin_ctz(~active);
        copy_lane(lanes, to, from);
        active = (active & ~(UINT32_C(1) << from)) | UINT32_C(1) << to;
    }
    return active;
}

/// Works until fewer than SHA_FEWEST streams are left, and leaves those in `lanes`; returns which lanes they are in.
static inline uint32_t run_lanes(sha_lanes *lanes, size_t digest_size, const fv_sha_message *messages, size_t count) {
    sha_queue queue = {.messages = messages, .count = count};
    // Where few messages are left over for a second group, they rather wait for a lane of the first.
    const size_t width = count < SHA_SPREAD ? SHA_WIDTH : SHA_LANES, begun = count < width ? count : width;
    for (size_t i = 0; i < begun; i++) {
        lanes->stream[i] = &lanes->streams[i];
        set_column(lanes, i, sha_stream_begin(lanes->stream[i], digest_size, take_message(&queue)));
        place_blocks(lanes, i);
    }
    uint32_t active = (uint32_t)((UINT64_C(1) << begun) - 1);
    for (size_t i = begun; i < SHA_LANES; i++) {
        lanes->stream[i] = &lanes->streams[i];
        lanes->blocks[i] = 0;
        for (int j = 0; j < 8; j++) lanes->state[i / SHA_WIDTH][j][i % SHA_WIDTH] = 0;
    }
    while (__builtin_popcount(active) >= SHA_FEWEST) {
        if (__builtin_popcount(active) <= SHA_WIDTH) active = draw_together(lanes, active);
        const size_t groups = active >> SHA_WIDTH ? 2 : 1;
        // An idle lane repeats the blocks of another, and what comes of it is ignored.
        const uint8_t *any = lanes->next[__builtin_ctz(active)];
        uint32_t idle = ~active & (uint32_t)((UINT64_C(1) << groups * SHA_WIDTH) - 1);
        for (; idle; idle &= idle - 1) lanes->next[__builtin_ctz(idle)] = any;
        const uint32_t step = fewest_blocks(lanes->blocks, SHA_LANES, active);
        compress_lanes(lanes, groups, step);
        const uint32_t due = take_blocks(lanes->blocks, SHA_LANES, step) & active;
        uint32_t ended = 0;
        for (uint32_t rest = due; rest; rest &= rest - 1) {
            const size_t lane = (size_t)__builtin_ctz(rest);
            ended |= (uint32_t)!sha_stream_refill(lanes->stream[lane]) << lane;
        }
        if (ended) write_hashes(lanes, groups);
        for (uint32_t rest = ended; rest; rest &= rest - 1) {
            const size_t lane = (size_t)__builtin_ctz(rest);
            sha_stream *stream = lanes->stream[lane];
            const sha_word *state = sha_stream_end(stream, digest_size, lanes->hashes[lane]);
            if (!state) {
                if (queue.count == 0) {
                    active &= ~(UINT32_C(1) << lane);
                    continue;
                }
                state = sha_stream_begin(stream, digest_size, take_message(&queue));
            }
            set_column(lanes, lane, state);
        }
        for (uint32_t rest = due & active; rest; rest &= rest - 1) place_blocks(lanes, (size_t)__builtin_ctz(rest));
    }
    return active;
}

static inline void run_batch(size_t digest_size, const fv_sha_message *messages, size_t count) {
    sha_lanes lanes;
    const uint32_t active = run_lanes(&lanes, digest_size, messages, count);
    sha_stream *left[SHA_LANES];
    size_t left_count = 0;
    for (uint32_t rest = active; rest; rest &= rest - 1) {
        const size_t lane = (size_t)__builtin_ctz(rest);
        sha_stream *stream = lanes.stream[lane];
        get_column(&lanes, lane, stream->state);
        stream->next = lanes.next[lane];
        stream->blocks = lanes.blocks[lane];
        left[left_count++] = stream;
    }
    finish_streams(left, left_count, digest_size);
    sha_erase(&lanes, sizeof lanes);
}
