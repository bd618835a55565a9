// SPDX-License-Identifier: Apache-2.0
#include "node/viewing/viewer.h"

#include <stdlib.h>
#include <string.h>

err viewer_new(node *n, viewer **ret)
{
    (void)n;
    viewer *v = calloc(1, sizeof *v);
    if (!v)
        return ERR_MEM;
    pthread_mutex_init(&v->lock, NULL);
    *ret = v;
    return OK;
}

void viewer_tick(node *n, time_ms now)
{
    sheets_tick(n, now);
    readings_tick(n, now);
}

// Everything is idle for ever so long: all handles end.
void viewer_drain(node *n)
{
    if (n->view)
        viewer_tick(n, INT64_MAX);
}

void viewer_handle(char out[static HANDLE_MAX + 1])
{
    uint8_t dice[6];
    if (crypto_random(dice, sizeof dice) != OK)
        abort(); // without randomness nothing here may go on
    hex_put(out, span_of(dice, sizeof dice));
}

void viewer_entry(Tsunagu__LogEntry *e, const person *who, const uint8_t *user_id, const ticket *k)
{
    e->facility = who->facility;
    e->role = (char *)who->role;
    e->user = wire_bytes(span_of(user_id, USER_ID_BYTES));
    if (!k)
        return;
    e->pseudonym = wire_bytes(span_of(k->who.at, PSEUDONYM_BYTES));
    e->source = k->source;
    e->ticket = wire_bytes(span_of(k->id, TICKET_ID_BYTES));
}
