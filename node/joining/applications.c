// SPDX-License-Identifier: Apache-2.0
// Joining and leaving, as people handle them: filing at any node, deciding at the secretariat's, and the draft of
// the next list that comes of it.
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "node/joining/joining.h"
#include "node/rulebook/members.h"
#include "policies/engine/flow.h"
#include "policies/engine/forms.h"
#include "policies/forms/filled.h"
#include "policies/forms/label.h"
#include "proto/base/luhn.h"

enum { SHOWN = 400, DRAFT_MOST = 700 << 10, STAFF_MOST = 64, REASON_MOST = 64 };

// ---- filing -------------------------------------------------------------------------------

typedef struct filing {
    joining r;
} filing;

static void reason_show(control_in *in, const policy *p, const joining *r)
{
    int i = policy_join_reason_find(p, r->reason);
    policy_reason words = policy_join_reason_at(p, i);
    control_text(in, "reason", r->reason);
    control_text(in, "reason_words", control_japanese(in) ? words.label_ja : words.label_en);
}

static void record_show(control_in *in, const policy *p, const joining *r)
{
    char text[30];
    control_record(in, "application");
    control_number(in, "number", (int64_t)r->number);
    control_text(in, "kind", r->leaving ? "leaving" : "joining");
    control_text(in, "side", r->received ? "received" : "filed");
    control_text(in, "state", joining_state_name(r->state));
    control_text(in, "union", r->union_id);
    institution_format(r->facility, text);
    control_text(in, "facility", text);
    control_text(in, "name", r->name);
    control_text(in, "node", r->node);
    time_format(r->filed_ms, text);
    control_text(in, "at", text);
    time_format(r->since_ms, text);
    control_text(in, "since", text);
    control_text(in, "staff", r->staff);
    control_text(in, "by", r->by);
    reason_show(in, p, r);
    control_text(in, "text", r->text);
    control_bytes(in, "id", wire_span(r->id));
}

static err file_run(job *j, store_txn *t)
{
    filing *k = j->state;
    return joining_file(j, t, &k->r);
}

static void file_answer(job *j, err e)
{
    const filing *k = j->state;
    if (e == OK) {
        record_show(j->in, j->rules->r->p, &k->r);
        post_pump(j->n);
    }
    job_finish(j, e);
}

// A user of the people file, or whoever runs the node. Finishes `in` on refusal.
static err filer(node *n, control_in *in, char who[static PEOPLE_TEXT], uint64_t *ret_facility)
{
    uint32_t uid = control_uid(in);
    person p;
    *ret_facility = 0;
    if (control_arg(in, "as")) {
        err e = node_asker(n, in, &p);
        if (e == OK) {
            snprintf(who, PEOPLE_TEXT, "%s", p.user);
            *ret_facility = p.facility;
        }
        return e;
    }
    who[0] = '\0';
    if (uid == 0 || uid == geteuid())
        return OK;
    control_note(in, "%s", "say who files it: --as USER");
    control_finish(in, ERR_DENIED);
    return ERR_DENIED;
}

static err file_read(job *j, control_in *in, filing *k, bool leaving)
{
    Tsunagu__JoinBody *b;
    const char *said = control_word(in, "union");
    span form = control_data(in), pledge = {0};
    k->r.leaving = leaving;
    if (!leaving) {
        err e = WIRE_DECODE(control_data(in), Tsunagu__JoinBody, tsunagu__join_body__descriptor, LETTER_BODY_MAX, &j->memory, &b);
        if (e)
            return e;
        form = wire_span(b->application);
        pledge = wire_span(b->pledge);
    }
    err e = joining_read(j, &k->r, form, pledge);
    if (e == OK && said[0] && strcmp(said, k->r.union_id) != 0) {
        snprintf(j->note, sizeof j->note, "the form says union \"%.60s\"", k->r.union_id);
        e = ERR_USAGE;
    }
    return e;
}

