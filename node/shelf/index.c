// SPDX-License-Identifier: Apache-2.0
// The rows: one a version of a document, and one a facility with what it uses. Both change in one transaction.
// Value: version 1, id, first, u32 revision, u8 state, u8 media, hash, u64 bytes, u32 day, u64 filed, u64 ended,
// pseudonym, and each with its length: category, title, by, ended by.
#include <string.h>

#include "node/shelf/inside.h"

enum { FORM = 1, USE_KEY = 9, KEY_MAX = 8 + 1 + SHELF_NUMBER_MAX + 8 };

static span patient_key(uint64_t facility, const char *number, uint8_t out[static KEY_MAX])
{
    size_t n = strlen(number);
    be64_put(out, facility);
    out[8] = (uint8_t)n;
    memcpy(out + 9, number, n);
    return span_of(out, 9 + n);
}

static span document_key(const shelf_document *d, uint8_t out[static KEY_MAX])
{
    span k = patient_key(d->facility, d->number, out);
    be64_put(out + k.len, d->place);
    return span_of(out, k.len + 8);
}

static void text_put(buf *b, const char *text)
{
    buf_put_u8(b, (uint8_t)strlen(text));
    buf_put_str(b, text);
}

static err document_pack(const shelf_document *d, buf *b)
{
    buf_put_u8(b, FORM);
    buf_put(b, d->id, SHELF_ID);
    buf_put(b, d->first, SHELF_ID);
    buf_put_u32(b, d->revision);
    buf_put_u8(b, (uint8_t)d->state);
    buf_put_u8(b, (uint8_t)d->media);
    buf_put(b, d->hash.at, HASH_BYTES);
    buf_put_u64(b, d->bytes);
    buf_put_u32(b, (uint32_t)d->date);
    buf_put_u64(b, (uint64_t)d->filed);
    buf_put_u64(b, (uint64_t)d->ended);
    buf_put(b, d->who.at, PSEUDONYM_BYTES);
    text_put(b, d->category);
    text_put(b, d->title);
    text_put(b, d->by);
    text_put(b, d->ended_by);
    return b->sticky;
}

static bool text_read(reader *r, char *out, size_t cap)
{
    return span_to_str(read_bytes(r, read_u8(r)), out, cap) == OK;
}

err shelf_document_unpack(span key, span value, shelf_document *ret)
{
    shelf_document d = {0};
    reader k = reader_of(key), r = reader_of(value);
    d.facility = read_u64(&k);
    bool good = text_read(&k, d.number, sizeof d.number);
    d.place = read_u64(&k);
    good = good && read_at_end(&k) && read_u8(&r) == FORM;
    read_into(&r, d.id, SHELF_ID);
    read_into(&r, d.first, SHELF_ID);
    d.revision = read_u32(&r);
    d.state = (shelf_state)read_u8(&r);
    d.media = (shelf_media)read_u8(&r);
    read_into(&r, d.hash.at, HASH_BYTES);
    d.bytes = read_u64(&r);
    d.date = (day)read_u32(&r);
    d.filed = (time_ms)read_u64(&r);
    d.ended = (time_ms)read_u64(&r);
    read_into(&r, d.who.at, PSEUDONYM_BYTES);
    good = good && text_read(&r, d.category, sizeof d.category) && text_read(&r, d.title, sizeof d.title) &&
           text_read(&r, d.by, sizeof d.by) && text_read(&r, d.ended_by, sizeof d.ended_by);
    if (!good || !read_at_end(&r) || d.state > SHELF_HISTORY || d.media == SHELF_UNKNOWN || d.media > SHELF_CDA)
        return ERR_CORRUPT;
    *ret = d;
    return OK;
}

static err document_put(shelf *s, store_txn *t, const shelf_document *d)
{
    uint8_t key[KEY_MAX];
    buf value = {0};
    err e = document_pack(d, &value);
    if (e == OK)
        e = store_put(t, s->table, document_key(d, key), buf_span(&value));
    buf_done(&value);
    return e;
}

// ---- what a facility uses ------------------------------------------------------------

err shelf_used(shelf *s, store_txn *t, uint64_t facility, shelf_use *ret)
{
    uint8_t key[USE_KEY] = {0};
    span value;
    be64_put(key, facility);
    err e = store_get(t, s->table, span_of(key, USE_KEY), &value);
    if (e == ERR_NOT_FOUND) {
        *ret = (shelf_use){0};
        return OK;
    }
    if (e == OK && value.len != 24)
        e = ERR_CORRUPT;
    if (e == OK)
        *ret = (shelf_use){be64_get(value.at), be64_get(value.at + 8), be64_get(value.at + 16)};
    return e;
}

