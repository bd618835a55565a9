// SPDX-License-Identifier: Apache-2.0
// forms/*.yaml: one form a file. Within a form the order is the paper's; which file it
// stands in means nothing.
#include "policies/engine/forms.h"

#include <stdlib.h>
#include <string.h>

#include "policies/compiler/draft.h"

static int64_t max_default(form_type t)
{
    switch (t) {
    case FORM_TEXT:
        return 100;
    case FORM_NOTE:
        return 400;
    case FORM_NAME:
    case FORM_KANA:
        return 40;
    case FORM_SYMBOL:
    case FORM_NUMBER:
    case FORM_CHART:
        return 20;
    default:
        return policy_form_type_max(t);
    }
}

static void max_draft(draft *d, draft_place map, draft_form_field *f)
{
    draft_place value = draft_may(map, "max");
    f->max = max_default(f->type);
    if (!value.node || !draft_number(d, map, &SHAPE_FORM_FIELD, "max", &f->max))
        return;
    int most = policy_form_type_max(f->type);
    if (most == 0) {
        draft_error(d, value, _("a field of type \"%s\" has no \"max\""), policy_form_type_name(f->type));
        f->max = 0;
    } else if (f->max > most) {
        draft_error(d, value, _("for type \"%s\" at most %d"), policy_form_type_name(f->type), most);
    }
}

static void choices_draft(draft *d, draft_place map, draft_form_field *f)
{
    draft_place list = draft_may(map, "choices");
    if (f->type != FORM_CHOICE) {
        if (list.node)
            draft_error(d, list, _("only a field of type \"choice\" has choices"));
        return;
    }
    size_t count = draft_list(d, list, &SHAPE_TERM);
    if (!list.node || (list.node->kind == YAML_LIST && (count == 0 || count > BUNDLE_FORM_CHOICES))) {
        draft_error(d, list.node ? list : map, _("a field of type \"choice\" needs 1 to %d choices"),
                    BUNDLE_FORM_CHOICES);
        return;
    }
    f->choices = draft_get(d, count, sizeof *f->choices);
    for (size_t i = 0; f->choices && i < count; i++) {
        draft_place item = draft_item(list, i);
        if (!draft_map(d, item, &SHAPE_TERM))
            continue;
        draft_choice_row c = {draft_id(d, draft_may(item, "id")), draft_text(d, draft_may(item, "ja")),
                              draft_text(d, draft_may(item, "en"))};
        if (!c.id || !c.ja || !c.en)
            continue;
        for (size_t k = 0; k < f->choice_count; k++)
            if (strcmp(f->choices[k].id, c.id) == 0)
                draft_error(d, item, _("\"%s\" is described twice"), c.id);
        f->choices[f->choice_count++] = c;
    }
}

// ---- what is required when --------------------------------------------------------

static bool one_of(draft *d, draft_place value, const char *const *names, size_t count, const char *noun,
                   const char **ret)
{
    const char *s = draft_text(d, value);
    for (size_t i = 0; s && i < count; i++)
        if (strcmp(names[i], s) == 0) {
            *ret = names[i];
            return true;
        }
    if (!s)
        return false;
    const char *near = diag_nearest(s, names, count);
    if (near)
        draft_error(d, value, _("unknown %s \"%.60s\"; did you mean \"%s\"?"), _(noun), s, near);
    else
        draft_error(d, value, _("unknown %s \"%.60s\""), _(noun), s);
    return false;
}

static bool reason_of(draft *d, draft_place value, const draft_reasons *list, const char **ret)
{
    const char *names[BUNDLE_REASONS];
    for (size_t i = 0; i < list->count; i++)
        names[i] = list->items[i].id;
    return one_of(d, value, names, list->count, N_("value"), ret);
}

static bool word_of(draft *d, draft_place value, const draft_terms *t, const char **ret)
{
    int bit = draft_word(d, value, t);
    const draft_term *term = bit == POLICY_NONE ? NULL : draft_term_of(t, bit);
    if (term)
        *ret = term->id;
    return term != NULL;
}

