// SPDX-License-Identifier: Apache-2.0
#include "node/viewing/viewer.h"

#include <stdlib.h>
#include <string.h>

#include "proto/base/tongue.h"

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

err viewer_asker(node *n, control_in *in, person *ret)
{
    const char *as = control_arg(in, "as");
    err e = as ? node_person(n, as, control_uid(in), ret) : ERR_USAGE;
    if (e == OK)
        return OK;
    if (e == ERR_USAGE)
        control_note(in, "say who asks: as");
    else if (e == ERR_DENIED)
        control_note(in, "this login may not act for that user: see uids in the people file");
    else if (e == ERR_STALE)
        control_note(in, "%s", _("the rules in force know that user's facility or role no more"));
    else
        control_note(in, "the people file knows no such user");
    control_finish(in, e == ERR_NOT_FOUND || e == ERR_STALE ? ERR_DENIED : e);
    return e;
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
