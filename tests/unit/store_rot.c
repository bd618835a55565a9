// SPDX-License-Identifier: Apache-2.0
// Bit rot: a flip anywhere in the file gives the right value or an error, never other bytes.
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include "tests/unit/store_place.h"

#define ROWS 600
#define TABLES 3

typedef struct image {
    uint8_t *at;
    size_t len;
} image;

static size_t row_of(int table, uint32_t i, uint8_t key[static 24], uint8_t value[static 9000])
{
    uint64_t seed = (uint64_t)table << 32 | i;
    size_t len = i % 40 == 0 ? 5000 + roll(&seed) % 4000 : roll(&seed) % 300;
    for (size_t n = 0; n < 24; n += 8)
        be64_put(key + n, roll(&seed));
    for (size_t n = 0; n < len; n++)
        value[n] = (uint8_t)roll(&seed);
    return len;
}

static void path_of(const place *p, char path[static 160])
{
    snprintf(path, 160, "%s/data.mdb", p->dir);
}

// What is written ahead of the pages holds nothing that could be lost: without it each byte counts.
static void trim(const place *p)
{
    char path[160];
    struct { uint64_t last_page, txn; } meta[2]; // where LMDB 0.9 has them, in the pages 0 and 1
    path_of(p, path);
    int fd = open(path, O_RDWR);
    assert_true(fd >= 0);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pread(fd, &meta[i], sizeof meta[i], i * 4096 + 136), sizeof meta[i]);
    uint64_t last = meta[meta[1].txn > meta[0].txn].last_page;
    assert_int_equal(ftruncate(fd, (off_t)((last + 1) * 4096)), 0);
    close(fd);
}

static void fill(const place *p)
{
    uint8_t key[24], value[9000];
    store *s = place_open(p);
    for (uint32_t i = 0; i < ROWS; i++) {
        store_txn *t = NULL;
        if (i % 30 == 0)
            assert_int_equal(store_write(s, &t), OK);
        for (uint32_t k = i; t != NULL && k < i + 30; k++)
            for (int table = 0; table < TABLES; table++) {
                size_t len = row_of(table, k, key, value);
                assert_int_equal(store_put(t, table, span_of(key, 24), span_of(value, len)), OK);
            }
        if (t != NULL)
            assert_int_equal(store_commit(t), OK);
    }
    store_close(s);
    trim(p);
}

static image load(const place *p)
{
    char path[160];
    struct stat st;
    path_of(p, path);
    int fd = open(path, O_RDONLY);
    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &st), 0);
    image m = {.len = (size_t)st.st_size};
    m.at = malloc(m.len);
    assert_non_null(m.at);
    assert_int_equal(read(fd, m.at, m.len), (ssize_t)m.len);
    close(fd);
    return m;
}

static void save(const place *p, const image *m, size_t len)
{
    char path[160];
    path_of(p, path);
    int fd = open(path, O_WRONLY | O_TRUNC);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, m->at, len), (ssize_t)len);
    close(fd);
}

// Writes one byte of the file in place: much cheaper than the whole image.
static void poke(const place *p, size_t at, uint8_t byte)
{
    char path[160];
    path_of(p, path);
    int fd = open(path, O_WRONLY);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, &byte, 1, (off_t)at), 1);
    close(fd);
}

typedef struct outcome {
    uint32_t right, refused, missing, wrong;
} outcome;

static void read_rows(store *s, outcome *o)
{
    uint8_t key[24], value[9000];
    store_txn *t;
    assert_int_equal(store_read(s, &t), OK);
    for (uint32_t i = 0; i < ROWS; i++)
        for (int table = 0; table < TABLES; table++) {
            size_t len = row_of(table, i, key, value);
            span v;
            err e = store_get(t, table, span_of(key, 24), &v);
            if (e == OK)
                *(span_eq(v, span_of(value, len)) ? &o->right : &o->wrong) += 1;
            else
                *(e == ERR_NOT_FOUND ? &o->missing : &o->refused) += 1;
        }
    store_end(t);
}

typedef enum verdict { AT_OPEN, AT_READ, HARMLESS, AWAY_FROM_ROWS } verdict;

// Opens and reads everything. A missing row is as bad as a wrong one once the store has opened.
static verdict judge(const place *p)
{
    store_options o = place_options(p);
    store *s = NULL;
    err e = store_open(&o, &s);
    if (e != OK) {
        assert_true(e == ERR_CORRUPT || e == ERR_MEM);
        return AT_OPEN;
    }
    outcome got = {0};
    uint64_t values = 0, bad = 0;
    read_rows(s, &got);
    assert_int_equal(got.wrong, 0);
    e = store_verify(s, &values, &bad);
    assert_int_equal(e, OK);
    store_close(s);
    if ((got.missing > 0 || got.refused > 0) && bad == 0)
        fail_msg("%u missing, %u refused, none of them seen by verify", got.missing, got.refused);
    if (got.missing == 0 && got.refused == 0 && bad == 0) {
        assert_int_equal(values, ROWS * TABLES);
        return HARMLESS;
    }
    return got.refused > 0 || got.missing > 0 ? AT_READ : AWAY_FROM_ROWS;
}

