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
        if (!keys_same(x.tls_count, x.tls, y.tls_count, y.tls) || !keys_same(x.sign_count, x.sign, y.sign_count, y.sign) ||
            !keys_same(x.seal_count, x.seal, y.seal_count, y.seal))
            buf_printf(out, _("  node %s: other keys\n"), x.name);
    }
    for (int i = 0; i < policy_node_count(b); i++)
        if (policy_node(a, policy_node_at(b, i).name) == POLICY_NONE)
            buf_printf(out, _("  new node %s\n"), policy_node_at(b, i).name);
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
        buf_printf(out, _("  share of the seats that ratifies: %u/%u → %u/%u\n"), p.numerator, p.denominator, q.numerator,
                   q.denominator);
    seats_put(a, b, out);
    if (!keys_same(g.tls_count, g.tls, h.tls_count, h.tls) || !keys_same(g.sign_count, g.sign, h.sign_count, h.sign) ||
        strcmp(g.host, h.host) != 0)
        buf_put_str(out, _("  the hub: another host name or other keys\n"));
    nodes_put(a, b, out);
    return out->sticky;
}
