// SPDX-License-Identifier: Apache-2.0
// Who is connected: one session per node, made when the line admits it.
// Owner: the line's connection holds the session (link_conn_user) until `closed`;
// the roster lists it meanwhile. Counted, because jobs outlive connections.
// Thread: the list under hub.roster_lock; a session's own fields as marked.
#ifndef TSUNAGU_HUB_ROSTER_H
#define TSUNAGU_HUB_ROSTER_H

#include "hub/hub.h"

enum { ROSTER_NODES = 1024 }; // as many as a bundle may name (policies/engine/bundle.h)

// What a node said of its rules: in force there, and the newest it holds.
typedef struct session_state {
    uint32_t version, held;
    hash32 hash;
} session_state;

struct session {
    hub *h;
    int count;            // references, atomic
    char node[TICKET_NODE_MAX + 1];
    char address[64];
    uint8_t spki[32];
    link_conn *conn;      // kept while the session is listed, NULL after; under roster_lock
    time_ms since;
    session_state state;  // which rules it said it has; under roster_lock
    bool greeted;         // W: HELLO was answered
    uint64_t stop_cursor; // W: the last stop this node has recorded
    uint64_t stop_seen;   // W: up to here no other stop concerns it
    bool stop_busy;       // atomic: a stop is on its way to it
    int letters_flying;   // atomic: letters passed on to it that it has not answered
    uint32_t letters_left; // W: of its own, before it is told to wait
    time_ms letters_at;   // W
    uint8_t awaits[ROSTER_NODES / 8]; // W: bits of nodes that a letter of its could not reach
};

// The line's events: who may come in, who came, who left, who was refused.
err door_admit(void *ctx, const link_peer *peer, void **ret_user, char *why);
void door_opened(void *ctx, link_conn *c);
void door_closed(void *ctx, link_conn *c, err e, const char *why);
void door_refused(void *ctx, const char *address, const char *name, err e, const char *why);
// Once a minute: writes down how many refusals were counted but not logged one by one, and tells
// withdrawals again that a node did not take.
void door_tick(hub *h, time_ms now);

session *session_keep(session *s);
void session_drop(session *s);
// The connected session of a node, counted, or NULL.
session *roster_find(hub *h, const char *node);
// Its connection, counted (link_conn_drop), or NULL if it left meanwhile.
link_conn *session_conn(session *s);
// All that are connected, counted each; free the list. NULL: out of memory.
session **roster_list(hub *h, size_t *ret_count);
bool roster_has(hub *h, const char *node);
void session_rules_set(session *s, const session_state *state);
void session_rules(session *s, session_state *ret);
// Admitted, but perhaps by rules that were replaced meanwhile.
bool session_listed(session *s);
// After new rules: cuts sessions whose node or key is no longer listed.
void roster_recheck(hub *h);
// Cuts everybody: they dial again at once and are checked against the new revocation list.
void roster_cut_all(hub *h, const char *why);
size_t roster_count(hub *h);

#endif
