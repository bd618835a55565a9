// SPDX-License-Identifier: Apache-2.0
// The forms' part of the bundle: read once, row by row in the order of the paper, then
// only looked at.
#include "policies/engine/forms.h"

#include <string.h>

#include "policies/engine/members.h"

// The largest `max` of a type; 0: the type has none, and none may stand there.
static unsigned type_max(form_type t)
{
    switch (t) {
    case FORM_TEXT:
    case FORM_NAME:
    case FORM_KANA:
    case FORM_SYMBOL:
    case FORM_NUMBER:
    case FORM_CHART:
        return 200;
    case FORM_NOTE:
        return 2000;
    case FORM_COUNT_OF:
        return UINT16_MAX;
    default:
        return 0;
    }
}

int policy_form_type_max(form_type t)
{
    return (int)type_max(t);
}

static bool labels_read(reader *r, policy_text *ret)
{
    ret->id = bundle_word(r);
    ret->label_ja = bundle_word(r);
    ret->label_en = bundle_word(r);
    return !r->bad;
}

static err choices_read(reader *r, arena *a, field_row *f)
{
    int count = read_u8(r);
    if (r->bad || count == 0 || count > BUNDLE_FORM_CHOICES)
        return ERR_FORMAT;
    policy_text *choices = arena_get(a, (size_t)count * sizeof *choices);
    if (!choices)
        return ERR_MEM;
    f->choices = choices;
    f->view.choice_count = count;
    for (int i = 0; i < count; i++) {
        if (!labels_read(r, &choices[i]))
            return ERR_FORMAT;
        for (int k = 0; k < i; k++)
            if (strcmp(choices[k].id, choices[i].id) == 0)
                return ERR_FORMAT;
    }
    return OK;
}

static bool value_possible(const field_row *f, const char *value)
{
    switch (f->view.type) {
    case FORM_YES:
    case FORM_SIGNATURE:
        return strcmp(value, "yes") == 0 || strcmp(value, "no") == 0;
    case FORM_CHOICE:
        for (int i = 0; i < f->view.choice_count; i++)
            if (strcmp(f->choices[i].id, value) == 0)
                return true;
        return false;
    case FORM_RELATION: // words of other sections
    case FORM_REASON:
    case FORM_CATEGORIES:
    case FORM_UNION:
    case FORM_KIND:
        return true;
    default:
        return false;
    }
}

// What it depends on stands before it: nothing waits for itself, and a reader goes on once.
static bool need_read(reader *r, const field_row *fields, int number, policy_form_field *f)
{
    uint8_t need = read_u8(r);
    f->need = (form_need)need;
    if (need >= NEED_COUNT)
        return false;
    if (need < NEED_FILLED)
        return true;
    f->when = read_u8(r);
    if (r->bad || f->when >= number)
        return false;
    if (need == NEED_IS)
        f->is = bundle_word(r);
    return !r->bad && (need != NEED_MINOR || fields[f->when].view.type == FORM_DATE) &&
           (need != NEED_IS || value_possible(&fields[f->when], f->is));
}

static err field_read(reader *r, arena *a, field_row *fields, int number)
{
    field_row *row = &fields[number];
    policy_form_field *f = &row->view;
    policy_text text;
    *row = (field_row){.view = {.when = POLICY_NONE, .is = ""}};
    labels_read(r, &text);
    f->name = text.id;
    f->label_ja = text.label_ja;
    f->label_en = text.label_en;
    f->hint_ja = bundle_text(r);
    f->hint_en = bundle_text(r);
    uint8_t type = read_u8(r);
    f->type = (form_type)type;
    f->filled_by = read_u8(r);
    if (r->bad || type >= FORM_TYPES || f->filled_by == 0 || f->filled_by >> HAND_COUNT ||
        !need_read(r, fields, number, f))
        return ERR_FORMAT;
    f->max = read_u16(r);
    if (r->bad || (unsigned)f->max > type_max(f->type) || (f->max == 0) != (type_max(f->type) == 0))
        return ERR_FORMAT;
    for (int i = 0; i < number; i++)
        if (strcmp(fields[i].view.name, f->name) == 0)
            return ERR_FORMAT;
    return f->type == FORM_CHOICE ? choices_read(r, a, row) : OK;
}

static err sections_read(reader *r, arena *a, form_row *form)
{
    int count = read_u8(r);
    if (r->bad || count == 0 || count > BUNDLE_FORM_SECTIONS)
        return ERR_FORMAT;
    form->sections = arena_get(a, (size_t)count * sizeof *form->sections);
    form->fields = arena_get(a, BUNDLE_FORM_FIELDS * sizeof *form->fields);
    if (!form->sections || !form->fields)
        return ERR_MEM;
    form->view.section_count = count;
    for (int i = 0; i < count; i++) {
        policy_form_section *s = &form->sections[i];
        policy_text text;
        labels_read(r, &text);
        int first = form->view.field_count, fields = read_u8(r);
        if (r->bad || fields == 0 || first + fields > BUNDLE_FORM_FIELDS)
            return ERR_FORMAT;
        *s = (policy_form_section){text.id, text.label_ja, text.label_en, first, fields};
        for (int k = 0; k < i; k++)
            if (strcmp(form->sections[k].id, s->id) == 0)
                return ERR_FORMAT;
        for (int k = 0; k < fields; k++) {
            err e = field_read(r, a, form->fields, first + k);
            if (e)
                return e;
            form->fields[first + k].view.section = i;
            form->view.field_count++;
        }
    }
    return OK;
}

