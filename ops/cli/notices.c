// SPDX-License-Identifier: Apache-2.0
// notices: what waits for a facility's people, followed as it comes, and taken.
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ops/cli/ask.h"
#include "ops/cli/show.h"
#include "proto/base/tongue.h"

typedef struct reading {
    invocation *v;
    char upto[24];   // the last number that was looked at
    size_t shown;
    bool more;
} reading;

static const char WAIT_MS[] = "20000";

// The last record says how far the answer goes; it is not for people.
static void upto_take(reading *r, Tsunagu__ControlReply *reply)
{
    size_t n = reply->n_records;
    const char *number = n && strcmp(reply->records[n - 1]->kind, "upto") == 0
                             ? record_field(reply->records[n - 1], "number") : NULL;
    if (!number || strlen(number) >= sizeof r->upto)
        return;
    strcpy(r->upto, number);
    reply->n_records--;
}

static int finish(invocation *v, ask *a, int code)
{
    err status = a->reply->status < ERR_COUNT ? (err)a->reply->status : ERR_INTERNAL;
    if (status) {
        if (v->json)
            show_json(a->reply);
        else
            complain(v, status, a->reply->note);
        code = exit_of(status);
    }
    ask_done(a);
    return code;
}

// One page. wait: until something comes, for a while.
static int page(reading *r, bool wait)
{
    ask_arg args[OPTIONS_MAX + 4];
    size_t n = ask_options(r->v, args);
    ask a;
    args[n++] = (ask_arg){"after", r->upto};
    if (wait)
        args[n++] = (ask_arg){"wait_ms", WAIT_MS};
    args[n] = (ask_arg){NULL, NULL};
    int code = ask_daemon(r->v, "notices", args, &a);
    if (code)
        return code;
    if (a.reply->status == OK) {
        upto_take(r, a.reply);
        r->more = a.reply->more;
        if (a.reply->n_records || (r->v->json && !r->shown && !wait))
            show_reply(r->v, a.reply);
        r->shown += a.reply->n_records;
    }
    return finish(r->v, &a, code);
}

static int take(invocation *v, const char *key, const char *number, bool say)
{
    ask_arg args[OPTIONS_MAX + 4];
    size_t kept = 0, n = ask_options(v, args);
    ask a;
    for (size_t i = 0; i < n; i++) // whose they are; what is shown does not matter here
        if (strcmp(args[i].key, "as") == 0 || strcmp(args[i].key, "facility") == 0)
            args[kept++] = args[i];
    args[kept++] = (ask_arg){key, number};
    args[kept] = (ask_arg){NULL, NULL};
    int code = ask_daemon(v, "notices.take", args, &a);
    if (code)
        return code;
    if (a.reply->status == OK && say && v->json)
        show_json(a.reply);
    else if (a.reply->status == OK && say)
        printf(_("notice %s is taken\n"), number);
    return finish(v, &a, code);
}

int notices_run(invocation *v)
{
    const struct timespec beat = {1, 0};
    const char *number = option_value(v, "take");
    bool following = option_value(v, "follow") != NULL;
    reading r = {.v = v, .upto = "0"};
    int code;
    if (number)
        return take(v, "number", number, true);
    do {
        code = page(&r, false);
    } while (code == EXIT_OK && r.more);
    if (code == EXIT_OK && option_value(v, "take-all") && strcmp(r.upto, "0") != 0)
        code = take(v, "up_to", r.upto, false);
    if (code == EXIT_OK && !r.shown && !following && !v->json)
        printf("%s\n", _("no notices"));
    while (code == EXIT_OK && following) {
        size_t before = r.shown;
        time_t began = time(NULL);
        fflush(stdout);
        code = page(&r, true);
        if (code == EXIT_OK && r.shown == before && time(NULL) - began < 2)
            nanosleep(&beat, NULL); // too many follow already: then by asking again
    }
    return code;
}
