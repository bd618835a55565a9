// SPDX-License-Identifier: Apache-2.0
// rooms: compiler
// The printed forms: two of them whole as snapshots, all of them blank and filled, values that try to
// break the page, pages that would be too full, numbers mistyped, and a QR code that can be read.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>
#include <cmocka.h>

#include "policies/forms/check.h"
#include "policies/forms/number.h"
#include "policies/page/page.h"
#include "policies/page/qr.h"
#include "proto/base/html.h"
#include "tests/unit/workshop_kit.h"

static policy *shipped(void)
{
    policy_files f = w_shipped();
    policy *p = kit_open(&f);
    policy_files_done(&f);
    return p;
}

static void number_of(uint8_t fill, uint8_t number[static FILLED_NUMBER])
{
    memset(number, fill, FILLED_NUMBER);
    form_number_seal(number);
}

static filled read_form(const char *yaml)
{
    filled f;
    diag d = {0};
    assert_int_equal(form_read(span_str(yaml), "f", &d, &f), OK);
    diag_done(&d);
    return f;
}

static err page_of(const policy *p, const filled *f, int form, page_tongue tongue, buf *out)
{
    uint8_t number[FILLED_NUMBER];
    filled *normal = malloc(sizeof *normal);
    form_report r = {0};
    number_of(9, number);
    page_ask ask = {.form = form, .tongue = tongue, .number = number, .written = f};
    if (f) {
        assert_int_equal(form_check(p, f, day_of(2026, 6, 1), 0, normal, &r), OK);
        ask.normal = normal;
    }
    buf_clear(out);
    err e = form_page(p, &ask, out);
    if (f)
        filled_done(normal);
    free(normal);
    form_report_done(&r);
    return e;
}

static void test_snapshots(void **state)
{
    (void)state;
    policy *p = shipped();
    buf out = {0};
    assert_int_equal(page_of(p, NULL, policy_form_find(p, "consent"), PAGE_JA, &out), OK);
    kit_golden("form.consent.html", buf_str(&out));
    filled f = read_form(
        "form: registration\nfields: {date: 令和8年6月1日, urgency: soon, facility: 市立札幌病院, staff: 事務長 佐藤花子,\n"
        "  destination: named, hospitals: [tmnit, 市立札幌病院], family-name: 山田, given-name: 太郎, family-kana: ヤマダ,\n"
        "  given-kana: タロウ, birth: 昭和29年3月26日, sex: male, postal: 060-0001, address: 札幌市中央区北一条西二丁目,\n"
        "  phone: 011-726-2211, insurer: '06050116', symbol: あいう, number: 187-05, chart: '1234', categories: すべて,\n"
        "  emergency: はい, whom: everyone, consent-date: 2026-02-30, message: \"一行目\\n二行目\"}\n");
    assert_int_equal(page_of(p, &f, policy_form_find(p, "registration"), PAGE_BOTH, &out), OK);
    kit_golden("form.registration.html", buf_str(&out));
    assert_non_null(strstr(buf_str(&out), "昭和29年3月26日"));
    assert_non_null(strstr(buf_str(&out), "2026-02-30 <b>?</b>")); // what is not right is not hidden
    filled_done(&f);
    buf_done(&out);
    policy_free(p);
}

// Nothing but the page's own markup: no script, no address outside, every tag closed.
static void page_sound(const char *page)
{
    static const char *const NEVER[] = {"<script", "http", "src=", "url(", "@import", "onerror", "onload=", "<img", "<link"};
    for (size_t i = 0; i < sizeof NEVER / sizeof *NEVER; i++)
        assert_null(strstr(page, NEVER[i]));
    int open = 0;
    for (const char *c = page; *c; c++) {
        open += *c == '<' ? 1 : *c == '>' ? -1 : 0;
        if (strncmp(c, "<style>", 7) == 0)
            c = strstr(c, "</style>") - 1, open = 0;
        assert_in_range(open, 0, 1);
    }
    assert_int_equal(open, 0);
}

static void test_all_blank(void **state)
{
    (void)state;
    policy *p = shipped();
    buf out = {0};
    assert_int_equal(policy_form_count(p), 10);
    for (int i = 0; i < policy_form_count(p); i++)
        for (int t = PAGE_JA; t <= PAGE_BOTH; t++) {
            assert_int_equal(page_of(p, NULL, i, (page_tongue)t, &out), OK);
            page_sound(buf_str(&out));
            assert_non_null(strstr(buf_str(&out), policy_form_at(p, i).code));
        }
    assert_int_equal(page_of(p, NULL, policy_form_count(p), PAGE_JA, &out), ERR_NOT_FOUND);
    buf_done(&out);
    policy_free(p);
}

