// SPDX-License-Identifier: Apache-2.0
// A head of the hub's log, kept: a log that is shorter one day was cut, or restored from a back-up.
#include <stdio.h>
#include <string.h>

#include "node/line/uplink_in.h"
#include "proto/base/log.h"

enum { WITNESS_EVERY_MS = 5000 };
static const char WITNESS[] = "witness";

err witness_get(store_txn *t, chain_head *ret, time_ms *ret_at)
{
    span value;
    err e = store_get(t, TABLE_META, span_str(WITNESS), &value);
    if (e == OK && value.len != 16 + HASH_BYTES)
        e = ERR_CORRUPT;
    if (e == OK) {
        ret->seq = be64_get(value.at);
        memcpy(ret->hash.at, value.at + 8, HASH_BYTES);
        *ret_at = (time_ms)be64_get(value.at + 8 + HASH_BYTES);
    }
    return e;
}

static err witness_run(job *j, store_txn *t)
{
    const chain_head *h = j->state;
    uint8_t value[16 + HASH_BYTES];
    be64_put(value, h->seq);
    memcpy(value + 8, h->hash.at, HASH_BYTES);
    be64_put(value + 8 + HASH_BYTES, (uint64_t)j->now);
    return store_put(t, TABLE_META, span_str(WITNESS), span_of(value, sizeof value));
}

static void witness_answer(job *j, err e)
{
    uplink *u = j->n->up;
    if (e)
        return;
    pthread_mutex_lock(&u->lock);
    u->kept = *(const chain_head *)j->state;
    pthread_mutex_unlock(&u->lock);
}

void witness_keep(node *n, time_ms now, bool at_once)
{
    uplink *u = n->up;
    pthread_mutex_lock(&u->lock);
    bool due = u->seen.seq > u->kept.seq && (at_once || now - u->kept_at >= WITNESS_EVERY_MS);
    chain_head head = u->seen;
    if (due)
        u->kept_at = now;
    pthread_mutex_unlock(&u->lock);
    job *j = due ? job_with(n, sizeof head, witness_run, witness_answer) : NULL;
    if (!j)
        return;
    *(chain_head *)j->state = head;
    job_submit(j);
}

void uplink_witness(node *n, const Tsunagu__LogHead *head)
{
    uplink *u = n->up;
    if (!head || head->hash.len != HASH_BYTES)
        return;
    pthread_mutex_lock(&u->lock);
    if (head->seq > u->seen.seq) {
        u->seen.seq = head->seq;
        memcpy(u->seen.hash.at, head->hash.data, HASH_BYTES);
    }
    pthread_mutex_unlock(&u->lock);
}

// A log that is shorter than what we remember was cut, or restored from a back-up: either must be known.
void witness_compare(node *n, const Tsunagu__LogHead *head)
{
    uplink *u = n->up;
    if (!head || head->hash.len != HASH_BYTES)
        return;
    pthread_mutex_lock(&u->lock);
    uint64_t seq = u->seen.seq;
    bool other = head->seq == seq && seq && memcmp(u->seen.hash.at, head->hash.data, HASH_BYTES) != 0;
    pthread_mutex_unlock(&u->lock);
    if (head->seq >= seq && !other)
        return;
    char text[160];
    snprintf(text, sizeof text, "the hub's log ends at %llu, this node has seen entry %llu",
             (unsigned long long)head->seq, (unsigned long long)seq);
    log_line(LOG_WARN, "%s: was the hub restored from a back-up?", text);
    node_note(n, EVENT_CONNECT, ERR_CONFLICT, text);
}
