// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include "tests/unit/store_place.h"

// The program's own, found by LMDB and the store before libc's: disks that fail on command.
static int fail_sync, fail_blocks;
static unsigned syncs;

int fdatasync(int fd)
{
    syncs++;
    if (fail_sync != 0) {
        errno = fail_sync;
        return -1;
    }
    return (int)syscall(SYS_fdatasync, fd);
}

int fallocate(int fd, int mode, off_t at, off_t len)
{
    if (fail_blocks != 0) {
        errno = fail_blocks;
        return -1;
    }
    return (int)syscall(SYS_fallocate, fd, mode, at, len);
}

static err put_one(store *s, uint32_t number, size_t len)
{
    static uint8_t body[1 << 20];
    uint8_t key[4];
    store_txn *t;
    err e = store_write(s, &t);
    if (e != OK)
        return e;
    be32_put(key, number);
    memset(body, (int)number, len);
    e = store_put(t, 0, span_of(key, 4), span_of(body, len));
    if (e != OK) {
        assert_int_equal(store_commit(t), e); // sticky: commit only aborts
        return e;
    }
    return store_commit(t);
}

static bool has_one(store *s, uint32_t number, size_t len)
{
    uint8_t key[4];
    store_txn *t;
    span v = {0};
    be32_put(key, number);
    assert_int_equal(store_read(s, &t), OK);
    err e = store_get(t, 0, span_of(key, 4), &v);
    bool whole = e == OK && v.len == len && v.at[0] == (uint8_t)number && v.at[len - 1] == v.at[0];
    store_end(t);
    assert_true(e == ERR_NOT_FOUND || whole);
    return e == OK;
}

static mode_t mode_of(const place *p, const char *name)
{
    char path[160];
    struct stat stat_of;
    snprintf(path, sizeof path, "%s/%s", p->dir, name);
    assert_int_equal(stat(path, &stat_of), 0);
    return stat_of.st_mode & 0777;
}

static void private_and_alone(void **state)
{
    (void)state;
    place p = place_new();
    mode_t mask = umask(0);
    store *s = place_open(&p), *other = NULL;
    umask(mask);
    assert_int_equal(mode_of(&p, "."), 0700);
    assert_int_equal(mode_of(&p, "data.mdb"), 0600);
    assert_int_equal(mode_of(&p, "lock.mdb"), 0600);
    assert_int_equal(mode_of(&p, "owner.lock"), 0600);
    store_options o = place_options(&p);
    assert_int_equal(store_open(&o, &other), ERR_BUSY);
    assert_null(other);
    assert_int_equal(put_one(s, 1, 10), OK); // the refused one did no harm
    pid_t child = fork();
    if (child == 0) {
        store *mine = NULL;
        int bad = store_open(&o, &mine) != ERR_BUSY;
        o.read_only = true; // a reader beside the owner is welcome
        bad |= store_open(&o, &mine) != OK ? 2 : 0;
        store_txn *t;
        bad |= bad == 0 && (!has_one(mine, 1, 10) || store_write(mine, &t) != ERR_USAGE) ? 4 : 0;
        store_close(mine);
        _exit(bad);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    store_close(s);
    assert_int_equal(store_open(&o, &s), OK);
    store_close(s);
    place_remove(&p);
}

// A killed process may hold its store for a while yet; here it lets go when it hears that somebody waits.
static int waits, let_go[2];

static void on_waiting(const char *dir)
{
    (void)dir;
    waits++;
    if (write(let_go[1], "", 1) != 1)
        waits = -1;
}

static void successor_waits_for_its_predecessor(void **state)
{
    (void)state;
    place p = place_new();
    store_options o = place_options(&p);
    int ready[2];
    assert_int_equal(pipe(let_go), 0);
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        store *mine = NULL;
        char c = store_open(&o, &mine) == OK && put_one(mine, 1, 10) == OK ? 'y' : 'n';
        if (write(ready[1], &c, 1) != 1 || read(let_go[0], &c, 1) != 1)
            _exit(1);
        raise(SIGKILL);
    }
    char c = 0;
    assert_int_equal(read(ready[0], &c, 1), 1);
    assert_int_equal(c, 'y');
    store *s = NULL;
    assert_int_equal(store_open(&o, &s), ERR_BUSY); // asked not to wait
    o.wait_ms = 60000;
    o.waiting = on_waiting;
    waits = 0;
    assert_int_equal(store_open(&o, &s), OK);
    assert_int_equal(waits, 1);
    assert_true(has_one(s, 1, 10));
    store *other = NULL;
    o.wait_ms = 120; // this one does not let go
    assert_int_equal(store_open(&o, &other), ERR_BUSY);
    assert_int_equal(waits, 2);
    store_close(s);
    assert_int_equal(waitpid(child, NULL, 0), child);
    for (int i = 0; i < 2; i++) {
        close(ready[i]);
        close(let_go[i]);
    }
    place_remove(&p);
}

