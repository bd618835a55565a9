// SPDX-License-Identifier: Apache-2.0
// log list, export, check: the access log read, taken away, and proved elsewhere.
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ops/cli/ask.h"
#include "ops/cli/notes.h"
#include "ops/cli/show.h"
#include "proto/base/tongue.h"
#include "proto/pact/chain.h"

enum { LINE_MAX_BYTES = 1 << 20 };

static err status_of(const ask *a)
{
    return a->reply->status < ERR_COUNT ? (err)a->reply->status : ERR_INTERNAL;
}

// ---- list ----------------------------------------------------------------------------

static bool wanted(const Tsunagu__ControlRecord *r, const char *event)
{
    const char *have = record_field(r, "event");
    return !event || (have && strcmp(have, event) == 0);
}

static void filter(Tsunagu__ControlReply *r, const char *event, long long *left)
{
    size_t kept = 0;
    for (size_t i = 0; i < r->n_records && *left > 0; i++)
        if (wanted(r->records[i], event)) {
            r->records[kept++] = r->records[i];
            --*left;
        }
    r->n_records = kept;
}

static void row(const char *a, const char *b, const char *c, const char *d, const char *e, const char *f)
{
    printf("%6s  %-19.19s  %-10s  %-12s  %-10s  ", a, b, c, d, e);
    show_safe(stdout, f, false);
    putchar('\n');
}

static const char *or_empty(const char *s)
{
    return s ? s : "";
}

// One line an entry: who asked whom for what, and how it ended.
static void entry_line(const Tsunagu__ControlRecord *r)
{
    char detail[1200] = "";
    static const char *const keys[] = {"facility", "role", "purpose", "reason", "source", "sources", "ticket", "document", "note"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const char *text = record_field(r, keys[i]);
        size_t used = strlen(detail);
        buf words = {.max = 1024};
        bool note = text && strcmp(keys[i], "note") == 0 && note_put(&words, text) == OK;
        if (text && text[0])
            snprintf(detail + used, sizeof detail - used, "%s%s=%s", used ? " " : "", keys[i], note ? buf_str(&words) : text);
        buf_done(&words);
    }
    row(or_empty(record_field(r, "seq")), or_empty(record_field(r, "time")), or_empty(record_field(r, "event")),
        or_empty(record_field(r, "status")), or_empty(record_field(r, "node")), detail);
}

int log_list_run(invocation *v)
{
    const struct timespec beat = {1, 0};
    const char *event = option_value(v, "event");
    bool follow = option_value(v, "follow") != NULL, headed = false;
    long long left = INT64_MAX, from = 1;
    if (!option_number(v, "limit", 1, INT64_MAX, &left) || !option_number(v, "from", 1, INT64_MAX, &from))
        return EXIT_USAGE;
    while (left > 0) {
        char at[24];
        snprintf(at, sizeof at, "%lld", from);
        ask_arg args[] = {{"from", at}, {"limit", "200"}, {NULL, NULL}};
        ask a;
        int code = ask_daemon(v, "log.list", args, &a);
        if (code)
            return code;
        if (status_of(&a)) {
            complain(v, status_of(&a), a.reply->note);
            code = exit_of(status_of(&a));
            ask_done(&a);
            return code;
        }
        bool more = a.reply->more;
        if (a.reply->n_records)
            from = atoll(or_empty(record_field(a.reply->records[a.reply->n_records - 1], "seq"))) + 1;
        filter(a.reply, event, &left);
        if (v->json) {
            if (a.reply->n_records || !headed)
                show_json(a.reply);
            headed = true;
        } else {
            if (!headed)
                row(_("no."), _("time"), _("event"), _("status"), _("node"), "");
            headed = true;
            for (size_t i = 0; i < a.reply->n_records; i++)
                entry_line(a.reply->records[i]);
        }
        ask_done(&a);
        if (!more && !follow)
            break;
        if (!more) {
            fflush(stdout);
            nanosleep(&beat, NULL);
        }
    }
    return EXIT_OK;
}

// ---- export --------------------------------------------------------------------------

static void raw_line(FILE *out, const Tsunagu__ControlRecord *r)
{
    fprintf(out, "{\"seq\":%s,\"hash\":\"%s\",\"bytes\":\"%s\"}\n", or_empty(record_field(r, "seq")),
            or_empty(record_field(r, "hash")), or_empty(record_field(r, "bytes")));
}

