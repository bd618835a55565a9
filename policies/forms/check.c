// SPDX-License-Identifier: Apache-2.0
// Types first, then what is required: conditions look at the one spelling of other fields.
#include "policies/forms/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policies/engine/bundle.h"
#include "policies/forms/value.h"
#include "proto/base/date.h"
#include "proto/base/tongue.h"
#include "proto/base/utf8.h"

typedef struct checking {
    const policy *p;
    int form;
    policy_form view;
    const filled *f;
    filled *normal;
    form_report *report;
    day today;
    uint32_t hands;
    err broken;
    bool bad[FILLED_FIELDS]; // by the policy's field number: written, but wrong
} checking;

static void say(checking *c, int field, bool warning, const filled_field *at, const char *fmt, ...) PRINTF_LIKE(5, 6);

static void say(checking *c, int field, bool warning, const filled_field *at, const char *fmt, ...)
{
    form_report *r = c->report;
    char text[1200];
    va_list args;
    if ((r->count & (r->count - 1)) == 0) { // room doubles
        form_message *more = realloc(r->items, (r->count ? 2 * r->count : 1) * sizeof *more);
        if (!more) {
            c->broken = ERR_MEM;
            return;
        }
        r->items = more;
    }
    form_message *m = &r->items[r->count++];
    *m = (form_message){.field = field, .warning = warning, .line = at ? at->line : 0, .col = at ? at->col : 0};
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    utf8_clean(text, m->text, sizeof m->text);
    r->warnings += warning;
    r->errors += !warning;
}

static bool is_list(form_type t)
{
    return t == FORM_CATEGORIES || t == FORM_GRANTEES;
}

