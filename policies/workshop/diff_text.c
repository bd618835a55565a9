// SPDX-License-Identifier: Apache-2.0
// A diff in words: what was gained, lost and changed, by whom, from whom.
#include <string.h>

#include "policies/workshop/diff.h"
#include "policies/workshop/names.h"
#include "proto/base/tongue.h"

typedef struct words {
    const diff *d;
    bool ja;
    buf *out;
} words;

static const char *comma(const words *w, bool first)
{
    return first ? "" : w->ja ? "、" : ", ";
}

// A union by its short name; in Japanese by its secretariat, as people call it.
static const char *label_of(const words *w, const diff_axis *a, int i)
{
    if (a != &w->d->unions)
        return name_label(a->text[i], w->ja);
    const policy *p = a->new_no[i] == POLICY_NONE ? w->d->old_rules : w->d->new_rules;
    int no = a->new_no[i] == POLICY_NONE ? a->old_no[i] : a->new_no[i];
    const char *secretariat = policy_union_secretariat(p, no);
    return w->ja && *secretariat ? secretariat : a->text[i].id;
}

static void date_put(const words *w, day d)
{
    int year, month, dom;
    if (d == DAY_FOREVER) {
        buf_put_str(w->out, _("for ever"));
    } else if (d < day_of(1868, 1, 1)) {
        buf_put_str(w->out, "-");
    } else {
        day_split(d, &year, &month, &dom);
        buf_printf(w->out, w->ja ? "%d年%d月%d日" : "%04d-%02d-%02d", year, month, dom);
    }
}

static void value_put(const words *w, diff_value v, bool dated)
{
    months_put(v.months, w->out);
    if (!dated || v.from <= day_of(1900, 1, 1))
        return;
    buf_put_str(w->out, " (");
    date_put(w, v.from);
    buf_put_str(w->out, " – ");
    date_put(w, v.until);
    buf_put_str(w->out, ")");
}

// The window before and after.
static void change_put(const words *w, const diff_group *g)
{
    if (g->before.months)
        value_put(w, g->before, g->dated);
    if (g->before.months && g->after.months)
        buf_put_str(w->out, " → ");
    if (g->after.months)
        value_put(w, g->after, g->dated);
}

// The labels of the set; "all" where it is every one that the side of the change has.
static void mask_put(const words *w, const diff_axis *a, const uint8_t *has, bool after)
{
    const int *no = after ? a->new_no : a->old_no;
    int in = 0, exist = 0;
    for (int i = 0; i < a->count; i++) {
        in += has[i];
        exist += no[i] != POLICY_NONE;
    }
    if (in == exist && exist > 1) {
        buf_put_str(w->out, _("all"));
        return;
    }
    bool but = exist > 3 && in >= exist - 2, first = true;
    buf named = {0};
    for (int i = 0; i < a->count; i++)
        if (no[i] != POLICY_NONE && has[i] != but) {
            buf_printf(&named, "%s%s", comma(w, first), label_of(w, a, i));
            first = false;
        }
    buf_printf(w->out, but ? _("all but %s") : "%s", buf_str(&named));
    buf_done(&named);
}

static void bits_put(const words *w, const diff_axis *a, uint32_t mask, bool after)
{
    uint8_t has[AXIS_MAX] = {0};
    for (int i = 0; i < a->count && i < 32; i++)
        has[i] = mask >> i & 1;
    mask_put(w, a, has, after);
}

// Rows with equal masks stand together: "nurse, midwife: treatment".
static void rows_put(const words *w, const diff_axis *rows, const uint32_t *masks, const diff_axis *columns,
                     bool after)
{
    uint8_t done[AXIS_MAX] = {0};
    for (int i = 0, rows_shown = 0; i < rows->count; i++) {
        uint8_t has[AXIS_MAX] = {0};
        if (done[i] || !masks[i])
            continue;
        for (int k = i; k < rows->count; k++) {
            has[k] = masks[k] == masks[i];
            done[k] = done[k] || has[k];
        }
        buf_put_str(w->out, rows_shown++ ? "; " : "");
        mask_put(w, rows, has, after);
        buf_put_str(w->out, ": ");
        bits_put(w, columns, masks[i], after);
    }
}

// ---- between which unions --------------------------------------------------------

typedef struct pairs { // of unions that exist on the side of the change
    const diff_group *g;
    const int *no;
    int n;
} pairs;

static bool pair_exists(const pairs *p, int u, int v)
{
    return p->no[u] != POLICY_NONE && p->no[v] != POLICY_NONE;
}

// How many pairs of two, and how many unions within themselves, are in the group or out of it.
static int pairs_count(const pairs *p, bool own, bool in)
{
    int count = 0;
    for (int v = 0; v < p->n; v++)
        for (int u = 0; u < p->n; u++)
            count += pair_exists(p, u, v) && (u == v) == own && diff_set_has(&p->g->whom[v], u) == in;
    return count;
}

// "a → b, c ↔ d" of those that are in the group, or out of it: the records go along the arrow.
static void pairs_list(const words *w, const pairs *p, bool in)
{
    const diff_axis *unions = &w->d->unions;
    bool first = true;
    for (int u = 0; u < p->n; u++)
        for (int v = 0; v < p->n; v++) {
            if (u == v || !pair_exists(p, u, v) || diff_set_has(&p->g->whom[v], u) != in)
                continue;
            bool both = diff_set_has(&p->g->whom[u], v) == in;
            if (both && v < u)
                continue;
            buf_printf(w->out, "%s%s %s %s", comma(w, first), label_of(w, unions, u), both ? "↔" : "→",
                       label_of(w, unions, v));
            first = false;
        }
}

