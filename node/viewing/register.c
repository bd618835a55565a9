// SPDX-License-Identifier: Apache-2.0
// Registering a facility's own patient number.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/charts/charts.h"
#include "node/charts/own.h"
#include "node/rulebook/rulebook.h"
#include "node/viewing/viewer.h"
#include "proto/base/luhn.h"

typedef struct registering {
    person who;
    uint8_t user_id[USER_ID_BYTES];
    char number[OWN_NUMBER_MAX + 1];
    pseudonym patient;
    bool also;
    own_was was;
} registering;

static const char *const was_names[] = {[OWN_NEW] = "new", [OWN_SAME] = "same", [OWN_CHANGED] = "changed"};

static err register_log(job *j, store_txn *t, const registering *r, err status)
{
    Tsunagu__LogEntry e = TSUNAGU__LOG_ENTRY__INIT;
    viewer_entry(&e, &r->who, r->user_id, NULL);
    e.event = EVENT_REGISTER;
    e.status = (uint32_t)status;
    e.pseudonym = wire_bytes(span_of(r->patient.at, PSEUDONYM_BYTES));
    e.note = (char *)was_names[r->was];
    return job_log(j, t, &e);
}

static err register_run(job *j, store_txn *t)
{
    registering *r = j->state;
    err e = own_set(t, r->who.facility, r->number, &r->patient, r->also, &r->was);
    if (e == ERR_CONFLICT)
        snprintf(j->note, sizeof j->note, "another own number has the same name, birth and sex; say also if it is so");
    if (e == OK)
        e = register_log(j, t, r, OK);
    return e == ERR_CONFLICT ? e : job_store_err(e);
}

static void register_answer(job *j, err e)
{
    const registering *r = j->state;
    if (e == OK) {
        char code[11];
        institution_format(r->who.facility, code);
        control_record(j->in, "patient");
        control_text(j->in, "number", r->number);
        control_text(j->in, "facility", code);
        control_text(j->in, "state", was_names[r->was]);
    }
    job_finish(j, e);
}

// Names, birth and sex make the pseudonym; insurance takes no part in it.
static err form_read(node *n, control_in *in, registering *r)
{
    identity i = {.birth = DAY_NONE};
    const char *number = control_arg(in, "number"), *missing = "";
    bool any;
    if (!number || !number[0] || strlen(number) > OWN_NUMBER_MAX) {
        control_note(in, "say the facility's own number: number (at most %d bytes)", OWN_NUMBER_MAX);
        return ERR_USAGE;
    }
    strcpy(r->number, number);
    err e = identity_args(in, &i, &any);
    if (e == OK) {
        e = pseudonym_of(&n->federation, &i, &r->patient, &missing);
        if (e == ERR_FORMAT) {
            control_note(in, "%s is needed, written in full", missing);
            e = ERR_USAGE;
        }
    }
    identity_wipe(&i);
    return e;
}

void own_register(node *n, control_in *in)
{
    person who;
    const char *also = control_arg(in, "also");
    if (node_asker(n, in, &who) != OK)
        return;
    job *j = job_with(n, sizeof(registering), register_run, register_answer);
    registering *r = j ? j->state : NULL;
    err e = r ? rulebook_admits(j->rules, j->now, j->note) : ERR_MEM;
    if (e == ERR_STALE)
        control_note(in, "%s", j->note);
    if (e == OK)
        e = form_read(n, in, r);
    if (e) {
        job_free(j);
        control_finish(in, e);
        return;
    }
    r->who = who;
    r->also = also && strcmp(also, "yes") == 0;
    user_id_of(n->secret, who.facility, who.user, r->user_id);
    j->in = in;
    job_submit(j);
}
