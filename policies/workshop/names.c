// SPDX-License-Identifier: Apache-2.0
#include "policies/workshop/names.h"

#include <stdlib.h>
#include <string.h>

#include "proto/base/diag.h"
#include "proto/base/luhn.h"
#include "proto/base/tongue.h"

int name_count(const policy *p, name_noun noun)
{
    switch (noun) {
    case NAME_FACILITY: return policy_facility_count(p);
    case NAME_KIND: return policy_kind_count(p);
    case NAME_ROLE: return policy_role_count(p);
    case NAME_PURPOSE: return policy_purpose_count(p);
    case NAME_CATEGORY: return policy_category_count(p);
    default: return policy_union_count(p);
    }
}

policy_text name_text(const policy *p, name_noun noun, int number)
{
    switch (noun) {
    case NAME_FACILITY: {
        const char *name = policy_facility_at(p, number).name;
        return (policy_text){name, name, name};
    }
    case NAME_KIND: return policy_kind_text(p, number);
    case NAME_ROLE: return policy_role_text(p, number);
    case NAME_PURPOSE: return policy_purpose_text(p, number);
    case NAME_CATEGORY: return policy_category_text(p, number);
    default: return policy_union_text(p, number);
    }
}

const char *name_label(policy_text t, bool japanese)
{
    return japanese ? t.label_ja : t.label_en;
}

static const char *noun_word(name_noun noun)
{
    static const char *const WORDS[] = {N_("facility"), N_("kind of facility"), N_("role"),
                                        N_("purpose"),  N_("category"),         N_("union")};
    return _(WORDS[noun]);
}

static bool is(policy_text t, const char *text)
{
    return t.id[0] &&
           (strcmp(t.id, text) == 0 || strcmp(t.label_ja, text) == 0 || strcmp(t.label_en, text) == 0);
}

static bool contains(policy_text t, const char *text)
{
    return t.id[0] && (strstr(t.id, text) || strstr(t.label_ja, text) || strstr(t.label_en, text));
}

static err unknown(const policy *p, name_noun noun, const char *text, buf *why)
{
    size_t n = (size_t)name_count(p, noun), count = 0;
    const char **words = calloc(3 * n + 1, sizeof *words);
    const char *near = NULL;
    for (size_t i = 0; words && i < n; i++) {
        policy_text t = name_text(p, noun, (int)i);
        if (!t.id[0])
            continue;
        words[count++] = t.id;
        if (noun == NAME_FACILITY)
            continue;
        words[count++] = t.label_ja;
        words[count++] = t.label_en;
    }
    if (words)
        near = diag_nearest(text, words, count);
    if (near)
        buf_printf(why, _("unknown %s \"%.60s\"; did you mean \"%s\"?"), noun_word(noun), text, near);
    else
        buf_printf(why, _("unknown %s \"%.60s\""), noun_word(noun), text);
    free(words);
    return ERR_NOT_FOUND;
}

// A part of a name is enough where it fits one thing only.
static err part_find(const policy *p, name_noun noun, const char *text, buf *why, int *ret)
{
    int found = POLICY_NONE, hits = 0;
    for (int i = 0; *text && i < name_count(p, noun); i++)
        if (contains(name_text(p, noun, i), text)) {
            found = hits ? found : i;
            hits++;
        }
    if (hits == 0)
        return unknown(p, noun, text, why);
    if (hits > 1) {
        buf_printf(why, _("\"%.60s\" fits more than one %s:"), text, noun_word(noun));
        for (int i = 0, shown = 0; i < name_count(p, noun) && shown < 4; i++)
            if (contains(name_text(p, noun, i), text)) {
                policy_text t = name_text(p, noun, i);
                buf_printf(why, "%s %s", shown++ ? "," : "", noun == NAME_FACILITY ? t.id : t.label_ja);
            }
        buf_put_str(why, hits > 4 ? " …" : "");
        return ERR_NOT_FOUND;
    }
    *ret = found;
    return OK;
}

err name_find(const policy *p, name_noun noun, const char *text, buf *why, int *ret)
{
    uint64_t code;
    if (noun == NAME_FACILITY && institution_parse(span_str(text), &code) == OK) {
        int f = policy_facility(p, code);
        if (f == POLICY_NONE) {
            buf_printf(why, _("no facility has the code %s"), text);
            return ERR_NOT_FOUND;
        }
        *ret = f;
        return OK;
    }
    for (int i = 0; i < name_count(p, noun); i++)
        if (is(name_text(p, noun, i), text)) {
            *ret = i;
            return OK;
        }
    return part_find(p, noun, text, why, ret);
}

void name_list(const policy *p, name_noun noun, uint64_t mask, bool japanese, buf *out)
{
    bool first = true;
    for (int i = 0; i < name_count(p, noun) && i < 64; i++)
        if (mask >> i & 1) {
            buf_printf(out, "%s%s", first ? "" : japanese ? "、" : ", ", name_label(name_text(p, noun, i), japanese));
            first = false;
        }
}

void months_put(int months, buf *out)
{
    if (months % 12 == 0)
        buf_printf(out, ngettext("%d year", "%d years", (unsigned long)(months / 12)), months / 12);
    else
        buf_printf(out, ngettext("%d month", "%d months", (unsigned long)months), months);
}
