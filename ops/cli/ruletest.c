// SPDX-License-Identifier: Apache-2.0
// policy test and policy schema: the rules asked in a clerk's words, and help for editors.
#include <jansson.h>

#include "ops/cli/command.h"
#include "ops/cli/show.h"
#include "policies/compiler/schema.h"
#include "policies/compiler/trial.h"
#include "proto/base/tongue.h"

static void trials_json(const trials *t)
{
    json_t *tests = json_array(), *rules = json_array();
    for (size_t i = 0; i < t->count; i++) {
        const trial *x = &t->items[i];
        json_array_append_new(tests, json_pack("{s:s, s:i, s:s, s:b, s:s, s:s, s:s}", "file", x->file, "line",
                                               (int)x->line, "question", x->question, "passed", x->passed, "expected",
                                               x->expected, "came", x->came, "decided", x->decided));
    }
    for (size_t i = 0; i < t->rule_count; i++)
        json_array_append_new(rules, json_pack("{s:s, s:i, s:s, s:b}", "file", t->rules[i].file, "line",
                                               (int)t->rules[i].line, "text", t->rules[i].text, "exercised",
                                               t->rules[i].exercised));
    json_t *top = json_pack("{s:b, s:s, s:i, s:i, s:i, s:o, s:o}", "ok", t->failed == 0 && t->count, "status",
                            err_name(t->failed || !t->count ? ERR_CONFLICT : OK), "count", (int)t->count, "failed",
                            (int)t->failed, "unexercised", (int)t->unexercised, "tests", tests, "rules", rules);
    json_dumpf(top, stdout, JSON_COMPACT);
    fputc('\n', stdout);
    json_decref(top);
}

static void trials_text(const trials *t)
{
    for (size_t i = 0; i < t->count; i++) {
        const trial *x = &t->items[i];
        if (x->passed)
            continue;
        printf(_("%s:%u: failed: %s\n"), x->file, x->line, x->question);
        printf(_("    expected: %s\n    came:     %s\n    decided:  %s\n"), x->expected, x->came, x->decided);
        if (*x->note)
            printf(_("    note:     %s\n"), x->note);
    }
    if (t->unexercised)
        printf(_("no test exercises these rules:\n"));
    for (size_t i = 0; i < t->rule_count; i++)
        if (!t->rules[i].exercised)
            printf("    %s:%u: %s\n", t->rules[i].file, t->rules[i].line, t->rules[i].text);
    printf(_("%zu tests, %zu failed; %zu of %zu rules are exercised\n"), t->count, t->failed,
           t->rule_count - t->unexercised, t->rule_count);
}

int policy_test_run(invocation *v)
{
    diag d = {0};
    policy_files files = {0};
    trials t = {0};
    err e = policy_load_dir(option_value(v, "@DIR"), &d, &files);
    if (e == OK) {
        e = trials_run(&files, &d, &t);
        policy_files_done(&files);
    }
    if (e)
        show_mistakes(v, &d, e, option_value(v, "@DIR"));
    else if (v->json)
        trials_json(&t);
    else
        trials_text(&t);
    // Without a test nothing was shown to hold.
    bool good = !e && !t.failed && t.count;
    if (!e && !t.count && !v->json)
        fprintf(stderr, _("%s: there are no tests (tests/*.yaml)\n"), option_value(v, "@DIR"));
    if (!e)
        trials_done(&t);
    diag_done(&d);
    return good ? EXIT_OK : EXIT_FAILED;
}

static void schema_names_complain(const invocation *v, const char *name)
{
    const char *names[32];
    size_t count = schema_names(names, 32), at = 0;
    const char *near = diag_nearest(name, names, count);
    char all[400] = "", note[600];
    for (size_t i = 0; i < count && at < sizeof all; i++)
        at += (size_t)snprintf(all + at, sizeof all - at, "%s%s", i ? ", " : "", names[i]);
    if (near)
        snprintf(note, sizeof note, _("no file of the rules is called \"%.60s\"; did you mean %s?"), name, near);
    else
        snprintf(note, sizeof note, _("no file of the rules is called \"%.60s\"; it is one of: %s"), name, all);
    complain(v, ERR_USAGE, note);
}

int policy_schema_run(invocation *v)
{
    diag d = {0};
    policy_files files = {0};
    buf out = {0};
    const char *name = option_value(v, "file");
    err e = policy_load_dir(option_value(v, "@DIR"), &d, &files);
    if (e == OK) {
        e = schema_write(&files, name, &out);
        policy_files_done(&files);
    }
    int code = e ? EXIT_FAILED : EXIT_OK;
    if (e == ERR_NOT_FOUND) {
        schema_names_complain(v, name);
        code = EXIT_USAGE;
    } else if (e) {
        show_mistakes(v, &d, e, option_value(v, "@DIR"));
    } else if (fwrite(out.at, 1, out.len, stdout) != out.len) {
        code = EXIT_FAILED;
    }
    diag_done(&d);
    buf_done(&out);
    return code;
}
