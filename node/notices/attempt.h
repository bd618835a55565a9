// SPDX-License-Identifier: Apache-2.0
// One attempt to send one message. Inside this room: curl's types are here.
// Owner: attempt_open/_free; the easy handle may be in a multi until then. Thread: deliver.c's.
#ifndef TSUNAGU_NODE_NOTICES_ATTEMPT_H
#define TSUNAGU_NODE_NOTICES_ATTEMPT_H

#include <curl/curl.h>

#include "node/notices/message.h"

enum { ATTEMPT_WHY = 96 };
typedef struct attempt attempt;
MUST_CHECK err attempt_open(const notify_target *t, const notice *k, time_ms now, attempt **ret);
void attempt_free(attempt *a);
CURL *attempt_handle(attempt *a);
// What became of it: OK, or ERR_UNREACHABLE, ERR_AUTH, ERR_DEADLINE, ERR_DENIED with the reason in short words
// that name no address. *ret_wait: the server asks not to come back for so long.
err attempt_outcome(attempt *a, CURLcode code, char why[static ATTEMPT_WHY], time_ms *ret_wait);

#endif