int log_export_run(invocation *v)
{
    const char *path = option_value(v, "out");
    long long from = 1, count = 0;
    int code = EXIT_OK;
    if (!option_number(v, "from", 1, INT64_MAX, &from))
        return EXIT_USAGE;
    FILE *out = path ? fopen(path, "wxe") : stdout;
    if (!out) {
        complain(v, errno == EEXIST ? ERR_EXISTS : ERR_IO, path);
        return EXIT_FAILED;
    }
    for (bool more = true; more && code == EXIT_OK;) {
        char at[24];
        snprintf(at, sizeof at, "%lld", from);
        ask_arg args[] = {{"from", at}, {NULL, NULL}};
        ask a;
        code = ask_daemon(v, "log.raw", args, &a);
        if (code)
            break;
        if (status_of(&a)) {
            complain(v, status_of(&a), a.reply->note);
            code = exit_of(status_of(&a));
        }
        for (size_t i = 0; i < a.reply->n_records; i++)
            raw_line(out, a.reply->records[i]);
        count += (long long)a.reply->n_records;
        more = a.reply->more;
        if (a.reply->n_records)
            from = atoll(or_empty(record_field(a.reply->records[a.reply->n_records - 1], "seq"))) + 1;
        ask_done(&a);
    }
    bool whole = !ferror(out); // a failed write long before the end is not told by fclose
    if (path && (fclose(out) != 0 || !whole)) {
        complain(v, ERR_IO, path);
        code = EXIT_FAILED;
    }
    if (path && code)
        unlink(path); // half a log must not be taken for a whole one
    if (path && code == EXIT_OK && v->json)
        printf("{\"ok\":true,\"status\":\"ok\",\"entries\":%lld}\n", count);
    else if (path && code == EXIT_OK)
        printf(_("%s: %lld entries\n"), path, count);
    return code;
}

// ---- check ---------------------------------------------------------------------------

typedef struct checking {
    chain_head at;
    uint64_t witness_seq;
    hash32 witness;
    bool witnessed, seen;
} checking;

static err line_check(checking *c, const char *line)
{
    json_t *o = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
    const char *hash = json_string_value(json_object_get(o, "hash")),
               *bytes = json_string_value(json_object_get(o, "bytes"));
    json_int_t seq = json_integer_value(json_object_get(o, "seq"));
    hash32 want;
    buf entry = {0};
    err e = hash && bytes && seq > 0 ? hex_get(span_str(hash), want.at, HASH_BYTES) : ERR_FORMAT;
    size_t len = bytes ? strlen(bytes) / 2 : 0;
    if (e == OK)
        e = buf_reserve(&entry, len + 1);
    if (e == OK)
        e = hex_get(span_str(bytes), entry.at, len);
    if (e == OK && (uint64_t)seq != c->at.seq + 1)
        e = ERR_CORRUPT;
    if (e == OK) {
        chain_next(&c->at, span_of(entry.at, len));
        if (!crypto_same(c->at.hash.at, want.at, HASH_BYTES))
            e = ERR_CORRUPT;
    }
    if (e == OK && c->witnessed && c->at.seq == c->witness_seq) {
        c->seen = true;
        if (!crypto_same(c->at.hash.at, c->witness.at, HASH_BYTES))
            e = ERR_CORRUPT;
    }
    buf_done(&entry);
    json_decref(o);
    return e;
}

int log_check_run(invocation *v)
{
    const char *path = option_value(v, "@FILE"), *hash = option_value(v, "hash");
    long long seq = 0;
    checking c = {0};
    if (!option_number(v, "seq", 1, INT64_MAX, &seq))
        return EXIT_USAGE;
    if (seq) {
        c.witnessed = true;
        c.witness_seq = (uint64_t)seq;
        if (!hash || hex_get(span_str(hash), c.witness.at, HASH_BYTES) != OK) {
            complain(v, ERR_USAGE, _("--hash: 64 hex digits are needed beside --seq"));
            return EXIT_USAGE;
        }
    }
    FILE *in = fopen(path, "re");
    char *line = malloc(LINE_MAX_BYTES);
    err e = in ? line ? OK : ERR_MEM : ERR_IO;
    while (e == OK && fgets(line, LINE_MAX_BYTES, in))
        e = line_check(&c, line);
    if (e == OK && ferror(in)) // a folder, a failing disk: not the log's end
        e = ERR_IO;
    if (e == OK && c.witnessed && !c.seen)
        e = ERR_CORRUPT;
    if (e == OK) {
        char text[HASH_BYTES * 2 + 1];
        hex_put(text, span_of(c.at.hash.at, HASH_BYTES));
        printf(v->json ? "{\"ok\":true,\"seq\":%" PRIu64 ",\"hash\":\"%s\"}\n" : _("%" PRIu64 " entries follow one from another; the last is %s\n"),
               c.at.seq, text);
    } else {
        char note[200];
        snprintf(note, sizeof note, _("the log is broken after entry %" PRIu64), c.at.seq);
        complain(v, e, in ? note : path);
    }
    free(line);
    if (in)
        fclose(in);
    return exit_of(e);
}
