// SPDX-License-Identifier: Apache-2.0
// A person through an ADT-00: written as a hospital writes it, read as a node reads it.
// Owner: plain values. Thread: any. Fails: ERR_MEM, ERR_FORMAT; the identity is untouched then.
#ifndef TSUNAGU_SYNTH_REREAD_H
#define TSUNAGU_SYNTH_REREAD_H

#include "proto/pact/identity.h"

// With the second layout of IN1: the number in IN1-11, and no branch.
MUST_CHECK err reread_split(identity *io);

#endif
