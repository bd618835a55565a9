// SPDX-License-Identifier: Apache-2.0
// Lists over the bundle: first whose each facility is, then which machines remain, then bytes.
#include "policies/ratify/members_lay.h"

#include <stdlib.h>
#include <string.h>

#include "policies/engine/table.h"
#include "policies/ratify/members_rows.h"

static uint64_t bit_of(int u)
{
    return 1ull << u;
}

err lay_issue(lay *l, members_why why, int claimant, uint64_t code, const char *node)
{
    members_issues *s = l->issues;
    if (s->count == s->cap) {
        size_t cap = s->cap ? 2 * s->cap : 8;
        members_issue *more = realloc(s->items, cap * sizeof *more);
        if (!more)
            return ERR_MEM;
        s->items = more;
        s->cap = cap;
    }
    members_issue *i = &s->items[s->count++];
    *i = (members_issue){.why = why, .code = code};
    strncpy(i->union_id, l->lists[claimant]->union_id, BUNDLE_TEXT);
    strncpy(i->node, node ? node : "", BUNDLE_TEXT);
    return OK;
}

// ---- facilities --------------------------------------------------------------------

// What one list says of one facility.
typedef struct claim {
    const member_facility *f;
    int list, union_no, kind;
} claim;

// What is known of one code: its row in the bundle, and the claims.
typedef struct standing {
    int bundle_row; // or POLICY_NONE
    uint64_t kept;  // unions without a list that the bundle registers it with
    const claim *claims;
    size_t count;
    uint64_t home;
    lay_row word;   // its name, ward and kind
} standing;

static int claim_cmp(const void *a, const void *b)
{
    const claim *x = a, *y = b;
    if (x->f->code != y->f->code)
        return x->f->code < y->f->code ? -1 : 1;
    return (x->list > y->list) - (x->list < y->list);
}

static bool names_also(const member_facility *f, const char *union_id)
{
    for (int i = 0; i < f->also_count; i++)
        if (strcmp(f->also[i], union_id) == 0)
            return true;
    return false;
}

static bool vouched(const lay *l, const standing *s, const claim *c, uint64_t by)
{
    for (size_t i = 0; i < s->count; i++)
        if (&s->claims[i] != c && (by >> s->claims[i].union_no & 1) &&
            names_also(s->claims[i].f, l->lists[c->list]->union_id))
            return true;
    return false;
}

static lay_row row_of_claim(const claim *c)
{
    return (lay_row){.code = c->f->code, .name = c->f->name, .ward = c->f->ward, .kind = c->kind};
}

// Who is at home, and what its name, ward and kind are.
static void standing_home(const lay *l, standing *s)
{
    uint64_t claimed = 0, listed = 0;
    for (size_t i = 0; i < s->count; i++)
        claimed |= bit_of(s->claims[i].union_no);
    if (s->bundle_row != POLICY_NONE) {
        policy_facility_view v = policy_facility_at(l->bundle, s->bundle_row);
        listed = v.unions;
        s->home = listed & (s->kept | claimed);
        s->word = (lay_row){.code = v.code, .name = v.name, .ward = v.ward, .kind = v.kind};
    }
    if (s->home == 0 && s->count) { // new, or it left where it was: whoever nobody vouches for had it first
        const claim *first = &s->claims[0];
        for (size_t i = s->count; i-- > 0;)
            if (!vouched(l, s, &s->claims[i], UINT64_MAX))
                first = &s->claims[i];
        s->home = bit_of(first->union_no);
        s->word = row_of_claim(first);
    } else if ((listed & (listed - 1)) == 0) { // the bundle knows one union: its list says
        for (size_t i = 0; i < s->count; i++)
            if (s->home >> s->claims[i].union_no & 1)
                s->word = row_of_claim(&s->claims[i]);
    }
}

