// SPDX-License-Identifier: Apache-2.0
#include "node/rulebook/members.h"

#include <stdio.h>
#include <string.h>

#include "node/duty/job.h"
#include "node/rulebook/rulebook_in.h"
#include "policies/rules/folder.h"
#include "proto/base/log.h"

// Under lock: what was laid with the lists before.
void lists_laid_forget(node_lists *l)
{
    for (int i = 0; i < LISTS_LAID; i++) {
        rules_drop(l->laid[i].base);
        rules_drop(l->laid[i].over);
        l->laid[i].base = l->laid[i].over = NULL;
    }
}

void lists_done(node_lists *l)
{
    lists_laid_forget(l);
    shelf_done(&l->shelf);
}

static void issues_tell(const members_issues *issues, uint32_t version)
{
    for (size_t i = 0; i < issues->count; i++) {
        buf text = {0};
        if (members_issue_put(&issues->items[i], &text) == OK)
            log_line(LOG_WARN, "members, under rules version %u without effect: %s", version, buf_str(&text));
        buf_done(&text);
    }
}

rules *lists_over(node_lists *l, rules *base)
{
    members_issues issues = {0};
    rules *over = NULL;
    if (l->shelf.count == 0)
        return rules_keep(base);
    for (int i = 0; i < LISTS_LAID; i++)
        if (l->laid[i].base == base)
            return rules_keep(l->laid[i].over);
    err e = shelf_rules(&l->shelf, base, &issues, &over);
    if (e == OK) {
        issues_tell(&issues, policy_version(base->p));
        unsigned at = l->laid_at++ % LISTS_LAID;
        rules_drop(l->laid[at].base);
        rules_drop(l->laid[at].over);
        l->laid[at].base = rules_keep(base);
        l->laid[at].over = rules_keep(over);
    } else {
        log_line(LOG_ERROR, "the membership lists cannot be laid over rules version %u: %s", policy_version(base->p),
                 err_text(e));
    }
    members_issues_done(&issues);
    return over;
}

// ---- asking again after a failure ------------------------------------------------------------

void backoff_count(backoff *w, bool good, time_ms now)
{
    time_ms wait = w->fails < 16 ? (time_ms)AGAIN_MIN_MS << w->fails : AGAIN_MAX_MS;
    if (good)
        *w = (backoff){0};
    else
        *w = (backoff){w->fails + 1, now + (wait < AGAIN_MAX_MS ? wait : AGAIN_MAX_MS)};
}

static backoff *wait_of(node_lists *l, const char *union_id, bool make)
{
    int at = -1, soonest = 0;
    for (int i = 0; i < BUNDLE_UNIONS; i++) {
        if (strcmp(l->waits[i].union_id, union_id) == 0)
            return &l->waits[i].again;
        if (at < 0 && !l->waits[i].union_id[0])
            at = i;
        if (l->waits[i].again.at < l->waits[soonest].again.at)
            soonest = i;
    }
    if (!make)
        return NULL;
    at = at < 0 ? soonest : at; // more unions failed than there can be: the hub makes them up
    snprintf(l->waits[at].union_id, sizeof l->waits[at].union_id, "%s", union_id);
    l->waits[at].again = (backoff){0};
    return &l->waits[at].again;
}

void lists_waited(node_lists *l, const list_want *want, bool good, time_ms now)
{
    backoff *w = wait_of(l, want->union_id, !good);
    if (w)
        backoff_count(w, good, now);
}

void lists_try(node_lists *l)
{
    memset(l->waits, 0, sizeof l->waits);
}

bool lists_behind(node_lists *l, time_ms now, list_want *ret)
{
    for (size_t i = 0; i < l->said_count; i++) {
        const list_want *w = &l->said[(l->next + i) % l->said_count];
        const members *have = shelf_find(&l->shelf, w->union_id);
        const backoff *wait = wait_of(l, w->union_id, false);
        if ((have && have->serial >= w->serial) || (wait && now < wait->at))
            continue;
        l->next = (l->next + i + 1) % l->said_count;
        *ret = *w;
        return true;
    }
    return false;
}

void lists_hear(node *n, Tsunagu__ListHead *const *lists, size_t count)
{
    rulebook *b = n->versions;
    if (!b->held)
        return;
    pthread_mutex_lock(&b->lock);
    node_lists *l = &b->lists;
    l->said_count = 0;
    for (size_t i = 0; i < count && i < BUNDLE_UNIONS; i++) {
        list_want *w = &l->said[l->said_count];
        if (!lists[i]->union_id[0] || strlen(lists[i]->union_id) > BUNDLE_TEXT || lists[i]->serial == 0 ||
            lists[i]->serial > UINT32_MAX)
            continue;
        strcpy(w->union_id, lists[i]->union_id);
        w->serial = (uint32_t)lists[i]->serial;
        l->said_count++;
    }
    pthread_mutex_unlock(&b->lock);
}

