// SPDX-License-Identifier: Apache-2.0
#include "policies/forms/label.h"

#include <string.h>

#include "policies/engine/flow.h"
#include "proto/base/luhn.h"

typedef policy_text (*text_at)(const policy *p, int i);

static policy_text text_find(const policy *p, text_at at, int count, const char *id)
{
    for (int i = 0; i < count; i++)
        if (strcmp(at(p, i).id, id) == 0)
            return at(p, i);
    return (policy_text){0};
}

static policy_text relation_text(const policy *p, const char *id)
{
    int no = policy_relation_find(p, id);
    policy_relation r = no == POLICY_NONE ? (policy_relation){0} : policy_relation_at(p, no);
    return (policy_text){r.id, r.label_ja, r.label_en};
}

static policy_text reason_text(const policy *p, const char *id)
{
    int no = policy_reason_find(p, id);
    policy_reason r = no == POLICY_NONE ? (policy_reason){0} : policy_reason_at(p, no);
    return (policy_text){r.id, r.label_ja, r.label_en};
}

static policy_text choice_text(const policy *p, int form, int field, const char *id)
{
    int no = policy_form_choice_find(p, form, field, id);
    return no == POLICY_NONE ? (policy_text){0} : policy_form_choice_at(p, form, field, no);
}

static policy_text yes_text(const char *id)
{
    return strcmp(id, "yes") == 0 ? (policy_text){"yes", "はい", "yes"}
         : strcmp(id, "no") == 0  ? (policy_text){"no", "いいえ", "no"}
                                  : (policy_text){0};
}

static policy_text member_text(const policy *p, const char *value)
{
    uint64_t code;
    int f = institution_parse(span_str(value), &code) == OK ? policy_facility(p, code) : POLICY_NONE;
    if (f == POLICY_NONE)
        return text_find(p, policy_union_text, policy_union_count(p), value);
    const char *name = policy_facility_at(p, f).name;
    return (policy_text){value, name, name};
}

const char *form_value_label(const policy *p, int form, int field, const char *value, bool japanese)
{
    form_type type = policy_form_field_at(p, form, field).type;
    policy_text t = {0};
    if ((type == FORM_CATEGORIES || type == FORM_GRANTEES) && strcmp(value, "all") == 0)
        return japanese ? "すべて" : "all";
    switch (type) {
    case FORM_YES: case FORM_SIGNATURE: t = yes_text(value); break;
    case FORM_CHOICE: t = choice_text(p, form, field, value); break;
    case FORM_RELATION: t = relation_text(p, value); break;
    case FORM_REASON: t = reason_text(p, value); break;
    case FORM_CATEGORIES: t = text_find(p, policy_category_text, policy_category_count(p), value); break;
    case FORM_UNION: t = text_find(p, policy_union_text, policy_union_count(p), value); break;
    case FORM_KIND: t = text_find(p, policy_kind_text, policy_kind_count(p), value); break;
    case FORM_GRANTEES: case FORM_FACILITY: t = member_text(p, value); break;
    default: break;
    }
    return !t.id ? value : japanese ? t.label_ja : t.label_en;
}

void form_order(const policy *p, int form, const filled *f, size_t ret[static FILLED_FIELDS])
{
    bool put[FILLED_FIELDS] = {false};
    size_t n = 0;
    int asked = form == POLICY_NONE ? 0 : policy_form_at(p, form).field_count;
    for (int no = 0; no < asked; no++)
        for (size_t i = 0; i < f->count; i++)
            if (!put[i] && strcmp(policy_form_field_at(p, form, no).name, f->fields[i].name) == 0) {
                ret[n++] = i;
                put[i] = true;
            }
    for (size_t i = 0; i < f->count; i++)
        if (!put[i])
            ret[n++] = i;
}
