// SPDX-License-Identifier: Apache-2.0
// policy explain, diff, matrix, impact: what the rules mean, and what a change would do.
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "ops/cli/command.h"
#include "ops/cli/papers.h"
#include "ops/cli/show.h"
#include "policies/rules/rules.h"
#include "policies/workshop/diff.h"
#include "policies/workshop/explain.h"
#include "policies/workshop/impact.h"
#include "policies/workshop/matrix.h"
#include "policies/workshop/names.h"
#include "proto/base/tongue.h"
#include "proto/pact/chain.h"
#include "proto/wire/wire.h"

// ---- reading the rules -------------------------------------------------------------

static err origin_of_dir(const invocation *v, const char *dir, origin **ret)
{
    diag d = {0};
    policy_files files = {0};
    err e = policy_load_dir(dir, &d, &files);
    if (e == OK) {
        e = origin_open(&files, &d, ret);
        policy_files_done(&files);
    }
    if (e)
        show_mistakes(v, &d, e, dir);
    diag_done(&d);
    return e;
}

// ---- explain -----------------------------------------------------------------------

static void option_refused(const invocation *v, const char *option, const char *why)
{
    char note[600];
    snprintf(note, sizeof note, "--%s: %s", option, why);
    complain(v, ERR_USAGE, note);
}

static bool name_option(const invocation *v, const policy *p, const char *option, name_noun noun, const char *otherwise,
                        int *ret)
{
    buf why = {0};
    const char *text = option_value(v, option);
    if (!text && !otherwise)
        return true;
    err e = name_find(p, noun, text ? text : otherwise, &why, ret);
    if (e)
        option_refused(v, option, buf_str(&why));
    buf_done(&why);
    return e == OK;
}

static bool day_option(const invocation *v, const char *option, day *ret)
{
    const char *text = option_value(v, option);
    if (!text || day_parse(span_str(text), ret) == OK)
        return true;
    char why[300];
    snprintf(why, sizeof why, _("\"%.60s\" is no date; write 2026-04-01 or 令和8年4月1日"), text);
    option_refused(v, option, why);
    return false;
}

// "no", or the categories it covers, with commas; nothing said: all.
static bool consent_option(const invocation *v, const policy *p, policy_question *q)
{
    const char *text = option_value(v, "consent");
    q->consented = !text || strcmp(text, "no") != 0;
    q->consent_categories = UINT32_MAX;
    if (!text || !q->consented || strcmp(text, "all") == 0)
        return true;
    char *list = strdup(text), *rest = list;
    bool good = list != NULL;
    q->consent_categories = 0;
    for (char *word; good && (word = strsep(&rest, ","));) {
        buf why = {0};
        int bit;
        good = name_find(p, NAME_CATEGORY, word, &why, &bit) == OK;
        if (good)
            q->consent_categories |= 1u << bit;
        else
            option_refused(v, "consent", buf_str(&why));
        buf_done(&why);
    }
    free(list);
    return good;
}

static bool question_read(const invocation *v, const policy *p, explain_question *k)
{
    policy_question *q = &k->q;
    *k = (explain_question){.q = {.viewer_union = POLICY_NONE, .today = day_of_time(clock_now_ms())},
                            .japanese = v->japanese};
    q->consent_from = day_of(1900, 1, 1);
    q->consent_until = DAY_FOREVER;
    bool good = day_option(v, "date", &q->today);
    q->registered_on = q->today;
    good &= day_option(v, "registered-on", &q->registered_on);
    good &= day_option(v, "consent-from", &q->consent_from) && day_option(v, "consent-until", &q->consent_until);
    good &= name_option(v, p, "viewer", NAME_FACILITY, NULL, &q->viewer);
    good &= name_option(v, p, "source", NAME_FACILITY, NULL, &q->source);
    good &= name_option(v, p, "role", NAME_ROLE, NULL, &q->role);
    good &= name_option(v, p, "category", NAME_CATEGORY, NULL, &k->category);
    good &= name_option(v, p, "purpose", NAME_PURPOSE, "treatment", &q->purpose);
    good &= name_option(v, p, "through", NAME_UNION, NULL, &q->viewer_union);
    return good && consent_option(v, p, q);
}

