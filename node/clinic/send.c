// SPDX-License-Identifier: Apache-2.0
// The form follows the question: to those who answered that they may hold records, when the clerk says to whom.
#include <stdio.h>
#include <string.h>

#include "node/charts/terms.h"
#include "node/clinic/asking.h"
#include "node/clinic/clinic.h"
#include "node/flow/show.h"
#include "node/rulebook/rulebook.h"
#include "proto/base/luhn.h"

typedef struct sending {
    person who;
    const char *number;
    uint64_t to[FLOW_WORDS];
    uint8_t ids[FLOW_WORDS][REQUEST_ID_BYTES];
    bool found[FLOW_WORDS];
    size_t count;
    request *made[FLOW_WORDS];
} sending;

// The newest of each: an older one of the same number is over, or was never decided on.
static err answered_one(void *ctx, const request *r)
{
    sending *k = ctx;
    for (size_t i = 0; i < k->count; i++)
        if (k->to[i] == r->other && r->state == REQUEST_ENQUIRING && r->held) {
            memcpy(k->ids[i], r->id.data, REQUEST_ID_BYTES);
            k->found[i] = true;
        }
    return OK;
}

static err all_answered(job *j, store_txn *t, sending *k)
{
    requests q = flow_of(j);
    err e = requests_of(&q, t, REQUEST_CLINIC, k->who.facility, k->number, answered_one, k);
    for (size_t i = 0; e == OK && i < k->count; i++) {
        if (!k->found[i]) {
            snprintf(j->note, sizeof j->note, "to: %010llu has not said that it may hold records of this number, or it "
                                              "was sent already", (unsigned long long)k->to[i]);
            return ERR_NOT_FOUND;
        }
        e = requests_get(&q, t, k->ids[i], &j->memory, &k->made[i]);
        if (e == OK && terms_until(j->rules->r->p, k->made[i]->body) < day_of_time(j->now)) {
            snprintf(j->note, sizeof j->note, "this consent is over already");
            return ERR_USAGE;
        }
        if (e == OK)
            e = requests_may(k->made[i], REQUEST_SEND, REQUEST_CLINIC);
    }
    return e;
}

static err send_run(job *j, store_txn *t)
{
    sending *k = j->state;
    err e = all_answered(j, t, k); // all or none
    if (e)
        return e;
    for (size_t i = 0; e == OK && i < k->count; i++) {
        request *r = k->made[i];
        r->said = (char *)"";
        e = flow_step(j, t, r, REQUEST_SEND, k->who.user, "", LETTER_REQUEST, (const ProtobufCMessage *)r->body);
    }
    return job_store_err(e);
}

static void send_answer(job *j, err e)
{
    const sending *k = j->state;
    for (size_t i = 0; e == OK && i < k->count; i++)
        flow_show(j->in, j->rules->r->p, k->made[i], "request");
    if (e == OK)
        post_pump(j->n);
    job_finish(j, e);
}

static err send_args(job *j, sending *k, control_in *in)
{
    char *words[FLOW_WORDS];
    size_t count = 0;
    k->number = control_word(in, "number");
    err e = flow_words(j, control_word(in, "to"), words, &count);
    for (size_t i = 0; e == OK && i < count; i++) {
        uint64_t code;
        if (institution_parse(span_str(words[i]), &code) != OK) {
            count = 0;
            break;
        }
        bool twice = false;
        for (size_t n = 0; n < k->count; n++)
            twice = twice || k->to[n] == code;
        if (!twice)
            k->to[k->count++] = code;
    }
    if (e == OK && (!k->number[0] || !count)) {
        snprintf(j->note, sizeof j->note, "say number, and to: 10-digit codes of hospitals, joined by commas");
        e = ERR_USAGE;
    }
    return e;
}

void request_send(node *n, control_in *in)
{
    person who;
    if (node_asker(n, in, &who) != OK)
        return;
    job *j = job_with(n, sizeof(sending), send_run, send_answer);
    if (!j) {
        control_finish(in, ERR_MEM);
        return;
    }
    sending *k = j->state;
    j->in = in;
    k->who = who;
    err e = rulebook_admits(j->rules, j->now, j->note);
    if (e == OK)
        e = send_args(j, k, in);
    if (e) {
        job_finish(j, e);
        job_free(j);
        return;
    }
    job_submit(j);
}
