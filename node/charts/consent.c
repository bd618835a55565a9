// SPDX-License-Identifier: Apache-2.0
// A record: length 2 and a packed card without presences, length 1 and who recorded
// it, length 1 and the proxy's relation.
#include "node/charts/consent.h"

#include <string.h>

#include "node/duty/job.h"

static err record_pack(const consent *c, buf *out)
{
    buf bytes = {0};
    card bare = c->card;
    bare.presence_count = 0;
    err e = card_pack(&bare, &bytes);
    if (e == OK) {
        buf_put_u16(out, (uint16_t)bytes.len);
        buf_put_span(out, buf_span(&bytes));
        buf_put_u8(out, (uint8_t)strlen(c->by));
        buf_put_str(out, c->by);
        buf_put_u8(out, (uint8_t)strlen(c->proxy));
        buf_put_str(out, c->proxy);
        e = out->sticky;
    }
    buf_done(&bytes);
    return e;
}

static err record_unpack(span chart, span value, consent *ret)
{
    reader r = reader_of(value);
    span bytes = read_bytes(&r, read_u16(&r));
    span by = read_bytes(&r, read_u8(&r));
    span proxy = read_bytes(&r, read_u8(&r));
    memset(ret, 0, sizeof *ret);
    if (!read_at_end(&r) || card_unpack(bytes, &ret->card) != OK ||
        span_to_str(chart, ret->chart, sizeof ret->chart) != OK || span_to_str(by, ret->by, sizeof ret->by) != OK ||
        span_to_str(proxy, ret->proxy, sizeof ret->proxy) != OK)
        return ERR_CORRUPT;
    return OK;
}

err consent_get(store_txn *t, span chart, consent *ret)
{
    span value;
    consent c;
    if (chart.len == 0 || chart.len > SSMIX_CHART_MAX)
        return ERR_NOT_FOUND;
    err e = store_get(t, TABLE_CONSENT, chart, &value);
    if (e == OK)
        e = record_unpack(chart, value, &c);
    if (e == OK)
        *ret = c;
    return e;
}

static span holder_key(const pseudonym *who, span chart, uint8_t out[static PSEUDONYM_BYTES + SSMIX_CHART_MAX])
{
    memcpy(out, who->at, PSEUDONYM_BYTES);
    memcpy(out + PSEUDONYM_BYTES, chart.at, chart.len);
    return span_of(out, PSEUDONYM_BYTES + chart.len);
}

err consent_put(store_txn *t, const consent *c)
{
    uint8_t key[PSEUDONYM_BYTES + SSMIX_CHART_MAX];
    buf value = {0};
    consent old;
    span chart = span_str(c->chart);
    err e = record_pack(c, &value);
    if (e)
        goto out;
    // The person on the chart was corrected: the old pseudonym no longer leads here.
    e = consent_get(t, chart, &old);
    if (e == OK && !pseudonym_same(&old.card.who, &c->card.who))
        e = store_delete(t, TABLE_HOLDER, holder_key(&old.card.who, chart, key));
    if (e == ERR_NOT_FOUND)
        e = OK;
    if (e == OK)
        e = store_put(t, TABLE_CONSENT, chart, buf_span(&value));
    if (e == OK)
        e = store_put(t, TABLE_HOLDER, holder_key(&c->card.who, chart, key), span_of("", 0));
out:
    buf_done(&value);
    return e;
}

typedef struct holding {
    store_txn *t;
    consent_visit visit;
    void *ctx;
} holding;

static err holder_one(void *ctx, span key, span value)
{
    holding *h = ctx;
    consent c;
    (void)value;
    err e = consent_get(h->t, span_from(key, PSEUDONYM_BYTES), &c);
    return e == OK ? h->visit(h->ctx, &c) : e == ERR_NOT_FOUND ? ERR_CORRUPT : e;
}

err consent_holders(store_txn *t, const pseudonym *who, consent_visit visit, void *ctx)
{
    holding h = {t, visit, ctx};
    return store_walk(t, TABLE_HOLDER, span_of(who->at, PSEUDONYM_BYTES), (span){0}, holder_one, &h);
}

typedef struct finding {
    const uint8_t *id;
    consent *ret;
    bool found;
} finding;

static err find_one(void *ctx, const consent *c)
{
    finding *f = ctx;
    if (memcmp(c->card.scope.id, f->id, sizeof c->card.scope.id) != 0)
        return OK;
    *f->ret = *c;
    f->found = true;
    return ERR_CLOSED;
}

err consent_find(store_txn *t, const pseudonym *who, const uint8_t id[static 16], consent *ret)
{
    consent c;
    finding f = {id, &c, false};
    err e = consent_holders(t, who, find_one, &f);
    if (e)
        return e;
    if (!f.found)
        return ERR_NOT_FOUND;
    *ret = c;
    return OK;
}

typedef struct walking {
    span after;
    consent_visit visit;
    void *ctx;
} walking;

static err walk_one(void *ctx, span key, span value)
{
    walking *w = ctx;
    consent c;
    if (w->after.len && span_eq(key, w->after))
        return OK;
    err e = record_unpack(key, value, &c);
    return e ? e : w->visit(w->ctx, &c);
}

err consent_walk(store_txn *t, span after, consent_visit visit, void *ctx)
{
    walking w = {after, visit, ctx};
    return store_walk(t, TABLE_CONSENT, (span){0}, after, walk_one, &w);
}

err sent_get(store_txn *t, span chart, sent *ret)
{
    span value;
    err e = store_get(t, TABLE_SENT, chart, &value);
    if (e == OK && value.len != HASH_BYTES + 8)
        e = ERR_CORRUPT;
    if (e == OK) {
        memcpy(ret->card.at, value.at, HASH_BYTES);
        ret->seq = be64_get(value.at + HASH_BYTES);
    }
    return e;
}

err sent_put(store_txn *t, span chart, const sent *s)
{
    uint8_t value[HASH_BYTES + 8];
    memcpy(value, s->card.at, HASH_BYTES);
    be64_put(value + HASH_BYTES, s->seq);
    return store_put(t, TABLE_SENT, chart, span_of(value, sizeof value));
}

err consent_forget(store_txn *t, const consent *c)
{
    uint8_t key[PSEUDONYM_BYTES + SSMIX_CHART_MAX];
    span chart = span_str(c->chart);
    uint64_t floor;
    err e = meta_number(t, CONSENT_FLOOR, &floor);
    if (e == OK && c->card.scope.revision > floor)
        e = meta_number_put(t, CONSENT_FLOOR, c->card.scope.revision);
    if (e == OK)
        e = store_delete(t, TABLE_HOLDER, holder_key(&c->card.who, chart, key));
    if (e == OK)
        e = store_delete(t, TABLE_CONSENT, chart);
    if (e == ERR_NOT_FOUND)
        return ERR_CORRUPT;
    if (e == OK)
        e = store_delete(t, TABLE_SENT, chart);
    return e == ERR_NOT_FOUND ? OK : e;
}
