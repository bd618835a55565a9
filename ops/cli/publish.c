// SPDX-License-Identifier: Apache-2.0
// policy publish: hands a ratified version to the hub, and says what the hub made of it.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ops/cli/ask.h"
#include "ops/cli/papers.h"
#include "ops/cli/show.h"
#include "policies/ratify/chain.h"
#include "proto/base/tongue.h"

enum { PIECE_BYTES = 512 << 10 };

// At most `most` bytes of a plain file.
static err file_take(const invocation *v, const char *path, size_t most, buf *out)
{
    uint8_t piece[4096];
    FILE *f = fopen(path, "re");
    err e = f ? OK : ERR_IO;
    size_t before = out->len;
    for (size_t n; e == OK && (n = fread(piece, 1, sizeof piece, f)) > 0;)
        e = out->len - before + n > most ? ERR_LIMIT : buf_put(out, piece, n);
    if (e == OK && ferror(f))
        e = ERR_IO;
    if (f)
        fclose(f);
    if (e)
        complain(v, e, path);
    return e;
}

// Piece after piece; the last one's reply stays in *ret.
int ask_pieces(const invocation *v, const char *command, span all, size_t record, ask *ret)
{
    char total[24], at[24], second[24], handle[64] = "";
    snprintf(total, sizeof total, "%zu", all.len);
    snprintf(second, sizeof second, "%zu", record);
    for (size_t sent = 0;;) {
        span piece = span_cut(all, sent, PIECE_BYTES);
        snprintf(at, sizeof at, "%zu", sent);
        const ask_arg args[] = {{"total", total}, {"record", second}, {"at", at},
                                {handle[0] ? "handle" : NULL, handle}, {NULL, NULL}};
        int code = ask_daemon_with(v, command, args, piece, ret);
        if (code != EXIT_OK)
            return code;
        sent += piece.len;
        if (!ret->reply->more || sent >= all.len)
            return EXIT_OK;
        snprintf(handle, sizeof handle, "%s", ret->reply->handle);
        ask_done(ret);
    }
}

static unsigned number_of(const Tsunagu__ControlRecord *r, const char *key)
{
    const char *text = record_field(r, key);
    return text ? (unsigned)strtoul(text, NULL, 10) : 0;
}

static void refusal_put(const Tsunagu__ControlRecord *r, char *out, size_t room)
{
    const char *why = record_field(r, "why"), *seat = record_field(r, "seat"), *text = record_field(r, "text");
    const char *own = why ? chain_sentence(why, seat && seat[0]) : "";
    if (why && strcmp(why, "hub-key") == 0)
        own = _("it does not name this hub's signing key: no ticket would be believed");
    int n = snprintf(out, room, "%s%s%s", seat ? seat : "", seat && seat[0] ? ": " : "", own[0] ? own : text ? text : "");
    if (why && strcmp(why, "few") == 0 && n > 0 && (size_t)n < room)
        snprintf(out + n, room - (size_t)n, _(": %u of %u seats, %u are needed"), number_of(r, "counted"),
                 number_of(r, "seats"), number_of(r, "needed"));
}

static void verdict_say(const invocation *v, const Tsunagu__ControlReply *reply, const rules *bundle)
{
    const Tsunagu__ControlRecord *r = reply->records[0];
    const char *why = record_field(r, "why");
    char text[800], from[11];
    err e = reply->status < ERR_COUNT ? (err)reply->status : ERR_INTERNAL;
    if (e) {
        refusal_put(r, text, sizeof text);
        complain(v, e, text);
        if (bundle)
            fprintf(stderr, _("version %u is refused; version %u stays in force, and the refusal is on record\n"),
                    number_of(r, "version"), number_of(r, "in_force"));
        return;
    }
    if (v->json)
        return;
    if (why && strcmp(why, "same") == 0)
        printf(_("version %u: the hub holds these bytes already\n"), number_of(r, "version"));
    else if (number_of(r, "in_force") >= number_of(r, "version"))
        printf(_("version %u is accepted, and in force\n"), number_of(r, "version"));
    else if (bundle) {
        day_format(policy_effective_from(bundle->p), from);
        printf(_("version %u is accepted; it takes force on %s\n"), number_of(r, "version"), from);
    }
}

int policy_publish_run(invocation *v)
{
    const char *record = option_value(v, "@RECORD");
    buf all = {0};
    ask a = {0};
    rules *bundle = NULL;
    int code = EXIT_FAILED;
    err e = file_take(v, option_value(v, "@BUNDLE"), WIRE_RULES_MAX, &all);
    size_t first = all.len;
    if (e == OK)
        // What it is is the hub's to judge; read here only to name its day.
        e = rules_of(buf_span(&all), &bundle) == ERR_MEM ? ERR_MEM : OK;
    if (e == OK && record)
        e = file_take(v, record, WIRE_RECORD_MAX, &all);
    if (e == OK && all.len == 0)
        complain(v, e = ERR_FORMAT, option_value(v, "@BUNDLE"));
    if (e) {
        code = exit_of(e);
        goto out;
    }
    code = ask_pieces(v, "rules.publish", buf_span(&all), all.len - first, &a);
    if (code != EXIT_OK)
        goto out;
    e = a.reply->status < ERR_COUNT ? (err)a.reply->status : ERR_INTERNAL;
    if (v->json && a.reply->n_records) {
        show_json(a.reply);
        show_refused();
    }
    if (a.reply->n_records)
        verdict_say(v, a.reply, bundle);
    else
        complain(v, e, a.reply->note);
    code = exit_of(e);
    ask_done(&a);
out:
    rules_drop(bundle);
    buf_done(&all);
    return code;
}
