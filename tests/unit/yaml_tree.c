// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>
#include "proto/base/date.h"
#include "proto/yaml/yaml.h"

static char *printed(const diag *d)
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    diag_print(d, out);
    fclose(out);
    return text;
}

static void a_tree_with_positions(void **state)
{
    (void)state;
    const char *text = "# 連絡会\nname: 札幌\nseats:\n  - id: a\n    quorum: \"3\"\n  - [x, 'y z']\nempty:\nlong: |\n  二行\n  です\n";
    diag d = {0};
    yaml_doc *doc = NULL;
    assert_int_equal(yaml_read(span_str(text), "council.yaml", 0, &d, &doc), OK);
    assert_int_equal(d.count, 0);
    assert_string_equal(doc->file, "council.yaml");
    assert_true(span_eq(doc->text, span_str(text)));
    const yaml_node *root = doc->root;
    assert_int_equal(root->kind, YAML_MAP);
    assert_int_equal(root->count, 4);
    const yaml_node *name = yaml_find(root, "name");
    assert_string_equal(name->text, "札幌");
    assert_true(name->line == 2 && name->col == 7 && name->key_line == 2 && name->key_col == 1);
    assert_false(name->quoted);
    const yaml_node *seats = yaml_find(root, "seats");
    assert_int_equal(seats->kind, YAML_LIST);
    assert_string_equal(seats->text, "");
    const yaml_node *quorum = yaml_find(seats->items[0], "quorum");
    assert_true(quorum->quoted && quorum->line == 5 && quorum->col == 13);
    assert_string_equal(quorum->key, "quorum");
    assert_null(seats->items[0]->key);
    assert_string_equal(seats->items[1]->items[1]->text, "y z");
    assert_string_equal(yaml_find(root, "empty")->text, "");
    assert_string_equal(yaml_find(root, "long")->text, "二行\nです\n");
    assert_true(yaml_find(root, "long")->quoted);
    assert_null(yaml_find(root, "nothing"));
    assert_null(yaml_find(seats, "id"));
    assert_null(yaml_find(NULL, "id"));
    yaml_complain(&d, doc, quorum, DIAG_ERROR, "too %s", "few");
    yaml_complain(&d, doc, seats, DIAG_WARNING, "seats");
    yaml_complain_key(&d, doc, name, DIAG_ERROR, "key");
    yaml_complain(&d, doc, NULL, DIAG_ERROR, "file");
    char *out = printed(&d);
    assert_string_equal(out, "council.yaml:5:13: error: too few\n        quorum: \"3\"\n"
                             "                ^\n"
                             "council.yaml:3:1: warning: seats\n    seats:\n    ^\n"
                             "council.yaml:2:1: error: key\n    name: 札幌\n    ^\n"
                             "council.yaml: error: file\n");
    free(out);
    yaml_free(doc);
    diag_done(&d);
}

static void nothing_is_an_empty_tree(void **state)
{
    (void)state;
    const char *empty[] = {"", "\n\n", "# only a comment\n", "\xef\xbb\xbf"};
    for (size_t i = 0; i < 4; i++) {
        diag d = {0};
        yaml_doc *doc = NULL;
        assert_int_equal(yaml_read(span_str(empty[i]), "f", 0, &d, &doc), OK);
        assert_null(doc->root);
        yaml_free(doc);
        diag_done(&d);
    }
    yaml_free(NULL);
}

static void a_mark_at_the_beginning_is_not_there(void **state)
{
    (void)state;
    diag d = {0};
    yaml_doc *doc = NULL;
    assert_int_equal(yaml_read(span_str("\xef\xbb\xbf" "a: 1\nb: 2\n"), "f", 0, &d, &doc), OK);
    assert_string_equal(yaml_find(doc->root, "b")->text, "2");
    assert_int_equal(yaml_find(doc->root, "a")->key_col, 1);
    yaml_free(doc);
    diag_done(&d);
}

