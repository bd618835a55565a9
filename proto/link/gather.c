// SPDX-License-Identifier: Apache-2.0
// Answers of one batch leave together: a TLS write a connection instead of one an answer.
#include "proto/link/conn.h"

enum {
    GATHER_CONNS = 64,        // beyond: sent at once, as without gathering
    GATHER_BYTES = PIECE,     // one send takes no more; sooner would wake the peer and our own threads
                              // for each part of a batch, and part the next batch too
};

static _Thread_local struct gather {
    bool on;
    unsigned count;
    link_conn *conns[GATHER_CONNS];
} gather;

bool gather_takes(link_conn *c)
{
    if (io_waiting(c) >= GATHER_BYTES)
        return false;
    if (c->gathered) // here or on another thread: whoever holds it sends what is there then
        return true;
    if (!gather.on || gather.count == GATHER_CONNS)
        return false;
    c->gathered = true;
    atomic_fetch_add(&c->refs, 1);
    gather.conns[gather.count++] = c;
    return true;
}

void link_gather(void)
{
    gather.on = true;
}

void link_gather_end(void)
{
    gather.on = false;
    for (unsigned i = 0; i < gather.count; i++) {
        link_conn *c = gather.conns[i];
        pthread_mutex_lock(&c->lock);
        c->gathered = false;
        if (c->phase == PHASE_OPEN)
            io_flush(c);
        strand_poke(c);
        conn_release(c);
    }
    gather.count = 0;
}
