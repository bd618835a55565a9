// SPDX-License-Identifier: Apache-2.0
// agreements/*.yaml: what two or more unions agreed on. Without differences
// everything the rules allow passes at the council's windows; a difference can only
// take away. Each pair becomes two directions, which `one_way` may narrow apart.
#include <string.h>

#include "policies/compiler/draft.h"

static bool mask_narrow(draft *d, draft_place map, const char *only, const char *without,
                        const draft_terms *t, uint32_t *mask)
{
    draft_place o = draft_may(map, only), w = draft_may(map, without);
    uint64_t words = 0;
    bool named = false;
    if (o.node && w.node) {
        draft_error(d, w, _("say either \"%s\" or \"%s\", not both"), only, without);
        return false;
    }
    if (o.node) {
        if (!draft_words(d, o, t, &words, &named))
            return false;
        *mask &= (uint32_t)words;
    }
    if (w.node) {
        if (!draft_words(d, w, t, &words, &named))
            return false;
        *mask &= ~(uint32_t)words;
    }
    return true;
}

static bool windows_narrow(draft *d, draft_place map, draft_agreement *a)
{
    draft_place windows = draft_may(map, "windows");
    if (!windows.node)
        return true;
    if (d->categories.partial || d->categories.count == 0) // names could be unknown for that alone
        return false;
    if (!draft_map_of(d, windows, d->categories.ids, d->categories.count))
        return false;
    bool ok = true;
    for (size_t i = 0; i < windows.node->count; i++) {
        draft_place value = draft_at(windows.doc, windows.node->items[i]);
        const draft_term *t = NULL;
        for (size_t k = 0; k < d->categories.count && !t; k++)
            if (strcmp(d->categories.ids[k], value.node->key) == 0)
                t = &d->categories.items[k];
        int months = 0;
        if (!t || !draft_months(d, value, &months)) {
            ok = false;
            continue;
        }
        if (months > t->months) {
            draft_error(d, value,
                        _("the council's window for \"%s\" is %d months: an agreement may only shorten it"),
                        t->id, t->months);
            ok = false;
        } else if (months < a->months[t->bit]) {
            a->months[t->bit] = (uint16_t)months;
        }
    }
    return ok;
}

static bool narrow(draft *d, draft_place map, draft_agreement *a)
{
    bool ok = mask_narrow(d, map, "categories", "without_categories", &d->categories, &a->categories);
    ok &= mask_narrow(d, map, "kinds", "without_kinds", &d->kinds, &a->kinds);
    ok &= windows_narrow(d, map, a);
    if (ok && d->categories.count && d->kinds.count && (a->categories == 0 || a->kinds == 0))
        draft_warn(d, map, _("nothing is left of this agreement"));
    return ok;
}

static void one_way(draft *d, draft_place item, uint64_t members)
{
    if (!draft_map(d, item, &SHAPE_ONE_WAY))
        return;
    draft_place from = draft_may(item, "discloser"), to = draft_may(item, "viewer");
    int source = draft_word(d, from, &d->unions), viewer = draft_word(d, to, &d->unions);
    if (source == POLICY_NONE || viewer == POLICY_NONE)
        return;
    if (source == viewer || !(members >> source & 1) || !(members >> viewer & 1)) {
        draft_error(d, item, _("discloser and viewer are two different unions of this agreement"));
        return;
    }
    draft_agreement *a = &d->agreements[(size_t)source * d->unions.count + (size_t)viewer];
    if (a->set && a->place.doc == item.doc) // else: the pair's second agreement, already said
        narrow(d, item, a);
}

// False (and said) if another file already speaks for the pair.
static bool pair_set(draft *d, draft_place map, size_t u, size_t v, const draft_agreement *a)
{
    size_t n = d->unions.count;
    const draft_agreement *old = &d->agreements[u * n + v];
    if (old->set) {
        draft_error(d, map, _("%s and %s already have an agreement (%s:%u): change that one, or take one of the two away"), d->unions.ids[u],
                    d->unions.ids[v], old->place.doc->file, old->place.node->line);
        return false;
    }
    d->agreements[u * n + v] = *a;
    d->agreements[v * n + u] = *a;
    return true;
}

static void agreement_draft(draft *d, draft_place map)
{
    if (!draft_map(d, map, &SHAPE_AGREEMENT))
        return;
    draft_agreement a = {.set = true, .until = DAY_FOREVER, .place = map};
    a.categories = (uint32_t)draft_all(&d->categories);
    a.kinds = (uint32_t)draft_all(&d->kinds);
    for (size_t i = 0; i < d->categories.count; i++)
        a.months[d->categories.items[i].bit] = (uint16_t)d->categories.items[i].months;
    draft_place between = draft_may(map, "between"), until = draft_may(map, "until");
    uint64_t members = 0;
    bool named = true;
    bool ok = draft_words(d, between, &d->unions, &members, &named);
    if (ok && __builtin_popcountll(members) < 2) {
        draft_error(d, between, _("an agreement is between at least two unions"));
        ok = false;
    }
    ok &= draft_date(d, draft_may(map, "from"), &a.from);
    if (until.node && draft_date(d, until, &a.until) && ok && a.until < a.from)
        draft_error(d, until, _("the agreement would end before it begins"));
    ok &= narrow(d, map, &a);
    for (size_t u = 0; ok && u < d->unions.count; u++)
        for (size_t v = u + 1; v < d->unions.count; v++)
            if ((members >> u & 1) && (members >> v & 1))
                pair_set(d, map, u, v, &a);
    draft_place list = draft_may(map, "one_way");
    size_t count = draft_list(d, list, &SHAPE_ONE_WAY);
    for (size_t i = 0; i < count; i++)
        one_way(d, draft_item(list, i), members);
}

void agreements_draft(draft *d)
{
    d->agreements = draft_get(d, d->unions.count * d->unions.count, sizeof *d->agreements);
    for (size_t i = 0; i < d->file_count && !d->broken; i++) {
        const yaml_doc *doc = d->files[i].doc;
        if (doc && draft_in_folder(&d->files[i], "agreements/"))
            agreement_draft(d, draft_at(doc, doc->root));
    }
}
