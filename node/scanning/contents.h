// SPDX-License-Identifier: Apache-2.0
// Whether the documents in the storages are whole: looked at slowly, one at a time, on a thread of its own at
// the lowest priority, never while a scan runs. What was looked at is remembered with its length and time, and
// not opened again until one of them changes. Neither a scan nor a release waits for it.
// Owner: contents_start/_stop/_free. Thread: any, where nothing else is said. Fails: a document that cannot be
// judged is tried again with the next pass.
#ifndef TSUNAGU_NODE_SCANNING_CONTENTS_H
#define TSUNAGU_NODE_SCANNING_CONTENTS_H

#include "node/duty/job.h"

typedef struct contents contents;
// Told of each damaged document: why is "truncated", "encoding", "not HL7", "unreadable" or "vanished".
typedef void (*contents_tell)(void *ctx, const ssmix_entry *e, const char *why);

typedef struct contents_numbers {
    bool running;          // a pass is under way
    uint64_t opened;       // in this pass, or the last one
    uint64_t documents;    // looked at and remembered, of the whole index; so are the next four
    uint64_t truncated, encoding, not_hl7, unreadable; // not_hl7: without the ADT-00 that person.h counts
    uint64_t vanished;     // between listing and opening, since the last scan began
} contents_numbers;

MUST_CHECK err contents_start(node *n, contents_tell tell, void *ctx, contents **ret);
void contents_stop(contents *c); // while the writer still runs
void contents_free(contents *c); // NULL will do
// A scan begins: the thread waits. It has ended: what it told by contents_changed is looked at.
void contents_pause(contents *c, bool scan_runs);
void contents_changed(contents *c, span chart);
void contents_all(contents *c); // every document whose length or time is another, without rest
// It is on its way out: looked at soon, whatever the configuration says.
void contents_released(contents *c, const ssmix_entry *e);
void contents_figures(contents *c, contents_numbers *ret);
// Tells the first `max` of the damaged ones as they were when looked at.
MUST_CHECK err contents_list(contents *c, size_t max);
// Charts of the index behind `after` (empty: from the first), at most `max`, each ended by a NUL.
MUST_CHECK err contents_charts(node *n, const char *after, size_t max, buf *out);

#endif