// ---- judging -------------------------------------------------------------------------------

static void refused_tell(node *n, const list_want *want, const char *name, const char *text, span bytes)
{
    rulebook *b = n->versions;
    char note[256];
    hash32 hash;
    sha256(bytes, &hash);
    pthread_mutex_lock(&b->lock);
    bool again = crypto_same(hash.at, b->lists.refused.at, HASH_BYTES);
    b->lists.refused = hash;
    pthread_mutex_unlock(&b->lock);
    if (again)
        return;
    snprintf(note, sizeof note, "refused: list %u of %.60s: %s: %.130s", want->serial, want->union_id, name, text);
    log_line(LOG_WARN, "members: %s; the list before stays", note);
    node_note(n, EVENT_MEMBERS, ERR_DENIED, note);
}

// Under lock. The version in force is what the list must fit.
static err list_take(rulebook *b, rules *base, members *m, span bytes, members_why *ret, members_issue *ret_issue)
{
    members_shelf *s = &b->lists.shelf;
    buf laid = {0};
    err e = members_accept(base->p, s->lists, s->count, m, day_of_time(clock_now_ms()), true, ret, ret_issue, &laid);
    buf_done(&laid);
    if (e || *ret)
        return e;
    // What the disk does not take is in force all the same, and asked for again after the next start.
    e = folder_put_list(b->n->config.rules_dir, m->union_id, m->serial, bytes);
    if (e)
        log_line(LOG_ERROR, "%s: a membership list could not be kept: %s; it holds until the next start",
                 b->n->config.rules_dir, err_text(e));
    e = shelf_put(s, m);
    if (e == OK)
        lists_laid_forget(&b->lists);
    return e;
}

bool lists_judge(node *n, const list_want *want, span bytes)
{
    rulebook *b = n->versions;
    members m;
    members_why why = MEMBERS_WHYS;
    members_issue issue = {0};
    char note[256];
    if (bytes.len == 0 || members_read(bytes, &m) != OK) {
        refused_tell(n, want, "bytes", "it is no membership list", bytes);
        return false;
    }
    bool asked = strcmp(m.union_id, want->union_id) == 0 && m.serial == want->serial;
    book *k = node_book(n);
    pthread_mutex_lock(&b->lock);
    const chain_version *base = chain_find(b->held, policy_version(k->r->p));
    err e = asked && base ? list_take(b, base->r, &m, bytes, &why, &issue) : ERR_CONFLICT;
    pthread_mutex_unlock(&b->lock);
    book_drop(k);
    members_done(&m);
    if (e == OK && why == MEMBERS_GOOD) {
        snprintf(note, sizeof note, "accepted: list %u of %.60s", want->serial, want->union_id);
        log_line(LOG_INFO, "members: %s", note);
        node_note(n, EVENT_MEMBERS, OK, note);
        rulebook_remember(n);
        rulebook_turn(n, clock_now_ms(), false);
        return true;
    }
    buf text = {0};
    if (e == OK && issue.why)
        e = members_issue_put(&issue, &text);
    refused_tell(n, want, e ? "other" : members_why_name(why), e ? "not what was asked for" : text.len ? buf_str(&text) : members_why_text(why), bytes);
    buf_done(&text);
    return false;
}

// ---- for a secretariat ------------------------------------------------------------------------

static void paths_put(const node *n, const members_shelf *s, uint32_t version, buf *bundle, buf *held)
{
    if (!n->config.rules_dir) {
        buf_put_str(bundle, n->config.rules);
        return;
    }
    buf_printf(bundle, "%s/%u." FOLDER_BUNDLE, n->config.rules_dir, version);
    for (size_t i = 0; i < s->count; i++)
        buf_printf(held, "%s%s/members/%s-%u.list", i ? "," : "", n->config.rules_dir, s->lists[i]->union_id,
                   s->lists[i]->serial);
}

err lists_draft(node *n, const char *union_id, members *ret, buf *ret_bundle, buf *ret_held)
{
    rulebook *b = n->versions;
    book *k = node_book(n);
    uint32_t version = policy_version(k->r->p);
    pthread_mutex_lock(&b->lock);
    const chain_version *base = b->held ? chain_find(b->held, version) : NULL;
    const policy *p = base ? base->r->p : k->r->p;
    members *before = shelf_find(&b->lists.shelf, union_id);
    int u = policy_union(p, union_id);
    err e = before ? members_next(before, ret) : u == POLICY_NONE ? ERR_NOT_FOUND : members_of(p, u, ret);
    if (e == OK)
        paths_put(n, &b->lists.shelf, version, ret_bundle, ret_held);
    pthread_mutex_unlock(&b->lock);
    book_drop(k);
    return e;
}