static int text_cmp(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

// Rising, each once; "all" swallows the rest.
static void list_sort(filled *normal, const char *name)
{
    filled_field *l = (filled_field *)filled_find(normal, name);
    size_t kept = 0;
    if (!l)
        return;
    for (size_t i = 0; i < l->count; i++)
        if (strcmp(l->values[i], "all") == 0) {
            l->values[0] = "all";
            l->count = 1;
        }
    qsort(l->values, l->count, sizeof *l->values, text_cmp);
    for (size_t i = 0; i < l->count; i++)
        if (kept == 0 || strcmp(l->values[kept - 1], l->values[i]) != 0)
            l->values[kept++] = l->values[i];
    l->count = kept;
}

static void field_values(checking *c, int number, const policy_form_field *field, const filled_field *written)
{
    buf normal = {0};
    if (written->count > 1 && !is_list(field->type)) {
        say(c, number, false, written, _("only one value can stand here"));
        c->bad[number] = true;
        return;
    }
    for (size_t i = 0; i < written->count && !c->broken; i++) {
        value_said said;
        form_value(c->p, c->form, number, written->values[i], c->today, &normal, &said);
        if (normal.sticky)
            c->broken = normal.sticky;
        if (said.level != VALUE_GOOD)
            say(c, number, said.level == VALUE_WARNED, written, "%s", said.text);
        if (said.level == VALUE_BAD)
            c->bad[number] = true;
        else if (normal.len && !c->broken)
            c->broken = filled_add(c->normal, field->name, buf_str(&normal));
    }
    buf_done(&normal);
    if (is_list(field->type))
        list_sort(c->normal, field->name);
}

static void unknown_fields(checking *c)
{
    const char *names[BUNDLE_FORM_FIELDS];
    for (int i = 0; i < c->view.field_count; i++)
        names[i] = policy_form_field_at(c->p, c->form, i).name;
    for (size_t i = 0; i < c->f->count; i++) {
        const filled_field *w = &c->f->fields[i];
        if (policy_form_field_find(c->p, c->form, w->name) != POLICY_NONE)
            continue;
        const char *near = diag_nearest(w->name, names, (size_t)c->view.field_count);
        if (near)
            say(c, POLICY_NONE, false, w, _("this form has no field \"%.60s\"; did you mean \"%s\"?"), w->name, near);
        else
            say(c, POLICY_NONE, false, w, _("this form has no field \"%.60s\""), w->name);
    }
}

// ---- what is required when -----------------------------------------------------------

day form_majority_day(day birth, int years)
{
    int year, month, dom;
    day_split(birth, &year, &month, &dom);
    day d = day_of(year + years, month, dom);
    return d == DAY_NONE ? day_of(year + years, 3, 1) : d;
}

static bool holds(const filled_field *w, const char *value)
{
    for (size_t i = 0; w && i < w->count; i++)
        if (strcmp(w->values[i], value) == 0 || strcmp(w->values[i], "all") == 0)
            return true;
    return false;
}

// What explains one reason for refusal explains every reason that asks for it (flow.h).
static bool explains(const checking *c, const policy_form_field *field, const filled_field *reason)
{
    return policy_form_field_at(c->p, c->form, field->when).type == FORM_REASON && reason &&
           policy_reason_at(c->p, policy_reason_find(c->p, reason->values[0])).explain;
}

static bool needed(const checking *c, const policy_form_field *field)
{
    if (field->need < NEED_FILLED)
        return field->need == NEED_ALWAYS;
    const char *name = policy_form_field_at(c->p, c->form, field->when).name;
    const filled_field *w = filled_find(c->normal, name);
    day birth;
    switch (field->need) {
    case NEED_FILLED:
        return w != NULL;
    case NEED_IS:
        return holds(w, field->is) || explains(c, field, w);
    default:
        return w && day_parse(span_str(w->values[0]), &birth) == OK &&
               c->today < form_majority_day(birth, policy_flow(c->p).majority_age);
    }
}

static void required_check(checking *c, int number, const policy_form_field *field)
{
    const filled_field *w = filled_find(c->normal, field->name);
    bool unsigned_yet = field->type == FORM_SIGNATURE && w && strcmp(w->values[0], "no") == 0;
    if (!(field->filled_by & c->hands) || c->bad[number] || (w && !unsigned_yet) || !needed(c, field))
        return;
    if (field->type == FORM_SIGNATURE)
        say(c, number, false, filled_find(c->f, field->name), _("the signature is missing"));
    else if (field->need == NEED_MINOR)
        say(c, number, false, NULL, _("this is needed: the patient is under %d"), policy_flow(c->p).majority_age);
    else
        say(c, number, false, NULL, _("this must be filled in"));
}

static void version_check(checking *c)
{
    if (c->f->version > c->view.version)
        say(c, POLICY_NONE, false, NULL, _("version %u of this form is not known; the rules have version %u"),
            c->f->version, c->view.version);
    else if (c->f->version < c->view.version)
        say(c, POLICY_NONE, true, NULL, _("filled in on version %u of this form; the rules have version %u"),
            c->f->version, c->view.version);
}

static void form_walk(checking *c)
{
    version_check(c);
    unknown_fields(c);
    for (int i = 0; i < c->view.field_count && !c->broken; i++) {
        policy_form_field field = policy_form_field_at(c->p, c->form, i);
        const filled_field *written = filled_find(c->f, field.name);
        if (written)
            field_values(c, i, &field, written);
        required_check(c, i, &field); // looks at fields before it only
    }
}

err form_check(const policy *p, const filled *f, day today, uint32_t hands, filled *ret_normal, form_report *ret)
{
    form_report report = {0};
    filled *normal = calloc(1, sizeof *normal);
    checking c = {.p = p, .form = policy_form_find(p, f->form), .f = f, .normal = normal, .report = &report,
                  .today = today, .hands = hands};
    err e = normal ? filled_init(normal, f->form, f->version) : ERR_MEM;
    if (!e) {
        memcpy(normal->number, f->number, sizeof normal->number);
        c.view = policy_form_at(p, c.form);
        if (c.form == POLICY_NONE)
            say(&c, POLICY_NONE, false, NULL, _("the rules have no form \"%.60s\""), f->form);
        else
            form_walk(&c);
        e = c.broken;
    }
    if (e) {
        form_report_done(&report);
        if (normal)
            filled_done(normal);
    } else {
        *ret = report;
        if (ret_normal)
            *ret_normal = *normal;
        else
            filled_done(normal);
    }
    free(normal);
    return e;
}

void form_report_done(form_report *r)
{
    free(r->items);
    *r = (form_report){0};
}
