// SPDX-License-Identifier: Apache-2.0
// What this hospital tells the hub: a card for each consent, made from the consent, the
// index of the storages and the council's windows. Confirming, changing and withdrawing
// a consent is one transaction: record, card in the outbox, entry in the log.
// Owner: jobs. Thread: `_run` on the writer's. Fails: as each says, with a note.
#ifndef TSUNAGU_NODE_DISCLOSING_DISCLOSURE_H
#define TSUNAGU_NODE_DISCLOSING_DISCLOSURE_H

#include "node/charts/consent.h"
#include "node/duty/job.h"
#include "policies/engine/flow.h"

// What a person confirmed; the handler has read the chart's identity already.
typedef struct confirmation {
    char chart[SSMIX_CHART_MAX + 1];
    char by[CONSENT_TEXT], proxy[CONSENT_TEXT];
    pseudonym who;
    consent_scope scope;  // grantees, categories, from, until, emergency, proxy; the rest is filled in
    day registered_on;    // DAY_NONE: as before, or today
    bool also;            // another chart here has this pseudonym: its consent ends, this one begins
    bool unlike;          // form and chart agree in less than the rules ask for, and the person is sure
    time_ms agreed;       // 0: now. What only narrows keeps the old time: withdrawals since then go on covering it
    consent made;         // out
    uint64_t seq;         // out
} confirmation;

typedef struct withdrawal {
    char chart[SSMIX_CHART_MAX + 1];
    char by[CONSENT_TEXT];
    consent made; // out
    uint64_t seq; // out
} withdrawal;

// ERR_NOT_FOUND: no such chart; ERR_CONFLICT: another chart has the pseudonym; ERR_USAGE: a
// grantee or category that the rules do not know; ERR_LIMIT: too many grantees for a card.
MUST_CHECK err disclosure_confirm(job *j, store_txn *t, confirmation *c);
// told: the one notice of it that the disclosing facility gets; FLOW_EVENT_COUNT: it hears by another.
// ERR_NOT_FOUND, ERR_WITHDRAWN.
MUST_CHECK err disclosure_withdraw(job *j, store_txn *t, withdrawal *w, flow_event told);
// The card as it should stand at the hub at this time. Documents dated more than a year ahead of it are not shown.
MUST_CHECK err disclosure_card(node *n, const book *b, store_txn *t, const consent *c, time_ms at, card *ret);
// Would this consent let a clinic read again at which the patient withdrew since agreeing? Not if `also`.
// but: the facility (or 0) where the patient agreed anew. ERR_CONFLICT, with a note. (stops.c)
MUST_CHECK err consent_reopens(job *j, store_txn *t, const confirmation *c, uint64_t but);
// Whether the scope lets this facility read: by itself, by a union it is in or asks through, or in emergencies.
bool consent_reaches(const policy *p, const consent_scope *s, uint64_t facility);
// Puts the card into the outbox if its bytes differ from what was sent last, or `always`.
MUST_CHECK err disclosure_send(node *n, const book *b, store_txn *t, const consent *c, time_ms at, bool always,
                               uint64_t *ret_seq);
// After a scan: charts that changed. Takes a NUL-separated list of chart numbers.
void disclosure_recheck(node *n, span charts);
// Cards as the rules and the mapping now make them: those whose bytes changed go out again. Nothing to do if
// that was done under these before; a few hundred a job, begun anew after a restart. (renewal.c)
void disclosure_renew(node *n);
// Every card again, numbered on from `hub`; a few hundred a job, resumed after a restart.
MUST_CHECK err disclosure_resync_begin(job *j, store_txn *t, uint64_t hub);
// One step. *ret_more: another is needed.
MUST_CHECK err disclosure_resync_step(job *j, store_txn *t, bool *ret_more);
void disclosure_resync_go(node *n); // steps until done, if one was begun

#endif
