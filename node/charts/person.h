// SPDX-License-Identifier: Apache-2.0
// Who a chart is: ADT-00 read when it changed, turned into keyed hashes by which a
// request form finds candidates, and into the pseudonym. Names themselves are never stored.
// Owner: plain values; identities are wiped by who got them. Thread: reading blocks on
// files (pool or scanner); the store's part within a transaction.
// Fails: ERR_NOT_FOUND: no such chart or no ADT-00; ERR_FORMAT: it is no HL7 message.
#ifndef TSUNAGU_NODE_CHARTS_PERSON_H
#define TSUNAGU_NODE_CHARTS_PERSON_H

#include "node/duty/job.h"
#include "node/ssmix/patient.h"
#include "node/trait/trait.h"

typedef struct person_record {
    char chart[SSMIX_CHART_MAX + 1];
    bool present;           // false: no ADT-00 any more
    uint8_t adt[16];        // which file it was read from: its id, length and time of change, hashed
    time_ms adt_time;
    traits keys;
    bool unread;            // its ADT-00 is not HL7, has no patient, or is beyond every limit
    bool named;             // who is set: kana, birth and sex are all known
    pseudonym who;
} person_record;

// The newest ADT-00 of a chart. ret_entry may be NULL.
MUST_CHECK err person_identity(node *n, store_txn *t, const char *chart, identity *ret, ssmix_entry *ret_entry);
void person_name(const char *family, const char *given, char out[static IDENTITY_TEXT * 2 + 2]);
void person_traits(const node *n, const identity *i, person_record *ret);
MUST_CHECK err person_get(store_txn *t, const char *chart, person_record *ret);
MUST_CHECK err person_put(store_txn *t, const person_record *p);
// Does any chart here have exactly this pseudonym?
MUST_CHECK err person_known(store_txn *t, const pseudonym *who, bool *ret);
// The chart with exactly this pseudonym; *ret_count: 0, 1, or 2: more than one, and ret is any of them.
MUST_CHECK err person_charts(store_txn *t, const pseudonym *who, char ret[static SSMIX_CHART_MAX + 1], size_t *ret_count);
// Fills in who was indexed before there was a way from a pseudonym to its chart; once, beside other work.
void person_known_begin(node *n);
// Charts that share a trait with this identity, each once, at most `max`, those that share most first.
MUST_CHECK err person_search(const node *n, store_txn *t, const identity *i, char (*charts)[SSMIX_CHART_MAX + 1],
                             size_t max, size_t *ret_count);

// Reads changed charts in batches: add each, end with flush. For the scanner's thread.
typedef struct person_batch person_batch;
// unread: told of each ADT-00 that is new and cannot be read; may come twice for one chart.
typedef void (*person_unread)(void *ctx, const ssmix_entry *e);
MUST_CHECK err person_batch_new(node *n, person_unread unread, void *ctx, person_batch **ret);
void person_batch_add(person_batch *b, span chart);
// ret_read: how many ADT-00 were read anew since the last flush.
void person_batch_flush(person_batch *b, uint64_t *ret_read);
void person_batch_free(person_batch *b);
// Adds the charts whose traits are of an older version, so that they are read anew. Says when there are
// none left, and from then on looks no more.
MUST_CHECK err person_batch_renew(person_batch *b);
// How many there are in the whole index, and the first `max` of them as they stand.
MUST_CHECK err person_unread_count(store_txn *t, uint64_t *ret);
MUST_CHECK err person_unread_list(node *n, size_t max, person_unread unread, void *ctx);

#endif
