// SPDX-License-Identifier: Apache-2.0
// One signature for many tickets: levels of hashes, leaves first. A level's odd last
// hash goes up as it is, which gives RFC 6962's tree for any count.
#include "proto/pact/ticket.h"

#include <stdlib.h>
#include <string.h>

#include "proto/pact/tree.h"

_Static_assert(TICKET_BATCH == 1u << TREE_DEPTH_MAX, "the path's limit follows from the batch's");

void tree_leaf(span body, hash32 *ret)
{
    static const uint8_t zero = 0;
    const span parts[] = {{&zero, 1}, body};
    sha256_parts(parts, 2, ret);
}

void tree_node(const hash32 *left, const hash32 *right, hash32 *ret)
{
    uint8_t both[1 + 2 * HASH_BYTES] = {1};
    memcpy(both + 1, left->at, HASH_BYTES);
    memcpy(both + 1 + HASH_BYTES, right->at, HASH_BYTES);
    sha256(span_of(both, sizeof both), ret);
}

// At each level: a left child has a sibling unless it is the last one.
static bool has_sibling(uint32_t index, uint32_t count)
{
    return (index & 1) || index + 1 < count;
}

int tree_depth(uint32_t index, uint32_t count)
{
    int depth = 0;
    for (; count > 1; index /= 2, count = (count + 1) / 2)
        depth += has_sibling(index, count);
    return depth;
}

void tree_root(span body, uint32_t index, uint32_t count, const uint8_t *path, hash32 *ret)
{
    hash32 h, sibling;
    tree_leaf(body, &h);
    for (; count > 1; index /= 2, count = (count + 1) / 2) {
        if (!has_sibling(index, count))
            continue;
        memcpy(sibling.at, path, HASH_BYTES);
        path += HASH_BYTES;
        if (index & 1)
            tree_node(&sibling, &h, &h);
        else
            tree_node(&h, &sibling, &h);
    }
    *ret = h;
}

void tree_message(const hash32 *root, uint32_t count, uint8_t ret[static TREE_MESSAGE_BYTES])
{
    size_t label = sizeof TREE_LABEL - 1;
    memcpy(ret, TREE_LABEL, label);
    memcpy(ret + label, root->at, HASH_BYTES);
    be32_put(ret + label + HASH_BYTES, count);
}

void ticket_batch_init(ticket_batch *b)
{
    *b = (ticket_batch){0};
}

void ticket_batch_done(ticket_batch *b)
{
    if (!b)
        return;
    free(b->levels);
    *b = (ticket_batch){0};
}

void ticket_batch_clear(ticket_batch *b)
{
    b->count = 0;
    b->is_signed = false;
}

static err reserve(ticket_batch *b, uint32_t need)
{
    if (need <= b->cap)
        return OK;
    uint32_t cap = b->cap ? b->cap : 16;
    while (cap < need)
        cap *= 2;
    hash32 *levels = realloc(b->levels, cap * sizeof *levels);
    if (!levels)
        return ERR_MEM;
    b->levels = levels;
    b->cap = cap;
    return OK;
}

err ticket_batch_add(ticket_batch *b, span body, uint32_t *ret_index)
{
    if (b->is_signed)
        return ERR_USAGE; // the levels above would no longer fit
    if (b->count >= TICKET_BATCH || body.len > TREE_BODY_MAX)
        return ERR_LIMIT;
    err e = reserve(b, b->count + 1);
    if (e)
        return e;
    tree_leaf(body, &b->levels[b->count]);
    *ret_index = b->count++;
    return OK;
}

err ticket_batch_sign(ticket_batch *b, const sign_key *k)
{
    if (!b->count || b->is_signed)
        return ERR_USAGE;
    // Every level is half of the one below, and one more at most for an odd end.
    err e = reserve(b, 2 * b->count + TREE_DEPTH_MAX);
    if (e)
        return e;
    hash32 *level = b->levels;
    for (uint32_t n = b->count; n > 1; n = (n + 1) / 2) {
        hash32 *above = level + n;
        for (uint32_t i = 0; i + 1 < n; i += 2)
            tree_node(&level[i], &level[i + 1], &above[i / 2]);
        if (n & 1)
            above[n / 2] = level[n - 1];
        level = above;
    }
    uint8_t message[TREE_MESSAGE_BYTES];
    tree_message(level, b->count, message);
    e = sign(k, span_of(message, sizeof message), b->signature);
    if (e)
        return e;
    b->root = *level;
    b->is_signed = true;
    return OK;
}

err ticket_batch_take(const ticket_batch *b, uint32_t index, span body, buf *out)
{
    if (!b->is_signed || index >= b->count)
        return ERR_USAGE;
    size_t before = out->len;
    buf_put_span(out, body);
    buf_put_u16(out, (uint16_t)index);
    buf_put_u16(out, (uint16_t)b->count);
    const hash32 *level = b->levels;
    for (uint32_t n = b->count, i = index; n > 1; i /= 2, n = (n + 1) / 2) {
        if (has_sibling(i, n))
            buf_put(out, level[i ^ 1].at, HASH_BYTES);
        level += n;
    }
    err e = buf_put(out, b->signature, SIGNATURE_BYTES);
    if (e)
        out->len = before;
    return e;
}