static err used_put(shelf *s, store_txn *t, uint64_t facility, const shelf_use *u)
{
    uint8_t key[USE_KEY] = {0}, value[24];
    be64_put(key, facility);
    be64_put(value, u->bytes);
    be64_put(value + 8, u->documents);
    be64_put(value + 16, u->places);
    return store_put(t, s->table, span_of(key, USE_KEY), span_of(value, sizeof value));
}

// ---- walking ---------------------------------------------------------------------------

typedef struct walking {
    shelf_visit visit;
    void *ctx;
} walking;

static err walk_one(void *ctx, span key, span value)
{
    const walking *w = ctx;
    shelf_document d;
    err e = shelf_document_unpack(key, value, &d);
    return e ? e : w->visit(w->ctx, &d);
}

err shelf_walk(shelf *s, store_txn *t, uint64_t facility, const char *number, shelf_visit visit, void *ctx)
{
    uint8_t key[KEY_MAX];
    walking w = {visit, ctx};
    if (!number[0] || strlen(number) > SHELF_NUMBER_MAX)
        return OK;
    return store_walk(t, s->table, patient_key(facility, number, key), (span){0}, walk_one, &w);
}

typedef struct finding {
    const uint8_t *id;    // or NULL
    const hash32 *hash;   // a valid one with these bytes, or NULL
    shelf_document *ret, *same;
    bool found, again;
    size_t count;
} finding;

static err find_one(void *ctx, const shelf_document *d)
{
    finding *f = ctx;
    f->count++;
    if (f->id && memcmp(d->id, f->id, SHELF_ID) == 0) {
        *f->ret = *d;
        f->found = true;
    }
    if (f->hash && d->state == SHELF_VALID && memcmp(d->hash.at, f->hash->at, HASH_BYTES) == 0) {
        *f->same = *d;
        f->again = true;
    }
    return OK;
}

err shelf_get(shelf *s, store_txn *t, uint64_t facility, const char *number, const uint8_t id[static SHELF_ID],
               shelf_document *ret)
{
    shelf_document d;
    finding f = {.id = id, .ret = &d};
    err e = shelf_walk(s, t, facility, number, find_one, &f);
    if (e)
        return e;
    if (!f.found)
        return ERR_NOT_FOUND;
    *ret = d;
    return OK;
}

// ---- filing, replacing, taking back --------------------------------------------------------

err shelf_file(shelf *s, store_txn *t, shelf_upload *u, const uint8_t *replaces, shelf_document *d)
{
    shelf_document old, same, now = *d;
    shelf_use use;
    finding f = {.id = replaces, .hash = &u->hash, .ret = &old, .same = &same};
    if (!u->sealed || u->filed || !d->number[0])
        return ERR_USAGE;
    err e = shelf_walk(s, t, d->facility, d->number, find_one, &f);
    if (e == OK)
        e = shelf_used(s, t, d->facility, &use);
    if (e)
        return e;
    if (replaces && (!f.found || old.state != SHELF_VALID))
        return ERR_NOT_FOUND;
    // The same bytes may go on under another category, day or title, but only as a version of themselves.
    if (f.again && !(replaces && memcmp(same.id, replaces, SHELF_ID) == 0)) {
        *d = same;
        return ERR_EXISTS;
    }
    if (f.count >= SHELF_PATIENT_MAX || use.bytes > s->quota || u->total > s->quota - use.bytes)
        return ERR_LIMIT;
    e = crypto_random(now.id, sizeof now.id);
    memcpy(now.first, replaces ? old.first : now.id, SHELF_ID);
    now.revision = replaces ? old.revision + 1 : 1;
    now.state = SHELF_VALID;
    now.media = u->media;
    now.hash = u->hash;
    now.bytes = u->total;
    now.place = ++use.places;
    now.ended = 0;
    now.ended_by[0] = '\0';
    use.bytes += u->total;
    use.documents++;
    if (e == OK)
        e = shelf_upload_place(u);
    if (e == OK && replaces) {
        old.state = SHELF_HISTORY;
        old.ended = now.filed;
        strcpy(old.ended_by, now.by);
        e = document_put(s, t, &old);
    }
    if (e == OK)
        e = document_put(s, t, &now);
    if (e == OK)
        e = used_put(s, t, d->facility, &use);
    if (e)
        return e;
    *d = now;
    return OK;
}

err shelf_retract(shelf *s, store_txn *t, const uint8_t id[static SHELF_ID], const char *by, time_ms now,
                  shelf_document *d)
{
    shelf_document old;
    err e = shelf_get(s, t, d->facility, d->number, id, &old);
    if (e)
        return e;
    if (old.state != SHELF_VALID)
        return ERR_NOT_FOUND;
    old.state = SHELF_TAKEN_BACK;
    old.ended = now;
    strncpy(old.ended_by, by, sizeof old.ended_by - 1);
    e = document_put(s, t, &old);
    if (e == OK)
        *d = old;
    return e;
}
