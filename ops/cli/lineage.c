// SPDX-License-Identifier: Apache-2.0
// policy verify, history: the whole chain of versions, from the pinned first one.
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "ops/cli/papers.h"
#include "ops/cli/show.h"
#include "policies/ratify/chain.h"
#include "proto/base/tongue.h"

typedef struct lineage {
    const invocation *v;
    papers p;
    day today;
    bool listing;       // history: every version with who signed
    size_t refused;
    uint32_t version;   // the last that holds
    json_t *versions, *refusals;
    chain *c;
} lineage;

static int paper_cmp(const void *a, const void *b)
{
    const paper *x = a, *y = b;
    if (!x->bundle || !y->bundle)
        return (y->bundle != NULL) - (x->bundle != NULL);
    uint32_t m = policy_version(x->bundle->p), n = policy_version(y->bundle->p);
    return m != n ? (m > n) - (m < n) : memcmp(x->bundle->hash.at, y->bundle->hash.at, HASH_BYTES);
}

static void refusal_tell(lineage *l, const char *path, uint32_t version, const char *name, const char *text)
{
    l->refused++;
    json_array_append_new(l->refusals, json_pack("{s:s, s:i, s:s, s:s}", "file", path, "version", (int)version, "why",
                                                 name, "text", text));
    if (!l->v->json)
        fprintf(stderr, _("%s: version %u is refused: %s\n"), path, version, text);
}

static void version_tell(lineage *l, const char *path, const chain_version *x, const chain_version *before)
{
    char from[11], until[11], aloud[HASH_ALOUD_BYTES], hex[HASH_BYTES * 2 + 1];
    const policy *p = x->r->p;
    json_t *by = json_array();
    day_format(policy_effective_from(p), from);
    day_format(policy_stale_after(p), until);
    hash_aloud(&x->r->hash, aloud);
    hex_put(hex, span_of(x->r->hash.at, HASH_BYTES));
    l->version = policy_version(p);
    if (!l->v->json && l->listing)
        printf(_("version %u  %s  in force from %s, denied after %s  (%s)\n"), l->version, aloud, from, until, path);
    for (size_t i = 0; before && i < x->signatures.count; i++) {
        const ratify_signature *s = &x->signatures.signatures[i];
        policy_seat seat = policy_seat_at(before->r->p, policy_seat_find(before->r->p, s->seat));
        char on[11];
        day_format(s->on, on);
        json_array_append_new(by, json_pack("{s:s, s:s, s:s}", "seat", s->seat, "institution", seat.institution,
                                            "on", on));
        if (!l->v->json && l->listing)
            printf(_("    signed %s  %s (%s)\n"), on, s->seat, seat.institution);
    }
    if (!l->v->json && l->listing && !before)
        puts(_("    the first: pinned when hub and nodes were installed"));
    json_array_append_new(l->versions, json_pack("{s:i, s:s, s:s, s:s, s:o}", "version", (int)l->version, "hash", hex,
                                                 "from", from, "until", until, "signed", by));
}

static bool signature_held(const ratification *r, const ratify_signature *s)
{
    for (size_t i = 0; i < r->count; i++)
        if (strcmp(r->signatures[i].seat, s->seat) == 0 && r->signatures[i].on == s->on &&
            memcmp(r->signatures[i].bytes, s->bytes, sizeof s->bytes) == 0)
            return true;
    return false;
}

// Every record that names these bytes, as one: a councillor's own file and the gathered record hold
// the same signature.
static err records_gather(lineage *l, const rules *bundle, ratification *ret)
{
    err e = OK;
    for (size_t i = 0; e == OK && i < l->p.count; i++) {
        paper *r = &l->p.items[i];
        if (r->bundle || !crypto_same(r->record.head.rules.at, bundle->hash.at, HASH_BYTES))
            continue;
        r->used = true;
        ret->head = r->record.head;
        for (size_t k = 0; e == OK && k < r->record.count; k++)
            if (!signature_held(ret, &r->record.signatures[k]))
                e = ratification_add(ret, &r->record.signatures[k]);
    }
    return e;
}

