// SPDX-License-Identifier: Apache-2.0
// policy verify, history: the whole chain of versions, from the pinned first one.
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "ops/cli/papers.h"
#include "ops/cli/show.h"
#include "proto/base/tongue.h"

typedef struct lineage {
    const invocation *v;
    papers p;
    day today;
    bool listing;       // history: every version with who signed
    size_t refused;
    uint32_t version;   // the last that holds
    json_t *versions, *refusals;
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

static void version_tell(lineage *l, const paper *x, const ratify_tally *t)
{
    char from[11], until[11], aloud[HASH_ALOUD_BYTES], hex[HASH_BYTES * 2 + 1];
    const policy *p = x->bundle->p;
    json_t *by = json_array();
    day_format(policy_effective_from(p), from);
    day_format(policy_stale_after(p), until);
    hash_aloud(&x->bundle->hash, aloud);
    hex_put(hex, span_of(x->bundle->hash.at, HASH_BYTES));
    l->version = policy_version(p);
    if (!l->v->json && l->listing)
        printf(_("version %u  %s  in force from %s, denied after %s  (%s)\n"), l->version, aloud, from, until,
               x->path);
    for (size_t i = 0; t && i < t->record.count; i++) {
        const ratify_signature *s = &t->record.signatures[i];
        policy_seat seat = policy_seat_at(t->old_rules, policy_seat_find(t->old_rules, s->seat));
        char on[11];
        day_format(s->on, on);
        json_array_append_new(by, json_pack("{s:s, s:s, s:s}", "seat", s->seat, "institution", seat.institution,
                                            "on", on));
        if (!l->v->json && l->listing)
            printf(_("    signed %s  %s (%s)\n"), on, s->seat, seat.institution);
    }
    if (!l->v->json && l->listing && !t)
        puts(_("    the first: pinned when hub and nodes were installed"));
    json_array_append_new(l->versions, json_pack("{s:i, s:s, s:s, s:s, s:o}", "version", (int)l->version, "hash", hex,
                                                 "from", from, "until", until, "signed", by));
}

// Every record that names these bytes is counted.
static err records_count(lineage *l, const paper *x, ratify_tally *t)
{
    err e = OK;
    for (size_t i = 0; e == OK && i < l->p.count; i++) {
        paper *r = &l->p.items[i];
        ratify_why why;
        if (r->bundle || !crypto_same(r->record.head.rules.at, x->bundle->hash.at, HASH_BYTES))
            continue;
        r->used = true;
        e = tally_add_all(t, &r->record, &why);
        if (e == OK && why != SIGNED_COUNTS)
            refusal_tell(l, r->path, r->record.head.version, ratify_why_name(why), ratify_why_text(why));
    }
    return e;
}

// One candidate for the place after `*at`. Of several that are ratified the council itself
// has forked: the first holds, the others are told.
static err candidate_weigh(lineage *l, const paper *at, const paper *x, const paper **next)
{
    ratify_tally t;
    tally_init(&t, at->bundle->p, x->bundle->p, l->today);
    ratify_step step = ratify_step_of(at->bundle->p, x->bundle->p);
    err e = OK;
    if (step == STEP_GOOD)
        e = records_count(l, x, &t);
    if (e == OK) {
        step = tally_step(&t);
        if (step == STEP_GOOD && *next)
            step = STEP_FORK;
        if (step == STEP_GOOD) {
            *next = x;
            version_tell(l, x, &t);
        } else {
            char text[400];
            int n = snprintf(text, sizeof text, "%s", ratify_step_text(step));
            if (step == STEP_FEW && n > 0 && (size_t)n < sizeof text)
                snprintf(text + n, sizeof text - (size_t)n, _(": %u of %u seats, %u are needed"), t.counted, t.seats,
                         ratify_needed(t.seats, policy_quorum(at->bundle->p)));
            refusal_tell(l, x->path, policy_version(x->bundle->p), ratify_step_name(step), text);
        }
    }
    tally_done(&t);
    return e;
}

static err lineage_walk(lineage *l, const paper *first)
{
    const paper *at = first, *next = NULL;
    uint32_t round = 0;
    err e = OK;
    version_tell(l, first, NULL);
    for (size_t i = 0; e == OK && i < l->p.count; i++) {
        const paper *x = &l->p.items[i];
        if (!x->bundle || x == first)
            continue;
        // The same bytes given twice are one paper.
        const paper *last = i ? &l->p.items[i - 1] : NULL;
        if (last && last->bundle && memcmp(last->bundle->hash.at, x->bundle->hash.at, HASH_BYTES) == 0)
            continue;
        if (policy_version(x->bundle->p) != round && next) {
            at = next;
            next = NULL;
        }
        round = policy_version(x->bundle->p);
        e = candidate_weigh(l, at, x, &next);
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
