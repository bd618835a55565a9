// SPDX-License-Identifier: Apache-2.0
// The gate documents leave by. A ticket is the hub's word; here the hospital decides
// again, with its own record of the consent, the same rules, and what it has been told
// since. The stricter wins, and the entry in the log is durable before the first byte leaves.
// Owner: a release lives in its job. Thread: release_open on the pool, release_decide on
// the writer's. Fails: a refusal is a verdict, not a failure: it is logged.
#ifndef TSUNAGU_NODE_DISCLOSING_RELEASE_H
#define TSUNAGU_NODE_DISCLOSING_RELEASE_H

#include "node/charts/consent.h"
#include "node/duty/job.h"
#include "node/openings/openings.h"
#include "proto/pact/seal.h"
#include "proto/pact/ticket.h"

enum { ASK_MANIFEST = 1, ASK_DOCUMENT = 2 };
#define RELEASE_ASKS_MAX 100000 // remembered at once; beyond it ERR_BUSY

typedef struct release {
    span ticket_bytes, sealed; // of the request
    const char *asker;         // the node whose session fetched, as the hub says
    ticket k;
    err ticket_opened, ask_opened;
    uint32_t what;
    uint8_t document[16], nonce[16];
    time_ms asked_at;
    hash32 ask;
    uint8_t to[KEY_BYTES];     // the asker's sealing key, as the membership list names it
    // A document: where it was found before deciding
    bool located;
    ssmix_entry entry;
    char part[256];
    bool filed;                // it lies on the shelf, not in a storage
    shelf_document paper;
    // decided
    err verdict;
    uint32_t granted;
    day from[CARD_CATEGORIES];
    consent c;            // in an emergency without consent: only chart, patient and today
    // of an emergency (emergency.h)
    bool emergency, unasked;
    bool nothing;          // the hub refuses it; answered as if the patient were not known
    char reason[PEOPLE_TEXT];
    char words[OPENING_WORDS_MAX + 1];
    uint32_t allowed;      // categories that emergency.yaml leaves to the asker
    const char *for_log;   // where the log is told more than the asker; or NULL
    bool told;             // letters wait
} release;

// The hub's call (desk.h): opened on the pool (signatures, folders), decided on the writer's, then streamed.
void release_begin(job *j);
void release_open(job *j, release *r);   // signatures, seal, folders; no verdict yet
MUST_CHECK err release_decide(job *j, store_txn *t, release *r); // sets verdict and the job's note; logs
// A category and a day as this release allows them: OK, ERR_DENIED, ERR_EXPIRED.
err release_allows(const release *r, const book *b, const ssmix_entry *e);
err release_allows_paper(const release *r, const book *b, const shelf_document *d); // also ERR_NOT_FOUND: not valid

// stream.c: sends what was granted; takes the job's call. The release is copied.
void stream_start(job *j, const release *r);
// manifest.c: appends length-prefixed Manifest messages.
MUST_CHECK err manifest_write(node *n, const book *b, const release *r, buf *out);
MUST_CHECK err manifest_entry(const node *n, const book *b, const ssmix_entry *e, const char *part, uint64_t bytes,
                              arena *a, Tsunagu__ManifestEntry *ret);
MUST_CHECK err manifest_paper(const book *b, const shelf_document *d, arena *a, Tsunagu__ManifestEntry *ret);
MUST_CHECK err message_put(const ProtobufCMessage *m, buf *out); // length (u32), message

#endif
