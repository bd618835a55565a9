// SPDX-License-Identifier: Apache-2.0
// rooms: store wire pact base
// The access log in a store: what is appended is read back, and nothing can be changed, cut,
// reordered or inserted without log.verify naming the place.
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/accesslog/accesslog.h"
#include "proto/base/utf8.h"

enum { OTHER, LOG, ENTRIES = 12 };
static const char *const tables[] = {"other", "log", NULL};

typedef struct kit {
    char dir[64];
    store *s;
    accesslog l;
} kit;

static void kit_open(kit *k)
{
    store_options o = {.dir = k->dir, .tables = tables, .map_bytes = 16 << 20};
    assert_int_equal(store_open(&o, &k->s), OK);
}

static int begin(void **state)
{
    kit *k = calloc(1, sizeof *k);
    assert_non_null(k);
    strcpy(k->dir, "/tmp/tsunagu-log-XXXXXX");
    assert_non_null(mkdtemp(k->dir));
    kit_open(k);
    assert_int_equal(accesslog_open(k->s, LOG, &k->l), OK);
    *state = k;
    return 0;
}

static int drop(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st, (void)kind, (void)at;
    return remove(path);
}

static int end(void **state)
{
    kit *k = *state;
    accesslog_done(&k->l);
    store_close(k->s);
    nftw(k->dir, drop, 8, FTW_DEPTH | FTW_PHYS);
    free(k);
    return 0;
}

static void append(kit *k, store_txn *t, uint64_t number)
{
    Tsunagu__LogEntry e = TSUNAGU__LOG_ENTRY__INIT;
    uint64_t seq;
    char note[40];
    snprintf(note, sizeof note, "entry %llu", (unsigned long long)number);
    e.version = 1;
    e.time_ms = 1700000000000 + (int64_t)number;
    e.event = EVENT_LOOKUP;
    e.note = note;
    assert_int_equal(accesslog_append(&k->l, t, &e, &seq), OK);
    assert_int_equal(seq, number);
}

// In batches of three, as the writer does it.
static void fill(kit *k)
{
    for (uint64_t n = 1; n <= ENTRIES; n += 3) {
        store_txn *t;
        assert_int_equal(store_write(k->s, &t), OK);
        for (uint64_t i = n; i < n + 3; i++)
            append(k, t, i);
        assert_int_equal(accesslog_seal(&k->l, t), OK);
        assert_int_equal(store_commit(t), OK);
        accesslog_committed(&k->l);
    }
}

static err verify_at(kit *k, uint64_t *ret_bad)
{
    store_txn *t;
    chain_head head;
    *ret_bad = 0;
    assert_int_equal(store_read(k->s, &t), OK);
    err e = accesslog_verify(&k->l, t, &head, ret_bad);
    store_end(t);
    if (!e)
        assert_int_equal(head.seq, k->l.head.seq);
    return e;
}

static void broken_at(kit *k, uint64_t where)
{
    uint64_t bad;
    assert_int_equal(verify_at(k, &bad), ERR_CORRUPT);
    assert_int_equal(bad, where);
}

static buf value_of(kit *k, uint64_t seq)
{
    uint8_t key[8];
    span value;
    buf out = {0};
    store_txn *t;
    be64_put(key, seq);
    assert_int_equal(store_read(k->s, &t), OK);
    assert_int_equal(store_get(t, LOG, span_of(key, 8), &value), OK);
    buf_put_span(&out, value);
    store_end(t);
    return out;
}

// As somebody would who can write the store, with the store's own checks made anew.
static void put(kit *k, uint64_t seq, const buf *value)
{
    uint8_t key[8];
    store_txn *t;
    be64_put(key, seq);
    assert_int_equal(store_write(k->s, &t), OK);
    if (value)
        assert_int_equal(store_put(t, LOG, span_of(key, 8), buf_span(value)), OK);
    else
        assert_int_equal(store_delete(t, LOG, span_of(key, 8)), OK);
    assert_int_equal(store_commit(t), OK);
}

