// SPDX-License-Identifier: Apache-2.0
#include "ops/cli/show.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "ops/cli/notes.h"
#include "ops/cli/remarks.h"
#include "ops/cli/words.h"
#include "proto/base/tongue.h"
#include "proto/base/utf8.h"

enum { COLUMNS_MAX = 16 };

void show_safe(FILE *out, const char *text, bool lines)
{
    span s = span_str(text);
    while (s.len) {
        const uint8_t *at = s.at;
        size_t before = s.len;
        uint32_t cp = utf8_next(&s); // an empty rest has no address
        bool kept = lines && (cp == '\n' || cp == '\t');
        // C0, DEL, C1 and the direction marks that can turn a line around.
        bool bad = cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || (cp >= 0x202a && cp <= 0x202e) ||
                   (cp >= 0x2066 && cp <= 0x2069);
        if (bad && !kept)
            fputc(' ', out);
        else
            fwrite(at, 1, before - s.len, out);
    }
}

static json_t *field_json(const Tsunagu__ControlField *f)
{
    if (f->number) {
        char *end;
        long long n = strtoll(f->value, &end, 10);
        if (end != f->value && !*end)
            return json_integer(n);
    }
    json_t *s = json_string(f->value);
    return s ? s : json_string("");
}

static void put_text(json_t *o, const char *key, const char *text)
{
    json_t *s = json_string(text); // a file's name need not be UTF-8
    if (!s) {
        char clean[1024];
        utf8_clean(text, clean, sizeof clean);
        s = json_string(clean);
    }
    json_object_set_new(o, key, s ? s : json_string(""));
}

static bool failure_shown;

void show_refused(void)
{
    failure_shown = true;
}

void show_failure(err e, const char *note)
{
    if (failure_shown)
        return;
    json_t *top = json_object();
    json_object_set_new(top, "ok", json_false());
    json_object_set_new(top, "status", json_string(err_name(e)));
    if (note[0])
        put_text(top, "note", note);
    json_object_set_new(top, "records", json_array());
    json_dumpf(top, stdout, JSON_COMPACT);
    fputc('\n', stdout);
    json_decref(top);
}

void show_rendering(const char *path, const char *type, const char *text)
{
    json_t *top = json_object();
    json_object_set_new(top, "ok", json_true());
    json_object_set_new(top, "status", json_string(err_name(OK)));
    put_text(top, "file", path);
    put_text(top, "type", type);
    put_text(top, "text", text);
    json_dumpf(top, stdout, JSON_COMPACT);
    fputc('\n', stdout);
    json_decref(top);
}

void show_json(const Tsunagu__ControlReply *r)
{
    if (r->status != OK)
        show_refused();
    json_t *top = json_object(), *list = json_array();
    json_object_set_new(top, "ok", json_boolean(r->status == OK));
    json_object_set_new(top, "status", json_string(err_name((err)r->status)));
    if (r->note[0])
        json_object_set_new(top, "note", json_string(r->note));
    for (size_t i = 0; i < r->n_records; i++) {
        const Tsunagu__ControlRecord *rec = r->records[i];
        json_t *o = json_object();
        json_object_set_new(o, "kind", json_string(rec->kind));
        for (size_t k = 0; k < rec->n_fields; k++)
            json_object_set_new(o, rec->fields[k]->key, field_json(rec->fields[k]));
        json_array_append_new(list, o);
    }
    json_object_set_new(top, "records", list);
    if (r->handle && r->handle[0])
        json_object_set_new(top, "handle", json_string(r->handle));
    if (r->more)
        json_object_set_new(top, "more", json_true());
    json_dumpf(top, stdout, JSON_COMPACT);
    fputc('\n', stdout);
    json_decref(top);
}

// "kind: a b c | kind: ..." → the columns of one kind; false if the kind is not named.
static bool columns_of(const char *spec, const char *kind, char names[COLUMNS_MAX][32], int *ret_count)
{
    size_t len = strlen(kind);
    for (const char *at = spec; at && *at;) {
        while (*at == ' ' || *at == '|')
            at++;
        const char *end = strchr(at, '|');
        size_t size = end ? (size_t)(end - at) : strlen(at);
        if (size > len && strncmp(at, kind, len) == 0 && at[len] == ':') {
            int n = 0;
            for (const char *w = at + len + 1; w < at + size && n < COLUMNS_MAX;) {
                while (w < at + size && *w == ' ')
                    w++;
                const char *e = w;
                while (e < at + size && *e != ' ')
                    e++;
                if (e > w && e - w < 32) {
                    memcpy(names[n], w, (size_t)(e - w));
                    names[n++][e - w] = '\0';
                }
                w = e;
            }
            *ret_count = n;
            return true;
        }
        at = end;
    }
    return false;
}

static void cell(const char *text, size_t width)
{
    show_safe(stdout, text, false);
    for (size_t w = utf8_width(span_str(text)); w < width; w++)
        fputc(' ', stdout);
}

static bool is_one_of(const char *key, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i], key) == 0)
            return true;
    return false;
}
#define IS_ONE_OF(key, list) is_one_of(key, list, sizeof(list) / sizeof(list)[0])

