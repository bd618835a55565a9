// SPDX-License-Identifier: Apache-2.0
// members sign, check, history: what a list changes, and whether it will be taken.
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "ops/cli/members.h"
#include "ops/cli/passphrase.h"
#include "ops/cli/show.h"
#include "proto/base/luhn.h"
#include "proto/base/tongue.h"

static int paper_cmp(const void *a, const void *b)
{
    const members *x = &((const list_paper *)a)->m, *y = &((const list_paper *)b)->m;
    int c = strcmp(x->union_id, y->union_id);
    return c ? c : (x->serial > y->serial) - (x->serial < y->serial);
}

err list_papers_read(const invocation *v, const char *first, list_papers *ret)
{
    list_papers p = {0};
    const char *path = option_value(v, first);
    p.items = calloc(v->rest_count + 1, sizeof *p.items);
    err e = p.items ? OK : ERR_MEM;
    for (size_t i = 0; e == OK && path && i <= v->rest_count; i++) {
        list_paper *x = &p.items[i];
        x->path = i ? v->rest[i - 1] : path;
        e = list_read(v, x->path, &x->m);
        p.count += e == OK;
    }
    if (p.count > 1)
        qsort(p.items, p.count, sizeof *p.items, paper_cmp);
    if (e)
        list_papers_done(&p);
    else
        *ret = p;
    return e;
}

void list_papers_done(list_papers *p)
{
    for (size_t i = 0; i < p->count; i++)
        members_done(&p->items[i].m);
    free(p->items);
    *p = (list_papers){0};
}

// ---- what changes ------------------------------------------------------------------

static void facility_line(const char *lead, const member_facility *f, buf *out)
{
    buf_printf(out, "  %s %010llu %s (%s%s%s)\n", lead, (unsigned long long)f->code, f->name, f->kind,
               f->ward[0] ? ", " : "", f->ward);
    if (f->discloses)
        buf_printf(out, _("      opens its records\n"));
    for (int i = 0; i < f->also_count; i++)
        buf_printf(out, _("      may also be registered by %s\n"), f->also[i]);
}

static bool facility_same(const member_facility *a, const member_facility *b)
{
    bool same = strcmp(a->name, b->name) == 0 && strcmp(a->ward, b->ward) == 0 && strcmp(a->kind, b->kind) == 0 &&
                a->discloses == b->discloses && a->also_count == b->also_count;
    for (int i = 0; same && i < a->also_count; i++)
        same = strcmp(a->also[i], b->also[i]) == 0;
    return same;
}

static bool codes_same(const uint64_t *a, size_t n, const uint64_t *b, size_t m)
{
    return n == m && (n == 0 || memcmp(a, b, n * sizeof *a) == 0);
}

static bool keys_same(const member_keys *a, const member_keys *b)
{
    return a->count == b->count && memcmp(a->at, b->at, (size_t)a->count * KEY_BYTES) == 0;
}

static void nodes_change_put(const members *before, const members *m, buf *out)
{
    for (size_t i = 0; before && i < before->node_count; i++)
        if (!members_find_node(m, before->nodes[i].name))
            buf_printf(out, _("  node %s goes\n"), before->nodes[i].name);
    for (size_t i = 0; i < m->node_count; i++) {
        const member_node *n = &m->nodes[i], *old = before ? members_find_node(before, n->name) : NULL;
        if (!old) {
            buf_printf(out, _("  new node %s\n"), n->name);
            continue;
        }
        if (!keys_same(&n->tls, &old->tls) || !keys_same(&n->sign, &old->sign) || !keys_same(&n->seal, &old->seal))
            buf_printf(out, _("  node %s: other keys\n"), n->name);
        if (strcmp(n->host, old->host) != 0 || n->views_all != old->views_all ||
            !codes_same(n->discloses, n->disclose_count, old->discloses, old->disclose_count) ||
            !codes_same(n->views, n->view_count, old->views, old->view_count))
            buf_printf(out, _("  node %s: another host name or other facilities\n"), n->name);
    }
}

err list_change_put(const members *before, const members *m, buf *out)
{
    for (size_t i = 0; before && i < before->facility_count; i++)
        if (!members_find(m, before->facilities[i].code))
            facility_line(_("leaves: "), &before->facilities[i], out);
    for (size_t i = 0; i < m->facility_count; i++) {
        const member_facility *f = &m->facilities[i], *old = before ? members_find(before, f->code) : NULL;
        if (!old)
            facility_line(_("joins:  "), f, out);
        else if (!facility_same(old, f))
            facility_line(_("changes:"), f, out);
    }
    nodes_change_put(before, m, out);
    return out->sticky;
}

