// SPDX-License-Identifier: Apache-2.0
// open, render, scan: documents made readable, and the storages' scan watched.
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "node/ssmix/render.h"
#include "node/ssmix/ssmix.h"
#include "ops/cli/ask.h"
#include "ops/cli/show.h"
#include "proto/base/tongue.h"
#include "proto/base/utf8.h"

enum { SHOW_MAX = 8 << 20 };

// ---- open -------------------------------------------------------------------------

typedef struct sink {
    FILE *file; // --out, or NULL
    buf bytes;  // otherwise
} sink;

static err sink_take(sink *s, span piece)
{
    if (!piece.len)
        return OK;
    if (s->file)
        return fwrite(piece.at, 1, piece.len, s->file) == piece.len ? OK : ERR_IO;
    return buf_put_span(&s->bytes, piece);
}

static int stream_read(const invocation *v, const char *handle, sink *s)
{
    for (;;) {
        ask_arg args[] = {{"handle", handle}, {"as", option_value(v, "as")}, {NULL, NULL}};
        ask a;
        int code = ask_daemon(v, "read", args, &a);
        if (code)
            return code;
        err status = a.reply->status < ERR_COUNT ? (err)a.reply->status : ERR_INTERNAL;
        bool more = a.reply->more;
        char note[WIRE_NOTE_MAX];
        snprintf(note, sizeof note, "%s", a.reply->note);
        if (status == OK)
            status = sink_take(s, wire_span(a.reply->data));
        ask_done(&a);
        if (status) {
            complain(v, status, status == ERR_LIMIT ? _("too large to show: use --out FILE") : note);
            return exit_of(status);
        }
        if (!more)
            return EXIT_OK;
    }
}

static bool is_text(const char *media)
{
    return strncmp(media, "text/", 5) == 0 || strcmp(media, "application/xml") == 0 || strcmp(media, "hl7v2") == 0;
}

// A NUL would end what is shown before its time.
static void nuls_blank(buf *bytes)
{
    for (size_t i = 0; i < bytes->len; i++)
        if (!bytes->at[i])
            bytes->at[i] = ' ';
}

static int document_show(const invocation *v, const Tsunagu__ControlRecord *head, buf *bytes)
{
    const char *media = record_field(head, "media"), *type = record_field(head, "type");
    buf text = {0};
    media = media ? media : "";
    if (option_value(v, "raw")) {
        fwrite(bytes->at, 1, bytes->len, stdout);
        return EXIT_OK;
    }
    if (strcmp(media, "hl7v2") == 0 && render_hl7(type ? type : "", buf_span(bytes), v->japanese, &text) == OK) {
        show_safe(stdout, buf_str(&text), true);
        buf_done(&text);
        return EXIT_OK;
    }
    buf_done(&text);
    if (is_text(media) && utf8_valid(buf_span(bytes))) {
        if (strcmp(media, "hl7v2") == 0)
            fprintf(stderr, _("tsunagu open: this document could not be made readable: what follows are its bytes as "
                              "they are\n"));
        nuls_blank(bytes);
        show_safe(stdout, buf_str(bytes), true);
        fputc('\n', stdout);
        return EXIT_OK;
    }
    if (strcmp(media, "hl7v2") == 0)
        fprintf(stderr, _("tsunagu open: this document could not be made readable\n"));
    fprintf(stderr, _("tsunagu open: %zu bytes of %s: use --out FILE to keep them\n"), bytes->len,
            media[0] ? media : _("unknown form"));
    return EXIT_OK;
}

