// SPDX-License-Identifier: Apache-2.0
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "ops/cli/ask.h"
#include "ops/cli/attach.h"
#include "ops/cli/command.h"
#include "ops/cli/notes.h"
#include "ops/cli/show.h"
#include "proto/base/diag.h"
#include "proto/base/tongue.h"
#include "proto/base/utf8.h"

enum { OPT_SOCKET = 1000, OPT_JSON, OPT_LANG, OPT_HELP, OPT_FIRST = 2000 };

int exit_of(err e)
{
    switch (e) {
    case OK: return EXIT_OK;
    case ERR_USAGE: return EXIT_USAGE;
    case ERR_UNREACHABLE: return EXIT_UNREACHABLE;
    case ERR_DENIED: return EXIT_DENIED;
    case ERR_NOT_FOUND: return EXIT_NOT_FOUND;
    case ERR_EXPIRED: case ERR_STALE: return EXIT_EXPIRED;
    case ERR_WITHDRAWN: return EXIT_WITHDRAWN;
    case ERR_AUTH: return EXIT_SEAL;
    case ERR_CORRUPT: return EXIT_CORRUPT;
    case ERR_DEADLINE: return EXIT_LATE;
    default: return EXIT_FAILED;
    }
}

static const char *sentence_of(err e)
{
    switch (e) {
    case ERR_DENIED: return _("not permitted");
    case ERR_NOT_FOUND: return _("not found");
    case ERR_EXPIRED: return _("outside its time");
    case ERR_STALE: return _("older than what is in force");
    case ERR_WITHDRAWN: return _("the patient withdrew, or the consent changed");
    case ERR_UNREACHABLE: return _("cannot be reached now");
    case ERR_AUTH: return _("a signature, a seal or a key does not fit");
    case ERR_CORRUPT: return _("stored data fails its check");
    case ERR_DEADLINE: return _("no answer in time");
    case ERR_CONFLICT: return _("it contradicts what is recorded already");
    case ERR_BUSY: return _("too busy: try again");
    case ERR_CLOSED: return _("the connection ended");
    case ERR_LIMIT: return _("more than a limit allows");
    case ERR_FORMAT: return _("cannot be read");
    case ERR_USAGE: return _("wrong use");
    case ERR_EXISTS: return _("exists already");
    case ERR_IO: return _("the system refused");
    default: return _(err_text(e));
    }
}

static void note_show(FILE *out, const char *note)
{
    buf words = {0};
    bool put = note_put(&words, note) == OK && buf_put_u8(&words, 0) == OK;
    show_safe(out, put ? (const char *)words.at : note, false);
    buf_done(&words);
}

// The last complaint: with --json it is also an object on standard output, once the command has ended.
static struct { err e; char note[512]; } failure;

static void failure_keep(err e, const char *note)
{
    failure.e = e;
    snprintf(failure.note, sizeof failure.note, "%s", note ? note : "");
}

// Wrong use, said in one line.
static void misuse(const char *text)
{
    failure_keep(ERR_USAGE, text);
    fprintf(stderr, "%s\n", text);
}

void complain(const invocation *v, err e, const char *note)
{
    failure_keep(e, note);
    const char *name = v && v->row ? v->row->name : "";
    fprintf(stderr, "tsunagu%s%s: %s", name[0] ? " " : "", name, sentence_of(e));
    if (note && note[0] && strcmp(note, err_text(e)) != 0) {
        fputs(": ", stderr);
        note_show(stderr, note);
    }
    fputc('\n', stderr);
}

const char *option_value(const invocation *v, const char *name)
{
    for (size_t i = 0; v->row->options && v->row->options[i].name; i++)
        if (strcmp(v->row->options[i].name, name) == 0)
            return v->values[i];
    return NULL;
}

bool option_number(const invocation *v, const char *name, long long least, long long most, long long *ret)
{
    const char *text = option_value(v, name);
    char *end;
    if (!text)
        return true;
    long long n = strtoll(text, &end, 0);
    if (end == text || *end || n < least || n > most) {
        char said[512];
        snprintf(said, sizeof said, _("tsunagu %s: --%s: a number from %lld to %lld is needed, not \"%s\""),
                 v->row->name, name, least, most, text);
        misuse(said);
        return false;
    }
    *ret = n;
    return true;
}

// ---- help ----------------------------------------------------------------------

static void column(const char *left, const char *right)
{
    size_t w = utf8_width(span_str(left));
    printf("  %s", left);
    for (; w < 34; w++)
        putchar(' ');
    printf(" %s\n", right);
}

