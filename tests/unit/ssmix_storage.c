// SPDX-License-Identifier: Apache-2.0
// rooms: store
// The third party's storages: TSUNAGU_SSMIX2, or beside the source tree. Skipped, and said so, where they are absent.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include "node/ssmix/patient.h"
#include "node/ssmix/render.h"
#include "node/ssmix/ssmix.h"

static const char *const TABLES[] = {"patient", "folder", NULL};
static const char *const TYPES[] = {"ADT-00", "ADT-12", "ADT-22", "ADT-52", "OML-11", "OMP-01", "OMP-02", "PPR-01"};
// What must stand in each rendering besides the patient.
static const char *const WORDS[] = {"保険者番号", "PV1|", "入院日時", "退院日時", "項目", "用法", "経路", "ICD-10"};

typedef struct tally {
    ssmix_index *x;
    size_t types[8], all, named, insured;
} tally;

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *at)
{
    (void)st, (void)flag, (void)at;
    return remove(path);
}

static void id_of(const uint8_t secret[32], span place, uint8_t ret[16])
{
    (void)secret;
    memset(ret, (int)place.len, 16);
}

static bool unpack(const char *archive, const char *into)
{
    pid_t child = fork();
    if (child == 0) {
        execlp("tar", "tar", "xzf", archive, "-C", into, (char *)NULL);
        _exit(127);
    }
    int status = 0;
    return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

static span read_file(ssmix_index *x, const ssmix_entry *e, uint8_t *room, size_t cap)
{
    int fd;
    uint64_t bytes;
    assert_int_equal(ssmix_file_open(x, e, NULL, &fd, &bytes), OK);
    assert_true(bytes < cap);
    ssize_t got = read(fd, room, cap);
    close(fd);
    assert_int_equal(got, bytes);
    return span_of(room, (size_t)got);
}

static err look(void *ctx, const ssmix_entry *e)
{
    static uint8_t room[1 << 20];
    tally *t = ctx;
    span bytes = read_file(t->x, e, room, sizeof room);
    size_t type = 0;
    while (type < 8 && strcmp(TYPES[type], e->type) != 0)
        type++;
    assert_true(type < 8);
    t->types[type]++;
    t->all++;
    hl7 *m;
    hl7_dirt dirt;
    identity who;
    char chart[33];
    assert_int_equal(hl7_read(bytes, &m, &dirt), OK);
    assert_int_equal(dirt.bad_characters + dirt.trailing + dirt.unknown_segments, 0);
    assert_int_equal(patient_of(m, &who, chart, sizeof chart), OK);
    assert_non_null(strstr(e->folder, chart)); // the message is of the patient whose folder it lies in
    bool whole = who.kana_family[0] && who.kanji_given[0] && who.birth != DAY_NONE && who.sex && who.postal[0];
    t->named += whole;
    if (strcmp(e->type, "ADT-00") == 0)
        assert_true(who.insurer[0] && who.address[0] && !who.number[0] == !who.branch[0]); // 公費 alone: no number
    t->insured += who.number[0] != 0;
    hl7_free(m);
    buf out = {0};
    assert_int_equal(render_hl7(e->type, bytes, true, &out), OK);
    assert_non_null(strstr(buf_str(&out), WORDS[type]));
    assert_non_null(strstr(buf_str(&out), chart));
    assert_null(strstr(buf_str(&out), "※"));
    buf_done(&out);
    assert_int_equal(render_hl7(e->type, bytes, false, &out), OK);
    assert_true(out.len > 100);
    buf_done(&out);
    return OK;
}

typedef struct walk { tally *t; store_txn *txn; size_t charts; } walk;
static err look_at_chart(void *ctx, span chart)
{
    walk *w = ctx;
    w->charts++;
    return ssmix_entries(w->t->x, w->txn, chart, look, w->t);
}

static void scan_storage(const char *archive, const size_t wanted[8])
{
    char dir[] = "/tmp/ssmix-storage-XXXXXX", keep[64], root[64];
    assert_non_null(mkdtemp(dir));
    snprintf(keep, sizeof keep, "%s/keep", dir);
    snprintf(root, sizeof root, "%s/root", dir);
    assert_int_equal(mkdir(root, 0755), 0);
    assert_true(unpack(archive, root));
    store *s;
    writer *w;
    store_options so = {.dir = keep, .tables = TABLES, .map_bytes = 64 << 20};
    assert_int_equal(store_open(&so, &s), OK);
    assert_int_equal(writer_start(s, &(writer_options){0}, &w), OK);
    ssmix_root r = {root, SSMIX_STANDARD};
    ssmix_options o = {.roots = &r, .root_count = 1, .keep = s, .write = w, .table_folder = 1, .id_of = id_of};
    tally t = {0};
    ssmix_counts c;
    assert_int_equal(ssmix_index_open(&o, &t.x), OK);
    assert_int_equal(ssmix_scan(t.x, false, NULL, &c), OK);
    assert_int_equal(c.patients, 24);
    assert_int_equal(c.dirty_name + c.dirty_place + c.vanished + c.unreadable + c.history + c.deleted, 0);
    assert_int_equal(c.live, c.files);
    walk all = {.t = &t};
    assert_int_equal(store_read(s, &all.txn), OK);
    assert_int_equal(ssmix_charts(t.x, all.txn, look_at_chart, &all), OK);
    store_end(all.txn);
    assert_int_equal(all.charts, 24);
    assert_int_equal(t.all, c.live);
    assert_int_equal(t.named, t.all);
    assert_true(t.insured > 8);
    for (int i = 0; i < 8; i++)
        assert_int_equal(t.types[i], wanted[i]);
    ssmix_index_close(t.x);
    writer_stop(w);
    store_close(s);
    nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void find_archive(const char *name, char *path, size_t cap)
{
    const char *where = getenv("TSUNAGU_SSMIX2"), *source = getenv("TSUNAGU_SOURCE");
    if (where && *where)
        snprintf(path, cap, "%s/%s", where, name);
    else
        snprintf(path, cap, "%s/../shared/ssmix2/%s", source ? source : ".", name);
    if (access(path, R_OK) != 0) {
        print_message("skipped: no %s (set TSUNAGU_SSMIX2)\n", path);
        skip();
    }
}

static void dev1_is_read_whole(void **state)
{
    (void)state;
    static const size_t wanted[8] = {24, 93, 17, 17, 131, 76, 55, 76};
    char path[4096];
    find_archive("dev1.tar.gz", path, sizeof path);
    scan_storage(path, wanted);
}

static void dev2_is_read_whole(void **state)
{
    (void)state;
    static const size_t wanted[8] = {24, 91, 25, 25, 153, 66, 87, 66};
    char path[4096];
    find_archive("dev2.tar.gz", path, sizeof path);
    scan_storage(path, wanted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dev1_is_read_whole), cmocka_unit_test(dev2_is_read_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
