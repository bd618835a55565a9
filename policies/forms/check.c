// SPDX-License-Identifier: Apache-2.0
// Types first, then what is required: conditions look at the one spelling of other fields.
#include "policies/forms/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policies/engine/bundle.h"
#include "policies/forms/checking.h"
#include "policies/forms/value.h"
#include "proto/base/date.h"
#include "proto/base/tongue.h"
#include "proto/base/utf8.h"

void checking_say(checking *c, int field, bool warning, filled_place at, const char *fmt, ...)
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
    *m = (form_message){.field = field, .warning = warning, .line = at.line, .col = at.col};
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    utf8_clean(text, m->text, sizeof m->text);
    r->warnings += warning;
    r->errors += !warning;
}

// Stable: by the order of the paper, what concerns the whole first.
static void report_sort(form_report *r)
{
    for (size_t i = 1; i < r->count; i++)
        for (size_t k = i; k > 0 && r->items[k - 1].field > r->items[k].field; k--) {
            form_message m = r->items[k];
            r->items[k] = r->items[k - 1];
            r->items[k - 1] = m;
        }
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
        checking_say(c, number, false, filled_where(c->f, field->name),
                     _("only one value can stand here: take the brackets and the others away"));
        c->bad[number] = true;
        return;
    }
    for (size_t i = 0; i < written->count && !c->broken; i++) {
        value_said said;
        form_value(c->p, c->form, number, written->values[i], c->today, &normal, &said);
        if (normal.sticky)
            c->broken = normal.sticky;
        if (said.level != VALUE_GOOD)
            checking_say(c, number, said.level == VALUE_WARNED, filled_where(c->f, field->name), "%s", said.text);
        if (said.level == VALUE_BAD)
            c->bad[number] = true;
        else if (normal.len && !c->broken)
            c->broken = filled_add(c->normal, field->name, buf_str(&normal));
    }
    buf_done(&normal);
    if (is_list(field->type))
        list_sort(c->normal, field->name);
}

// A paper of an older version may ask what the form no longer does, and not ask what it now does: it was
// signed as it was, and stays good.
static bool older(const checking *c) { return c->f->version < c->view.version; }

static void unknown_fields(checking *c)
{
    const char *names[BUNDLE_FORM_FIELDS];
    for (int i = 0; i < c->view.field_count; i++)
        names[i] = policy_form_field_at(c->p, c->form, i).name;
    for (size_t i = 0; i < c->f->count; i++) {
        const char *name = c->f->fields[i].name;
        filled_place at = filled_where(c->f, name);
        if (policy_form_field_find(c->p, c->form, name) != POLICY_NONE)
            continue;
        const char *near = diag_nearest(name, names, (size_t)c->view.field_count);
        if (near)
            checking_say(c, POLICY_NONE, older(c), at, _("this form has no field \"%.60s\"; did you mean \"%s\"?"), name, near);
        else
            checking_say(c, POLICY_NONE, older(c), at,
                         _("this form has no field \"%.60s\"; take the line away, or see `tsunagu form new %s`"), name,
                         c->view.id);
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

bool checking_holds(const filled_field *w, const char *value)
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
        return checking_holds(w, field->is) || explains(c, field, w);
    default:
        return w && day_parse(span_str(w->values[0]), &birth) == OK &&
               c->today < form_majority_day(birth, policy_flow(c->p).majority_age);
    }
}

static void required_say(checking *c, int number, const policy_form_field *field)
{
    const char *when = field->need < NEED_FILLED ? "" : policy_form_field_at(c->p, c->form, field->when).name;
    filled_place at = filled_where(c->f, field->name);
    bool warn = older(c);
    switch (field->need) {
    case NEED_MINOR:
        checking_say(c, number, warn, at, _("the patient is under %d, so this is needed: write it behind \"%s:\""),
                     policy_flow(c->p).majority_age, field->name);
        break;
    case NEED_FILLED:
        checking_say(c, number, warn, at, _("this must be filled in, because \"%s\" is: write it behind \"%s:\""), when,
                     field->name);
        break;
    case NEED_IS:
        checking_say(c, number, warn, at, _("this must be filled in, because \"%s\" is \"%s\": write it behind \"%s:\""), when,
                     filled_value(c->normal, when), field->name);
        break;
    default:
        checking_say(c, number, warn, at, _("this must be filled in: write it behind \"%s:\""), field->name);
    }
}

static void required_check(checking *c, int number, const policy_form_field *field)
{
    const filled_field *w = filled_find(c->normal, field->name);
    bool unsigned_yet = field->type == FORM_SIGNATURE && w && strcmp(w->values[0], "no") == 0;
    if (!(field->filled_by & c->hands) || c->bad[number] || (w && !unsigned_yet) || !needed(c, field))
        return;
    if (field->type == FORM_SIGNATURE)
        checking_say(c, number, false, filled_where(c->f, field->name),
                     _("the signature is missing: have the paper signed, then write yes (はい) here"));
    else
        required_say(c, number, field);
}

static void version_check(checking *c)
{
    filled_place at = c->f->edition.line ? c->f->edition : c->f->title;
    if (c->f->version > c->view.version)
        checking_say(c, POLICY_NONE, false, at, _("version %u of this form is not known; the rules have version %u"),
                     c->f->version, c->view.version);
    else if (older(c))
        checking_say(c, POLICY_NONE, true, at,
                     _("filled in on version %u of this form; the rules have version %u: what it did not ask may stay empty"),
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
    if (!c->broken)
        form_sense(c);
    report_sort(c->report);
}

static void form_unknown(checking *c)
{
    char all[400] = "";
    for (int i = 0, at = 0; i < policy_form_count(c->p) && (size_t)at < sizeof all; i++)
        at += snprintf(all + at, sizeof all - (size_t)at, "%s%s", i ? ", " : "", policy_form_at(c->p, i).id);
    checking_say(c, POLICY_NONE, false, c->f->title, _("the rules have no form \"%.60s\"; there are: %s"), c->f->form, all);
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
            form_unknown(&c);
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

void form_report_tell(const form_report *r, const policy *p, const char *form_id, bool japanese, const char *file, span text,
                      diag *d)
{
    int form = policy_form_find(p, form_id);
    for (size_t i = 0; i < r->count; i++) {
        const form_message *m = &r->items[i];
        diag_level level = m->warning ? DIAG_WARNING : DIAG_ERROR;
        policy_form_field f = policy_form_field_at(p, form, m->field);
        if (m->field == POLICY_NONE)
            diag_add(d, level, file, text, m->line, m->col, "%s", m->text);
        else
            diag_add(d, level, file, text, m->line, m->col, "%s (%s): %s", japanese ? f.label_ja : f.label_en, f.name, m->text);
    }
}
