// SPDX-License-Identifier: Apache-2.0
// rooms: store
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "node/ssmix/inside.h"
#include "proto/base/hash.h"

static const char *const TABLES[] = {"patient", "folder", NULL};

typedef struct place {
    char dir[32], root[2][96];
    store *keep;
    writer *write;
    ssmix_index *x;
    ssmix_options o;
    ssmix_root roots[2];
    char dirt[8192];      // "why path\n"
    char changed[4096];   // "chart "
    int stops;
    time_ms clock;        // given to folders: long ago, and always another one
} place;

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *at)
{
    (void)st, (void)flag, (void)at;
    return remove(path);
}

static void id_of(const uint8_t secret[32], span where, uint8_t ret[16])
{
    uint64_t a = siphash(secret, where), b = siphash(secret + 16, where);
    memcpy(ret, &a, 8);
    memcpy(ret + 8, &b, 8);
}

static void on_dirty(void *ctx, const char *path, const char *why)
{
    place *p = ctx;
    size_t n = strlen(p->dirt);
    snprintf(p->dirt + n, sizeof p->dirt - n, "%s %s\n", why, path);
}

static place *current; // `changed` has only the options' ctx, which is the place as well
static void on_changed(void *ctx, span chart)
{
    place *p = ctx;
    assert_ptr_equal(p, current);
    size_t n = strlen(p->changed);
    snprintf(p->changed + n, sizeof p->changed - n, "%.*s ", (int)chart.len, (const char *)chart.at);
}

static bool on_stop(void *ctx)
{
    place *p = ctx;
    return p->stops > 0;
}

static void reopen(place *p, size_t roots)
{
    ssmix_index_close(p->x);
    p->x = NULL;
    p->o.root_count = roots;
    assert_int_equal(ssmix_index_open(&p->o, &p->x), OK);
}

static int setup(void **state)
{
    place *p = calloc(1, sizeof *p);
    strcpy(p->dir, "/tmp/ssmix-test-XXXXXX");
    if (!p || !mkdtemp(p->dir))
        return -1;
    char path[128];
    snprintf(path, sizeof path, "%s/store", p->dir);
    store_options so = {.dir = path, .tables = TABLES, .map_bytes = 64 << 20};
    if (store_open(&so, &p->keep) != OK || writer_start(p->keep, &(writer_options){0}, &p->write) != OK)
        return -1;
    for (int i = 0; i < 2; i++) {
        memcpy(p->root[i], p->dir, sizeof p->dir);
        strcat(p->root[i], i == 0 ? "/root0" : "/root1");
        mkdir(p->root[i], 0755);
        p->roots[i] = (ssmix_root){p->root[i], i == 0 ? SSMIX_STANDARD : SSMIX_EXTENDED};
    }
    p->o = (ssmix_options){.roots = p->roots, .root_count = 1, .keep = p->keep, .write = p->write, .table_folder = 1,
                           .secret = {1, 2, 3}, .id_of = id_of, .dirty = on_dirty, .stop = on_stop, .ctx = p};
    p->clock = 1000000;
    current = p;
    *state = p;
    reopen(p, 1);
    return 0;
}

static int teardown(void **state)
{
    place *p = *state;
    ssmix_index_close(p->x);
    writer_stop(p->write);
    store_close(p->keep);
    nftw(p->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(p);
    return 0;
}

// Gives every folder from `path` up to the root a time of its own, long ago: as if the change had happened then.
static void settle(place *p, int root, const char *path)
{
    char full[1024];
    snprintf(full, sizeof full, "%s/%s", p->root[root], path);
    for (char *slash = strrchr(full, '/'); slash && strlen(full) > strlen(p->dir) + 1; slash = strrchr(full, '/')) {
        struct stat st;
        struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = p->clock}};
        *slash = '\0';
        // Only what the kernel has just touched: an untouched folder keeps its time.
        if (stat(full, &st) == 0 && st.st_mtim.tv_sec > 1000000000)
            assert_int_equal(utimensat(AT_FDCWD, full, times, 0), 0);
    }
    p->clock++;
}

