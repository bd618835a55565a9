// SPDX-License-Identifier: Apache-2.0
#include "policies/ratify/members_shelf.h"

#include <stdlib.h>
#include <string.h>

#include "policies/rules/folder.h"

members *shelf_find(const members_shelf *s, const char *union_id)
{
    for (size_t i = 0; i < s->count; i++)
        if (strcmp(s->lists[i]->union_id, union_id) == 0)
            return s->lists[i];
    return NULL;
}

err shelf_put(members_shelf *s, members *m)
{
    members *old = shelf_find(s, m->union_id);
    if (old) {
        members_done(old);
        *old = *m;
        *m = (members){0};
        return OK;
    }
    if (s->count == BUNDLE_UNIONS)
        return ERR_LIMIT;
    members *kept = malloc(sizeof *kept);
    if (!kept)
        return ERR_MEM;
    size_t at = s->count;
    for (; at > 0 && strcmp(s->lists[at - 1]->union_id, m->union_id) > 0; at--)
        s->lists[at] = s->lists[at - 1];
    *kept = *m;
    *m = (members){0};
    s->lists[at] = kept;
    s->count++;
    return OK;
}

err shelf_take(members_shelf *s, const policy *bundle, members *m, day today, bool gaps, members_why *ret,
               members_issue *ret_issue, buf *ret_bytes)
{
    buf bytes = {0};
    members_why why = MEMBERS_WHYS;
    err e = members_accept(bundle, s->lists, s->count, m, today, gaps, &why, ret_issue, &bytes);
    if (e == OK && why == MEMBERS_GOOD)
        e = shelf_put(s, m);
    if (e) {
        buf_done(&bytes);
        return e;
    }
    *ret = why;
    if (why == MEMBERS_GOOD)
        *ret_bytes = bytes;
    return OK;
}

typedef struct loading {
    members_shelf *s;
    const char *dir;
} loading;

static err list_load(void *ctx, const char *union_id, uint32_t serial)
{
    loading *l = ctx;
    const members *have = shelf_find(l->s, union_id);
    members m;
    buf bytes = {0};
    if (have && have->serial >= serial)
        return OK;
    err e = folder_get_list(l->dir, union_id, serial, &bytes);
    if (e == OK)
        e = members_read(buf_span(&bytes), &m);
    buf_done(&bytes);
    if (e)
        return e == ERR_MEM ? e : OK;
    if (strcmp(m.union_id, union_id) == 0 && m.serial == serial)
        e = shelf_put(l->s, &m);
    members_done(&m);
    return e;
}

err shelf_load(members_shelf *s, const char *dir)
{
    loading l = {s, dir};
    return folder_each_list(dir, list_load, &l);
}

err shelf_rules(const members_shelf *s, rules *version, members_issues *issues, rules **ret)
{
    buf bytes = {0};
    if (s->count == 0) {
        *ret = rules_keep(version);
        return OK;
    }
    err e = members_lay(version->p, s->lists, s->count, issues, &bytes);
    if (e == OK)
        e = rules_of(buf_span(&bytes), ret);
    buf_done(&bytes);
    return e;
}

void shelf_done(members_shelf *s)
{
    for (size_t i = 0; i < s->count; i++) {
        members_done(s->lists[i]);
        free(s->lists[i]);
    }
    *s = (members_shelf){0};
}
