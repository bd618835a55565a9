// SPDX-License-Identifier: Apache-2.0
// What is larger than one control message comes in pieces: the first begins an upload and gets a handle,
// each further one names it and where it stands. One upload at a time: a new one ends the one before.
// Owner: the hub; upload_done. Thread: any. Fails: ERR_CONFLICT (another upload began, or a piece is
// missing), ERR_LIMIT.
#ifndef TSUNAGU_HUB_UPLOAD_H
#define TSUNAGU_HUB_UPLOAD_H

#include <pthread.h>

#include "proto/control/control.h"

typedef struct upload {
    pthread_mutex_t lock;
    uint64_t number;
    size_t want;
    buf bytes;
} upload;

void upload_init(upload *u);
void upload_done(upload *u);
// Takes the piece in `in` (arguments total, [handle], [at]). ret: the whole bytes, the caller's, once they are complete;
// else empty, and `in` has been answered with the handle, or with what is wrong.
bool upload_take(upload *u, control_in *in, size_t most, buf *ret);

#endif
