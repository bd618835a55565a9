// SPDX-License-Identifier: Apache-2.0
#include "proto/control/logdesk.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/luhn.h"

// A page ends where its reader would refuse it: so many fields, so many bytes.
enum { LIST_MAX = 500, RAW_MAX = 500, ENTRY_FIELDS = 90, PAGE_BYTES = WIRE_CONTROL_MAX / 4 * 3 };

static void text_code(control_in *in, const char *key, uint64_t code)
{
    char text[11] = "";
    if (code)
        institution_format(code, text);
    control_text(in, key, text);
}

static void text_sources(control_in *in, const Tsunagu__LogEntry *e)
{
    buf out = {0};
    for (size_t i = 0; i < e->n_sources; i++) {
        char code[11];
        institution_format(e->sources[i]->source, code);
        buf_printf(&out, "%s%s:%s:%u%s", i ? "," : "", code, err_name((err)e->sources[i]->status),
                   e->sources[i]->granted, e->sources[i]->without_consent ? ":without-consent" : "");
    }
    control_text(in, "sources", buf_str(&out));
    buf_done(&out);
}

typedef struct listing {
    control_in *in;
    int64_t left;
    size_t fields, bytes;
    bool raw, cut;
    uint64_t next;
} listing;

static void entry_show(control_in *in, uint64_t seq, const hash32 *hash, const Tsunagu__LogEntry *e)
{
    char when[30];
    time_format(e->time_ms, when);
    control_record(in, "entry");
    control_number(in, "seq", (int64_t)seq);
    control_text(in, "time", when);
    control_text(in, "event", log_event_name(e->event));
    control_text(in, "status", err_name((err)e->status));
    control_text(in, "node", e->node);
    text_code(in, "facility", e->facility);
    control_bytes(in, "user", wire_span(e->user));
    control_text(in, "role", e->role);
    control_text(in, "purpose", e->purpose);
    control_text(in, "reason", e->reason);
    control_bytes(in, "pseudonym", wire_span(e->pseudonym));
    text_code(in, "source", e->source);
    control_number(in, "asked", e->asked);
    control_number(in, "granted", e->granted);
    control_bytes(in, "ticket", wire_span(e->ticket));
    control_bytes(in, "document", wire_span(e->document));
    char rules[17];
    snprintf(rules, sizeof rules, "%016" PRIx64, e->rules);
    control_text(in, "rules", rules);
    text_sources(in, e);
    control_text(in, "note", e->note);
    control_bytes(in, "hash", span_of(hash->at, sizeof hash->at));
}

static err list_one(void *ctx, uint64_t seq, const hash32 *hash, span entry)
{
    listing *l = ctx;
    // In text an entry grows: names of fields, and two digits a byte.
    size_t bytes = l->raw ? entry.len * 2 + 200 : entry.len * 3 + 1000;
    if (l->left == 0 || l->fields + ENTRY_FIELDS > WIRE_FIELDS_MAX ||
        (l->bytes && l->bytes + bytes > PAGE_BYTES)) {
        l->cut = true;
        l->next = seq;
        return ERR_CLOSED;
    }
    l->left--;
    l->fields += l->raw ? ENTRY_FIELDS / 4 : ENTRY_FIELDS;
    l->bytes += bytes;
    if (l->raw) {
        control_record(l->in, "raw");
        control_number(l->in, "seq", (int64_t)seq);
        control_bytes(l->in, "hash", span_of(hash->at, sizeof hash->at));
        control_bytes(l->in, "bytes", entry);
        return OK;
    }
    Tsunagu__LogEntry *e;
    err failed = WIRE_DECODE(entry, Tsunagu__LogEntry, tsunagu__log_entry__descriptor, WIRE_BODY_MAX,
                             control_arena(l->in), &e);
    if (failed)
        return ERR_CORRUPT;
    entry_show(l->in, seq, hash, e);
    return OK;
}