// The value as a filled form would have it.
static bool is_draft(draft *d, draft_place value, const draft_form_field *when, const char **ret)
{
    const char *names[BUNDLE_FORM_CHOICES];
    bool yes;
    switch (when->type) {
    case FORM_YES:
    case FORM_SIGNATURE:
        if (!draft_yes(d, value, &yes))
            return false;
        *ret = yes ? "yes" : "no";
        return true;
    case FORM_CHOICE:
        for (size_t i = 0; i < when->choice_count; i++)
            names[i] = when->choices[i].id;
        return one_of(d, value, names, when->choice_count, N_("choice"), ret);
    case FORM_RELATION:
        return reason_of(d, value, &d->requests.relations, ret);
    case FORM_REASON:
        return reason_of(d, value, &d->requests.refusals, ret);
    case FORM_CATEGORIES:
        return word_of(d, value, &d->categories, ret);
    case FORM_UNION:
        return word_of(d, value, &d->unions, ret);
    case FORM_KIND:
        return word_of(d, value, &d->kinds, ret);
    default:
        draft_error(d, value, _("of a field of type \"%s\" only \"when\" can be asked, not \"is\""),
                    policy_form_type_name(when->type));
        return false;
    }
}

static void need_draft(draft *d, draft_place value, const draft_form *form, draft_form_field *f)
{
    const char *names[BUNDLE_FORM_FIELDS], *name = NULL;
    bool yes = false;
    f->when = POLICY_NONE;
    f->is = "";
    if (!value.node)
        return;
    if (value.node->kind != YAML_MAP) {
        if (draft_yes(d, value, &yes))
            f->need = yes ? NEED_ALWAYS : NEED_NEVER;
        return;
    }
    if (!draft_map(d, value, &SHAPE_FORM_NEED))
        return;
    for (size_t i = 0; i < form->field_count; i++)
        names[i] = form->fields[i].id;
    if (!draft_may(value, "when").node ||
        !one_of(d, draft_may(value, "when"), names, form->field_count, N_("field above this one"), &name))
        return;
    for (f->when = 0; strcmp(names[f->when], name) != 0;)
        f->when++;
    draft_place is = draft_may(value, "is");
    const draft_form_field *when = &form->fields[f->when];
    f->need = NEED_FILLED;
    if (!is.node)
        return;
    const char *s = is.node->kind == YAML_SCALAR_KIND ? is.node->text : "";
    if (when->type == FORM_DATE && (strcmp(s, "minor") == 0 || strcmp(s, "未成年") == 0))
        f->need = NEED_MINOR;
    else if (when->type == FORM_DATE)
        draft_error(d, is, _("of a date only \"minor\" (未成年) can be asked"));
    else if (is_draft(d, is, when, &f->is))
        f->need = NEED_IS;
}

// ---- fields, sections, forms -------------------------------------------------------

static const char *hint_draft(draft *d, draft_place map, const char *key)
{
    draft_place value = draft_may(map, key);
    const char *s = value.node ? draft_text(d, value) : NULL;
    return s ? s : "";
}

// Where requests.yaml could not be read, what is missing was said there.
static bool requests_unread(const draft *d)
{
    for (size_t i = 0; i < d->file_count; i++)
        if (strcmp(d->files[i].name, "requests.yaml") == 0)
            return !d->requests.set;
    return false;
}

// What the type takes its words from.
static void type_check(draft *d, draft_place map, const draft_form_field *f)
{
    bool empty = (f->type == FORM_RELATION && d->requests.relations.count == 0) ||
                 (f->type == FORM_REASON && d->requests.refusals.count == 0);
    if (empty && !requests_unread(d))
        draft_error(d, draft_may(map, "type"), _("a field of type \"%s\" needs the list in requests.yaml"),
                    policy_form_type_name(f->type));
}