static void flips_never_serve_wrong_bytes(void **state)
{
    (void)state;
    place p = place_new();
    fill(&p);
    image m = load(&p);
    uint64_t seed = 99;
    unsigned counts[4] = {0};
    int flips = getenv("TSUNAGU_LONG") != NULL ? 20000 : 600;
    for (int i = 0; i < flips; i++) {
        size_t at = roll(&seed) % m.len;
        poke(&p, at, m.at[at] ^ (uint8_t)(1u << roll(&seed) % 8));
        counts[judge(&p)]++;
        poke(&p, at, m.at[at]);
    }
    print_message("%d flips: %u refused at opening, %u at reading, %u harmless, %u other\n", flips,
                  counts[0], counts[1], counts[2], counts[3]);
    assert_true(counts[AT_OPEN] > 0 && counts[AT_READ] > 0 && counts[HARMLESS] > 0);
    assert_int_equal(judge(&p), HARMLESS);
    free(m.at);
    place_remove(&p);
}

// Where LMDB trusts most: both meta pages, and the header and offsets of each page.
static void flips_in_headers(void **state)
{
    (void)state;
    place p = place_new();
    fill(&p);
    image m = load(&p);
    uint64_t seed = 7;
    unsigned counts[4] = {0};
    for (size_t page = 0; page < m.len / 4096; page++) {
        bool meta = page < 2;
        int flips = meta ? 152 * 8 : 3;
        for (int i = 0; i < flips; i++) {
            size_t at = page * 4096 + (meta ? (size_t)i / 8 : roll(&seed) % 40);
            poke(&p, at, m.at[at] ^ (uint8_t)(1u << (meta ? (unsigned)i % 8 : roll(&seed) % 8)));
            counts[judge(&p)]++;
            poke(&p, at, m.at[at]);
        }
    }
    print_message("headers: %u refused at opening, %u at reading, %u harmless, %u other\n", counts[0],
                  counts[1], counts[2], counts[3]);
    assert_true(counts[AT_OPEN] > 500);
    free(m.at);
    place_remove(&p);
}

static void truncated_files(void **state)
{
    (void)state;
    place p = place_new();
    fill(&p);
    image m = load(&p);
    for (size_t len = 1; len < m.len; len += len < 9000 ? 997 : 40009) {
        save(&p, &m, len);
        store_options o = place_options(&p);
        store *s = NULL;
        err e = store_open(&o, &s);
        assert_int_equal(e, ERR_CORRUPT);
    }
    save(&p, &m, m.len);
    assert_int_equal(judge(&p), HARMLESS);
    free(m.at);
    place_remove(&p);
}

static void garbage_pages(void **state)
{
    (void)state;
    place p = place_new();
    fill(&p);
    image m = load(&p), bad = {malloc(m.len), m.len};
    assert_non_null(bad.at);
    uint64_t seed = 31;
    for (size_t page = 0; page < m.len / 4096; page += 3) {
        memcpy(bad.at, m.at, m.len);
        size_t other = roll(&seed) % (m.len / 4096);
        for (size_t i = 0; i < 4096; i++) { // zeros, noise, or another page written to the wrong place
            uint8_t noise = (uint8_t)roll(&seed);
            uint8_t even = page % 4 != 0 ? 0 : noise;
            bad.at[page * 4096 + i] = page % 2 != 0 ? m.at[other * 4096 + i] : even;
        }
        save(&p, &bad, bad.len);
        (void)judge(&p);
    }
    free(bad.at);
    free(m.at);
    place_remove(&p);
}

// Without the page check at opening LMDB itself may abort or fault; still no wrong bytes. In a child.
static void unchecked_flips(void **state)
{
    (void)state;
    place p = place_new();
    fill(&p);
    image m = load(&p);
    uint64_t seed = 12;
    unsigned crashed = 0, went = 0, missing = 0;
    for (int i = 0; i < 150; i++) {
        size_t at = 8192 + roll(&seed) % (m.len - 8192);
        if (i % 2 == 0)
            at = at / 4096 * 4096 + roll(&seed) % 40;
        poke(&p, at, m.at[at] ^ (uint8_t)(1u << roll(&seed) % 8));
        pid_t child = fork();
        if (child == 0) {
            if (freopen("/dev/null", "w", stderr) == NULL)
                _exit(9);
            signal(SIGSEGV, SIG_DFL);
            signal(SIGBUS, SIG_DFL);
            signal(SIGABRT, SIG_DFL);
            store_options o = place_options(&p);
            o.unchecked = true;
            store *s = NULL;
            outcome got = {0};
            if (store_open(&o, &s) == OK)
                read_rows(s, &got);
            _exit(got.wrong > 0 ? 1 : got.missing > 0 ? 2 : 0);
        }
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        if (WIFEXITED(status)) {
            assert_in_range(WEXITSTATUS(status), 0, 2);
            went++;
            missing += WEXITSTATUS(status) == 2;
        } else {
            crashed++;
        }
        poke(&p, at, m.at[at]);
    }
    print_message("unchecked: %u ran (%u lost a row from sight), %u crashed inside LMDB\n", went, missing,
                  crashed);
    free(m.at);
    place_remove(&p);
}