static void listing_run(control_in *in, const accesslog *l, store *s, bool raw, int64_t most, int64_t usual)
{
    int64_t from, limit;
    store_txn *t;
    err e = control_arg_int(in, "from", 0, INT64_MAX, 1, &from);
    if (e == OK)
        e = control_arg_int(in, "limit", 1, most, usual, &limit);
    if (e == OK)
        e = store_read(s, &t);
    if (e) {
        control_finish(in, e);
        return;
    }
    listing w = {.in = in, .left = limit, .raw = raw};
    e = accesslog_walk(l, t, (uint64_t)from, list_one, &w);
    store_end(t);
    if (e == OK && w.cut) {
        char next[24];
        snprintf(next, sizeof next, "%" PRIu64, w.next);
        control_piece(in, (span){0}, next, true);
    }
    control_finish(in, e);
}

void logdesk_list(control_in *in, const accesslog *l, store *s)
{
    listing_run(in, l, s, false, LIST_MAX, 200);
}

void logdesk_raw(control_in *in, const accesslog *l, store *s)
{
    listing_run(in, l, s, true, RAW_MAX, RAW_MAX);
}

// A witness remembers (seq, hash) from an earlier day: the log must still carry it.
static err witness_check(control_in *in, const accesslog *l, store_txn *t)
{
    int64_t seq;
    hash32 want, have;
    err e = control_arg_int(in, "seq", 0, INT64_MAX, 0, &seq);
    const char *hash = control_arg(in, "hash");
    if (e)
        return e;
    if (!hash || hex_get(span_str(hash), want.at, HASH_BYTES) != OK) {
        control_note(in, "hash: 64 hex digits are needed beside seq");
        return ERR_USAGE;
    }
    e = accesslog_hash_at(l, t, (uint64_t)seq, &have);
    if (e == ERR_NOT_FOUND) {
        control_note(in, "the log ends before entry %" PRId64 ", which the witness has seen: it was cut",
                     seq);
        return ERR_CORRUPT;
    }
    if (e == OK && !crypto_same(want.at, have.at, HASH_BYTES)) {
        control_note(in, "entry %" PRId64 " is not the one that the witness has seen: the log was rewritten", seq);
        return ERR_CORRUPT;
    }
    return e;
}

void logdesk_verify(control_in *in, const accesslog *l, store *s)
{
    store_txn *t;
    chain_head head = {0};
    uint64_t bad = 0;
    err e = store_read(s, &t);
    if (e) {
        control_finish(in, e);
        return;
    }
    e = accesslog_verify(l, t, &head, &bad);
    if (e) {
        control_record(in, "log");
        control_number(in, "bad", (int64_t)bad);
        control_note(in, "the log is broken at entry %" PRIu64 ": changed, cut or reordered from there on",
                     bad);
    } else if (control_arg(in, "seq")) {
        e = witness_check(in, l, t);
    }
    store_end(t);
    if (e == OK) {
        control_record(in, "log");
        control_number(in, "seq", (int64_t)head.seq);
        control_bytes(in, "hash", span_of(head.hash.at, HASH_BYTES));
        control_text(in, "verified", "yes");
    }
    control_finish(in, e);
}

err logdesk_head(control_in *in, const accesslog *l, store *s)
{
    store_txn *t;
    chain_head head;
    hash32 hash;
    err e = store_read(s, &t);
    if (e)
        return e;
    // Only the head is wanted: the last sequence and its hash, as stored.
    span key, value;
    head = (chain_head){0};
    e = store_last(t, l->table, &key, &value);
    if (e == OK && key.len == 8) {
        head.seq = be64_get(key.at);
        e = accesslog_hash_at(l, t, head.seq, &hash);
        if (e == OK)
            head.hash = hash;
    } else if (e == ERR_NOT_FOUND) {
        e = OK;
    }
    store_end(t);
    if (e)
        return e;
    control_record(in, "head");
    control_number(in, "seq", (int64_t)head.seq);
    control_bytes(in, "hash", span_of(head.hash.at, HASH_BYTES));
    return OK;
}
