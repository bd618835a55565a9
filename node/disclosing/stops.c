// SPDX-License-Identifier: Apache-2.0
#include "node/disclosing/stops.h"

#include <stdio.h>
#include <string.h>

#include "node/charts/withdrawn.h"
#include "node/disclosing/disclosure.h"
#include "proto/base/luhn.h"

#define KEY_BYTES_STOP (PSEUDONYM_BYTES + 8)
enum { VALUE_BYTES = 16 };

static span stop_key(const pseudonym *who, uint64_t facility, uint8_t out[static KEY_BYTES_STOP])
{
    memcpy(out, who->at, PSEUDONYM_BYTES);
    be64_put(out + PSEUDONYM_BYTES, facility);
    return span_of(out, KEY_BYTES_STOP);
}

static err stop_get(store_txn *t, const pseudonym *who, uint64_t facility, uint64_t *ret_seq, time_ms *ret_at)
{
    uint8_t key[KEY_BYTES_STOP];
    span value;
    err e = store_get(t, TABLE_STOP, stop_key(who, facility, key), &value);
    if (e == OK && value.len != VALUE_BYTES)
        e = ERR_CORRUPT;
    if (e == OK) {
        *ret_seq = be64_get(value.at);
        *ret_at = (time_ms)be64_get(value.at + 8);
    }
    return e;
}

err stop_covers(store_txn *t, const pseudonym *who, uint64_t facility, time_ms agreed, bool *ret)
{
    uint64_t seq;
    time_ms at;
    err e = stop_get(t, who, facility, &seq, &at);
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    if (e == OK && at >= agreed) {
        *ret = true;
        return OK;
    }
    return withdrawn_waits(t, facility, who, agreed, ret); // said at this very node
}

typedef struct since {
    time_ms agreed;
    stop_visit visit;
    void *ctx;
} since;

static err since_one(void *ctx, span key, span value)
{
    const since *s = ctx;
    if (key.len != KEY_BYTES_STOP || value.len != VALUE_BYTES)
        return ERR_CORRUPT;
    if ((time_ms)be64_get(value.at + 8) < s->agreed)
        return OK;
    return s->visit(s->ctx, be64_get(key.at + PSEUDONYM_BYTES));
}

err stops_since(store_txn *t, const pseudonym *who, time_ms agreed, stop_visit visit, void *ctx)
{
    since s = {agreed, visit, ctx};
    return store_walk(t, TABLE_STOP, span_of(who->at, PSEUDONYM_BYTES), (span){0}, since_one, &s);
}

err stop_put(store_txn *t, uint64_t seq, const pseudonym *who, uint64_t facility, time_ms at, bool *ret_new)
{
    uint8_t key[KEY_BYTES_STOP], value[VALUE_BYTES];
    uint64_t last, old_seq = 0;
    time_ms old_at = INT64_MIN;
    err e = meta_number(t, "stop_seq", &last);
    if (e == OK)
        e = stop_get(t, who, facility, &old_seq, &old_at);
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    *ret_new = !(e == OK && old_seq == seq && old_at == at && last >= seq); // else told again
    if (!*ret_new)
        return OK;
    // Of two the later one counts: it covers more.
    be64_put(value, seq);
    be64_put(value + 8, (uint64_t)(at > old_at ? at : old_at));
    e = store_put(t, TABLE_STOP, stop_key(who, facility, key), span_of(value, sizeof value));
    return e == OK && seq > last ? meta_number_put(t, "stop_seq", seq) : e;
}

// ---- a consent and the withdrawals since ------------------------------------------------

bool consent_reaches(const policy *p, const consent_scope *s, uint64_t facility)
{
    const char *unions[64];
    int count = 0, f = policy_facility(p, facility);
    uint64_t in = f == POLICY_NONE ? 0 : policy_facility_at(p, f).unions;
    for (int n = 0; f != POLICY_NONE && n < policy_node_count(p); n++)
        if (policy_node_serves(p, n, f))
            in |= (uint64_t)1 << policy_node_at(p, n).union_no;
    for (int u = 0; u < policy_union_count(p) && u < 64; u++)
        if (in >> u & 1)
            unions[count++] = policy_union_text(p, u).id;
    return s->emergency || consent_covers(s, facility, unions, count, s->from);
}

typedef struct reopening {
    job *j;
    const consent_scope *scope;
    uint64_t but;
} reopening;

static err reopening_one(void *ctx, uint64_t facility)
{
    const reopening *r = ctx;
    char code[11];
    if (facility == r->but || !consent_reaches(r->j->rules->r->p, r->scope, facility))
        return OK;
    institution_format(facility, code);
    snprintf(r->j->note, sizeof r->j->note, "the patient withdrew at facility %s after this consent, and this would let "
                                            "it read again; say also if the patient agreed anew", code);
    return ERR_CONFLICT;
}

// A later consent outweighs an earlier withdrawal at a clinic: a mere change of scope must not do so unseen.
err consent_reopens(job *j, store_txn *t, const confirmation *c, uint64_t but)
{
    reopening r = {j, &c->scope, but};
    consent old;
    if (c->also)
        return OK;
    err e = consent_get(t, span_str(c->chart), &old);
    if (e == ERR_NOT_FOUND || (e == OK && old.card.scope.withdrawn))
        return OK;
    return e ? e : stops_since(t, &old.card.who, old.card.scope.at, reopening_one, &r);
}
