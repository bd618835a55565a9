// SPDX-License-Identifier: Apache-2.0
// Cards come in: an upsert by revision, in the order of the node's own sequence.
// Idempotent (a sequence already held is skipped) and resumable (a gap tells
// where to go on). A withdrawn card stays as a tombstone, so that a replay of an
// older revision cannot bring it back.
#include <stdio.h>
#include <string.h>

#include "hub/desk.h"
#include "hub/index.h"
#include "proto/pact/grantee.h"

typedef struct refusal {
    uint64_t seq;
    const char *why;
} refusal;

typedef struct publish {
    uint64_t held, first; // first: of those new here
    refusal *refused;
    size_t refused_count;
    bool gap;
} publish;

// NULL if the card may stand, else why not. Nothing here depends on trust in the node.
static const char *card_refuse(const job *j, const card *c)
{
    const policy *p = j->rules->p;
    int node = policy_node(p, j->caller->node);
    int facility = policy_facility(p, c->facility);
    if (facility == POLICY_NONE || node == POLICY_NONE || policy_discloser(p, facility) != node)
        return "this node does not disclose for that facility";
    if ((policy_grain)c->grain > policy_index_grain(p))
        return "the card is finer than the council allows";
    // A withdrawal elsewhere covers what was agreed to before it: a date to come would slip from under it.
    if (c->scope.at > j->now + TICKET_SKEW_MS)
        return "the consent is dated in the future: is that node's clock right?";
    return NULL;
}

// A revision says one thing for ever: what is new under it is only what exists when.
static bool scope_same(const consent_scope *a, const consent_scope *b)
{
    if (a->at != b->at || a->from != b->from || a->until != b->until || a->categories != b->categories ||
        a->emergency != b->emergency || a->proxy != b->proxy || a->grantee_count != b->grantee_count)
        return false;
    for (int i = 0; i < a->grantee_count; i++)
        if (!grantee_same(&a->grantees[i], &b->grantees[i]))
            return false;
    return true;
}

// Whether b shows nothing to anybody that a did not.
static bool scope_within(const consent_scope *a, const consent_scope *b)
{
    if (a->withdrawn || b->from < a->from || b->until > a->until || (b->categories & ~a->categories) ||
        (b->emergency && !a->emergency))
        return false;
    for (int i = 0; i < b->grantee_count; i++)
        if (!scope_has(a, &b->grantees[i]))
            return false;
    return true;
}

// Rules that the council let grow old open nothing new. What closes is always taken.
static const char *stale_refuse(const job *j, const card *old, const card *c)
{
    if (rules_stale_on(j->rules, day_of_time(j->now)) < RULES_NO_REGISTRATIONS || c->scope.withdrawn)
        return NULL;
    if (old && scope_within(&old->scope, &c->scope) && c->registered_on >= old->registered_on)
        return NULL;
    return "the rules are too old for new registrations: their next version must be in force first";
}

static const char *order_refuse(const card *old, const card *c)
{
    if (old->scope.revision > c->scope.revision)
        return "a later revision is held already";
    if (old->scope.revision == c->scope.revision) {
        if (old->scope.withdrawn && !c->scope.withdrawn)
            return "this revision was withdrawn";
        if (memcmp(old->scope.id, c->scope.id, sizeof c->scope.id) != 0)
            return "another consent has this revision";
        if (!c->scope.withdrawn && !scope_same(&old->scope, &c->scope))
            return "another scope has this revision";
    }
    return NULL;
}

static err tombstone_log(job *j, store_txn *t, const card *c)
{
    Tsunagu__LogEntry e = TSUNAGU__LOG_ENTRY__INIT;
    e.event = EVENT_TOMBSTONE;
    e.pseudonym = wire_bytes(span_of(c->who.at, PSEUDONYM_BYTES));
    e.source = c->facility;
    return job_log(j, t, &e, NULL);
}

static err card_take(job *j, store_txn *t, uint64_t seq, span bytes, publish *p)
{
    card c, old;
    uint8_t key[CARD_KEY_BYTES];
    const char *why = card_unpack(bytes, &c) == OK ? card_refuse(j, &c) : "these bytes are no card";
    if (!why) {
        err e = index_card(t, &c.who, c.facility, &old);
        if (e != OK && e != ERR_NOT_FOUND)
            return e;
        if (e == OK)
            why = order_refuse(&old, &c);
        if (!why)
            why = stale_refuse(j, e == OK ? &old : NULL, &c);
    }
    if (why) {
        p->refused[p->refused_count++] = (refusal){seq, why};
        return index_refused_put(t, j->caller->node, seq, why);
    }
    // Whatever the node sent: what was withdrawn leaves no trace here of what existed when.
    if (c.scope.withdrawn && c.presence_count) {
        buf bare = {0};
        c.presence_count = 0;
        err e = card_pack(&c, &bare);
        if (e == OK)
            bytes = arena_copy(&j->memory, buf_span(&bare));
        buf_done(&bare);
        if (e || !bytes.at)
            return e ? e : ERR_MEM;
    }
    card_key(&c.who, c.facility, key);
    err e = store_put(t, TABLE_CARD, span_of(key, sizeof key), bytes);
    if (e == OK && c.scope.withdrawn)
        e = tombstone_log(j, t, &c);
    return e;
}