static const struct {
    const char *text;
    size_t len; // 0: strlen
    err e;
    const char *says;
} HOSTILE[] = {
    {"a: &x 1\nb: *x\n", 0, ERR_FORMAT, "f:1:4: error: anchors"},
    {"a: &x 1\nb: *x\n", 0, ERR_FORMAT, "f:2:4: error: aliases"},
    {"a: &a [*a, *a]\n", 0, ERR_FORMAT, "aliases"},
    {"a: !!int 1\n", 0, ERR_FORMAT, "f:1:4: error: tags"},
    {"a: !x {}\n", 0, ERR_FORMAT, "tags"},
    {"a: !x []\n", 0, ERR_FORMAT, "tags"},
    {"%TAG ! tag:x,2000:\n---\na: 1\n", 0, ERR_FORMAT, "%TAG"},
    {"a: 1\nb: 2\na: 3\n", 0, ERR_FORMAT, "f:3:1: error: the key \"a\" is already given in line 1"},
    {"a: 1\n\"a\": 2\n", 0, ERR_FORMAT, "already given"},
    {"{a: 1, a: 2}\n", 0, ERR_FORMAT, "f:1:8: error"},
    {"? [a]\n: 1\n", 0, ERR_FORMAT, "cannot be a key"},
    {"? {a: b}\n: 1\n", 0, ERR_FORMAT, "cannot be a key"},
    {"a: 1\n---\nb: 1\n", 0, ERR_FORMAT, "only one document"},
    {"a: 1\n...\nb: 1\n", 0, ERR_FORMAT, NULL},
    {"a: \xff\n", 0, ERR_FORMAT, "f:1:4: error: not UTF-8 (byte 0xFF)"},
    {"a: \xed\xa0\x80\n", 0, ERR_FORMAT, "not UTF-8"},
    {"\xff\xfe" "a\0:\0", 6, ERR_FORMAT, "not UTF-8"},
    {"a: b\0c\n", 7, ERR_FORMAT, "U+0000"},
    {"a: \"b\\0c\"\n", 0, ERR_FORMAT, "NUL"},
    {"a: \x1b[2J\n", 0, ERR_FORMAT, "U+001B"},
    {"a: b\rc: d\n", 0, ERR_FORMAT, "U+000D"},
    {"a: b\xe2\x80\xa8" "c: d\n", 0, ERR_FORMAT, "U+2028"},
    {"a: b\xc2\x85" "c: d\n", 0, ERR_FORMAT, "U+0085"},
    {"a: \xe2\x80\xae" "b\n", 0, ERR_FORMAT, "f:1:4: error: the invisible character U+202E"},
    {"a: \xef\xbb\xbf" "b\n", 0, ERR_FORMAT, "U+FEFF"},
    {"a: [1, 2\n", 0, ERR_FORMAT, "not valid YAML"},
    {"a: 'x\n", 0, ERR_FORMAT, "not valid YAML"},
    {"a: b: c\n", 0, ERR_FORMAT, "not valid YAML"},
    {"\ta: b\n", 0, ERR_FORMAT, "not valid YAML"},
    {"a:\n  - b\n c: d\n", 0, ERR_FORMAT, "not valid YAML"},
    {"a: @b\n", 0, ERR_FORMAT, "not valid YAML"},
    {"]", 0, ERR_FORMAT, "not valid YAML"},
};

static void hostile_files_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof HOSTILE / sizeof *HOSTILE; i++) {
        size_t len = HOSTILE[i].len ? HOSTILE[i].len : strlen(HOSTILE[i].text);
        for (size_t cut = len; cut > 0; cut--) {
            // An exact copy, so that the sanitizer sees one byte too many.
            uint8_t *copy = malloc(cut);
            memcpy(copy, HOSTILE[i].text, cut);
            diag d = {0};
            yaml_doc *doc = NULL;
            err e = yaml_read(span_of(copy, cut), "f", 0, &d, &doc);
            free(copy);
            assert_int_equal(e == OK, doc != NULL);
            assert_int_equal(e != OK, d.errors > 0);
            if (cut == len) {
                char *out = printed(&d);
                if (e != HOSTILE[i].e || (HOSTILE[i].says && !strstr(out, HOSTILE[i].says)))
                    fail_msg("case %zu: err %d\n%s", i, e, out);
                free(out);
            }
            yaml_free(doc);
            diag_done(&d);
        }
    }
}

static err read_repeated(const char *head, const char *unit, size_t times, const char *tail, diag *d)
{
    buf b = {0};
    buf_put_str(&b, head);
    for (size_t i = 0; i < times; i++)
        buf_put_str(&b, unit);
    buf_put_str(&b, tail);
    yaml_doc *doc = NULL;
    err e = yaml_read(buf_span(&b), "f", 0, d, &doc);
    buf_done(&b);
    yaml_free(doc);
    return e;
}