// ---- judging -----------------------------------------------------------------------

static void reason_put(members_why why, const members_issue *issue, buf *out)
{
    if (why == MEMBERS_DISTURBS)
        buf_printf(out, "%s: ", members_why_text(why));
    if (issue->why)
        (void)(members_issue_put(issue, out) == OK); // sticky
    else
        buf_put_str(out, members_why_text(why));
}

typedef struct judging {
    const invocation *v;
    const policy *bundle;
    day today;
    members_shelf shelf;
    size_t refused;
    json_t *lists;
    buf bytes; // the rules with all that were good
} judging;

static void verdict_tell(judging *j, const char *path, const char *id, uint32_t serial, members_why why,
                         const members_issue *issue)
{
    buf reason = {0};
    reason_put(why, issue, &reason);
    json_array_append_new(j->lists, json_pack("{s:s, s:s, s:i, s:b, s:s, s:s}", "file", path, "union", id, "serial",
                                              (int)serial, "ok", why == MEMBERS_GOOD, "why", members_why_name(why),
                                              "text", buf_str(&reason)));
    if (!j->v->json)
        fprintf(why ? stderr : stdout, "%s: %s %u: %s\n", path, id, serial, buf_str(&reason));
    j->refused += why != MEMBERS_GOOD;
    buf_done(&reason);
}

// Takes the list if it is good.
static err list_judge(judging *j, const char *path, members *m, members_why *ret)
{
    members_issue issue = {0};
    buf bytes = {0}, id = {0};
    uint32_t serial = m->serial;
    buf_put_str(&id, m->union_id);
    err e = shelf_take(&j->shelf, j->bundle, m, j->today, false, ret, &issue, &bytes);
    if (e == OK) {
        verdict_tell(j, path, buf_str(&id), serial, *ret, &issue);
        if (*ret == MEMBERS_GOOD) {
            buf_done(&j->bytes);
            j->bytes = bytes;
        }
    }
    buf_done(&id);
    return e;
}

static void judging_done(judging *j)
{
    shelf_done(&j->shelf);
    json_decref(j->lists);
    buf_done(&j->bytes);
}

static void digits_warn(const members *m)
{
    for (size_t i = 0; i < m->facility_count; i++) {
        char code[11];
        institution_format(m->facilities[i].code, code);
        if (!luhn_ok(span_str(code)))
            fprintf(stderr, _("warning: the check digit of %s does not fit\n"), code);
    }
}

int members_check_run(invocation *v)
{
    const char *out = option_value(v, "out");
    judging j = {.v = v, .today = day_of_time(clock_now_ms()), .lists = json_array()};
    list_papers p = {0};
    rules *r = NULL;
    err e = paper_bundle(v, option_value(v, "bundle"), &r);
    if (e == OK)
        e = list_papers_read(v, "@LIST...", &p);
    if (e)
        goto out;
    j.bundle = r->p;
    for (size_t i = 0; e == OK && i < p.count; i++) {
        members_why why;
        digits_warn(&p.items[i].m);
        e = list_judge(&j, p.items[i].path, &p.items[i].m, &why);
    }
    if (e)
        complain(v, e, NULL);
    if (e == OK && j.refused)
        e = ERR_CONFLICT;
    if (e == OK && out)
        e = paper_write(v, out, buf_span(&j.bytes));
    if (v->json) {
        json_t *top = json_pack("{s:b, s:O}", "ok", e == OK, "lists", j.lists);
        if (e)
            show_refused();
        json_dumpf(top, stdout, JSON_COMPACT);
        putchar('\n');
        json_decref(top);
    }
out:
    list_papers_done(&p);
    judging_done(&j);
    if (r)
        rules_drop(r);
    return exit_of(e);
}

// ---- signing -----------------------------------------------------------------------

// What holds now in this union: its list in hand, or what the bundle says.
static err change_show(judging *j, const members *m)
{
    members of_bundle = {0};
    buf text = {0};
    const members *before = shelf_find(&j->shelf, m->union_id);
    int u = policy_union(j->bundle, m->union_id);
    err e = before || u == POLICY_NONE ? OK : members_of(j->bundle, u, &of_bundle);
    if (e == OK)
        e = list_change_put(before ? before : of_bundle.union_id ? &of_bundle : NULL, m, &text);
    if (e == OK) {
        FILE *out = j->v->json ? stderr : stdout;
        fprintf(out, _("list %u of %s:\n"), m->serial, m->union_id);
        show_safe(out, text.len ? buf_str(&text) : _("  nothing changes\n"), true);
        fflush(out);
    }
    members_done(&of_bundle);
    buf_done(&text);
    return e;
}

