// SPDX-License-Identifier: Apache-2.0
// The log.* commands, the same at hub and node (COMMANDS.md). Each opens its own
// read transaction and finishes the request.
#ifndef TSUNAGU_CONTROL_LOGDESK_H
#define TSUNAGU_CONTROL_LOGDESK_H

#include "proto/accesslog/accesslog.h"
#include "proto/control/control.h"

void logdesk_list(control_in *in, const accesslog *l, store *s);
void logdesk_raw(control_in *in, const accesslog *l, store *s);
void logdesk_verify(control_in *in, const accesslog *l, store *s);
// Adds the `head` record only: the node adds its witness, then finishes.
err logdesk_head(control_in *in, const accesslog *l, store *s);

#endif
