// SPDX-License-Identifier: Apache-2.0
// The node: reads the hospital's storages, publishes what patients agreed to, asks for
// its own facilities, and is the gate documents leave by. It dials the hub and listens nowhere.
// This struct owns all state; node/daemon.c builds it in order and tears it down in reverse. What rooms above
// keep here is theirs alone: only their pointers are known below.
// Thread: what is marked W is touched only on the writer's thread, inside jobs; the rest
// says how it is guarded.
#ifndef TSUNAGU_NODE_DUTY_NODE_H
#define TSUNAGU_NODE_DUTY_NODE_H

#include <pthread.h>

#include "node/duty/config.h"
#include "node/duty/people.h"
#include "node/duty/pool.h"
#include "node/shelf/shelf.h"
#include "node/ssmix/mapping.h"
#include "node/ssmix/ssmix.h"
#include "policies/rules/rules.h"
#include "proto/accesslog/accesslog.h"
#include "proto/control/control.h"
#include "proto/link/link.h"
#include "proto/pact/pseudonym.h"
#include "proto/store/writer.h"

enum node_table {
    TABLE_META, TABLE_LOG, TABLE_PATIENT, TABLE_FOLDER, // the last two: node/ssmix
    TABLE_CONSENT,  // chart -> consent (consent.h)
    TABLE_HOLDER,   // pseudonym | chart -> "": who here has a consent under this pseudonym
    TABLE_SENT,     // chart -> hash of the card last handed over | its sequence
    TABLE_OUTBOX,   // sequence -> packed card, until the hub has it
    TABLE_TRAIT,    // kind | keyed hash | chart -> "": finding a person by what a form says
    TABLE_PERSON,   // chart -> which ADT-00 was read, its traits, its pseudonym
    TABLE_STOP,     // pseudonym | viewing facility -> sequence | at
    TABLE_ASK,      // time | nonce -> "": asks that were answered, until they are too old anyway
    TABLE_OWN,      // facility | own number -> pseudonym
    TABLE_OWN_BACK, // pseudonym | facility -> own number
    TABLE_LETTER_OUT, TABLE_LETTER_STREAM, TABLE_LETTER_IN, TABLE_LETTER_HELD, // node/letters
    TABLE_REQUEST, TABLE_REQUEST_LIST, TABLE_REQUEST_PAST, // node/requests
    TABLE_CONTENT,  // chart -> what was found in its documents (verdicts.h)
    TABLE_KNOWN,    // pseudonym | chart -> "": who has a chart here, consented or not
    TABLE_NOTICE, TABLE_NOTICE_MARK, // node/notices
    TABLE_OPENING, TABLE_OPENING_WAITS, TABLE_OPENING_LAST, // openings.h
    TABLE_OBJECTION, // chart -> whether an objection stands (objection.h)
    TABLE_SHELF,     // node/shelf
    TABLE_JOINING,  // id | side -> an application or a leaving (joining.h)
    TABLE_ARRIVALS, // documents seen of a chart; when a request was told of new ones (arrivals.h)
    TABLE_TOLD,     // told.h: openings elsewhere of whom it is not yet known whether they concern us
    TABLE_WITHDRAWAL // withdrawal.h: withdrawals made here that the hub has not acknowledged
};
extern const char *const node_tables[];

// The rules with this hospital's mapping to their categories, counted: a switch to other rules
// goes by while others still decide under the old ones (book.c).
typedef struct book {
    rules *r;
    mapping *map;
    // The versions before and after, and what was in force until lately (with other membership lists), or
    // NULL: tickets may still, or already, name them.
    rules *beside[3];
    bool behind;      // newer ones were in force here and are lost: nothing is granted under these
    int count;        // book_keep and book_drop only
} book;

typedef struct rulebook rulebook; // rulebook.h
typedef struct uplink uplink;   // uplink.h
typedef struct scanner scanner; // scan.h
typedef struct viewer viewer;   // viewer.h
typedef struct post post;       // post.h
typedef struct filing filing;   // filing.h
struct job;                     // job.h
typedef struct noticeboard noticeboard; // notice.h

typedef struct node {
    node_config config;
    uint64_t facility;    // whose storages these are; 0: none. Facilities with a shelf: node_discloses
    store *keep;
    writer *write;
    pool *hands;          // reads files; never the writer's thread or the line's
    control *desk;
    sign_key *sign;
    seal_key *seal[2];
    int seal_count;
    uint8_t secret[KEY_BYTES];
    pseudonym_key federation;
    ssmix_index *index;   // NULL without storages
    time_ms since;

    accesslog log;        // W
    bool batch_over;      // W: the next job that runs opens a new batch

    pthread_mutex_t book_lock;
    book *book_now;       // under book_lock; node_book() gives a counted reference
    people people_now;    // under book_lock

    rulebook *versions;
    uplink *up;
    scanner *scan;
    viewer *view;
    post *mail;
    time_ms told_at;      // main thread: when openings elsewhere are looked at next (told.c)
    bool telling;         // atomic: they are being looked at
    time_ms reviews_at;   // atomic: when openings that wait are looked at next (reviews.c)
    shelf *papers;
    filing *files;
    int32_t daily;        // atomic: the day whose daily work is done or on its way (daily.c)
    time_ms withdrawals_at; // atomic, by clock_mono_ms: when withdrawals that wait are sent next (withdrawal.c)
    int withdrawals_told, withdrawals_pause; // atomic: on their way; ms
    uint64_t withdrawals_said[64]; // atomic: what the last attempt of one said, beside a part of its pseudonym
    uint8_t withdrawals_from[64]; // main thread: where the next look begins
    size_t withdrawals_from_len;
    time_ms flow_at;      // atomic: when deadlines of requests are looked at next (flow.c)
    // Tells a facility of this node that something happened (an event of engine/flow.h), in the same transaction;
    // NULL: nobody is told.
    err (*notice)(struct job *j, store_txn *t, uint64_t facility, int event, const uint8_t *reference);
    noticeboard *board;
    int jobs_open;        // atomic: jobs, commands and handles that are not over yet
    bool closing;         // atomic: no new commands
} node;

book *node_book(node *n); // book_drop when done
book *book_keep(book *b);
void book_drop(book *b);
// r is counted once more. A word of the mapping that the rules do not know is a mistake, told in `why` (256
// bytes); lenient: it is mapped to none and logged, for rules that move without asking this hospital.
MUST_CHECK err book_of(const node_config *c, rules *r, bool lenient, char *why, book **ret);
// Whether documents of that facility leave by this node: its hospital, and whoever has a shelf here, which is each
// facility that the rules let this node disclose for.
bool node_discloses(const node *n, const book *b, uint64_t facility);
const rules *book_named(const book *b, const hash32 *hash); // the rules that a ticket names; NULL: unknown here
// As people_find; ERR_STALE: the rules in force know that user's facility or role no more.
MUST_CHECK err node_person(node *n, const char *user, uint32_t uid, person *ret);
// What the membership list says of us must be what we are: better told now than at the first refusal. Only
// a warning: newer rules may be on their way, and the hub refuses whoever is not listed.
void membership_check(const node *n, const policy *p);
// Who asks, by the argument `as` and the socket's uid; finishes `in` on refusal.
MUST_CHECK err node_asker(node *n, control_in *in, person *ret);
// Puts fresh in place and says in the log what of ours it does not know. Whether the rules are others, and not
// the mapping alone: then more hangs on them (rulebook.h).
bool node_switch(node *n, book *fresh);
// Document ids: the first 16 bytes of an HMAC (ssmix_options.id_of).
void node_document_id(const uint8_t secret[32], span place, uint8_t ret[16]);

#endif
