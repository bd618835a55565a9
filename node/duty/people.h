// SPDX-License-Identifier: Apache-2.0
// Who may ask through this node: a YAML list of {user, facility, role, uids}. A user
// is of one facility and one role; the operating system's uid says who is at the socket.
// Owner: people_load/_free. Thread: read-only. Fails: mistakes are in the diag.
#ifndef TSUNAGU_NODE_DUTY_PEOPLE_H
#define TSUNAGU_NODE_DUTY_PEOPLE_H

#include "policies/engine/decide.h"
#include "proto/base/diag.h"

#define PEOPLE_TEXT 64
#define PEOPLE_UIDS 16

typedef struct person {
    char user[PEOPLE_TEXT], role[PEOPLE_TEXT];
    uint64_t facility;
    uint32_t uids[PEOPLE_UIDS];
    size_t uid_count;
} person;

typedef struct people { person *items; size_t count; } people;

// p: roles and facilities must be known there; moving: who is not known is kept and only warned of, since
// rules that change by themselves must not keep a node from starting.
MUST_CHECK err people_load(const char *path, const policy *p, bool moving, diag *d, people *ret);
void people_done(people *p);
// ERR_NOT_FOUND: no such user; ERR_DENIED: that uid may not speak for this user.
// root and the daemon's own user may speak for everyone.
MUST_CHECK err people_find(const people *p, const char *user, uint32_t uid, person *ret);

#endif
