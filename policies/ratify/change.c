// SPDX-License-Identifier: Apache-2.0
// What a new version does to the council itself and to the keys: whoever could change
// these unseen could rule alone, so a councillor reads them before signing.
#include <string.h>

#include "policies/ratify/ratify.h"
#include "proto/base/tongue.h"

static bool key_same(const uint8_t *a, const uint8_t *b)
{
    return a == b || (a && b && memcmp(a, b, KEY_BYTES) == 0);
}

static bool keys_same(int n, const uint8_t *const a[2], int m, const uint8_t *const b[2])
{
    bool same = n == m;
    for (int i = 0; same && i < n; i++)
        same = key_same(a[i], b[i]);
    return same;
}

// lead: "new seat tenshi"
static void seat_put(const char *lead, const policy_seat *s, buf *out)
{
    char from[11], until[11];
    day_format(s->term_from, from);
    day_format(s->term_until, until);
    buf_printf(out, "  %s %s: ", lead, s->id);
    buf_printf(out, _("%s, %s, from %s until %s\n"), s->institution, s->office, from, until);
}

static void seat_change_put(const policy_seat *before, const policy_seat *after, buf *out)
{
    if (strcmp(before->institution, after->institution) != 0 || strcmp(before->office, after->office) != 0 ||
        before->term_from != after->term_from || before->term_until != after->term_until) {
        seat_put(_("before, seat"), before, out);
        seat_put(_("after, seat"), after, out);
    }
    if (key_same(before->key, after->key))
        return;
    const char *what = !before->key ? _("its first key") : after->key ? _("another key") : _("its key goes");
    buf_printf(out, _("  seat %s: %s\n"), after->id, what);
}

static void seats_put(const policy *a, const policy *b, buf *out)
{
    for (int i = 0; i < policy_seat_count(a); i++) {
        policy_seat before = policy_seat_at(a, i), after = policy_seat_at(b, policy_seat_find(b, before.id));
        if (after.id[0])
            seat_change_put(&before, &after, out);
        else
            seat_put(_("goes: seat"), &before, out);
    }
    for (int i = 0; i < policy_seat_count(b); i++) {
        policy_seat after = policy_seat_at(b, i);
        if (policy_seat_find(a, after.id) == POLICY_NONE)
            seat_put(_("new: seat"), &after, out);
    }
}

static void day_put(const char *label, day before, day after, buf *out)
{
    char from[11], to[11];
    if (before == after)
        return;
    day_format(before, from);
    day_format(after, to);
    buf_printf(out, "  %s: %s → %s\n", label, from, to);
}

// The reasons that a clinic may be told, as council.yaml names them.
static void told_put(const policy *a, const policy *b, buf *out)
{
    for (int w = 0; w < WHY_COUNT; w++) {
        bool before = policy_told(a) >> w & 1, after = policy_told(b) >> w & 1;
        if (!before && after)
            buf_printf(out, _("  clinics will be told the reason: %s\n"), policy_why_name((policy_why)w));
        else if (before && !after)
            buf_printf(out, _("  clinics will no longer be told the reason: %s\n"), policy_why_name((policy_why)w));
    }
}

static void cards_put(const policy *a, const policy *b, buf *out)
{
    static const char *const GRAINS[] = {"presence", "month", "day"};
    if (policy_index_grain(a) != policy_index_grain(b))
        buf_printf(out, _("  how fine the hub's cards may be: %s → %s\n"), GRAINS[policy_index_grain(a)],
                   GRAINS[policy_index_grain(b)]);
    if (policy_ticket_ms(a) != policy_ticket_ms(b))
        buf_printf(out, _("  a ticket's life in seconds: %u → %u\n"), policy_ticket_ms(a) / 1000,
                   policy_ticket_ms(b) / 1000);
}

static void number_put(const char *label, int before, int after, buf *out)
{
    if (before != after)
        buf_printf(out, "  %s: %d → %d\n", label, before, after);
}

// Every word of `a` in the mask is one of `b` in its mask. By name: a new word moves the numbers.
static bool words_within(const policy *a, uint64_t of_a, const policy *b, uint64_t of_b, int count,
                         policy_text (*text)(const policy *, int), int (*find)(const policy *, const char *))
{
    for (int i = 0; i < count; i++) {
        int k = of_a >> i & 1 ? find(b, text(a, i).id) : 0;
        if ((of_a >> i & 1) && (k == POLICY_NONE || !(of_b >> k & 1)))
            return false;
    }
    return true;
}

static bool emergency_within(const policy *a, const policy *b)
{
    policy_emergency_view x = policy_emergency(a), y = policy_emergency(b);
    return words_within(a, x.kinds, b, y.kinds, policy_kind_count(a), policy_kind_text, policy_kind) &&
           words_within(a, x.roles, b, y.roles, policy_role_count(a), policy_role_text, policy_role) &&
           words_within(a, x.categories, b, y.categories, policy_category_count(a), policy_category_text,
                        policy_category);
}

