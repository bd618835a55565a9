// SPDX-License-Identifier: Apache-2.0
#include "node/counter/objections.h"

#include <stdio.h>
#include <string.h>

#include "node/charts/person.h"
#include "node/disclosing/disclosure.h"
#include "node/flow/flow.h"
#include "node/line/uplink.h"

static err objection_log(job *j, store_txn *t, const char *chart, const char *by, bool stands)
{
    Tsunagu__LogEntry e = TSUNAGU__LOG_ENTRY__INIT;
    person_record p;
    char text[120];
    uint64_t facility;
    const char *number;
    snprintf(text, sizeof text, "objection %s by %s", stands ? "recorded" : "lifted", by);
    e.event = EVENT_CONSENT;
    e.source = shelf_chart_read(chart, &facility, &number) ? facility : j->n->facility;
    e.note = text;
    err had = e.source == j->n->facility ? person_get(t, chart, &p) : ERR_NOT_FOUND;
    if (had == OK && p.named)
        e.pseudonym = wire_bytes(span_of(p.who.at, PSEUDONYM_BYTES));
    return had == OK || had == ERR_NOT_FOUND ? job_log(j, t, &e) : had;
}

// What was disclosed of this chart goes from the hub, and the clinics that asked for it are told.
static err consent_close(job *j, store_txn *t, const char *chart, const char *by)
{
    withdrawal *w = arena_get(&j->memory, sizeof *w);
    consent c;
    if (!w)
        return ERR_MEM;
    err e = consent_get(t, span_str(chart), &c);
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    bool open = e == OK && !c.card.scope.withdrawn;
    e = flow_chart_end(j, t, chart, REQUEST_OBJECT, REQUEST_HOSPITAL, by, open);
    if (e || !open)
        return e;
    strcpy(w->chart, chart);
    snprintf(w->by, sizeof w->by, "%s", by);
    return disclosure_withdraw(j, t, w, FLOW_EVENT_OBJECTED);
}

static bool chart_known(store_txn *t, const char *chart)
{
    person_record p;
    consent c;
    uint64_t facility;
    const char *number; // of a shelf the number was looked up before
    return shelf_chart_read(chart, &facility, &number) || person_get(t, chart, &p) == OK ||
           consent_get(t, span_str(chart), &c) == OK;
}

err objection_put(job *j, store_txn *t, const char *chart, const char *by, bool stands)
{
    objection old = {.stands = false};
    if (!chart[0] || strlen(chart) > SSMIX_CHART_MAX || !by[0] || strlen(by) >= OBJECTION_TEXT) {
        snprintf(j->note, sizeof j->note, "say which chart, and who records it: by");
        return ERR_USAGE;
    }
    err e = objection_get(t, chart, &old);
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    if (!stands && !old.stands) {
        snprintf(j->note, sizeof j->note, "no objection stands for this chart");
        return ERR_NOT_FOUND;
    }
    if (stands && old.stands)
        return OK;
    if (stands && !chart_known(t, chart)) { // a slip of the pen would leave the patient's own chart open
        snprintf(j->note, sizeof j->note, "no such chart here: see `tsunagu charts`");
        return ERR_NOT_FOUND;
    }
    e = objection_keep(t, chart, by, stands, j->now);
    if (e == OK)
        e = objection_log(j, t, chart, by, stands);
    if (e == OK && stands)
        e = consent_close(j, t, chart, by);
    return job_store_err(e);
}

// ---- the command -----------------------------------------------------------------------

typedef struct saying {
    char chart[SSMIX_CHART_MAX + 1], by[OBJECTION_TEXT];
    bool stands;
    objection now;
} saying;

static err say_run(job *j, store_txn *t)
{
    saying *s = j->state;
    err e = objection_put(j, t, s->chart, s->by, s->stands);
    return e ? e : objection_get(t, s->chart, &s->now);
}

static void say_answer(job *j, err e)
{
    const saying *s = j->state;
    if (e == OK) {
        char when[30];
        time_format(s->now.at, when);
        control_record(j->in, "objection");
        control_text(j->in, "chart", s->chart);
        control_text(j->in, "state", s->now.stands ? "stands" : "lifted");
        control_text(j->in, "at", when);
        control_text(j->in, "by", s->now.by);
        uplink_pump(j->n);
        post_pump(j->n);
    }
    job_finish(j, e);
}

void objection_say(node *n, control_in *in)
{
    if (n->facility) {
        objection_say_as(n, in, control_arg(in, "chart"), control_arg(in, "by"));
        return;
    }
    control_note(in, "this node discloses for no hospital");
    control_finish(in, ERR_USAGE);
}

void objection_say_as(node *n, control_in *in, const char *chart, const char *by)
{
    const char *lift = control_arg(in, "lift");
    job *j = job_with(n, sizeof(saying), say_run, say_answer);
    saying *s = j ? j->state : NULL;
    err e = !s ? ERR_MEM : !chart || !by || strlen(chart) >= sizeof s->chart || strlen(by) >= sizeof s->by ? ERR_USAGE : OK;
    if (e) {
        job_free(j);
        control_note(in, "say which chart, and who records it: by");
        control_finish(in, e);
        return;
    }
    strcpy(s->chart, chart);
    strcpy(s->by, by);
    s->stands = !(lift && strcmp(lift, "yes") == 0);
    j->in = in;
    job_submit(j);
}