static size_t find(const image *m, const void *what, size_t len)
{
    uint8_t *at = memmem(m->at, m->len, what, len);
    assert_non_null(at);
    return (size_t)(at - m->at);
}

static err get_err(const place *p, int table, const char *key)
{
    store *s = place_open(p);
    store_txn *t;
    span v;
    assert_int_equal(store_read(s, &t), OK);
    err e = store_get(t, table, span_str(key), &v);
    store_end(t);
    store_close(s);
    return e;
}

static err no_more(void *ctx, span key, span value)
{
    (void)key;
    (void)value;
    ++*(int *)ctx;
    return OK;
}

// "first" is good, "other" behind it is not: a walk ends there, next says so and goes on.
static void check_ranges(const place *p)
{
    store *s = place_open(p);
    for (int writes = 0; writes < 2; writes++) {
        store_txn *t;
        span k, v;
        int seen = 0;
        assert_int_equal(writes ? store_write(s, &t) : store_read(s, &t), OK);
        assert_int_equal(store_walk(t, 0, (span){0}, (span){0}, no_more, &seen), ERR_CORRUPT);
        assert_int_equal(seen, 1);
        assert_int_equal(store_seek(t, 0, (span){0}, &k, &v), OK);
        assert_int_equal(store_next(t, 0, &k, &v), ERR_CORRUPT);
        assert_true(span_eq(k, SPAN_LIT("first"))); // outputs untouched
        assert_int_equal(store_next(t, 0, &k, &v), OK);
        assert_true(span_eq(k, SPAN_LIT("third")));
        assert_int_equal(store_next(t, 0, &k, &v), ERR_NOT_FOUND);
        assert_int_equal(store_last(t, 1, &k, &v), ERR_CORRUPT);
        store_end(t);
    }
    uint64_t values, bad;
    assert_int_equal(store_verify(s, &values, &bad), OK);
    assert_int_equal(values, 4);
    assert_int_equal(bad, 2);
    store_close(s);
}

// A whole sealed value under another key, or under the same key of another table, is not that value.
static void moved_values(void **state)
{
    (void)state;
    place p = place_new();
    store *s = place_open(&p);
    store_txn *t;
    assert_int_equal(store_write(s, &t), OK);
    assert_int_equal(store_put(t, 0, SPAN_LIT("first"), SPAN_LIT("the first value")), OK);
    assert_int_equal(store_put(t, 0, SPAN_LIT("other"), SPAN_LIT("the other value")), OK);
    assert_int_equal(store_put(t, 0, SPAN_LIT("third"), SPAN_LIT("a value behind")), OK);
    assert_int_equal(store_put(t, 1, SPAN_LIT("first"), SPAN_LIT("the third value")), OK);
    assert_int_equal(store_commit(t), OK);
    store_close(s);
    image m = load(&p), bad = {malloc(m.len), m.len};
    assert_non_null(bad.at);
    size_t sealed = strlen("the first value") + 8;
    size_t first = find(&m, "the first value", 15), other = find(&m, "the other value", 15),
           third = find(&m, "the third value", 15);
    memcpy(bad.at, m.at, m.len);
    memcpy(bad.at + other, m.at + first, sealed);
    memcpy(bad.at + third, m.at + first, sealed);
    save(&p, &bad, bad.len);
    assert_int_equal(get_err(&p, 0, "first"), OK);
    assert_int_equal(get_err(&p, 0, "other"), ERR_CORRUPT);
    assert_int_equal(get_err(&p, 1, "first"), ERR_CORRUPT);
    check_ranges(&p);
    save(&p, &m, m.len);
    assert_int_equal(get_err(&p, 0, "other"), OK);
    assert_int_equal(get_err(&p, 1, "first"), OK);
    free(bad.at);
    free(m.at);
    place_remove(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flips_never_serve_wrong_bytes), cmocka_unit_test(flips_in_headers),
        cmocka_unit_test(truncated_files),               cmocka_unit_test(garbage_pages),
        cmocka_unit_test(unchecked_flips),               cmocka_unit_test(moved_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
