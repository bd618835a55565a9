// SPDX-License-Identifier: Apache-2.0
// council.yaml, index.yaml, hub.yaml and hub-keys.yaml: what holds for all.
#include <string.h>

#include "policies/compiler/draft.h"

static void stale_draft(draft *d, draft_place map)
{
    draft_place value = draft_may(map, "stale_after");
    d->stale_after = DAY_FOREVER;
    if (!value.node || (value.node->kind == YAML_SCALAR_KIND && strcmp(value.node->text, "never") == 0))
        return;
    if (draft_date(d, value, &d->stale_after) && d->stale_after < d->effective_from)
        draft_error(d, value, _("the rules would be stale before they take effect"));
}

static void told_draft(draft *d, draft_place value)
{
    const char *names[WHY_NOT_AVAILABLE];
    size_t count = 0;
    for (int w = WHY_RULE; w < WHY_NOT_AVAILABLE; w++)
        names[count++] = policy_why_name((policy_why)w);
    if (!value.node)
        return;
    if (value.node->kind != YAML_LIST) {
        draft_error(d, value, _("expected a list of reasons such as [rule, agreement]"));
        return;
    }
    for (size_t i = 0; i < value.node->count; i++) {
        draft_place item = draft_at(value.doc, value.node->items[i]);
        const char *s = draft_text(d, item);
        if (!s)
            continue;
        size_t k = 0;
        while (k < count && strcmp(names[k], s) != 0)
            k++;
        const char *near = k < count ? NULL : diag_nearest(s, names, count);
        if (k < count)
            d->told |= 1u << (WHY_RULE + (int)k);
        else if (near)
            draft_error(d, item, _("unknown reason \"%.60s\"; did you mean \"%s\"?"), s, near);
        else
            draft_error(d, item, _("unknown reason \"%.60s\""), s);
        if (k < count && WHY_RULE + (int)k == WHY_CONSENT)
            draft_warn(d, item, _("telling \"consent\" lets a clinic learn that a hospital knows a patient"));
    }
}

void council_draft(draft *d)
{
    static const char *const KEYS[] = {"version", "effective_from", "stale_after", "ticket_minutes", "told"};
    const yaml_doc *doc = draft_doc(d, "council.yaml", true);
    draft_place map = draft_at(doc, doc ? doc->root : NULL);
    d->ticket_minutes = 10;
    if (draft_map(d, map, KEYS, COUNT_OF(KEYS))) {
        draft_number(d, draft_need(d, map, "version"), 1, UINT32_MAX, &d->version);
        draft_date(d, draft_need(d, map, "effective_from"), &d->effective_from);
        stale_draft(d, map);
        draft_number(d, draft_may(map, "ticket_minutes"), 1, BUNDLE_TICKET_MS / 60000, &d->ticket_minutes);
        told_draft(d, draft_may(map, "told"));
    }

    static const char *const INDEX_KEYS[] = {"grain"};
    static const char *const GRAINS[] = {"presence", "month", "day"};
    doc = draft_doc(d, "index.yaml", true);
    map = draft_at(doc, doc ? doc->root : NULL);
    if (!draft_map(d, map, INDEX_KEYS, COUNT_OF(INDEX_KEYS)))
        return;
    draft_place value = draft_need(d, map, "grain");
    const char *s = draft_text(d, value);
    if (!s)
        return;
    size_t g = 0;
    while (g < COUNT_OF(GRAINS) && strcmp(GRAINS[g], s) != 0)
        g++;
    if (g == COUNT_OF(GRAINS))
        draft_error(d, value, _("the grain is presence, month or day"));
    else
        d->grain = (policy_grain)g;
}

void hub_draft(draft *d)
{
    static const char *const KEYS[] = {"name", "host"};
    d->hub_name = "hub";
    const yaml_doc *doc = draft_doc(d, "hub.yaml", true);
    draft_place map = draft_at(doc, doc ? doc->root : NULL);
    if (!draft_map(d, map, KEYS, COUNT_OF(KEYS)))
        return;
    const char *name = draft_id(d, draft_may(map, "name"));
    if (name)
        d->hub_name = name;
    d->hub_host = draft_host(d, draft_need(d, map, "host"));
}

void hub_keys_draft(draft *d)
{
    static const char *const FILE_KEYS[] = {"keys"};
    static const char *const KEYS[] = {"tls", "sign"};
    const yaml_doc *doc = draft_doc(d, "hub-keys.yaml", false);
    if (!doc) {
        const yaml_doc *hub = draft_doc(d, "hub.yaml", false);
        if (hub && hub->root)
            draft_warn(d, draft_at(hub, hub->root),
                       _("the hub has no keys yet (hub-keys.yaml): nobody can connect to it"));
        return;
    }
    draft_place map = draft_at(doc, doc->root);
    if (!draft_map(d, map, FILE_KEYS, COUNT_OF(FILE_KEYS)))
        return;
    draft_place keys = draft_need(d, map, "keys");
    if (!draft_map(d, keys, KEYS, COUNT_OF(KEYS)))
        return;
    keys_draft(d, draft_need(d, keys, "tls"), &d->hub_tls);
    keys_draft(d, draft_need(d, keys, "sign"), &d->hub_sign);
}
