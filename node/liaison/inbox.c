// SPDX-License-Identifier: Apache-2.0
// The inbox of a hospital's liaison office: what came, and whom it may mean here.
#include <string.h>

#include "node/flow/patient.h"
#include "node/charts/charts.h"
#include "node/flow/flow.h"
#include "node/flow/show.h"
#include "node/flow/written.h"
#include "node/liaison/deciding.h"
#include "node/liaison/liaison.h"

void inbox_list(node *n, control_in *in)
{
    person who;
    store_txn *t;
    requests q = flow_reading();
    uint8_t paper[FILLED_NUMBER];
    if (!written_number(in, paper) || officer(n, in, &who) != OK)
        return;
    book *b = node_book(n);
    flow_page l = flow_page_begin(in, b->r->p, REQUEST_HOSPITAL);
    l.paper = control_arg(in, "paper") ? paper : NULL;
    err e = store_read(n->keep, &t);
    if (e == OK) {
        bool all = strcmp(control_word(in, "all"), "yes") == 0 || l.paper;
        e = all ? requests_all(&q, t, who.facility, flow_page_pick, &l)
                : requests_inbox(&q, t, who.facility, flow_page_pick, &l);
        store_end(t);
    }
    if (e == OK)
        e = flow_page_end(&l);
    book_drop(b);
    control_finish(in, e);
}

static void form_show(control_in *in, const policy *rules_in_force, const Tsunagu__RequestBody *b)
{
    const Tsunagu__Person *p = b->person;
    char text[30];
    buf list = {0};
    control_record(in, "form");
    control_text(in, "kanji_family", p->kanji_family);
    control_text(in, "kanji_given", p->kanji_given);
    control_text(in, "kana_family", p->kana_family);
    control_text(in, "kana_given", p->kana_given);
    day_format(p->birth_day, text);
    control_text(in, "birth", text);
    control_text(in, "sex", p->sex);
    control_text(in, "postal", p->postal);
    control_text(in, "address", p->address);
    control_text(in, "telephone", p->telephone);
    control_text(in, "insurer", p->insurer);
    control_text(in, "symbol", p->symbol);
    control_text(in, "number", p->number);
    control_text(in, "branch", p->branch);
    for (size_t i = 0; i < b->consent->n_to; i++)
        buf_printf(&list, "%s%s", i ? "," : "", b->consent->to[i]);
    control_text(in, "consent_to", buf_str(&list));
    buf_clear(&list);
    for (size_t i = 0; i < b->consent->n_categories; i++)
        buf_printf(&list, "%s%s", i ? "," : "", b->consent->categories[i]);
    control_text(in, "categories", list.len ? buf_str(&list) : "all");
    buf_done(&list);
    day_format(b->consent->from_day, text);
    control_text(in, "from", text);
    day_format(b->consent->until_day, text);
    control_text(in, "until", text);
    control_text(in, "emergency", b->consent->emergency ? "yes" : "no");
    control_text(in, "proxy", b->consent->proxy);
    control_text(in, "proxy_name", b->consent->proxy_name);
    day_format(b->consent->agreed_day, text);
    control_text(in, "agreed", text);
    control_bytes(in, "paper", wire_span(b->consent->paper));
    control_text(in, "text", b->text);
    written_show(in, rules_in_force, b);
}

static err show_look(job *j, control_in *in)
{
    store_txn *t;
    request *r;
    identity form;
    person who;
    err e = node_person(j->n, control_word(in, "as"), control_uid(in), &who);
    if (e == OK)
        e = store_read(j->n->keep, &t);
    if (e)
        return e;
    e = flow_find(j, t, control_word(in, "id"), REQUEST_HOSPITAL, who.facility, &r);
    if (e == OK) {
        flow_show(in, j->rules->r->p, r, "request");
        form_show(in, j->rules->r->p, r->body);
        flow_history_show(in, t, r);
        e = request_identity(r->body->person, &form);
    }
    if (e == OK && !request_over((request_state)r->state))
        e = patient_candidates_show(j, in, t, r, &form);
    if (e == OK)
        identity_wipe(&form);
    store_end(t);
    return e;
}

void inbox_show(node *n, control_in *in)
{
    person who;
    if (officer(n, in, &who) == OK)
        look_begin(n, in, "a request shown", show_look);
}
