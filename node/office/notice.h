// SPDX-License-Identifier: Apache-2.0
// Notices of this node's facilities: given by what happens here, shown to who may see them, sent out by
// node/notices/deliver.h. A control_in given to a command is finished by it.
// Owner: notice_open/_free. Thread: as marked; W: the writer's, inside a job.
// Fails: targets that cannot be read keep the node from starting, and at a reload leave the old in force.
#ifndef TSUNAGU_NODE_OFFICE_NOTICE_H
#define TSUNAGU_NODE_OFFICE_NOTICE_H

#include "node/duty/job.h"
#include "node/notices/deliver.h"

MUST_CHECK err notice_open(node *n, noticeboard **ret);
void notice_drain(node *n);  // who follows is told to go; nothing more is sent
void notice_free(noticeboard *b);
void notice_tick(node *n, time_ms now);
void notice_reload(node *n); // notify.yaml anew
void notice_committed(node *n); // W, after a commit

// W. Tells a facility of this node; those that are not of this node are passed over in silence. 0: the
// union's secretariat, if this is its node.
MUST_CHECK err notice_tell(job *j, store_txn *t, uint64_t facility, int event, const uint8_t *reference);
// W. The same where the rules name it (`mine`: what it is in this, bits of flow_audience), and the secretariats of its
// unions where they name those. FLOW_EVENT_COUNT: nobody.
MUST_CHECK err notice_side(job *j, store_txn *t, uint64_t facility, uint32_t mine, flow_event e,
                           const uint8_t *reference);
// W. The same for whom the rules name: `parties` by flow_audience; 0: nobody there, or told by others. Of the
// secretariats: the facility whose unions' they are (secretariat.h). Council and patient have no inbox here.
MUST_CHECK err notice_tell_all(job *j, store_txn *t, int event, const uint64_t parties[static FLOW_AUDIENCES],
                               const uint8_t *reference);

void notice_show(node *n, control_in *in); // adds to the `status` record
// ---- commands
void notice_list(node *n, control_in *in);
void notice_take(node *n, control_in *in);
void notice_targets(node *n, control_in *in);
void notice_trial(node *n, control_in *in);

#endif