static void field_draft(draft *d, draft_place map, uint32_t by, draft_form *form)
{
    draft_form_field f = {.place = map, .by = by};
    if (!draft_map(d, map, &SHAPE_FORM_FIELD))
        return;
    f.id = draft_id(d, draft_may(map, "id"));
    f.ja = draft_text(d, draft_may(map, "ja"));
    f.en = draft_text(d, draft_may(map, "en"));
    f.hint_ja = hint_draft(d, map, "hint_ja");
    f.hint_en = hint_draft(d, map, "hint_en");
    int type = draft_choice_of(d, draft_may(map, "type"), &CHOICES_TYPES, N_("type"));
    if (draft_may(map, "by").node)
        f.by = draft_choices_of(d, draft_may(map, "by"), &CHOICES_HANDS, N_("kind of person"));
    if (f.by == 0 && d->diag->errors == d->errors)
        draft_error(d, map, _("nobody is said to fill this in"));
    if (!f.id || !f.ja || !f.en || type == POLICY_NONE)
        return;
    f.type = (form_type)type;
    type_check(d, map, &f);
    max_draft(d, map, &f);
    choices_draft(d, map, &f);
    need_draft(d, draft_may(map, "required"), form, &f);
    for (size_t i = 0; i < form->field_count; i++)
        if (strcmp(form->fields[i].id, f.id) == 0)
            draft_error(d, map, _("the field \"%s\" is described twice"), f.id);
    if (form->field_count == BUNDLE_FORM_FIELDS)
        draft_error(d, map, _("too many fields: at most %d"), BUNDLE_FORM_FIELDS);
    else
        form->fields[form->field_count++] = f;
}

static void section_draft(draft *d, draft_place map, draft_form *form)
{
    draft_form_section s = {.place = map};
    if (!draft_map(d, map, &SHAPE_FORM_SECTION))
        return;
    s.id = draft_id(d, draft_may(map, "id"));
    s.ja = draft_text(d, draft_may(map, "ja"));
    s.en = draft_text(d, draft_may(map, "en"));
    uint32_t by = form->filed_by;
    if (draft_may(map, "by").node)
        by = draft_choices_of(d, draft_may(map, "by"), &CHOICES_HANDS, N_("kind of person"));
    draft_place list = draft_may(map, "fields");
    size_t count = draft_list(d, list, &SHAPE_FORM_FIELD), first = form->field_count;
    for (size_t i = 0; i < count && !d->broken; i++)
        field_draft(d, draft_item(list, i), by, form);
    s.field_count = form->field_count - first;
    if (list.node && list.node->kind == YAML_LIST && count == 0)
        draft_error(d, list, _("this part has no fields"));
    for (size_t i = 0; s.id && i < form->section_count; i++)
        if (strcmp(form->sections[i].id, s.id) == 0)
            draft_error(d, map, _("\"%s\" is described twice"), s.id);
    if (s.id && s.ja && s.en)
        form->sections[form->section_count++] = s;
}

static void sentences_draft(draft *d, draft_place list, draft_form *form)
{
    size_t count = draft_list(d, list, &SHAPE_FORM_SENTENCE);
    if (count > BUNDLE_FORM_SENTENCES) {
        draft_error(d, list, _("too many: at most %zu"), (size_t)BUNDLE_FORM_SENTENCES);
        return;
    }
    form->sentences = draft_get(d, count, sizeof *form->sentences);
    for (size_t i = 0; form->sentences && i < count; i++) {
        draft_place map = draft_item(list, i);
        if (!draft_map(d, map, &SHAPE_FORM_SENTENCE))
            continue;
        draft_sentence s = {draft_long(d, draft_may(map, "ja")), draft_long(d, draft_may(map, "en"))};
        if (s.ja && s.en)
            form->sentences[form->sentence_count++] = s;
    }
}

