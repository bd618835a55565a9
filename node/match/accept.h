// SPDX-License-Identifier: Apache-2.0
// Whether a comparison has the evidence that the rules ask for before a request may be accepted
// (requests.yaml, matching: accept). It discloses nothing: a person decides, and where the evidence is
// not enough must say that they are sure.
// Owner: plain values. Thread: any. Fails: never.
#ifndef TSUNAGU_NODE_ACCEPT_H
#define TSUNAGU_NODE_ACCEPT_H

#include "policies/engine/flow.h"
#include "proto/pact/identity.h"

// All fields of at least one of the rules' sets agree, and the insurer does not say that these are two
// people; a field that is only close, or known to one side alone, does not count. Rules without sets
// leave it to the person: true.
bool match_accepts(const policy *p, const identity_match *m);
// The fields that agree, bit per flow_evidence.
uint32_t match_agreeing(const identity_match *m);

#endif
