// SPDX-License-Identifier: Apache-2.0
// What the terms of a consent, as a form says them, mean by the rules.
// Owner: none. Thread: any. Fails: as said.
#ifndef TSUNAGU_NODE_CHARTS_TERMS_H
#define TSUNAGU_NODE_CHARTS_TERMS_H

#include "policies/engine/decide.h"
#include "proto/base/date.h"
#include "proto/pact/card.h"
#include "proto/wire/wire.h"

// When a consent by this form ends by itself: as agreed, when a child comes of age, or as the rules say.
day terms_until(const policy *p, const Tsunagu__RequestBody *b);
// The last day on which this proxy may speak for a patient so born; DAY_FOREVER: no end of that kind.
day terms_proxy_last(const policy *p, const char *relation, day birth);

#endif
