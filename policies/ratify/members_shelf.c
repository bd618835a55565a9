// SPDX-License-Identifier: Apache-2.0
#include "policies/ratify/members_shelf.h"

#include <stdlib.h>
#include <string.h>

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

err shelf_take(members_shelf *s, const policy *bundle, members *m, day today, members_why *ret,
               members_issue *ret_issue, buf *ret_bytes)
{
    buf bytes = {0};
    members_why why = MEMBERS_WHYS;
    err e = members_accept(bundle, s->lists, s->count, m, today, &why, ret_issue, &bytes);
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

void shelf_done(members_shelf *s)
{
    for (size_t i = 0; i < s->count; i++) {
        members_done(s->lists[i]);
        free(s->lists[i]);
    }
    *s = (members_shelf){0};
}
