// SPDX-License-Identifier: Apache-2.0
// policy check, compile, show: from the council's YAML to the bundle.
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "ops/cli/command.h"
#include "ops/cli/papers.h"
#include "ops/cli/show.h"
#include "policies/compiler/compile.h"
#include "policies/engine/forms.h"
#include "policies/rules/rules.h"
#include "policies/writer/writer.h"
#include "proto/base/tongue.h"
#include "proto/base/utf8.h"
#include "proto/crypto/hash.h"

static void diag_json(const diag *d)
{
    json_t *list = json_array(), *top = json_object();
    for (size_t i = 0; i < d->kept; i++) {
        const diag_item *it = &d->items[i];
        char file[1024], message[2048]; // a file's name may be any bytes, a quoted text may be cut in a character
        utf8_clean(it->file, file, sizeof file);
        utf8_clean(it->message, message, sizeof message);
        json_array_append_new(list, json_pack("{s:s, s:s, s:i, s:i, s:s}", "level",
                                              it->level == DIAG_ERROR ? "error" : "warning", "file", file, "line",
                                              (int)it->line, "col", (int)it->col, "message", message));
    }
    if (d->errors)
        show_refused();
    json_object_set_new(top, "ok", json_boolean(d->errors == 0));
    json_object_set_new(top, "status", json_string(err_name(d->errors ? ERR_FORMAT : OK)));
    json_object_set_new(top, "errors", json_integer((json_int_t)d->errors));
    json_object_set_new(top, "warnings", json_integer((json_int_t)d->warnings));
    json_object_set_new(top, "items", list);
    json_dumpf(top, stdout, JSON_COMPACT);
    fputc('\n', stdout);
    json_decref(top);
}

// --previous: names the version before in the new one, as council.yaml should. What council.yaml
// says itself is left as it is, and checked by previous_check.
static err previous_name(const policy_files *files, const rules *old)
{
    for (size_t i = 0; i < files->count; i++) {
        buf *text = &files->items[i].text;
        if (strcmp(files->items[i].name, "council.yaml") != 0)
            continue;
        if ((text->len > 9 && memcmp(text->at, "previous:", 9) == 0) ||
            (text->len && memmem(text->at, text->len, "\nprevious:", 10)))
            return OK;
        buf_put_str(text, text->len && text->at[text->len - 1] != '\n' ? "\nprevious: " : "previous: ");
        buf_put_hex(text, span_of(old->hash.at, HASH_BYTES));
        return buf_put_str(text, "\n");
    }
    return OK; // the compiler will miss the file
}

static err previous_check(const invocation *v, const rules *old, span bundle)
{
    policy *p;
    err e = policy_open(bundle, &p);
    if (e)
        return e;
    ratify_step step = ratify_step_of(old->p, p);
    policy_free(p);
    // The first change may be what gives the council its seats; who ratifies it is another question.
    if (step == STEP_GOOD || step == STEP_NO_SEATS)
        return OK;
    complain(v, ERR_CONFLICT, ratify_step_text(step));
    return ERR_CONFLICT;
}

// Compiles; complains; leaves the bytes in `bundle`. today: also what is suspicious.
static err rulebook_compile(const invocation *v, const day *today, const rules *old, buf *bundle, diag *d)
{
    policy_files files = {0};
    err e = policy_load_dir(option_value(v, "@DIR"), d, &files);
    if (e == OK && old)
        e = previous_name(&files, old);
    if (e == OK)
        e = today ? policy_check(&files, *today, d, bundle) : policy_compile(&files, d, bundle);
    policy_files_done(&files);
    return e;
}

static void diag_show(const invocation *v, const diag *d)
{
    if (v->json)
        diag_json(d);
    else
        diag_print(d, stderr);
}

int policy_check_run(invocation *v)
{
    diag d = {0};
    buf bundle = {0};
    char tally[SHOW_TALLY];
    day today = day_of_time(clock_now_ms());
    err e = rulebook_compile(v, &today, NULL, &bundle, &d);
    if (!v->json || e == OK || d.errors)
        diag_show(v, &d);
    show_tally(d.errors, d.warnings, tally);
    if (!v->json && e == OK)
        printf(_("%s: good; %s\n"), option_value(v, "@DIR"), tally);
    else if (!v->json && d.errors)
        fprintf(stderr, "%s\n", tally);
    else if (e && !d.errors)
        complain(v, e, option_value(v, "@DIR"));
    buf_done(&bundle);
    diag_done(&d);
    return e ? EXIT_FAILED : EXIT_OK;
}

static void aloud_show(const hash32 *hash)
{
    char aloud[HASH_ALOUD_BYTES];
    hash_aloud(hash, aloud);
    printf(_("to read aloud: %s\n"), aloud);
}

int policy_compile_run(invocation *v)
{
    const char *out = option_value(v, "out");
    diag d = {0};
    buf bundle = {0};
    hash32 hash;
    char text[HASH_BYTES * 2 + 1];
    rules *old = NULL;
    if (option_value(v, "previous") && paper_bundle(v, option_value(v, "previous"), &old) != OK)
        return EXIT_FAILED;
    err e = rulebook_compile(v, NULL, old, &bundle, &d);
    if (d.kept && (d.errors || !v->json))
        diag_show(v, &d);
    if (e && !d.errors)
        complain(v, e, option_value(v, "@DIR"));
    if (e == OK && old)
        e = previous_check(v, old, buf_span(&bundle));
    if (e == OK) {
        e = paper_put(out, buf_span(&bundle));
        if (e)
            complain(v, e, out);
    }
    if (e == OK) {
        sha256(buf_span(&bundle), &hash);
        hex_put(text, span_of(hash.at, HASH_BYTES));
        if (v->json)
            printf("{\"ok\":true,\"status\":\"ok\",\"hash\":\"%s\",\"bytes\":%zu,\"warnings\":%zu}\n", text, bundle.len, d.warnings);
        else
            printf(_("%s: %zu bytes\nhash %s\n"), out, bundle.len, text);
        if (!v->json)
            aloud_show(&hash);
    }
    if (old)
        rules_drop(old);
    buf_done(&bundle);
    diag_done(&d);
    return e ? EXIT_FAILED : EXIT_OK;
}

