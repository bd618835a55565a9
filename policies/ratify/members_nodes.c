// SPDX-License-Identifier: Apache-2.0
// Which machines remain when lists are laid over a bundle: one name, one key and one hospital
// are one machine's. The hub's keys come first, then nodes of unions without a list, then
// whoever the bundle says, then the order of the lists.
#include <stdlib.h>
#include <string.h>

#include "policies/engine/table.h"
#include "policies/ratify/members_rows.h"

enum { RANK_HUB, RANK_BUNDLE, RANK_SAID, RANK_LIST };

void lay_done(lay *l)
{
    for (size_t i = 0; i < l->node_count; i++) {
        free(l->nodes[i].discloses);
        free(l->nodes[i].views);
    }
    free(l->nodes);
    free(l->rows);
}

// ---- gathering ---------------------------------------------------------------------

static void bundle_node(const policy *p, int number, lay_node *ret)
{
    policy_node_view v = policy_node_at(p, number);
    *ret = (lay_node){.name = v.name, .host = v.host, .union_no = v.union_no, .list = POLICY_NONE,
                      .of_bundle = number, .key_count = {v.tls_count, v.sign_count, v.seal_count}};
    for (int i = 0; i < BUNDLE_KEYS; i++) {
        ret->keys[0][i] = v.tls[i];
        ret->keys[1][i] = v.sign[i];
        ret->keys[2][i] = v.seal[i];
    }
}

static void list_node(const lay *l, int list, const member_node *n, lay_node *ret)
{
    const member_keys *sets[3] = {&n->tls, &n->sign, &n->seal};
    *ret = (lay_node){.name = n->name, .host = n->host, .union_no = l->union_of[list], .list = list,
                      .of_bundle = POLICY_NONE, .of_list = n};
    for (int s = 0; s < 3; s++) {
        ret->key_count[s] = sets[s]->count;
        for (int i = 0; i < sets[s]->count; i++)
            ret->keys[s][i] = sets[s]->at[i];
    }
}

static err nodes_gather(lay *l)
{
    size_t most = (size_t)policy_node_count(l->bundle);
    for (size_t i = 0; i < l->list_count; i++)
        most += l->lists[i]->node_count;
    l->nodes = calloc(most + 1, sizeof *l->nodes);
    if (!l->nodes)
        return ERR_MEM;
    for (int i = 0; i < policy_node_count(l->bundle); i++)
        if (!(l->listed >> policy_node_at(l->bundle, i).union_no & 1))
            bundle_node(l->bundle, i, &l->nodes[l->node_count++]);
    for (size_t i = 0; i < l->list_count; i++)
        for (size_t k = 0; l->union_of[i] != POLICY_NONE && k < l->lists[i]->node_count; k++)
            list_node(l, (int)i, &l->lists[i]->nodes[k], &l->nodes[l->node_count++]);
    return OK;
}

// ---- one name, one key -------------------------------------------------------------

// Something only one machine may have.
typedef struct mark {
    const void *what; // a name, or 32 bytes
    size_t node;      // SIZE_MAX: the hub
    int rank;
} mark;

static int rank_of(const lay *l, const lay_node *n, bool said)
{
    (void)l;
    return n->list == POLICY_NONE ? RANK_BUNDLE : said ? RANK_SAID : RANK_LIST + n->list;
}

static bool name_said(const lay *l, const lay_node *n)
{
    int k = policy_node(l->bundle, n->name);
    return k != POLICY_NONE && policy_node_at(l->bundle, k).union_no == n->union_no;
}

// A key that the bundle gives to a machine of that union.
typedef struct said_key {
    const uint8_t *key;
    int union_no;
} said_key;

static int said_cmp(const void *a, const void *b)
{
    const said_key *x = a, *y = b;
    int c = memcmp(x->key, y->key, KEY_BYTES);
    return c ? c : (x->union_no > y->union_no) - (x->union_no < y->union_no);
}

