// rooms: store
// SPDX-License-Identifier: Apache-2.0
// Whether a document is whole: what is sane in any writer's way is not called damaged, and what is damaged is.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/ssmix/content.h"

#define HEAD "MSH|^~\\&|H|S|G|R|20260101||OUL^R22|1|P|2.5||||||~ISO IR87||ISO 2022-1994\r"
#define PID "PID|0001||12^^^^PI||\x1b$B;3ED\x1b(B^\x1b$B2Z;R\x1b(B^^^^L^I||19540326|F\r"
#define OBX "OBX|1|NM|3A010^TP^JC10||7.1|g/dl|6.7-8.3|N|||F"

static content look(const void *bytes, size_t len)
{
    content c = {.end = 77};
    assert_int_equal(content_hl7(span_of(bytes, len), &c), OK);
    assert_true(c.end < END_KINDS);
    return c;
}
#define LOOK(s) look(s, sizeof(s) - 1)

static bool whole(content c)
{
    return !c.cut && !c.encoding && !c.not_hl7;
}

static void every_writers_way_is_whole(void **state)
{
    (void)state;
    content mark = LOOK(HEAD PID OBX "\r\x1c"), marks = LOOK(HEAD PID OBX "\r\x1c\r"), line = LOOK(HEAD PID OBX "\r");
    content none = LOOK(HEAD PID OBX), pasted = LOOK(HEAD PID OBX "\r\x1c\r\rMSH\rPID\rOBX\r");
    assert_true(whole(mark) && whole(marks) && whole(line) && whole(none) && whole(pasted));
    assert_int_equal(mark.end, END_MARK);
    assert_int_equal(marks.end, END_MARK);
    assert_int_equal(pasted.end, END_MARK);
    assert_int_equal(line.end, END_LINE);
    assert_int_equal(none.end, END_NONE);
}

static void garbage_is_told_apart(void **state)
{
    (void)state;
    assert_true(LOOK("\xFB\xFC").not_hl7);
    assert_true(LOOK("%PDF-1.4").not_hl7);
    assert_true(LOOK("").cut && LOOK("M").cut && LOOK("MSH").cut);
    assert_true(LOOK(HEAD "PID|1||2||\xe5\xb1\xb1\r\x1c").encoding);      // UTF-8
    assert_true(LOOK(HEAD "PID|1||2||\x8eR\x93" "c\r\x1c").encoding);      // Shift_JIS
    assert_true(LOOK(HEAD "PID|1||2||\x1b$X;3\x1b(B\r\x1c").encoding);     // no such escape
    assert_true(LOOK(HEAD "PID|1||2||\x1b$B;3E\x1b(B\r\x1c").encoding);    // half a character
}

// Wherever it is cut: told at once, or by its end, where the storage's other files have one.
static void a_cut_is_found_at_every_length(void **state)
{
    (void)state;
    static const char text[] = HEAD PID OBX "\r\x1c";
    size_t found = 0, full = sizeof text - 1;
    for (size_t n = 0; n < full; n++) {
        content c = look(text, n);
        assert_false(c.not_hl7 && n > 3);
        assert_true(c.cut || c.end < END_MARK);
        found += c.cut;
        if (n < sizeof HEAD - 1)
            assert_true(c.cut); // no patient yet
    }
    assert_true(found * 10 > full * 8); // without any other file to compare with
}