// In every field of every form: markup, quotes, broken UTF-8, controls, turned text, very long words.
static void test_hostile(void **state)
{
    static const char *const VALUES[] = {
        "</td></table><script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "' style='position:fixed", "&lt;script&gt;&#60;",
        "\xff\xfe\xc0\x80", "a\x01\x1b[2J", "\xe2\x80\xae\x65vil", "<!--", "]]></style><style>*{display:none}"};
    (void)state;
    policy *p = shipped();
    buf out = {0};
    for (int form = 0; form < policy_form_count(p); form++)
        for (size_t v = 0; v < sizeof VALUES / sizeof *VALUES; v++) {
            filled f;
            assert_int_equal(filled_init(&f, policy_form_at(p, form).id, 1), OK);
            for (int i = 0; i < policy_form_at(p, form).field_count; i++)
                assert_int_equal(filled_add(&f, policy_form_field_at(p, form, i).name, VALUES[v]), OK);
            if (page_of(p, &f, form, PAGE_JA, &out) == OK) {
                assert_null(strstr(buf_str(&out), "<script"));
                assert_null(strstr(buf_str(&out), "<img"));
                assert_null(strstr(buf_str(&out), "<!--"));
                assert_null(strstr(buf_str(&out), "\xe2\x80\xae"));
                assert_ptr_equal(strstr(strstr(buf_str(&out), "</style>") + 1, "</style>"), NULL);
            }
            filled_done(&f);
        }
    buf_done(&out);
    policy_free(p);
}

// The more is written the smaller, until nobody could read it: then it is refused.
static void test_full(void **state)
{
    (void)state;
    policy *p = shipped();
    char text[FILLED_TEXT + 1] = "";
    for (size_t i = 0; i + 3 < sizeof text; i += 3)
        memcpy(text + i, "長", 4);
    int form = policy_form_find(p, "consent");
    buf out = {0};
    int refused = 0;
    for (int fields = 0; fields < policy_form_at(p, form).field_count; fields += 5) {
        filled f;
        assert_int_equal(filled_init(&f, "consent", 1), OK);
        for (int i = 0; i < fields; i++)
            assert_int_equal(filled_add(&f, policy_form_field_at(p, form, i).name, text), OK);
        err e = page_of(p, &f, form, PAGE_JA, &out);
        assert_true(e == OK || e == ERR_LIMIT);
        refused += e == ERR_LIMIT;
        filled_done(&f);
    }
    assert_true(refused > 0);
    buf_done(&out);
    policy_free(p);
}

static void test_number(void **state)
{
    (void)state;
    uint64_t seed = 7;
    for (int round = 0; round < 200; round++) {
        uint8_t n[FILLED_NUMBER], back[FILLED_NUMBER];
        char text[FORM_NUMBER_TEXT], mark[64], wrong[FORM_NUMBER_TEXT];
        for (size_t i = 0; i < FORM_NUMBER_RANDOM; i++)
            n[i] = (uint8_t)kit_random(&seed);
        form_number_seal(n);
        form_number_format(n, text);
        assert_int_equal(form_number_parse(text, back), OK);
        assert_memory_equal(n, back, sizeof n);
        snprintf(mark, sizeof mark, "CONS-12-%s", text);
        for (char *c = mark; *c; c++)
            *c = *c == '0' ? 'o' : *c >= 'A' && *c <= 'Z' ? (char)(*c + 32) : *c;
        assert_int_equal(form_number_parse(mark, back), OK);
        assert_memory_equal(n, back, sizeof n);
        for (size_t i = 0; text[i]; i++) { // each letter mistyped, each left out
            strcpy(wrong, text);
            wrong[i] = text[i] == 'Z' ? 'Y' : 'Z';
            assert_int_equal(form_number_parse(wrong, back), ERR_FORMAT);
            strcpy(wrong, text);
            memmove(wrong + i, wrong + i + 1, strlen(wrong + i));
            if (text[i] != '-')
                assert_int_equal(form_number_parse(wrong, back), ERR_FORMAT);
        }
    }
    uint8_t none[FILLED_NUMBER] = {0};
    assert_int_equal(form_number_parse("", none), ERR_FORMAT);
    assert_int_equal(form_number_parse("0000-0000-0000-0000", none), ERR_FORMAT);
    assert_int_equal(form_number_parse("日本", none), ERR_FORMAT);
    assert_false(form_numbered(none));
}

