// SPDX-License-Identifier: Apache-2.0
#include "policies/ratify/chain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policies/ratify/members.h"
#include "policies/ratify/message.h"
#include "proto/base/tongue.h"

struct chain {
    hash32 first;
    chain_version *items;
    size_t count, cap;
};

// ---- verdicts ----------------------------------------------------------------------

static void verdict_say(chain_verdict *v, chain_why why, const char *name, const char *text)
{
    v->why = why;
    v->name = name;
    snprintf(v->text, sizeof v->text, "%s", text);
}

static const struct {
    const char *name, *text;
} SAID[] = {
    [CHAIN_GOOD] = {"good", N_("ratified")},
    [CHAIN_SAME] = {"same", N_("it is the version already in hand")},
    [CHAIN_FIRST] = {"first", N_("it is not the first version that was pinned at installation")},
    [CHAIN_BYTES] = {"bytes", N_("it is no bundle, or other bytes of the same meaning")},
    [CHAIN_LIST] = {"secretariat", N_("it is a secretariat's list of members: that can change no rule")},
    [CHAIN_RECORD] = {"record", N_("the record of its ratification is missing or not whole")},
    [CHAIN_FUTURE] = {"far-future", N_("it would take effect more than 180 days from today")},
    [CHAIN_SECRETARIAT] = {"secretariat", N_("a union's secretariat signed it: only seats of the council can")},
};

static void verdict_plain(chain_verdict *v, chain_why why)
{
    verdict_say(v, why, SAID[why].name, _(SAID[why].text));
}

static void verdict_step(chain_verdict *v, ratify_step step)
{
    verdict_say(v, CHAIN_STEP, ratify_step_name(step), ratify_step_text(step));
    v->step = step;
    if (step == STEP_FEW) {
        size_t n = strlen(v->text);
        snprintf(v->text + n, sizeof v->text - n, _(": %u of %u seats, %u are needed"), v->counted, v->seats,
                 v->needed);
    }
}

static void verdict_signature(chain_verdict *v, ratify_why why, const char *seat)
{
    verdict_say(v, CHAIN_SIGNATURE, ratify_why_name(why), "");
    v->signature = why;
    snprintf(v->seat, sizeof v->seat, "%s", seat);
    snprintf(v->text, sizeof v->text, "%s: %s", seat, ratify_why_text(why));
}

const char *chain_sentence(const char *name, bool signature)
{
    for (int i = 0; signature && i < SIGNED_WHYS; i++)
        if (strcmp(ratify_why_name((ratify_why)i), name) == 0)
            return ratify_why_text((ratify_why)i);
    for (size_t i = 0; i < sizeof SAID / sizeof *SAID; i++)
        if (SAID[i].name && strcmp(SAID[i].name, name) == 0)
            return _(SAID[i].text);
    for (int i = 0; i < STEP_COUNT; i++)
        if (strcmp(ratify_step_name((ratify_step)i), name) == 0)
            return ratify_step_text((ratify_step)i);
    return "";
}

// ---- judging -----------------------------------------------------------------------

// Whether the key of a union's secretariat made a signature that no seat's key made.
static err secretariat_signed(const policy *old_rules, const ratify_head *h, const ratify_signature *s, bool *ret)
{
    buf message = {0};
    err e = ratify_message(h, s->seat, s->on, &message);
    *ret = false;
    for (int u = 0; e == OK && !*ret && u < policy_union_count(old_rules); u++) {
        const uint8_t *pub = policy_union_key(old_rules, u);
        verify_key *key = NULL;
        if (!pub)
            continue;
        e = verify_key_of(pub, &key);
        if (e == OK)
            *ret = verify(key, buf_span(&message), s->bytes) == OK;
        verify_key_free(key);
    }
    buf_done(&message);
    return e;
}

// Keeps the first signature that does not count: a record with one is refused.
static err signature_weigh(ratify_tally *t, const ratification *record, const ratify_signature *s, chain_verdict *v)
{
    ratify_why why = SIGNED_COUNTS;
    bool secretariat = false;
    err e = tally_add(t, &record->head, s, &why);
    if (e == OK && (why == SIGNED_NO_SEAT || why == SIGNED_NO_KEY || why == SIGNED_WRONG))
        e = secretariat_signed(t->old_rules, &record->head, s, &secretariat);
    if (e == OK && secretariat)
        verdict_plain(v, CHAIN_SECRETARIAT);
    else if (e == OK && why != SIGNED_COUNTS)
        verdict_signature(v, why, s->seat);
    return e;
}

static err signatures_weigh(const rules *old, const rules *r, const ratification *record, day today, chain_verdict *v)
{
    ratify_tally t;
    err e = OK;
    tally_init(&t, old->p, r->p, today);
    verdict_plain(v, CHAIN_GOOD);
    for (size_t i = 0; e == OK && i < record->count && v->why == CHAIN_GOOD; i++)
        e = signature_weigh(&t, record, &record->signatures[i], v);
    v->counted = t.counted;
    v->seats = t.seats;
    v->needed = ratify_needed(t.seats, policy_quorum(old->p));
    if (v->why == CHAIN_GOOD && tally_step(&t) != STEP_GOOD)
        verdict_step(v, tally_step(&t));
    tally_done(&t);
    return e;
}

