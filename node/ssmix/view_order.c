// SPDX-License-Identifier: Apache-2.0
// Prescriptions and injections: RXE with the TQ1, RXR and RXC that follow it.
#include <string.h>
#include "node/ssmix/page.h"

void view_order(page *p, size_t from)
{
    size_t orc = hl7_find(p->m, "ORC", from);
    if (orc == SIZE_MAX)
        return;
    line_time(p, "オーダ日時", "Ordered", orc, 9);
    line_coded(p, "診療科", "Department", orc, 17);
    line_person(p, "依頼医", "Ordering doctor", orc, 12);
    line_text(p, "医療機関", "Institution", orc, 21, 1);
    line_text(p, "オーダ番号", "Order number", orc, 2, 1);
    line_coded(p, "区分", "Setting", orc, 29);
}

static bool starts_group(const page *p, size_t s)
{
    span n = hl7_name(p->m, s);
    return span_eq(n, SPAN_LIT("ORC")) || span_eq(n, SPAN_LIT("RXE"));
}

// The segment of that name that belongs to the RXE at `from`, after `after`; SIZE_MAX if none.
static size_t within(const page *p, size_t from, const char *name, size_t after)
{
    for (size_t s = after; s < hl7_count(p->m) && (s == from || !starts_group(p, s)); s++)
        if (s != from && span_eq(hl7_name(p->m, s), span_str(name)))
            return s;
    return SIZE_MAX;
}

// TQ1-3 holds a code, text and system as subcomponents of its first component; some write them as components.
static bool put_usage(const page *p, size_t tq1, buf *b)
{
    size_t before = b->len;
    for (int r = 0; r < hl7_reps(p->m, tq1, 3); r++) {
        if (b->len > before)
            buf_put_str(b, " / ");
        if (!value_text(p, tq1, 3, r, 1, 2, b) && !value_text(p, tq1, 3, r, 2, 0, b))
            (void)value_text(p, tq1, 3, r, 1, 1, b);
    }
    if (hl7_field(p->m, tq1, 11, 0, 0, 0).len) {
        buf_put_str(b, b->len > before ? " " : "");
        (void)value_text(p, tq1, 11, 0, 0, 0, b);
    }
    return b->len > before;
}

static void put_days(const page *p, size_t tq1, buf *b)
{
    if (!value_text(p, tq1, 6, 0, 1, 0, b))
        return;
    span unit = hl7_field(p->m, tq1, 6, 0, 2, 1);
    if (span_eq(unit, SPAN_LIT("d")) || span_eq(unit, SPAN_LIT("D")) || unit.len == 0)
        buf_put_str(b, page_word(p, " 日分", " days"));
    else if (span_eq(unit, SPAN_LIT("wk")))
        buf_put_str(b, page_word(p, " 週分", " weeks"));
    else {
        buf_put_u8(b, ' ');
        (void)value_raw(p, unit, b);
    }
}

static void view_timing(page *p, size_t rxe)
{
    for (size_t t = within(p, rxe, "TQ1", rxe); t != SIZE_MAX; t = within(p, rxe, "TQ1", t + 1)) {
        buf b = {0};
        (void)put_usage(p, t, &b);
        page_line(p, "用法", "Usage", buf_span(&b));
        buf_clear(&b);
        put_days(p, t, &b);
        page_line(p, "日数", "Duration", buf_span(&b));
        buf_clear(&b);
        if (value_text(p, t, 14, 0, 1, 0, &b))
            buf_put_str(&b, page_word(p, " 回分", " doses"));
        page_line(p, "回数", "Doses in all", buf_span(&b));
        buf_wipe(&b);
        line_time(p, "開始", "Start", t, 7);
        line_time(p, "終了", "End", t, 8);
    }
}

static void view_route(page *p, size_t rxe)
{
    for (size_t r = within(p, rxe, "RXR", rxe); r != SIZE_MAX; r = within(p, rxe, "RXR", r + 1)) {
        line_coded(p, "経路", "Route", r, 1);
        line_coded(p, "部位", "Site", r, 2);
        line_coded(p, "器具", "Device", r, 3);
        line_coded(p, "手技", "Method", r, 4);
    }
}

static void view_instructions(page *p, size_t rxe)
{
    static const struct { int field; const char *ja, *en; } list[] = {
        {7, "補足用法", "Instructions"}, {21, "調剤指示", "Dispensing"}, {27, "指示", "Indication"}};
    for (size_t i = 0; i < 3; i++) {
        buf b = {0};
        for (int r = 0; r < hl7_reps(p->m, rxe, list[i].field); r++) {
            size_t before = b.len;
            buf_put_str(&b, b.len ? page_word(p, "、", ", ") : "");
            if (!value_coded(p, rxe, list[i].field, r, &b))
                b.len = before;
        }
        page_line(p, list[i].ja, list[i].en, buf_span(&b));
        buf_wipe(&b);
    }
}