static err look(void *ctx, uint64_t seq, const hash32 *hash, span entry)
{
    uint64_t *next = ctx;
    Tsunagu__LogEntry *e;
    arena a;
    char note[40];
    (void)hash;
    arena_init(&a, 0);
    snprintf(note, sizeof note, "entry %llu", (unsigned long long)seq);
    assert_int_equal(seq, *next);
    assert_int_equal(WIRE_DECODE(entry, Tsunagu__LogEntry, tsunagu__log_entry__descriptor, WIRE_BODY_MAX,
                                 &a, &e), OK);
    assert_string_equal(e->note, note);
    arena_done(&a);
    ++*next;
    return *next == 10 ? ERR_CLOSED : OK;
}

static void what_is_appended_is_read_back(void **state)
{
    kit *k = *state;
    store_txn *t;
    uint64_t next = 4, bad;
    hash32 hash, zero = {0};
    assert_int_equal(verify_at(k, &bad), OK); // an empty log is a good one
    fill(k);
    assert_int_equal(verify_at(k, &bad), OK);
    assert_int_equal(store_read(k->s, &t), OK);
    assert_int_equal(accesslog_walk(&k->l, t, 4, look, &next), OK);
    assert_int_equal(next, 10);
    assert_int_equal(accesslog_hash_at(&k->l, t, ENTRIES, &hash), OK);
    assert_memory_equal(hash.at, k->l.head.hash.at, HASH_BYTES);
    assert_int_equal(accesslog_hash_at(&k->l, t, 0, &hash), OK);
    assert_memory_equal(hash.at, zero.at, HASH_BYTES);
    assert_int_equal(accesslog_hash_at(&k->l, t, ENTRIES + 1, &hash), ERR_NOT_FOUND);
    store_end(t);
}

static void it_goes_on_after_opening_again(void **state)
{
    kit *k = *state;
    chain_head before;
    uint64_t bad;
    fill(k);
    before = k->l.head;
    accesslog_done(&k->l);
    store_close(k->s);
    kit_open(k);
    assert_int_equal(accesslog_open(k->s, LOG, &k->l), OK);
    assert_int_equal(k->l.head.seq, before.seq);
    assert_memory_equal(k->l.head.hash.at, before.hash.at, HASH_BYTES);
    store_txn *t;
    assert_int_equal(store_write(k->s, &t), OK);
    append(k, t, ENTRIES + 1);
    assert_int_equal(accesslog_seal(&k->l, t), OK);
    assert_int_equal(store_commit(t), OK);
    accesslog_committed(&k->l);
    assert_int_equal(verify_at(k, &bad), OK);
}

