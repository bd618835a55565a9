// SPDX-License-Identifier: Apache-2.0
// Whether a list is its secretariat's own and follows the one before; and all reasons in words.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policies/ratify/members_lay.h"
#include "proto/base/tongue.h"

#define SKEW_DAYS 1 // a signer's calendar may be so far ahead

const char *members_why_name(members_why w)
{
    static const char *const NAMES[MEMBERS_WHYS] = {
        "good", "unsigned", "no-union", "no-key", "other-union", "wrong-key", "future", "same", "rollback", "fork",
        "gap", "other-previous", "kind", "other-data", "elsewhere", "takes", "node-name", "node-key",
        "node-facility", "too-many", "nobody", "disturbs"};
    return (unsigned)w < MEMBERS_WHYS ? NAMES[w] : "";
}

const char *members_why_text(members_why w)
{
    static const char *const TEXTS[MEMBERS_WHYS] = {
        N_("good"),
        N_("it is not signed"),
        N_("the rules know no such union"),
        N_("the rules name no key of this union's secretariat (secretariat_key)"),
        N_("it is signed by another union's secretariat"),
        N_("the key of this union's secretariat does not fit the signature"),
        N_("it is signed on a day that has not come"),
        N_("it is the list already in hand"),
        N_("a rollback: its serial is older than that of the list in hand"),
        N_("a fork: another list of the same serial"),
        N_("a gap: lists between are missing"),
        N_("a fork: it follows another list"),
        N_("a kind of facility that the rules do not know"),
        N_("another name, ward or kind than its home union or the council's rules say"),
        N_("it is at home in another union, whose list does not name this one under \"also\""),
        N_("it is at home in another union: it cannot disclose here unless the council's rules say so"),
        N_("another union has a node of this name"),
        N_("a key of this node stands elsewhere"),
        N_("a node for a facility that is not this union's, does not disclose here, or has another node"),
        N_("too many facilities or nodes in all"),
        N_("no facility would be left"),
        N_("an entry of another union would no longer hold")};
    return (unsigned)w < MEMBERS_WHYS ? _(TEXTS[w]) : "";
}

static bool fits(const uint8_t key[static KEY_BYTES], span message, const uint8_t signature[static SIGNATURE_BYTES])
{
    verify_key *k = NULL;
    bool good = verify_key_of(key, &k) == OK && verify(k, message, signature) == OK;
    verify_key_free(k);
    return good;
}

// The signature alone.
members_why members_whose(const policy *bundle, members *m)
{
    int u = policy_union(bundle, m->union_id);
    const uint8_t *key = policy_union_key(bundle, u);
    if (u == POLICY_NONE)
        return MEMBERS_NO_UNION;
    if (!key)
        return MEMBERS_NO_KEY;
    if (!m->is_signed)
        return MEMBERS_UNSIGNED;
    members_why why = MEMBERS_WRONG_KEY;
    buf message = {0};
    if (members_message(m, &message) == OK) {
        if (fits(key, buf_span(&message), m->signature))
            why = MEMBERS_GOOD;
        for (int i = 0; why == MEMBERS_WRONG_KEY && i < policy_union_count(bundle); i++) {
            const uint8_t *other = policy_union_key(bundle, i);
            if (other && i != u && fits(other, buf_span(&message), m->signature))
                why = MEMBERS_OTHER_UNION;
        }
    }
    buf_done(&message);
    return why;
}

