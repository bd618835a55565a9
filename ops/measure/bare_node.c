// SPDX-License-Identifier: Apache-2.0
#include "ops/measure/bare_node.h"

#include <stdio.h>
#include <stdlib.h>

#include "node/line/post.h"
#include "node/post_rows.h"
#include "policies/compiler/compile.h"

enum { FILL_BATCH = 10000 };

static book *book_make(const bench *b)
{
    char dir[1100];
    diag d = {0};
    policy_files f = {0};
    buf bytes = {0};
    book *k = calloc(1, sizeof *k);
    if (!k)
        die("out of memory");
    snprintf(dir, sizeof dir, "%s/policies/sapporo", b->source);
    must(policy_load_dir(dir, &d, &f), dir);
    must(policy_compile(&f, &d, &bytes), dir);
    must(rules_of(buf_span(&bytes), &k->r), dir);
    k->count = 1;
    policy_files_done(&f);
    diag_done(&d);
    buf_done(&bytes);
    return k;
}

void bare_node_open(const bench *b, const char *name, bare_node *ret)
{
    node *n = &ret->n;
    *ret = (bare_node){.n = {.facility = BARE_FACILITY}};
    snprintf(ret->dir, sizeof ret->dir, "%s/%s.data", b->data, name);
    folder_remove(ret->dir);
    n->config.name = (char *)"bench";
    pthread_mutex_init(&n->book_lock, NULL);
    store_options o = {.dir = ret->dir, .tables = node_tables};
    must(store_open(&o, &n->keep), ret->dir);
    must(accesslog_open(n->keep, TABLE_LOG, &n->log), "accesslog_open");
    n->book_now = book_make(b);
    must(post_open(n, post_rows, post_row_count, &n->mail), "post_open");
}

void bare_node_close(bare_node *b)
{
    post_free(b->n.mail);
    accesslog_done(&b->n.log);
    store_close(b->n.keep);
    book_drop(b->n.book_now);
    pthread_mutex_destroy(&b->n.book_lock);
    folder_remove(b->dir);
}

void bare_node_fill(bare_node *b, uint64_t count, bare_row row)
{
    store_txn *t = NULL;
    for (uint64_t i = 0; i < count; i++) {
        if (!t)
            must(store_write(b->n.keep, &t), "store_write");
        row(b, t, i);
        if ((i + 1) % FILL_BATCH == 0 || i + 1 == count) {
            must(store_commit(t), "store_commit");
            t = NULL;
        }
    }
}
