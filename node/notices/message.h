// SPDX-License-Identifier: Apache-2.0
// What leaves the house about a notice: the event in words, its number, where to look. Nothing else:
// not the facility's code, not the reference, not the time.
// Owner: the caller's buf. Thread: any. Fails: memory.
#ifndef TSUNAGU_NODE_NOTICES_MESSAGE_H
#define TSUNAGU_NODE_NOTICES_MESSAGE_H

#include "node/notices/notify.h"

// The body of a webhook's request, or a whole mail with its head. k NULL: a trial.
MUST_CHECK err message_make(const notify_target *t, const notice *k, time_ms now, buf *out);

#endif
