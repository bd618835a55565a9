// SPDX-License-Identifier: Apache-2.0
// Words of the rules where they are used: found, or said what was probably meant.
#include <stdio.h>
#include <string.h>

#include "policies/compiler/draft.h"

// A sign that the Japanese keyboard makes and that means nothing here: said as such. Returns whether it was.
bool draft_wide(draft *d, draft_place at, const char *text)
{
    static const struct { const char *wide, *narrow; } SIGNS[] = {
        {"、", ", "}, {"，", ", "}, {"：", ": "}, {"［", "["}, {"］", "]"}, {"｛", "{"}, {"｝", "}"},
        {"＃", " #"}, {"\u201c", "\""}, {"\u201d", "\""}};
    if (strstr(text, "\u3000")) {
        draft_error(d, at, _("this space is full-width; write an ordinary one"));
        return true;
    }
    for (size_t i = 0; i < COUNT_OF(SIGNS); i++)
        if (strstr(text, SIGNS[i].wide)) {
            draft_error(d, at, _("\"%s\" here is a full-width sign; write \"%s\" instead"), SIGNS[i].wide, SIGNS[i].narrow);
            return true;
        }
    return false;
}

// The words one may write, for a message: all of them, with commas.
void draft_names(char *out, size_t cap, const char *const *words, size_t count)
{
    *out = '\0';
    for (size_t i = 0, at = 0; i < count && at < cap; i++)
        at += (size_t)snprintf(out + at, cap - at, "%s%s", i ? ", " : "", words[i]);
}

uint64_t draft_all(const draft_terms *t)
{
    uint64_t all = 0;
    for (size_t i = 0; i < t->count; i++)
        all |= 1ull << t->items[i].bit;
    return all;
}

const draft_term *draft_term_of(const draft_terms *t, int bit)
{
    for (size_t i = 0; i < t->count; i++)
        if (t->items[i].bit == bit)
            return &t->items[i];
    return NULL;
}

// The short name it is nearest to; else the one whose label it is nearest to; else all there are.
static void word_unknown(draft *d, draft_place value, const draft_terms *t, const char *s)
{
    const char *labels[128], *near = diag_nearest(s, t->ids, t->count);
    char all[500];
    if (near) {
        draft_error(d, value, _("unknown %s \"%.60s\"; did you mean \"%s\"?"), _(t->noun), s, near);
        return;
    }
    size_t count = t->count < COUNT_OF(labels) ? t->count : COUNT_OF(labels);
    for (size_t i = 0; i < count; i++)
        labels[i] = t->items[i].ja;
    near = diag_nearest(s, labels, count);
    for (size_t i = 0; near && i < count; i++)
        if (labels[i] == near) {
            draft_error(d, value, _("unknown %s \"%.60s\"; did you mean \"%s\" (%s)?"), _(t->noun), s, t->ids[i], near);
            return;
        }
    draft_names(all, sizeof all, t->ids, t->count);
    draft_error(d, value, _("unknown %s \"%.60s\"; it is one of: %s"), _(t->noun), s, all);
}

int draft_word(draft *d, draft_place value, const draft_terms *t)
{
    const char *s = draft_text(d, value);
    if (!s)
        return POLICY_NONE;
    for (size_t i = 0; i < t->count; i++)
        if (strcmp(t->items[i].id, s) == 0)
            return t->items[i].bit;
    for (size_t i = 0; i < t->count; i++)
        if (strcmp(t->items[i].ja, s) == 0 || strcmp(t->items[i].en, s) == 0) {
            draft_error(d, value, _("write the short name: \"%s\" instead of \"%.60s\""), t->items[i].id, s);
            return POLICY_NONE;
        }
    if (t->partial || t->count == 0) // what could not be read is said once, there
        return POLICY_NONE;
    if (!draft_wide(d, value, s))
        word_unknown(d, value, t, s);
    return POLICY_NONE;
}

static bool word_add(draft *d, draft_place value, const draft_terms *t, uint64_t *mask)
{
    int bit = draft_word(d, value, t);
    if (bit == POLICY_NONE)
        return false;
    if (*mask >> bit & 1)
        draft_error(d, value, _("\"%s\" stands here twice"), value.node->text);
    *mask |= 1ull << bit;
    return true;
}

bool draft_words(draft *d, draft_place value, const draft_terms *t, uint64_t *ret, bool *ret_named)
{
    if (!value.node)
        return false;
    uint64_t mask = 0;
    bool ok = true;
    if (value.node->kind == YAML_SCALAR_KIND && strcmp(value.node->text, "all") == 0) {
        *ret = draft_all(t);
        *ret_named = false;
        return true;
    }
    if (value.node->kind == YAML_SCALAR_KIND) {
        ok = word_add(d, value, t, &mask);
    } else if (value.node->kind == YAML_LIST && value.node->count > 0) {
        for (size_t i = 0; i < value.node->count; i++)
            ok &= word_add(d, draft_at(value.doc, value.node->items[i]), t, &mask);
    } else {
        draft_error(d, value, _("expected a list such as [a, b], one name, or all"));
        ok = false;
    }
    if (ok) {
        *ret = mask;
        *ret_named = true;
    }
    return ok;
}
