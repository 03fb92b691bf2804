// SHA-256 with the SHA extensions: for few messages, and for the last few of many.
#pragma once
#include "sha_stream.h"

/// Takes streams that have begun to their ends, two at a time.
void fv_sha256_shani_finish(sha_stream *const *streams, size_t count);