static void explain_json(const policy *p, const explanation *x)
{
    json_t *steps = json_array();
    char from[11];
    day_format(x->from, from);
    for (size_t i = 0; i < x->count; i++) {
        const explain_step *s = &x->steps[i];
        json_array_append_new(steps, json_pack("{s:s, s:b, s:s?, s:i, s:s, s:s?}", "layer", explain_layer_name(s->layer),
                                               "passes", s->passes, "file", s->place.file, "line", (int)s->place.line,
                                               "said", s->said, "change", s->change));
    }
    json_t *top = json_pack("{s:b, s:s, s:b, s:s, s:s, s:s, s:s, s:o}", "ok", 1, "status", "ok", "granted", x->granted, "why",
                            policy_why_name(x->why), "from", from, "through", policy_union_text(p, x->viewer_union).id,
                            "headline", x->headline, "layers", steps);
    json_dumpf(top, stdout, JSON_COMPACT);
    fputc('\n', stdout);
    json_decref(top);
}

int policy_explain_run(invocation *v)
{
    origin *o = NULL;
    explain_question k;
    explanation x;
    arena a;
    buf out = {0};
    int code = EXIT_FAILED;
    arena_init(&a, 0);
    if (origin_of_dir(v, option_value(v, "@DIR"), &o))
        goto out;
    code = EXIT_USAGE;
    if (!question_read(v, origin_policy(o), &k))
        goto out;
    err e = explain_run(o, &k, &a, &x);
    if (e == OK && !v->json)
        e = explain_put(&x, &out);
    code = exit_of(e);
    if (e)
        complain(v, e, NULL);
    else if (v->json)
        explain_json(origin_policy(o), &x);
    else
        fputs(buf_str(&out), stdout);
out:
    buf_done(&out);
    arena_done(&a);
    origin_free(o);
    return code;
}

// ---- diff --------------------------------------------------------------------------

static json_t *mask_json(const diff_axis *a, uint32_t mask)
{
    json_t *list = json_array();
    for (int i = 0; i < a->count && i < 32; i++)
        if (mask >> i & 1)
            json_array_append_new(list, json_string(a->text[i].id));
    return list;
}

// {"nurse": ["treatment"]}
static json_t *rows_json(const diff_axis *rows, const uint32_t *masks, const diff_axis *columns)
{
    json_t *o = json_object();
    for (int i = 0; i < rows->count; i++)
        if (masks[i])
            json_object_set_new(o, rows->text[i].id, mask_json(columns, masks[i]));
    return o;
}

static json_t *value_json(diff_value x, bool dated)
{
    char from[11], until[11];
    if (!x.months)
        return json_null();
    if (!dated)
        return json_pack("{s:i}", "months", x.months);
    day_format(x.from, from);
    day_format(x.until, until);
    return json_pack("{s:i, s:s, s:s}", "months", x.months, "from", from, "until", until);
}

static json_t *whom_json(const diff *d, const diff_group *g)
{
    json_t *o = json_object();
    for (int i = 0; i < d->unions.count; i++) {
        json_t *list = json_array();
        for (int u = 0; u < d->unions.count; u++)
            if (diff_set_has(&g->whom[i], u))
                json_array_append_new(list, json_string(d->unions.text[u].id));
        if (json_array_size(list))
            json_object_set_new(o, d->unions.text[i].id, list);
        else
            json_decref(list);
    }
    return o;
}

static json_t *example_json(const diff *d, const diff_group *g)
{
    diff_example x;
    const policy *p = g->after.months ? d->new_rules : d->old_rules;
    if (!diff_example_of(d, g, &x))
        return json_null();
    char viewer[11], source[11];
    snprintf(viewer, sizeof viewer, "%010llu", (unsigned long long)policy_facility_at(p, x.viewer).code);
    snprintf(source, sizeof source, "%010llu", (unsigned long long)policy_facility_at(p, x.source).code);
    return json_pack("{s:s, s:s, s:s, s:s, s:s}", "viewer", viewer, "source", source, "role",
                     d->roles.text[x.right.role].id, "purpose", d->purposes.text[x.right.purpose].id, "category",
                     d->categories.text[x.right.category].id);
}

static void diff_json(const diff *d)
{
    static const char *const CHANGES[MEMBER_CHANGES] = {"joined", "joined-disclosing", "left", "discloses",
                                                        "stops-disclosing", "kind"};
    json_t *groups = json_array(), *members = json_array();
    for (size_t i = 0; i < d->group_count; i++) {
        const diff_group *g = &d->groups[i];
        json_t *who = g->ruled ? json_string("as-the-rules-allow") : rows_json(&d->roles, g->who, &d->purposes);
        json_array_append_new(groups, json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "before",
                                                value_json(g->before, g->dated), "after", value_json(g->after, g->dated),
                                                "who", who, "what", rows_json(&d->kinds, g->what, &d->categories),
                                                "disclosed_to", whom_json(d, g), "example", example_json(d, g)));
    }
    for (size_t i = 0; i < d->member_count; i++) {
        const diff_member *m = &d->members[i];
        char code[11];
        snprintf(code, sizeof code, "%010llu", (unsigned long long)m->code);
        json_array_append_new(members, json_pack("{s:s, s:s?, s:s, s:s}", "change", CHANGES[m->change], "union",
                                                 m->union_no < 0 ? NULL : d->unions.text[m->union_no].id, "code", code,
                                                 "name", m->name));
    }
    json_t *top = json_pack("{s:b, s:s, s:b, s:b, s:b, s:o, s:o}", "ok", 1, "status", "ok", "validity_changed", d->validity,
                            "forms_changed", d->papers, "other_changed", d->other, "rights", groups, "members", members);
    json_dumpf(top, stdout, JSON_COMPACT);
    fputc('\n', stdout);
    json_decref(top);
}

