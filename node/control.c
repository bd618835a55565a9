// SPDX-License-Identifier: Apache-2.0
// Every command of the control socket on one page (proto/control/COMMANDS.md).
#include <stdio.h>
#include <string.h>

#include "node/charts/charts.h"
#include "node/clinic/clinic.h"
#include "node/counter/consents.h"
#include "node/counter/filing.h"
#include "node/counter/objections.h"
#include "node/desk.h"
#include "node/flow/flow.h"
#include "node/joining/joining.h"
#include "node/liaison/liaison.h"
#include "node/line/outbox.h"
#include "node/line/post.h"
#include "node/line/uplink.h"
#include "node/office/notice.h"
#include "node/openings/reviews.h"
#include "node/rulebook/rulebook.h"
#include "node/scanning/scan.h"
#include "node/viewing/viewer.h"
#include "node/flow/withdrawal.h"
#include "proto/base/luhn.h"
#include "proto/control/logdesk.h"

enum { WAIT_DEFAULT_MS = 10000, WAIT_MAX_MS = 300000 };

typedef struct figures {
    uint64_t pending, consents;
    size_t used, map;
} figures;

static err figures_read(node *n, figures *ret)
{
    store_txn *t;
    err e = store_read(n->keep, &t);
    if (e)
        return e;
    e = outbox_count(t, &ret->pending);
    if (e == OK)
        e = store_count(t, TABLE_CONSENT, &ret->consents);
    store_end(t);
    return e ? e : store_sizes(n->keep, &ret->used, &ret->map);
}

static void status_show(node *n, control_in *in)
{
    figures f = {0};
    uint64_t patients, documents;
    time_ms last;
    char when[30] = "";
    err e = figures_read(n, &f);
    scan_figures(n->scan, &patients, &documents, &last);
    control_record(in, "status");
    control_text(in, "program", "tsunagu-node");
    control_text(in, "name", n->config.name);
    control_text(in, "version", "0.1.0");
    uplink_show(n, in);
    rulebook_show(n, in);
    control_number(in, "store_used", (int64_t)f.used);
    control_number(in, "store_map", (int64_t)f.map);
    control_number(in, "pending", (int64_t)f.pending);
    control_number(in, "patients", (int64_t)patients);
    control_number(in, "documents", (int64_t)documents);
    control_number(in, "consents", (int64_t)f.consents);
    post_show(n, in);
    withdrawals_show(n, in);
    notice_show(n, in);
    if (last)
        time_format(last, when);
    control_text(in, "last_scan", when);
    if (e == OK)
        e = logdesk_head(in, &n->log, n->keep);
    control_finish(in, e);
}

static void scan_begin(node *n, control_in *in)
{
    const char *full = control_arg(in, "full"), *contents = control_arg(in, "contents");
    if (!n->index) {
        control_note(in, "this node has no storages");
        control_finish(in, ERR_USAGE);
        return;
    }
    // One that runs already will do.
    (void)scan_ask(n->scan, full && strcmp(full, "yes") == 0, contents && strcmp(contents, "yes") == 0);
    control_record(in, "scan");
    control_text(in, "running", "yes");
    control_finish(in, OK);
}

static void scan_progress(node *n, control_in *in)
{
    scan_show(n->scan, in);
    control_finish(in, OK);
}

static void publish_wait(node *n, control_in *in)
{
    int64_t seq, timeout;
    err e = control_arg_int(in, "seq", 1, INT64_MAX, 0, &seq);
    if (e == OK)
        e = control_arg_int(in, "timeout_ms", 0, WAIT_MAX_MS, WAIT_DEFAULT_MS, &timeout);
    if (e)
        control_finish(in, e);
    else
        uplink_wait(n, in, (uint64_t)seq, clock_now_ms() + timeout);
}