static err shelf_fill(judging *j)
{
    list_papers held = {0};
    const invocation *v = j->v;
    members_why why;
    err e = option_value(v, "@HELD...") ? list_papers_read(v, "@HELD...", &held) : OK;
    for (size_t i = 0; e == OK && i < held.count; i++) { // they hold already: only their signature is looked at
        why = members_whose(j->bundle, &held.items[i].m);
        if (why)
            verdict_tell(j, held.items[i].path, held.items[i].m.union_id, held.items[i].m.serial, why,
                         &(members_issue){0});
        else
            e = shelf_put(&j->shelf, &held.items[i].m);
    }
    list_papers_done(&held);
    return e == OK && j->refused ? ERR_CONFLICT : e;
}

int members_sign_run(invocation *v)
{
    const char *path = option_value(v, "@LIST");
    judging j = {.v = v, .today = day_of_time(clock_now_ms()), .lists = json_array()};
    members m = {0};
    rules *r = NULL;
    sign_key *k = NULL;
    members_why why = MEMBERS_GOOD;
    buf bytes = {0};
    err e = paper_bundle(v, option_value(v, "bundle"), &r);
    if (e == OK)
        e = list_read(v, path, &m);
    if (e == OK && m.is_signed)
        complain(v, e = ERR_DENIED, _("it is signed already; begin the next one with `tsunagu members draft`"));
    if (e)
        goto out;
    j.bundle = r->p;
    e = shelf_fill(&j);
    if (e == OK)
        e = change_show(&j, &m);
    if (e)
        goto out;
    digits_warn(&m);
    e = locked_key_open(v, option_value(v, "key"), &k);
    if (e == OK)
        e = members_sign(&m, k, j.today);
    if (e == OK)
        e = members_put(&m, &bytes);
    // Judged as everyone else will: nothing leaves this desk that would be refused.
    if (e == OK)
        e = list_judge(&j, path, &m, &why);
    if (e == OK && why)
        complain(v, e = ERR_DENIED, members_why_text(why));
    if (e == OK)
        e = paper_write(v, path, buf_span(&bytes));
    if (e == OK && v->json)
        puts("{\"ok\":true}");
    else if (e == OK) {
        printf(_("%s: signed\n"), path);
        printf(_("next, where the hub is reached: tsunagu members publish %s\n"), path);
    }
out:
    buf_done(&bytes);
    sign_key_free(k);
    members_done(&m);
    judging_done(&j);
    if (r)
        rules_drop(r);
    return exit_of(e);
}

// ---- history -----------------------------------------------------------------------

static err history_tell(const invocation *v, const list_paper *x, const list_paper *before, json_t *list)
{
    hash32 hash;
    char on[11], aloud[HASH_ALOUD_BYTES], hex[HASH_BYTES * 2 + 1];
    buf text = {0};
    err e = members_hash((members *)&x->m, &hash);
    if (e == OK)
        e = list_change_put(before ? &before->m : NULL, &x->m, &text);
    if (e == OK) {
        day_format(x->m.on, on);
        hash_aloud(&hash, aloud);
        hex_put(hex, span_of(hash.at, HASH_BYTES));
        json_array_append_new(list, json_pack("{s:s, s:s, s:i, s:s, s:s, s:b, s:i}", "file", x->path, "union",
                                              x->m.union_id, "serial", (int)x->m.serial, "hash", hex, "on", on,
                                              "signed", x->m.is_signed, "facilities", (int)x->m.facility_count));
        if (!v->json)
            printf(_("%s, list %u  %s  signed on %s  (%s)\n"), x->m.union_id, x->m.serial, aloud,
                   x->m.is_signed ? on : "-", x->path);
        if (!v->json && before)
            show_safe(stdout, buf_str(&text), true);
        else if (!v->json)
            printf(_("  %zu facilities, %zu nodes\n"), x->m.facility_count, x->m.node_count);
    }
    buf_done(&text);
    return e;
}

int members_history_run(invocation *v)
{
    list_papers p = {0};
    json_t *list = json_array();
    err e = list_papers_read(v, "@LIST...", &p);
    for (size_t i = 0; e == OK && i < p.count; i++) {
        bool follows = i && strcmp(p.items[i - 1].m.union_id, p.items[i].m.union_id) == 0;
        e = history_tell(v, &p.items[i], follows ? &p.items[i - 1] : NULL, list);
    }
    if (e == OK && v->json) {
        json_t *top = json_pack("{s:b, s:O}", "ok", 1, "lists", list);
        json_dumpf(top, stdout, JSON_COMPACT);
        putchar('\n');
        json_decref(top);
    }
    json_decref(list);
    list_papers_done(&p);
    return exit_of(e);
}