static void help_all(void)
{
    printf(_("Usage: tsunagu COMMAND [OPTION...]\n\n"
             "Links hospital disclosure unions: what a daemon does, and what stands around it.\n\n"));
    const char *group = "";
    for (size_t i = 0; i < command_count; i++) {
        const command_row *c = &command_table[i];
        if (!c->summary) { // a heading
            group = _(c->name);
            printf("%s%s\n", i ? "\n" : "", group);
            continue;
        }
        column(c->name, _(c->summary));
    }
    printf(_("\nEverywhere: --socket PATH (or TSUNAGU_SOCKET) says which daemon, --json prints for machines,\n"
             "--lang ja|en chooses the tongue, --help explains one command.\n"
             "Exit codes: 0 done, 1 failed, 2 wrong use, 3 not reachable, 4 not permitted, 5 not found,\n"
             "6 expired or older than the window, 7 withdrawn, 8 seal or signature broken, 9 stored data\n"
             "damaged, 10 no answer in time.\n"));
}

static void help_group(const char *prefix)
{
    printf(_("Usage: tsunagu %s COMMAND [OPTION...]\n\n"), prefix);
    size_t len = strlen(prefix);
    for (size_t i = 0; i < command_count; i++) {
        const command_row *c = &command_table[i];
        if (c->summary && strncmp(c->name, prefix, len) == 0 && c->name[len] == ' ')
            column(c->name, _(c->summary));
    }
}

static void help_one(const command_row *c)
{
    printf(_("Usage: tsunagu %s"), c->name);
    for (size_t i = 0; c->options && c->options[i].name; i++)
        if (c->options[i].name[0] == '@')
            printf(c->options[i].required ? " %s" : " [%s]", c->options[i].name + 1);
    printf(" [OPTION...]\n\n%s\n", _(c->summary));
    if (c->about)
        printf("\n%s\n", _(c->about));
    if (c->options && c->options[0].name)
        printf("\n");
    for (size_t i = 0; c->options && c->options[i].name; i++) {
        const option_row *o = &c->options[i];
        char left[80], help[300];
        if (o->name[0] == '@')
            snprintf(left, sizeof left, "%s", o->name + 1);
        else
            snprintf(left, sizeof left, "--%s%s%s", o->name, o->arg ? " " : "", o->arg ? o->arg : "");
        snprintf(help, sizeof help, "%s%s", _(o->help), o->required ? _(" (needed)") : "");
        column(left, help);
    }
}

// ---- the command line -------------------------------------------------------------

// The row whose words the arguments begin with; the longest wins. *ret_used: how many words.
static const command_row *command_find(int argc, char **argv, int *ret_used)
{
    const command_row *best = NULL;
    for (size_t i = 0; i < command_count; i++) {
        const command_row *c = &command_table[i];
        if (!c->summary)
            continue;
        const char *at = c->name;
        int used = 0;
        while (*at && used < argc) {
            size_t len = strcspn(at, " ");
            if (strlen(argv[used]) != len || strncmp(argv[used], at, len) != 0)
                break;
            at += len;
            at += *at == ' ';
            used++;
        }
        if (!*at && (!best || used > *ret_used)) {
            best = c;
            *ret_used = used;
        }
    }
    return best;
}

static bool group_exists(const char *word)
{
    size_t len = strlen(word);
    for (size_t i = 0; i < command_count; i++)
        if (command_table[i].summary && strncmp(command_table[i].name, word, len) == 0 &&
            command_table[i].name[len] == ' ')
            return true;
    return false;
}

static int unknown_command(const char *word)
{
    const char *names[128];
    size_t n = 0;
    for (size_t i = 0; i < command_count && n < 128; i++)
        if (command_table[i].summary)
            names[n++] = command_table[i].name;
    const char *near = diag_nearest(word, names, n);
    fprintf(stderr, _("tsunagu: there is no command \"%s\""), word);
    if (near)
        fprintf(stderr, _("; did you mean \"%s\"?"), near);
    fprintf(stderr, _("\nTry: tsunagu --help\n"));
    return EXIT_USAGE;
}