err chain_weigh(const chain *c, rules *r, const ratification *record, day today, chain_verdict *ret)
{
    static const ratification none;
    chain_verdict v = {.version = policy_version(r->p), .hash = r->hash};
    const rules *newest = chain_newest(c);
    err e = OK;
    ratify_step step = newest ? ratify_step_of(newest->p, r->p) : STEP_GOOD;
    if (!newest)
        verdict_plain(&v, crypto_same(r->hash.at, c->first.at, HASH_BYTES) ? CHAIN_GOOD : CHAIN_FIRST);
    else if (step == STEP_SAME)
        verdict_plain(&v, CHAIN_SAME);
    else if (step != STEP_GOOD)
        verdict_step(&v, step);
    else if (policy_effective_from(r->p) > today + CHAIN_FUTURE_DAYS)
        verdict_plain(&v, CHAIN_FUTURE);
    else
        e = signatures_weigh(newest, r, record ? record : &none, today, &v);
    if (e == OK)
        *ret = v;
    return e;
}

// ---- taking ------------------------------------------------------------------------

static err room_make(chain *c)
{
    if (c->count < c->cap)
        return OK;
    size_t cap = c->cap ? 2 * c->cap : 8;
    chain_version *more = realloc(c->items, cap * sizeof *more);
    if (!more)
        return ERR_MEM;
    c->items = more;
    c->cap = cap;
    return OK;
}

static err signatures_copy(const ratification *from, ratification *ret)
{
    ratification r = {.head = from->head};
    err e = OK;
    for (size_t i = 0; e == OK && i < from->count; i++)
        e = ratification_add(&r, &from->signatures[i]);
    if (e)
        ratification_done(&r);
    else
        *ret = r;
    return e;
}

static err version_take(chain *c, rules *r, const ratification *record, span bytes)
{
    chain_version x = {0};
    err e = room_make(c);
    if (e == OK && record)
        e = signatures_copy(record, &x.signatures);
    if (e == OK && bytes.len)
        e = buf_put_span(&x.record, bytes);
    else if (e == OK && record && record->count)
        e = ratification_put(record, &x.record);
    if (e) {
        ratification_done(&x.signatures);
        buf_done(&x.record);
        return e;
    }
    x.r = rules_keep(r);
    c->items[c->count++] = x;
    return OK;
}

err chain_push_read(chain *c, rules *r, const ratification *record, day today, chain_verdict *ret)
{
    chain_verdict v;
    err e = chain_weigh(c, r, record, today, &v);
    if (e == OK && v.why == CHAIN_GOOD)
        e = version_take(c, r, record, (span){0});
    if (e == OK)
        *ret = v;
    return e;
}

err chain_push(chain *c, span bundle, span record, day today, chain_verdict *ret)
{
    return chain_push_kept(c, bundle, record, today, NULL, NULL, ret);
}

err chain_push_kept(chain *c, span bundle, span record, day today, chain_keep keep, void *ctx, chain_verdict *ret)
{
    chain_verdict v = {0};
    rules *r = NULL;
    ratification read = {0};
    sha256(bundle, &v.hash);
    err e = rules_of(bundle, &r);
    if (e == ERR_MEM)
        return e;
    if (e) {
        verdict_plain(&v, members_is(bundle) ? CHAIN_LIST : CHAIN_BYTES);
        *ret = v;
        return OK;
    }
    e = record.len ? ratification_read(record, &read) : OK;
    if (e == ERR_MEM)
        goto out;
    // Only where the record decides is it worth a word: a fork stays a fork without one.
    bool broken = e != OK;
    e = chain_weigh(c, r, broken ? NULL : &read, today, &v);
    if (e == OK && broken && v.why == CHAIN_STEP && v.step == STEP_FEW)
        verdict_plain(&v, members_is(record) ? CHAIN_LIST : CHAIN_RECORD);
    if (e)
        goto out;
    *ret = v;
    span kept = c->count ? record : (span){0};
    if (v.why == CHAIN_GOOD && keep)
        e = keep(ctx, r, kept);
    if (e == OK && v.why == CHAIN_GOOD)
        e = version_take(c, r, &read, kept);
out:
    ratification_done(&read);
    rules_drop(r);
    return e;
}

// ---- the chain ---------------------------------------------------------------------

err chain_open(const hash32 *first, chain **ret)
{
    chain *c = calloc(1, sizeof *c);
    if (!c)
        return ERR_MEM;
    c->first = *first;
    *ret = c;
    return OK;
}

void chain_close(chain *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < c->count; i++) {
        rules_drop(c->items[i].r);
        buf_done(&c->items[i].record);
        ratification_done(&c->items[i].signatures);
    }
    free(c->items);
    free(c);
}

size_t chain_count(const chain *c)
{
    return c->count;
}

const chain_version *chain_get(const chain *c, size_t i)
{
    return &c->items[i];
}

const chain_version *chain_find(const chain *c, uint32_t version)
{
    for (size_t i = 0; i < c->count; i++)
        if (policy_version(c->items[i].r->p) == version)
            return &c->items[i];
    return NULL;
}

rules *chain_newest(const chain *c)
{
    return c->count ? c->items[c->count - 1].r : NULL;
}

rules *chain_at(const chain *c, day today)
{
    for (size_t i = c->count; i > 0; i--)
        if (policy_effective_from(c->items[i - 1].r->p) <= today)
            return c->items[i - 1].r;
    return c->count ? c->items[0].r : NULL;
}

day chain_next_switch(const chain *c, day today)
{
    for (size_t i = 0; i < c->count; i++) {
        day from = policy_effective_from(c->items[i].r->p);
        if (from > today)
            return from;
    }
    return DAY_NONE;
}
