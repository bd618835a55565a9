// SPDX-License-Identifier: Apache-2.0
// emergency.yaml: what holds besides the rules when someone opens a record in an emergency.
#include <string.h>

#include "policies/compiler/draft.h"

// Where the rules allow less than this file speaks of, the rules win; that is said.
static void emergency_suspect(draft *d, const draft_emergency *e)
{
    int purpose = POLICY_NONE;
    for (size_t i = 0; i < d->purposes.count; i++)
        if (strcmp(d->purposes.ids[i], "emergency") == 0)
            purpose = (int)i;
    uint32_t allowed = 0;
    for (size_t k = 0; purpose != POLICY_NONE && k < d->kinds.count; k++)
        for (size_t r = 0; r < d->roles.count; r++)
            if ((e->kinds >> k & 1) && (e->roles >> r & 1))
                allowed |= d->allow[(k * d->roles.count + r) * d->purposes.count + (size_t)purpose];
    for (size_t i = 0; i < d->categories.count; i++) {
        const draft_term *t = &d->categories.items[i];
        if ((e->categories >> t->bit & 1) && !(allowed >> t->bit & 1))
            draft_warn(d, draft_may(e->place, "categories"),
                       _("no rule allows \"%s\" for the purpose \"emergency\" to any of these"), t->id);
    }
}

void emergency_draft(draft *d)
{
    const yaml_doc *doc = draft_doc(d, "emergency.yaml", false);
    draft_place map = draft_at(doc, doc ? doc->root : NULL);
    size_t errors = d->diag->errors;
    if (!draft_map(d, map, &SHAPE_EMERGENCY))
        return;
    draft_emergency e = {.set = true, .place = map};
    bool named;
    draft_words(d, draft_may(map, "kinds"), &d->kinds, &e.kinds, &named);
    draft_words(d, draft_may(map, "roles"), &d->roles, &e.roles, &named);
    draft_words(d, draft_may(map, "categories"), &d->categories, &e.categories, &named);
    draft_number(d, map, &SHAPE_EMERGENCY, "minutes", &e.minutes);
    draft_number(d, map, &SHAPE_EMERGENCY, "review_hours", &e.review_hours);
    e.told = draft_choices_of(d, draft_may(map, "told"), &CHOICES_AUDIENCES, N_("audience"));
    draft_yes(d, draft_may(map, "without_consent"), &e.without_consent);
    draft_yes(d, draft_may(map, "despite_objection"), &e.despite_objection);
    d->emergency = e;
    if (d->diag->errors == errors && d->diag->errors == d->errors)
        emergency_suspect(d, &e);
}
