// SPDX-License-Identifier: Apache-2.0
// The storages, read again and again on a thread of its own: index, identities of
// changed charts, cards of consented patients whose documents changed.
// Owner: scan_start/_stop. Thread: any. Fails: a scan that fails is logged and tried again at the next turn.
#ifndef TSUNAGU_NODE_SCANNING_SCAN_H
#define TSUNAGU_NODE_SCANNING_SCAN_H

#include "node/duty/job.h"

// changed: NUL-separated numbers of charts whose documents are others now; on the scanner's thread, in no transaction.
MUST_CHECK err scan_start(node *n, void (*changed)(node *n, span charts), scanner **ret);
void scan_stop(scanner *s);
void scan_free(scanner *s);
// deep: then every document that is new or another is opened. False: one runs already.
bool scan_ask(scanner *s, bool full, bool deep);
void scan_released(scanner *s, const ssmix_entry *e); // is on its way out: looked at, counted and named if damaged
void scan_show(scanner *s, control_in *in);   // `scan` and `dirty` records
// For `status`: patients, documents, and when the last scan ended (0: never).
void scan_figures(scanner *s, uint64_t *ret_patients, uint64_t *ret_documents, time_ms *ret_last);

#endif
