// SPDX-License-Identifier: Apache-2.0
// One document of a patient as it is named and shown, at home and where it was fetched.
// Owner: nothing. Thread: any. Fails: into the reply.
#ifndef TSUNAGU_NODE_CHARTS_DOCUMENT_H
#define TSUNAGU_NODE_CHARTS_DOCUMENT_H

#include "node/duty/node.h"

// The id of one file of an extended entry.
void document_part_id(const node *n, const ssmix_entry *e, const char *part, uint8_t ret[16]);
const char *document_media(ssmix_kind kind, const char *part);
// The id of a category, or its label. Of one that is mapped to none the words are empty.
#define DOCUMENT_UNMAPPED UINT32_MAX
const char *document_category(const policy *p, uint32_t bit, bool japanese, bool id);
// The `document` record.
void document_show(control_in *in, const policy *p, uint64_t facility, const Tsunagu__ManifestEntry *m);

#endif