static void file_begin(node *n, control_in *in, bool leaving)
{
    char who[PEOPLE_TEXT];
    uint64_t facility;
    if (filer(n, in, who, &facility) != OK)
        return;
    job *j = job_with(n, sizeof(filing), file_run, file_answer);
    filing *k = j ? j->state : NULL;
    if (!j) {
        control_finish(in, ERR_MEM);
        return;
    }
    j->in = in;
    tsunagu__joining_record__init(&k->r);
    err e = file_read(j, in, k, leaving);
    k->r.staff = arena_str(&j->memory, span_str(who));
    if (e == OK && !k->r.staff)
        e = ERR_MEM;
    if (e == OK && leaving && facility && facility != k->r.facility) {
        snprintf(j->note, sizeof j->note, "that user is of another facility");
        e = ERR_DENIED;
    }
    if (e == OK) {
        int f = policy_facility(j->rules->r->p, k->r.facility), no = policy_node(j->rules->r->p, n->config.name);
        if (leaving && (f == POLICY_NONE || no == POLICY_NONE || !policy_node_serves(j->rules->r->p, no, f))) {
            snprintf(j->note, sizeof j->note, "this node does not serve %010llu: file it at the one that does",
                     (unsigned long long)k->r.facility);
            e = ERR_NOT_FOUND;
        }
    }
    if (e == OK) {
        job_submit(j);
        return;
    }
    job_finish(j, e);
    job_free(j);
}

void join_file(node *n, control_in *in)
{
    file_begin(n, in, false);
}

void leave_file(node *n, control_in *in)
{
    file_begin(n, in, true);
}

// ---- looking ---------------------------------------------------------------------------------

typedef struct listing {
    control_in *in;
    const policy *p;
    bool all;
    size_t count;
} listing;

static err list_one(void *ctx, const joining *r)
{
    listing *l = ctx;
    if (!l->all && r->state >= JOINING_REFUSED)
        return OK;
    if (l->count++ == SHOWN)
        return ERR_CLOSED;
    record_show(l->in, l->p, r);
    return OK;
}

void applications_list(node *n, control_in *in)
{
    book *b = node_book(n);
    listing l = {.in = in, .p = b->r->p, .all = strcmp(control_word(in, "all"), "yes") == 0};
    store_txn *t;
    err e = store_read(n->keep, &t);
    if (e == OK) {
        e = joining_walk(t, list_one, &l);
        store_end(t);
    }
    book_drop(b);
    control_finish(in, e);
}

// Field by field, with the words of the form as the rules have it now.
static err form_show(control_in *in, const policy *p, span packed)
{
    filled f;
    if (!packed.len)
        return OK;
    err e = form_unpack(packed, &f);
    if (e)
        return e;
    int form = policy_form_find(p, f.form);
    size_t order[FILLED_FIELDS];
    form_order(p, form, &f, order);
    policy_form view = form == POLICY_NONE ? (policy_form){0} : policy_form_at(p, form);
    for (size_t k = 0; k < f.count; k++) {
        size_t i = order[k];
        int no = form == POLICY_NONE ? POLICY_NONE : policy_form_field_find(p, form, f.fields[i].name);
        policy_form_field asked = no == POLICY_NONE ? (policy_form_field){0} : policy_form_field_at(p, form, no);
        for (size_t v = 0; v < f.fields[i].count; v++) {
            control_record(in, "field");
            control_text(in, "form", f.form);
            control_text(in, "form_name", !view.id ? f.form : control_japanese(in) ? view.label_ja : view.label_en);
            control_text(in, "field", f.fields[i].name);
            const char *label = no == POLICY_NONE ? "" : control_japanese(in) ? asked.label_ja : asked.label_en;
            control_text(in, "label", label);
            control_text(in, "field_label", label);
            control_text(in, "value", f.fields[i].values[v]);
            control_text(in, "shown", no == POLICY_NONE ? f.fields[i].values[v]
                                                        : form_value_label(p, form, no, f.fields[i].values[v],
                                                                           control_japanese(in)));
        }
    }
    filled_done(&f);
    return OK;
}