// The reason for which a claim has no effect, or MEMBERS_GOOD.
static members_why claim_judge(const lay *l, const standing *s, const claim *c)
{
    bool home = s->home >> c->union_no & 1;
    bool same = strcmp(c->f->name, s->word.name) == 0 && strcmp(c->f->ward, s->word.ward) == 0 &&
                c->kind == s->word.kind;
    uint64_t said = policy_discloses(l->bundle, s->bundle_row); // unions where the council's rules let it disclose
    if (!home && !vouched(l, s, c, s->home))
        return MEMBERS_ELSEWHERE;
    if (!same)
        return MEMBERS_OTHER_DATA;
    bool only_home = home && (s->home & (s->home - 1)) == 0;
    if (c->f->discloses && !only_home && !(said >> c->union_no & 1))
        return MEMBERS_TAKES;
    return MEMBERS_GOOD;
}

static err standing_settle(lay *l, standing *s)
{
    standing_home(l, s);
    uint64_t said = policy_discloses(l->bundle, s->bundle_row);
    lay_row row = s->word;
    row.unions = s->kept;
    row.discloses = said & s->kept;
    for (size_t i = 0; i < s->count; i++) {
        const claim *c = &s->claims[i];
        members_why why = claim_judge(l, s, c);
        err e = why ? lay_issue(l, why, c->list, c->f->code, NULL) : OK;
        if (e)
            return e;
        // The council gave another name or kind to a facility of its own unions: its word
        // holds and the facility stays.
        bool stays = why == MEMBERS_OTHER_DATA && (s->home >> c->union_no & 1);
        if (why && !stays)
            continue;
        row.unions |= bit_of(c->union_no);
        bool may = (s->home & (s->home - 1)) == 0 || (said >> c->union_no & 1);
        if (c->f->discloses && may)
            row.discloses |= bit_of(c->union_no);
    }
    if (row.unions == 0)
        return OK;
    if (l->row_count == BUNDLE_FACILITIES)
        return ERR_LIMIT;
    l->rows[l->row_count++] = row;
    return OK;
}

// All that valid lists say, by code. A kind nobody knows says nothing.
static err claims_gather(lay *l, claim **ret, size_t *ret_count)
{
    size_t most = 0, n = 0;
    for (size_t i = 0; i < l->list_count; i++)
        most += l->lists[i]->facility_count;
    claim *claims = calloc(most + 1, sizeof *claims);
    err e = claims ? OK : ERR_MEM;
    for (size_t i = 0; e == OK && i < l->list_count; i++) {
        for (size_t k = 0; e == OK && l->union_of[i] != POLICY_NONE && k < l->lists[i]->facility_count; k++) {
            const member_facility *f = &l->lists[i]->facilities[k];
            int kind = policy_kind(l->bundle, f->kind);
            if (kind == POLICY_NONE)
                e = lay_issue(l, MEMBERS_KIND, (int)i, f->code, NULL);
            else
                claims[n++] = (claim){f, (int)i, l->union_of[i], kind};
        }
    }
    if (e) {
        free(claims);
        return e;
    }
    if (n > 1)
        qsort(claims, n, sizeof *claims, claim_cmp);
    *ret = claims;
    *ret_count = n;
    return OK;
}

static err facilities_lay(lay *l)
{
    claim *claims = NULL;
    size_t count = 0, c = 0;
    int b = 0, of_bundle = policy_facility_count(l->bundle);
    err e = claims_gather(l, &claims, &count);
    if (e)
        return e;
    l->rows = calloc((size_t)of_bundle + count, sizeof *l->rows);
    e = l->rows ? OK : ERR_MEM;
    while (e == OK && (b < of_bundle || c < count)) { // both rise by code
        policy_facility_view v = policy_facility_at(l->bundle, b);
        bool of_b = b < of_bundle && (c == count || v.code <= claims[c].f->code);
        uint64_t code = of_b ? v.code : claims[c].f->code;
        standing s = {.bundle_row = of_b ? b : POLICY_NONE, .kept = of_b ? v.unions & ~l->listed : 0,
                      .claims = claims + c};
        for (; c < count && claims[c].f->code == code; c++)
            s.count++;
        b += of_b;
        if (s.kept || s.count)
            e = standing_settle(l, &s);
    }
    free(claims);
    return e;
}

