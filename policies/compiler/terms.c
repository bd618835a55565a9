// SPDX-License-Identifier: Apache-2.0
// The words of the rules: categories.yaml, kinds.yaml, roles.yaml, purposes.yaml.
// Kinds, roles and purposes are numbered by the order of their names, so that
// moving a line changes nothing; a category carries its number, because cards
// and tickets do.
#include <stdlib.h>
#include <string.h>

#include "policies/compiler/draft.h"

static int term_cmp(const void *a, const void *b)
{
    const draft_term *x = a, *y = b;
    int c = strcmp(x->id, y->id);
    if (c)
        return c;
    // Equal names are a mistake; a fixed order keeps its message the same.
    c = strcmp(x->place.doc->file, y->place.doc->file);
    return c ? c : (x->place.node->line > y->place.node->line) - (x->place.node->line < y->place.node->line);
}

static bool term_draft(draft *d, draft_place map, bool category, draft_term *ret)
{
    const draft_shape *shape = category ? &SHAPE_CATEGORY : &SHAPE_TERM;
    if (!draft_map(d, map, shape))
        return false;
    draft_term t = {.secretariat = "", .place = map};
    t.id = draft_id(d, draft_may(map, "id"));
    t.ja = draft_text(d, draft_may(map, "ja"));
    t.en = draft_text(d, draft_may(map, "en"));
    bool ok = t.id && t.ja && t.en;
    if (category) {
        int64_t number = 0;
        ok &= draft_number(d, map, shape, "number", &number);
        ok &= draft_months(d, draft_may(map, "window"), &t.months);
        t.bit = (int)number - 1;
    }
    if (ok)
        *ret = t;
    return ok;
}

static void terms_sort(draft *d, draft_terms *t, bool category)
{
    if (t->count > 1)
        qsort(t->items, t->count, sizeof *t->items, term_cmp);
    for (size_t i = 0; i < t->count; i++) {
        t->ids[i] = t->items[i].id;
        if (i && strcmp(t->ids[i - 1], t->ids[i]) == 0)
            draft_error(d, t->items[i].place, _("the %s \"%s\" is described twice"), _(t->noun), t->ids[i]);
        if (!category)
            t->items[i].bit = (int)i;
        for (size_t k = 0; category && k < i; k++)
            if (t->items[k].bit == t->items[i].bit)
                draft_error(d, t->items[i].place, _("number %d is already that of \"%s\""),
                            t->items[i].bit + 1, t->items[k].id);
    }
}

static void words_draft(draft *d, const char *file, const draft_shape *shape, draft_terms *t)
{
    const char *key = shape->fields[0].name;
    bool category = t == &d->categories;
    const yaml_doc *doc = draft_doc(d, file, true);
    draft_place map = draft_at(doc, doc ? doc->root : NULL);
    if (!draft_map(d, map, shape))
        return;
    draft_place list = draft_may(map, key);
    if (!list.node)
        return;
    if (list.node->kind != YAML_LIST || list.node->count == 0) {
        draft_error(d, list, _("expected a list of entries, each beginning with \"- id:\""));
        return;
    }
    if (list.node->count > t->max) {
        draft_error(d, list, _("too many: at most %zu"), t->max);
        return;
    }
    t->items = draft_get(d, list.node->count, sizeof *t->items);
    t->ids = draft_get(d, list.node->count, sizeof *t->ids);
    if (d->broken)
        return;
    for (size_t i = 0; i < list.node->count; i++)
        t->count += term_draft(d, draft_at(doc, list.node->items[i]), category, &t->items[t->count]);
    t->partial = t->count < list.node->count;
    terms_sort(d, t, category);
}

static void unions_words(draft *d)
{
    draft_terms *t = &d->unions;
    size_t max = draft_folder_count(d, "unions/");
    t->items = draft_get(d, max, sizeof *t->items);
    t->ids = draft_get(d, max, sizeof *t->ids);
    if (d->broken)
        return;
    for (size_t i = 0; i < d->file_count; i++) {
        const yaml_doc *doc = d->files[i].doc;
        if (!draft_in_folder(&d->files[i], "unions/"))
            continue;
        if (!doc) {
            t->partial = true;
            continue;
        }
        draft_place map = draft_at(doc, doc->root);
        if (!draft_map(d, map, &SHAPE_UNION)) {
            t->partial = true;
            continue;
        }
        draft_term u = {.place = map};
        u.id = draft_id(d, draft_may(map, "union"));
        u.ja = draft_text(d, draft_may(map, "ja"));
        u.en = draft_text(d, draft_may(map, "en"));
        u.secretariat = draft_text(d, draft_may(map, "secretariat"));
        draft_place key = draft_may(map, "secretariat_key");
        u.has_key = key.node && draft_key(d, key, u.key);
        if (!u.id || !u.ja || !u.en || !u.secretariat) {
            t->partial = true;
            continue;
        }
        if (t->count == t->max) {
            draft_error(d, map, _("too many unions: at most %zu"), t->max);
            break;
        }
        t->items[t->count++] = u;
    }
    terms_sort(d, t, false);
}

void terms_draft(draft *d)
{
    d->categories = (draft_terms){.noun = N_("category"), .max = POLICY_CATEGORIES};
    d->kinds = (draft_terms){.noun = N_("kind of facility"), .max = BUNDLE_KINDS};
    d->roles = (draft_terms){.noun = N_("role"), .max = BUNDLE_ROLES};
    d->purposes = (draft_terms){.noun = N_("purpose"), .max = BUNDLE_PURPOSES};
    d->unions = (draft_terms){.noun = N_("union"), .max = BUNDLE_UNIONS};
    words_draft(d, "categories.yaml", &SHAPE_CATEGORIES, &d->categories);
    words_draft(d, "kinds.yaml", &SHAPE_KINDS, &d->kinds);
    words_draft(d, "roles.yaml", &SHAPE_ROLES, &d->roles);
    words_draft(d, "purposes.yaml", &SHAPE_PURPOSES, &d->purposes);
    if (!d->broken)
        unions_words(d);
}