// One entry for the publication: how many cards, and a digest of their bytes.
static err publish_log(job *j, store_txn *t, const Tsunagu__PublishRequest *q, const publish *p)
{
    Tsunagu__LogEntry e = TSUNAGU__LOG_ENTRY__INIT;
    char text[120];
    hash32 digest;
    span *parts = arena_get(&j->memory, (q->n_cards + 1) * sizeof *parts);
    if (!parts)
        return ERR_MEM;
    for (size_t i = 0; i < q->n_cards; i++)
        parts[i] = wire_span(q->cards[i]);
    sha256_parts(parts, q->n_cards, &digest);
    snprintf(text, sizeof text, "cards %llu..%llu, %zu refused", (unsigned long long)p->first,
             (unsigned long long)(q->first_seq + q->n_cards - 1), p->refused_count);
    e.event = EVENT_PUBLISH;
    e.status = p->refused_count ? ERR_DENIED : OK;
    e.note = text;
    e.document = wire_bytes(span_of(digest.at, 16));
    return job_log(j, t, &e, NULL);
}

typedef struct recalling {
    job *j;
    publish *p;
    uint64_t last;
    size_t room;
} recalling;

static err recall_one(void *ctx, uint64_t seq, span why)
{
    recalling *r = ctx;
    if (seq > r->last || r->p->refused_count == r->room)
        return ERR_CLOSED;
    char *text = arena_str(&r->j->memory, why);
    if (!text)
        return ERR_MEM;
    r->p->refused[r->p->refused_count++] = (refusal){seq, text};
    return OK;
}

// The node sends again what is durable here: it has not heard what became of it.
static err refusals_recall(job *j, store_txn *t, const Tsunagu__PublishRequest *q, publish *p)
{
    recalling r = {j, p, q->first_seq + q->n_cards - 1, q->n_cards};
    if (r.last > p->held)
        r.last = p->held;
    return index_refused(t, j->caller->node, q->first_seq, recall_one, &r);
}

err publish_run(job *j, store_txn *t)
{
    const Tsunagu__PublishRequest *q = j->request;
    publish *p = arena_get(&j->memory, sizeof *p);
    if (!p)
        return ERR_MEM;
    j->state = p;
    err e = index_sequence(t, j->caller->node, &p->held);
    if (e)
        return e;
    if (q->n_cards == 0 || q->n_cards > WIRE_CARDS_MAX || q->first_seq == 0 ||
        q->first_seq > UINT64_MAX - WIRE_CARDS_MAX)
        return ERR_LIMIT;
    if (q->first_seq > p->held + 1) {
        p->gap = true;
        return OK;
    }
    p->refused = arena_get(&j->memory, q->n_cards * sizeof *p->refused);
    if (!p->refused)
        return ERR_MEM;
    e = refusals_recall(j, t, q, p);
    if (e || q->first_seq + q->n_cards - 1 <= p->held)
        return e; // all of it is durable already
    p->first = p->held + 1;
    e = index_refused_forget(t, j->caller->node, q->first_seq);
    for (size_t i = (size_t)(p->held + 1 - q->first_seq); i < q->n_cards && e == OK; i++)
        e = card_take(j, t, q->first_seq + i, wire_span(q->cards[i]), p);
    if (e == OK) {
        p->held = q->first_seq + q->n_cards - 1;
        e = index_sequence_put(t, j->caller->node, p->held);
    }
    if (e == OK)
        e = publish_log(j, t, q, p);
    // Something is written: only a store's error may come out of here.
    return e == OK || e == ERR_FULL || e == ERR_CORRUPT || e == ERR_MEM ? e : ERR_IO;
}

void publish_answer(job *j, err e)
{
    const publish *p = j->state;
    Tsunagu__PublishReply reply = TSUNAGU__PUBLISH_REPLY__INIT;
    buf out = {0};
    if (e) {
        job_reply(j, e, (span){0});
        return;
    }
    reply.publish_seq = p->held;
    uint64_t *seqs = arena_get(&j->memory, (p->refused_count + 1) * sizeof *seqs);
    char **whys = arena_get(&j->memory, (p->refused_count + 1) * sizeof *whys);
    if (!seqs || !whys) {
        job_reply(j, ERR_MEM, (span){0});
        return;
    }
    for (size_t i = 0; i < p->refused_count; i++) {
        seqs[i] = p->refused[i].seq;
        whys[i] = (char *)p->refused[i].why;
    }
    reply.refused_seq = seqs;
    reply.refused_why = whys;
    reply.n_refused_seq = reply.n_refused_why = p->refused_count;
    if (p->gap)
        snprintf(j->note, sizeof j->note, "a gap: go on after %llu", (unsigned long long)p->held);
    e = wire_encode((const ProtobufCMessage *)&reply, &out);
    job_reply(j, e ? e : p->gap ? ERR_CONFLICT : OK, buf_span(&out));
    buf_done(&out);
}