static void a_habit_needs_a_majority(void **state)
{
    (void)state;
    const struct { uint64_t ends[END_KINDS]; int habit; } cases[] = {
        {{0, 0, 7, 0}, END_NONE}, // too few to say
        {{0, 0, 8, 0}, END_MARK},  {{2, 0, 6, 0}, END_MARK}, {{3, 0, 6, 0}, END_NONE},
        {{2, 3, 3, 9}, END_LINE},  {{9, 0, 0, 0}, END_NONE}, {{1, 9, 0, 0}, END_LINE}, {{0, 0, 0, 99}, END_NONE}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(content_habit(cases[i].ends), cases[i].habit);
}

static content part(const char *name, const char *text)
{
    content c;
    span s = span_str(text);
    assert_int_equal(content_part(name, s, s, true, &c), OK);
    assert_int_equal(c.end, END_UNTOLD);
    return c;
}

static void files_of_the_extended_storage(void **state)
{
    (void)state;
    assert_true(whole(part("a.pdf", "%PDF-1.4\n...\n%%EOF\n")) && whole(part("a.XML", "\n<?xml version='1.0'?><a/>\n")));
    assert_true(whole(part("a.xml", "<?xml encoding=\"Shift_JIS\"?><a>\x8eR</a>")));
    assert_true(whole(part("a.txt", "\x8eR")) && whole(part("a.jpg", "x")) && whole(part("none", "x")));
    assert_true(part("a.txt", "").cut && part("a.pdf", "").cut && part("none", "").cut);
    assert_true(part("a.pdf", "%PDF-1.4\n...").cut && part("a.xml", "<a><b>te").cut);
    assert_true(part("a.pdf", "<a/>").not_hl7 && part("a.xml", "%PDF").not_hl7);
    assert_true(part("a.xml", "<a>\x8eR</a>").encoding);
    assert_true(part("a.hl7", "\xFB\xFC").not_hl7);
}

// ---- on the disk ------------------------------------------------------------------------------------

static int gone(const char *path, const struct stat *st, int flag, struct FTW *at)
{
    (void)st, (void)flag, (void)at;
    return remove(path);
}

static void id_of(const uint8_t secret[32], span place, uint8_t ret[16])
{
    (void)secret, (void)place;
    memset(ret, 1, 16);
}

static void put(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    assert_true(f && fputs(text, f) >= 0 && fclose(f) == 0);
}

static void what_stands_in_its_place(void **state)
{
    (void)state;
    static const char *const tables[] = {"patient", "folder", NULL};
    char base[] = "/tmp/tsunagu-content-XXXXXX", root[64], dir[64], path[80], newer[80];
    assert_non_null(mkdtemp(base));
    snprintf(root, sizeof root, "%s/root", base);
    snprintf(dir, sizeof dir, "%s/store", base);
    snprintf(path, sizeof path, "%s/it_1", root);
    snprintf(newer, sizeof newer, "%s/it_2", root);
    assert_int_equal(mkdir(root, 0755), 0);
    assert_int_equal(chmod(base, 0755), 0);
    store *s;
    ssmix_index *x;
    store_options so = {.dir = dir, .tables = tables, .map_bytes = 1 << 20};
    assert_int_equal(store_open(&so, &s), OK);
    ssmix_root roots[] = {{root, SSMIX_STANDARD}};
    ssmix_options o = {.roots = roots, .root_count = 1, .keep = s, .table_folder = 1, .id_of = id_of};
    assert_int_equal(ssmix_index_open(&o, &x), OK);
    ssmix_entry e = {.kind = SSMIX_STANDARD, .folder = "it_1"};
    content c;
    uint64_t one, two;
    assert_int_equal(content_mark(x, &e, &one), ERR_NOT_FOUND); // vanished
    assert_int_equal(content_read(x, &e, &c), ERR_NOT_FOUND);
    put(path, HEAD PID OBX "\r\x1c");
    assert_int_equal(content_mark(x, &e, &one), OK);
    assert_int_equal(content_mark(x, &e, &two), OK);
    assert_true(one == two && one != 0);
    assert_int_equal(content_read(x, &e, &c), OK);
    assert_true(whole(c) && c.end == END_MARK);
    assert_int_equal(truncate(path, 60), 0);
    assert_int_equal(content_mark(x, &e, &two), OK);
    assert_true(one != two);
    assert_int_equal(content_read(x, &e, &c), OK);
    assert_true(c.cut);
    if (geteuid() == 0) { // nobody else can be kept from his own file by another
        assert_int_equal(chmod(path, 0), 0);
        assert_int_equal(seteuid(65534), 0);
        assert_int_equal(content_read(x, &e, &c), ERR_IO);
        assert_int_equal(seteuid(0), 0);
    }
    assert_int_equal(rename(path, newer), 0);
    assert_int_equal(content_read(x, &e, &c), ERR_NOT_FOUND);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(content_mark(x, &e, &two), ERR_NOT_FOUND);
    assert_int_equal(content_read(x, &e, &c), ERR_NOT_FOUND); // and does not wait for a writer
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(content_mark(x, &e, &two), ERR_NOT_FOUND);
    assert_int_equal(content_read(x, &e, &c), ERR_NOT_FOUND);
    ssmix_entry folder = {.kind = SSMIX_EXTENDED, .folder = "it_1"};
    assert_int_equal(content_read(x, &folder, &c), OK);
    assert_true(c.cut); // a document without a file
    assert_int_equal(nftw(root, gone, 16, FTW_DEPTH | FTW_PHYS), 0);
    assert_int_equal(content_mark(x, &e, &two), ERR_CLOSED); // the storage is away
    ssmix_index_close(x);
    store_close(s);
    assert_int_equal(nftw(base, gone, 16, FTW_DEPTH | FTW_PHYS), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_writers_way_is_whole),   cmocka_unit_test(garbage_is_told_apart),
        cmocka_unit_test(a_cut_is_found_at_every_length), cmocka_unit_test(a_habit_needs_a_majority),
        cmocka_unit_test(files_of_the_extended_storage), cmocka_unit_test(what_stands_in_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
