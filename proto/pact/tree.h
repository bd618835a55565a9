// SPDX-License-Identifier: Apache-2.0
// The tree over a batch of tickets (RFC 6962 §2.1). Not for other rooms.
// Owner: values. Thread: any. Fails: never.
#ifndef TSUNAGU_PACT_TREE_H
#define TSUNAGU_PACT_TREE_H

#include "proto/crypto/hash.h"

#define TREE_LABEL "tsunagu ticket root v1"
#define TREE_MESSAGE_BYTES (sizeof(TREE_LABEL) - 1 + HASH_BYTES + 4)
#define TREE_DEPTH_MAX 10 // of 1024 leaves
#define TREE_BODY_MAX 268 // the largest body of a ticket

void tree_leaf(span body, hash32 *ret);
void tree_node(const hash32 *left, const hash32 *right, hash32 *ret); // ret may be one of them
// How many siblings the path of a leaf has; index < count.
int tree_depth(uint32_t index, uint32_t count);
// The root that this body and path lead to; path holds tree_depth hashes.
void tree_root(span body, uint32_t index, uint32_t count, const uint8_t *path, hash32 *ret);
void tree_message(const hash32 *root, uint32_t count, uint8_t ret[static TREE_MESSAGE_BYTES]);

#endif
