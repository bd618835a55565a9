// SPDX-License-Identifier: Apache-2.0
// A changed form or deadline is told in words: the shipped rules against a copy with changes of
// every kind (tests/golden). And what is equal says nothing.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "policies/workshop/diff.h"
#include "tests/unit/compiler_kit.h"

static policy_files shipped(void)
{
    char dir[4096];
    diag d = {0};
    policy_files f = {0};
    snprintf(dir, sizeof dir, "%s/policies/sapporo", kit_source());
    assert_int_equal(policy_load_dir(dir, &d, &f), OK);
    diag_done(&d);
    return f;
}

// In the named file; it must be there.
static void swap(policy_files *f, const char *name, const char *was, const char *is)
{
    for (size_t i = 0; i < f->count; i++) {
        policy_file *file = &f->items[i];
        if (strcmp(file->name, name) != 0)
            continue;
        char *at = strstr(buf_str(&file->text), was);
        if (!at)
            break;
        buf out = {0};
        buf_put(&out, file->text.at, (size_t)(at - (char *)file->text.at));
        buf_put_str(&out, is);
        buf_put_str(&out, at + strlen(was));
        buf_done(&file->text);
        file->text = out;
        return;
    }
    fail_msg("%s has no \"%s\"", name, was);
}

static void test_words(void **state)
{
    (void)state;
    policy_files f = shipped();
    policy *before = kit_open(&f);
    swap(&f, "requests.yaml", "{state: received,   days: 3,  remind: 1}", "{state: received,   days: 5, cancels: はい}");
    swap(&f, "requests.yaml", "  - {state: draft,      days: 14, cancels: はい}\n", "");
    swap(&f, "requests.yaml", "  - {id: not-sure, ", "  - {id: too-late, ja: 期限を過ぎた, en: too late}\n  - {id: not-sure, ");
    swap(&f, "requests.yaml", "  - {id: sibling,        ja: 兄弟姉妹,           en: brother or sister}\n", "");
    swap(&f, "requests.yaml", "second_check: [weak, proxy]", "second_check: [always]");
    swap(&f, "requests.yaml", "show: [possible, likely, strong]", "show: [likely, strong]");
    swap(&f, "requests.yaml", "    - [kanji, birth, sex]", "    - [postal, kanji, birth]");
    swap(&f, "requests.yaml", "retention: 5年", "retention: 6年");
    swap(&f, "requests.yaml", "  arrived:     [disclosing]", "  arrived:     [disclosing, secretariat]");
    swap(&f, "requests.yaml", "[physician, nurse, clerk]", "[physician]");
    swap(&f, "forms/consent.yaml", "version: 1", "version: 2");
    swap(&f, "forms/consent.yaml", "      - {id: postal, ja: 郵便番号, en: postal code, type: postal}\n", "");
    swap(&f, "forms/consent.yaml", "{id: address, ja: 住所, en: address, type: text, max: 160}",
         "{id: address, ja: 現住所, en: present address, type: text, required: はい, max: 200}");
    swap(&f, "forms/consent.yaml", "required: {when: birth, is: minor}", "required: {when: emergency, is: はい}");
    swap(&f, "forms/consent.yaml", "      - {id: chart, ", "      - {id: bed, ja: 病棟, en: ward, type: text}\n      - {id: chart, ");
    swap(&f, "forms/consent.yaml", "研究や営業など、ほかの目的には使いません。", "研究には使いません。");
    swap(&f, "forms/pledge.yaml", "filed_by: [clinic, hospital]", "filed_by: [clinic]");
    kit_drop(&f, "forms/leaving.yaml");
    swap(&f, "forms/objection.yaml", "form: objection", "form: stopping");
    policy *after = kit_open(&f);
    diff *d = NULL;
    buf out = {0};
    assert_int_equal(diff_run(before, after, &d), OK);
    assert_true(d->papers && !d->other);
    assert_int_equal(d->group_count, 0); // nobody sees more or less
    assert_int_equal(diff_put(d, false, &out), OK);
    kit_golden("sapporo.papers.txt", buf_str(&out));
    diff_free(d);
    buf_clear(&out);
    assert_int_equal(diff_papers_put(after, after, true, &out), OK);
    assert_int_equal(out.len, 0);
    buf_done(&out);
    policy_free(before);
    policy_free(after);
    policy_files_done(&f);
}

// Files in another order, named otherwise: the same bytes. Fields in another order are another form.
static void test_order(void **state)
{
    (void)state;
    policy_files f = shipped();
    policy *one = kit_open(&f);
    for (size_t i = 0; i < f.count / 2; i++) {
        policy_file t = f.items[i];
        f.items[i] = f.items[f.count - 1 - i];
        f.items[f.count - 1 - i] = t;
    }
    for (size_t i = 0; i < f.count; i++)
        if (strcmp(f.items[i].name, "forms/consent.yaml") == 0) {
            free(f.items[i].name);
            f.items[i].name = strdup("forms/zz.yaml");
        }
    policy *two = kit_open(&f);
    assert_true(span_eq(policy_bytes(one), policy_bytes(two)));
    policy_free(two);
    swap(&f, "requests.yaml", "  arrived:     [disclosing]\n  asked-back:  [asking]\n",
         "  asked-back:  [asking]\n  arrived:     [disclosing]\n");
    swap(&f, "requests.yaml", "[kana_family, kana_given, birth, sex]", "[sex, birth, kana_given, kana_family]");
    two = kit_open(&f);
    assert_true(span_eq(policy_bytes(one), policy_bytes(two)));
    policy_free(two);
    swap(&f, "forms/zz.yaml", "      - {id: family-name, ja: 姓, en: family name, type: name, required: はい}\n", "");
    swap(&f, "forms/zz.yaml", "      - {id: postal, ", "      - {id: family-name, ja: 姓, en: family name, type: name, required: はい}\n      - {id: postal, ");
    two = kit_open(&f);
    assert_false(span_eq(policy_bytes(one), policy_bytes(two)));
    policy_free(two);
    policy_free(one);
    policy_files_done(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