static void own_put(const words *w, const pairs *p)
{
    const diff_axis *unions = &w->d->unions;
    int in = pairs_count(p, true, true), out = pairs_count(p, true, false);
    if (in && !out) {
        buf_put_str(w->out, _("each union within itself"));
        return;
    }
    uint8_t has[AXIS_MAX] = {0};
    for (int i = 0; i < p->n; i++)
        has[i] = pair_exists(p, i, i) && diff_set_has(&p->g->whom[i], i);
    buf_put_str(w->out, _("within itself: "));
    mask_put(w, unions, has, p->no == unions->new_no);
}

static void whom_put(const words *w, const diff_group *g, bool after)
{
    const diff_axis *unions = &w->d->unions;
    pairs p = {g, after ? unions->new_no : unions->old_no, unions->count};
    int in = pairs_count(&p, false, true), out = pairs_count(&p, false, false);
    if (in && !out)
        buf_put_str(w->out, _("all unions of each other"));
    else if (in > out) {
        buf_put_str(w->out, _("all unions of each other, but not "));
        pairs_list(w, &p, false);
    } else if (in)
        pairs_list(w, &p, true);
    if (pairs_count(&p, true, true)) {
        buf_put_str(w->out, in ? "; " : "");
        own_put(w, &p);
    }
}

static void example_put(const words *w, const diff_group *g)
{
    diff_example x;
    const policy *p = g->after.months ? w->d->new_rules : w->d->old_rules;
    if (!diff_example_of(w->d, g, &x)) {
        buf_printf(w->out, "    %s\n", _("no facility is concerned now"));
        return;
    }
    buf_printf(w->out, _("    example: %1$s at %2$s, %3$s of %4$s, for %5$s\n"),
               name_label(w->d->roles.text[x.right.role], w->ja), policy_facility_at(p, x.viewer).name,
               name_label(w->d->categories.text[x.right.category], w->ja), policy_facility_at(p, x.source).name,
               name_label(w->d->purposes.text[x.right.purpose], w->ja));
}

static const char *head_of(const diff_group *g)
{
    if (!g->before.months)
        return _("+ Gained by ");
    if (!g->after.months)
        return _("- Lost by ");
    if (g->before.months == g->after.months)
        return _("* Other dates for ");
    return g->before.months < g->after.months ? _("* Longer for ") : _("* Shorter for ");
}

static void group_put(const words *w, const diff_group *g, const diff_group *before)
{
    bool after = g->after.months != 0;
    // The groups are in order: what happens to the same people stands under one head.
    if (!before || head_of(before) != head_of(g) || before->ruled != g->ruled ||
        memcmp(before->who, g->who, sizeof g->who) != 0) {
        buf_put_str(w->out, before ? "\n" : "");
        buf_put_str(w->out, head_of(g));
        if (g->ruled)
            buf_put_str(w->out, _("everyone whom the rules allow it"));
        else
            rows_put(w, &w->d->roles, g->who, &w->d->purposes, after);
        buf_put_str(w->out, "\n");
    }
    buf_put_str(w->out, "  ");
    rows_put(w, &w->d->kinds, g->what, &w->d->categories, after);
    buf_put_str(w->out, ": ");
    change_put(w, g);
    buf_put_str(w->out, _("\n    unions:  "));
    whom_put(w, g, after);
    buf_put_str(w->out, "\n");
    example_put(w, g);
}

// ---- members, dates -----------------------------------------------------------------

static void members_put(const words *w)
{
    static const char *const HEADS[MEMBER_CHANGES] = {
        N_("+ Joined, viewing"), N_("+ Joined, disclosing"), N_("- Left"),
        N_("+ Discloses now"), N_("- Discloses no more"), N_("* Another kind of facility")};
    const diff *d = w->d;
    for (size_t i = 0; i < d->member_count; i++) {
        const diff_member *m = &d->members[i];
        if (i == 0 || m[-1].change != m->change || m[-1].union_no != m->union_no) {
            const char *name = m->union_no < 0 ? "" : label_of(w, &d->unions, m->union_no);
            buf_put_str(w->out, i ? "\n" : "");
            buf_printf(w->out, "%s%s%s\n", _(HEADS[m->change]), *name ? ": " : "", name);
        }
        buf_printf(w->out, "    %010llu %s", (unsigned long long)m->code, m->name);
        if (m->change == MEMBER_KIND)
            buf_printf(w->out, ": %s → %s", name_label(d->kinds.text[m->kind_before], w->ja),
                       name_label(d->kinds.text[m->kind_after], w->ja));
        buf_put_str(w->out, "\n");
    }
    buf_put_str(w->out, d->member_count ? "\n" : "");
}

static void validity_put(const words *w, const policy *p)
{
    date_put(w, policy_effective_from(p));
    buf_put_str(w->out, " – ");
    date_put(w, policy_stale_after(p));
}

err diff_put(const diff *d, bool japanese, buf *out)
{
    words w = {d, japanese, out};
    if (d->validity) {
        buf_put_str(out, _("* The rules hold: "));
        validity_put(&w, d->old_rules);
        buf_put_str(out, " → ");
        validity_put(&w, d->new_rules);
        buf_put_str(out, "\n\n");
    }
    for (size_t i = 0; i < d->group_count; i++)
        group_put(&w, &d->groups[i], i ? &d->groups[i - 1] : NULL);
    buf_put_str(out, d->group_count ? "\n" : "");
    members_put(&w);
    if (d->papers && diff_papers_put(d->old_rules, d->new_rules, japanese, out) == OK)
        buf_put_str(out, "\n");
    if (d->other)
        buf_printf(out, "%s\n", _("No right changed; something else did (labels, keys, seats, versions)."));
    else if (!d->validity && !d->papers && !d->group_count && !d->member_count)
        buf_printf(out, "%s\n", _("Nothing changed: the same bytes."));
    return out->sticky;
}
