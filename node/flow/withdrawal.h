// SPDX-License-Identifier: Apache-2.0
// The patient withdraws at a facility of this node. It is on disk before anybody is answered, and stops this node's
// own look-ups and reads at once; a row stays until the hub has acknowledged it, however long that takes.
// Owner: nothing but the store. Thread: commands: any; W: the writer's, inside a job.
// Fails: not being connected is no failure: it waits.
#ifndef TSUNAGU_NODE_FLOW_WITHDRAWAL_H
#define TSUNAGU_NODE_FLOW_WITHDRAWAL_H

#include "node/duty/job.h"

void own_withdraw(node *n, control_in *in);
void withdrawals_list(node *n, control_in *in);   // what the hub has not confirmed yet, of the asker's facility
void withdrawals_show(node *n, control_in *in);   // adds to the `status` record: withdrawals
void withdrawals_tick(node *n);                   // about five times a second

#endif