static void depth_is_limited(void **state)
{
    (void)state;
    const char *openers[] = {"[", "{a: ", "- ", "[[{a: ", "? ", "{", "[? "};
    for (size_t i = 0; i < sizeof openers / sizeof *openers; i++) {
        diag d = {0};
        time_ms before = clock_mono_ms();
        err e = read_repeated("", openers[i], 20000, "", &d);
        assert_true(e == ERR_LIMIT || e == ERR_FORMAT);
        assert_int_equal(d.count, 1);
        // Some milliseconds; the bound leaves room for a sanitizer on a busy machine.
        assert_true(clock_mono_ms() - before < 1000);
        diag_done(&d);
    }
    diag d = {0};
    char just[2 * YAML_DEPTH + 1];
    memset(just, '[', YAML_DEPTH);
    memset(just + YAML_DEPTH, ']', YAML_DEPTH);
    just[2 * YAML_DEPTH] = '\0';
    assert_int_equal(read_repeated(just, "", 0, "", &d), OK);
    assert_int_equal(read_repeated("[", just, 1, "]", &d), ERR_LIMIT);
    diag_done(&d);
}

static void size_and_count_are_limited(void **state)
{
    (void)state;
    diag d = {0};
    assert_int_equal(read_repeated("a: ", "x", YAML_SCALAR, "\n", &d), OK);
    assert_int_equal(read_repeated("a: ", "x", YAML_SCALAR + 1, "\n", &d), ERR_LIMIT);
    assert_int_equal(read_repeated("# ", "x", YAML_BYTES - 3, "\n", &d), OK);
    assert_int_equal(read_repeated("# ", "x", YAML_BYTES - 2, "\n", &d), ERR_LIMIT);
    assert_int_equal(read_repeated("[", "a,", YAML_NODES - 1, "]", &d), OK);
    assert_int_equal(read_repeated("[", "a,", YAML_NODES, "]", &d), ERR_LIMIT);
    yaml_doc *doc = NULL;
    assert_int_equal(yaml_read(span_str("a: b\n"), "f", 4, &d, &doc), ERR_LIMIT);
    assert_null(doc);
    assert_int_equal(yaml_read(span_str("a: b\n"), "f", 5, &d, &doc), OK);
    yaml_free(doc);
    diag_done(&d);
}

static void many_duplicates_stay_quick(void **state)
{
    (void)state;
    diag d = {0};
    time_ms before = clock_mono_ms();
    assert_int_equal(read_repeated("", "a: 1\n", 40000, "", &d), ERR_FORMAT);
    assert_int_equal(d.count, 39999);
    assert_int_equal(d.kept, DIAG_MAX);
    assert_true(clock_mono_ms() - before < 5000);
    diag_done(&d);
}

static void files_are_loaded(void **state)
{
    (void)state;
    char path[] = "/tmp/yaml_tree_XXXXXX";
    int fd = mkstemp(path);
    FILE *f = fdopen(fd, "w");
    fputs("a: b\n", f);
    fclose(f);
    diag d = {0};
    yaml_doc *doc = NULL;
    assert_int_equal(yaml_load(path, 0, &d, &doc), OK);
    assert_string_equal(yaml_find(doc->root, "a")->text, "b");
    assert_string_equal(doc->file, path);
    yaml_free(doc);
    doc = NULL;
    assert_int_equal(yaml_load(path, 4, &d, &doc), ERR_LIMIT);
    remove(path);
    assert_int_equal(yaml_load(path, 0, &d, &doc), ERR_NOT_FOUND);
    assert_int_equal(yaml_load("/tmp", 0, &d, &doc), ERR_IO);
    assert_null(doc);
    assert_int_equal(d.items[2].line, 0);
    assert_string_equal(d.items[2].message, "cannot read the file: Is a directory");
    // Nobody writes into it: reading must not wait for that.
    assert_int_equal(mkfifo(path, 0600), 0);
    alarm(20);
    assert_int_equal(yaml_load(path, 0, &d, &doc), ERR_IO);
    assert_int_equal(yaml_load("/dev/zero", 0, &d, &doc), ERR_IO);
    alarm(0);
    remove(path);
    assert_null(doc);
    for (int i = 3; i < 5; i++)
        assert_string_equal(d.items[i].message,
                            "cannot read the file: this is a FIFO, a socket or a device, not a plain file");
    diag_done(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tree_with_positions),     cmocka_unit_test(nothing_is_an_empty_tree),
        cmocka_unit_test(a_mark_at_the_beginning_is_not_there),
        cmocka_unit_test(hostile_files_are_refused), cmocka_unit_test(depth_is_limited),
        cmocka_unit_test(size_and_count_are_limited), cmocka_unit_test(many_duplicates_stay_quick),
        cmocka_unit_test(files_are_loaded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