int policy_diff_run(invocation *v)
{
    policy *a = NULL, *b = NULL;
    diff *d = NULL;
    buf out = {0};
    err e = paper_rules(v, option_value(v, "@OLD"), &a);
    if (e == OK)
        e = paper_rules(v, option_value(v, "@NEW"), &b);
    if (e == OK)
        e = diff_run(a, b, &d);
    if (e == OK && v->json)
        diff_json(d);
    else if (e == OK && (e = diff_put(d, v->japanese, &out)) == OK)
        fputs(buf_str(&out), stdout);
    buf_done(&out);
    diff_free(d);
    policy_free(a);
    policy_free(b);
    return e ? EXIT_FAILED : EXIT_OK;
}

// ---- matrix ------------------------------------------------------------------------

static err text_write(const char *path, buf *text)
{
    FILE *f = path ? fopen(path, "we") : stdout;
    if (!f)
        return ERR_IO;
    bool good = fwrite(text->at, 1, text->len, f) == text->len;
    if (path)
        good = fclose(f) == 0 && good;
    return good ? OK : ERR_IO;
}

static void page_json(const char *format, const char *out, buf *page)
{
    json_t *top = json_pack("{s:b, s:s, s:s, s:s?, s:s?}", "ok", 1, "status", "ok", "format", format, "out", out, "page",
                            out ? NULL : buf_str(page));
    json_dumpf(top, stdout, JSON_COMPACT);
    fputc('\n', stdout);
    json_decref(top);
}

int policy_matrix_run(invocation *v)
{
    const char *format = option_value(v, "format") ? option_value(v, "format") : "text", *out = option_value(v, "out");
    bool text = strcmp(format, "text") == 0, csv = strcmp(format, "csv") == 0, html = strcmp(format, "html") == 0;
    policy *p = NULL;
    buf page = {0};
    day today = day_of_time(clock_now_ms());
    if (!text && !csv && !html) {
        complain(v, ERR_USAGE, _("--format: text, csv or html"));
        return EXIT_USAGE;
    }
    if (!day_option(v, "date", &today))
        return EXIT_USAGE;
    err e = paper_rules(v, option_value(v, "@RULES"), &p);
    if (e)
        return EXIT_FAILED;
    e = csv    ? matrix_csv(p, v->japanese, &page)
        : html ? matrix_html(p, today, v->japanese, &page) : matrix_text(p, today, v->japanese, &page);
    if (e == OK && (out || !v->json))
        e = text_write(out, &page);
    if (e)
        complain(v, e, out);
    else if (v->json)
        page_json(format, out, &page);
    buf_done(&page);
    policy_free(p);
    return exit_of(e);
}

// ---- impact ------------------------------------------------------------------------

enum { LOG_SOURCES = 1024 };

typedef struct log_reader {
    impact *m;
    arena memory;
    buf bytes;
    impact_source sources[LOG_SOURCES];
} log_reader;

static void lookup_take(log_reader *r, uint64_t seq, const Tsunagu__LogEntry *e)
{
    impact_lookup l = {.seq = seq, .facility = e->facility, .today = day_of_time(e->time_ms), .node = e->node,
                       .role = e->role, .purpose = e->purpose, .asked = e->asked, .sources = r->sources};
    for (size_t i = 0; i < e->n_sources && i < LOG_SOURCES; i++) {
        const Tsunagu__LogSource *s = e->sources[i];
        impact_outcome outcome = s->status == OK ? OUTCOME_ANSWERED
                                 : s->status == ERR_WITHDRAWN ? OUTCOME_WITHDRAWN
                                 : s->status == ERR_UNREACHABLE ? OUTCOME_UNREACHABLE : OUTCOME_DENIED;
        r->sources[l.count++] = (impact_source){s->source, outcome, s->granted};
    }
    impact_add(r->m, &l);
}

