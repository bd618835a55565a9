// SPDX-License-Identifier: Apache-2.0
// A node says hello: who it is (checked against the session's key), which rules it
// holds, what it has recorded. It learns where its publications stand.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hub/desk.h"
#include "hub/index.h"
#include "hub/letters.h"
#include "hub/members.h"
#include "hub/stops.h"

typedef struct hello {
    uint64_t publish_seq;
    err verdict;
} hello;

static err hello_check(job *j, const Tsunagu__HelloRequest *q)
{
    if (q->version != WIRE_VERSION) {
        snprintf(j->note, sizeof j->note, "this hub speaks version %d", WIRE_VERSION);
        return ERR_UNSUPPORTED;
    }
    if (strcmp(q->node, j->caller->node) != 0) {
        snprintf(j->note, sizeof j->note, "this key belongs to node %s", j->caller->node);
        return ERR_AUTH;
    }
    return OK;
}

err hello_run(job *j, store_txn *t)
{
    const Tsunagu__HelloRequest *q = j->request;
    session *s = j->caller;
    hello *state = arena_get(&j->memory, sizeof *state);
    Tsunagu__LogEntry e = TSUNAGU__LOG_ENTRY__INIT;
    char text[160];
    if (!state)
        return ERR_MEM;
    j->state = state;
    e.event = EVENT_REFUSE;
    e.note = j->note;
    state->verdict = hello_check(j, q);
    if (state->verdict == OK) {
        session_state held = {.version = q->rules_version, .held = q->rules_held};
        err failed = index_sequence(t, s->node, &state->publish_seq);
        if (failed)
            return failed;
        if (q->rules_hash.len == HASH_BYTES)
            memcpy(held.hash.at, q->rules_hash.data, HASH_BYTES);
        session_rules_set(s, &held);
        s->stop_cursor = q->stop_seq;
        s->stop_seen = 0;
        bool same = memcmp(held.hash.at, j->rules->hash.at, HASH_BYTES) == 0;
        snprintf(text, sizeof text, "from %s, %.40s, rules %s", s->address, q->software,
                 same ? "same" : "other");
        e.event = EVENT_CONNECT;
        e.note = text;
    }
    e.status = (uint32_t)state->verdict;
    return job_log(j, t, &e, NULL);
}

void hello_answer(job *j, err e)
{
    const hello *state = j->state;
    Tsunagu__HelloReply reply = TSUNAGU__HELLO_REPLY__INIT;
    Tsunagu__LogHead head = TSUNAGU__LOG_HEAD__INIT;
    hash32 newest = {0};
    buf out = {0};
    if (e == OK)
        e = state->verdict;
    if (e == OK) {
        head.seq = j->h->log.head.seq;
        head.hash = wire_bytes(span_of(j->h->log.head.hash.at, HASH_BYTES));
        reply.version = WIRE_VERSION;
        reply.rules_hash = wire_bytes(span_of(j->rules->hash.at, HASH_BYTES));
        reply.publish_seq = state->publish_seq;
        reply.time_ms = j->now;
        reply.head = &head;
        book_newest(j->h, &reply.newest_version, &newest);
        reply.newest_hash = wire_bytes(span_of(newest.at, HASH_BYTES));
        list_heads *lists = list_heads_new(j->h);
        if (lists) {
            reply.n_lists = lists->count;
            reply.lists = lists->at;
        }
        e = wire_encode((const ProtobufCMessage *)&reply, &out);
        free(lists);
        j->caller->greeted = true;
    }
    job_reply(j, e, buf_span(&out));
    buf_done(&out);
    if (e == OK) {
        stops_push(j->h, j->caller);
        letters_back(j);
    }
}