static void users_show(node *n, control_in *in)
{
    book *b = node_book(n);
    pthread_mutex_lock(&n->book_lock);
    for (size_t i = 0; i < n->people_now.count; i++) {
        const person *p = &n->people_now.items[i];
        char code[11];
        int f = policy_facility(b->r->p, p->facility);
        institution_format(p->facility, code);
        control_record(in, "user");
        control_text(in, "user", p->user);
        control_text(in, "facility", code);
        control_text(in, "facility_name", f == POLICY_NONE ? "" : policy_facility_at(b->r->p, f).name);
        control_text(in, "role", p->role);
        int role = policy_role(b->r->p, p->role);
        policy_text named = role == POLICY_NONE ? (policy_text){0} : policy_role_text(b->r->p, role);
        control_text(in, "role_name", !named.id ? p->role : control_japanese(in) ? named.label_ja : named.label_en);
    }
    pthread_mutex_unlock(&n->book_lock);
    book_drop(b);
    control_finish(in, OK);
}

static void lookup(node *n, control_in *in)
{
    sheet_lookup(n, in, false);
}

static void timeline(node *n, control_in *in)
{
    const char *handle = control_arg(in, "handle");
    if (handle && handle[0])
        sheet_manifest(n, in); // its further pages
    else
        sheet_lookup(n, in, true);
}

static void log_list(node *n, control_in *in)
{
    logdesk_list(in, &n->log, n->keep);
}

static void log_raw(node *n, control_in *in)
{
    logdesk_raw(in, &n->log, n->keep);
}

static void log_verify(node *n, control_in *in)
{
    logdesk_verify(in, &n->log, n->keep);
}

static void log_head(node *n, control_in *in)
{
    chain_head h;
    time_ms at;
    store_txn *t;
    char when[30];
    err e = logdesk_head(in, &n->log, n->keep);
    if (e == OK)
        e = store_read(n->keep, &t);
    if (e == OK) {
        err have = witness_get(t, &h, &at);
        store_end(t);
        if (have == OK) {
            time_format(at, when);
            control_record(in, "witness");
            control_number(in, "seq", (int64_t)h.seq);
            control_bytes(in, "hash", span_of(h.hash.at, HASH_BYTES));
            control_text(in, "time", when);
        } else if (have != ERR_NOT_FOUND) {
            e = have;
        }
    }
    control_finish(in, e);
}

// Each command passes a gate: once the node stops, what is still under way is finished and nothing
// new begins; jobs_open counts both (node_close waits for it).
static void gate(void *ctx, control_in *in, void (*f)(node *n, control_in *in))
{
    node *n = ctx;
    __atomic_add_fetch(&n->jobs_open, 1, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&n->closing, __ATOMIC_SEQ_CST))
        control_finish(in, ERR_CLOSED);
    else
        f(n, in);
    __atomic_sub_fetch(&n->jobs_open, 1, __ATOMIC_SEQ_CST);
}

#define GATED(f) \
    static void gated_##f(void *ctx, control_in *in) \
    { \
        gate(ctx, in, f); \
    }
GATED(status_show)
GATED(scan_begin)
GATED(scan_progress)
GATED(charts_list)
GATED(charts_documents)
GATED(charts_identity)
GATED(charts_candidates)
GATED(consent_confirm)
GATED(consents_list)
GATED(consent_withdraw)
GATED(publish_wait)
GATED(objection_say)
GATED(reviews_list)
GATED(review_close)
GATED(uplink_resync)
GATED(users_show)
GATED(own_register)
GATED(own_withdraw)
GATED(withdrawals_list)
GATED(lookup)
GATED(timeline)
GATED(tickets_show)
GATED(letters_show)
GATED(request_new)
GATED(request_list)
GATED(request_cancel)
GATED(request_reply)
GATED(request_send)
GATED(request_change)
GATED(change_accept)
GATED(change_keep)
GATED(inbox_list)
GATED(inbox_show)
GATED(inbox_accept)
GATED(inbox_check)
GATED(inbox_reject)
GATED(inbox_ask_back)
GATED(join_file)
GATED(leave_file)
GATED(applications_list)
GATED(applications_show)
GATED(applications_decide)
GATED(applications_draft)
GATED(notice_list)
GATED(notice_take)
GATED(notice_targets)
GATED(notice_trial)
GATED(filing_add)
GATED(filing_replace)
GATED(filing_list)
GATED(filing_retract)
GATED(filing_consent)
GATED(filing_withdraw)
GATED(filing_objection)
GATED(sheet_manifest)
GATED(reading_open)
GATED(reading_read)
GATED(rulebook_list)
GATED(log_list)
GATED(log_raw)
GATED(log_verify)
GATED(log_head)