static void line_amount(page *p, const char *ja, const char *en, size_t seg, int number, int unit)
{
    buf b = {0};
    (void)value_amount(p, seg, number, unit, &b);
    page_line(p, ja, en, buf_span(&b));
    buf_wipe(&b);
}

static void drug_heading(page *p, size_t rxe, int number)
{
    buf b = {0};
    if (!value_coded(p, rxe, 2, 0, &b))
        buf_put_str(&b, page_word(p, "（薬剤名なし）", "(no name)"));
    buf_printf(p->out, "\n[%d] %s\n", number, buf_str(&b));
    buf_wipe(&b);
}

// RXE-19: the amount of a day, `3^TAB&錠&MR9P`.
static void line_daily(page *p, size_t rxe)
{
    buf b = {0};
    if (value_text(p, rxe, 19, 0, 1, 0, &b)) {
        buf_put_u8(&b, ' ');
        if (!value_text(p, rxe, 19, 0, 2, 2, &b))
            (void)value_text(p, rxe, 19, 0, 2, 1, &b);
    }
    page_line(p, "1日量", "Dose a day", buf_span(&b));
    buf_wipe(&b);
}

static void view_comments(page *p, size_t rxe)
{
    for (size_t n = within(p, rxe, "NTE", rxe); n != SIZE_MAX; n = within(p, rxe, "NTE", n + 1))
        line_text(p, "コメント", "Comment", n, 3, 0);
}

bool view_prescription(page *p)
{
    int number = 0;
    if (hl7_find(p->m, "RXE", 0) == SIZE_MAX)
        return false;
    page_heading(p, "処方", "Prescription");
    view_order(p, 0);
    for (size_t s = hl7_find(p->m, "RXE", 0); s != SIZE_MAX; s = hl7_find(p->m, "RXE", s + 1)) {
        drug_heading(p, s, ++number);
        line_amount(p, "1回量", "Dose", s, 3, 5);
        line_daily(p, s);
        line_coded(p, "剤形", "Form", s, 6);
        view_timing(p, s);
        line_amount(p, "総量", "Dispensed", s, 10, 11);
        view_route(p, s);
        view_instructions(p, s);
        view_comments(p, s);
    }
    view_allergies(p);
    return true;
}

static void view_parts(page *p, size_t rxe)
{
    table t;
    buf b = {0};
    size_t rows = 0;
    table_init(&t, 3);
    table_cell_str(&t, page_word(p, "薬剤", "Drug"));
    table_cell_str(&t, page_word(p, "量", "Amount"));
    table_cell_str(&t, page_word(p, "区分", "Part"));
    for (size_t c = within(p, rxe, "RXC", rxe); c != SIZE_MAX; c = within(p, rxe, "RXC", c + 1)) {
        buf_clear(&b);
        (void)value_coded(p, c, 2, 0, &b);
        table_cell(&t, buf_span(&b));
        buf_clear(&b);
        (void)value_amount(p, c, 3, 4, &b);
        table_cell(&t, buf_span(&b));
        span kind = hl7_field(p->m, c, 1, 0, 1, 0);
        table_cell_str(&t, span_eq(kind, SPAN_LIT("B"))   ? page_word(p, "基剤", "base")
                           : span_eq(kind, SPAN_LIT("A")) ? page_word(p, "添加", "additive")
                                                          : "");
        rows++;
    }
    if (rows)
        table_put(p, &t);
    buf_wipe(&b);
    table_done(&t);
}

bool view_injection(page *p)
{
    int number = 0;
    if (hl7_find(p->m, "RXE", 0) == SIZE_MAX)
        return false;
    page_heading(p, "注射", "Injection");
    view_order(p, 0);
    for (size_t s = hl7_find(p->m, "RXE", 0); s != SIZE_MAX; s = hl7_find(p->m, "RXE", s + 1)) {
        drug_heading(p, s, ++number);
        view_parts(p, s);
        line_amount(p, "投与量", "Amount", s, 3, 5);
        line_amount(p, "速度", "Rate", s, 23, 24);
        line_coded(p, "剤形", "Form", s, 6);
        view_timing(p, s);
        view_route(p, s);
        view_instructions(p, s);
        view_comments(p, s);
    }
    view_allergies(p);
    return true;
}
