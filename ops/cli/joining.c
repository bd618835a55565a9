// SPDX-License-Identifier: Apache-2.0
// join, leave, applications: from the filled form to the draft that the secretariat signs. Each step says the next.
#include <stdlib.h>
#include <string.h>

#include "ops/cli/ask.h"
#include "ops/cli/members.h"
#include "ops/cli/show.h"
#include "policies/forms/filled.h"
#include "proto/base/diag.h"
#include "proto/base/tongue.h"

enum { FORM_FILE_MOST = 1 << 20 };

static err form_file(const invocation *v, const char *path, buf *packed)
{
    buf text = {0};
    diag d = {0};
    filled f;
    err e = paper_bytes(path, FORM_FILE_MOST, &text);
    if (e == OK)
        e = form_read(buf_span(&text), path, &d, &f);
    if (e == OK) {
        e = form_pack(&f, packed);
        filled_done(&f);
    }
    if (e)
        show_mistakes(v, &d, e, path);
    diag_done(&d);
    buf_done(&text);
    return e;
}

// What the daemon says about what it did: shown, or its refusal.
static int answer(const invocation *v, ask *a, const char *next)
{
    err status = a->reply->status < ERR_COUNT ? (err)a->reply->status : ERR_INTERNAL;
    if (v->json)
        show_json(a->reply);
    else if (status) {
        show_reply(v, a->reply); // perhaps the list that something must be of
        complain(v, status, a->reply->note);
    } else {
        show_reply(v, a->reply);
        if (next)
            printf("%s\n", next);
    }
    ask_done(a);
    return exit_of(status);
}

static int file_it(invocation *v, const char *command, span data, const char *next)
{
    ask_arg args[OPTIONS_MAX + 1];
    ask a;
    ask_options(v, args);
    int code = ask_daemon_with(v, command, args, data, &a);
    return code ? code : answer(v, &a, next);
}

int join_run(invocation *v)
{
    Tsunagu__JoinBody b = TSUNAGU__JOIN_BODY__INIT;
    buf form = {0}, pledge = {0}, body = {0};
    err e = form_file(v, option_value(v, "form"), &form);
    if (e == OK)
        e = form_file(v, option_value(v, "pledge"), &pledge);
    b.application = wire_bytes(buf_span(&form));
    b.pledge = wire_bytes(buf_span(&pledge));
    if (e == OK && (e = wire_encode((const ProtobufCMessage *)&b, &body)) != OK)
        complain(v, e, NULL);
    int code = e ? exit_of(e)
                 : file_it(v, "join", buf_span(&body),
                           _("it is on its way to the union's secretariat; `tsunagu applications` shows how it stands"));
    buf_done(&form);
    buf_done(&pledge);
    buf_done(&body);
    return code;
}

int leave_run(invocation *v)
{
    buf form = {0};
    err e = form_file(v, option_value(v, "form"), &form);
    int code = e ? exit_of(e)
                 : file_it(v, "leave", buf_span(&form),
                           _("it is on its way to the union's secretariat; all rights end when its next list is published"));
    buf_done(&form);
    return code;
}

// ---- the draft ----------------------------------------------------------------------------

static err draft_write(const invocation *v, ask *a, char *name, size_t cap, const char *out)
{
    const Tsunagu__ControlRecord *r = a->reply->records[0];
    const char *id = record_field(r, "union"), *serial = record_field(r, "serial");
    if (!out) {
        snprintf(name, cap, "%s-%s.list", id ? id : "union", serial ? serial : "1");
        out = name;
        for (const char *c = id; c && *c; c++)
            if (*c == '/' || *c == '.')
                return ERR_FORMAT;
    } else {
        snprintf(name, cap, "%s", out);
    }
    return paper_write(v, out, wire_span(a->reply->data));
}

// A blank and a word, so that a shell takes it as one: the line is to work as it is printed.
static void word_put(buf *out, const char *text, size_t len)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./+-:@%";
    if (len && strspn(text, plain) >= len) {
        buf_printf(out, " %.*s", (int)len, text);
        return;
    }
    buf_put_str(out, " '");
    for (size_t i = 0; i < len; i++)
        buf_printf(out, text[i] == '\'' ? "'\\''" : "%c", text[i]);
    buf_put_str(out, "'");
}

static void draft_say(const char *path, const Tsunagu__ControlRecord *r)
{
    const char *held = record_field(r, "held"), *bundle = record_field(r, "bundle"), *id = record_field(r, "union");
    printf(_("%s: a draft of list %s of %s: %s come, %s leave\n"), path, record_field(r, "serial"), id,
           record_field(r, "joins"), record_field(r, "leaves"));
    printf(_("next, where the secretariat's key is (take the draft, the rules and the lists there):\n"));
    buf line = {0};
    buf_put_str(&line, "  tsunagu members sign");
    word_put(&line, path, strlen(path));
    for (const char *at = held ? held : ""; *at;) {
        size_t len = strcspn(at, ",");
        word_put(&line, at, len);
        at += len + (at[len] == ',');
    }
    buf_put_str(&line, " --bundle");
    word_put(&line, bundle, strlen(bundle));
    printf("%s --key %s.key\n", buf_str(&line), id);
    buf_done(&line);
}

static int draft(invocation *v, const char *out, bool json)
{
    char path[4096];
    ask a;
    int code = ask_daemon(v, "applications.draft", NULL, &a);
    if (code)
        return code;
    err e = a.reply->status < ERR_COUNT ? (err)a.reply->status : ERR_INTERNAL;
    if (e || !a.reply->n_records) {
        complain(v, e ? e : ERR_FORMAT, a.reply->note);
    } else {
        e = draft_write(v, &a, path, sizeof path, out);
        if (e == OK && json) {
            a.reply->data = (ProtobufCBinaryData){0};
            show_json(a.reply);
        } else if (e == OK && !v->json) {
            draft_say(path, a.reply->records[0]);
        }
    }
    ask_done(&a);
    return exit_of(e);
}

int applications_draft_run(invocation *v)
{
    return draft(v, option_value(v, "out"), v->json);
}

int applications_decide_run(invocation *v)
{
    bool approve = option_value(v, "approve") != NULL, refuse = option_value(v, "refuse") != NULL;
    ask_arg args[OPTIONS_MAX + 2];
    size_t n = ask_options(v, args);
    ask a;
    if (approve == refuse) {
        complain(v, ERR_USAGE, _("either --approve or --refuse is needed"));
        return EXIT_USAGE;
    }
    args[n++] = (ask_arg){"decision", approve ? "approve" : "refuse"};
    args[n] = (ask_arg){NULL, NULL};
    int code = ask_daemon(v, "applications.decide", args, &a);
    if (code == EXIT_OK)
        code = answer(v, &a, approve ? NULL : _("the applicant is told"));
    return code == EXIT_OK && approve ? draft(v, option_value(v, "out"), false) : code;
}
