// SPDX-License-Identifier: Apache-2.0
// Where notices are sent to: notify.yaml, a list of targets, each of one facility. Only what stands there
// is ever called. HTTPS or SMTP over TLS; http:// and smtp:// without TLS only to this machine itself.
// Owner: notify_done wipes and frees. Thread: read-only after loading.
// Fails: mistakes are in the diag; a secret's file that others may read is one of them.
#ifndef TSUNAGU_NODE_NOTIFY_H
#define TSUNAGU_NODE_NOTIFY_H

#include "node/notices/notices.h"
#include "proto/base/diag.h"

enum { NOTIFY_NAME = 64, NOTIFY_TARGETS = 64, NOTIFY_RECIPIENTS = 8 };

typedef enum notify_kind { NOTIFY_JSON, NOTIFY_LINE_WORKS, NOTIFY_MAIL } notify_kind;

typedef struct notify_target {
    char name[NOTIFY_NAME]; // what is kept of it is kept under this name
    uint64_t facility;
    uint32_t events;        // bit per notice_event
    notify_kind kind;
    bool japanese;
    bool here;              // to this machine itself: without TLS
    long deadline_ms;       // of one attempt
    char *url;              // a secret, often
    char *ca;               // file of certificates to trust; NULL: the system's
    char *header, *secret;  // webhook: a header of that name with the secret; NULL: none
    char *from, *to[NOTIFY_RECIPIENTS]; // mail
    size_t to_count;
    char *user, *password;  // mail; NULL: none
} notify_target;

typedef struct notify {
    notify_target *items;
    size_t count;
} notify;

MUST_CHECK err notify_load(const char *path, diag *d, notify *ret);
void notify_done(notify *n);
const char *notify_kind_name(notify_kind k); // "webhook", "line-works", "mail"

#endif
