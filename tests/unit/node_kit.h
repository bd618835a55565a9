// SPDX-License-Identifier: Apache-2.0
// A node without sockets, threads or clock: a store and a storage in a folder of its own,
// rules in memory, jobs run by hand. Included after cmocka.
// Owner: world_open/_close. Thread: one. Fails: the test.
#ifndef TSUNAGU_TESTS_NODE_KIT_H
#define TSUNAGU_TESTS_NODE_KIT_H

#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/disclosing/disclosure.h"
#include "node/line/outbox.h"
#include "node/disclosing/release.h"
#include "node/disclosing/stops.h"
#include "tests/unit/compiler_kit.h"

#define SOURCE 110113719ull  // 甲病院, union a
#define VIEWER 119900025ull  // 丙医院, union b
#define CHART "12345678"
#define NOW 1795222800000ll  // 2026-11-21T10:00:00+09:00
#define TODAY ((day)20778)

typedef struct world {
    char base[64];
    node n;
    sign_key *hub;
    seal_key *asker;
    ticket_batch batch;
    time_ms now;
} world;

static inline void kit_file(const world *w, const char *chart, const char *day_name, const char *type, const char *tail)
{
    char path[512];
    int n = snprintf(path, sizeof path, "%s/root", w->base);
    const char *parts[5];
    char first[4], second[4];
    snprintf(first, sizeof first, "%.3s", chart);
    snprintf(second, sizeof second, "%.3s", chart + 3);
    parts[0] = first, parts[1] = second, parts[2] = chart, parts[3] = day_name, parts[4] = type;
    (void)mkdir(path, 0700);
    for (int i = 0; i < 5; i++) {
        n += snprintf(path + n, sizeof path - (size_t)n, "/%s", parts[i]);
        (void)mkdir(path, 0700);
    }
    snprintf(path + n, sizeof path - (size_t)n, "/%s_%s_%s_%s", chart, day_name, type, tail);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs("MSH|^~\\&|x\r", f);
    assert_int_equal(fclose(f), 0);
}

static inline void kit_node_yaml(policy_files *f, const char *name, const char *u, const char *discloses, uint8_t key)
{
    char text[1024], hex[3][65];
    uint8_t raw[32];
    for (int i = 0; i < 2; i++) {
        memset(raw, key + i, sizeof raw);
        hex_put(hex[i], span_of(raw, sizeof raw));
    }
    seal_key *k;
    memset(raw, key, sizeof raw);
    assert_int_equal(seal_key_of(raw, &k), OK);
    seal_key_public(k, raw);
    seal_key_free(k);
    hex_put(hex[2], span_of(raw, sizeof raw));
    snprintf(text, sizeof text, "node: %s\nunion: %s\nhost: %s.example\n%sviews: all\n"
             "keys:\n  tls: [%s]\n  sign: [%s]\n  seal: [%s]\n", name, u, name, discloses, hex[0], hex[1], hex[2]);
    snprintf(hex[0], sizeof hex[0], "nodes/%s.yaml", name);
    kit_put(f, hex[0], text);
}

static inline book *kit_book(world *w)
{
    policy_files f = kit_rules();
    kit_node_yaml(&f, "na", "a", "discloses: [\"0110113719\"]\n", 0x10);
    kit_node_yaml(&f, "nb", "b", "", 0x20);
    buf bytes = kit_compile(&f);
    policy_files_done(&f);
    book *b = calloc(1, sizeof *b);
    b->count = 1;
    b->r = calloc(1, sizeof *b->r);
    b->r->count = 1;
    assert_int_equal(policy_open(buf_span(&bytes), &b->r->p), OK);
    sha256(buf_span(&bytes), &b->r->hash);
    policy_set_hash(b->r->p, b->r->hash.at);
    buf_done(&bytes);
    uint8_t pub[KEY_BYTES];
    sign_key_public(w->hub, pub);
    assert_int_equal(verify_key_of(pub, &b->r->hub_keys[0]), OK);
    b->r->hub_key_count = 1;
    b->r->emergency = policy_purpose(b->r->p, "emergency");
    return b;
}

static inline int kit_category(void *ctx, const char *name)
{
    int bit = policy_category(ctx, name);
    return bit == POLICY_NONE ? 15 : bit; // the small rules lack some of the built-in table's
}

static inline void kit_scan(world *w)
{
    ssmix_counts c;
    writer_options o = {.before = node_before_commit, .after = node_after_commit, .ctx = &w->n};
    char root[96];
    snprintf(root, sizeof root, "%s/root", w->base);
    assert_int_equal(writer_start(w->n.keep, &o, &w->n.write), OK);
    ssmix_root roots[1] = {{root, SSMIX_STANDARD}};
    ssmix_options so = {.roots = roots, .root_count = 1, .keep = w->n.keep, .write = w->n.write,
                        .table_patient = TABLE_PATIENT, .table_folder = TABLE_FOLDER, .id_of = node_document_id};
    ssmix_index_close(w->n.index);
    assert_int_equal(ssmix_index_open(&so, &w->n.index), OK);
    assert_int_equal(ssmix_scan(w->n.index, true, NULL, &c), OK);
    writer_stop(w->n.write);
    w->n.write = NULL;
}