static void make(place *p, int root, const char *path, const char *text)
{
    char full[1024];
    int n = snprintf(full, sizeof full, "%s/%s", p->root[root], path);
    for (char *c = full + strlen(p->root[root]) + 1; c < full + n; c++)
        if (*c == '/') {
            *c = '\0';
            mkdir(full, 0755);
            *c = '/';
        }
    FILE *f = fopen(full, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
    settle(p, root, path);
}

static void move(place *p, int root, const char *from, const char *to)
{
    char a[1024], b[1024];
    snprintf(a, sizeof a, "%s/%s", p->root[root], from);
    snprintf(b, sizeof b, "%s/%s", p->root[root], to);
    assert_int_equal(rename(a, b), 0);
    settle(p, root, from);
    settle(p, root, to);
}

static ssmix_counts scan_now(place *p, bool full)
{
    ssmix_counts c;
    p->dirt[0] = p->changed[0] = '\0';
    assert_int_equal(ssmix_scan(p->x, full, on_changed, &c), OK);
    return c;
}

typedef struct seen { ssmix_entry at[64]; size_t count; } seen;
static err keep_entry(void *ctx, const ssmix_entry *e)
{
    seen *s = ctx;
    if (s->count < 64)
        s->at[s->count++] = *e;
    return OK;
}

static seen entries(place *p, const char *chart)
{
    static seen s;
    store_txn *t;
    s.count = 0;
    assert_int_equal(store_read(p->keep, &t), OK);
    assert_int_equal(ssmix_entries(p->x, t, span_str(chart), keep_entry, &s), OK);
    store_end(t);
    return s;
}

static err add_chart(void *ctx, span chart)
{
    char *all = ctx;
    snprintf(all + strlen(all), 4096 - strlen(all), "%.*s ", (int)chart.len, (const char *)chart.at);
    return OK;
}

static void assert_charts(place *p, const char *wanted)
{
    char all[4096] = "";
    store_txn *t;
    assert_int_equal(store_read(p->keep, &t), OK);
    assert_int_equal(ssmix_charts(p->x, t, add_chart, all), OK);
    store_end(t);
    assert_string_equal(all, wanted);
}

#define A "999/901/9999013/20110701/OMP-01/9999013_20110701_OMP-01_000000011000185_20110701224603984_01_"
#define B "999/901/9999013/-/ADT-00/9999013_-_ADT-00_999999999999999_20111220224447339_-_1"
#define C "123/456/1234567/20200101/OML-11/1234567_20200101_OML-11_12_20200101000000000_111_1"

static void finds_live_files(void **state)
{
    place *p = *state;
    make(p, 0, A "1", "x");
    make(p, 0, B, "y");
    make(p, 0, C, "z");
    make(p, 0, "123/456/1234567/20200101/OML-11/1234567_20200101_OML-11_12_20191231000000000_111_2", "");
    make(p, 0, "123/456/1234567/20200101/OML-11/1234567_20200101_OML-11_13_20191231000000000_111_0", "");
    ssmix_counts c = scan_now(p, true);
    assert_int_equal(c.files, 5);
    assert_int_equal(c.live, 3);
    assert_int_equal(c.history, 1);
    assert_int_equal(c.deleted, 1);
    assert_int_equal(c.patients, 2);
    assert_int_equal(c.new_entries, 3);
    assert_int_equal(c.gone_entries + c.dirty_name + c.dirty_place + c.vanished + c.unreadable, 0);
    assert_int_equal(c.folders, 1 + 2 + 2 + 2 + 2 + 2 + 1 + 1);
    assert_int_equal(c.listed, c.folders);
    assert_true(strcmp(p->changed, "9999013 1234567 ") == 0 || strcmp(p->changed, "1234567 9999013 ") == 0);
    assert_charts(p, "1234567 9999013 ");
    seen s = entries(p, "9999013");
    assert_int_equal(s.count, 2);
    assert_string_equal(s.at[0].type, "ADT-00");
    assert_int_equal(s.at[0].date, DAY_FOREVER);
    assert_string_equal(s.at[1].folder, A "1");
    assert_int_equal(s.at[1].date, day_of(2011, 7, 1));
    assert_string_equal(s.at[1].order, "000000011000185");
    assert_string_equal(s.at[1].department, "01");
    assert_true(s.at[1].time > 0);
    assert_int_equal(entries(p, "1234567").count, 1);
    assert_int_equal(entries(p, "0000000").count, 0);
    assert_int_equal(entries(p, "").count, 0);
}

static void rescans_only_what_changed(void **state)
{
    place *p = *state;
    make(p, 0, A "1", "x");
    make(p, 0, B, "y");
    make(p, 0, C, "z");
    ssmix_counts first = scan_now(p, false); // nothing known: everything is listed
    seen before = entries(p, "9999013");
    ssmix_counts c = scan_now(p, false);
    assert_int_equal(c.listed, 0);
    assert_int_equal(c.new_entries + c.gone_entries, 0);
    assert_int_equal(c.files, first.files);
    assert_int_equal(c.live, first.live);
    assert_int_equal(c.folders, first.folders);
    assert_int_equal(c.patients, 2);
    assert_string_equal(p->changed, "");
    // A new order beside the old one changes the time of the type's folder only.
    make(p, 0, "999/901/9999013/20110701/OMP-01/9999013_20110701_OMP-01_000000011000186_20110701230000000_01_1", "");
    c = scan_now(p, false);
    assert_int_equal(c.new_entries, 1);
    assert_int_equal(c.gone_entries, 0);
    assert_string_equal(p->changed, "9999013 ");
    assert_true(c.listed > 0 && c.listed < first.listed);
    seen after = entries(p, "9999013");
    assert_int_equal(after.count, 3);
    assert_memory_equal(before.at[1].id, after.at[1].id, 16); // ids are stable
    assert_memory_not_equal(after.at[1].id, after.at[2].id, 16);
    // Superseded: 1 to 2, and a new 1 with its own time.
    move(p, 0, A "1", A "2");
    make(p, 0, "999/901/9999013/20110701/OMP-01/9999013_20110701_OMP-01_000000011000185_20110702000000000_01_1", "");
    c = scan_now(p, false);
    assert_int_equal(c.new_entries, 1);
    assert_int_equal(c.gone_entries, 1);
    // Deleted: 0, and a 0 beside it.
    move(p, 0, C, "123/456/1234567/20200101/OML-11/1234567_20200101_OML-11_12_20200101000000000_111_0");
    c = scan_now(p, false);
    assert_int_equal(c.gone_entries, 1);
    assert_int_equal(c.patients, 1);
    assert_string_equal(p->changed, "1234567 ");
    assert_charts(p, "9999013 ");
    // A new patient, a new day, a vanished patient.
    make(p, 0, "123/456/1234568/20200101/OML-11/1234568_20200101_OML-11_12_20200101000000000_111_1", "");
    make(p, 0, "555/666/555666777/20200101/ADT-22/555666777_20200101_ADT-22_12_20200101000000000_111_1", "");
    move(p, 0, "999/901/9999013", "999/901/.gone");
    c = scan_now(p, false);
    assert_int_equal(c.new_entries, 2);
    assert_int_equal(c.gone_entries, 3);
    assert_int_equal(c.dirty_place, 1); // ".gone"
    assert_charts(p, "1234568 555666777 ");
    assert_int_equal(entries(p, "9999013").count, 0);
    move(p, 0, "555", ".555");
    c = scan_now(p, false);
    assert_int_equal(c.gone_entries, 1);
    assert_charts(p, "1234568 ");
    c = scan_now(p, true); // the full one finds nothing else
    assert_int_equal(c.new_entries + c.gone_entries, 0);
    assert_string_equal(p->changed, "");
}

static void lately_changed_folders_are_listed_again(void **state)
{
    place *p = *state;
    make(p, 0, A "1", "x");
    char full[1024];
    snprintf(full, sizeof full, "%s/%s", p->root[0], "999/901/9999013/20110701/OMP-01");
    assert_int_equal(utimensat(AT_FDCWD, full, NULL, 0), 0); // now
    (void)scan_now(p, true);
    ssmix_counts c = scan_now(p, false);
    assert_true(c.listed > 0);
    assert_int_equal(c.new_entries + c.gone_entries, 0);
    settle(p, 0, A "1");
    (void)scan_now(p, false);
    c = scan_now(p, false);
    assert_int_equal(c.listed, 0);
}

static void dirt_is_counted_and_named_without_the_patient(void **state)
{
    place *p = *state;
    make(p, 0, A "1", "x");
    make(p, 0, "999/901/9999013/20110701/OMP-01/Yamada Taro.bak", "");
    make(p, 0, "999/901/9999013/20110701/OMP-01/\xE5\xB1\xB1.pdf", "");
    make(p, 0, "999/901/9999013/20110701/OMP-01/1234567_20110701_OMP-01_1_20110701224603984_01_1", ""); // another's
    make(p, 0, "999/901/9999013/20110701/OMP-01/9999013_20110702_OMP-01_1_20110701224603984_01_1", ""); // another day
    make(p, 0, "999/901/9999013/20110701/OMP-01/9999013_20110701_OMP-02_1_20110701224603984_01_1", ""); // another type
    make(p, 0, "999/901/9999013/20110701/notes.txt", "");
    make(p, 0, "999/901/9999013/20119999/OMP-01/x", "");
    make(p, 0, "999/901/1234567/20110701/OMP-01/1234567_20110701_OMP-01_1_20110701224603984_01_1", ""); // shelved wrong
    make(p, 0, "readme.txt", "");
    make(p, 0, "99/901/9999013/x", "");
    char link[256];
    snprintf(link, sizeof link, "%s/999/901/9999014", p->root[0]);
    assert_int_equal(symlink("9999013", link), 0);
    settle(p, 0, "999/901/9999014");
    ssmix_counts c = scan_now(p, true);
    assert_int_equal(c.live, 1);
    assert_int_equal(c.dirty_name, 2 + 1 + 1);
    assert_int_equal(c.dirty_place, 3 + 1 + 1 + 1 + 1);
    assert_non_null(strstr(p->dirt, "place ***/***/*****13/20110701/OMP-01/*****67_20110701_OMP-01_1_"));
    assert_non_null(strstr(p->dirt, "name ***/***/*****13/20110701/OMP-01/xxxxxx?xxxx.xxx\n"));
    assert_non_null(strstr(p->dirt, "name ***/***/*****13/20110701/OMP-01/???.xxx\n"));
    assert_null(strstr(p->dirt, "9999013"));
    assert_null(strstr(p->dirt, "1234567"));
    assert_null(strstr(p->dirt, "Yamada"));
    assert_charts(p, "9999013 ");
    ssmix_counts again = scan_now(p, false); // still counted, though not listed
    assert_int_equal(again.listed, 0);
    assert_int_equal(again.dirty_name, c.dirty_name);
    assert_int_equal(again.dirty_place, c.dirty_place);
    assert_int_equal(again.files, c.files);
}

static void no_day_only_where_there_is_none(void **state)
{
    place *p = *state;
    static const char *const undated[] = {"ADT-00", "ADT-01", "ADT-61", "PPR-01"};
    static const char *const dated[] = {"OMP-01", "ADT-22", "OML-11", "PPR-011", "ADT-0"};
    char path[512];
    for (size_t i = 0; i < 4; i++) {
        snprintf(path, sizeof path, "123/456/1234567/-/%s/1234567_-_%s_400_20261101103000000_01_1", undated[i], undated[i]);
        make(p, 0, path, "x");
    }
    for (size_t i = 0; i < 5; i++)
        for (int flag = 0; flag < 2; flag++) {
            snprintf(path, sizeof path, "123/456/1234567/-/%s/1234567_-_%s_400_20261101103000000_01_%d", dated[i],
                     dated[i], flag);
            make(p, 0, path, "x");
        }
    make(p, 1, "123/456/1234567/-/^^^57133-1^x^LN/1234567_-_57133-1_1_20261101103000000_01_1/a.pdf", "a");
    make(p, 1, "123/456/1234567/-/PPR-01/1234567_-_PPR-01_1_20261101103000000_01_1/a.pdf", "a");
    reopen(p, 2);
    ssmix_counts c = scan_now(p, true);
    assert_int_equal(c.live, 4);
    assert_int_equal(c.deleted, 0);
    assert_int_equal(c.dirty_name, 10 + 2);
    assert_non_null(strstr(p->dirt, "name ***/***/*****67/-/OMP-01/*****67_-_OMP-01_400_20261101103000000_01_1\n"));
    seen s = entries(p, "1234567");
    assert_int_equal(s.count, 4);
    for (size_t i = 0; i < s.count; i++)
        assert_string_equal(s.at[i].type, undated[i]);
}

#define X "^（ローカル名称）^^57133-1^紹介状^LN"
#define XDIR "999/901/9999013/20110701/" X "/9999013_20110701_57133-1_000123_20110701224603984_01_1"

static void reads_the_extended_storage(void **state)
{
    place *p = *state;
    make(p, 0, B, "adt");
    make(p, 1, XDIR "/letter.xml", "<xml/>");
    make(p, 1, XDIR "/scan.pdf", "%PDF");
    make(p, 1, "999/901/9999013/20110701/L001^院内様式^99XYZ^^^/9999013_20110701_L001_7_20110701224603984_01_1/a.pdf", "a");
    make(p, 1, "999/901/9999013/20110701/" X "/9999013_20110701_57133-1_000124_20110701224603984_01_0/old.xml", "");
    make(p, 1, "999/901/9999013/20110701/" X "/9999013_20110701_18842-5_000124_20110701224603984_01_1/other.xml", "");
    make(p, 1, "999/901/9999013/20110701/" X "/9999013_20110701_57133-1_000125_20110701224603984_01_1", "a file");
    reopen(p, 2);
    ssmix_counts c = scan_now(p, true);
    assert_int_equal(c.live, 3);
    assert_int_equal(c.patients, 2); // one chart in two roots
    assert_int_equal(c.dirty_place, 2);
    assert_charts(p, "9999013 ");
    seen s = entries(p, "9999013");
    assert_int_equal(s.count, 3);
    assert_int_equal(s.at[0].root, 0);
    assert_int_equal(s.at[1].root, 1);
    assert_string_equal(s.at[1].type, "local:L001");
    assert_string_equal(s.at[1].title, "院内様式");
    const ssmix_entry *letter = &s.at[2];
    assert_string_equal(letter->type, "57133-1");
    assert_string_equal(letter->title, "紹介状");
    assert_string_equal(letter->folder, XDIR);
    int fd;
    uint64_t bytes;
    assert_int_equal(ssmix_file_open(p->x, letter, "", &fd, &bytes), ERR_CONFLICT); // two parts
    assert_int_equal(ssmix_file_open(p->x, letter, "letter.xml", &fd, &bytes), OK);
    assert_int_equal(bytes, 6);
    close(fd);
    assert_int_equal(ssmix_file_open(p->x, &s.at[1], "", &fd, &bytes), OK); // the only one
    close(fd);
    static const char *const bad[] = {"none", "..", ".", "../scan.pdf", "/etc/passwd", "x/../scan.pdf"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(ssmix_file_open(p->x, letter, bad[i], &fd, &bytes), ERR_NOT_FOUND);
    reopen(p, 1); // the second root is no longer configured
    assert_int_equal(entries(p, "9999013").count, 1);
    c = scan_now(p, false);
    assert_int_equal(c.gone_entries, c.live == 1 ? c.gone_entries : 99);
    reopen(p, 2);
    assert_int_equal(entries(p, "9999013").count, 1); // and was forgotten
    c = scan_now(p, false);
    assert_int_equal(c.new_entries, 2);
}

static void put_part(char *all, const char *part, uint64_t bytes)
{
    snprintf(all + strlen(all), 512 - strlen(all), "%s:%d ", part, (int)bytes);
}
static err on_part(void *ctx, const char *part, uint64_t bytes)
{
    put_part(ctx, part, bytes);
    return OK;
}

static void lists_parts(void **state)
{
    place *p = *state;
    make(p, 1, XDIR "/b.pdf", "1234");
    make(p, 1, XDIR "/a.xml", "12");
    make(p, 1, XDIR "/sub/c.xml", "");
    make(p, 0, B, "");
    reopen(p, 2);
    (void)scan_now(p, true);
    seen s = entries(p, "9999013");
    char all[512] = "";
    assert_int_equal(ssmix_parts(p->x, &s.at[1], on_part, all), OK);
    assert_string_equal(all, "a.xml:2 b.pdf:4 ");
    assert_int_equal(ssmix_parts(p->x, &s.at[0], on_part, all), ERR_USAGE);
    move(p, 1, XDIR, "999/901/9999013/20110701/" X "/gone");
    assert_int_equal(ssmix_parts(p->x, &s.at[1], on_part, all), ERR_NOT_FOUND);
}

static void opens_files_that_are_still_live(void **state)
{
    place *p = *state;
    make(p, 0, A "1", "hello");
    make(p, 0, C, "z");
    (void)scan_now(p, true);
    ssmix_entry e = entries(p, "9999013").at[0];
    int fd;
    uint64_t bytes;
    char text[8] = "";
    assert_int_equal(ssmix_file_open(p->x, &e, NULL, &fd, &bytes), OK);
    assert_int_equal(bytes, 5);
    assert_int_equal(read(fd, text, 5), 5);
    close(fd);
    assert_string_equal(text, "hello");
    move(p, 0, A "1", A "2"); // superseded between listing and opening
    assert_int_equal(ssmix_file_open(p->x, &e, NULL, &fd, &bytes), ERR_NOT_FOUND);
    // In its place a link, a folder, a pipe: none is opened.
    char path[1024], target[1024];
    snprintf(path, sizeof path, "%s/%s", p->root[0], A "1");
    snprintf(target, sizeof target, "%s/%s", p->root[0], C);
    assert_int_equal(symlink(target, path), 0);
    assert_int_equal(ssmix_file_open(p->x, &e, NULL, &fd, &bytes), ERR_NOT_FOUND);
    unlink(path);
    assert_int_equal(mkdir(path, 0755), 0);
    assert_int_equal(ssmix_file_open(p->x, &e, NULL, &fd, &bytes), ERR_NOT_FOUND);
    rmdir(path);
    assert_int_equal(mkfifo(path, 0644), 0);
    assert_int_equal(ssmix_file_open(p->x, &e, NULL, &fd, &bytes), ERR_NOT_FOUND);
    // Paths that lead out.
    static const char *const out[] = {"../root0/" C, "/etc/passwd", "999/../" C, "./" C, "", "999//901"};
    for (size_t i = 0; i < sizeof out / sizeof out[0]; i++) {
        snprintf(e.folder, sizeof e.folder, "%s", out[i]);
        err why = ssmix_file_open(p->x, &e, NULL, &fd, &bytes);
        if (why == OK) // the kernel may allow steps that do not leave
            close(fd);
        assert_true(why == ERR_NOT_FOUND || i == 2 || i == 3);
    }
    e.root = 7;
    assert_int_equal(ssmix_file_open(p->x, &e, NULL, &fd, &bytes), ERR_USAGE);
}

static void walking_without_openat2_is_as_strict(void **state)
{
    place *p = *state;
    make(p, 0, C, "z");
    int root = open(p->root[0], O_RDONLY | O_DIRECTORY);
    char link[1024];
    snprintf(link, sizeof link, "%s/out", p->root[0]);
    assert_int_equal(symlink("/etc", link), 0);
    int fd = beneath_walk(root, C, O_RDONLY);
    assert_true(fd >= 0);
    close(fd);
    static const char *const bad[] = {"out/passwd", "../root0/" C, "123/../" C, "/etc/passwd", "", "123//456", "out"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(beneath_walk(root, bad[i], O_RDONLY), -1);
        if (i != 2 && i != 5) // the kernel allows these two: they do not lead out
            assert_int_equal(beneath_open(root, bad[i], O_RDONLY), -1);
    }
    close(root);
}

static void unreadable_folders_are_counted_and_kept(void **state)
{
    place *p = *state;
    if (geteuid() == 0) {
        // Root reads everything: what can be tried is a root that is not there.
        make(p, 0, C, "z");
        (void)scan_now(p, true);
        char away[128];
        snprintf(away, sizeof away, "%s.away", p->root[0]);
        assert_int_equal(rename(p->root[0], away), 0);
        ssmix_counts c = {.files = 77};
        assert_int_equal(ssmix_scan(p->x, false, NULL, &c), ERR_IO);
        assert_int_equal(c.files, 1);
        assert_int_equal(c.live, 1);
        assert_int_equal(entries(p, "1234567").count, 1); // what was known stays
        assert_int_equal(rename(away, p->root[0]), 0);
        return;
    }
    char path[256];
    make(p, 0, A "1", "x");
    make(p, 0, C, "z");
    (void)scan_now(p, true);
    snprintf(path, sizeof path, "%s/999/901/9999013", p->root[0]);
    assert_int_equal(chmod(path, 0), 0);
    ssmix_counts c = scan_now(p, true);
    chmod(path, 0755);
    assert_int_equal(c.unreadable, 1);
    assert_int_equal(c.gone_entries, 0);
    assert_int_equal(entries(p, "9999013").count, 1);
}

static void on_lost(void *ctx, const char *path, int why)
{
    place *p = ctx;
    size_t n = strlen(p->dirt);
    snprintf(p->dirt + n, sizeof p->dirt - n, "lost %s %d\n", path, why);
}

static ssmix_counts scan_lost(place *p, bool full)
{
    ssmix_counts c;
    p->dirt[0] = p->changed[0] = '\0';
    assert_int_equal(ssmix_scan(p->x, full, on_changed, &c), ERR_IO);
    assert_int_equal(c.lost_roots, 1);
    return c;
}

static void one_root_away_stops_no_other(void **state)
{
    place *p = *state;
    char away[128], told[256];
    make(p, 0, A "1", "x");
    make(p, 0, C, "z");
    make(p, 0, "999/901/9999013/notes.txt", "");
    make(p, 0, "readme.txt", "");
    make(p, 1, XDIR "/letter.xml", "<xml/>");
    p->o.lost = on_lost;
    reopen(p, 2);
    ssmix_counts before = scan_now(p, true);
    snprintf(away, sizeof away, "%s.away", p->root[0]);
    assert_int_equal(rename(p->root[0], away), 0);
    make(p, 1, "999/901/9999013/20110701/" X "/9999013_20110701_57133-1_000124_20110701224603984_01_1/b.xml", "");
    for (int full = 0; full < 2; full++) {
        ssmix_counts c = scan_lost(p, full);
        assert_int_equal(c.new_entries, full ? 0 : 1); // the other root's news
        assert_int_equal(c.gone_entries, 0);
        assert_int_equal(c.live, before.live + 1);
        assert_int_equal(c.files, before.files + 1);
        assert_int_equal(c.patients, before.patients);
        assert_int_equal(c.dirty_place, before.dirty_place);
        assert_int_equal(c.unreadable, 1);
        assert_string_equal(p->changed, full ? "" : "9999013 ");
        snprintf(told, sizeof told, "lost %s %d\nunreadable %s\n", p->root[0], ENOENT, p->root[0]);
        assert_string_equal(p->dirt, told);
        assert_charts(p, "1234567 9999013 ");
        assert_int_equal(entries(p, "9999013").count, 3);
    }
    assert_int_equal(rename(away, p->root[0]), 0);
    ssmix_counts c = scan_now(p, false); // back: nothing to be read anew
    assert_int_equal(c.new_entries + c.gone_entries + c.lost_roots + c.unreadable, 0);
    assert_int_equal(c.live, before.live + 1);
    assert_true(c.listed < before.listed);
    // In its place a file: no folder, and no word that its charts are gone.
    assert_int_equal(rename(p->root[0], away), 0);
    int fd = open(p->root[0], O_WRONLY | O_CREAT, 0644);
    assert_true(fd >= 0);
    close(fd);
    c = scan_lost(p, false);
    assert_int_equal(c.live, before.live + 1);
    assert_int_equal(unlink(p->root[0]), 0);
    assert_int_equal(rename(away, p->root[0]), 0);
    // One never seen before: nothing is known of it, the other is read.
    p->roots[1].path = "/nonexistent/storage";
    reopen(p, 2);
    c = scan_lost(p, false);
    assert_int_equal(c.gone_entries, 0);
    assert_non_null(strstr(p->dirt, "unreadable /nonexistent/storage\n"));
}

static void stops_when_told_and_goes_on_later(void **state)
{
    place *p = *state;
    make(p, 0, A "1", "x");
    (void)scan_now(p, true);
    // The word is asked for ten times a second: with work for less it may come too late, and then all is done.
    p->stops = 1;
    ssmix_counts c;
    err e = ssmix_scan(p->x, true, on_changed, &c);
    assert_true(e == OK || e == ERR_CLOSED);
    p->stops = 0;
    c = scan_now(p, false);
    assert_int_equal(c.live, 1);
    assert_int_equal(entries(p, "9999013").count, 1);
}

static void long_charts_are_split_and_shrink(void **state)
{
    place *p = *state;
    char path[512];
    for (int i = 0; i < 3000; i++) {
        snprintf(path, sizeof path, "123/456/1234567/20200101/OML-11/1234567_20200101_OML-11_%s%06d_20200101000000000_111_1",
                 "order-number-that-is-long-", i);
        make(p, 0, path, "");
    }
    ssmix_counts c = scan_now(p, true);
    assert_int_equal(c.live, 3000);
    uint64_t rows, fewer;
    store_txn *t;
    assert_int_equal(store_read(p->keep, &t), OK);
    assert_int_equal(store_count(t, 0, &rows), OK);
    assert_true(rows > 3);
    store_end(t);
    c = scan_now(p, false);
    assert_int_equal(c.live, 3000);
    assert_int_equal(c.listed, 0);
    for (int i = 10; i < 3000; i++) {
        snprintf(path, sizeof path, "%s/123/456/1234567/20200101/OML-11/1234567_20200101_OML-11_%s%06d_20200101000000000_111_1",
                 p->root[0], "order-number-that-is-long-", i);
        unlink(path);
    }
    settle(p, 0, "123/456/1234567/20200101/OML-11/x");
    c = scan_now(p, false);
    assert_int_equal(c.live, 10);
    assert_int_equal(c.gone_entries, 2990);
    assert_int_equal(store_read(p->keep, &t), OK);
    assert_int_equal(store_count(t, 0, &fewer), OK);
    assert_int_equal(fewer, 1);
    store_end(t);
}

static err damage(writer_job *j, store_txn *t);
typedef struct breaking { writer_job job; span key, value; err result; volatile int done; } breaking;
static err damage(writer_job *j, store_txn *t)
{
    breaking *b = (breaking *)j;
    return store_put(t, 0, b->key, b->value);
}
static void damaged(writer_job *j, err e)
{
    breaking *b = (breaking *)j;
    b->result = e;
    __atomic_store_n(&b->done, 1, __ATOMIC_SEQ_CST);
}

static void damaged_records_are_listed_anew(void **state)
{
    place *p = *state;
    make(p, 0, C, "z");
    (void)scan_now(p, true);
    uint8_t good[4096];
    store_txn *t;
    span value;
    static const uint8_t key[] = {'1', '2', '3', '4', '5', '6', '7', 0, 0, 0, 0};
    assert_int_equal(store_read(p->keep, &t), OK);
    assert_int_equal(store_get(t, 0, span_of(key, sizeof key), &value), OK);
    size_t len = value.len;
    assert_true(len < sizeof good);
    memcpy(good, value.at, len);
    store_end(t);
    for (size_t cut = 2; cut < len; cut++) { // what a reader makes of a record cut anywhere
        breaking b = {.job = {.run = damage, .done = damaged}, .key = span_of(key, sizeof key), .value = span_of(good, cut)};
        assert_int_equal(writer_submit(p->write, &b.job), OK);
        while (!__atomic_load_n(&b.done, __ATOMIC_SEQ_CST))
            usleep(100);
        assert_int_equal(b.result, OK);
        static seen s;
        s.count = 0;
        assert_int_equal(store_read(p->keep, &t), OK);
        err e = ssmix_entries(p->x, t, SPAN_LIT("1234567"), keep_entry, &s);
        assert_true(e == OK || e == ERR_CORRUPT);
        store_end(t);
    }
    ssmix_counts c = scan_now(p, true);
    assert_int_equal(c.live, 1);
    assert_int_equal(entries(p, "1234567").count, 1);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(finds_live_files), T(rescans_only_what_changed), T(lately_changed_folders_are_listed_again),
        T(dirt_is_counted_and_named_without_the_patient),
        T(no_day_only_where_there_is_none), T(reads_the_extended_storage), T(lists_parts),
        T(opens_files_that_are_still_live), T(walking_without_openat2_is_as_strict),
        T(unreadable_folders_are_counted_and_kept), T(one_root_away_stops_no_other), T(stops_when_told_and_goes_on_later),
        T(long_charts_are_split_and_shrink), T(damaged_records_are_listed_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