// owner_only: what shows or changes patients of this hospital. The viewing side's commands ask the people file.
const control_row node_commands[] = {
    {"status", gated_status_show, false},
    {"scan", gated_scan_begin, true},
    {"scan.progress", gated_scan_progress, false},
    {"charts", gated_charts_list, true},
    {"documents", gated_charts_documents, true},
    {"identity", gated_charts_identity, true},
    {"candidates", gated_charts_candidates, true},
    {"confirm", gated_consent_confirm, true},
    {"consents", gated_consents_list, true},
    {"withdraw", gated_consent_withdraw, true},
    {"objection", gated_objection_say, true},
    {"publish.wait", gated_publish_wait, false},
    {"reviews", gated_reviews_list, false},
    {"review", gated_review_close, false},
    {"resync", gated_uplink_resync, true},
    {"users", gated_users_show, false},
    {"register", gated_own_register, false},
    {"own.withdraw", gated_own_withdraw, false},
    {"own.withdrawals", gated_withdrawals_list, false},
    {"lookup", gated_lookup, false},
    {"timeline", gated_timeline, false},
    {"ticket", gated_tickets_show, true},
    {"notices", gated_notice_list, false},
    {"notices.take", gated_notice_take, false},
    {"notices.targets", gated_notice_targets, true},
    {"notices.test", gated_notice_trial, true},
    {"join", gated_join_file, false},
    {"leave", gated_leave_file, false},
    {"applications", gated_applications_list, true},
    {"applications.show", gated_applications_show, true},
    {"applications.decide", gated_applications_decide, true},
    {"applications.draft", gated_applications_draft, true},
    {"letters", gated_letters_show, true},
    {"request", gated_request_new, false},
    {"requests", gated_request_list, false},
    {"request.cancel", gated_request_cancel, false},
    {"request.reply", gated_request_reply, false},
    {"request.send", gated_request_send, false},
    {"request.change", gated_request_change, false},
    {"inbox", gated_inbox_list, false},
    {"inbox.show", gated_inbox_show, false},
    {"accept", gated_inbox_accept, false},
    {"check", gated_inbox_check, false},
    {"reject", gated_inbox_reject, false},
    {"ask-back", gated_inbox_ask_back, false},
    {"shelf.add", gated_filing_add, false},
    {"shelf.replace", gated_filing_replace, false},
    {"shelf.list", gated_filing_list, false},
    {"shelf.retract", gated_filing_retract, false},
    {"shelf.consent", gated_filing_consent, false},
    {"shelf.withdraw", gated_filing_withdraw, false},
    {"shelf.objection", gated_filing_objection, false},
    {"change.accept", gated_change_accept, false},
    {"change.keep", gated_change_keep, false},
    {"manifest", gated_sheet_manifest, false},
    {"open", gated_reading_open, false},
    {"read", gated_reading_read, false},
    {"rules.list", gated_rulebook_list, false},
    {"log.list", gated_log_list, true},
    {"log.raw", gated_log_raw, true},
    {"log.verify", gated_log_verify, false},
    {"log.head", gated_log_head, false},
};
const size_t node_command_count = sizeof node_commands / sizeof node_commands[0];
