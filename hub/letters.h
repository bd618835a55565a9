// SPDX-License-Identifier: Apache-2.0
// After a node's HELLO: whoever had a letter for it that could not be passed on hears that it is back.
// Owner: nothing. Thread: the writer's. Fails: silently; who missed the hint tries again by itself.
#ifndef TSUNAGU_HUB_LETTERS_H
#define TSUNAGU_HUB_LETTERS_H

#include "hub/job.h"

void letters_back(job *j);

#endif
