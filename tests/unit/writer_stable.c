// SPDX-License-Identifier: Apache-2.0
// compile∘show is stable: what is written from a bundle compiles to the same bytes, and what is
// written from those is the same text. And no field of the language is forgotten.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policies/writer/writer.h"
#include "proto/yaml/yaml.h"
#include "tests/unit/writer_kit.h"

static policy *open_of(span bytes)
{
    policy *p = NULL;
    assert_int_equal(policy_open(bytes, &p), OK);
    return p;
}

static const policy_file *file_of(const policy_files *f, const char *name)
{
    for (size_t i = 0; i < f->count; i++)
        if (strcmp(f->items[i].name, name) == 0)
            return &f->items[i];
    return NULL;
}

static void assert_same_text(const policy_files *a, const policy_files *b)
{
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        assert_string_equal(a->items[i].name, b->items[i].name);
        assert_true(span_eq(buf_span(&a->items[i].text), buf_span(&b->items[i].text)));
    }
}

// bytes -> files -> the same bytes -> the same files.
static policy_files turn(const policy_files *f)
{
    policy_files once = {0}, twice = {0};
    buf bytes = kit_compile(f);
    policy *p = open_of(buf_span(&bytes)), *q;
    assert_int_equal(policy_write(p, &once), OK);
    buf again = kit_compile(&once); // says every mistake where there is one
    assert_true(span_eq(buf_span(&bytes), buf_span(&again)));
    q = open_of(buf_span(&again));
    assert_int_equal(policy_write(q, &twice), OK);
    assert_same_text(&once, &twice);
    policy_free(p);
    policy_free(q);
    policy_files_done(&twice);
    buf_done(&bytes);
    buf_done(&again);
    return once;
}

// ---- what was written, as seen by a reader -----------------------------------------

typedef struct seen { const draft_shape *shape; const char *field; bool written; } seen;
static seen SEEN[400];
static size_t SEEN_COUNT;

static seen *seen_of(const draft_shape *s, const char *field)
{
    for (size_t i = 0; i < SEEN_COUNT; i++)
        if (SEEN[i].shape == s && strcmp(SEEN[i].field, field) == 0)
            return &SEEN[i];
    return NULL;
}

static void shape_list(const draft_shape *s) // all fields that can be reached from a file
{
    for (size_t i = 0; i < s->count; i++) {
        if (seen_of(s, s->fields[i].name))
            return;
        assert_true(SEEN_COUNT < 400);
        SEEN[SEEN_COUNT++] = (seen){s, s->fields[i].name, false};
    }
    for (size_t i = 0; i < s->count; i++)
        if (s->fields[i].shape)
            shape_list(s->fields[i].shape);
}

static void node_see(const yaml_node *n, const draft_shape *s)
{
    for (size_t i = 0; n->kind == YAML_LIST && i < n->count; i++)
        node_see(n->items[i], s);
    for (size_t i = 0; n->kind == YAML_MAP && i < n->count; i++) {
        const draft_field *f = shape_field(s, n->items[i]->key);
        assert_non_null(f);
        seen_of(s, f->name)->written = true;
        if (f->shape)
            node_see(n->items[i], f->shape);
    }
}

static void files_see(const policy_files *f)
{
    for (size_t i = 0; i < f->count; i++)
        for (size_t k = 0; k < FILE_SHAPE_COUNT; k++) {
            const file_shape *s = &FILE_SHAPES[k];
            size_t len = strlen(s->file);
            bool folder = s->file[len - 1] == '/';
            if (folder ? strncmp(f->items[i].name, s->file, len) != 0 : strcmp(f->items[i].name, s->file) != 0)
                continue;
            diag d = {0};
            yaml_doc *doc;
            assert_int_equal(yaml_read(buf_span(&f->items[i].text), "", 4 << 20, &d, &doc), OK);
            node_see(doc->root, s->shape);
            yaml_free(doc);
            diag_done(&d);
        }
}

static policy_files shipped(const char *name)
{
    char dir[4096];
    diag d = {0};
    policy_files f = {0};
    snprintf(dir, sizeof dir, "%s/policies/%s", kit_source(), name);
    assert_int_equal(policy_load_dir(dir, &d, &f), OK);
    diag_done(&d);
    return f;
}

