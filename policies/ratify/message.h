// SPDX-License-Identifier: Apache-2.0
// The bytes a councillor signs. For this room only.
#ifndef TSUNAGU_RATIFY_MESSAGE_H
#define TSUNAGU_RATIFY_MESSAGE_H

#include "policies/ratify/ratify.h"

MUST_CHECK err ratify_message(const ratify_head *h, const char *seat, day on, buf *out);

#endif