static size_t long_options(const command_row *c, struct option *out)
{
    size_t n = 0;
    out[n++] = (struct option){"socket", required_argument, NULL, OPT_SOCKET};
    out[n++] = (struct option){"json", no_argument, NULL, OPT_JSON};
    out[n++] = (struct option){"lang", required_argument, NULL, OPT_LANG};
    out[n++] = (struct option){"help", no_argument, NULL, OPT_HELP};
    for (int i = 0; c->options && c->options[i].name; i++)
        if (c->options[i].name[0] != '@')
            out[n++] = (struct option){c->options[i].name, c->options[i].arg ? required_argument : no_argument, NULL,
                                       OPT_FIRST + i};
    out[n] = (struct option){0};
    return n;
}

static bool lang_take(invocation *v, const char *lang)
{
    if (strcmp(lang, "ja") != 0 && strcmp(lang, "en") != 0) {
        misuse(_("tsunagu: --lang is ja or en"));
        return false;
    }
    setenv("LC_ALL", "C.UTF-8", 1); // under plain "C" gettext would not follow LANGUAGE
    setenv("LANGUAGE", lang, 1);
    tongue_init();
    v->japanese = strcmp(lang, "ja") == 0;
    return true;
}

static bool positional_take(invocation *v, const char *value)
{
    int last = -1;
    for (int i = 0; v->row->options && v->row->options[i].name; i++) {
        if (v->row->options[i].name[0] != '@')
            continue;
        last = i;
        if (!v->values[i]) {
            v->values[i] = value;
            return true;
        }
    }
    if (last >= 0 && strstr(v->row->options[last].name, "...") && v->rest_count < 256) {
        v->rest[v->rest_count++] = value;
        return true;
    }
    return false;
}

// An option that is none, or lacks its value: with the one that was probably meant.
static void option_misused(const invocation *v, const struct option *options, int c, const char *word)
{
    const char *names[OPTIONS_MAX + 8], *near = NULL;
    size_t count = 0;
    char said[512], bare[64];
    for (; options[count].name; count++)
        names[count] = options[count].name;
    snprintf(bare, sizeof bare, "%.*s", (int)strcspn(word, "="), word);
    if (strncmp(bare, "--", 2) == 0)
        near = diag_nearest(bare + 2, names, count);
    if (c == ':')
        snprintf(said, sizeof said, _("tsunagu %s: %.60s needs a value"), v->row->name, bare);
    else if (near && strcmp(near, bare + 2) == 0)
        snprintf(said, sizeof said, _("tsunagu %s: --%s takes no value"), v->row->name, near);
    else if (near)
        snprintf(said, sizeof said, _("tsunagu %s: there is no option %.60s; did you mean --%s?"), v->row->name, bare, near);
    else
        snprintf(said, sizeof said, _("tsunagu %s: there is no option %.60s"), v->row->name, bare);
    misuse(said);
    fprintf(stderr, _("Try: tsunagu %s --help\n"), v->row->name);
}

// Fills the invocation. Gives -1 to go on, or an exit code.
static int arguments_read(invocation *v, int argc, char **argv)
{
    struct option options[OPTIONS_MAX + 8];
    long_options(v->row, options);
    optind = 1;
    opterr = 0; // said by ourselves, in the user's language
    for (int c; (c = getopt_long(argc, argv, ":", options, NULL)) != -1;) {
        if (c == OPT_SOCKET)
            v->socket = optarg;
        else if (c == OPT_JSON)
            v->json = true;
        else if (c == OPT_LANG) {
            if (!lang_take(v, optarg))
                return EXIT_USAGE;
        } else if (c == OPT_HELP) {
            help_one(v->row);
            return EXIT_OK;
        } else if (c >= OPT_FIRST)
            v->values[c - OPT_FIRST] = optarg ? optarg : "";
        else {
            option_misused(v, options, c, argv[optind - 1]);
            return EXIT_USAGE;
        }
    }
    for (; optind < argc; optind++) {
        if (!positional_take(v, argv[optind])) {
            char said[512];
            snprintf(said, sizeof said, _("tsunagu %s: \"%s\" is one word too many"), v->row->name, argv[optind]);
            misuse(said);
            return EXIT_USAGE;
        }
    }
    for (int i = 0; v->row->options && v->row->options[i].name; i++) {
        const option_row *o = &v->row->options[i];
        if (o->required && !v->values[i]) {
            char said[512];
            snprintf(said, sizeof said, _("tsunagu %s: %s%s is needed: %s"), v->row->name,
                     o->name[0] == '@' ? "" : "--", o->name[0] == '@' ? o->name + 1 : o->name, _(o->help));
            misuse(said);
            return EXIT_USAGE;
        }
    }
    return -1;
}

