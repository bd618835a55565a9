// SPDX-License-Identifier: Apache-2.0
// Facilities that no agreement reaches. Many of one kind are said once, at the first.
#include "policies/compiler/draft.h"

// By union: the kinds that see something through it; whether it discloses to anyone.
typedef struct reach {
    uint64_t kinds[BUNDLE_UNIONS];
    bool discloses[BUNDLE_UNIONS], named[BUNDLE_UNIONS];
} reach;

static void reach_find(const draft *d, reach *r)
{
    size_t n = d->unions.count;
    for (size_t u = 0; u < n; u++)
        for (size_t v = 0; v < n; v++) {
            const draft_agreement *a = &d->agreements[u * n + v];
            if (!a->set)
                continue;
            r->named[u] = r->named[v] = true;
            if (!a->categories || !a->kinds)
                continue;
            r->kinds[v] |= a->kinds;
            r->discloses[u] = true;
        }
}

static bool reached(const draft_facility *f, const reach *r)
{
    for (uint64_t left = f->unions; left; left &= left - 1) {
        int u = __builtin_ctzll(left);
        // A union without any agreement is said itself, not facility by facility.
        if (!r->named[u] || (r->kinds[u] >> f->kind & 1) || ((f->discloses >> u & 1) && r->discloses[u]))
            return true;
    }
    return false;
}

void members_suspect(draft *d)
{
    reach r = {0};
    size_t n = d->unions.count;
    if (n < 2)
        return; // alone, nobody to agree with
    reach_find(d, &r);
    for (size_t u = 0; u < n; u++)
        if (!r.named[u])
            draft_warn(d, d->unions.items[u].place, _("the union \"%s\" is in no agreement: its facilities see only each other"),
                       d->unions.ids[u]);
    size_t *others = draft_get(d, n * d->kinds.count, sizeof *others);
    const draft_facility **first = draft_get(d, n * d->kinds.count, sizeof *first);
    if (d->broken)
        return;
    for (size_t i = 0; i < d->facility_count; i++) {
        const draft_facility *f = &d->facilities[i];
        if (reached(f, &r))
            continue;
        size_t group = (size_t)__builtin_ctzll(f->unions) * d->kinds.count + (size_t)f->kind;
        if (first[group])
            others[group]++;
        else
            first[group] = f;
    }
    for (size_t g = 0; g < n * d->kinds.count; g++) {
        if (first[g] && others[g])
            draft_warn(d, first[g]->place,
                       _("%s is in no agreement: none of its unions' agreements includes the kind \"%s\" "
                         "(and %zu more like it)"),
                       first[g]->name, d->kinds.ids[first[g]->kind], others[g]);
        else if (first[g])
            draft_warn(d, first[g]->place,
                       _("%s is in no agreement: none of its unions' agreements includes the kind \"%s\""),
                       first[g]->name, d->kinds.ids[first[g]->kind]);
    }
}