// Of several candidates for one place that are ratified the council itself has forked: the first
// holds, the others are told.
static err candidate_push(lineage *l, const paper *x)
{
    ratification all = {0};
    chain_verdict v = {0};
    err e = records_gather(l, x->bundle, &all);
    if (e == OK)
        e = chain_push_read(l->c, x->bundle, &all, l->today, &v);
    ratification_done(&all);
    if (e)
        return e;
    size_t n = chain_count(l->c);
    if (v.why == CHAIN_GOOD)
        version_tell(l, x->path, chain_get(l->c, n - 1), n > 1 ? chain_get(l->c, n - 2) : NULL);
    else
        refusal_tell(l, x->path, v.version, v.name, v.text);
    return OK;
}

static err lineage_walk(lineage *l, const paper *first)
{
    err e = chain_open(&first->bundle->hash, &l->c);
    if (e == OK)
        e = candidate_push(l, first);
    for (size_t i = 0; e == OK && i < l->p.count; i++) {
        const paper *x = &l->p.items[i], *last = i ? &l->p.items[i - 1] : NULL;
        // The same bytes given twice are one paper.
        bool again = x->bundle && last && last->bundle && crypto_same(last->bundle->hash.at, x->bundle->hash.at, HASH_BYTES);
        bool is_first = x->bundle && crypto_same(first->bundle->hash.at, x->bundle->hash.at, HASH_BYTES);
        if (x->bundle && !is_first && !again)
            e = candidate_push(l, x);
    }
    for (size_t i = 0; e == OK && i < l->p.count; i++) {
        const paper *r = &l->p.items[i];
        if (!r->bundle && !r->used)
            refusal_tell(l, r->path, r->record.head.version, "other-rules",
                         _("a record of rules that are not here or not the next version"));
    }
    return e;
}

static const paper *first_find(const lineage *l, const char *pin)
{
    uint8_t want[HASH_BYTES];
    if (!pin)
        return l->p.items[0].bundle ? &l->p.items[0] : NULL;
    if (hex_get(span_str(pin), want, sizeof want) != OK)
        return NULL;
    for (size_t i = 0; i < l->p.count; i++)
        if (l->p.items[i].bundle && crypto_same(l->p.items[i].bundle->hash.at, want, HASH_BYTES))
            return &l->p.items[i];
    return NULL;
}

static void lineage_conclude(const lineage *l, const char *pin)
{
    if (l->v->json) {
        json_t *top = json_pack("{s:b, s:i, s:O, s:O}", "ok", l->refused == 0, "version", (int)l->version, "versions",
                                l->versions, "refused", l->refusals);
        if (l->refused)
            show_refused();
        json_dumpf(top, stdout, JSON_COMPACT);
        fputc('\n', stdout);
        json_decref(top);
        return;
    }
    if (l->listing && !pin)
        puts(_("the first version was not compared with a pin (--first)"));
    if (l->refused == 0 && !l->listing)
        printf(_("good: version %u follows from the pinned first version, every step ratified\n"), l->version);
    else if (l->refused)
        fprintf(stderr, _("version %u is the last that holds\n"), l->version);
}

static int lineage_run(invocation *v, bool listing)
{
    const char *pin = option_value(v, "first");
    lineage l = {.v = v, .today = day_of_time(clock_now_ms()), .listing = listing,
                 .versions = json_array(), .refusals = json_array()};
    err e = papers_read(v, "@FILE...", &l.p);
    if (e)
        goto out;
    qsort(l.p.items, l.p.count, sizeof *l.p.items, paper_cmp);
    const paper *first = first_find(&l, pin);
    if (!first) {
        complain(v, e = ERR_NOT_FOUND, pin ? _("no file here is the pinned first version") : _("no bundle is given"));
        goto out;
    }
    e = lineage_walk(&l, first);
    if (e) {
        complain(v, e, NULL);
        goto out;
    }
    lineage_conclude(&l, pin);
    e = l.refused ? ERR_CONFLICT : OK;
out:
    chain_close(l.c);
    papers_done(&l.p);
    json_decref(l.versions);
    json_decref(l.refusals);
    return exit_of(e);
}

int policy_verify_run(invocation *v)
{
    return lineage_run(v, false);
}

int policy_history_run(invocation *v)
{
    return lineage_run(v, true);
}