void applications_show(node *n, control_in *in)
{
    int64_t number;
    joining *r;
    store_txn *t;
    arena a;
    err e = control_arg_int(in, "number", 1, INT64_MAX, 0, &number);
    if (e || !number) {
        control_finish(in, e ? e : ERR_USAGE);
        return;
    }
    arena_init(&a, 1 << 20);
    book *b = node_book(n);
    e = store_read(n->keep, &t);
    if (e == OK) {
        e = joining_find(t, (uint64_t)number, &a, &r);
        if (e == OK) {
            record_show(in, b->r->p, r);
            e = form_show(in, b->r->p, wire_span(r->form));
        }
        if (e == OK)
            e = form_show(in, b->r->p, wire_span(r->pledge));
        store_end(t);
    }
    book_drop(b);
    arena_done(&a);
    control_finish(in, e);
}

// ---- deciding ------------------------------------------------------------------------------------

typedef struct deciding {
    uint64_t number;
    bool approve;
    const char *by, *reason, *text, *ward;
    joining *r;
} deciding;

static err decide_run(job *j, store_txn *t)
{
    deciding *k = j->state;
    err e = joining_find(t, k->number, &j->memory, &k->r);
    if (e)
        return e;
    k->r->by = (char *)k->by;
    k->r->reason = (char *)k->reason;
    k->r->text = (char *)k->text;
    k->r->ward = (char *)k->ward;
    return joining_decide(j, t, k->r, k->approve);
}

static void decide_answer(job *j, err e)
{
    const deciding *k = j->state;
    if (e == OK) {
        record_show(j->in, j->rules->r->p, k->r);
        post_pump(j->n);
    }
    job_finish(j, e);
}

// The rules have a list of their own for this; without one a word is said.
static err reason_check(job *j, const deciding *k)
{
    const policy *p = j->rules->r->p;
    int reason = policy_join_reason_find(p, k->reason);
    buf list = {0};
    if (k->approve || (reason != POLICY_NONE && (!policy_join_reason_at(p, reason).explain || k->text[0])))
        return OK;
    if (!policy_join_reason_count(p) && k->reason[0] && strlen(k->reason) <= REASON_MOST)
        return OK;
    for (int i = 0; i < policy_join_reason_count(p); i++)
        buf_printf(&list, "%s%s", i ? ", " : "", policy_join_reason_at(p, i).id);
    if (reason != POLICY_NONE) {
        snprintf(j->note, sizeof j->note, "this reason is to be explained in words: text");
        buf_done(&list);
        return ERR_USAGE;
    }
    for (int i = 0; i < policy_join_reason_count(p); i++) {
        policy_reason r = policy_join_reason_at(p, i);
        control_record(j->in, "reason");
        control_text(j->in, "reason", r.id);
        control_text(j->in, "reason_words", control_japanese(j->in) ? r.label_ja : r.label_en);
    }
    snprintf(j->note, sizeof j->note, "reason: one of %.120s", list.len ? buf_str(&list) : "(the rules have none: say a word)");
    buf_done(&list);
    return ERR_USAGE;
}

void applications_decide(node *n, control_in *in)
{
    int64_t number = 0;
    const char *decision = control_word(in, "decision");
    err e = control_arg_int(in, "number", 1, INT64_MAX, 0, &number);
    job *j = e == OK ? job_with(n, sizeof(deciding), decide_run, decide_answer) : NULL;
    if (!j) {
        control_finish(in, e ? e : ERR_MEM);
        return;
    }
    deciding *k = j->state;
    *k = (deciding){(uint64_t)number, strcmp(decision, "approve") == 0, control_word(in, "by"), control_word(in, "reason"), control_word(in, "text"),
                    control_word(in, "ward"), NULL};
    j->in = in;
    if (!number || (!k->approve && strcmp(decision, "refuse") != 0) || !k->by[0] || strlen(k->by) > STAFF_MOST ||
        strlen(k->text) > 2000 || strlen(k->ward) > BUNDLE_TEXT) {
        snprintf(j->note, sizeof j->note, "%s", "which number, approve or refuse, and by whom?");
        e = ERR_USAGE;
    } else {
        e = reason_check(j, k);
    }
    if (e == OK) {
        job_submit(j);
        return;
    }
    job_finish(j, e);
    job_free(j);
}