static void emergency_put(const policy *a, const policy *b, buf *out)
{
    policy_emergency_view x = policy_emergency(a), y = policy_emergency(b);
    number_put(_("emergency, minutes"), x.minutes, y.minutes, out);
    number_put(_("emergency, hours until it is reviewed"), x.review_hours, y.review_hours, out);
    number_put(_("emergency, also patients who did not agree (1: yes)"), x.without_consent, y.without_consent, out);
    number_put(_("emergency, also patients who objected (1: yes)"), x.despite_objection, y.despite_objection, out);
    for (int i = 0; i < AUDIENCE_COUNT; i++)
        if ((x.told >> i & 1) != (y.told >> i & 1))
            buf_printf(out,
                       y.told >> i & 1 ? _("  emergency: now told to %s\n")
                                       : _("  emergency: no longer told to %s\n"),
                       policy_audience_name((policy_audience)i));
    if (!emergency_within(a, b) || !emergency_within(b, a))
        buf_put_str(out, _("  emergency: who may open a record, or what is shown, is not the same as before\n"));
}

// Whoever is known to both rules is served by it in both or in neither.
static bool serves_same(const policy *a, int x, const policy *b, int y)
{
    for (int i = 0; i < policy_facility_count(a); i++) {
        int k = policy_facility(b, policy_facility_at(a, i).code);
        if (k == POLICY_NONE)
            continue;
        if (policy_node_serves(a, x, i) != policy_node_serves(b, y, k) ||
            (policy_discloser(a, i) == x) != (policy_discloser(b, k) == y))
            return false;
    }
    return true;
}

static void nodes_put(const policy *a, const policy *b, buf *out)
{
    for (int i = 0; i < policy_node_count(a); i++) {
        policy_node_view x = policy_node_at(a, i);
        int k = policy_node(b, x.name);
        if (k == POLICY_NONE) {
            buf_printf(out, _("  node %s goes\n"), x.name);
            continue;
        }
        policy_node_view y = policy_node_at(b, k);
        if (!keys_same(x.tls_count, x.tls, y.tls_count, y.tls) ||
            !keys_same(x.sign_count, x.sign, y.sign_count, y.sign) ||
            !keys_same(x.seal_count, x.seal, y.seal_count, y.seal))
            buf_printf(out, _("  node %s: other keys\n"), x.name);
        if (strcmp(x.host, y.host) != 0 || !serves_same(a, i, b, k))
            buf_printf(out, _("  node %s: another host name or other facilities\n"), x.name);
    }
    for (int i = 0; i < policy_node_count(b); i++)
        if (policy_node(a, policy_node_at(b, i).name) == POLICY_NONE)
            buf_printf(out, _("  new node %s\n"), policy_node_at(b, i).name);
}

static void secretariats_put(const policy *a, const policy *b, buf *out)
{
    for (int i = 0; i < policy_union_count(b); i++) {
        const char *id = policy_union_text(b, i).id;
        int k = policy_union(a, id);
        const uint8_t *before = policy_union_key(a, k), *after = policy_union_key(b, i);
        if (k != POLICY_NONE && !key_same(before, after))
            buf_printf(out, _("  secretariat of %s: %s\n"), id,
                       !before ? _("its first key") : after ? _("another key") : _("its key goes"));
    }
}

err ratify_change_put(const policy *a, const policy *b, buf *out)
{
    policy_fraction p = policy_quorum(a), q = policy_quorum(b);
    policy_stale_days s = policy_stale(a), t = policy_stale(b);
    policy_hub_view g = policy_hub(a), h = policy_hub(b);
    day_put(_("in force from"), policy_effective_from(a), policy_effective_from(b), out);
    day_put(_("warned of after"), s.warn, t.warn, out);
    day_put(_("no registrations after"), s.no_registrations, t.no_registrations, out);
    day_put(_("denied after"), s.deny, t.deny, out);
    if (p.numerator != q.numerator || p.denominator != q.denominator)
        buf_printf(out, _("  share of the seats that ratifies: %u/%u → %u/%u\n"), p.numerator, p.denominator,
                   q.numerator, q.denominator);
    seats_put(a, b, out);
    told_put(a, b, out);
    cards_put(a, b, out);
    emergency_put(a, b, out);
    if (!keys_same(g.tls_count, g.tls, h.tls_count, h.tls) ||
        !keys_same(g.sign_count, g.sign, h.sign_count, h.sign) ||
        strcmp(g.host, h.host) != 0)
        buf_put_str(out, _("  the hub: another host name or other keys\n"));
    secretariats_put(a, b, out);
    nodes_put(a, b, out);
    return out->sticky;
}
