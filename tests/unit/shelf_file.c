// SPDX-License-Identifier: Apache-2.0
// rooms: store crypto pact
// The shelf: what is taken, under which bytes it lies, and that neither a kill, a full quota nor a hostile
// file costs anything that was filed.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "node/shelf/shelf.h"

#define CLINIC 119900033ull
#define PDF "%PDF-1.4\nnote\n%%EOF\n"
static const char *const tables[] = {"shelf", NULL};

typedef struct bench {
    char base[64], dir[96];
    store *keep;
    shelf *s;
} bench;

static void begin(bench *b, uint64_t quota)
{
    char at[96];
    snprintf(at, sizeof at, "%s/store", b->base);
    store_options so = {.dir = at, .tables = tables, .map_bytes = (size_t)16 << 20};
    assert_int_equal(store_open(&so, &b->keep), OK);
    snprintf(b->dir, sizeof b->dir, "%s/shelf", b->base);
    shelf_options o = {.dir = b->dir, .keep = b->keep, .table = 0, .quota = quota};
    assert_int_equal(shelf_open(&o, &b->s), OK);
}

static void end(bench *b)
{
    shelf_close(b->s);
    store_close(b->keep);
}

static bench open_bench(uint64_t quota)
{
    bench b = {.base = "/tmp/tsunagu-shelf-XXXXXX"};
    assert_non_null(mkdtemp(b.base));
    begin(&b, quota);
    return b;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *at)
{
    (void)st, (void)flag, (void)at;
    return remove(path);
}

