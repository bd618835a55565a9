// SPDX-License-Identifier: Apache-2.0
#include "hub/roster.h"

#include <stdlib.h>
#include <string.h>

session *session_keep(session *s)
{
    __atomic_add_fetch(&s->count, 1, __ATOMIC_RELAXED);
    return s;
}

void session_drop(session *s)
{
    if (s && __atomic_sub_fetch(&s->count, 1, __ATOMIC_ACQ_REL) == 0)
        free(s);
}

// Under roster_lock.
static session *listed(hub *h, const char *node)
{
    for (size_t i = 0; i < h->session_count; i++)
        // Without a connection it is being cut already.
        if (h->sessions[i]->conn && strcmp(h->sessions[i]->node, node) == 0)
            return h->sessions[i];
    return NULL;
}

session *roster_find(hub *h, const char *node)
{
    pthread_mutex_lock(&h->roster_lock);
    session *s = listed(h, node);
    if (s)
        session_keep(s);
    pthread_mutex_unlock(&h->roster_lock);
    return s;
}

bool roster_has(hub *h, const char *node)
{
    pthread_mutex_lock(&h->roster_lock);
    bool has = listed(h, node) != NULL;
    pthread_mutex_unlock(&h->roster_lock);
    return has;
}

link_conn *session_conn(session *s)
{
    hub *h = s->h;
    pthread_mutex_lock(&h->roster_lock);
    link_conn *c = s->conn ? link_conn_keep(s->conn) : NULL;
    pthread_mutex_unlock(&h->roster_lock);
    return c;
}

size_t roster_count(hub *h)
{
    pthread_mutex_lock(&h->roster_lock);
    size_t n = h->session_count;
    pthread_mutex_unlock(&h->roster_lock);
    return n;
}

static bool still_listed(const rules *r, const session *s)
{
    int node = policy_node_by_tls(r->p, s->spki);
    return node != POLICY_NONE && strcmp(policy_node_at(r->p, node).name, s->node) == 0;
}

bool session_listed(session *s)
{
    rules *r = hub_rules(s->h);
    bool is = still_listed(r, s);
    rules_drop(r);
    return is;
}

void session_rules_set(session *s, const session_state *state)
{
    pthread_mutex_lock(&s->h->roster_lock);
    s->state = *state;
    pthread_mutex_unlock(&s->h->roster_lock);
}

void session_rules(session *s, session_state *ret)
{
    pthread_mutex_lock(&s->h->roster_lock);
    *ret = s->state;
    pthread_mutex_unlock(&s->h->roster_lock);
}

session **roster_list(hub *h, size_t *ret_count)
{
    size_t count = 0;
    pthread_mutex_lock(&h->roster_lock);
    session **list = calloc(h->session_count + 1, sizeof(session *));
    for (size_t i = 0; list && i < h->session_count; i++)
        list[count++] = session_keep(h->sessions[i]);
    pthread_mutex_unlock(&h->roster_lock);
    *ret_count = count;
    return list;
}

// Cuts those who are not listed in `r`, or everybody where it is NULL.
static void cut(hub *h, const rules *r, const char *why)
{
    link_conn *gone[64];
    size_t count;
    do {
        // A few at a time: cutting calls back into the roster, so it happens outside the lock.
        count = 0;
        pthread_mutex_lock(&h->roster_lock);
        for (size_t i = 0; i < h->session_count && count < 64; i++) {
            session *s = h->sessions[i];
            if (s->conn && (!r || !still_listed(r, s))) {
                gone[count++] = s->conn;
                s->conn = NULL;
            }
        }
        pthread_mutex_unlock(&h->roster_lock);
        for (size_t i = 0; i < count; i++) {
            link_conn_cut(gone[i], why);
            link_conn_drop(gone[i]);
        }
    } while (count == 64);
}

void roster_recheck(hub *h)
{
    rules *r = hub_rules(h);
    cut(h, r, "no longer in the membership list");
    rules_drop(r);
}

void roster_cut_all(hub *h, const char *why)
{
    cut(h, NULL, why);
}