// Values as people read them; --json always has them as they are. Until the next call.
static const char *value_of(const char *key, const char *value)
{
    static const char *const keys[] = {
        "state", "status", "why", "review", "strength", "until", "rules", "consented", "verified", "emergency",
        "withdrawn", "twin", "kana_family", "kana_given", "kanji", "birth_date", "sex", "postal",
        "telephone", "insurance", "side", "agreed", "consent", "urgency", "overdue", "by", "event", "form", "kind",
        "categories", "on",
    };
    static const char *const times[] = {"at", "since", "due", "time"};
    static const char *const said[] = {"said", "trouble", "text", "detail", "note"}; // a daemon may have said it, or people
    static char told[2048];
    if (strcmp(key, "remarks") == 0 || IS_ONE_OF(key, said)) {
        buf text = {.max = sizeof told};
        bool put = (strcmp(key, "remarks") == 0 ? remarks_put(&text, value) : note_put(&text, value)) == OK;
        snprintf(told, sizeof told, "%s", put ? buf_str(&text) : value);
        buf_done(&text);
        return told;
    }
    if (IS_ONE_OF(key, times) && strlen(value) == sizeof "2026-04-01T09:00:00.000+09:00" - 1) {
        snprintf(told, sizeof told, "%.10s %.5s", value, value + 11);
        return told;
    }
    if (strcmp(key, "why") == 0 && strcmp(value, "granted") == 0)
        return ""; // nothing speaks against it
    if (strcmp(key, "sex") == 0)
        return word_sex(value);
    return IS_ONE_OF(key, keys) ? word_said(value) : value;
}

static const char *field_of(const Tsunagu__ControlRecord *r, const char *key)
{
    const char *f = record_field(r, key);
    if (f && strcmp(r->kind, "version") == 0 && strcmp(f, "waiting") == 0)
        return _("not yet"); // elsewhere what waits waits for a person
    return f ? value_of(key, f) : "";
}

static void table_show(const Tsunagu__ControlReply *r, size_t from, size_t to, char names[COLUMNS_MAX][32], int n)
{
    size_t widths[COLUMNS_MAX];
    for (int c = 0; c < n; c++) {
        widths[c] = utf8_width(span_str(word_head(names[c])));
        for (size_t i = from; i < to; i++) {
            size_t w = utf8_width(span_str(field_of(r->records[i], names[c])));
            if (w > widths[c])
                widths[c] = w;
        }
    }
    for (int c = 0; c < n; c++) {
        cell(word_head(names[c]), c + 1 < n ? widths[c] + 2 : 0);
    }
    fputc('\n', stdout);
    for (size_t i = from; i < to; i++) {
        for (int c = 0; c < n; c++) {
            cell(field_of(r->records[i], names[c]), c + 1 < n ? widths[c] + 2 : 0);
        }
        fputc('\n', stdout);
    }
}

static void lines_show(const Tsunagu__ControlRecord *rec)
{
    size_t width = 0;
    for (size_t k = 0; k < rec->n_fields; k++) {
        size_t w = utf8_width(span_str(word_head(rec->fields[k]->key)));
        width = w > width ? w : width;
    }
    for (size_t k = 0; k < rec->n_fields; k++) {
        if (!rec->fields[k]->value[0])
            continue;
        cell(word_head(rec->fields[k]->key), width + 2);
        show_safe(stdout, value_of(rec->fields[k]->key, rec->fields[k]->value), false);
        fputc('\n', stdout);
    }
}

void show_records(const Tsunagu__ControlReply *r, const char *columns)
{
    char names[COLUMNS_MAX][32];
    int n;
    for (size_t i = 0; i < r->n_records;) {
        const char *kind = r->records[i]->kind;
        size_t end = i + 1;
        while (end < r->n_records && strcmp(r->records[end]->kind, kind) == 0)
            end++;
        if (i)
            fputc('\n', stdout);
        if (columns && columns_of(columns, kind, names, &n))
            table_show(r, i, end, names, n);
        else
            for (size_t k = i; k < end; k++)
                lines_show(r->records[k]);
        i = end;
    }
}

void show_reply(const invocation *v, const Tsunagu__ControlReply *r)
{
    if (v->json)
        show_json(r);
    else
        show_records(r, v->row->columns);
}

void show_mistakes(const invocation *v, const diag *d, err e, const char *path)
{
    char note[1500];
    const diag_item *first = NULL;
    for (size_t i = 0; i < d->kept && !first; i++)
        first = d->items[i].level == DIAG_ERROR ? &d->items[i] : NULL;
    if (!first) {
        complain(v, e, path);
    } else if (!v->json) {
        diag_print(d, stderr);
    } else {
        if (first->line)
            snprintf(note, sizeof note, "%.400s:%u:%u: %.1000s", first->file, first->line, first->col, first->message);
        else
            snprintf(note, sizeof note, "%.400s: %.1000s", first->file, first->message);
        complain(v, e, note);
    }
}

void show_tally(size_t errors, size_t warnings, char out[static SHOW_TALLY])
{
    char e[SHOW_TALLY / 2], w[SHOW_TALLY / 2];
    snprintf(e, sizeof e, ngettext("%zu error", "%zu errors", errors), errors);
    snprintf(w, sizeof w, ngettext("%zu warning", "%zu warnings", warnings), warnings);
    snprintf(out, SHOW_TALLY, _("%s, %s"), e, w);
}
