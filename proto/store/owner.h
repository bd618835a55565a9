// SPDX-License-Identifier: Apache-2.0
// Whose store this is: kept at the first start, so that nobody serves from another's folder.
// Thread: before the writer starts. Fails: ERR_CONFLICT: another's, whose name is in `ret_other`.
#ifndef TSUNAGU_STORE_OWNER_H
#define TSUNAGU_STORE_OWNER_H

#include "proto/store/store.h"

#define STORE_OWNER_MAX 79

// Longer names are compared and kept by their first STORE_OWNER_MAX bytes.
MUST_CHECK err store_owner(store *s, int table, const char *name, char ret_other[static STORE_OWNER_MAX + 1]);

#endif
