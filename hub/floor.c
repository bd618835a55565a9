// SPDX-License-Identifier: Apache-2.0
// No way back over a restart: which version was in force is remembered in the store. A hub that finds less
// in its folder decides nothing: it does not start. Nodes hold the same files, so the folder is soon whole.
// Held is enough: which of the held ones is in force, today's date says. A clock that once ran ahead would
// else bind to rules whose day is far away.
#include <stdio.h>
#include <string.h>

#include "hub/job.h"
#include "hub/members.h"
#include "policies/ratify/members_kept.h"
#include "policies/rules/folder.h"
#include "policies/rules/floor.h"
#include "proto/base/log.h"
#include "proto/base/tongue.h"

static void first_of(const hub *h, hash32 *ret)
{
    *ret = chain_get(h->book.versions, 0)->r->hash;
}

static err floor_read(hub *h, rules_floor *ret)
{
    store_txn *t;
    err e = store_read(h->keep, &t);
    if (e)
        return e;
    e = floor_get(t, TABLE_META, ret);
    store_end(t);
    return e == ERR_NOT_FOUND ? OK : e;
}

static void lost_tell(const hub *h, const rules_floor *f)
{
    char hex[HASH_BYTES * 2 + 1];
    hex_put(hex, span_of(f->hash.at, HASH_BYTES));
    log_line(LOG_ERROR,
             _("%s: version %u of the rules (%.16s...) was in force here and is not there any more; the newest "
               "that holds is %u. Lay the missing %u.bundle and .record back, from a back-up or from "
               "any node's rules_dir. The hub does not go back to older rules"),
             h->config.rules_dir, f->version, hex, policy_version(chain_newest(h->book.versions)->p),
             f->version);
}

// Lists that were in force and whose files are gone: laid back, and in force again.
static void list_back(void *ctx, const members *m, span bytes)
{
    hub *h = ctx;
    err e = folder_put_list(h->config.rules_dir, m->union_id, m->serial, bytes);
    log_line(LOG_WARN, _("%s: membership list %u of %s was in force here and is not there any more; it is laid back "
                         "from the store%s%s"),
             h->config.rules_dir, m->serial, m->union_id, e ? ": " : "", e ? err_text(e) : "");
}

static err lists_remembered(hub *h, const hash32 *first)
{
    store_txn *t;
    err e = store_read(h->keep, &t);
    if (e)
        return e;
    pthread_mutex_lock(&h->book.lock);
    e = members_recall(t, TABLE_META, first, &h->book.lists, list_back, h);
    pthread_mutex_unlock(&h->book.lock);
    store_end(t);
    if (e == OK)
        lists_relaid(h);
    return e;
}

err book_remembered(hub *h)
{
    rules_floor f = {0};
    hash32 first;
    if (!h->book.versions)
        return OK;
    first_of(h, &first);
    err e = floor_read(h, &f);
    if (e == OK)
        e = lists_remembered(h, &first);
    if (e) {
        log_line(LOG_ERROR, "%s: %s", h->config.data, err_text(e));
        return e;
    }
    if (f.version && !floor_binds(&f, &first))
        log_line(LOG_WARN, "another first version of the rules is pinned than before: version %u of the old "
                           "ones does not bind any more", f.version);
    if (!floor_binds(&f, &first))
        return OK;
    const chain_version *x = chain_find(h->book.versions, f.version);
    if (x && crypto_same(x->r->hash.at, f.hash.at, HASH_BYTES))
        return OK;
    lost_tell(h, &f);
    return ERR_CONFLICT;
}

// ---- remembering -------------------------------------------------------------------------

static err remember_run(job *j, store_txn *t)
{
    const rules_floor *f = j->state;
    err e = floor_put(t, TABLE_META, f);
    if (e)
        return e;
    pthread_mutex_lock(&j->h->book.lock);
    e = members_keep(t, TABLE_META, &f->first, &j->h->book.lists);
    pthread_mutex_unlock(&j->h->book.lock);
    return e;
}

static void remember_answer(job *j, err e)
{
    (void)j;
    if (e)
        log_line(LOG_ERROR, "which rules and membership lists are in force could not be remembered: %s",
                 err_text(e));
}

void book_remember(hub *h)
{
    if (!h->book.versions)
        return;
    job *j = job_new(h, NULL, NULL, remember_run, remember_answer);
    rules_floor *f = j ? arena_get(&j->memory, sizeof *f) : NULL;
    if (!f) {
        job_free(j);
        return;
    }
    pthread_mutex_lock(&h->book.lock);
    const chain_version *x = chain_find(h->book.versions, policy_version(j->rules->p));
    *f = (rules_floor){.version = x ? policy_version(x->r->p) : 0};
    if (x)
        f->hash = x->r->hash; // the council's own bytes, without membership lists
    first_of(h, &f->first);
    pthread_mutex_unlock(&h->book.lock);
    j->state = f;
    job_submit(j);
}