static json_t *facilities_json(const policy *p)
{
    json_t *list = json_array();
    for (int i = 0; i < policy_facility_count(p); i++) {
        policy_facility_view f = policy_facility_at(p, i);
        char code[11];
        snprintf(code, sizeof code, "%010llu", (unsigned long long)f.code);
        json_t *unions = json_array();
        for (int u = 0; u < policy_union_count(p); u++)
            if (f.unions >> u & 1)
                json_array_append_new(unions, json_string(policy_union_text(p, u).id));
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:b, s:o}", "code", code, "name", f.name, "ward",
                                              f.ward, "kind", policy_kind_text(p, f.kind).id, "discloses",
                                              f.discloses, "unions", unions));
    }
    return list;
}

static json_t *texts_json(const policy *p, int count, policy_text (*text)(const policy *, int))
{
    json_t *list = json_array();
    for (int i = 0; i < count; i++) {
        policy_text t = text(p, i);
        if (t.id[0])
            json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "id", t.id, "ja", t.label_ja, "en", t.label_en));
    }
    return list;
}

static json_t *forms_json(const policy *p)
{
    json_t *list = json_array();
    for (int i = 0; i < policy_form_count(p); i++) {
        policy_form f = policy_form_at(p, i);
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:I, s:i}", "id", f.id, "ja", f.label_ja, "en",
                                              f.label_en, "code", f.code, "version", (json_int_t)f.version, "fields",
                                              f.field_count));
    }
    return list;
}

static void show_json_of(const rules *r, const char *hash)
{
    const policy *p = r->p;
    json_t *nodes = json_array();
    for (int i = 0; i < policy_node_count(p); i++) {
        policy_node_view n = policy_node_at(p, i);
        json_array_append_new(nodes, json_pack("{s:s, s:s, s:s}", "name", n.name, "host", n.host, "union",
                                               policy_union_text(p, n.union_no).id));
    }
    json_t *top = json_pack("{s:b, s:s, s:s, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "ok", 1, "status", "ok", "hash", hash, "version",
                            (int)policy_version(p), "unions",
                            texts_json(p, policy_union_count(p), policy_union_text), "categories",
                            texts_json(p, policy_category_count(p), policy_category_text), "kinds",
                            texts_json(p, policy_kind_count(p), policy_kind_text), "roles",
                            texts_json(p, policy_role_count(p), policy_role_text), "purposes",
                            texts_json(p, policy_purpose_count(p), policy_purpose_text), "facilities",
                            facilities_json(p), "nodes", nodes, "forms", forms_json(p));
    json_dumpf(top, stdout, JSON_COMPACT);
    fputc('\n', stdout);
    json_decref(top);
}

static void show_text_of(const rules *r, const char *hash, bool japanese)
{
    const policy *p = r->p;
    char from[11], until[11];
    day_format(policy_effective_from(p), from);
    day_format(policy_stale_after(p), until);
    printf(_("rules version %u, in force from %s, stale after %s\nhash %s\n"), policy_version(p), from, until, hash);
    aloud_show(&r->hash);
    printf(_("%d unions, %d facilities, %d nodes with keys\n\n"), policy_union_count(p), policy_facility_count(p),
           policy_node_count(p));
    for (int i = 0; i < policy_category_count(p); i++) {
        policy_text t = policy_category_text(p, i);
        if (t.id[0])
            printf(_("  %-14s %2d months  %s\n"), t.id, policy_category_window(p, i), japanese ? t.label_ja : t.label_en);
    }
    for (int i = 0; i < policy_form_count(p); i++) {
        policy_form f = policy_form_at(p, i);
        printf(_("%s  %-14s version %u  %s\n"), i ? "" : "\n", f.id, f.version, japanese ? f.label_ja : f.label_en);
    }
}

// --yaml: back to a folder as the council keeps it.
static err show_yaml(const invocation *v, const rules *r, const char *hash, const char *dir)
{
    policy_files files = {0};
    err e = policy_write(r->p, &files);
    if (e == ERR_UNSUPPORTED) {
        complain(v, e, _("no folder of rules has exactly this meaning; the bundle was not made by policy compile"));
        return e;
    }
    if (e == OK)
        e = policy_write_folder(&files, dir);
    if (e)
        complain(v, e, dir);
    else if (v->json)
        printf("{\"ok\":true,\"status\":\"ok\",\"hash\":\"%s\",\"files\":%zu}\n", hash, files.count);
    else
        printf(_("%s: %zu files, which compile to the same bytes\nhash %s\n"), dir, files.count, hash);
    policy_files_done(&files);
    return e;
}

int policy_show_run(invocation *v)
{
    char why[256] = "", hash[HASH_BYTES * 2 + 1];
    rules *r;
    err e = rules_load(option_value(v, "@FILE"), NULL, why, &r);
    if (e) {
        complain(v, e, why);
        return EXIT_FAILED;
    }
    hex_put(hash, span_of(r->hash.at, HASH_BYTES));
    if (option_value(v, "yaml"))
        e = show_yaml(v, r, hash, option_value(v, "yaml"));
    else if (v->json)
        show_json_of(r, hash);
    else
        show_text_of(r, hash, v->japanese);
    rules_drop(r);
    return e ? EXIT_FAILED : EXIT_OK;
}
