// SPDX-License-Identifier: Apache-2.0
// The folder of rule versions that hub and nodes keep (rules_dir): N.bundle, and N.record with the
// signatures that ratified version N; the first version has none. Each file is whole or not there: it is
// written beside, synced and renamed, the record before the bundle, so that a bundle never lacks its record.
// Nothing here is believed: whoever reads verifies the chain.
// Owner: bufs are the caller's. Thread: readers any, one writer. Fails: ERR_NOT_FOUND; ERR_LIMIT (too
// large, or no plain file); ERR_FULL, ERR_IO.
#ifndef TSUNAGU_RULES_FOLDER_H
#define TSUNAGU_RULES_FOLDER_H

#include "proto/crypto/hash.h"

#define FOLDER_BUNDLE "bundle"
#define FOLDER_RECORD "record"
#define FOLDER_RECORD_MAX (1u << 20)

// Emptied first; what: FOLDER_BUNDLE or FOLDER_RECORD.
MUST_CHECK err folder_get(const char *dir, uint32_t version, const char *what, buf *out);
// record may be empty (the first version). Durable when it returns.
MUST_CHECK err folder_put(const char *dir, uint32_t version, span bundle, span record);
// The bundle with this hash, whatever its number: the pinned first version.
MUST_CHECK err folder_find(const char *dir, const hash32 *pin, uint32_t *ret_version, buf *out);

// Membership lists: members/UNION-SERIAL.list in the same folder. ERR_USAGE: no union's short name.
#define FOLDER_LIST_MAX (4u << 20)
MUST_CHECK err folder_put_list(const char *dir, const char *union_id, uint32_t serial, span list);
MUST_CHECK err folder_get_list(const char *dir, const char *union_id, uint32_t serial, buf *out);
// Each list in no order; stops at the first error. A folder that is not there has none.
MUST_CHECK err folder_each_list(const char *dir, err (*each)(void *ctx, const char *union_id, uint32_t serial),
                                void *ctx);

void folder_tidy(const char *dir); // removes what an interrupted folder_put left

#endif
