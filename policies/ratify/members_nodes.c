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

static bool has_key(int count, const uint8_t *const keys[BUNDLE_KEYS], const uint8_t *key)
{
    for (int i = 0; i < count; i++)
        if (memcmp(keys[i], key, KEY_BYTES) == 0)
            return true;
    return false;
}

static bool key_said(const lay *l, const lay_node *n, const uint8_t *key)
{
    for (int i = 0; i < policy_node_count(l->bundle); i++) {
        policy_node_view v = policy_node_at(l->bundle, i);
        if (v.union_no == n->union_no && (has_key(v.tls_count, v.tls, key) || has_key(v.sign_count, v.sign, key) ||
                                          has_key(v.seal_count, v.seal, key)))
            return true;
    }
    return false;
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

static err keys_settle(lay *l)
{
    size_t n = 0;
    policy_hub_view hub = policy_hub(l->bundle);
    mark *marks = calloc((l->node_count * 3 + 2) * BUNDLE_KEYS, sizeof *marks);
    if (!marks)
        return ERR_MEM;
    for (int i = 0; i < hub.tls_count; i++)
        marks[n++] = (mark){hub.tls[i], SIZE_MAX, RANK_HUB};
    for (int i = 0; i < hub.sign_count; i++)
        marks[n++] = (mark){hub.sign[i], SIZE_MAX, RANK_HUB};
    for (size_t i = 0; i < l->node_count; i++)
        for (int s = 0; s < 3; s++)
            for (int k = 0; !l->nodes[i].gone && k < l->nodes[i].key_count[s]; k++) {
                const uint8_t *key = l->nodes[i].keys[s][k];
                bool said = l->nodes[i].list != POLICY_NONE && key_said(l, &l->nodes[i], key);
                marks[n++] = (mark){key, i, rank_of(l, &l->nodes[i], said)};
            }
    err e = marks_settle(l, marks, n, key_cmp, false);
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

static bool list_serves(const lay *l, const lay_node *n, bool discloses, const lay_row *r)
{
    if (n->list == POLICY_NONE) {
        int f = r->facility;
        return discloses ? policy_discloser(l->bundle, f) == n->of_bundle : policy_node_views(l->bundle, n->of_bundle, f);
    }
    const uint64_t *codes = discloses ? n->of_list->discloses : n->of_list->views;
    size_t low = 0, high = discloses ? n->of_list->disclose_count : n->of_list->view_count;
    if (!discloses && n->of_list->views_all)
        return true;
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (codes[mid] == r->code)
            return true;
        if (codes[mid] < r->code)
            low = mid + 1;
        else
            high = mid;
    }
    return false;
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

static err speakers_settle(lay *l, size_t *speaker)
{
    for (size_t r = 0; r < l->row_count; r++) {
        speaker[r] = SIZE_MAX;
        for (size_t i = 0; i < l->node_count; i++) {
            lay_node *n = &l->nodes[i];
            if (n->gone || !row_fits(&l->rows[r], n->union_no, true) || !list_serves(l, n, true, &l->rows[r]))
                continue;
            size_t loser = SIZE_MAX;
            if (spoken_for(l, i, l->rows[r].code, speaker, (int)r))
                loser = i;
            else {
                loser = speaker[r];
                speaker[r] = i;
            }
            if (loser != SIZE_MAX && l->nodes[loser].list != POLICY_NONE) {
                err e = lay_issue(l, MEMBERS_NODE_FACILITY, l->nodes[loser].list, l->rows[r].code, l->nodes[loser].name);
                if (e)
                    return e;
            }
        }
    }
    return OK;
}

static err node_serve(lay *l, size_t node, const size_t *speaker)
{
    lay_node *n = &l->nodes[node];
    size_t served = 0, spoken = 0;
    for (size_t r = 0; r < l->row_count; r++) { // no more memory than it needs: there may be a thousand
        spoken += speaker[r] == node;
        served += row_fits(&l->rows[r], n->union_no, false);
    }
    n->discloses = calloc(spoken + 1, sizeof *n->discloses);
    n->views = calloc(served + 1, sizeof *n->views);
    if (!n->discloses || !n->views)
        return ERR_MEM;
    for (size_t r = 0; r < l->row_count; r++) {
        if (speaker[r] == node)
            n->discloses[n->disclose_count++] = (uint32_t)r;
        if (row_fits(&l->rows[r], n->union_no, false) && list_serves(l, n, false, &l->rows[r]))
            n->views[n->view_count++] = (uint32_t)r;
    }
    return OK;
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
    for (size_t i = 0; e == OK && i < l->node_count; i++)
        if (!l->nodes[i].gone)
            e = node_serve(l, i, speaker);
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
