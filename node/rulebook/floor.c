// SPDX-License-Identifier: Apache-2.0
// No way back over a restart: which version was in force is remembered in the store. A node that finds less
// in its folder starts, because the hub can hand the rest out; until then it grants and registers nothing.
// Held is enough: which of the held ones is in force, today's date says.
#include <string.h>

#include "node/duty/job.h"
#include "node/rulebook/rulebook_in.h"
#include "policies/ratify/members_kept.h"
#include "policies/rules/folder.h"
#include "proto/base/log.h"
#include "proto/base/tongue.h"

static err floor_read(node *n, rules_floor *ret)
{
    store_txn *t;
    err e = store_read(n->keep, &t);
    if (e)
        return e;
    e = floor_get(t, TABLE_META, ret);
    store_end(t);
    return e == ERR_NOT_FOUND ? OK : e;
}

bool rulebook_behind(node *n)
{
    rulebook *b = n->versions;
    if (!b->held || !b->floor.version)
        return false;
    pthread_mutex_lock(&b->lock);
    const chain_version *x = chain_find(b->held, b->floor.version);
    bool behind = !x || !crypto_same(x->r->hash.at, b->floor.hash.at, HASH_BYTES);
    pthread_mutex_unlock(&b->lock);
    return behind;
}

typedef struct recall {
    node *n;
    size_t count;
} recall;

// A list that was in force and whose file is gone: laid back.
static void list_back(void *ctx, const members *m, span bytes)
{
    recall *r = ctx;
    const char *dir = r->n->config.rules_dir;
    err e = folder_put_list(dir, m->union_id, m->serial, bytes);
    r->count++;
    log_line(LOG_WARN, _("%s: membership list %u of %s was in force here and is not there any more; it is laid back "
                         "from the store%s%s"),
             dir, m->serial, m->union_id, e ? ": " : "", e ? err_text(e) : "");
}

static err lists_remembered(node *n)
{
    rulebook *b = n->versions;
    recall r = {.n = n};
    store_txn *t;
    err e = store_read(n->keep, &t);
    if (e)
        return e;
    pthread_mutex_lock(&b->lock);
    e = members_recall(t, TABLE_META, &chain_get(b->held, 0)->r->hash, &b->lists.shelf, list_back, &r);
    lists_laid_forget(&b->lists);
    pthread_mutex_unlock(&b->lock);
    store_end(t);
    return e == OK && r.count ? rulebook_first(n) : e;
}

err rulebook_remembered(node *n)
{
    rulebook *b = n->versions;
    rules_floor f = {0};
    if (!b->held)
        return OK;
    err e = floor_read(n, &f);
    if (e == OK)
        e = lists_remembered(n);
    if (e) {
        log_line(LOG_ERROR, "%s: %s", n->config.data, err_text(e));
        return e;
    }
    if (!floor_binds(&f, &chain_get(b->held, 0)->r->hash)) {
        if (f.version)
            log_line(LOG_WARN, "another first version of the rules is pinned than before: version %u of the "
                               "old ones does not bind any more", f.version);
        return OK;
    }
    b->floor = f;
    n->book_now->behind = rulebook_behind(n);
    if (n->book_now->behind)
        log_line(LOG_ERROR,
                 _("%s: version %u of the rules was in force here and is not there any more; the newest that "
                   "holds is %u. Nothing is granted or registered until the hub has handed it out again, "
                   "or a back-up is laid back"),
                 n->config.rules_dir, f.version, policy_version(chain_newest(b->held)->p));
    return OK;
}

// ---- remembering ---------------------------------------------------------------------------------

static err remember_run(job *j, store_txn *t)
{
    const rules_floor *f = j->state;
    rulebook *b = j->n->versions;
    err e = floor_put(t, TABLE_META, f);
    if (e)
        return e;
    pthread_mutex_lock(&b->lock);
    e = members_keep(t, TABLE_META, &f->first, &b->lists.shelf);
    pthread_mutex_unlock(&b->lock);
    return e;
}

static void remember_answer(job *j, err e)
{
    (void)j;
    if (e)
        log_line(LOG_ERROR, "which rules and membership lists are in force could not be remembered: %s",
                 err_text(e));
}

void rulebook_remember(node *n)
{
    rulebook *b = n->versions;
    if (!b->held)
        return;
    job *j = job_with(n, sizeof(rules_floor), remember_run, remember_answer);
    if (!j)
        return;
    rules_floor *f = j->state;
    pthread_mutex_lock(&b->lock);
    const chain_version *x = chain_find(b->held, policy_version(j->rules->r->p));
    *f = (rules_floor){.version = x ? policy_version(x->r->p) : 0, .first = chain_get(b->held, 0)->r->hash};
    if (x)
        f->hash = x->r->hash; // the council's own bytes, without membership lists
    pthread_mutex_unlock(&b->lock);
    job_submit(j);
}
