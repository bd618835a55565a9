// SPDX-License-Identifier: Apache-2.0
#include "proto/accesslog/accesslog.h"

#include <string.h>

#include "proto/base/utf8.h"

enum { HEAD_BYTES = 8 + HASH_BYTES, NOTE_BYTES = WIRE_NOTE_MAX + 1 };

static span key_of(uint64_t seq, uint8_t key[static 8])
{
    be64_put(key, seq);
    return span_of(key, 8);
}

static err head_read(span value, chain_head *ret)
{
    if (value.len != HEAD_BYTES)
        return ERR_CORRUPT;
    ret->seq = be64_get(value.at);
    memcpy(ret->hash.at, value.at + 8, HASH_BYTES);
    return OK;
}

// The head names the last entry, and the last entry must carry the head's hash:
// a table that lost its tail is found at once.
static err tail_check(store_txn *t, int table, const chain_head *head)
{
    uint8_t key[8];
    span last_key, value;
    err e = store_last(t, table, &last_key, &value);
    if (e)
        return e == ERR_NOT_FOUND ? ERR_CORRUPT : e;
    if (!span_eq(last_key, key_of(head->seq, key)))
        return ERR_CORRUPT;
    if (head->seq == 0)
        return OK;
    if (value.len < HASH_BYTES || memcmp(value.at, head->hash.at, HASH_BYTES) != 0)
        return ERR_CORRUPT;
    return OK;
}

err accesslog_open(store *s, int table, accesslog *ret)
{
    accesslog l = {.table = table};
    uint8_t key[8];
    store_txn *t;
    span value;
    err e = store_read(s, &t);
    if (e)
        return e;
    e = store_get(t, table, key_of(0, key), &value);
    if (e == OK) {
        e = head_read(value, &l.head);
        if (e == OK)
            e = tail_check(t, table, &l.head);
    } else if (e == ERR_NOT_FOUND) {
        // No head: the log must then be empty.
        uint64_t count;
        e = store_count(t, table, &count);
        if (e == OK && count != 0)
            e = ERR_CORRUPT;
    }
    store_end(t);
    if (e)
        return e;
    l.open = l.head;
    *ret = l;
    return OK;
}

void accesslog_done(accesslog *l)
{
    buf_done(&l->scratch);
    memset(l, 0, sizeof *l);
}

err accesslog_append(accesslog *l, store_txn *t, const Tsunagu__LogEntry *entry, uint64_t *ret_seq)
{
    static const uint8_t room[HASH_BYTES];
    Tsunagu__LogEntry kept = *entry;
    char note[NOTE_BYTES], node[NOTE_BYTES];
    // A sentence cut within a character, or a stranger's name, must not make the entry unreadable for ever.
    utf8_clean(entry->note, note, sizeof note);
    utf8_clean(entry->node, node, sizeof node);
    kept.note = note;
    kept.node = node;
    buf_clear(&l->scratch);
    buf_put(&l->scratch, room, HASH_BYTES);
    err e = wire_encode((const ProtobufCMessage *)&kept, &l->scratch);
    if (e)
        return e;
    chain_head next = l->open;
    chain_next(&next, span_from(buf_span(&l->scratch), HASH_BYTES));
    memcpy(l->scratch.at, next.hash.at, HASH_BYTES);
    uint8_t key[8];
    if (l->open.seq == 0) {
        // The head's key comes first in the table, so that all entries can be appended after it.
        uint8_t empty[HEAD_BYTES] = {0};
        e = store_put(t, l->table, key_of(0, key), span_of(empty, sizeof empty));
        if (e)
            return e;
    }
    e = store_append(t, l->table, key_of(next.seq, key), buf_span(&l->scratch));
    if (e)
        return e == ERR_CONFLICT ? ERR_CORRUPT : e;
    l->open = next;
    if (ret_seq)
        *ret_seq = next.seq;
    return OK;
}

err accesslog_seal(accesslog *l, store_txn *t)
{
    if (l->open.seq == l->head.seq)
        return OK;
    uint8_t key[8], value[HEAD_BYTES];
    be64_put(value, l->open.seq);
    memcpy(value + 8, l->open.hash.at, HASH_BYTES);
    return store_put(t, l->table, key_of(0, key), span_of(value, sizeof value));
}

void accesslog_committed(accesslog *l)
{
    l->head = l->open;
}

void accesslog_aborted(accesslog *l)
{
    l->open = l->head;
}

typedef struct walk {
    accesslog_visit visit;
    void *ctx;
} walk;

static err walk_one(void *ctx, span key, span value)
{
    walk *w = ctx;
    if (key.len != 8 || value.len < HASH_BYTES)
        return ERR_CORRUPT;
    uint64_t seq = be64_get(key.at);
    if (seq == 0)
        return OK;
    hash32 hash;
    memcpy(hash.at, value.at, HASH_BYTES);
    return w->visit(w->ctx, seq, &hash, span_from(value, HASH_BYTES));
}

err accesslog_walk(const accesslog *l, store_txn *t, uint64_t from, accesslog_visit visit, void *ctx)
{
    uint8_t key[8];
    walk w = {visit, ctx};
    return store_walk(t, l->table, (span){0}, key_of(from ? from : 1, key), walk_one, &w);
}

typedef struct check {
    chain_head at;
} check;

static err check_one(void *ctx, span key, span value)
{
    check *c = ctx;
    if (key.len != 8)
        return ERR_CORRUPT;
    uint64_t seq = be64_get(key.at);
    if (seq == 0)
        return OK;
    if (seq != c->at.seq + 1)
        return ERR_CORRUPT;
    span entry;
    return chain_check(&c->at, value, &entry, &c->at);
}

err accesslog_verify(const accesslog *l, store_txn *t, chain_head *ret_head, uint64_t *ret_bad)
{
    // The head as this snapshot has it: the log may have grown since it was opened.
    chain_head head = {0};
    uint8_t key[8];
    span value;
    err e = store_get(t, l->table, key_of(0, key), &value);
    if (e == OK)
        e = head_read(value, &head);
    else if (e == ERR_NOT_FOUND)
        e = OK;
    check c = {0};
    if (e == OK)
        e = store_walk(t, l->table, (span){0}, (span){0}, check_one, &c);
    if (e == OK && (c.at.seq != head.seq || !crypto_same(c.at.hash.at, head.hash.at, HASH_BYTES)))
        e = ERR_CORRUPT;
    if (e) {
        *ret_bad = c.at.seq + 1;
        return e;
    }
    *ret_head = head;
    return OK;
}

err accesslog_hash_at(const accesslog *l, store_txn *t, uint64_t seq, hash32 *ret)
{
    uint8_t key[8];
    span value;
    if (seq == 0) {
        memset(ret, 0, sizeof *ret);
        return OK;
    }
    err e = store_get(t, l->table, key_of(seq, key), &value);
    if (e)
        return e;
    if (value.len < HASH_BYTES)
        return ERR_CORRUPT;
    memcpy(ret->at, value.at, HASH_BYTES);
    return OK;
}
