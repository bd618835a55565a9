// SPDX-License-Identifier: Apache-2.0
#include <string.h>
#include "proto/base/hash.h"
#include "proto/store/inside.h"

// Fixed: the check is against rot and misplacement, not against a forger.
static const uint8_t check_key[16] = "tsunagu-store-v1";

uint64_t record_check(int table, span key, span payload)
{
    uint8_t head[1 + STORE_KEY_MAX];
    uint8_t bound[16];

    head[0] = (uint8_t)table;
    memcpy(head + 1, key.at, key.len);
    // Two steps instead of one over a copy of all three: the hash of the place becomes part of the
    // key for the payload, which is then read where it lies.
    uint64_t place = siphash(check_key, span_of(head, 1 + key.len));
    memcpy(bound, check_key, sizeof bound);
    be64_put(bound, be64_get(check_key) ^ place);
    return siphash(bound, payload);
}

void record_seal(uint8_t *out, int table, span key, span payload)
{
    uint64_t check = record_check(table, key, payload);
    if (payload.len > 0)
        memcpy(out, payload.at, payload.len);
    be64_put(out + payload.len, check);
}

// A flipped size would make the check itself read past the page. Pages of a snapshot lie aligned in
// the map: a value is either inside one page or right behind the header of an overflow page.
static bool inside_page(const store *s, MDB_val v)
{
    size_t offset = (uintptr_t)v.mv_data & (s->psize - 1);
    if (offset + v.mv_size <= s->psize)
        return true;
    if (offset != 16)
        return false;
    uint32_t pages;
    memcpy(&pages, (const uint8_t *)v.mv_data - 4, sizeof pages);
    return v.mv_size + 16 <= (uint64_t)pages * s->psize;
}

err record_open(store_txn *t, int table, MDB_val key, MDB_val value, span *ret_payload)
{
    if (value.mv_size < STORE_CHECK_LEN || key.mv_size == 0 || key.mv_size > STORE_KEY_MAX)
        return ERR_CORRUPT;
    // Pages a write transaction has touched are LMDB's own heap copies, with no alignment to tell by.
    if (!t->writes_allowed && !inside_page(t->s, value))
        return ERR_CORRUPT;
    span payload = span_of(value.mv_data, value.mv_size - STORE_CHECK_LEN);
    if (record_check(table, span_val(key), payload) != be64_get(payload.at + payload.len))
        return ERR_CORRUPT;
    t->lent = true;
    *ret_payload = payload;
    return OK;
}