static void refuses_bad_options(void **state)
{
    (void)state;
    place p = place_new();
    store *s = NULL;
    store_options o = place_options(&p);
    o.read_only = true;
    assert_int_equal(store_open(&o, &s), ERR_NOT_FOUND);
    const char *const none[] = {NULL};
    o = place_options(&p);
    o.tables = none;
    assert_int_equal(store_open(&o, &s), ERR_USAGE);
    const char *many[STORE_TABLES + 2];
    char names[STORE_TABLES + 1][8];
    for (int i = 0; i <= STORE_TABLES; i++) {
        snprintf(names[i], sizeof names[i], "t%d", i);
        many[i] = names[i];
    }
    many[STORE_TABLES + 1] = NULL;
    o.tables = many;
    assert_int_equal(store_open(&o, &s), ERR_LIMIT);
    many[STORE_TABLES] = NULL;
    assert_int_equal(store_open(&o, &s), OK);
    store_close(s);
    store_close(NULL);
    place_remove(&p);
}

// Fills the map, is refused, still reads, makes room by deleting, and writes again.
static void survives_a_full_map(void **state)
{
    (void)state;
    place p = place_new();
    store_options o = place_options(&p);
    o.map_bytes = 2 << 20;
    store *s = NULL;
    assert_int_equal(store_open(&o, &s), OK);
    uint32_t n = 0;
    err e;
    while ((e = put_one(s, n, 30000)) == OK)
        n++;
    assert_int_equal(e, ERR_FULL);
    assert_in_range(n, 20, 70);
    assert_false(store_dead(s));
    for (uint32_t i = 0; i <= n; i++)
        assert_int_equal(has_one(s, i, 30000), i < n);
    store_txn *t;
    uint8_t key[4];
    for (uint32_t i = 0; i < 10; i++) {
        be32_put(key, i);
        assert_int_equal(store_write(s, &t), OK);
        assert_int_equal(store_delete(t, 0, span_of(key, 4)), OK);
        assert_int_equal(store_commit(t), OK);
    }
    assert_int_equal(put_one(s, n, 30000), OK);
    store_close(s);
    o.map_bytes = 8 << 20; // or the operator gives it more
    assert_int_equal(store_open(&o, &s), OK);
    for (uint32_t i = 0; i < n; i++)
        assert_int_equal(put_one(s, 1000 + i, 30000), OK);
    assert_true(has_one(s, n, 30000));
    store_close(s);
    place_remove(&p);
}

static void survives_refused_blocks(void **state)
{
    (void)state;
    place p = place_new();
    store *s = place_open(&p);
    assert_int_equal(put_one(s, 1, 100), OK);
    fail_blocks = ENOSPC;
    // What is reserved already goes on for a while; then each commit is refused, none is lost.
    uint32_t n = 2;
    err e;
    while ((e = put_one(s, n, 1 << 20)) == OK)
        n++;
    assert_int_equal(e, ERR_FULL);
    assert_in_range(n, 3, 20);
    assert_int_equal(put_one(s, 500, 1 << 20), ERR_FULL);
    assert_false(store_dead(s));
    fail_blocks = 0;
    assert_int_equal(put_one(s, n, 1 << 20), OK);
    store_close(s);
    s = place_open(&p);
    for (uint32_t i = 2; i <= n; i++)
        assert_true(has_one(s, i, 1 << 20));
    assert_false(has_one(s, 500, 1 << 20));
    store_close(s);
    place_remove(&p);
}

