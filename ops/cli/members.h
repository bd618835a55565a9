// SPDX-License-Identifier: Apache-2.0
// Membership lists on disk, for the `members` commands.
// Owner: members_done, shelf_done. Thread: one. Fails: complains itself.
#ifndef TSUNAGU_CLI_MEMBERS_H
#define TSUNAGU_CLI_MEMBERS_H

#include "ops/cli/papers.h"
#include "policies/ratify/members_shelf.h"

MUST_CHECK err list_read(const invocation *v, const char *path, members *ret);
MUST_CHECK err list_write(const invocation *v, const char *path, members *m);

typedef struct list_paper { const char *path; members m; } list_paper;
typedef struct list_papers { list_paper *items; size_t count; } list_papers;
// The positional `first` and all behind it, by union and serial.
MUST_CHECK err list_papers_read(const invocation *v, const char *first, list_papers *ret);
void list_papers_done(list_papers *p);

// "3 came, 1 left, ..." line by line; before may be NULL.
MUST_CHECK err list_change_put(const members *before, const members *m, buf *out);

#endif
