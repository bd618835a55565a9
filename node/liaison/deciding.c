// SPDX-License-Identifier: Apache-2.0
#include "node/liaison/deciding.h"

#include <stdio.h>
#include <string.h>

#include "node/flow/show.h"
#include "node/line/uplink.h"

err officer(node *n, control_in *in, person *ret)
{
    err e = node_asker(n, in, ret);
    book *b = node_book(n);
    if (e == OK && !node_discloses(n, b, ret->facility)) {
        control_note(in, "the inbox is the hospital's own: that user is of another facility");
        control_finish(in, ERR_DENIED);
        e = ERR_DENIED;
    }
    book_drop(b);
    return e;
}

// The list that a reason must be of, in words.
static void reasons_show(control_in *in, const policy *p)
{
    for (int i = 0; i < policy_reason_count(p); i++) {
        policy_reason r = policy_reason_at(p, i);
        control_record(in, "reason");
        control_text(in, "reason", r.id);
        control_text(in, "reason_words", control_japanese(in) ? r.label_ja : r.label_en);
    }
}

static void deciding_answer(job *j, err e)
{
    const deciding *k = j->state;
    if (e == ERR_USAGE && k->untold)
        reasons_show(j->in, j->rules->r->p);
    if (e == OK) {
        flow_show(j->in, j->rules->r->p, k->made, "request");
        post_pump(j->n);
        uplink_pump(j->n);
    }
    job_finish(j, e);
}

job *deciding_new(node *n, control_in *in, duty_run run)
{
    person who;
    if (officer(n, in, &who) != OK)
        return NULL;
    job *j = job_with(n, sizeof(deciding), run, deciding_answer);
    if (!j) {
        control_finish(in, ERR_MEM);
        return NULL;
    }
    deciding *k = j->state;
    k->j = j;
    k->who = who;
    k->id = control_word(in, "id");
    k->text = control_word(in, "text");
    k->reason = control_word(in, "reason");
    k->also = strcmp(control_word(in, "also"), "yes") == 0;
    k->disagree = strcmp(control_word(in, "disagree"), "yes") == 0;
    j->in = in;
    return j;
}

void deciding_refuse(job *j, err e)
{
    job_finish(j, e);
    job_free(j);
}

bool second_needed(const job *j, const Tsunagu__RequestBody *form, bool strong)
{
    policy_flow_view v = policy_flow(j->rules->r->p);
    const Tsunagu__Person *p = form->person;
    day grown = p->birth_day == DAY_NONE ? DAY_NONE : day_minus_months(p->birth_day, -12 * v.majority_age);
    return (v.second_check >> SECOND_ALWAYS & 1) || ((v.second_check >> SECOND_WEAK & 1) && !strong) ||
           ((v.second_check >> SECOND_PROXY & 1) && form->consent->proxy[0]) ||
           ((v.second_check >> SECOND_MINOR & 1) && grown != DAY_NONE && grown > day_of_time(j->now));
}

err second_other(job *j, const deciding *k)
{
    if (strcmp(k->made->first, k->who.user) != 0)
        return OK;
    snprintf(j->note, sizeof j->note, "%.64s accepted it first: another person checks", k->made->first);
    return ERR_DENIED;
}
