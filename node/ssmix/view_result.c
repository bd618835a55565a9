// SPDX-License-Identifier: Apache-2.0
// Results: laboratory (OML-11), examinations (OMG-11/12) and findings (OMG-13).
#include <string.h>
#include "node/ssmix/page.h"

static bool named(const page *p, size_t s, const char *name)
{
    return span_eq(hl7_name(p->m, s), span_str(name));
}

// OBX-5 by its type. Text types keep `^`: it is no separator there, whatever the sender forgot to escape.
static void put_value(const page *p, size_t obx, buf *b)
{
    span type = hl7_field(p->m, obx, 2, 0, 1, 0);
    bool coded = span_eq(type, SPAN_LIT("CWE")) || span_eq(type, SPAN_LIT("CE")) || span_eq(type, SPAN_LIT("CNE"));
    bool person = span_eq(type, SPAN_LIT("XCN")), supply = span_eq(type, SPAN_LIT("ZRD"));
    for (int r = 0; r < hl7_reps(p->m, obx, 5); r++) {
        if (r)
            buf_put_str(b, page_word(p, "、", ", "));
        if (person) {
            (void)value_person(p, obx, 5, r, b);
        } else if (span_eq(type, SPAN_LIT("TS")) || span_eq(type, SPAN_LIT("DT"))) {
            time_text(hl7_field(p->m, obx, 5, r, 1, 0), b);
        } else if (coded || supply) {
            (void)value_coded(p, obx, 5, r, b);
            if (supply) { // 薬品・器材: code^name^system^amount^unit&name&system
                buf_put_u8(b, ' ');
                (void)value_text(p, obx, 5, r, 4, 0, b);
                buf_put_u8(b, ' ');
                if (!value_text(p, obx, 5, r, 5, 2, b))
                    (void)value_text(p, obx, 5, r, 5, 1, b);
            }
        } else if (span_eq(type, SPAN_LIT("SN"))) {
            for (int c = 1; c <= 4; c++)
                (void)value_text(p, obx, 5, r, c, 0, b);
        } else {
            (void)value_text(p, obx, 5, r, 0, 0, b);
        }
    }
}