static err said_gather(const policy *p, said_key **ret, size_t *ret_count)
{
    size_t n = 0;
    said_key *list = calloc((size_t)policy_node_count(p) * 3 * BUNDLE_KEYS + 1, sizeof *list);
    if (!list)
        return ERR_MEM;
    for (int i = 0; i < policy_node_count(p); i++) {
        policy_node_view v = policy_node_at(p, i);
        for (int k = 0; k < v.tls_count; k++)
            list[n++] = (said_key){v.tls[k], v.union_no};
        for (int k = 0; k < v.sign_count; k++)
            list[n++] = (said_key){v.sign[k], v.union_no};
        for (int k = 0; k < v.seal_count; k++)
            list[n++] = (said_key){v.seal[k], v.union_no};
    }
    if (n > 1)
        qsort(list, n, sizeof *list, said_cmp);
    *ret = list;
    *ret_count = n;
    return OK;
}

static int mark_rank_cmp(const mark *x, const mark *y)
{
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    return (x->node > y->node) - (x->node < y->node);
}

static int name_cmp(const void *a, const void *b)
{
    const mark *x = a, *y = b;
    int c = strcmp(x->what, y->what);
    return c ? c : mark_rank_cmp(x, y);
}

static int key_cmp(const void *a, const void *b)
{
    const mark *x = a, *y = b;
    int c = memcmp(x->what, y->what, KEY_BYTES);
    return c ? c : mark_rank_cmp(x, y);
}

// Of several with the same mark the first keeps it; the others are no machines.
static err marks_settle(lay *l, mark *marks, size_t count, int (*cmp)(const void *, const void *), bool names)
{
    err e = OK;
    if (count > 1)
        qsort(marks, count, sizeof *marks, cmp);
    for (size_t i = 1, first = 0; e == OK && i < count; i++) {
        bool same = names ? strcmp(marks[first].what, marks[i].what) == 0
                          : memcmp(marks[first].what, marks[i].what, KEY_BYTES) == 0;
        if (!same) {
            first = i;
            continue;
        }
        lay_node *n = marks[i].node == SIZE_MAX ? NULL : &l->nodes[marks[i].node];
        if (!n || n->gone || n->list == POLICY_NONE)
            continue; // the bundle's own are not ours to judge
        n->gone = true;
        e = lay_issue(l, names ? MEMBERS_NODE_NAME : MEMBERS_NODE_KEY, n->list, 0, n->name);
    }
    return e;
}

static err names_settle(lay *l)
{
    mark *marks = calloc(l->node_count + 1, sizeof *marks);
    if (!marks)
        return ERR_MEM;
    for (size_t i = 0; i < l->node_count; i++)
        marks[i] = (mark){l->nodes[i].name, i, rank_of(l, &l->nodes[i], name_said(l, &l->nodes[i]))};
    err e = marks_settle(l, marks, l->node_count, name_cmp, true);
    free(marks);
    return e;
}

static size_t marks_of_node(const lay *l, size_t node, const said_key *said, size_t said_count, mark *at)
{
    const lay_node *n = &l->nodes[node];
    size_t count = 0;
    for (int s = 0; s < 3; s++)
        for (int k = 0; !n->gone && k < n->key_count[s]; k++) {
            said_key want = {n->keys[s][k], n->union_no};
            bool known = n->list != POLICY_NONE && bsearch(&want, said, said_count, sizeof *said, said_cmp);
            at[count++] = (mark){want.key, node, rank_of(l, n, known)};
        }
    return count;
}