static void close_bench(bench *b)
{
    end(b);
    assert_int_equal(nftw(b->base, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

static size_t files;
static int count_one(const char *path, const struct stat *st, int flag, struct FTW *at)
{
    (void)path, (void)at;
    files += flag == FTW_F;
    if (flag == FTW_F)
        assert_int_equal(st->st_mode & 0777, 0600);
    return 0;
}

static size_t files_in(const bench *b)
{
    files = 0;
    assert_int_equal(nftw(b->dir, count_one, 16, FTW_PHYS), 0);
    return files;
}

static err sealed(bench *b, span bytes, shelf_upload **ret)
{
    const char *why;
    assert_int_equal(shelf_upload_new(b->s, bytes.len, ret), OK);
    for (size_t at = 0; at < bytes.len; at += 7)
        assert_int_equal(shelf_upload_put(*ret, at, span_cut(bytes, at, 7)), OK);
    err e = shelf_upload_seal(*ret, &why);
    assert_true(!e == !why[0]);
    return e;
}

static shelf_document paper(const char *number)
{
    shelf_document d = {.facility = CLINIC, .date = 20778, .filed = 1795222800000};
    strcpy(d.number, number);
    strcpy(d.category, "reports");
    strcpy(d.title, "所見");
    strcpy(d.by, "dr01");
    d.who.at[0] = 1;
    return d;
}

static err file(bench *b, const char *number, span bytes, const uint8_t *replaces, bool keep, shelf_document *ret)
{
    shelf_upload *u;
    store_txn *t;
    *ret = paper(number);
    assert_int_equal(sealed(b, bytes, &u), OK);
    assert_int_equal(store_write(b->keep, &t), OK);
    err e = shelf_file(b->s, t, u, replaces, ret);
    if (e == OK && keep) {
        assert_int_equal(store_commit(t), OK);
    } else {
        store_end(t);
        shelf_unfile(u);
    }
    shelf_upload_free(u);
    return e;
}

static err put(bench *b, const char *number, const char *text, shelf_document *ret)
{
    return file(b, number, span_str(text), NULL, true, ret);
}

typedef struct tally { size_t state[3]; shelf_document last; } tally;
static err tally_one(void *ctx, const shelf_document *d)
{
    tally *k = ctx;
    k->state[d->state]++;
    k->last = *d;
    return OK;
}

static tally tally_of(bench *b, const char *number)
{
    tally k = {0};
    store_txn *t;
    assert_int_equal(store_read(b->keep, &t), OK);
    assert_int_equal(shelf_walk(b->s, t, CLINIC, number, tally_one, &k), OK);
    store_end(t);
    return k;
}

static void test_filed_and_read(void **state)
{
    (void)state;
    bench b = open_bench(1 << 20);
    shelf_document d;
    char got[64] = "";
    int fd;
    assert_int_equal(put(&b, "K-1", PDF, &d), OK);
    assert_int_equal(d.media, SHELF_PDF);
    assert_int_equal(d.revision, 1);
    assert_int_equal(files_in(&b), 1);
    end(&b);
    begin(&b, 1 << 20); // and after a restart
    tally k = tally_of(&b, "K-1");
    assert_int_equal(k.state[SHELF_VALID], 1);
    assert_string_equal(k.last.title, "所見");
    assert_string_equal(k.last.category, "reports");
    assert_memory_equal(k.last.id, d.id, SHELF_ID);
    assert_int_equal(tally_of(&b, "K-").state[SHELF_VALID], 0);
    assert_int_equal(tally_of(&b, "K-11").state[SHELF_VALID], 0);
    assert_int_equal(shelf_read(b.s, &k.last, &fd), OK);
    assert_int_equal(read(fd, got, sizeof got), (ssize_t)strlen(PDF));
    assert_string_equal(got, PDF);
    close(fd);
    close_bench(&b);
}

static void test_replaced_and_taken_back(void **state)
{
    (void)state;
    bench b = open_bench(1 << 20);
    shelf_document one, two, d;
    store_txn *t;
    assert_int_equal(put(&b, "K-1", "first", &one), OK);
    assert_int_equal(file(&b, "K-1", SPAN_LIT("second"), one.id, true, &two), OK);
    assert_int_equal(two.revision, 2);
    assert_memory_equal(two.first, one.id, SHELF_ID);
    assert_memory_not_equal(two.id, one.id, SHELF_ID);
    tally k = tally_of(&b, "K-1");
    assert_int_equal(k.state[SHELF_VALID], 1);
    assert_int_equal(k.state[SHELF_HISTORY], 1);
    // A version that is no longer valid can be neither replaced nor taken back.
    assert_int_equal(file(&b, "K-1", SPAN_LIT("third"), one.id, true, &d), ERR_NOT_FOUND);
    // And nobody replaces another patient's.
    assert_int_equal(file(&b, "K-2", SPAN_LIT("third"), two.id, true, &d), ERR_NOT_FOUND);
    for (int i = 0; i < 2; i++) {
        d = paper("K-1");
        assert_int_equal(store_write(b.keep, &t), OK);
        assert_int_equal(shelf_retract(b.s, t, two.id, "dr02", 9, &d), i ? ERR_NOT_FOUND : OK);
        assert_int_equal(store_commit(t), OK);
    }
    k = tally_of(&b, "K-1");
    assert_int_equal(k.state[SHELF_VALID], 0);
    assert_int_equal(k.state[SHELF_TAKEN_BACK], 1);
    assert_string_equal(k.last.ended_by, "dr02");
    assert_int_equal(files_in(&b), 2); // history is kept
    assert_int_equal(put(&b, "K-1", "second", &d), OK); // what was taken back may be filed anew
    assert_int_equal(files_in(&b), 2);
    close_bench(&b);
}

static void test_the_same_again(void **state)
{
    (void)state;
    bench b = open_bench(1 << 20);
    shelf_document one, again, other;
    int fd;
    assert_int_equal(put(&b, "K-1", "note", &one), OK);
    assert_int_equal(put(&b, "K-1", "note", &again), ERR_EXISTS);
    assert_memory_equal(again.id, one.id, SHELF_ID);
    assert_int_equal(put(&b, "K-2", "note", &other), OK); // another patient's: the same file, a row of its own
    assert_int_equal(files_in(&b), 1);
    // One whose transaction fails must not take the file of the others along.
    assert_int_equal(file(&b, "K-3", SPAN_LIT("note"), NULL, false, &again), OK);
    assert_int_equal(files_in(&b), 1);
    assert_int_equal(shelf_read(b.s, &one, &fd), OK);
    close(fd);
    // The same bytes as a version of themselves: another category or day.
    assert_int_equal(file(&b, "K-1", SPAN_LIT("note"), one.id, true, &again), OK);
    assert_int_equal(again.revision, 2);
    close_bench(&b);
}

static void test_quota(void **state)
{
    (void)state;
    bench b = open_bench(10);
    shelf_document d;
    shelf_use use;
    store_txn *t;
    assert_int_equal(put(&b, "K-1", "12345678", &d), OK);
    assert_int_equal(put(&b, "K-1", "123", &d), ERR_LIMIT);
    assert_int_equal(files_in(&b), 1);
    assert_int_equal(put(&b, "K-1", "12", &d), OK);
    assert_int_equal(put(&b, "K-2", "1", &d), ERR_LIMIT);
    assert_int_equal(store_read(b.keep, &t), OK);
    assert_int_equal(shelf_used(b.s, t, CLINIC, &use), OK);
    assert_int_equal(use.bytes, 10);
    assert_int_equal(use.documents, 2);
    store_end(t);
    shelf_upload *u = NULL;
    assert_int_equal(shelf_upload_new(b.s, SHELF_FILE_MAX + 1ull, &u), ERR_LIMIT);
    assert_int_equal(shelf_upload_new(b.s, 0, &u), ERR_LIMIT);
    assert_null(u);
    close_bench(&b);
}

// Dies with one file half here, and one named by its content whose row was never committed.
static void die(bench *b)
{
    shelf_document d = paper("K-1");
    shelf_upload *u, *half;
    store_txn *t;
    const char *why;
    begin(b, 1 << 20);
    if (shelf_upload_new(b->s, 100, &half) != OK || shelf_upload_put(half, 0, SPAN_LIT("half of")) != OK ||
        shelf_upload_new(b->s, 5, &u) != OK || shelf_upload_put(u, 0, SPAN_LIT("filed")) != OK ||
        shelf_upload_seal(u, &why) != OK || store_write(b->keep, &t) != OK ||
        shelf_file(b->s, t, u, NULL, &d) != OK)
        _exit(1);
    _exit(0);
}

static void test_killed(void **state)
{
    (void)state;
    bench b = open_bench(1 << 20);
    shelf_document kept;
    int fd, status = 1;
    assert_int_equal(put(&b, "K-1", "kept", &kept), OK);
    end(&b);
    pid_t child = fork();
    if (child == 0)
        die(&b);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(files_in(&b), 3);
    begin(&b, 1 << 20);
    assert_int_equal(files_in(&b), 1);
    assert_int_equal(tally_of(&b, "K-1").state[SHELF_VALID], 1);
    assert_int_equal(shelf_read(b.s, &kept, &fd), OK);
    close(fd);
    close_bench(&b);
}

static void test_rot(void **state)
{
    (void)state;
    bench b = open_bench(1 << 20);
    shelf_document d;
    char path[256], hex[65];
    int fd = -1;
    assert_int_equal(put(&b, "K-1", PDF, &d), OK);
    hex_put(hex, span_of(d.hash.at, HASH_BYTES));
    snprintf(path, sizeof path, "%s/%.2s/%s", b.dir, hex, hex);
    int w = open(path, O_WRONLY);
    assert_int_equal(pwrite(w, "x", 1, 10), 1);
    close(w);
    assert_int_equal(shelf_read(b.s, &d, &fd), ERR_CORRUPT);
    assert_int_equal(truncate(path, 5), 0);
    assert_int_equal(shelf_read(b.s, &d, &fd), ERR_CORRUPT);
    unlink(path);
    assert_int_equal(shelf_read(b.s, &d, &fd), ERR_NOT_FOUND);
    assert_int_equal(symlink("/etc/passwd", path), 0);
    assert_int_not_equal(shelf_read(b.s, &d, &fd), OK);
    assert_int_equal(fd, -1);
    close_bench(&b);
}

static void test_pieces(void **state)
{
    (void)state;
    bench b = open_bench(1 << 20);
    shelf_upload *u;
    const char *why;
    assert_int_equal(shelf_upload_new(b.s, 6, &u), OK);
    assert_int_equal(shelf_upload_put(u, 1, SPAN_LIT("a")), ERR_CONFLICT);
    assert_int_equal(shelf_upload_put(u, 0, SPAN_LIT("abcdefg")), ERR_LIMIT);
    assert_int_equal(shelf_upload_put(u, 0, SPAN_LIT("abc")), OK);
    assert_int_equal(shelf_upload_put(u, 0, SPAN_LIT("abc")), ERR_CONFLICT);
    assert_int_equal(shelf_upload_seal(u, &why), ERR_CONFLICT);
    assert_int_equal(shelf_upload_put(u, 3, SPAN_LIT("def")), OK);
    assert_int_equal(shelf_upload_put(u, 6, SPAN_LIT("g")), ERR_LIMIT);
    assert_int_equal(shelf_upload_seal(u, &why), OK);
    shelf_upload_free(u);
    assert_int_equal(files_in(&b), 0);
    close_bench(&b);
}

#define PNG "\x89PNG\r\n\x1a\n\0\0\0\x0dIHDRxxxx\0\0\0\0IEND\xae\x42\x60\x82"
#define CDA "<?xml version=\"1.0\"?>\n<!-- x --><ClinicalDocument xmlns=\"urn:hl7-org:v3\"></ClinicalDocument>\n"
#define L(s) {s, sizeof(s) - 1}
static const struct { struct { const char *at; size_t len; } bytes; shelf_media want; } kinds[] = {
    {L(PDF), SHELF_PDF},
    {L("%PDF-1.4\nno end"), SHELF_UNKNOWN},
    {L("\xff\xd8\xff\xe0 a picture \xff\xd9"), SHELF_JPEG},
    {L("\xff\xd8\xff\xe0 a picture"), SHELF_UNKNOWN},
    {L(PNG), SHELF_PNG},
    {L("\x89PNG\r\n\x1a\n"), SHELF_UNKNOWN},
    {L("経過良好。\r\n次回は来月。\n"), SHELF_TEXT},
    {L("\xef\xbb\xbf with Windows' mark"), SHELF_TEXT},
    {L("\x8c\x6f\x89\xdf\x97\xc7\x8d\x44"), SHELF_UNKNOWN}, // Shift_JIS
    {L("a\0b"), SHELF_UNKNOWN},
    {L("\x1b]0;title\x07"), SHELF_UNKNOWN},
    {L(" \n\t"), SHELF_UNKNOWN},
    {L(CDA), SHELF_CDA},
    {L("<h:ClinicalDocument xmlns:h=\"urn:hl7-org:v3\"></h:ClinicalDocument>"), SHELF_CDA},
    {L("<ClinicalDocument xmlns=\"urn:hl7-org:v3\">cut"), SHELF_UNKNOWN},
    {L("<ClinicalDocuments></ClinicalDocuments>"), SHELF_UNKNOWN},
    {L("<!DOCTYPE x [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><ClinicalDocument>&a;</ClinicalDocument>"), SHELF_UNKNOWN},
    {L("<?xml?><!DOCTYPE a><ClinicalDocument ></ClinicalDocument>"), SHELF_UNKNOWN},
    {L("<html><script>x</script></html>"), SHELF_UNKNOWN},
    {L("<!-- <ClinicalDocument> "), SHELF_UNKNOWN},
    {L("MZ\x90\0 a program"), SHELF_UNKNOWN},
    {L("PK\x03\x04 a folder"), SHELF_UNKNOWN},
};

static void test_kinds(void **state)
{
    (void)state;
    bench b = open_bench(1 << 20);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        shelf_upload *u;
        err e = sealed(&b, span_of(kinds[i].bytes.at, kinds[i].bytes.len), &u);
        if (e != (kinds[i].want ? OK : ERR_FORMAT) || shelf_upload_media(u) != kinds[i].want)
            fail_msg("%zu: %s", i, kinds[i].bytes.at);
        shelf_upload_free(u);
    }
    // Cut at each byte, none but the whole is taken for a CDA document.
    for (size_t n = 1; n + 2 < sizeof CDA; n++) {
        const char *why = "";
        assert_int_equal(shelf_media_text(span_of(CDA, n), &why), SHELF_UNKNOWN);
        assert_true(why[0] != '\0');
    }
    assert_int_equal(files_in(&b), 0);
    close_bench(&b);
}

// A disk with room for no more: refused before most of it came, and nothing is left lying.
static void test_no_room(void **state)
{
    (void)state;
    bench b = open_bench(1 << 20);
    struct rlimit was, small = {.rlim_cur = 4096};
    shelf_upload *u = NULL;
    size_t before = files_in(&b);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
    small.rlim_max = was.rlim_max;
    assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    assert_int_equal(shelf_upload_new(b.s, 64 << 10, &u), ERR_FULL);
    assert_null(u);
    assert_int_equal(files_in(&b), before);
    assert_int_equal(shelf_upload_new(b.s, 4096, &u), OK); // what fits is taken
    shelf_upload_free(u);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
    assert_int_equal(sealed(&b, span_str(PDF), &u), OK); // and all is well once there is room again
    shelf_upload_free(u);
    assert_int_equal(files_in(&b), before);
    close_bench(&b);
}

static void test_charts(void **state)
{
    (void)state;
    char chart[33];
    uint64_t facility = 0;
    const char *number = "";
    assert_true(shelf_chart(CLINIC, "K-1", chart, sizeof chart));
    assert_string_equal(chart, "0119900033_K-1");
    assert_true(shelf_chart_read(chart, &facility, &number));
    assert_int_equal(facility, CLINIC);
    assert_string_equal(number, "K-1");
    assert_true(shelf_chart(CLINIC, "123456789012345678901", chart, sizeof chart));
    assert_false(shelf_chart(CLINIC, "1234567890123456789012", chart, sizeof chart));
    assert_false(shelf_chart(CLINIC, "", chart, sizeof chart));
    static const char *const others[] = {"", "12345678", "0119900033", "0119900033_", "011990003_K", "0119900033-K",
                                         "O119900033_K"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        assert_false(shelf_chart_read(others[i], &facility, &number));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_filed_and_read), cmocka_unit_test(test_replaced_and_taken_back),
        cmocka_unit_test(test_the_same_again), cmocka_unit_test(test_quota),
        cmocka_unit_test(test_killed),         cmocka_unit_test(test_rot),
        cmocka_unit_test(test_pieces),         cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_charts),         cmocka_unit_test(test_no_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