static err sentences_read(reader *r, arena *a, form_row *form)
{
    int count = read_u8(r);
    if (r->bad || count > BUNDLE_FORM_SENTENCES)
        return ERR_FORMAT;
    form->sentences = arena_get(a, (size_t)(count ? count : 1) * sizeof *form->sentences);
    if (!form->sentences)
        return ERR_MEM;
    for (int i = 0; i < count && !r->bad; i++) {
        form->sentences[i].ja = bundle_long(r);
        form->sentences[i].en = bundle_long(r);
    }
    form->view.sentence_count = count;
    return r->bad ? ERR_FORMAT : OK;
}

static bool code_good(const char *code)
{
    size_t len = strlen(code);
    return len > 0 && len <= BUNDLE_FORM_CODE && strspn(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == len;
}

err forms_read(reader *r, policy *p)
{
    int count = read_u8(r);
    if (r->bad || count > BUNDLE_FORMS)
        return ERR_FORMAT;
    p->forms = arena_get(&p->papers, (size_t)(count ? count : 1) * sizeof *p->forms);
    if (!p->forms)
        return ERR_MEM;
    for (int i = 0; i < count; i++) {
        form_row *form = &p->forms[i];
        policy_form *f = &form->view;
        policy_text text;
        labels_read(r, &text);
        *f = (policy_form){.id = text.id, .label_ja = text.label_ja, .label_en = text.label_en,
                           .code = bundle_text(r)};
        f->version = read_u32(r);
        f->filed_by = read_u8(r);
        if (r->bad || f->version == 0 || f->filed_by == 0 || f->filed_by >> HAND_COUNT || !code_good(f->code) ||
            (i && strcmp(form[-1].view.id, f->id) >= 0))
            return ERR_FORMAT;
        for (int k = 0; k < i; k++)
            if (strcmp(p->forms[k].view.code, f->code) == 0)
                return ERR_FORMAT;
        err e = sections_read(r, &p->papers, form);
        if (!e)
            e = sentences_read(r, &p->papers, form);
        if (e)
            return e;
        p->form_count++;
    }
    return OK;
}

// ---- looking ---------------------------------------------------------------------

static const form_row *form_of(const policy *p, int form)
{
    return form >= 0 && form < p->form_count ? &p->forms[form] : NULL;
}

static const field_row *field_of(const policy *p, int form, int field)
{
    const form_row *f = form_of(p, form);
    return f && field >= 0 && field < f->view.field_count ? &f->fields[field] : NULL;
}

int policy_form_count(const policy *p) { return p->form_count; }

policy_form policy_form_at(const policy *p, int form)
{
    const form_row *f = form_of(p, form);
    return f ? f->view : (policy_form){.id = "", .label_ja = "", .label_en = "", .code = ""};
}

int policy_form_find(const policy *p, const char *id)
{
    for (int i = 0; id && i < p->form_count; i++)
        if (strcmp(p->forms[i].view.id, id) == 0)
            return i;
    return POLICY_NONE;
}

int policy_form_by_code(const policy *p, const char *code)
{
    for (int i = 0; code && i < p->form_count; i++)
        if (strcmp(p->forms[i].view.code, code) == 0)
            return i;
    return POLICY_NONE;
}

policy_form_section policy_form_section_at(const policy *p, int form, int section)
{
    const form_row *f = form_of(p, form);
    if (!f || section < 0 || section >= f->view.section_count)
        return (policy_form_section){.id = "", .label_ja = "", .label_en = ""};
    return f->sections[section];
}

policy_form_field policy_form_field_at(const policy *p, int form, int field)
{
    const field_row *f = field_of(p, form, field);
    return f ? f->view
             : (policy_form_field){.name = "", .label_ja = "", .label_en = "", .hint_ja = "", .hint_en = "",
                                   .section = POLICY_NONE, .when = POLICY_NONE, .is = ""};
}

int policy_form_field_find(const policy *p, int form, const char *name)
{
    const form_row *f = form_of(p, form);
    for (int i = 0; f && name && i < f->view.field_count; i++)
        if (strcmp(f->fields[i].view.name, name) == 0)
            return i;
    return POLICY_NONE;
}

policy_text policy_form_choice_at(const policy *p, int form, int field, int choice)
{
    const field_row *f = field_of(p, form, field);
    return f && choice >= 0 && choice < f->view.choice_count ? f->choices[choice] : (policy_text){"", "", ""};
}

int policy_form_choice_find(const policy *p, int form, int field, const char *id)
{
    const field_row *f = field_of(p, form, field);
    for (int i = 0; f && id && i < f->view.choice_count; i++)
        if (strcmp(f->choices[i].id, id) == 0)
            return i;
    return POLICY_NONE;
}

policy_sentence policy_form_sentence_at(const policy *p, int form, int sentence)
{
    const form_row *f = form_of(p, form);
    return f && sentence >= 0 && sentence < f->view.sentence_count ? f->sentences[sentence]
                                                                   : (policy_sentence){"", ""};
}

const char *policy_form_type_name(form_type t)
{
    static const char *const NAMES[FORM_TYPES] = {
        "text", "note", "name", "kana", "date", "count", "yes-no", "signature", "choice", "relation", "reason",
        "categories", "grantees", "facility", "union", "kind", "institution", "insurer", "symbol", "number",
        "phone", "postal", "chart", "hash",
    };
    return (unsigned)t < FORM_TYPES ? NAMES[t] : "";
}

const char *policy_form_hand_name(form_hand h)
{
    static const char *const NAMES[HAND_COUNT] = {"patient", "proxy", "clinic", "hospital", "secretariat"};
    return (unsigned)h < HAND_COUNT ? NAMES[h] : "";
}