int open_run(invocation *v)
{
    const char *out = option_value(v, "out");
    ask_arg args[OPTIONS_MAX + 1];
    ask a;
    sink s = {.bytes = {.max = SHOW_MAX}};
    ask_options(v, args);
    int code = ask_daemon(v, "open", args, &a);
    if (code)
        return code;
    if (a.reply->status) {
        err e = a.reply->status < ERR_COUNT ? (err)a.reply->status : ERR_INTERNAL;
        if (v->json)
            show_json(a.reply);
        else
            complain(v, e, a.reply->note);
        ask_done(&a);
        return exit_of(e);
    }
    if (out && !(s.file = fopen(out, "wxe"))) {
        complain(v, errno == EEXIST ? ERR_EXISTS : ERR_IO, out);
        ask_done(&a);
        return EXIT_FAILED;
    }
    code = stream_read(v, a.reply->handle, &s);
    if (s.file) {
        if (fclose(s.file) != 0 && code == EXIT_OK) {
            complain(v, ERR_IO, out);
            code = EXIT_FAILED;
        }
        if (code)
            unlink(out); // half a document must not be taken for a whole one
    }
    if (code == EXIT_OK && (v->json || out))
        show_reply(v, a.reply);
    if (code == EXIT_OK && !out && !v->json && a.reply->n_records)
        code = document_show(v, a.reply->records[0], &s.bytes);
    buf_wipe(&s.bytes);
    ask_done(&a);
    return code;
}

// ---- render -----------------------------------------------------------------------

static err file_read(const char *path, buf *out)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    err e = fd < 0 || fstat(fd, &st) != 0 ? ERR_IO : st.st_size > SHOW_MAX ? ERR_LIMIT : buf_reserve(out, (size_t)st.st_size + 1);
    while (e == OK) {
        ssize_t n = read(fd, out->at + out->len, out->cap - out->len);
        if (n < 0)
            e = ERR_IO;
        if (n <= 0)
            break;
        out->len += (size_t)n;
        if (out->len == out->cap)
            e = ERR_LIMIT;
    }
    if (fd >= 0)
        close(fd);
    return e;
}

static int render_file(const invocation *v, const char *path)
{
    const char *name = strrchr(path, '/');
    ssmix_name parsed;
    char type[SSMIX_TYPE_MAX + 1] = "";
    buf bytes = {0}, text = {0};
    name = name ? name + 1 : path;
    const char *given = option_value(v, "type");
    if (given)
        snprintf(type, sizeof type, "%s", given);
    else if (ssmix_name_parse(span_str(name), &parsed) != OK || span_to_str(parsed.type, type, sizeof type) != OK)
        type[0] = '\0';
    err e = file_read(path, &bytes);
    if (e == OK)
        e = render_hl7(type, buf_span(&bytes), v->japanese, &text);
    if (e == OK && v->json)
        show_rendering(path, type, buf_str(&text));
    else if (e == OK)
        show_safe(stdout, buf_str(&text), true);
    else
        complain(v, e, path);
    buf_wipe(&bytes);
    buf_wipe(&text);
    return exit_of(e);
}

int render_run(invocation *v)
{
    int code = render_file(v, option_value(v, "@FILE..."));
    for (size_t i = 0; i < v->rest_count; i++) {
        if (!v->json)
            putchar('\n');
        int next = render_file(v, v->rest[i]);
        code = code ? code : next;
    }
    return code;
}

// ---- scan -------------------------------------------------------------------------

static long long field_number(const Tsunagu__ControlRecord *r, const char *key)
{
    const char *text = record_field(r, key);
    return text ? atoll(text) : 0;
}

static void contents_line(const Tsunagu__ControlRecord *r)
{
    fprintf(stderr, _("\r%lld documents opened, %lld cut off, %lld wrongly encoded, %lld not HL7 "),
            field_number(r, "opened"), field_number(r, "truncated"), field_number(r, "encoding"),
            field_number(r, "not_hl7"));
}

static void scan_line(const Tsunagu__ControlRecord *r, bool last)
{
    long long took = field_number(r, "took_ms"), files = field_number(r, "files");
    fprintf(last ? stdout : stderr, last ? _("%lld files in %lld.%03lld s (%lld a second): %lld live, %lld patients\n")
                                         : _("\r%lld files, %lld.%03lld s, %lld a second, %lld live, %lld patients "),
            files, took / 1000, took % 1000, files * 1000 / (took ? took : 1), field_number(r, "live"),
            field_number(r, "patients"));
}