static err keys_settle(lay *l)
{
    size_t n = 0, said_count = 0;
    said_key *said = NULL;
    policy_hub_view hub = policy_hub(l->bundle);
    mark *marks = calloc((l->node_count * 3 + 2) * BUNDLE_KEYS, sizeof *marks);
    err e = marks ? said_gather(l->bundle, &said, &said_count) : ERR_MEM;
    if (e == OK) {
        for (int i = 0; i < hub.tls_count; i++)
            marks[n++] = (mark){hub.tls[i], SIZE_MAX, RANK_HUB};
        for (int i = 0; i < hub.sign_count; i++)
            marks[n++] = (mark){hub.sign[i], SIZE_MAX, RANK_HUB};
        for (size_t i = 0; i < l->node_count; i++)
            n += marks_of_node(l, i, said, said_count, marks + n);
        e = marks_settle(l, marks, n, key_cmp, false);
    }
    free(said);
    free(marks);
    return e;
}

// ---- whom they serve ---------------------------------------------------------------

static int by_rank(const lay *l, size_t node, uint64_t code)
{
    const lay_node *n = &l->nodes[node];
    int speaker = policy_discloser(l->bundle, policy_facility(l->bundle, code));
    bool said = speaker != POLICY_NONE && policy_node_at(l->bundle, speaker).union_no == n->union_no;
    return rank_of(l, n, said);
}

// Whether another machine comes first for this hospital.
static bool spoken_for(const lay *l, size_t node, uint64_t code, const size_t *speaker, int row)
{
    return speaker[row] != SIZE_MAX && speaker[row] != node && by_rank(l, speaker[row], code) <= by_rank(l, node, code);
}

static bool row_fits(const lay_row *r, int union_no, bool discloses)
{
    return ((discloses ? r->discloses : r->unions) >> union_no) & 1;
}

// Codes that a list's node names and may not.
static err codes_judge(lay *l, const lay_node *n, bool discloses)
{
    const uint64_t *codes = discloses ? n->of_list->discloses : n->of_list->views;
    size_t count = discloses ? n->of_list->disclose_count : n->of_list->view_count;
    err e = OK;
    for (size_t i = 0; e == OK && i < count; i++) {
        int row = lay_find(l, codes[i]);
        if (row == POLICY_NONE || !row_fits(&l->rows[row], n->union_no, discloses))
            e = lay_issue(l, MEMBERS_NODE_FACILITY, n->list, codes[i], n->name);
    }
    return e;
}

// A machine that offers to speak for a hospital.
typedef struct offer {
    uint32_t row, node;
} offer;

static int offer_cmp(const void *a, const void *b)
{
    const offer *x = a, *y = b;
    if (x->row != y->row)
        return x->row < y->row ? -1 : 1;
    return (x->node > y->node) - (x->node < y->node);
}

// Those of one machine of a list. Returns how many.
static size_t offers_of_list(const lay *l, size_t node, offer *at)
{
    const lay_node *n = &l->nodes[node];
    size_t count = 0;
    for (size_t i = 0; i < n->of_list->disclose_count; i++) {
        int row = lay_find(l, n->of_list->discloses[i]);
        if (row != POLICY_NONE && row_fits(&l->rows[row], n->union_no, true))
            at[count++] = (offer){(uint32_t)row, (uint32_t)node};
    }
    return count;
}

// The bundle's machines: each hospital knows its own.
static size_t offers_of_bundle(const lay *l, const uint32_t *node_of, offer *at)
{
    size_t count = 0;
    for (size_t r = 0; r < l->row_count; r++) {
        int said = policy_discloser(l->bundle, l->rows[r].facility);
        uint32_t node = said == POLICY_NONE ? UINT32_MAX : node_of[said];
        if (node != UINT32_MAX && !l->nodes[node].gone && row_fits(&l->rows[r], l->nodes[node].union_no, true))
            at[count++] = (offer){(uint32_t)r, node};
    }
    return count;
}

