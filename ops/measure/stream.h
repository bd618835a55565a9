// SPDX-License-Identifier: Apache-2.0
// A long answer of so many bytes, in chunks, within the caller's credit; and the
// caller who counts them.
// Owner: the call's. Thread: any. Fails: die.
#ifndef TSUNAGU_BENCH_STREAM_H
#define TSUNAGU_BENCH_STREAM_H

#include "ops/measure/line.h"

void stream_serve(link_in *call, uint64_t bytes); // replies when all has left
// Calls and takes the stream, giving credit as it comes. Returns the bytes that came.
uint64_t stream_take(line *l, uint32_t method, span body);

#endif
