// SPDX-License-Identifier: Apache-2.0
// Stores from before there was the list of patients ('P', inside.h) get it at their first opening: a record that is
// not in all its lists could not be changed.
#include <stdlib.h>
#include <string.h>

#include "node/requests/inside.h"

enum { FILL_STEP = 500, LISTS_NOW = 1 };
static const char MARK[] = "V";

typedef struct filling {
    uint8_t last[REQUEST_ID_BYTES];
    size_t count;
    list_keys keys[FILL_STEP];
} filling;

static err fill_one(void *ctx, const request *r)
{
    filling *f = ctx;
    list_keys_of(r, &f->keys[f->count++]);
    memcpy(f->last, r->id.data, REQUEST_ID_BYTES);
    return f->count == FILL_STEP ? ERR_CLOSED : OK;
}

static err fill_step(const requests *q, store_txn *t, filling *f, bool *ret_more)
{
    span value;
    uint8_t now = LISTS_NOW;
    *ret_more = false;
    err e = store_get(t, q->table_list, span_str(MARK), &value);
    if (e == OK && value.len == 1 && value.at[0] >= now)
        return OK;
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    bool begun = f->count > 0;
    f->count = 0;
    e = requests_behind(q, t, begun ? span_of(f->last, sizeof f->last) : (span){0}, fill_one, f);
    for (size_t i = 0; e == OK && i < f->count; i++)
        e = list_move(q, t, NULL, &f->keys[i]);
    *ret_more = f->count == FILL_STEP;
    return e == OK && !*ret_more ? store_put(t, q->table_list, span_str(MARK), span_of(&now, 1)) : e;
}

err requests_fill(const requests *q, store *s)
{
    bool more = true;
    filling *f = calloc(1, sizeof *f);
    err e = f ? OK : ERR_MEM;
    while (e == OK && more) {
        store_txn *t;
        e = store_write(s, &t);
        if (e)
            break;
        e = fill_step(q, t, f, &more);
        if (e == OK)
            e = store_commit(t);
        else
            store_end(t);
    }
    free(f);
    return e;
}