static inline world *world_open(void)
{
    world *w = calloc(1, sizeof *w);
    char dir[96];
    uint8_t seed[32];
    strcpy(w->base, "/tmp/tsunagu-node-XXXXXX");
    assert_non_null(mkdtemp(w->base));
    snprintf(dir, sizeof dir, "%s/store", w->base);
    store_options o = {.dir = dir, .tables = node_tables, .map_bytes = (size_t)64 << 20};
    assert_int_equal(store_open(&o, &w->n.keep), OK);
    assert_int_equal(accesslog_open(w->n.keep, TABLE_LOG, &w->n.log), OK);
    pthread_mutex_init(&w->n.book_lock, NULL);
    w->n.config.name = (char *)"na";
    w->n.facility = SOURCE;
    w->now = NOW;
    memset(seed, 7, sizeof seed);
    assert_int_equal(sign_key_of(seed, &w->hub), OK);
    memset(seed, 0x10, sizeof seed);
    assert_int_equal(seal_key_of(seed, &w->n.seal[0]), OK);
    w->n.seal_count = 1;
    memset(seed, 0x20, sizeof seed);
    assert_int_equal(seal_key_of(seed, &w->asker), OK);
    w->n.book_now = kit_book(w);
    size_t bad;
    const char *pairs[] = {"OMP-01", "reports"};
    assert_int_equal(mapping_new(pairs, 1, kit_category, w->n.book_now->r->p, &bad, &w->n.book_now->map), OK);
    ticket_batch_init(&w->batch);
    kit_file(w, CHART, "20261101", "OMG-11", "000000000000001_20261101101500000_01_1");
    kit_file(w, CHART, "20260110", "OMG-11", "000000000000002_20260110101500000_01_1");
    kit_file(w, CHART, "20261101", "OMG-11", "000000000000003_20261101101600000_01_2"); // superseded
    kit_file(w, CHART, "20261102", "OMP-01", "000000000000004_20261102101500000_01_1");
    kit_file(w, CHART, "-", "ADT-00", "999999999999999_20261101090000000_-_1");
    kit_file(w, "87654321", "20261101", "OMG-11", "000000000000001_20261101101500000_01_1");
    kit_scan(w);
    return w;
}

static inline int kit_remove(const char *path, const struct stat *st, int flag, struct FTW *at)
{
    (void)st, (void)flag, (void)at;
    return remove(path);
}

static inline void world_close(world *w)
{
    ticket_batch_done(&w->batch);
    ssmix_index_close(w->n.index);
    accesslog_done(&w->n.log);
    store_close(w->n.keep);
    book_drop(w->n.book_now);
    seal_key_free(w->n.seal[0]);
    seal_key_free(w->asker);
    sign_key_free(w->hub);
    pthread_mutex_destroy(&w->n.book_lock);
    assert_int_equal(nftw(w->base, kit_remove, 16, FTW_DEPTH | FTW_PHYS), 0);
    free(w);
}

// A job at the world's time, and the transaction it runs in.
typedef struct stage {
    job j;
    store_txn *t;
} stage;

static inline stage *stage_open(world *w)
{
    stage *s = calloc(1, sizeof *s);
    s->j.n = &w->n;
    s->j.rules = book_keep(w->n.book_now);
    s->j.now = w->now;
    arena_init(&s->j.memory, 1 << 20);
    accesslog_aborted(&w->n.log);
    assert_int_equal(store_write(w->n.keep, &s->t), OK);
    return s;
}

static inline void stage_close(stage *s, bool keep)
{
    if (keep) {
        assert_int_equal(accesslog_seal(&s->j.n->log, s->t), OK);
        assert_int_equal(store_commit(s->t), OK);
        accesslog_committed(&s->j.n->log);
    } else {
        store_end(s->t);
    }
    arena_done(&s->j.memory);
    book_drop(s->j.rules);
    free(s);
}

static inline pseudonym kit_who(uint8_t n)
{
    pseudonym p;
    memset(p.at, n, sizeof p.at);
    p.at[0] = 1;
    return p;
}

static inline confirmation kit_confirmation(world *w, const char *chart, uint8_t who)
{
    confirmation c = {.who = kit_who(who), .registered_on = TODAY};
    const policy *p = w->n.book_now->r->p;
    strcpy(c.chart, chart);
    strcpy(c.by, "staff-1");
    c.scope.from = TODAY;
    c.scope.until = DAY_FOREVER;
    c.scope.grantee_count = 1;
    c.scope.grantees[0] = (grantee){.kind = GRANTEE_FACILITY, .facility = VIEWER};
    const char *const ids[] = {"basics", "imaging", "reports"};
    for (int i = 0; i < 3; i++)
        c.scope.categories |= (uint16_t)(1u << policy_category(p, ids[i]));
    return c;
}

static inline err kit_confirm(world *w, confirmation *c)
{
    stage *s = stage_open(w);
    err e = disclosure_confirm(&s->j, s->t, c);
    stage_close(s, e == OK);
    return e;
}

#endif
