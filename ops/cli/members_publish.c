// SPDX-License-Identifier: Apache-2.0
// members publish: hands a signed list to the hub, and says what the hub made of it.
#include "ops/cli/ask.h"
#include "ops/cli/members.h"
#include "ops/cli/show.h"
#include "proto/base/tongue.h"

static void verdict_say(const invocation *v, const Tsunagu__ControlReply *reply)
{
    const Tsunagu__ControlRecord *r = reply->records[0];
    const char *text = record_field(r, "text"), *id = record_field(r, "union"), *serial = record_field(r, "serial");
    err e = reply->status < ERR_COUNT ? (err)reply->status : ERR_INTERNAL;
    if (e)
        complain(v, e, text);
    else if (!v->json) {
        printf(_("list %s of %s is in force at the hub; the nodes fetch it now\n"), serial ? serial : "?", id ? id : "?");
        printf("%s\n", _("`tsunagu applications --all` at the secretariat's node says \"done\" when it holds there"));
    }
}

int members_publish_run(invocation *v)
{
    const char *path = option_value(v, "@LIST");
    members m;
    buf bytes = {0};
    ask a;
    err e = list_read(v, path, &m);
    if (e)
        return exit_of(e);
    if (!m.is_signed)
        complain(v, e = ERR_USAGE, members_why_text(MEMBERS_UNSIGNED));
    if (e == OK)
        e = members_put(&m, &bytes);
    members_done(&m);
    int code = e ? exit_of(e) : ask_pieces(v, "members.publish", buf_span(&bytes), 0, &a);
    buf_done(&bytes);
    if (e || code != EXIT_OK)
        return code;
    e = a.reply->status < ERR_COUNT ? (err)a.reply->status : ERR_INTERNAL;
    if (v->json && a.reply->n_records) {
        show_json(a.reply);
        show_refused();
    }
    if (a.reply->n_records)
        verdict_say(v, a.reply);
    else
        complain(v, e, a.reply->note);
    ask_done(&a);
    return exit_of(e);
}
