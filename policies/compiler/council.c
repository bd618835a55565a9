// SPDX-License-Identifier: Apache-2.0
// council.yaml, index.yaml, hub.yaml and hub-keys.yaml: what holds for all.
#include <string.h>

#include "policies/compiler/draft.h"

// A step that is not written falls on the day of the next one.
static void stale_draft(draft *d, draft_place map)
{
    draft_place warn = draft_may(map, "warn_after"), stop = draft_may(map, "no_registrations_after");
    draft_place deny = draft_may(map, "deny_after"), old = draft_may(map, "stale_after");
    if (deny.node && old.node)
        draft_error(d, old, _("say either \"%s\" or \"%s\", not both"), "deny_after", "stale_after");
    if (!deny.node)
        deny = old;
    if (deny.node && draft_date_never(d, deny, &d->stale_after) && d->stale_after < d->effective_from)
        draft_error(d, deny, _("the rules would be stale before they take effect"));
    d->no_registrations_after = d->stale_after;
    if (stop.node && draft_date_never(d, stop, &d->no_registrations_after) &&
        (d->no_registrations_after > d->stale_after || d->no_registrations_after < d->effective_from))
        draft_error(d, stop, _("the steps come in this order: %s"),
                    "effective_from, warn_after, no_registrations_after, deny_after");
    d->warn_after = d->no_registrations_after;
    if (warn.node && draft_date_never(d, warn, &d->warn_after) &&
        (d->warn_after > d->no_registrations_after || d->warn_after < d->effective_from))
        draft_error(d, warn, _("the steps come in this order: %s"),
                    "effective_from, warn_after, no_registrations_after, deny_after");
}

static void told_draft(draft *d, draft_place value)
{
    d->told = draft_choices_of(d, value, &CHOICES_REASONS, N_("reason")) << WHY_RULE;
    for (size_t i = 0; value.node && value.node->kind == YAML_LIST && i < value.node->count; i++) {
        draft_place item = draft_item(value, i);
        if (strcmp(item.node->text, "consent") == 0 || strcmp(item.node->text, "同意") == 0)
            draft_warn(d, item, _("telling \"consent\" lets a clinic learn that a hospital knows a patient"));
    }
}

static void index_draft(draft *d)
{
    const yaml_doc *doc = draft_doc(d, "index.yaml", true);
    draft_place map = draft_at(doc, doc ? doc->root : NULL);
    if (!draft_map(d, map, &SHAPE_INDEX))
        return;
    int grain = draft_choice_of(d, draft_may(map, "grain"), &CHOICES_GRAINS, N_("grain"));
    if (grain != POLICY_NONE)
        d->grain = (policy_grain)grain;
}

void council_draft(draft *d)
{
    const yaml_doc *doc = draft_doc(d, "council.yaml", true);
    draft_place map = draft_at(doc, doc ? doc->root : NULL);
    d->ticket_minutes = 10;
    d->stale_after = d->warn_after = d->no_registrations_after = DAY_FOREVER;
    d->quorum = (policy_fraction){3, 4};
    if (draft_map(d, map, &SHAPE_COUNCIL)) {
        draft_number(d, map, &SHAPE_COUNCIL, "version", &d->version);
        draft_date(d, draft_may(map, "effective_from"), &d->effective_from);
        stale_draft(d, map);
        draft_number(d, map, &SHAPE_COUNCIL, "ticket_minutes", &d->ticket_minutes);
        told_draft(d, draft_may(map, "told"));
        seats_draft(d, map);
    }
    index_draft(d);
}

void hub_draft(draft *d)
{
    d->hub_name = "hub";
    const yaml_doc *doc = draft_doc(d, "hub.yaml", true);
    draft_place map = draft_at(doc, doc ? doc->root : NULL);
    if (!draft_map(d, map, &SHAPE_HUB))
        return;
    const char *name = draft_id(d, draft_may(map, "name"));
    if (name)
        d->hub_name = name;
    d->hub_host = draft_host(d, draft_may(map, "host"));
}

void hub_keys_draft(draft *d)
{
    const yaml_doc *doc = draft_doc(d, "hub-keys.yaml", false);
    if (!doc) {
        const yaml_doc *hub = draft_doc(d, "hub.yaml", false);
        if (hub && hub->root && d->diag->errors == d->errors) // beside a mistake it is only noise
            draft_warn(d, draft_at(hub, hub->root),
                       _("the hub has no keys yet (hub-keys.yaml): nobody can connect to it"));
        return;
    }
    draft_place map = draft_at(doc, doc->root);
    if (!draft_map(d, map, &SHAPE_HUB_KEYS))
        return;
    draft_place keys = draft_may(map, "keys");
    if (!draft_map(d, keys, &SHAPE_HUB_KEY_LISTS))
        return;
    keys_draft(d, draft_may(keys, "tls"), &d->hub_tls);
    keys_draft(d, draft_may(keys, "sign"), &d->hub_sign);
}