int lay_find(const lay *l, uint64_t code)
{
    size_t low = 0, high = l->row_count;
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (l->rows[mid].code == code)
            return (int)mid;
        if (code < l->rows[mid].code)
            high = mid;
        else
            low = mid + 1;
    }
    return POLICY_NONE;
}

// ---- all ---------------------------------------------------------------------------

static void text_put(buf *b, const char *s)
{
    size_t len = strlen(s);
    buf_put_u8(b, (uint8_t)len);
    buf_put(b, s, len + 1);
}

static void facilities_put(const lay *l, buf *b)
{
    buf_put_u32(b, (uint32_t)l->row_count);
    for (size_t i = 0; i < l->row_count; i++) {
        const lay_row *r = &l->rows[i];
        buf_put_u64(b, r->code);
        text_put(b, r->name);
        text_put(b, r->ward);
        buf_put_u8(b, (uint8_t)r->kind);
        buf_put_u64(b, r->unions);
        buf_put_u64(b, r->discloses);
    }
}

// Every section as it was, but these two.
static err bundle_put(const lay *l, buf *out)
{
    span old = policy_bytes(l->bundle);
    buf body = {.max = BUNDLE_BYTES}, b = {.max = BUNDLE_BYTES};
    uint32_t ends[SECTION_COUNT];
    for (int s = 0; s < SECTION_COUNT; s++) {
        const uint8_t *at = old.at + 16 + 8 * s;
        if (s == SECTION_FACILITIES)
            facilities_put(l, &body);
        else if (s == SECTION_NODES)
            lay_nodes_put(l, &body);
        else
            buf_put_span(&body, span_cut(old, be32_get(at), be32_get(at + 4)));
        ends[s] = (uint32_t)body.len;
    }
    buf_put_span(&b, span_cut(old, 0, 12));
    buf_put_u32(&b, (uint32_t)(BUNDLE_HEAD + body.len));
    for (int s = 0; s < SECTION_COUNT; s++) {
        uint32_t start = s ? ends[s - 1] : 0;
        buf_put_u32(&b, BUNDLE_HEAD + start);
        buf_put_u32(&b, ends[s] - start);
    }
    buf_put_span(&b, buf_span(&body));
    err e = body.sticky ? body.sticky : b.sticky;
    buf_done(&body);
    if (e)
        buf_done(&b);
    else
        *out = b;
    return e;
}

// The engine's own verifier has the last word.
static err bytes_check(const buf *bytes)
{
    policy *p = NULL;
    err e = policy_open(buf_span(bytes), &p);
    if (e)
        return e == ERR_MEM ? e : ERR_INTERNAL;
    policy_free(p);
    return OK;
}

err members_lay(const policy *bundle, members *const *lists, size_t count, members_issues *issues, buf *ret_bytes)
{
    lay l = {.bundle = bundle, .lists = lists, .list_count = count, .issues = issues};
    buf bytes = {0};
    err e = OK;
    if (count > BUNDLE_UNIONS)
        return ERR_LIMIT;
    for (size_t i = 0; e == OK && i < count; i++) {
        members_why why = members_whose(bundle, lists[i]);
        int u = policy_union(bundle, lists[i]->union_id);
        l.union_of[i] = why ? POLICY_NONE : u;
        if (why)
            e = lay_issue(&l, why, (int)i, 0, NULL);
        else if (l.listed & bit_of(u)) // two lists of one union are the caller's mistake
            e = ERR_USAGE;
        else
            l.listed |= bit_of(u);
    }
    if (e == OK)
        e = facilities_lay(&l);
    if (e == OK && l.row_count == 0)
        e = ERR_CONFLICT;
    if (e == OK)
        e = lay_nodes(&l);
    if (e == OK)
        e = bundle_put(&l, &bytes);
    if (e == OK)
        e = bytes_check(&bytes);
    if (e == OK) {
        *ret_bytes = bytes;
        bytes = (buf){0};
    }
    buf_done(&bytes);
    lay_done(&l);
    return e;
}
