// SPDX-License-Identifier: Apache-2.0
// The operator's commands about the rules: publishing a version, and which ones the hub holds.
#include <stdio.h>
#include <string.h>

#include "hub/desk.h"

typedef struct publication {
    control_in *in;
    book_verdict b;
    char note[256];
} publication;

static void verdict_show(control_in *in, const book_verdict *b)
{
    const chain_verdict *v = &b->v;
    control_record(in, "rules");
    control_text(in, "state", b->status ? "refused" : "accepted");
    control_text(in, "why", b->name);
    control_text(in, "text", b->text);
    control_text(in, "seat", v->seat);
    control_number(in, "version", v->version);
    control_bytes(in, "hash", span_of(v->hash.at, HASH_BYTES));
    control_number(in, "counted", v->counted);
    control_number(in, "seats", v->seats);
    control_number(in, "needed", v->needed);
    control_number(in, "in_force", b->in_force);
}

static err publication_log(job *j, store_txn *t)
{
    const publication *p = j->state;
    Tsunagu__LogEntry e = TSUNAGU__LOG_ENTRY__INIT;
    e.event = EVENT_RULES;
    e.status = (uint32_t)p->b.status;
    e.node = j->h->config.name;
    e.note = (char *)p->note;
    return job_log(j, t, &e, NULL);
}

// The operator hears of it once the entry is durable.
static void publication_answer(job *j, err e)
{
    publication *p = j->state;
    control_in *in = p->in;
    if (e == OK)
        verdict_show(in, &p->b);
    control_finish(in, e ? e : p->b.status);
}

static void publication_unsent(job *j)
{
    const publication *p = j->state;
    control_finish(p->in, ERR_BUSY);
}

static void publication_tell(hub *h, control_in *in, const book_verdict *b)
{
    job *j = job_new(h, NULL, NULL, publication_log, publication_answer);
    publication *p = j ? arena_get(&j->memory, sizeof *p) : NULL;
    if (!p) {
        job_free(j);
        control_finish(in, ERR_MEM);
        return;
    }
    *p = (publication){.in = in, .b = *b};
    if (b->text == b->v.text)
        p->b.text = p->b.v.text; // it moved with it
    book_verdict_note(b, p->note);
    j->state = p;
    j->unsent = publication_unsent;
    job_submit(j);
}

void rules_publish(hub *h, control_in *in)
{
    int64_t record = 0;
    buf all = {0};
    book_verdict b;
    if (!h->config.rules_dir) {
        control_note(in, "this hub reads its rules from one file: it needs rules_dir to take versions");
        control_finish(in, ERR_UNSUPPORTED);
        return;
    }
    err e = control_arg_int(in, "record", 0, WIRE_RECORD_MAX, 0, &record);
    if (e) {
        control_finish(in, e);
        return;
    }
    if (!upload_take(&h->upload, in, WIRE_RULES_MAX + WIRE_RECORD_MAX, &all))
        return;
    size_t bundle = (size_t)record < all.len ? all.len - (size_t)record : 0;
    e = book_publish(h, span_cut(buf_span(&all), 0, bundle), span_from(buf_span(&all), bundle), clock_now_ms(), &b);
    buf_done(&all);
    if (e) {
        char text[160];
        snprintf(text, sizeof text, "%s: a version could not be stored: %s", err_name(e), err_text(e));
        hub_note(h, EVENT_RULES, e, h->config.name, text);
        control_note(in, "it could not be stored (%s); the versions held before stay as they were", err_text(e));
        control_finish(in, e);
        return;
    }
    publication_tell(h, in, &b);
}

static void version_show(control_in *in, const chain_version *x, uint32_t in_force)
{
    char from[11], until[11];
    const policy *p = x->r->p;
    uint32_t n = policy_version(p);
    day_format(policy_effective_from(p), from);
    day_format(policy_stale_after(p), until);
    control_record(in, "version");
    control_number(in, "version", n);
    control_text(in, "state", n == in_force ? "in_force" : n < in_force ? "past" : "waiting");
    control_text(in, "from", from);
    control_text(in, "until", until);
    control_number(in, "signatures", (int64_t)x->signatures.count);
    control_bytes(in, "hash", span_of(x->r->hash.at, HASH_BYTES));
}

void rules_list(hub *h, control_in *in)
{
    int64_t from = 0;
    rules *now = hub_rules(h);
    enum { PAGE = 1000 };
    err e = control_arg_int(in, "from", 0, UINT32_MAX, 0, &from);
    pthread_mutex_lock(&h->book.lock);
    size_t count = h->book.versions ? chain_count(h->book.versions) : 0, shown = 0;
    for (size_t i = 0; e == OK && i < count && shown < PAGE; i++) {
        const chain_version *x = chain_get(h->book.versions, i);
        if (policy_version(x->r->p) < (uint64_t)from)
            continue;
        version_show(in, x, policy_version(now->p));
        shown++;
    }
    if (!count && e == OK)
        version_show(in, &(chain_version){.r = now}, policy_version(now->p));
    pthread_mutex_unlock(&h->book.lock);
    rules_drop(now);
    control_finish(in, e);
}
