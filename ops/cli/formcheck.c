// SPDX-License-Identifier: Apache-2.0
// form check: every mistake of a filled form at once, with its place, its field and what would be right.
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "ops/cli/form.h"
#include "ops/cli/show.h"
#include "policies/forms/check.h"
#include "policies/forms/number.h"
#include "proto/base/date.h"
#include "proto/base/tongue.h"
#include "proto/base/utf8.h"

typedef struct judged {
    const invocation *v;
    const policy *p;
    int form;
    const char *file;
    span text;
    const filled *f;
    const form_report *r;
} judged;

static const char *label_of(const judged *j, const policy_form_field *f)
{
    return j->v->japanese ? f->label_ja : f->label_en;
}

static void judged_print(const judged *j)
{
    diag d = {0};
    char tally[SHOW_TALLY];
    form_report_tell(j->r, j->p, j->f->form, j->v->japanese, j->file, j->text, &d);
    diag_print(&d, stderr);
    diag_done(&d);
    show_tally(j->r->errors, j->r->warnings, tally);
    if (j->r->errors)
        fprintf(stderr, "%s\n", tally);
    else
        printf(_("%s: good; %s\n"), j->file, tally);
}

static void judged_json(const judged *j)
{
    json_t *list = json_array();
    char file[1024], number[FORM_NUMBER_TEXT] = "";
    utf8_clean(j->file, file, sizeof file);
    for (size_t i = 0; i < j->r->count; i++) {
        const form_message *m = &j->r->items[i];
        json_t *row = json_pack("{s:s, s:s, s:i, s:i, s:s}", "level", m->warning ? "warning" : "error", "file", file, "line",
                                (int)m->line, "col", (int)m->col, "message", m->text);
        if (m->field != POLICY_NONE) {
            policy_form_field f = policy_form_field_at(j->p, j->form, m->field);
            json_object_set_new(row, "field", json_string(f.name));
            json_object_set_new(row, "label", json_string(label_of(j, &f)));
        }
        json_array_append_new(list, row);
    }
    if (form_numbered(j->f->number))
        form_number_format(j->f->number, number);
    if (j->r->errors)
        show_refused();
    json_t *top = json_pack("{s:b, s:s, s:s, s:i, s:s, s:i, s:i, s:o}", "ok", j->r->errors == 0, "status",
                            err_name(j->r->errors ? ERR_FORMAT : OK), "form", j->f->form, "version", (int)j->f->version, "number",
                            number, "errors", (int)j->r->errors, "warnings", (int)j->r->warnings, "items", list);
    json_dumpf(top, stdout, JSON_COMPACT);
    fputc('\n', stdout);
    json_decref(top);
}

// "patient,clinic": whose part is meant to be complete.
static bool hands_option(const invocation *v, uint32_t *ret)
{
    const char *text = option_value(v, "by");
    uint32_t hands = 0;
    for (const char *at = text; at && *at;) {
        size_t len = strcspn(at, ",");
        uint32_t before = hands;
        for (int h = 0; h < HAND_COUNT; h++) {
            const char *name = policy_form_hand_name((form_hand)h);
            if (strlen(name) == len && strncmp(name, at, len) == 0)
                hands |= 1u << h;
        }
        if (before == hands) {
            complain(v, ERR_USAGE, _("--by: patient, proxy, clinic, hospital, secretariat; joined by commas"));
            return false;
        }
        at += len + (at[len] == ',');
    }
    *ret = text ? hands : FORM_ALL_HANDS;
    return true;
}

static bool date_option(const invocation *v, day *ret)
{
    const char *text = option_value(v, "date");
    char note[200];
    *ret = day_of_time(clock_now_ms());
    if (!text || day_parse(span_str(text), ret) == OK)
        return true;
    snprintf(note, sizeof note, _("\"%.60s\" is no date; write 2026-04-01 or 令和8年4月1日"), text);
    complain(v, ERR_USAGE, note);
    return false;
}

int form_check_run(invocation *v)
{
    const char *file = option_value(v, "@FILE");
    uint32_t hands;
    day today;
    policy *p = NULL;
    buf text = {0};
    form_report r = {0};
    if (!hands_option(v, &hands) || !date_option(v, &today))
        return EXIT_USAGE;
    filled *f = calloc(1, sizeof *f);
    bool read = false;
    err e = f ? form_rules(v, &p) : ERR_MEM;
    if (e == ERR_USAGE) {
        free(f);
        return EXIT_USAGE;
    }
    if (e == OK && (e = form_file(v, file, &text, f)) == OK)
        read = true;
    if (read && (e = form_check(p, f, today, hands, NULL, &r)) != OK)
        complain(v, e, file);
    if (read && e == OK) {
        judged j = {.v = v, .p = p, .form = policy_form_find(p, f->form), .file = file, .text = buf_span(&text), .f = f, .r = &r};
        if (v->json)
            judged_json(&j);
        else
            judged_print(&j);
        e = r.errors ? ERR_FORMAT : OK;
    }
    form_report_done(&r);
    if (read)
        filled_done(f);
    free(f);
    buf_wipe(&text);
    policy_free(p);
    return e ? EXIT_FAILED : EXIT_OK;
}