// The text behind "KEY":, to its end. The lines are our own `log export`'s: no spaces, no escapes.
static span value_of(const char *line, const char *key, char end)
{
    const char *at = strstr(line, key);
    const char *stop = at ? strchr(at + strlen(key), end) : NULL;
    return stop ? span_of(at + strlen(key), (size_t)(stop - at) - strlen(key)) : span_str("");
}

static err line_take(log_reader *r, const char *line)
{
    Tsunagu__LogEntry *e;
    span hex = value_of(line, "\"bytes\":\"", '"'), number = value_of(line, "\"seq\":", ',');
    char seq[24];
    if (!hex.len || hex.len % 2 || span_to_str(number, seq, sizeof seq) != OK)
        return ERR_FORMAT;
    buf_clear(&r->bytes);
    err failed = buf_reserve(&r->bytes, hex.len / 2);
    if (failed == OK)
        failed = hex_get(hex, r->bytes.at, hex.len / 2);
    if (failed)
        return failed;
    arena_clear(&r->memory);
    failed = WIRE_DECODE(span_of(r->bytes.at, hex.len / 2), Tsunagu__LogEntry, tsunagu__log_entry__descriptor,
                         WIRE_BODY_MAX, &r->memory, &e);
    if (failed == OK && e->event == EVENT_LOOKUP)
        lookup_take(r, strtoull(seq, NULL, 10), e);
    return failed;
}

static err log_read(const invocation *v, impact *m, const char *path)
{
    log_reader *r = calloc(1, sizeof *r);
    FILE *in = fopen(path, "re");
    char *line = NULL, note[4200];
    size_t cap = 0, number = 0;
    err e = !r ? ERR_MEM : in ? OK : ERR_IO;
    if (r) {
        r->m = m;
        arena_init(&r->memory, 0);
    }
    while (e == OK && getline(&line, &cap, in) > 0) {
        number++;
        e = line_take(r, line);
    }
    if (e == OK && ferror(in)) // a folder opens, and cannot be read
        e = ERR_IO;
    if (e) {
        snprintf(note, sizeof note, "%.4000s:%zu", path, number);
        complain(v, e, in ? note : path);
    }
    free(line);
    if (in)
        fclose(in);
    if (r) {
        arena_done(&r->memory);
        buf_done(&r->bytes);
    }
    free(r);
    return e;
}

static void impact_json(const impact *m)
{
    static const char *const KEYS[EFFECT_COUNT] = {"refused", "allowed", "shorter", "longer"};
    json_t *rows = json_array();
    for (int i = 0; i < m->union_count * m->union_count * POLICY_CATEGORIES; i++) {
        const impact_cell *c = &m->cells[i];
        int bit = i % POLICY_CATEGORIES, u = i / POLICY_CATEGORIES % m->union_count;
        int viewer = i / POLICY_CATEGORIES / m->union_count;
        if (!c->first)
            continue;
        const char *category = policy_category_text(m->new_rules, bit).id;
        if (!*category)
            category = policy_category_text(m->old_rules, bit).id;
        json_t *row = json_pack("{s:s, s:s, s:s, s:I}", "viewing", m->unions[viewer].id, "disclosing", m->unions[u].id,
                                "category", category, "first", (json_int_t)c->first);
        for (int e = 0; e < EFFECT_COUNT; e++)
            json_object_set_new(row, KEYS[e], json_integer((json_int_t)c->count[e]));
        json_array_append_new(rows, row);
    }
    json_t *top = json_pack("{s:b, s:s, s:I, s:I, s:I, s:I, s:I, s:o}", "ok", 1, "status", "ok", "lookups", (json_int_t)m->lookups, "answers",
                            (json_int_t)m->answers, "changed", (json_int_t)m->changed, "under_other_rules",
                            (json_int_t)m->otherwise, "unknown", (json_int_t)m->unknown, "effects", rows);
    json_dumpf(top, stdout, JSON_COMPACT);
    fputc('\n', stdout);
    json_decref(top);
}

int policy_impact_run(invocation *v)
{
    policy *a = NULL, *b = NULL;
    impact *m = NULL;
    buf out = {0};
    err e = paper_rules(v, option_value(v, "@OLD"), &a);
    if (e == OK)
        e = paper_rules(v, option_value(v, "@NEW"), &b);
    if (e == OK)
        e = impact_new(a, b, &m);
    if (e == OK)
        e = log_read(v, m, option_value(v, "log"));
    if (e == OK && v->json)
        impact_json(m);
    else if (e == OK && (e = impact_put(m, v->japanese, &out)) == OK)
        fputs(buf_str(&out), stdout);
    buf_done(&out);
    impact_free(m);
    policy_free(a);
    policy_free(b);
    return e ? EXIT_FAILED : EXIT_OK;
}
