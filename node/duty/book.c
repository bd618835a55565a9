// SPDX-License-Identifier: Apache-2.0
// The rules in force with this hospital's mapping, and what hangs on them here.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/duty/node.h"
#include "proto/base/log.h"
#include "proto/base/luhn.h"
#include "proto/base/tongue.h"

enum { NAMED_MAX = 20 }; // users named one by one in the running log

book *node_book(node *n)
{
    pthread_mutex_lock(&n->book_lock);
    book *b = book_keep(n->book_now);
    pthread_mutex_unlock(&n->book_lock);
    return b;
}

book *book_keep(book *b)
{
    __atomic_add_fetch(&b->count, 1, __ATOMIC_RELAXED);
    return b;
}

void book_drop(book *b)
{
    if (!b || __atomic_sub_fetch(&b->count, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    mapping_free(b->map);
    rules_drop(b->r);
    for (int i = 0; i < 3; i++)
        rules_drop(b->beside[i]);
    free(b);
}

static int category_of(void *ctx, const char *name)
{
    return policy_category(ctx, name);
}

// Words that these rules do not know become "none"; each is told once.
static void words_forget(const node_config *c, const policy *p, const char **words)
{
    for (size_t i = 0; i < c->mapping.count; i++) {
        const char *word = words[2 * i + 1];
        if (strcmp(word, "none") == 0 || policy_category(p, word) != POLICY_NONE)
            continue;
        log_line(LOG_WARN, _("mapping: %.60s: the rules know no category \"%.60s\": such documents are not disclosed"),
                 words[2 * i], word);
        words[2 * i + 1] = "none";
    }
}

err book_of(const node_config *c, rules *r, bool lenient, char *why, book **ret)
{
    size_t bad = 0, count = c->mapping.count;
    book *b = calloc(1, sizeof *b);
    const char **words = calloc(2 * count + 1, sizeof *words);
    err e = b && words ? OK : ERR_MEM;
    if (e)
        goto out;
    b->count = 1;
    b->r = rules_keep(r);
    for (size_t i = 0; i < 2 * count; i++)
        words[i] = c->mapping.items[i];
    if (lenient)
        words_forget(c, r->p, words);
    e = mapping_new(words, count, category_of, r->p, &bad, &b->map);
    if (e == ERR_FORMAT && bad < count)
        snprintf(why, 256, _("mapping: %.60s: the rules know no category \"%.60s\""), words[2 * bad],
                 words[2 * bad + 1]);
out:
    free(words);
    if (e) {
        if (b && b->count)
            book_drop(b);
        else
            free(b);
        return e;
    }
    *ret = b;
    return OK;
}

bool node_discloses(const node *n, const book *b, uint64_t facility)
{
    const policy *p = b->r->p;
    int f = facility ? policy_facility(p, facility) : POLICY_NONE, no = policy_node(p, n->config.name);
    return facility && (facility == n->facility || (f != POLICY_NONE && no != POLICY_NONE && policy_discloser(p, f) == no));
}

const rules *book_named(const book *b, const hash32 *hash)
{
    const rules *all[] = {b->r, b->beside[0], b->beside[1], b->beside[2]};
    for (int i = 0; i < 4; i++)
        if (all[i] && crypto_same(all[i]->hash.at, hash->at, HASH_BYTES))
            return all[i];
    return NULL;
}

// ---- our own place ------------------------------------------------------------------------

void membership_check(const node *n, const policy *p)
{
    int no = policy_node(p, n->config.name), f = policy_facility(p, n->facility);
    if (no == POLICY_NONE) {
        log_line(LOG_WARN, _("node \"%s\" is not in the membership list of rules version %u"), n->config.name,
                 policy_version(p));
        return;
    }
    if (n->facility && (f == POLICY_NONE || policy_discloser(p, f) != no))
        log_line(LOG_WARN, _("the membership list does not say that node %s discloses for %s"), n->config.name,
                 n->config.facility);
    policy_node_view v = policy_node_at(p, no);
    for (int i = 0; i < n->seal_count; i++) {
        uint8_t pub[KEY_BYTES];
        seal_key_public(n->seal[i], pub);
        for (int k = 0; k < v.seal_count; k++)
            if (memcmp(v.seal[k], pub, KEY_BYTES) == 0)
                return;
    }
    log_line(LOG_WARN, "%s", _("the membership list names none of the sealing keys in keys.seal"));
}

// ---- people under these rules ------------------------------------------------------------

static bool person_known(const policy *p, const person *who)
{
    return policy_facility(p, who->facility) != POLICY_NONE && policy_role(p, who->role) != POLICY_NONE;
}

err node_person(node *n, const char *user, uint32_t uid, person *ret)
{
    person who;
    pthread_mutex_lock(&n->book_lock);
    err e = people_find(&n->people_now, user, uid, &who);
    if (e == OK && !person_known(n->book_now->r->p, &who))
        e = ERR_STALE;
    pthread_mutex_unlock(&n->book_lock);
    if (e == OK)
        *ret = who;
    return e;
}

err node_asker(node *n, control_in *in, person *ret)
{
    const char *as = control_arg(in, "as");
    err e = as ? node_person(n, as, control_uid(in), ret) : ERR_USAGE;
    if (e == OK)
        return OK;
    if (e == ERR_USAGE)
        control_note(in, "say who asks: as");
    else if (e == ERR_DENIED)
        control_note(in, "this login may not act for that user: see uids in the people file");
    else if (e == ERR_STALE)
        control_note(in, "%s", "the rules in force know that user's facility or role no more");
    else
        control_note(in, "the people file knows no such user");
    control_finish(in, e == ERR_NOT_FOUND || e == ERR_STALE ? ERR_DENIED : e);
    return e;
}

static void people_tell(node *n, const policy *p)
{
    size_t lost = 0;
    pthread_mutex_lock(&n->book_lock);
    for (size_t i = 0; i < n->people_now.count; i++) {
        const person *who = &n->people_now.items[i];
        if (person_known(p, who) || lost++ >= NAMED_MAX)
            continue;
        char code[11];
        institution_format(who->facility, code);
        log_line(LOG_WARN, _("user %s may not ask: the rules in force know no role \"%s\" or no facility %s"),
                 who->user, who->role, code);
    }
    pthread_mutex_unlock(&n->book_lock);
    if (lost > NAMED_MAX)
        log_line(LOG_WARN, "%zu users of the people file may not ask under the rules in force", lost);
}

// ---- the switch -------------------------------------------------------------------------------

bool node_switch(node *n, book *fresh)
{
    pthread_mutex_lock(&n->book_lock);
    book *old = n->book_now;
    n->book_now = fresh;
    book_keep(fresh);
    pthread_mutex_unlock(&n->book_lock);
    bool other = !old || !crypto_same(old->r->hash.at, fresh->r->hash.at, HASH_BYTES);
    book_drop(old);
    if (other) {
        log_line(LOG_INFO, "rules version %u are in force", policy_version(fresh->r->p));
        membership_check(n, fresh->r->p);
        people_tell(n, fresh->r->p);
    }
    book_drop(fresh);
    return other;
}