static int control_run(invocation *v)
{
    ask_arg args[OPTIONS_MAX + 4];
    ask a;
    attached files;
    (void)ask_options(v, args);
    int code = attach(v, args, &files);
    if (code)
        return code;
    size_t n = 0;
    while (args[n].key)
        n++;
    for (;;) {
        code = ask_daemon_with(v, v->row->control, args, buf_span(&files.data), &a);
        attached_done(&files); // sent once
        if (code)
            return code;
        err status = a.reply->status < ERR_COUNT ? (err)a.reply->status : ERR_INTERNAL;
        if (v->json || a.reply->n_records)
            show_reply(v, a.reply);
        if (status) {
            if (!v->json)
                complain(v, status, a.reply->note);
            ask_done(&a);
            return exit_of(status);
        }
        if (!a.reply->n_records && !v->json && a.reply->note[0]) {
            note_show(stdout, a.reply->note);
            putchar('\n');
        }
        // A long answer comes in parts.
        char handle[64];
        bool more = a.reply->more && a.reply->handle && a.reply->handle[0] && strlen(a.reply->handle) < sizeof handle;
        if (more)
            strcpy(handle, a.reply->handle);
        ask_done(&a);
        if (!more)
            return EXIT_OK;
        args[n] = (ask_arg){"handle", handle};
        args[n + 1] = (ask_arg){NULL, NULL};
    }
}

// The options that hold everywhere may also stand before the command: `tsunagu --lang ja status`.
// Gives how many words they take; *ret_code >= 0: stop with it.
static int common_read(invocation *v, int argc, char **argv, int *ret_code)
{
    int at = 1;
    *ret_code = -1;
    for (; at < argc && argv[at][0] == '-' && *ret_code < 0; at++) {
        bool valued = at + 1 < argc;
        if (strcmp(argv[at], "--json") == 0) {
            v->json = true;
        } else if (strcmp(argv[at], "--socket") == 0 && valued) {
            v->socket = argv[++at];
        } else if (strcmp(argv[at], "--lang") == 0 && valued) {
            *ret_code = lang_take(v, argv[++at]) ? -1 : EXIT_USAGE;
        } else if (strcmp(argv[at], "--version") == 0) {
            puts("tsunagu 0.1.0");
            *ret_code = EXIT_OK;
        } else if (strcmp(argv[at], "--help") == 0) {
            help_all();
            *ret_code = EXIT_OK;
        } else {
            *ret_code = unknown_command(argv[at]);
        }
    }
    return at - 1;
}

// No row has these words: a group's help, or what was probably meant.
static int no_command(int argc, char **argv, bool json)
{
    if (argc < 2 || strcmp(argv[1], "help") == 0) {
        help_all();
        return argc < 2 ? EXIT_USAGE : EXIT_OK;
    }
    if (!group_exists(argv[1]))
        return unknown_command(argv[1]);
    if (argc > 2 && argv[2][0] != '-') {
        char both[128];
        snprintf(both, sizeof both, "%s %s", argv[1], argv[2]);
        return unknown_command(both);
    }
    bool asked = argc > 2 && strcmp(argv[2], "--help") == 0;
    if (asked || !json)
        help_group(argv[1]);
    return asked ? EXIT_OK : EXIT_USAGE;
}

// Whoever reads JSON finds the reason there too, not only on standard error.
static void failure_show(int code)
{
    if (code == EXIT_OK)
        return;
    if (failure.e == OK)
        failure.e = code == EXIT_USAGE ? ERR_USAGE : ERR_INTERNAL;
    show_failure(failure.e, failure.note);
}

static bool json_wanted(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--json") == 0)
            return true;
    return false;
}

int main(int argc, char **argv)
{
    int used = 0, code;
    bool json = json_wanted(argc, argv); // also where the arguments cannot be understood
    tongue_init();
    invocation v = {.socket = getenv("TSUNAGU_SOCKET"), .japanese = tongue_is_japanese()};
    int early = common_read(&v, argc, argv, &code);
    argc -= early;
    argv += early;
    if (code < 0) {
        v.row = command_find(argc - 1, argv + 1, &used);
        code = v.row ? arguments_read(&v, argc - used, argv + used) : no_command(argc, argv, json);
    }
    if (code < 0)
        code = v.row->run ? v.row->run(&v) : control_run(&v);
    if (json)
        failure_show(code);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "tsunagu: %s\n", _("the output could not be written"));
        return EXIT_FAILED;
    }
    return code;
}