// A paper of an older version: its own mark, and nothing of it lost.
static void test_older(void **state)
{
    (void)state;
    policy_files files = w_shipped();
    for (size_t i = 0; i < files.count; i++)
        if (strcmp(files.items[i].name, "forms/pledge.yaml") == 0) {
            char *at = (char *)strstr(buf_str(&files.items[i].text), "version: 1");
            assert_non_null(at);
            at[strlen("version: ")] = '2';
        }
    policy *p = kit_open(&files);
    policy_files_done(&files);
    filled f = read_form("form: pledge\nversion: 1\nfields: {date: 2026-05-01, facility-name: 見本, asked-once: [甲, 乙]}\n");
    buf out = {0};
    assert_int_equal(page_of(p, &f, policy_form_find(p, "pledge"), PAGE_JA, &out), OK);
    assert_non_null(strstr(buf_str(&out), "PLED-1<br>"));
    assert_non_null(strstr(buf_str(&out), "第1版"));
    assert_non_null(strstr(buf_str(&out), "asked-once"));
    assert_non_null(strstr(buf_str(&out), "甲、乙"));
    assert_int_equal(page_of(p, NULL, policy_form_find(p, "pledge"), PAGE_JA, &out), OK);
    assert_non_null(strstr(buf_str(&out), "PLED-2<br>"));
    filled_done(&f);
    buf_done(&out);
    policy_free(p);
}

// A reader that is not ours reads what the code says.
static void test_qr(void **state)
{
    (void)state;
    uint8_t number[FILLED_NUMBER];
    char mark[PAGE_MARK_BYTES], path[] = "/tmp/tsunagu-qr-XXXXXX", command[200], said[200] = "";
    buf dark = {0};
    int side = 0, scale = 6;
    policy_form form = {.code = "CONS", .version = 3};
    number_of(200, number);
    page_mark(&form, number, mark);
    assert_int_equal(qr_modules(mark, &dark, &side), OK);
    assert_in_range(side, 21, 29); // small enough for two centimetres
    if (system("command -v zbarimg >/dev/null 2>&1") == 0) {
        int fd = mkstemp(path);
        FILE *f = fdopen(fd, "w");
        int whole = (side + 2 * QR_QUIET) * scale;
        fprintf(f, "P5 %d %d 255\n", whole, whole);
        for (int y = 0; y < whole; y++)
            for (int x = 0; x < whole; x++) {
                int mx = x / scale - QR_QUIET, my = y / scale - QR_QUIET;
                bool in = mx >= 0 && my >= 0 && mx < side && my < side;
                fputc(in && dark.at[my * side + mx] ? 0 : 255, f);
            }
        fclose(f);
        snprintf(command, sizeof command, "zbarimg -q --raw %s 2>/dev/null", path);
        FILE *said_by = popen(command, "r");
        assert_non_null(fgets(said, sizeof said, said_by));
        pclose(said_by);
        unlink(path);
        said[strcspn(said, "\n")] = '\0';
        assert_string_equal(said, mark);
    }
    buf_done(&dark);
}

static void test_html(void **state)
{
    (void)state;
    buf out = {0};
    assert_int_equal(html_element(&out, "<b>", "a<b>&\"'\n\x7f\xe2\x80\xaez\xff", "</b>"), OK);
    assert_string_equal(buf_str(&out), "<b>a&lt;b&gt;&amp;&quot;&#39;  z\xef\xbf\xbd</b>");
    buf_done(&out);
}

static void test_era(void **state)
{
    static const struct { int y, m, d; const char *text; } CASES[] = {
        {2026, 11, 22, "令和8年11月22日"}, {2019, 5, 1, "令和元年5月1日"}, {2019, 4, 30, "平成31年4月30日"},
        {1989, 1, 7, "昭和64年1月7日"}, {1926, 12, 25, "昭和元年12月25日"}, {1912, 7, 30, "大正元年7月30日"},
        {1900, 1, 1, "明治33年1月1日"}, {1872, 12, 31, "1872年12月31日"}};
    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        char text[DAY_ERA_BYTES];
        day back;
        day_format_era(day_of(CASES[i].y, CASES[i].m, CASES[i].d), text);
        assert_string_equal(text, CASES[i].text);
        if (CASES[i].y >= 1873) {
            assert_int_equal(day_parse(span_str(text), &back), OK);
            assert_int_equal(back, day_of(CASES[i].y, CASES[i].m, CASES[i].d));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_snapshots), cmocka_unit_test(test_all_blank), cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_full), cmocka_unit_test(test_number), cmocka_unit_test(test_qr), cmocka_unit_test(test_older),
        cmocka_unit_test(test_html), cmocka_unit_test(test_era),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
