// SPDX-License-Identifier: Apache-2.0
// After new rules or another mapping: what a card shows (grain, windows, categories)
// follows them, so each consent's card is made again and sent if its bytes changed.
#include <string.h>

#include "node/disclosing/disclosure.h"
#include "node/line/uplink.h"
#include "proto/base/log.h"

enum { RENEW_STEP = 256 };
static const char MADE_UNDER[] = "cards_under"; // digest of the rules and mapping all cards were made under

typedef struct renewing {
    hash32 under;
    char after[SSMIX_CHART_MAX + 1];
    size_t count, sent;
    char charts[RENEW_STEP][SSMIX_CHART_MAX + 1];
    bool more;
} renewing;

static void book_digest(const node *n, const book *b, hash32 *ret)
{
    *ret = b->r->hash;
    for (size_t i = 0; i < n->config.mapping.count * 2; i++) {
        const char *word = n->config.mapping.items[i];
        span parts[2] = {span_of(ret->at, HASH_BYTES), span_of(word, strlen(word) + 1)};
        sha256_parts(parts, 2, ret);
    }
}

static err renewed_under(store_txn *t, const hash32 *under)
{
    span value;
    err e = store_get(t, TABLE_META, span_str(MADE_UNDER), &value);
    return e ? e : span_eq(value, span_of(under->at, HASH_BYTES)) ? OK : ERR_NOT_FOUND;
}

static err chart_one(void *ctx, const consent *c)
{
    renewing *k = ctx;
    strcpy(k->charts[k->count++], c->chart);
    return k->count == RENEW_STEP ? ERR_CLOSED : OK;
}

static err card_renew(job *j, store_txn *t, renewing *k, const char *chart)
{
    consent c;
    sent before = {.seq = 0};
    uint64_t seq = 0;
    err e = consent_get(t, span_str(chart), &c);
    if (e || c.card.scope.withdrawn)
        return e;
    e = sent_get(t, span_str(chart), &before);
    if (e == OK)
        e = disclosure_send(j->n, j->rules, t, &c, j->now, false, &seq);
    k->sent += e == OK && seq != before.seq;
    // One that was never sent has another chart's in its place; one that does not fit stays as it was.
    return e == ERR_NOT_FOUND || e == ERR_LIMIT || e == ERR_FORMAT ? OK : e;
}

static err renew_run(job *j, store_txn *t)
{
    renewing *k = j->state;
    hash32 under;
    book_digest(j->n, j->rules, &under);
    if (!span_eq(span_of(under.at, HASH_BYTES), span_of(k->under.at, HASH_BYTES))) {
        k->under = under; // newer rules came meanwhile: from the start
        k->after[0] = '\0';
    }
    err e = k->after[0] ? ERR_NOT_FOUND : renewed_under(t, &k->under);
    if (e != ERR_NOT_FOUND)
        return e;
    e = consent_walk(t, span_str(k->after), chart_one, k);
    for (size_t i = 0; e == OK && i < k->count; i++)
        e = card_renew(j, t, k, k->charts[i]);
    k->more = k->count == RENEW_STEP;
    if (e == OK && !k->more)
        e = store_put(t, TABLE_META, span_str(MADE_UNDER), span_of(k->under.at, HASH_BYTES));
    return job_store_err(e);
}

static void renew_step(node *n, const renewing *last);

static void renew_answer(job *j, err e)
{
    const renewing *k = j->state;
    if (e) {
        log_line(LOG_ERROR, "cards could not be made anew under these rules: %s; the next start tries again",
                 err_text(e));
        return;
    }
    if (k->sent)
        uplink_pump(j->n);
    if (k->more)
        renew_step(j->n, k);
    else if (k->sent)
        log_line(LOG_INFO, "%zu cards are others under these rules and are sent again", k->sent);
}

static void renew_step(node *n, const renewing *last)
{
    job *j = job_with(n, sizeof(renewing), renew_run, renew_answer);
    if (!j)
        return;
    renewing *k = j->state;
    if (last) {
        k->under = last->under;
        k->sent = last->sent;
        strcpy(k->after, last->charts[last->count - 1]);
    }
    job_submit(j);
}

void disclosure_renew(node *n)
{
    book *b = node_book(n);
    bool behind = b->behind; // cards are not made anew by rules of the past
    book_drop(b);
    if (!behind)
        renew_step(n, NULL);
}
