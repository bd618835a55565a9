// SPDX-License-Identifier: Apache-2.0
// policy explain, diff, matrix, impact: what the rules mean, and what a change would do.
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ops/cli/command.h"
#include "policies/rules/rules.h"
#include "policies/workshop/explain.h"
#include "policies/workshop/names.h"
#include "proto/base/tongue.h"

// ---- reading the rules -------------------------------------------------------------

// Shows every mistake; the warnings are `policy check`'s.
static void mistakes_show(const invocation *v, const diag *d, err e, const char *path)
{
    if (d->errors)
        diag_print(d, stderr);
    else
        complain(v, e, path);
}

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
        mistakes_show(v, &d, e, dir);
    diag_done(&d);
    return e;
}

// ---- explain -----------------------------------------------------------------------

static bool name_option(const invocation *v, const policy *p, const char *option, name_noun noun, const char *otherwise,
                        int *ret)
{
    buf why = {0};
    const char *text = option_value(v, option);
    if (!text && !otherwise)
        return true;
    err e = name_find(p, noun, text ? text : otherwise, &why, ret);
    if (e)
        fprintf(stderr, "tsunagu %s: --%s: %s\n", v->row->name, option, buf_str(&why));
    buf_done(&why);
    return e == OK;
}

static bool day_option(const invocation *v, const char *option, day *ret)
{
    const char *text = option_value(v, option);
    if (!text || day_parse(span_str(text), ret) == OK)
        return true;
    fprintf(stderr, _("tsunagu %s: --%s: \"%s\" is no date; write 2026-04-01 or 令和8年4月1日\n"), v->row->name, option,
            text);
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
            fprintf(stderr, "tsunagu %s: --consent: %s\n", v->row->name, buf_str(&why));
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
    json_t *top = json_pack("{s:b, s:b, s:s, s:s, s:s, s:s, s:o}", "ok", 1, "granted", x->granted, "why",
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
