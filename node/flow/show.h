// SPDX-License-Identifier: Apache-2.0
// A request as commands show it, one or a list of them.
// Owner: the caller's. Thread: any. Fails: into the reply.
#ifndef TSUNAGU_NODE_FLOW_SHOW_H
#define TSUNAGU_NODE_FLOW_SHOW_H

#include "node/duty/job.h"
#include "node/requests/requests.h"

void flow_show(control_in *in, const policy *p, const request *r, const char *kind); // a record of that kind
// A list of them, FLOW_PAGE at a time; the handle is how many went before.
enum { FLOW_PAGE = 200 };
typedef struct flow_page {
    control_in *in;
    const policy *p;
    request_side side;
    uint64_t from, at;
    bool more;
    const uint8_t *paper; // only the request with the form of this number; NULL: all
    const char *group;    // only those of one asking, whose id begins so; NULL: all
} flow_page;
flow_page flow_page_begin(control_in *in, const policy *p, request_side side);
MUST_CHECK err flow_page_one(flow_page *l, const request *r); // ERR_CLOSED: the page is full
MUST_CHECK err flow_page_pick(void *list, const request *r); // flow_page_one, if it is of that side, paper and asking
// ERR_NOT_FOUND, with a word, where a paper was looked for and no request came with it.
MUST_CHECK err flow_page_end(const flow_page *l);
void flow_history_show(control_in *in, store_txn *t, const request *r);

#endif
