// SPDX-License-Identifier: Apache-2.0
// What came in. Table `in`: stream | seq -> id | verdict, one row for ever for each letter that was taken
// or refused: it is what makes a copy a copy. Table `held`: stream | seq -> letter that came too early.
#include "node/letters/inside.h"

#include <string.h>

enum { VERDICT_BYTES = LETTER_ID_BYTES + 2 };

static span slot_key(const letter *l, uint32_t seq, uint8_t out[static SLOT_KEY])
{
    stream_key(l, l->from_node, out);
    be32_put(out + STREAM_KEY, seq);
    return span_of(out, SLOT_KEY);
}

static err verdict_get(letters *l, store_txn *t, span key, uint8_t ret_id[static LETTER_ID_BYTES], err *ret)
{
    span value;
    err e = store_get(t, l->o.table_in, key, &value);
    if (e == OK && value.len != VERDICT_BYTES)
        e = ERR_CORRUPT;
    if (e == OK) {
        memcpy(ret_id, value.at, LETTER_ID_BYTES);
        *ret = (err)be16_get(value.at + LETTER_ID_BYTES);
    }
    return e;
}

static err taken(letters *l, store_txn *t, const letter *in, uint32_t seq, bool *ret)
{
    uint8_t key[SLOT_KEY], id[LETTER_ID_BYTES];
    err verdict, e = seq == 0 ? OK : verdict_get(l, t, slot_key(in, seq, key), id, &verdict);
    if (e == OK || e == ERR_NOT_FOUND)
        *ret = e == OK;
    return e == ERR_NOT_FOUND ? OK : e;
}

static err hold(letters *l, store_txn *t, const letter *in)
{
    uint8_t key[SLOT_KEY];
    uint64_t count;
    bool near;
    span value;
    buf bytes = {0};
    if (in->body.len > LETTERS_HELD_BODY)
        return OK; // what nobody vouches for yet takes no room to speak of
    err e = taken(l, t, in, in->seq > LETTERS_AHEAD ? in->seq - LETTERS_AHEAD : 0, &near);
    if (e || !near)
        return e;
    e = store_get(t, l->o.table_held, slot_key(in, in->seq, key), &value);
    if (e != ERR_NOT_FOUND)
        return e; // it is here already
    e = store_count(t, l->o.table_held, &count);
    if (e || count >= LETTERS_HELD)
        return e;
    e = letter_pack(in, &bytes);
    if (e == OK)
        e = store_put(t, l->o.table_held, span_of(key, sizeof key), buf_span(&bytes));
    buf_done(&bytes);
    return store_failed(e) ? e : OK;
}

// Hands it over; what the receipt will say is *ret.
static err deliver(letters *l, store_txn *t, const letter *in, time_ms now, err *ret)
{
    uint8_t key[SLOT_KEY], value[VERDICT_BYTES];
    err verdict = l->o.arrived(l->o.ctx, t, in, now);
    if (store_failed(verdict))
        return verdict;
    *ret = verdict;
    if (verdict == ERR_BUSY)
        return OK;
    memcpy(value, in->id, LETTER_ID_BYTES);
    be16_put(value + LETTER_ID_BYTES, (uint16_t)verdict);
    err e = store_put(t, l->o.table_in, slot_key(in, in->seq, key), span_of(value, sizeof value));
    if (e == OK)
        e = store_delete(t, l->o.table_held, span_of(key, sizeof key));
    return e == ERR_NOT_FOUND ? OK : e;
}

// Those that waited for this one.
static err follow(letters *l, store_txn *t, const letter *in, time_ms now)
{
    uint8_t key[SLOT_KEY];
    buf bytes = {0};
    err e = OK, verdict = OK;
    for (uint32_t seq = in->seq + 1; e == OK && verdict != ERR_BUSY; seq++) {
        letter k = {.from_node = in->from_node, .to_node = in->to_node};
        span value;
        e = store_get(t, l->o.table_held, slot_key(in, seq, key), &value);
        if (e)
            break;
        buf_clear(&bytes); // what `arrived` writes would take the bytes from under it
        e = buf_put_span(&bytes, value);
        if (e == OK && letter_unpack(buf_span(&bytes), &k) != OK)
            e = ERR_CORRUPT;
        if (e == OK)
            e = deliver(l, t, &k, now, &verdict);
    }
    buf_wipe(&bytes);
    return e == ERR_NOT_FOUND ? OK : e;
}

err letters_take(letters *l, store_txn *t, const letter *in, time_ms now, err *ret_status)
{
    uint8_t key[SLOT_KEY], id[LETTER_ID_BYTES];
    err verdict;
    bool ready;
    err e = verdict_get(l, t, slot_key(in, in->seq, key), id, &verdict);
    if (e == OK) {
        // The same once more: told the same once more. Another under its number: that node went back in time.
        *ret_status = memcmp(id, in->id, sizeof id) == 0 ? verdict : ERR_CONFLICT;
        return OK;
    }
    if (e != ERR_NOT_FOUND)
        return e;
    e = taken(l, t, in, in->seq - 1, &ready);
    if (e == OK && !ready) {
        e = hold(l, t, in);
        if (e == OK)
            *ret_status = ERR_BUSY;
        return e;
    }
    if (e == OK)
        e = deliver(l, t, in, now, &verdict);
    if (e == OK && verdict != ERR_BUSY)
        e = follow(l, t, in, now);
    if (e == OK)
        *ret_status = verdict;
    return e;
}
