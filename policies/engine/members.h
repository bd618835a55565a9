// SPDX-License-Identifier: Apache-2.0
// Inside the engine room only: reading the sections about members, and the
// small readers that both halves of the verifier share.
// Owner: what is allocated hangs on the policy at once. Thread: one, before the
// policy is shown to anyone. Fails: ERR_FORMAT, ERR_MEM; a bad reader counts too.
#ifndef TSUNAGU_ENGINE_MEMBERS_H
#define TSUNAGU_ENGINE_MEMBERS_H

#include "policies/engine/policy.h"

const char *bundle_text(reader *r);      // "" and r->bad if it is no text
const char *bundle_word(reader *r);      // the same, and not empty
const char *bundle_long(reader *r);      // not empty either
day bundle_day(reader *r, bool forever); // forever: DAY_FOREVER may stand there
void bundle_keys(reader *r, key_set *ret);

MUST_CHECK err facilities_read(reader *r, policy *p);
MUST_CHECK err agreements_read(reader *r, policy *p);
MUST_CHECK err nodes_read(reader *r, policy *p);
MUST_CHECK err seats_read(reader *r, policy *p);
MUST_CHECK err emergency_read(reader *r, policy *p);
MUST_CHECK err forms_read(reader *r, policy *p);
MUST_CHECK err flow_read(reader *r, policy *p);

#endif