// The same on a real small disk.
static void survives_a_full_disk(void **state)
{
    (void)state;
    place p = place_new();
    if (mount("tsunagu", p.base, "tmpfs", MS_NOSUID | MS_NODEV, "size=4m") != 0) {
        print_message("cannot mount a tmpfs here: skipped\n");
        assert_int_equal(rmdir(p.base), 0);
        skip();
    }
    store *s = place_open(&p);
    uint32_t n = 0;
    err e;
    while ((e = put_one(s, n, 50000)) == OK)
        n++;
    assert_int_equal(e, ERR_FULL);
    assert_in_range(n, 10, 90);
    assert_false(store_dead(s));
    for (uint32_t i = 0; i < n; i++)
        assert_true(has_one(s, i, 50000));
    assert_int_equal(mount("tsunagu", p.base, "tmpfs", MS_REMOUNT | MS_NOSUID | MS_NODEV, "size=8m"), 0);
    assert_int_equal(put_one(s, n, 50000), OK);
    store_close(s);
    s = place_open(&p);
    for (uint32_t i = 0; i <= n; i++)
        assert_true(has_one(s, i, 50000));
    store_close(s);
    assert_int_equal(umount(p.base), 0);
    assert_int_equal(rmdir(p.base), 0);
}

// After a failed commit nothing is trusted, though LMDB itself would go on.
static void dies_of_a_failed_commit(void **state)
{
    (void)state;
    const int codes[] = {EIO, ENOSPC};
    for (int i = 0; i < 2; i++) {
        place p = place_new();
        store *s = place_open(&p);
        assert_int_equal(put_one(s, 1, 100), OK);
        store_txn *held, *t;
        assert_int_equal(store_read(s, &held), OK);
        fail_sync = codes[i];
        assert_int_equal(put_one(s, 2, 100), codes[i] == EIO ? ERR_IO : ERR_FULL);
        fail_sync = 0;
        assert_true(store_dead(s));
        span k, v;
        uint64_t n, bad;
        assert_int_equal(put_one(s, 3, 100), ERR_IO);
        assert_int_equal(store_read(s, &t), ERR_IO);
        assert_int_equal(store_renew(held), ERR_IO);
        assert_int_equal(store_get(held, 0, SPAN_LIT("k"), &v), ERR_IO);
        assert_int_equal(store_seek(held, 0, SPAN_LIT("k"), &k, &v), ERR_IO);
        assert_int_equal(store_next(held, 0, &k, &v), ERR_IO);
        assert_int_equal(store_last(held, 0, &k, &v), ERR_IO);
        assert_int_equal(store_count(held, 0, &n), ERR_IO);
        assert_int_equal(store_verify(s, &n, &bad), ERR_IO);
        store_end(held);
        store_close(s);
        s = place_open(&p);
        assert_true(has_one(s, 1, 100));
        assert_int_equal(store_verify(s, &n, &bad), OK);
        assert_int_equal(bad, 0);
        store_close(s);
        place_remove(&p);
    }
}

static void syncs_only_what_was_written(void **state)
{
    (void)state;
    place p = place_new();
    store *s = place_open(&p);
    store_txn *t;
    unsigned before = syncs;
    assert_int_equal(store_write(s, &t), OK);
    assert_int_equal(store_commit(t), OK);
    assert_int_equal(syncs, before);
    assert_int_equal(put_one(s, 1, 1), OK);
    assert_true(syncs > before);
    size_t used = 0, map = 0;
    assert_int_equal(store_sizes(s, &used, &map), OK);
    assert_true(used > 0 && used < 1 << 20);
    assert_int_equal(map, (size_t)256 << 20);
    store_close(s);
    place_remove(&p);
}

// More readers at once than there are slots: refused, not broken.
static void runs_out_of_readers(void **state)
{
    (void)state;
    place p = place_new();
    store *s = place_open(&p);
    static store_txn *held[1000];
    int n = 0;
    err e = OK;
    while (n < 1000 && (e = store_read(s, &held[n])) == OK)
        n++;
    assert_int_equal(e, ERR_BUSY);
    assert_true(n >= 500);
    while (n > 0)
        store_end(held[--n]);
    for (n = 0; n < 400; n++)
        assert_int_equal(store_read(s, &held[n]), OK);
    while (n > 0)
        store_end(held[--n]);
    store_close(s);
    place_remove(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(private_and_alone),       cmocka_unit_test(successor_waits_for_its_predecessor),
        cmocka_unit_test(refuses_bad_options),     cmocka_unit_test(survives_a_full_map),
        cmocka_unit_test(survives_refused_blocks),
        cmocka_unit_test(survives_a_full_disk),    cmocka_unit_test(dies_of_a_failed_commit),
        cmocka_unit_test(syncs_only_what_was_written), cmocka_unit_test(runs_out_of_readers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
