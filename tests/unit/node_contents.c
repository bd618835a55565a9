// rooms: compiler
// SPDX-License-Identifier: Apache-2.0
// The pass over the documents: sums that stay exact, what vanished between listing and opening, and that nothing
// is opened twice.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sched.h>

#include "node/scanning/contents.h"
#include "node/scanning/verdicts.h"
#include "tests/unit/node_kit.h"

static err put(world *w, const char *chart, const verdicts *v)
{
    store_txn *t;
    assert_int_equal(store_write(w->n.keep, &t), OK);
    err e = verdicts_put(t, span_str(chart), v);
    if (e == OK)
        return store_commit(t);
    store_end(t);
    return e;
}

static verdict_sums sums(world *w)
{
    store_txn *t;
    verdict_sums s;
    assert_int_equal(store_read(w->n.keep, &t), OK);
    assert_int_equal(verdict_sums_get(t, &s), OK);
    store_end(t);
    return s;
}

static void sums_are_exact(void **state)
{
    (void)state;
    world *w = world_open();
    verdict_sums zero = sums(w), s;
    verdicts v = {0}, none = {0};
    for (uint8_t i = 0; i < 10; i++) { // all but one end with the mark; two have one id
        verdict one = {.id = {i == 9 ? 8 : i}, .mark = 5, .bits = (uint8_t)((i ? END_MARK : END_LINE) << FOUND_END)};
        one.bits |= i == 1 ? FOUND_ENCODING : i == 2 ? FOUND_NOT_HL7 : i == 3 ? FOUND_NOT_HL7 | FOUND_ELSEWHERE : 0;
        assert_int_equal(verdicts_add(&v, &one), OK);
    }
    verdicts_sort(&v);
    assert_int_equal(v.count, 9);
    for (int again = 0; again < 2; again++) {
        assert_int_equal(put(w, CHART, &v), OK);
        s = sums(w);
        assert_true(s.documents == 9 && s.encoding == 1 && s.not_hl7 == 1 && verdict_sums_truncated(&s) == 1);
        assert_true(verdict_truncated(&s, &v.items[0]) && !verdict_truncated(&s, &v.items[1]));
    }
    assert_int_equal(put(w, CHART, &none), OK);
    s = sums(w);
    assert_memory_equal(&s, &zero, sizeof s);
    store_txn *t;
    verdicts got;
    assert_int_equal(store_write(w->n.keep, &t), OK);
    for (size_t n = 1; n < 26; n++) { // never as long as a verdict
        assert_int_equal(store_put(t, TABLE_CONTENT, span_str("1"), span_of("abcdefghijklmnopqrstuvwxyz", n)), OK);
        assert_int_equal(verdicts_get(t, span_str("1"), &got), ERR_CORRUPT);
    }
    store_end(t);
    verdicts_done(&v);
    world_close(w);
}

static int vanished, cut; // told of
static void tell(void *ctx, const ssmix_entry *e, const char *why)
{
    (void)ctx;
    assert_true(e->folder[0] != '\0');
    vanished += strcmp(why, "vanished") == 0;
    cut += strcmp(why, "truncated") == 0;
}

// Runs one pass to its end; deep: lengths and times are compared.
static contents_numbers pass(world *w, bool deep)
{
    contents *c;
    contents_numbers k;
    writer_options o = {.before = node_before_commit, .after = node_after_commit, .ctx = &w->n};
    w->n.config.contents = 1;
    w->n.config.contents_rate = 100000;
    assert_int_equal(writer_start(w->n.keep, &o, &w->n.write), OK);
    assert_int_equal(contents_start(&w->n, tell, NULL, &c), OK);
    if (deep)
        contents_all(c);
    for (contents_figures(c, &k); k.running; contents_figures(c, &k))
        sched_yield();
    contents_stop(c);
    writer_stop(w->n.write);
    w->n.write = NULL;
    contents_free(c);
    return k;
}

static void path_of(const world *w, const char *order, char out[static 400])
{
    snprintf(out, 400, "%s/root/123/456/" CHART "/20261102/OMP-01/" CHART "_20261102_OMP-01_%s_20261102101500000_01_1",
             w->base, order);
}

static void a_pass_counts_names_and_remembers(void **state)
{
    (void)state;
    char path[400];
    world *w = world_open();
    path_of(w, "000000000000004", path);
    vanished = cut = 0;
    assert_int_equal(unlink(path), 0); // listed, and gone before it is opened
    contents_numbers k = pass(w, false);
    assert_int_equal(vanished, 1);
    assert_int_equal(k.vanished, 1);
    assert_int_equal(k.documents, 4); // each without a patient
    assert_int_equal(k.truncated, 4);
    assert_int_equal(cut, 4);
    kit_scan(w);
    k = pass(w, true);
    assert_int_equal(k.opened, 0); // all known
    assert_true(vanished == 1 && k.documents == 4 && k.truncated == 4);
    kit_file(w, CHART, "20261102", "OMP-01", "000000000000004_20261102101500000_01_1");
    kit_scan(w);
    FILE *f = fopen(path, "w");
    assert_true(f && fputs("MSH|^~\\&|x\rPID|1||2||A^B\r\x1c", f) >= 0 && fclose(f) == 0);
    k = pass(w, false);
    assert_true(k.opened == 1 && k.documents == 5 && k.truncated == 4);
    f = fopen(path, "w");
    assert_true(f && fputs("\xFB\xFC", f) >= 0 && fclose(f) == 0);
    assert_int_equal(pass(w, false).opened, 0); // written over in its place
    k = pass(w, true);
    assert_true(k.opened == 1 && k.not_hl7 == 1 && k.documents == 5);
    world_close(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_are_exact),
        cmocka_unit_test(a_pass_counts_names_and_remembers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