static const char *code_draft(draft *d, draft_place value)
{
    const char *s = draft_text(d, value);
    if (s && (strlen(s) > BUNDLE_FORM_CODE || strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") != strlen(s))) {
        draft_error(d, value, _("a code is made of A-Z and 0-9, at most %d"), BUNDLE_FORM_CODE);
        return NULL;
    }
    return s;
}

static void form_draft(draft *d, draft_place map)
{
    draft_form f = {.place = map};
    if (!draft_map(d, map, &SHAPE_FORM))
        return;
    f.id = draft_id(d, draft_may(map, "form"));
    f.code = code_draft(d, draft_may(map, "code"));
    f.ja = draft_text(d, draft_may(map, "ja"));
    f.en = draft_text(d, draft_may(map, "en"));
    draft_number(d, map, &SHAPE_FORM, "version", &f.version);
    draft_place filed = draft_may(map, "filed_by");
    f.filed_by = draft_choices_of(d, filed, &CHOICES_HANDS, N_("kind of person"));
    if (filed.node && filed.node->kind == YAML_LIST && filed.node->count == 0)
        draft_error(d, filed, _("nobody is said to hand this form in"));
    draft_place list = draft_may(map, "sections");
    size_t count = draft_list(d, list, &SHAPE_FORM_SECTION);
    if (list.node && list.node->kind == YAML_LIST && (count == 0 || count > BUNDLE_FORM_SECTIONS)) {
        draft_error(d, list, _("a form has 1 to %d parts"), BUNDLE_FORM_SECTIONS);
        return;
    }
    f.sections = draft_get(d, count, sizeof *f.sections);
    f.fields = draft_get(d, BUNDLE_FORM_FIELDS, sizeof *f.fields);
    for (size_t i = 0; i < count && !d->broken; i++)
        section_draft(d, draft_item(list, i), &f);
    sentences_draft(d, draft_may(map, "sentences"), &f);
    if (f.id && f.code && f.ja && f.en && !d->broken)
        d->forms[d->form_count++] = f;
}

static int form_cmp(const void *a, const void *b)
{
    const draft_form *x = a, *y = b;
    int c = strcmp(x->id, y->id);
    return c ? c : strcmp(x->place.doc->file, y->place.doc->file);
}

void forms_draft(draft *d)
{
    size_t max = draft_folder_count(d, "forms/");
    d->forms = draft_get(d, max, sizeof *d->forms);
    for (size_t i = 0; i < d->file_count && !d->broken; i++)
        if (draft_in_folder(&d->files[i], "forms/") && d->files[i].doc)
            form_draft(d, draft_at(d->files[i].doc, d->files[i].doc->root));
    if (d->form_count > 1)
        qsort(d->forms, d->form_count, sizeof *d->forms, form_cmp);
    if (d->form_count > BUNDLE_FORMS)
        draft_error(d, d->forms[0].place, _("too many forms: at most %d"), BUNDLE_FORMS);
    for (size_t i = 0; i < d->form_count; i++)
        for (size_t k = 0; k < i; k++) {
            if (strcmp(d->forms[k].id, d->forms[i].id) == 0)
                draft_error(d, d->forms[i].place, _("the form \"%s\" is described twice"), d->forms[i].id);
            else if (strcmp(d->forms[k].code, d->forms[i].code) == 0)
                draft_error(d, draft_may(d->forms[i].place, "code"), _("this code already is that of the form \"%s\""),
                            d->forms[k].id);
        }
}

// ---- legal, but suspicious -----------------------------------------------------------

void forms_suspect(draft *d)
{
    for (size_t i = 0; i < d->form_count; i++) {
        const draft_form *f = &d->forms[i];
        size_t first = 0;
        for (size_t s = 0; s < f->section_count; first += f->sections[s++].field_count)
            for (size_t k = first; k < first + f->sections[s].field_count; k++)
                for (size_t j = first; j < k; j++)
                    if (strcmp(f->fields[j].ja, f->fields[k].ja) == 0)
                        draft_warn(d, f->fields[k].place, _("two fields of this part look the same on paper: \"%s\""),
                                   f->fields[k].ja);
        if (f->sentence_count == 0 && (f->filed_by & (1u << HAND_PATIENT | 1u << HAND_PROXY)))
            draft_warn(d, f->place, _("a patient signs this form, but it has no sentences that say what to"));
    }
}
