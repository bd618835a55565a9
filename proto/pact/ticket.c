// SPDX-License-Identifier: Apache-2.0
// The ticket's bytes, big-endian. Body:
//     0 version 1       1 id 16            17 issued 8       25 expires 8
//    33 facility 8     41 user 16          57 role 1         58 purpose 1
//    59 who 33         92 source 8        100 categories 2  102 registered_on 4
//   106 consent id 16 122 consent revision 8               130 rules 32
//   162 log_seq 8     170 length 1 and the node's name
//       then 4 bytes for each set category, lowest first: the first day visible
// Version 2, of emergencies: the same, and at its end the reason 1 (its number in the rules, from 1).
// After it: index 2 | count 2 | path 32 each | signature 64. The path's length follows
// from index and count. The signature is over "tsunagu ticket root v1" | root | count 4.
#include "proto/pact/ticket.h"

#include <string.h>

#include "proto/pact/range.h"
#include "proto/pact/tree.h"

#define TICKET_VERSION 1
#define TICKET_VERSION_EMERGENCY 2
#define TICKET_HEAD 171
#define TICKET_BODY_MAX (TICKET_HEAD + TICKET_NODE_MAX + 4 * CARD_CATEGORIES + 1)
#define TICKET_TAIL_MIN (4 + SIGNATURE_BYTES)

_Static_assert(TICKET_BODY_MAX < 300, "a ticket's body stays small");
_Static_assert(TICKET_BODY_MAX == TREE_BODY_MAX, "a batch takes what ticket_pack makes");

static bool values_ok(const ticket *t)
{
    if (!range_time(t->issued) || !range_time(t->expires) || t->expires <= t->issued ||
        t->expires - t->issued > TICKET_LIFE_MAX_MS)
        return false;
    // A ticket for nothing is no ticket.
    if (!range_facility(t->facility) || !range_facility(t->source) || !range_day(t->registered_on) ||
        !t->categories)
        return false;
    for (int c = 0; c < CARD_CATEGORIES; c++)
        if ((t->categories >> c & 1) && t->from[c] != DAY_NONE && !range_day(t->from[c]))
            return false;
    size_t n = strnlen(t->node, sizeof t->node);
    return n <= TICKET_NODE_MAX && range_word(span_of(t->node, n));
}

err ticket_pack(const ticket *t, buf *body)
{
    if (!values_ok(t))
        return ERR_FORMAT;
    uint8_t p[TICKET_BODY_MAX];
    p[0] = t->reason ? TICKET_VERSION_EMERGENCY : TICKET_VERSION;
    memcpy(p + 1, t->id, TICKET_ID_BYTES);
    be64_put(p + 17, (uint64_t)t->issued);
    be64_put(p + 25, (uint64_t)t->expires);
    be64_put(p + 33, t->facility);
    memcpy(p + 41, t->user, USER_ID_BYTES);
    p[57] = t->role;
    p[58] = t->purpose;
    memcpy(p + 59, t->who.at, PSEUDONYM_BYTES);
    be64_put(p + 92, t->source);
    be16_put(p + 100, t->categories);
    be32_put(p + 102, (uint32_t)t->registered_on);
    memcpy(p + 106, t->consent_id, sizeof t->consent_id);
    be64_put(p + 122, t->consent_revision);
    memcpy(p + 130, t->rules.at, HASH_BYTES);
    be64_put(p + 162, t->log_seq);
    size_t n = strlen(t->node);
    p[170] = (uint8_t)n;
    memcpy(p + TICKET_HEAD, t->node, n);
    n += TICKET_HEAD;
    for (int c = 0; c < CARD_CATEGORIES; c++)
        if (t->categories >> c & 1) {
            be32_put(p + n, (uint32_t)t->from[c]);
            n += 4;
        }
    if (t->reason)
        p[n++] = t->reason;
    return buf_put(body, p, n);
}

bool ticket_unasked(const ticket *t)
{
    static const uint8_t none[sizeof t->consent_id];
    return t->reason && t->consent_revision == 0 && memcmp(t->consent_id, none, sizeof none) == 0;
}

