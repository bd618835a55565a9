// SPDX-License-Identifier: Apache-2.0
#include "node/line/outbox.h"

#include "node/duty/job.h"

static const char SEQ[] = "publish_seq";
enum { FRAME_ROOM = 64, CARD_ROOM = 8 }; // of the message beyond the cards' bytes

err outbox_seq(store_txn *t, uint64_t *ret)
{
    return meta_number(t, SEQ, ret);
}

err outbox_put(store_txn *t, span card, uint64_t *ret_seq)
{
    uint8_t key[8];
    uint64_t seq;
    err e = outbox_seq(t, &seq);
    if (e)
        return e;
    be64_put(key, ++seq);
    e = store_put(t, TABLE_OUTBOX, span_of(key, 8), card);
    if (e == OK)
        e = meta_number_put(t, SEQ, seq);
    if (e == OK)
        *ret_seq = seq;
    return e;
}

err outbox_first(store_txn *t, uint64_t *ret)
{
    span key, value;
    uint8_t zero = 0;
    err e = store_seek(t, TABLE_OUTBOX, span_of(&zero, 1), &key, &value);
    if (e == OK && key.len != 8)
        e = ERR_CORRUPT;
    if (e == OK)
        *ret = be64_get(key.at);
    return e;
}

err outbox_published(store_txn *t, uint64_t seq, bool *ret)
{
    uint64_t first;
    err e = outbox_first(t, &first);
    if (e == OK || e == ERR_NOT_FOUND)
        *ret = e == ERR_NOT_FOUND || first > seq;
    return e == ERR_NOT_FOUND ? OK : e;
}

err outbox_count(store_txn *t, uint64_t *ret)
{
    return store_count(t, TABLE_OUTBOX, ret);
}

err outbox_acked(store_txn *t, uint64_t upto)
{
    uint64_t seq;
    err e;
    while ((e = outbox_first(t, &seq)) == OK && seq <= upto) {
        uint8_t key[8];
        be64_put(key, seq);
        e = store_delete(t, TABLE_OUTBOX, span_of(key, 8));
        if (e)
            return e == ERR_NOT_FOUND ? ERR_CORRUPT : e;
    }
    return e == ERR_NOT_FOUND ? OK : e;
}

err outbox_batch(store_txn *t, arena *a, Tsunagu__PublishRequest *ret)
{
    span key, value;
    uint8_t zero = 0;
    size_t bytes = FRAME_ROOM, count = 0;
    uint64_t first = 0;
    ProtobufCBinaryData *cards = arena_get(a, WIRE_CARDS_MAX * sizeof *cards);
    if (!cards)
        return ERR_MEM;
    err e = store_seek(t, TABLE_OUTBOX, span_of(&zero, 1), &key, &value);
    while (e == OK && count < WIRE_CARDS_MAX) {
        if (key.len != 8)
            return ERR_CORRUPT;
        uint64_t seq = be64_get(key.at);
        bytes += value.len + CARD_ROOM;
        if ((count && seq != first + count) || bytes > WIRE_BODY_MAX)
            break;
        if (count == 0)
            first = seq;
        span kept = arena_copy(a, value);
        if (!kept.at)
            return ERR_MEM;
        cards[count++] = wire_bytes(kept);
        e = store_next(t, TABLE_OUTBOX, &key, &value);
    }
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    if (count == 0)
        return ERR_NOT_FOUND;
    tsunagu__publish_request__init(ret);
    ret->first_seq = first;
    ret->cards = cards;
    ret->n_cards = count;
    return OK;
}

err outbox_meet(store_txn *t, uint64_t hub, bool *ret_resync)
{
    uint64_t mine, first;
    err e = outbox_seq(t, &mine);
    if (e)
        return e;
    e = outbox_first(t, &first);
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    if (hub > mine)
        *ret_resync = true; // we were restored from a back-up: the hub knows more of us than we do
    else if (e == ERR_NOT_FOUND)
        *ret_resync = hub != mine; // the hub lost what we no longer hold
    else
        *ret_resync = first > hub + 1;
    return OK;
}

err outbox_restart(store_txn *t, uint64_t seq)
{
    err e = outbox_acked(t, UINT64_MAX);
    return e ? e : meta_number_put(t, SEQ, seq);
}