static err offers_gather(const lay *l, offer **ret, size_t *ret_count)
{
    size_t most = l->row_count + 1, count;
    for (size_t i = 0; i < l->node_count; i++)
        most += l->nodes[i].list == POLICY_NONE ? 0 : l->nodes[i].of_list->disclose_count;
    offer *list = calloc(most, sizeof *list);
    uint32_t *node_of = calloc((size_t)policy_node_count(l->bundle) + 1, sizeof *node_of);
    if (!list || !node_of) {
        free(list);
        free(node_of);
        return ERR_MEM;
    }
    memset(node_of, 0xff, ((size_t)policy_node_count(l->bundle) + 1) * sizeof *node_of);
    for (size_t i = 0; i < l->node_count; i++)
        if (l->nodes[i].list == POLICY_NONE)
            node_of[l->nodes[i].of_bundle] = (uint32_t)i;
    count = offers_of_bundle(l, node_of, list);
    for (size_t i = 0; i < l->node_count; i++)
        if (!l->nodes[i].gone && l->nodes[i].list != POLICY_NONE)
            count += offers_of_list(l, i, list + count);
    if (count > 1)
        qsort(list, count, sizeof *list, offer_cmp);
    free(node_of);
    *ret = list;
    *ret_count = count;
    return OK;
}

static err offer_settle(lay *l, const offer *o, size_t *speaker)
{
    uint64_t code = l->rows[o->row].code;
    bool taken = spoken_for(l, o->node, code, speaker, (int)o->row);
    size_t loser = taken ? o->node : speaker[o->row];
    if (!taken)
        speaker[o->row] = o->node;
    if (loser == SIZE_MAX || l->nodes[loser].list == POLICY_NONE)
        return OK;
    return lay_issue(l, MEMBERS_NODE_FACILITY, l->nodes[loser].list, code, l->nodes[loser].name);
}

// By hospital, and of each the machines in their order.
static err speakers_settle(lay *l, size_t *speaker)
{
    offer *offers = NULL;
    size_t count = 0;
    err e = offers_gather(l, &offers, &count);
    for (size_t r = 0; r < l->row_count; r++)
        speaker[r] = SIZE_MAX;
    for (size_t i = 0; e == OK && i < count; i++)
        if (i == 0 || offer_cmp(&offers[i - 1], &offers[i]) != 0)
            e = offer_settle(l, &offers[i], speaker);
    free(offers);
    return e;
}

static err disclosures_set(lay *l, const size_t *speaker)
{
    for (size_t r = 0; r < l->row_count; r++)
        if (speaker[r] != SIZE_MAX)
            l->nodes[speaker[r]].disclose_count++;
    for (size_t i = 0; i < l->node_count; i++) {
        lay_node *n = &l->nodes[i];
        if (n->gone)
            continue;
        n->discloses = calloc(n->disclose_count + 1, sizeof *n->discloses);
        if (!n->discloses)
            return ERR_MEM;
        n->disclose_count = 0;
    }
    for (size_t r = 0; r < l->row_count; r++)
        if (speaker[r] != SIZE_MAX) {
            lay_node *n = &l->nodes[speaker[r]];
            n->discloses[n->disclose_count++] = (uint32_t)r;
        }
    return OK;
}

static void view_put(const lay *l, lay_node *n, int row)
{
    if (row != POLICY_NONE && row_fits(&l->rows[row], n->union_no, false) &&
        (n->view_count == 0 || n->views[n->view_count - 1] < (uint32_t)row))
        n->views[n->view_count++] = (uint32_t)row;
}

// Rows rise by code, as facilities do in lists and in the bundle: so do the views. Only a machine for all of its
// union looks at each row.
static err views_set(const lay *l, lay_node *n, const int *row_of)
{
    const uint32_t *said = NULL;
    size_t most = n->list == POLICY_NONE ? policy_node_views_all(l->bundle, n->of_bundle, &said)
                                         : n->of_list->view_count;
    bool all = n->list != POLICY_NONE && n->of_list->views_all;
    if (all)
        most = 0;
    for (size_t r = 0; all && r < l->row_count; r++)
        most += row_fits(&l->rows[r], n->union_no, false); // no more memory than it needs: there may be a thousand
    n->views = calloc(most + 1, sizeof *n->views);
    if (!n->views)
        return ERR_MEM;
    for (size_t i = 0; !all && i < most; i++)
        view_put(l, n, said ? row_of[said[i]] : lay_find(l, n->of_list->views[i]));
    for (size_t r = 0; all && r < l->row_count; r++)
        view_put(l, n, (int)r);
    return OK;
}