static void put_flag(const page *p, size_t obx, buf *b)
{
    span flag = hl7_field(p->m, obx, 8, 0, 1, 0);
    static const struct { const char *code, *ja, *en; } words[] = {
        {"H", "*H 高値", "*H high"}, {"L", "*L 低値", "*L low"}, {"HH", "**HH 極高値", "**HH very high"},
        {"LL", "**LL 極低値", "**LL very low"}, {"A", "*A 異常", "*A abnormal"},
        {"AA", "**AA 極異常", "**AA very abnormal"}, {"N", "", ""}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (span_eq(flag, span_str(words[i].code))) {
            buf_put_str(b, page_word(p, words[i].ja, words[i].en));
            return;
        }
    (void)value_coded(p, obx, 8, 0, b);
}

static void put_status(const page *p, size_t obx, buf *b)
{
    span s = hl7_field(p->m, obx, 11, 0, 1, 0);
    if (span_eq(s, SPAN_LIT("P")))
        buf_put_str(b, page_word(p, "中間", "preliminary"));
    else if (span_eq(s, SPAN_LIT("C")))
        buf_put_str(b, page_word(p, "訂正", "corrected"));
    else if (span_eq(s, SPAN_LIT("X")))
        buf_put_str(b, page_word(p, "検査不能", "not obtained"));
    else if (span_eq(s, SPAN_LIT("D")))
        buf_put_str(b, page_word(p, "削除", "deleted"));
    else if (!span_eq(s, SPAN_LIT("F")))
        (void)value_raw(p, s, b);
}

static void result_heading(const page *p, table *t)
{
    table_init(t, 6);
    table_cell_str(t, page_word(p, "項目", "Item"));
    table_cell_str(t, page_word(p, "結果", "Result"));
    table_cell_str(t, page_word(p, "単位", "Unit"));
    table_cell_str(t, page_word(p, "基準値", "Range"));
    table_cell_str(t, page_word(p, "判定", "Flag"));
    table_cell_str(t, page_word(p, "状態", "Status"));
}

static void result_row(const page *p, table *t, size_t obx)
{
    buf b = {0};
    (void)value_coded(p, obx, 3, 0, &b);
    table_cell(t, buf_span(&b));
    buf_clear(&b);
    put_value(p, obx, &b);
    table_cell(t, buf_span(&b));
    buf_clear(&b);
    (void)value_coded(p, obx, 6, 0, &b);
    table_cell(t, buf_span(&b));
    buf_clear(&b);
    (void)value_text(p, obx, 7, 0, 0, 0, &b);
    table_cell(t, buf_span(&b));
    buf_clear(&b);
    put_flag(p, obx, &b);
    table_cell(t, buf_span(&b));
    buf_clear(&b);
    put_status(p, obx, &b);
    table_cell(t, buf_span(&b));
    buf_wipe(&b);
}

// The rows from `from` up to the next segment that begins something else. Returns where it stopped.
static size_t view_rows(page *p, size_t from)
{
    table t;
    size_t rows = 0, s = from;
    result_heading(p, &t);
    for (; s < hl7_count(p->m) && (named(p, s, "OBX") || named(p, s, "NTE")); s++)
        if (named(p, s, "OBX")) {
            result_row(p, &t, s);
            rows++;
        }
    if (rows)
        table_put(p, &t);
    table_done(&t);
    for (size_t n = from; n < s; n++)
        if (named(p, n, "NTE"))
            line_text(p, "コメント", "Comment", n, 3, 0);
    return s;
}

static void specimen_heading(page *p, size_t spm)
{
    buf b = {0};
    (void)value_coded(p, spm, 4, 0, &b);
    buf_printf(p->out, "\n[%s] %s\n", page_word(p, "検体", "Specimen"), buf_str(&b));
    buf_wipe(&b);
    line_time(p, "採取日時", "Collected", spm, 17);
    line_text(p, "検体番号", "Specimen number", spm, 2, 0);
}

bool view_laboratory(page *p)
{
    if (hl7_find(p->m, "OBX", 0) == SIZE_MAX && hl7_find(p->m, "OBR", 0) == SIZE_MAX)
        return false;
    page_heading(p, "検体検査", "Laboratory");
    view_order(p, 0);
    for (size_t s = 0; s < hl7_count(p->m);) {
        if (named(p, s, "SPM")) {
            specimen_heading(p, s);
        } else if (named(p, s, "OBR")) {
            line_coded(p, "検査", "Test", s, 4);
            line_time(p, "報告日時", "Reported", s, 22);
        } else if (named(p, s, "OBX") || named(p, s, "NTE")) {
            s = view_rows(p, s);
            continue;
        }
        s++;
    }
    return true;
}

static void view_performed(page *p, size_t s)
{
    buf b = {0};
    (void)value_coded(p, s, 3, 0, &b);
    if (value_text(p, s, 4, 0, 1, 0, &b))
        buf_put_u8(&b, ' ');
    (void)value_coded(p, s, 5, 0, &b);
    page_line(p, "実施", "Performed", buf_span(&b));
    buf_wipe(&b);
    line_person(p, "実施者", "Performed by", s, 7);
}

// IPC repeats under every order of one examination: told once for each study.
static void view_studies(page *p)
{
    bool any = false;
    int told = 0;
    for (size_t s = hl7_find(p->m, "IPC", 0); s != SIZE_MAX && told < 200; s = hl7_find(p->m, "IPC", s + 1)) {
        bool again = false;
        told++;
        for (size_t o = hl7_find(p->m, "IPC", 0); o < s && !again; o = hl7_find(p->m, "IPC", o + 1))
            again = span_eq(hl7_field(p->m, o, 1, 0, 0, 0), hl7_field(p->m, s, 1, 0, 0, 0)) &&
                    span_eq(hl7_field(p->m, o, 3, 0, 0, 0), hl7_field(p->m, s, 3, 0, 0, 0));
        if (again)
            continue;
        if (!any)
            page_heading(p, "画像", "Images");
        any = true;
        line_text(p, "モダリティ", "Modality", s, 5, hl7_field(p->m, s, 5, 0, 2, 0).len ? 2 : 1);
        line_text(p, "受付番号", "Accession", s, 1, 1);
        line_text(p, "検査 UID", "Study UID", s, 3, 1);
    }
    if (any)
        page_note(p, page_word(p, "画像は病院の PACS にあり、ここからは送られません。",
                               "The images stay in the hospital's PACS and are not sent from here."));
}

static void exam_heading(page *p, size_t obr, int number)
{
    buf b = {0};
    if (!value_coded(p, obr, 4, 0, &b))
        buf_put_str(&b, page_word(p, "（検査名なし）", "(no name)"));
    buf_printf(p->out, "\n[%d] %s\n", number, buf_str(&b));
    buf_clear(&b);
    line_time(p, "検査日", "Date", obr, 7);
    line_time(p, "終了", "End", obr, 8);
    if (!value_text(p, obr, 15, 0, 4, 2, &b)) // 採取部位: the body site of the specimen source
        (void)value_text(p, obr, 15, 0, 4, 1, &b);
    page_line(p, "部位", "Body part", buf_span(&b));
    buf_wipe(&b);
    line_person(p, "依頼医", "Ordering doctor", obr, 16);
    line_coded(p, "検査目的", "Reason", obr, 31);
    line_time(p, "報告日時", "Reported", obr, 22);
}

static bool is_text(const page *p, size_t obx)
{
    span type = hl7_field(p->m, obx, 2, 0, 1, 0);
    return span_eq(type, SPAN_LIT("TX")) || span_eq(type, SPAN_LIT("FT"));
}

// Findings first, as paragraphs; then what was measured.
static size_t view_findings(page *p, size_t from)
{
    table t;
    size_t s = from, rows = 0;
    result_heading(p, &t);
    for (; s < hl7_count(p->m) && (named(p, s, "OBX") || named(p, s, "NTE")); s++) {
        if (!named(p, s, "OBX"))
            continue;
        if (!is_text(p, s)) {
            result_row(p, &t, s);
            rows++;
            continue;
        }
        buf label = {0}, b = {0};
        if (!value_coded(p, s, 3, 0, &label))
            buf_put_str(&label, page_word(p, "所見", "Findings"));
        put_value(p, s, &b);
        const char *word = buf_str(&label);
        page_line(p, word, word, buf_span(&b));
        buf_wipe(&label);
        buf_wipe(&b);
    }
    if (rows)
        table_put(p, &t);
    table_done(&t);
    for (size_t n = from; n < s; n++)
        if (named(p, n, "NTE"))
            line_text(p, "コメント", "Comment", n, 3, 0);
    return s;
}

bool view_exam(page *p, bool findings)
{
    int number = 0;
    if (hl7_find(p->m, "OBR", 0) == SIZE_MAX)
        return false;
    page_heading(p, findings ? "検査結果" : "検査の実施", findings ? "Findings" : "Examination");
    view_order(p, 0);
    for (size_t s = 0; s < hl7_count(p->m);) {
        if (named(p, s, "OBR"))
            exam_heading(p, s, ++number);
        else if (named(p, s, "ZE1") || named(p, s, "ZE2"))
            view_performed(p, s);
        else if (named(p, s, "OBX") || named(p, s, "NTE")) {
            s = view_findings(p, s);
            continue;
        }
        s++;
    }
    view_studies(p);
    return true;
}
