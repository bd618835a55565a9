// SPDX-License-Identifier: Apache-2.0
// A patient changes what was agreed to (同意内容変更書), as it arrives at the hospital. What narrows holds as soon as its
// node has it, and at the hub with the acknowledgement of its card; what widens waits for a person (node/liaison).
#include <string.h>

#include "node/flow/flow.h"

err change_check(job *j, const request *r, const Tsunagu__RequestBody *proposed)
{
    consent_scope s;
    span was = wire_span(r->body->pseudonym), is = wire_span(proposed->pseudonym);
    if (!span_eq(was, is) || strcmp(r->body->number, proposed->number) != 0)
        return ERR_FORMAT; // another person
    return flow_scope(j, proposed, &s);
}

// Nothing was written by what said so: a person will see to it.
static bool for_a_person(err e)
{
    return e == ERR_NOT_FOUND || e == ERR_CONFLICT || e == ERR_USAGE || e == ERR_LIMIT || e == ERR_FORMAT;
}

static err narrow_now(job *j, store_txn *t, const request *r, const consent *c, const consent_scope *both)
{
    withdrawal *w = arena_get(&j->memory, sizeof *w);
    if (!w)
        return ERR_MEM;
    if (both->grantee_count && both->categories && both->until >= both->from)
        return scope_within(j->rules->r->p, both, &c->card.scope) ? OK : flow_narrow(j, t, c, both, "clinic");
    // Nothing of what was agreed holds any more: closed until a person opens what is asked for now.
    strcpy(w->chart, r->chart);
    strcpy(w->by, "clinic");
    return disclosure_withdraw(j, t, w, FLOW_EVENT_COUNT); // the change itself was told
}

err change_arrived(job *j, store_txn *t, request *r)
{
    requests q = flow_of(j);
    consent c;
    consent_scope wanted, both;
    err e = consent_get(t, span_str(r->chart), &c);
    bool stands = e == OK && !c.card.scope.withdrawn;
    if (e == OK && stands)
        e = flow_wanted(j, t, r, &c.card.scope, &wanted);
    if (e == OK && stands)
        e = scope_both(j->rules->r->p, &c.card.scope, &wanted, &both);
    if (e == OK && stands)
        e = narrow_now(j, t, r, &c, &both);
    if (for_a_person(e)) {
        j->note[0] = '\0';
        return OK;
    }
    if (e || !stands)
        return e;
    e = flow_chart_changed(j, t, r->chart, r->id.data, "clinic");
    if (e == OK && scope_within(j->rules->r->p, &c.card.scope, &wanted)) {
        r->body = r->proposed;
        r->proposed = NULL;
        e = requests_keep(&q, t, r);
        if (e == OK)
            e = flow_published(j, t, NULL, NULL, 0); // where nothing had to be sent
    }
    return e;
}
