// SPDX-License-Identifier: Apache-2.0
// Withdrawals made at a viewing facility, told to the nodes that disclose: in
// order, one outstanding per node, until the node has recorded each. The hub itself
// obeys a stop from the moment it is durable.
#ifndef TSUNAGU_HUB_STOPS_H
#define TSUNAGU_HUB_STOPS_H

#include "hub/roster.h"

// Looks for the next stop this node has not recorded and sends it. Any thread.
void stops_push(hub *h, session *s);
// After a new stop: every connected node.
void stops_push_all(hub *h);

#endif