static void test_shipped(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        policy_files f = shipped(i ? "kitami" : "sapporo");
        policy_files out = turn(&f);
        // Each file stands where a council would look for it; tests are no part of a version.
        for (size_t k = 0; k < f.count; k++)
            if (strncmp(f.items[k].name, "tests/", 6) != 0 && strncmp(f.items[k].name, "agreements/", 11) != 0)
                assert_non_null(file_of(&out, f.items[k].name));
        for (size_t k = 0; k < out.count; k++)
            assert_memory_equal(out.items[k].text.at, "# ", 2);
        policy_files_done(&out);
        policy_files_done(&f);
    }
}

static void test_random(void **state)
{
    (void)state;
    for (uint64_t round = 1; round <= 60; round++) {
        policy_files f = w_random(round, round + 1, round + 2, round + 3);
        policy_files out = turn(&f);
        policy_files_done(&out);
        policy_files_done(&f);
    }
}

// Everything the language has, in texts that no reader likes; and at the end each field was written.
static void test_no_field_forgotten(void **state)
{
    (void)state;
    for (size_t i = 0; i < FILE_SHAPE_COUNT; i++)
        if (FILE_SHAPES[i].shape != &SHAPE_TESTS)
            shape_list(FILE_SHAPES[i].shape);
    for (uint64_t round = 1; round <= 120; round++) {
        policy_files f = x_random(round);
        policy_files out = turn(&f);
        files_see(&out);
        policy_files_done(&out);
        policy_files_done(&f);
    }
    for (size_t i = 0; i < SEEN_COUNT; i++) {
        const char *never = "";
        if (!writer_knows(SEEN[i].shape, SEEN[i].field, &never))
            fail_msg("the field \"%s\" has no row in policies/writer", SEEN[i].field);
        if (SEEN[i].written == (never != NULL))
            fail_msg("the field \"%s\" was %s", SEEN[i].field, never ? "written" : "never written");
    }
    assert_true(SEEN_COUNT > 120);
    const char *never;
    assert_false(writer_knows(&SHAPE_UNION, "colour", &never));
}

// Each alone, as a label and as a name, comes back to the byte.
static void test_hostile_texts(void **state)
{
    (void)state;
    for (int i = 0; i < HOSTILE_COUNT; i++) {
        policy_files f = kit_rules();
        buf b = {0};
        buf_put_str(&b, "union: c\nja: ");
        x_escaped(&b, HOSTILE[i]);
        buf_put_str(&b, "\nen: C\nsecretariat: s\ndiscloses:\n  - {code: 0119900033, name: ");
        x_escaped(&b, HOSTILE[i]);
        buf_put_str(&b, ", kind: hospital}\n");
        x_put(&f, "unions/c.yaml", &b);
        policy_files out = turn(&f);
        policy *p = kit_open(&out);
        assert_string_equal(policy_union_text(p, 2).label_ja, HOSTILE[i]);
        assert_string_equal(policy_facility_at(p, policy_facility(p, 119900033)).name, HOSTILE[i]);
        policy_free(p);
        policy_files_done(&out);
        policy_files_done(&f);
    }
}

// Quotes stay away where nobody needs them: it is read by people.
static void test_plain_where_plain(void **state)
{
    (void)state;
    policy_files f = kit_rules(), out = turn(&f);
    const char *a = buf_str((buf *)&file_of(&out, "unions/a.yaml")->text);
    assert_non_null(strstr(a, "\nja: 甲\n"));
    assert_non_null(strstr(a, "\n  - {code: 1319999999, name: みき, ward: 東区, kind: clinic}\n"));
    const char *rules = buf_str((buf *)&file_of(&out, "rules.yaml")->text);
    assert_non_null(strstr(rules, "  - {allow: [basics], roles: [nurse], purposes: [treatment]}\n"));
    assert_non_null(strstr(rules, "  - {allow: all, roles: [physician]}\n"));
    const char *pact = buf_str((buf *)&file_of(&out, "agreements/a_b.yaml")->text);
    assert_non_null(strstr(pact, "between: [a, b]\nfrom: 2026-04-01\nuntil: 2026-12-31\n"));
    assert_non_null(strstr(pact, "without_categories: [reports]\nwindows: {imaging: 3か月}\n"));
    policy_files_done(&out);
    policy_files_done(&f);
}

