// SPDX-License-Identifier: Apache-2.0
// Inside the notices: shared by notice.c (giving and sending them) and notice_list.c (who reads them).
// Owner: notice_open/_free. Thread: as the fields say.
#ifndef TSUNAGU_NODE_OFFICE_NOTICE_IN_H
#define TSUNAGU_NODE_OFFICE_NOTICE_IN_H

#include "node/office/notice.h"

enum { FOLLOWERS = 3 };

// Somebody who follows: the socket has few hands, so only few may wait; the others ask again by themselves.
typedef struct follower {
    control_in *in; // NULL: free
    uint64_t facility, after, seen;
    time_ms until;
} follower;

struct noticeboard {
    notices *all;
    deliver *out;
    pthread_mutex_t lock;
    follower waiting[FOLLOWERS]; // under the lock
    bool closing;                // under the lock
    time_ms purge_at;            // the main thread's
};

void followers_tell(node *n, time_ms now);

#endif
