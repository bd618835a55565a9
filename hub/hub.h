// SPDX-License-Identifier: Apache-2.0
// The hub: resolves lookups, relays what it cannot read, and keeps the record.
// This struct owns all state; hub.c builds it in order and tears it down in reverse.
// Thread: what is marked W is touched only on the writer's thread (proto/store/writer.h),
// inside jobs; the rest says how it is guarded.
#ifndef TSUNAGU_HUB_HUB_H
#define TSUNAGU_HUB_HUB_H

#include <pthread.h>

#include "hub/book.h"
#include "hub/config.h"
#include "hub/signer.h"
#include "hub/upload.h"
#include "policies/rules/rules.h"
#include "proto/accesslog/accesslog.h"
#include "proto/control/control.h"
#include "proto/link/link.h"
#include "proto/pact/ticket.h"
#include "proto/store/writer.h"

enum hub_table { TABLE_META, TABLE_CARD, TABLE_LOG, TABLE_SEQUENCE, TABLE_STOP, TABLE_STOP_ORDER,
    TABLE_REFUSED // node, NUL | sequence -> why that card was not taken, until the node goes on behind it
};

// Jobs a commit, tickets a look-up, and so how many signatures a commit may need.
enum { HUB_JOBS = 256, HUB_ANSWERS = 256, HUB_TICKETS = HUB_JOBS * HUB_ANSWERS / TICKET_BATCH };

typedef struct session session; // hub/roster.h
typedef struct job job;         // hub/job.h

typedef struct hub {
    hub_config config;
    store *keep;
    writer *write;
    link_end *line;
    tls_ctx *tls;
    control *desk;
    sign_key *ticket_key;
    signer *sign;         // of the running batch's tickets, from before its commit to after
    time_ms since;

    accesslog log;        // W
    ticket_batch tickets[HUB_TICKETS]; // W: of the running batch; the signer's while it signs
    int tickets_at;       // W: the one that is being filled
    bool batch_over;      // W: the next job that runs opens a new batch
    job *preparing;       // W: those of the running batch that have something to prepare; the signer's meanwhile
    uint64_t stop_seq;    // W: the last stop

    book book;            // hub/book.h: all versions of the rules
    upload upload;        // a version on its way in through the control socket
    pthread_mutex_t rules_lock;
    hash32 crl_hash;      // of the revocation list in force; main thread
    rules *rules_now;     // under rules_lock; hub_rules() gives a counted reference

    pthread_mutex_t roster_lock;
    session **sessions;   // under roster_lock: who is connected
    size_t session_count, session_room;

    pthread_mutex_t refusal_lock; // hub/door.c: refusals are logged, but cannot flood the log
    uint32_t refusal_tokens;
    uint64_t refusals_unlogged;
    time_ms refusal_minute;

    pthread_mutex_t spare_lock; // hub/job.c: jobs kept for reuse with their memory
    job *spare;
    unsigned spare_count;

    int jobs_open;        // atomic: jobs whose memory is still out
    bool dead;            // atomic: a commit failed; nothing is acknowledged any more
} hub;

MUST_CHECK err hub_open(const char *config_path, hub **ret); // complains in words on stderr
void hub_run(hub *h, bool (*stop)(void), bool (*reload)(void)); // until stop
void hub_close(hub *h);

rules *hub_rules(hub *h); // rules_drop when done
// Loads rules, revocation list and certificates anew; what does not verify leaves the old in force.
void hub_reload(hub *h);

#endif
