// SPDX-License-Identifier: Apache-2.0
// Who may come in: a chain to the federation's CA is necessary (the TLS session has
// checked it), a place in the membership list is what counts.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hub/job.h"
#include "hub/stops.h"
#include "proto/base/log.h"

enum { REFUSALS_A_MINUTE = 60 };

err door_admit(void *ctx, const link_peer *peer, void **ret_user, char *why)
{
    hub *h = ctx;
    rules *r = hub_rules(h);
    session *s = NULL;
    err e = ERR_DENIED;
    int node = policy_node_by_tls(r->p, peer->spki.at);
    if (node == POLICY_NONE) {
        snprintf(why, 128, "its key is not in the membership list");
        goto out;
    }
    policy_node_view view = policy_node_at(r->p, node);
    if (!tls_peer_is(peer->session, view.host)) {
        snprintf(why, 128, "its certificate is not for %.64s", view.host);
        goto out;
    }
    s = calloc(1, sizeof *s);
    if (!s || strlen(view.name) > TICKET_NODE_MAX) {
        free(s);
        e = ERR_MEM;
        goto out;
    }
    s->h = h;
    s->count = 1;
    strcpy(s->node, view.name);
    snprintf(s->address, sizeof s->address, "%s", peer->address);
    memcpy(s->spki, peer->spki.at, sizeof s->spki);
    s->since = clock_now_ms();
    *ret_user = s;
    e = OK;
out:
    rules_drop(r);
    return e;
}

void door_opened(void *ctx, link_conn *c)
{
    hub *h = ctx;
    session *s = link_conn_user(c);
    link_conn *old = NULL;
    pthread_mutex_lock(&h->roster_lock);
    if (h->session_count == h->session_room) {
        size_t room = h->session_room ? h->session_room * 2 : 32;
        session **grown = realloc(h->sessions, room * sizeof(session *));
        if (!grown) {
            pthread_mutex_unlock(&h->roster_lock);
            link_conn_cut(c, "out of memory");
            return;
        }
        h->sessions = grown;
        h->session_room = room;
    }
    for (size_t i = 0; i < h->session_count; i++) {
        // A node that dials again has lost its old connection, even if we have not noticed yet.
        if (strcmp(h->sessions[i]->node, s->node) == 0) {
            old = h->sessions[i]->conn;
            h->sessions[i]->conn = NULL;
            session_drop(h->sessions[i]);
            h->sessions[i] = h->sessions[--h->session_count];
            break;
        }
    }
    s->conn = link_conn_keep(c);
    h->sessions[h->session_count++] = session_keep(s);
    pthread_mutex_unlock(&h->roster_lock);
    if (old) {
        link_conn_cut(old, "the node dialled anew");
        link_conn_drop(old);
    }
    log_line(LOG_INFO, "node %s connected from %s", s->node, s->address);
    if (!session_listed(s)) // new rules came between the door and the roster
        link_conn_cut(c, "no longer in the membership list");
}

void door_closed(void *ctx, link_conn *c, err e, const char *why)
{
    hub *h = ctx;
    session *s = link_conn_user(c);
    link_conn *kept = NULL;
    pthread_mutex_lock(&h->roster_lock);
    for (size_t i = 0; i < h->session_count; i++) {
        if (h->sessions[i] == s) {
            h->sessions[i] = h->sessions[--h->session_count];
            session_drop(s);
            break;
        }
    }
    kept = s->conn;
    s->conn = NULL;
    pthread_mutex_unlock(&h->roster_lock);
    log_line(e == ERR_CLOSED || e == OK ? LOG_INFO : LOG_WARN, "node %s left: %s", s->node, why);
    bool broke = e == ERR_LIMIT || e == ERR_FORMAT;
    hub_note(h, broke ? EVENT_CUT : EVENT_DISCONNECT, e, s->node, why);
    if (kept)
        link_conn_drop(kept);
    session_drop(s);
}

static bool refusal_spend(hub *h)
{
    pthread_mutex_lock(&h->refusal_lock);
    bool spend = h->refusal_tokens > 0;
    if (spend)
        h->refusal_tokens--;
    else
        h->refusals_unlogged++;
    pthread_mutex_unlock(&h->refusal_lock);
    return spend;
}

void door_refused(void *ctx, const char *address, const char *name, err e, const char *why)
{
    hub *h = ctx;
    // A stranger must not be able to fill the log: so many a minute one by one, the rest as a number.
    if (!refusal_spend(h))
        return;
    char text[256];
    snprintf(text, sizeof text, "%s from %s", why, address);
    log_line(LOG_WARN, "refused %s: %s", name[0] ? name : "a connection", text);
    hub_note(h, EVENT_REFUSE, e, name, text);
}

void door_tick(hub *h, time_ms now)
{
    uint64_t unlogged = 0;
    bool minute = false;
    pthread_mutex_lock(&h->refusal_lock);
    if (now - h->refusal_minute >= 60000 || now < h->refusal_minute) {
        minute = true;
        h->refusal_minute = now;
        h->refusal_tokens = REFUSALS_A_MINUTE;
        unlogged = h->refusals_unlogged;
        h->refusals_unlogged = 0;
    }
    pthread_mutex_unlock(&h->refusal_lock);
    if (minute)
        stops_push_all(h); // who could not take one is asked again
    if (unlogged) {
        char text[64];
        snprintf(text, sizeof text, "%" PRIu64 " more connections refused", unlogged);
        log_line(LOG_WARN, "%s", text);
        hub_note(h, EVENT_REFUSE, ERR_BUSY, "", text);
    }
}