// ---- the draft of the next list ------------------------------------------------------------------------

typedef struct drafting {
    members m;
    const char *node; // this one
    uint64_t joins, leaves;
    err failed;
} drafting;

static char *kept(members *m, const char *s, err *e)
{
    char *copy = arena_str(&m->mem, span_str(s));
    if (!copy)
        *e = ERR_MEM;
    return copy;
}

static err facility_put(members *m, const joining *r)
{
    err e = OK;
    member_facility *f = members_add(m);
    if (!f)
        return ERR_LIMIT;
    f->code = r->facility;
    f->name = kept(m, r->name, &e);
    f->kind = kept(m, r->kind, &e);
    f->ward = kept(m, r->ward, &e);
    f->discloses = r->discloses;
    return e;
}

// Who files documents without a node of its own has a shelf at this one.
static err filer_put(drafting *d, const joining *r)
{
    filled f;
    err e = form_unpack(wire_span(r->form), &f);
    if (e)
        return e;
    bool files = strcmp(filled_value(&f, "way"), "view-file") == 0;
    filled_done(&f);
    member_node *home = files ? members_find_node(&d->m, d->node) : NULL;
    if (!home)
        return OK;
    uint64_t *codes = arena_get(&d->m.mem, (home->disclose_count + 1) * sizeof *codes);
    if (!codes)
        return ERR_MEM;
    if (home->disclose_count)
        memcpy(codes, home->discloses, home->disclose_count * sizeof *codes);
    codes[home->disclose_count++] = r->facility;
    home->discloses = codes;
    return OK;
}

// All that is decided and not yet in force: one signature may do for several.
static err draft_one(void *ctx, const joining *r)
{
    drafting *d = ctx;
    if (!r->received || r->state != JOINING_APPROVED || strcmp(r->union_id, d->m.union_id) != 0)
        return OK;
    if (r->leaving)
        d->leaves += members_drop(&d->m, r->facility);
    else if (!members_find(&d->m, r->facility)) {
        d->failed = facility_put(&d->m, r);
        if (d->failed == OK)
            d->failed = filer_put(d, r);
        d->joins += d->failed == OK;
    }
    return d->failed;
}

static err draft_make(node *n, const char *union_id, buf *bundle, buf *held, drafting *d)
{
    store_txn *t;
    err e = lists_draft(n, union_id, &d->m, bundle, held);
    if (e)
        return e;
    e = store_read(n->keep, &t);
    if (e == OK) {
        e = joining_walk(t, draft_one, d);
        store_end(t);
    }
    return e;
}

void applications_draft(node *n, control_in *in)
{
    drafting d = {.node = n->config.name};
    buf bundle = {0}, held = {0}, list = {0};
    book *b = node_book(n);
    int no = policy_node(b->r->p, n->config.name);
    const char *id = no == POLICY_NONE ? "" : policy_union_text(b->r->p, policy_node_at(b->r->p, no).union_no).id;
    err e = draft_make(n, id, &bundle, &held, &d);
    if (e == OK)
        e = members_put(&d.m, &list);
    if (e == OK && list.len > DRAFT_MOST) {
        control_note(in, "%s", "the list is too long for this way: `tsunagu members draft` and `members add` make it");
        e = ERR_LIMIT;
    }
    if (e == OK) {
        control_record(in, "draft");
        control_text(in, "union", d.m.union_id);
        control_number(in, "serial", d.m.serial);
        control_number(in, "facilities", (int64_t)d.m.facility_count);
        control_number(in, "joins", (int64_t)d.joins);
        control_number(in, "leaves", (int64_t)d.leaves);
        control_text(in, "bundle", buf_str(&bundle));
        control_text(in, "held", buf_str(&held));
        control_piece(in, buf_span(&list), "", false);
    }
    members_done(&d.m);
    buf_done(&bundle);
    buf_done(&held);
    buf_done(&list);
    book_drop(b);
    control_finish(in, e);
}
