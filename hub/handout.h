// SPDX-License-Identifier: Apache-2.0
// The hub hands rules out (RULES) and hints that there is something new (RULES_NEW). The nodes
// verify everything for themselves: nothing of this needs to be believed.
#ifndef TSUNAGU_HUB_HANDOUT_H
#define TSUNAGU_HUB_HANDOUT_H

#include "hub/roster.h"

// On the line's thread; answers by itself, without the writer.
void handout_serve(hub *h, session *s, link_in *call);
void handout_hint(hub *h); // every connected node. Any thread

#endif
