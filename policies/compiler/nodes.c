// SPDX-License-Identifier: Apache-2.0
// nodes/*.yaml: which machine speaks for whom, and the keys it is known by.
#include <stdlib.h>
#include <string.h>

#include "policies/compiler/draft.h"

static int key_cmp(const void *a, const void *b)
{
    return memcmp(a, b, 32);
}

void keys_draft(draft *d, draft_place value, draft_keys *ret)
{
    if (!value.node)
        return;
    ret->place = value;
    bool list = value.node->kind == YAML_LIST;
    size_t count = list ? value.node->count : 1;
    if (value.node->kind == YAML_MAP || count == 0 || count > BUNDLE_KEYS) {
        draft_error(d, value, _("expected a list of one or two keys, 64 hexadecimal digits each"));
        return;
    }
    for (size_t i = 0; i < count; i++) {
        draft_place item = list ? draft_at(value.doc, value.node->items[i]) : value;
        ret->count += draft_key(d, item, ret->at[ret->count]);
    }
    if (ret->count == 2) {
        qsort(ret->at, 2, 32, key_cmp);
        if (memcmp(ret->at[0], ret->at[1], 32) == 0)
            draft_error(d, value, _("the same key stands here twice"));
    }
}

static int number_cmp(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void code_add(draft *d, draft_place item, const draft_node *n, bool discloses, uint32_t *list,
                     size_t *count)
{
    uint64_t code = 0;
    const char *s = draft_text(d, item);
    if (!s || !draft_code(d, item, &code)) // its check digit is looked at where it is registered
        return;
    int f = draft_facility_of(d, code);
    if (f == POLICY_NONE) {
        if (!d->facilities_partial)
            draft_error(d, item, _("%s is registered with no union"), s);
        return;
    }
    const draft_facility *facility = &d->facilities[f];
    uint64_t bit = 1ull << n->union_no;
    if (!(facility->unions & bit)) {
        draft_error(d, item, _("%s (%s) is not registered with this node's union"), s, facility->name);
        return;
    }
    if (discloses && !(facility->discloses & bit)) {
        draft_error(d, item, _("%s (%s) does not disclose under this node's union"), s, facility->name);
        return;
    }
    for (size_t i = 0; i < *count; i++)
        if (list[i] == (uint32_t)f)
            draft_error(d, item, _("%s stands here twice"), s);
    list[(*count)++] = (uint32_t)f;
}

static void codes_draft(draft *d, draft_place value, const draft_node *n, bool discloses, uint32_t **ret,
                        size_t *ret_count)
{
    if (!value.node)
        return;
    bool all = !discloses && value.node->kind == YAML_SCALAR_KIND && strcmp(value.node->text, "all") == 0;
    if (!all && value.node->kind != YAML_LIST) {
        draft_error(d, value, discloses ? _("expected a list of institution codes")
                                        : _("expected a list of institution codes, or all"));
        return;
    }
    uint32_t *list = draft_get(d, all ? d->facility_count : value.node->count, sizeof *list);
    size_t count = 0;
    if (!list)
        return;
    for (size_t i = 0; all && i < d->facility_count; i++)
        if (d->facilities[i].unions >> n->union_no & 1)
            list[count++] = (uint32_t)i;
    for (size_t i = 0; !all && i < value.node->count; i++)
        code_add(d, draft_at(value.doc, value.node->items[i]), n, discloses, list, &count);
    qsort(list, count, sizeof *list, number_cmp);
    *ret = list;
    *ret_count = count;
}

static void node_draft(draft *d, draft_place map, draft_node *ret)
{
    ret->place = map;
    if (!draft_map(d, map, &SHAPE_NODE))
        return;
    ret->name = draft_id(d, draft_may(map, "node"));
    ret->host = draft_host(d, draft_may(map, "host"));
    ret->union_no = draft_word(d, draft_may(map, "union"), &d->unions);
    draft_place keys = draft_may(map, "keys");
    if (keys.node && draft_map(d, keys, &SHAPE_NODE_KEYS)) {
        keys_draft(d, draft_may(keys, "tls"), &ret->tls);
        keys_draft(d, draft_may(keys, "sign"), &ret->sign);
        keys_draft(d, draft_may(keys, "seal"), &ret->seal);
    }
    if (ret->union_no == POLICY_NONE)
        return;
    codes_draft(d, draft_may(map, "discloses"), ret, true, &ret->discloses, &ret->disclose_count);
    codes_draft(d, draft_may(map, "views"), ret, false, &ret->views, &ret->view_count);
    if (ret->disclose_count + ret->view_count == 0)
        draft_warn(d, map, _("this node serves no facility"));
}

static int node_cmp(const void *a, const void *b)
{
    const draft_node *x = a, *y = b;
    int c = strcmp(x->name ? x->name : "", y->name ? y->name : "");
    return c ? c : strcmp(x->place.doc->file, y->place.doc->file);
}

static void nodes_cross_check(draft *d)
{
    int *speaker = draft_get(d, d->facility_count, sizeof *speaker);
    for (size_t i = 0; i < d->node_count && speaker; i++) {
        const draft_node *n = &d->nodes[i];
        if (i && n->name && n[-1].name && strcmp(n[-1].name, n->name) == 0)
            draft_error(d, n->place, _("there is another node \"%s\" (%s)"), n->name, n[-1].place.doc->file);
        for (size_t k = 0; k < n->disclose_count; k++) {
            int *s = &speaker[n->discloses[k]];
            if (*s)
                draft_error(d, n->place, _("node \"%s\" already discloses for %s"),
                            d->nodes[*s - 1].name ? d->nodes[*s - 1].name : "?",
                            d->facilities[n->discloses[k]].name);
            *s = (int)i + 1;
        }
    }
    for (size_t i = 0; speaker && d->node_count && d->diag->errors == d->errors && i < d->facility_count; i++)
        if (d->facilities[i].discloses && !speaker[i])
            draft_warn(d, d->facilities[i].place, _("no node discloses for %s"), d->facilities[i].name);
}

void nodes_draft(draft *d)
{
    size_t max = draft_folder_count(d, "nodes/");
    d->nodes = draft_get(d, max, sizeof *d->nodes);
    for (size_t i = 0; i < d->file_count && !d->broken; i++) {
        const yaml_doc *doc = d->files[i].doc;
        if (doc && draft_in_folder(&d->files[i], "nodes/"))
            node_draft(d, draft_at(doc, doc->root), &d->nodes[d->node_count++]);
    }
    if (d->broken)
        return;
    if (d->node_count > 1)
        qsort(d->nodes, d->node_count, sizeof *d->nodes, node_cmp);
    if (d->node_count > BUNDLE_NODES)
        draft_error(d, d->nodes[0].place, _("too many nodes: at most %d"), BUNDLE_NODES);
    nodes_cross_check(d);
}

// One key is one machine, and a key for one thing is not used for another.
void keys_check(draft *d)
{
    typedef struct seen { const uint8_t *key; draft_place place; } seen;
    seen *all = draft_get(d, (d->node_count * 3 + 2) * BUNDLE_KEYS, sizeof *all);
    size_t count = 0;
    for (size_t i = 0; all && i <= d->node_count; i++) {
        const draft_keys *sets[3] = {&d->hub_tls, &d->hub_sign, NULL};
        if (i < d->node_count) {
            sets[0] = &d->nodes[i].tls;
            sets[1] = &d->nodes[i].sign;
            sets[2] = &d->nodes[i].seal;
        }
        for (int s = 0; s < 3 && sets[s]; s++)
            for (int k = 0; k < sets[s]->count; k++) {
                const uint8_t *key = sets[s]->at[k];
                for (size_t o = 0; o < count; o++)
                    if (memcmp(all[o].key, key, 32) == 0 && all[o].place.node != sets[s]->place.node)
                        draft_error(d, sets[s]->place, _("this key already stands at %s:%u"),
                                    all[o].place.doc->file, all[o].place.node->line);
                all[count++] = (seen){key, sets[s]->place};
            }
    }
}
