// SPDX-License-Identifier: Apache-2.0
// The node as a whole: opened in order, torn down in reverse, and what rooms hear of those above them, wired here.
// Owner: node_open/_close. Thread: the caller's. Fails: node_open complains in words on stderr.
#ifndef TSUNAGU_NODE_DAEMON_H
#define TSUNAGU_NODE_DAEMON_H

#include "node/duty/node.h"

MUST_CHECK err node_open(const char *config_path, node **ret);
void node_run(node *n, bool (*stop)(void), bool (*reload)(void)); // until stop
// False: work was still under way after some seconds (a disk that does not answer). Then nothing was freed, and
// the process has to end at once, which the store stands.
MUST_CHECK bool node_close(node *n);

#endif
