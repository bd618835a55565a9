// SPDX-License-Identifier: Apache-2.0
// What was found in the documents, on its way into the store: one job at a time.
#include <string.h>

#include "node/scanning/contents_in.h"
#include "proto/base/log.h"

enum { KEEP_BYTES = 256 << 10, KEEP_CHARTS = 64 };

typedef struct keeping {
    contents *c;
    buf rows;
    verdict_sums sums;
} keeping;

static err keep_run(job *j, store_txn *t)
{
    keeping *k = j->state;
    reader r = reader_of(buf_span(&k->rows));
    err e = OK;
    while (e == OK && r.rest.len) {
        verdicts v = {0};
        span chart = read_bytes(&r, read_u8(&r));
        uint32_t count = read_u32(&r);
        for (uint32_t i = 0; e == OK && i < count; i++) {
            verdict one;
            read_into(&r, &one, sizeof one);
            e = verdicts_add(&v, &one);
        }
        if (e == OK)
            e = verdicts_put(t, chart, &v);
        verdicts_done(&v);
    }
    if (e == OK)
        e = verdict_sums_get(t, &k->sums);
    return job_store_err(e);
}

static void keep_answer(job *j, err e)
{
    keeping *k = j->state;
    contents *c = k->c;
    buf_done(&k->rows);
    pthread_mutex_lock(&c->lock);
    if (e == OK)
        c->sums = k->sums;
    c->keeping = false;
    pthread_cond_broadcast(&c->work);
    pthread_mutex_unlock(&c->lock);
    if (e)
        log_line(LOG_ERROR, "what was found in the documents could not be kept: %s", err_text(e));
}

// One job at a time: the writer has others to serve.
static void keep_flush(contents *c)
{
    if (!c->keep.len)
        return;
    pthread_mutex_lock(&c->lock);
    while (c->keeping)
        pthread_cond_wait(&c->work, &c->lock);
    job *j = job_with(c->n, sizeof(keeping), keep_run, keep_answer);
    c->keeping = j != NULL;
    pthread_mutex_unlock(&c->lock);
    if (j) {
        keeping *k = j->state;
        k->c = c;
        k->rows = c->keep;
        c->keep = (buf){0};
        job_submit(j);
    }
    buf_clear(&c->keep);
    c->keep_charts = 0;
}

void keep_wait(contents *c)
{
    keep_flush(c);
    pthread_mutex_lock(&c->lock);
    while (c->keeping)
        pthread_cond_wait(&c->work, &c->lock);
    pthread_mutex_unlock(&c->lock);
}

void keep_put(contents *c, const char *chart, const verdicts *v)
{
    size_t before = c->keep.len;
    buf_put_u8(&c->keep, (uint8_t)strlen(chart));
    buf_put_str(&c->keep, chart);
    buf_put_u32(&c->keep, (uint32_t)v->count);
    for (size_t i = 0; i < v->count; i++)
        buf_put(&c->keep, &v->items[i], sizeof v->items[i]);
    if (c->keep.sticky) { // looked at again with the next pass
        c->keep.len = before;
        c->keep.sticky = OK;
    }
    if (++c->keep_charts >= KEEP_CHARTS || c->keep.len > KEEP_BYTES)
        keep_flush(c);
}
