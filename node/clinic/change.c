// SPDX-License-Identifier: Apache-2.0
// A clinic asks for a change of what the patient agreed to (同意内容変更書).
#include <stdio.h>
#include <string.h>

#include "node/clinic/asking.h"
#include "node/clinic/clinic.h"
#include "node/flow/show.h"
#include "node/flow/written.h"
#include "node/viewing/viewer.h"

typedef struct changing {
    person who;
    control_in *in;
    Tsunagu__RequestBody body;
    Tsunagu__ConsentTerms terms;
    char *to[FLOW_WORDS], *categories[FLOW_WORDS];
    request *made;
} changing;

// The filled change form goes with the papers of the request.
static err paper_args(job *j, changing *k, const char *yaml)
{
    static const char *const wanted[] = {"change", NULL};
    filled f;
    err e = written_read(j, yaml, wanted, &f);
    if (e)
        return e;
    e = written_change(j, &f, &k->terms);
    if (e == OK)
        e = written_attach(j, &f, &k->body);
    filled_done(&f);
    return e;
}

static err terms_args(job *j, changing *k)
{
    Tsunagu__ConsentTerms *c = &k->terms;
    control_in *in = k->in;
    const char *emergency = control_word(in, "emergency");
    err e = OK;
    if (control_arg(in, "consent_to")) {
        e = flow_words(j, control_word(in, "consent_to"), k->to, &c->n_to);
        c->to = k->to;
    }
    if (e == OK && control_arg(in, "categories")) {
        e = flow_words(j, control_word(in, "categories"), k->categories, &c->n_categories);
        c->categories = k->categories;
    }
    if (e == OK)
        e = control_arg_day(in, "until", c->until_day, &c->until_day);
    if (e == OK && emergency[0] && strcmp(emergency, "yes") != 0 && strcmp(emergency, "no") != 0) {
        snprintf(j->note, sizeof j->note, "emergency: yes or no");
        e = ERR_USAGE;
    }
    if (emergency[0])
        c->emergency = strcmp(emergency, "yes") == 0;
    if (e == OK && written_file(in, "form"))
        e = paper_args(j, k, written_file(in, "form"));
    if (e == OK)
        e = asking_paper(j, in, c);
    if (e == OK && c->n_to == 0 && !j->note[0]) {
        snprintf(j->note, sizeof j->note, "nobody is left to see it: that is a withdrawal");
        e = ERR_USAGE;
    }
    c->agreed_day = day_of_time(j->now);
    c->by = k->who.user;
    return e;
}

static err change_run(job *j, store_txn *t)
{
    changing *k = j->state;
    Tsunagu__SayBody say = TSUNAGU__SAY_BODY__INIT;
    consent_scope s;
    err e = flow_find(j, t, control_word(k->in, "id"), REQUEST_CLINIC, k->who.facility, &k->made);
    if (e)
        return e;
    k->body = *k->made->body;
    k->terms = *k->made->body->consent;
    k->body.consent = &k->terms;
    e = terms_args(j, k);
    if (e == OK)
        e = flow_scope(j, &k->body, &s);
    if (e)
        return e;
    k->made->proposed = &k->body;
    say.text = (char *)control_word(k->in, "text");
    say.staff = k->who.user;
    say.form = &k->body;
    return flow_step(j, t, k->made, REQUEST_CHANGE, k->who.user, say.text, LETTER_CHANGE, (const ProtobufCMessage *)&say);
}

static void change_answer(job *j, err e)
{
    const changing *k = j->state;
    pseudonym who;
    if (e == OK) {
        if (pseudonym_parse(wire_span(k->made->body->pseudonym), &who) == OK)
            viewer_change(j->n->view, k->who.facility, &who);
        flow_show(j->in, j->rules->r->p, k->made, "request");
        post_pump(j->n);
    }
    job_finish(j, e);
}

void request_change(node *n, control_in *in)
{
    person who;
    if (node_asker(n, in, &who) != OK)
        return;
    job *j = job_with(n, sizeof(changing), change_run, change_answer);
    if (!j) {
        control_finish(in, ERR_MEM);
        return;
    }
    changing *k = j->state;
    k->who = who;
    k->in = j->in = in;
    job_submit(j);
}