static const char *damage_word(const char *why)
{
    static const struct { const char *why, *text; } words[] = {
        {"truncated", N_("cut off")}, {"encoding", N_("wrongly encoded characters")}, {"not HL7", N_("not HL7")}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(words[i].why, why) == 0)
            return _(words[i].text);
    return why;
}

static void scan_skipped(const Tsunagu__ControlReply *r)
{
    static const struct { const char *key, *text; } reasons[] = {
        {"history", N_("superseded versions")},    {"deleted", N_("deleted")},
        {"dirty_name", N_("not a storage's file name")},
        {"dirty_place", N_("not where the name says, or not a plain file")},
        {"vanished", N_("vanished while reading")}, {"unreadable", N_("not readable")},
        {"not_hl7", N_("not HL7, or without a patient")}};
    static const struct { const char *key, *text; } damages[] = {
        {"truncated", N_("cut off")}, {"encoding", N_("wrongly encoded characters")}};
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        long long n = field_number(r->records[0], reasons[i].key);
        if (n)
            printf(_("  skipped %lld: %s\n"), n, _(reasons[i].text));
    }
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        long long n = field_number(r->records[0], damages[i].key);
        if (n)
            printf(_("  damaged %lld: %s\n"), n, _(damages[i].text));
    }
    printf(_("  opened so far %lld of %lld\n"), field_number(r->records[0], "looked_at"),
           field_number(r->records[0], "live"));
    for (size_t i = 1; i < r->n_records; i++) {
        const char *why = record_field(r->records[i], "why"), *path = record_field(r->records[i], "path");
        printf("    %s: ", why ? damage_word(why) : "");
        show_safe(stdout, path ? path : "", false);
        putchar('\n');
    }
}

// How the scan ended: "ok", or an error's name.
static err scan_ended(const Tsunagu__ControlRecord *r)
{
    const char *name = record_field(r, "result");
    for (int e = OK + 1; name && e < ERR_COUNT; e++)
        if (strcmp(err_name((err)e), name) == 0)
            return (err)e;
    return OK;
}

static bool field_is(const Tsunagu__ControlRecord *r, const char *key, const char *value)
{
    const char *text = record_field(r, key);
    return text && strcmp(text, value) == 0;
}

int scan_run(invocation *v)
{
    ask_arg args[OPTIONS_MAX + 1];
    ask a;
    const struct timespec beat = {0, 100000000};
    bool live = isatty(STDERR_FILENO) && !v->json, contents = option_value(v, "contents");
    ask_options(v, args);
    int code = ask_daemon(v, "scan", args, &a);
    if (code)
        return code;
    err status = a.reply->status < ERR_COUNT ? (err)a.reply->status : ERR_INTERNAL;
    if (status) {
        complain(v, status, a.reply->note);
        ask_done(&a);
        return exit_of(status);
    }
    for (;;) {
        ask_done(&a);
        nanosleep(&beat, NULL);
        code = ask_daemon(v, "scan.progress", NULL, &a);
        if (code)
            return code;
        if (a.reply->status || !a.reply->n_records) {
            complain(v, (err)a.reply->status, a.reply->note);
            ask_done(&a);
            return EXIT_FAILED;
        }
        const Tsunagu__ControlRecord *r = a.reply->records[0];
        bool running = field_is(r, "running", "yes");
        if (!running && !(contents && field_is(r, "contents", "running")))
            break;
        if (live && running)
            scan_line(r, false);
        else if (live)
            contents_line(r);
    }
    if (live)
        fputc('\n', stderr);
    status = scan_ended(a.reply->records[0]);
    a.reply->status = (uint32_t)status;
    if (v->json) {
        show_json(a.reply);
    } else {
        scan_line(a.reply->records[0], true);
        scan_skipped(a.reply);
    }
    if (status)
        complain(v, status,
                 _("the scan ended early: is every storage there and readable? The daemon's log says more"));
    ask_done(&a);
    return exit_of(status);
}