// One direction that lets nothing pass, and pairs whose names would be one file's.
static void test_agreements(void **state)
{
    (void)state;
    policy_files f = kit_rules();
    kit_put(&f, "agreements/a-b.yaml", "between: [a, b]\nfrom: 2026-04-01\n"
                                       "one_way: [{discloser: b, viewer: a, without_kinds: all}]\n");
    kit_put(&f, "agreements/c.yaml", "between: [a, c]\nfrom: 2026-04-01\none_way:\n"
                                     "  - {discloser: a, viewer: c, categories: [basics]}\n"
                                     "  - {discloser: c, viewer: a, windows: {imaging: 2か月}, kinds: clinic}\n");
    kit_put(&f, "unions/a-b.yaml", "union: a-b\nja: 甲乙\nen: AB\nsecretariat: s\n");
    kit_put(&f, "unions/b-c.yaml", "union: b-c\nja: 乙丙\nen: BC\nsecretariat: s\n");
    kit_put(&f, "agreements/1.yaml", "between: [a, b-c]\nfrom: 2026-04-01\n");
    kit_put(&f, "agreements/2.yaml", "between: [a-b, c]\nfrom: 2026-05-01\n");
    policy_files out = turn(&f);
    assert_non_null(file_of(&out, "agreements/a_b-c.yaml"));
    assert_non_null(file_of(&out, "agreements/a-b_c.yaml"));
    const char *pact = buf_str((buf *)&file_of(&out, "agreements/a_b.yaml")->text);
    assert_non_null(strstr(pact, "  - {discloser: b, viewer: a, without_categories: all}\n"));
    policy_files_done(&out);
    policy_files_done(&f);
}

// A bundle whose names are paths, or whose bytes no YAML means, is not written at all.
static void test_foreign_bundles(void **state)
{
    (void)state;
    policy_files f = kit_rules(), out = {0};
    kit_put(&f, "unions/c.yaml", "union: zzzz\nja: 丁\nen: C\nsecretariat: s\n");
    buf bytes = kit_compile(&f);
    policy *p = open_of(buf_span(&bytes));
    assert_int_equal(policy_write(p, &out), OK);
    policy_files_done(&out);
    policy_free(p);
    uint8_t *at = memmem(bytes.at, bytes.len, "zzzz", 4);
    assert_non_null(at);
    static const char *const NAMES[] = {"z/.z", "z/..", "z..z", "zZzz"};
    for (int i = 0; i < 4; i++) {
        memcpy(at, NAMES[i], 4);
        if (policy_open(buf_span(&bytes), &p) != OK) // sorted before "b"
            fail_msg("%s is refused by the verifier now: take it out here", NAMES[i]);
        assert_int_equal(policy_write(p, &out), ERR_UNSUPPORTED);
        assert_null(out.items);
        policy_free(p);
    }
    buf_done(&bytes);
    policy_files_done(&f);
}

static void test_folder(void **state)
{
    (void)state;
    char base[] = "/tmp/writer.XXXXXX", dir[64], path[128];
    assert_non_null(mkdtemp(base));
    snprintf(dir, sizeof dir, "%s/out", base);
    policy_files f = x_random(3), out = turn(&f), read = {0};
    diag d = {0};
    assert_int_equal(policy_write_folder(&out, dir), OK);
    assert_int_equal(policy_load_dir(dir, &d, &read), OK);
    assert_int_equal(read.count, out.count);
    buf a = kit_compile(&out), b = kit_compile(&read);
    assert_true(span_eq(buf_span(&a), buf_span(&b)));
    assert_int_equal(policy_write_folder(&out, dir), ERR_EXISTS); // something stands in it now
    for (size_t i = 0; i < out.count; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, out.items[i].name);
        assert_int_equal(unlink(path), 0);
    }
    static const char *const FOLDERS[] = {"unions", "agreements", "forms", "nodes"};
    for (int i = 0; i < 4; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, FOLDERS[i]);
        rmdir(path);
    }
    snprintf(path, sizeof path, "%s/.hidden", dir);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(policy_write_folder(&out, dir), ERR_EXISTS);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(policy_write_folder(&out, "/proc/nowhere/out"), ERR_IO);
    snprintf(path, sizeof path, "%s/file", base);
    FILE *plain = fopen(path, "w");
    assert_non_null(plain);
    fclose(plain);
    assert_int_equal(policy_write_folder(&out, path), ERR_EXISTS);
    unlink(path);
    rmdir(dir);
    rmdir(base);
    buf_done(&a);
    buf_done(&b);
    diag_done(&d);
    policy_files_done(&read);
    policy_files_done(&out);
    policy_files_done(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shipped),
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_no_field_forgotten),
        cmocka_unit_test(test_hostile_texts),
        cmocka_unit_test(test_plain_where_plain),
        cmocka_unit_test(test_agreements),
        cmocka_unit_test(test_foreign_bundles),
        cmocka_unit_test(test_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
