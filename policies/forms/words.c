// SPDX-License-Identifier: Apache-2.0
#include "policies/forms/words.h"

#include <string.h>

#include "policies/engine/flow.h"
#include "proto/base/date.h"
#include "proto/base/luhn.h"

static policy_text category_named(const policy *p, const char *value)
{
    int bit = policy_category(p, value);
    return bit == POLICY_NONE ? (policy_text){"", "", ""} : policy_category_text(p, bit);
}

static policy_text reason_text(policy_reason r) { return (policy_text){r.id, r.label_ja, r.label_en}; }

// Its labels, or none.
static policy_text labels_of(const policy *p, int form, int field, form_type type, const char *value)
{
    switch (type) {
    case FORM_CHOICE:
        return policy_form_choice_at(p, form, field, policy_form_choice_find(p, form, field, value));
    case FORM_RELATION: {
        policy_relation r = policy_relation_at(p, policy_relation_find(p, value));
        return (policy_text){r.id, r.label_ja, r.label_en};
    }
    case FORM_REASON:
        return reason_text(policy_reason_at(p, policy_reason_find(p, value)));
    case FORM_CATEGORIES:
        return category_named(p, value);
    case FORM_KIND:
        return policy_kind_text(p, policy_kind(p, value));
    case FORM_GRANTEES: case FORM_UNION:
        return policy_union_text(p, policy_union(p, value));
    default:
        return (policy_text){"", "", ""};
    }
}

static bool facility_named(const policy *p, const char *value, buf *out)
{
    uint64_t code;
    int f = institution_parse(span_str(value), &code) == OK ? policy_facility(p, code) : POLICY_NONE;
    if (f == POLICY_NONE)
        return false;
    buf_printf(out, "%s (%s)", policy_facility_at(p, f).name, value);
    return true;
}

static bool plain_word(form_type type, const char *value, bool japanese, buf *out)
{
    static const struct { const char *value, *ja, *en; bool list; } WORDS[] = {
        {"all", "すべて", "all", true}, {"yes", "はい", "yes", false}, {"no", "いいえ", "no", false}};
    bool list = type == FORM_CATEGORIES || type == FORM_GRANTEES, answer = type == FORM_YES || type == FORM_SIGNATURE;
    for (size_t i = 0; (list || answer) && i < sizeof WORDS / sizeof *WORDS; i++)
        if (WORDS[i].list == list && strcmp(WORDS[i].value, value) == 0) {
            buf_put_str(out, japanese ? WORDS[i].ja : WORDS[i].en);
            return true;
        }
    return false;
}

void form_words(const policy *p, int form, int field, const char *value, bool japanese, buf *out)
{
    form_type type = field == POLICY_NONE ? FORM_TEXT : policy_form_field_at(p, form, field).type;
    policy_text t = labels_of(p, form, field, type, value);
    char era[DAY_ERA_BYTES];
    day d;
    if (plain_word(type, value, japanese, out))
        return;
    if (*t.id)
        buf_put_str(out, japanese ? t.label_ja : t.label_en);
    else if (type == FORM_DATE && japanese && day_parse(span_str(value), &d) == OK) {
        day_format_era(d, era);
        buf_printf(out, "%s (%s)", era, value);
    } else if ((type != FORM_FACILITY && type != FORM_GRANTEES) || !facility_named(p, value, out)) {
        buf_put_str(out, value);
    }
}