static void read_head(const uint8_t *p, ticket *t)
{
    memcpy(t->id, p + 1, TICKET_ID_BYTES);
    t->issued = (time_ms)be64_get(p + 17);
    t->expires = (time_ms)be64_get(p + 25);
    t->facility = be64_get(p + 33);
    memcpy(t->user, p + 41, USER_ID_BYTES);
    t->role = p[57];
    t->purpose = p[58];
    memcpy(t->who.at, p + 59, PSEUDONYM_BYTES);
    t->source = be64_get(p + 92);
    t->categories = be16_get(p + 100);
    t->registered_on = (day)be32_get(p + 102);
    memcpy(t->consent_id, p + 106, sizeof t->consent_id);
    t->consent_revision = be64_get(p + 122);
    memcpy(t->rules.at, p + 130, HASH_BYTES);
    t->log_seq = be64_get(p + 162);
}

// What stands around the body of a ticket.
typedef struct tail {
    span body;
    uint32_t index, count;
    const uint8_t *path, *signature;
} tail;

static err read_body(span bytes, ticket *t, size_t *ret_len)
{
    if (bytes.len < TICKET_HEAD || (bytes.at[0] != TICKET_VERSION && bytes.at[0] != TICKET_VERSION_EMERGENCY))
        return ERR_FORMAT;
    bool emergency = bytes.at[0] == TICKET_VERSION_EMERGENCY;
    size_t n = bytes.at[170];
    if (n > TICKET_NODE_MAX)
        return ERR_LIMIT;
    *t = (ticket){0};
    read_head(bytes.at, t);
    size_t len = TICKET_HEAD + n + 4 * (size_t)__builtin_popcount(t->categories) + emergency;
    if (bytes.len < len)
        return ERR_FORMAT;
    memcpy(t->node, bytes.at + TICKET_HEAD, n);
    const uint8_t *from = bytes.at + TICKET_HEAD + n;
    for (int c = 0; c < CARD_CATEGORIES; c++) {
        // A category that was not granted shows nothing, whoever forgets to look at the mask.
        t->from[c] = DAY_FOREVER;
        if (t->categories >> c & 1) {
            t->from[c] = (day)be32_get(from);
            from += 4;
        }
    }
    if (emergency && !(t->reason = *from))
        return ERR_FORMAT; // one value has one spelling
    // strlen would differ from n on an inner NUL, which range_word refuses in the bytes.
    if (!range_word(span_of(bytes.at + TICKET_HEAD, n)) || !values_ok(t))
        return ERR_FORMAT;
    *ret_len = len;
    return OK;
}

static err read_all(span bytes, ticket *t, tail *ret)
{
    size_t len = 0;
    if (bytes.len > TICKET_BODY_MAX + 4 + TREE_DEPTH_MAX * HASH_BYTES + SIGNATURE_BYTES)
        return ERR_LIMIT;
    err e = read_body(bytes, t, &len);
    if (e)
        return e;
    if (bytes.len - len < TICKET_TAIL_MIN)
        return ERR_FORMAT;
    const uint8_t *p = bytes.at + len;
    uint32_t index = be16_get(p), count = be16_get(p + 2);
    if (count > TICKET_BATCH)
        return ERR_LIMIT;
    if (index >= count)
        return ERR_FORMAT;
    size_t path = (size_t)tree_depth(index, count) * HASH_BYTES;
    if (bytes.len != len + TICKET_TAIL_MIN + path)
        return ERR_FORMAT;
    *ret = (tail){{bytes.at, len}, index, count, p + 4, p + 4 + path};
    return OK;
}

err ticket_peek(span bytes, ticket *ret)
{
    ticket t;
    tail at;
    err e = read_all(bytes, &t, &at);
    if (!e)
        *ret = t;
    return e;
}

err ticket_open(span bytes, verify_key *const *keys, int key_count, time_ms now, ticket *ret)
{
    ticket t;
    tail at;
    err e = read_all(bytes, &t, &at);
    if (e)
        return e;
    hash32 root;
    uint8_t message[TREE_MESSAGE_BYTES];
    tree_root(at.body, at.index, at.count, at.path, &root);
    tree_message(&root, at.count, message);
    e = ERR_AUTH;
    for (int k = 0; k < key_count && e; k++)
        e = verify(keys[k], span_of(message, sizeof message), at.signature);
    if (e)
        return e;
    // Only a signed ticket is told that it is late. The hub's clock may run ahead of ours.
    if (now >= t.expires || t.issued - TICKET_SKEW_MS > now)
        return ERR_EXPIRED;
    *ret = t;
    return OK;
}