static void every_bit_of_an_entry_counts(void **state)
{
    kit *k = *state;
    fill(k);
    for (uint64_t seq = 1; seq <= ENTRIES; seq += 11) { // the first and the last
        buf value = value_of(k, seq);
        for (size_t bit = 0; bit < value.len * 8; bit++) {
            value.at[bit / 8] ^= (uint8_t)(1u << bit % 8);
            put(k, seq, &value);
            broken_at(k, seq);
            value.at[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
        for (size_t len = 0; len < value.len; len++) {
            buf cut = {.at = value.at, .len = len};
            put(k, seq, &cut);
            broken_at(k, seq);
        }
        put(k, seq, &value);
        buf_done(&value);
    }
    uint64_t bad;
    assert_int_equal(verify_at(k, &bad), OK);
}

static void every_bit_of_the_head_counts(void **state)
{
    kit *k = *state;
    uint64_t bad;
    fill(k);
    buf head = value_of(k, 0);
    for (size_t bit = 0; bit < head.len * 8; bit++) {
        accesslog again;
        head.at[bit / 8] ^= (uint8_t)(1u << bit % 8);
        put(k, 0, &head);
        assert_int_equal(verify_at(k, &bad), ERR_CORRUPT);
        assert_int_equal(accesslog_open(k->s, LOG, &again), ERR_CORRUPT);
        head.at[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    buf_done(&head);
}

static void a_missing_head_is_found(void **state)
{
    kit *k = *state;
    accesslog again;
    uint64_t bad;
    fill(k);
    put(k, 0, NULL);
    assert_int_equal(verify_at(k, &bad), ERR_CORRUPT);
    assert_int_equal(accesslog_open(k->s, LOG, &again), ERR_CORRUPT);
}

static void a_cut_tail_is_found(void **state)
{
    kit *k = *state;
    accesslog again;
    fill(k);
    for (uint64_t seq = ENTRIES; seq > 0; seq--) {
        put(k, seq, NULL);
        broken_at(k, seq);
        assert_int_equal(accesslog_open(k->s, LOG, &again), ERR_CORRUPT);
    }
}

static void a_gap_and_a_swap_are_found(void **state)
{
    kit *k = *state;
    fill(k);
    buf five = value_of(k, 5), six = value_of(k, 6);
    put(k, 5, &six);
    put(k, 6, &five);
    broken_at(k, 5);
    put(k, 5, &five);
    put(k, 6, &six);
    put(k, 5, NULL);
    broken_at(k, 5);
    put(k, 5, &six); // moved down
    broken_at(k, 5);
    buf_done(&five);
    buf_done(&six);
}

static void an_entry_behind_the_head_is_found(void **state)
{
    kit *k = *state;
    accesslog again;
    uint64_t bad;
    fill(k);
    buf last = value_of(k, ENTRIES);
    put(k, ENTRIES + 1, &last);
    assert_int_equal(verify_at(k, &bad), ERR_CORRUPT);
    assert_int_equal(accesslog_open(k->s, LOG, &again), ERR_CORRUPT);
    buf_done(&last);
}

static void an_aborted_batch_leaves_no_trace(void **state)
{
    kit *k = *state;
    store_txn *t;
    uint64_t bad;
    for (int round = 0; round < 2; round++) { // on an empty log, and on one with entries
        chain_head before = k->l.head;
        assert_int_equal(store_write(k->s, &t), OK);
        append(k, t, before.seq + 1);
        append(k, t, before.seq + 2);
        store_end(t);
        accesslog_aborted(&k->l);
        assert_int_equal(k->l.open.seq, before.seq);
        assert_int_equal(verify_at(k, &bad), OK);
        if (round == 0)
            fill(k);
    }
    assert_int_equal(verify_at(k, &bad), OK);
}

// Whatever a sentence is cut to, the entry can be read back.
static void words_that_are_no_utf8_are_made_readable(void **state)
{
    kit *k = *state;
    char note[2000] = "";
    for (int i = 0; i < 600; i++)
        strcat(note, "病");
    note[1000] = '\0'; // within a character
    const char *words[] = {note, "\xe7\x97", "\xff\xfe", "ab\xe7\x97" "cd", ""};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        store_txn *t;
        uint64_t seq;
        Tsunagu__LogEntry e = TSUNAGU__LOG_ENTRY__INIT;
        e.note = (char *)words[i];
        e.node = (char *)words[i];
        assert_int_equal(store_write(k->s, &t), OK);
        assert_int_equal(accesslog_append(&k->l, t, &e, &seq), OK);
        assert_int_equal(accesslog_seal(&k->l, t), OK);
        assert_int_equal(store_commit(t), OK);
        accesslog_committed(&k->l);
        buf value = value_of(k, seq);
        Tsunagu__LogEntry *back;
        arena a;
        arena_init(&a, 0);
        assert_int_equal(WIRE_DECODE(span_from(buf_span(&value), HASH_BYTES), Tsunagu__LogEntry,
                                     tsunagu__log_entry__descriptor, WIRE_BODY_MAX, &a, &back), OK);
        assert_true(strlen(back->note) <= WIRE_NOTE_MAX);
        if (i == 0)
            assert_int_equal(strncmp(back->note, note, strlen(back->note)), 0);
        if (i == 3)
            assert_string_equal(back->note, "ab\xef\xbf\xbd\xef\xbf\xbd" "cd");
        arena_done(&a);
        buf_done(&value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_appended_is_read_back, begin, end),
        cmocka_unit_test_setup_teardown(it_goes_on_after_opening_again, begin, end),
        cmocka_unit_test_setup_teardown(every_bit_of_an_entry_counts, begin, end),
        cmocka_unit_test_setup_teardown(every_bit_of_the_head_counts, begin, end),
        cmocka_unit_test_setup_teardown(a_missing_head_is_found, begin, end),
        cmocka_unit_test_setup_teardown(a_cut_tail_is_found, begin, end),
        cmocka_unit_test_setup_teardown(a_gap_and_a_swap_are_found, begin, end),
        cmocka_unit_test_setup_teardown(an_entry_behind_the_head_is_found, begin, end),
        cmocka_unit_test_setup_teardown(an_aborted_batch_leaves_no_trace, begin, end),
        cmocka_unit_test_setup_teardown(words_that_are_no_utf8_are_made_readable, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