members_why members_step(const policy *bundle, members *before, members *m, day today, bool gaps)
{
    hash32 was, is;
    members_why why = members_whose(bundle, m);
    if (why)
        return why;
    if (m->on > today + SKEW_DAYS)
        return MEMBERS_FUTURE;
    if (!before)
        return m->serial == 1 || gaps ? MEMBERS_GOOD : MEMBERS_GAP;
    if (strcmp(before->union_id, m->union_id) != 0 || members_hash(before, &was) || members_hash(m, &is))
        return MEMBERS_OTHER_PREVIOUS;
    bool same = memcmp(was.at, is.at, HASH_BYTES) == 0;
    if (m->serial == before->serial)
        return same ? MEMBERS_SAME : MEMBERS_FORK;
    if (m->serial < before->serial)
        return MEMBERS_ROLLBACK;
    if (m->serial - before->serial > 1)
        return gaps ? MEMBERS_GOOD : MEMBERS_GAP;
    return memcmp(m->previous.at, was.at, HASH_BYTES) == 0 ? MEMBERS_GOOD : MEMBERS_OTHER_PREVIOUS;
}

// ---- issues ------------------------------------------------------------------------

void members_issues_done(members_issues *i)
{
    free(i->items);
    *i = (members_issues){0};
}

err members_issue_put(const members_issue *i, buf *out)
{
    buf_put_str(out, i->union_id);
    if (i->node[0])
        buf_printf(out, _(", node %s"), i->node);
    if (i->code)
        buf_printf(out, " %010llu", (unsigned long long)i->code);
    return buf_printf(out, ": %s", members_why_text(i->why));
}

static bool issue_same(const members_issue *a, const members_issue *b)
{
    return a->why == b->why && a->code == b->code && strcmp(a->union_id, b->union_id) == 0 &&
           strcmp(a->node, b->node) == 0;
}

static bool issue_known(const members_issues *known, const members_issue *i)
{
    for (size_t k = 0; k < known->count; k++)
        if (issue_same(&known->items[k], i))
            return true;
    return false;
}

// What of `now` speaks against the list of `union_id`: its own issues, or new ones of others.
static members_why issues_judge(const members_issues *before, const members_issues *now, const char *union_id,
                                members_issue *ret)
{
    const members_issue *disturbed = NULL;
    for (size_t i = 0; i < now->count; i++) {
        const members_issue *x = &now->items[i];
        if (strcmp(x->union_id, union_id) == 0) {
            *ret = *x;
            return x->why;
        }
        if (!disturbed && !issue_known(before, x))
            disturbed = x;
    }
    if (!disturbed)
        return MEMBERS_GOOD;
    *ret = *disturbed;
    return MEMBERS_DISTURBS;
}

err members_accept(const policy *bundle, members *const *lists, size_t count, members *m, day today,
                   bool gaps, members_why *ret, members_issue *ret_issue, buf *ret_bytes)
{
    members *now[BUNDLE_UNIONS + 1], *before = NULL;
    members_issues was = {0}, is = {0};
    members_issue issue = {0};
    buf old = {0}, bytes = {0};
    if (count > BUNDLE_UNIONS)
        return ERR_LIMIT;
    for (size_t i = 0; i < count; i++) {
        now[i] = lists[i];
        if (strcmp(lists[i]->union_id, m->union_id) == 0) {
            before = lists[i];
            now[i] = m;
        }
    }
    if (!before)
        now[count] = m;
    members_why why = members_step(bundle, before, m, today, gaps);
    err e = why ? OK : members_lay(bundle, lists, count, &was, &old);
    if (e == ERR_CONFLICT || e == ERR_LIMIT) // nothing held before: nothing can be disturbed
        e = OK;
    if (e == OK && !why) {
        e = members_lay(bundle, now, count + !before, &is, &bytes);
        if (e == ERR_CONFLICT || e == ERR_LIMIT) {
            why = e == ERR_LIMIT ? MEMBERS_TOO_MANY : MEMBERS_NOBODY;
            e = OK;
        } else if (e == OK) {
            why = issues_judge(&was, &is, m->union_id, &issue);
        }
    }
    if (e == OK) {
        *ret = why;
        *ret_issue = issue;
        if (why == MEMBERS_GOOD) {
            *ret_bytes = bytes;
            bytes = (buf){0};
        }
    }
    members_issues_done(&was);
    members_issues_done(&is);
    buf_done(&old);
    buf_done(&bytes);
    return e;
}