static err all_views_set(lay *l)
{
    int facilities = policy_facility_count(l->bundle);
    int *row_of = calloc((size_t)facilities + 1, sizeof *row_of);
    err e = row_of ? OK : ERR_MEM;
    for (int f = 0; e == OK && f < facilities; f++)
        row_of[f] = POLICY_NONE;
    for (size_t r = 0; e == OK && r < l->row_count; r++)
        if (l->rows[r].facility != POLICY_NONE)
            row_of[l->rows[r].facility] = (int)r;
    for (size_t i = 0; e == OK && i < l->node_count; i++)
        if (!l->nodes[i].gone)
            e = views_set(l, &l->nodes[i], row_of);
    free(row_of);
    return e;
}

static int node_cmp(const void *a, const void *b)
{
    return strcmp(((const lay_node *)a)->name, ((const lay_node *)b)->name);
}

err lay_nodes(lay *l)
{
    size_t *speaker = calloc(l->row_count + 1, sizeof *speaker), kept = 0;
    err e = speaker ? nodes_gather(l) : ERR_MEM;
    for (size_t r = 0; r < l->row_count; r++) // once, not for each node
        l->rows[r].facility = policy_facility(l->bundle, l->rows[r].code);
    if (e == OK)
        e = names_settle(l);
    if (e == OK)
        e = keys_settle(l);
    for (size_t i = 0; e == OK && i < l->node_count; i++)
        for (int side = 0; e == OK && !l->nodes[i].gone && l->nodes[i].list != POLICY_NONE && side < 2; side++)
            e = codes_judge(l, &l->nodes[i], side);
    if (e == OK)
        e = speakers_settle(l, speaker);
    if (e == OK)
        e = disclosures_set(l, speaker);
    if (e == OK)
        e = all_views_set(l);
    free(speaker);
    if (e)
        return e;
    for (size_t i = 0; i < l->node_count; i++) // what goes has no memory yet
        if (!l->nodes[i].gone)
            l->nodes[kept++] = l->nodes[i];
    l->node_count = kept;
    if (kept > BUNDLE_NODES)
        return ERR_LIMIT;
    if (kept > 1)
        qsort(l->nodes, kept, sizeof *l->nodes, node_cmp);
    return OK;
}

// ---- writing -----------------------------------------------------------------------

static void numbers_put(buf *b, const uint32_t *list, size_t count)
{
    buf_put_u32(b, (uint32_t)count);
    for (size_t i = 0; i < count; i++)
        buf_put_u32(b, list[i]);
}

void lay_nodes_put(const lay *l, buf *b)
{
    buf_put_u16(b, (uint16_t)l->node_count);
    for (size_t i = 0; i < l->node_count; i++) {
        const lay_node *n = &l->nodes[i];
        const char *texts[2] = {n->name, n->host};
        for (int t = 0; t < 2; t++) {
            buf_put_u8(b, (uint8_t)strlen(texts[t]));
            buf_put(b, texts[t], strlen(texts[t]) + 1);
        }
        buf_put_u8(b, (uint8_t)n->union_no);
        numbers_put(b, n->discloses, n->disclose_count);
        numbers_put(b, n->views, n->view_count);
        for (int s = 0; s < 3; s++) {
            buf_put_u8(b, (uint8_t)n->key_count[s]);
            for (int k = 0; k < n->key_count[s]; k++)
                buf_put(b, n->keys[s][k], KEY_BYTES);
        }
    }
}
