// SPDX-License-Identifier: Apache-2.0
// 病名: one PRB each.
#include "node/ssmix/page.h"

// PRB-10: the ICD code and, beside it, when it was given (admission, outpatient, final).
static void view_classes(page *p, size_t prb)
{
    buf b = {0};
    if (value_text(p, prb, 10, 0, 1, 0, &b)) {
        buf_put_u8(&b, ' ');
        (void)value_text(p, prb, 10, 0, 2, 0, &b);
    }
    page_line(p, "ICD-10", "ICD-10", buf_span(&b));
    buf_clear(&b);
    if (!value_text(p, prb, 10, 0, 5, 0, &b))
        (void)value_text(p, prb, 10, 0, 4, 0, &b);
    page_line(p, "区分", "Stage", buf_span(&b));
    buf_wipe(&b);
}

static void problem_heading(page *p, size_t prb, int number)
{
    buf b = {0};
    if (!value_coded(p, prb, 3, 0, &b))
        buf_put_str(&b, page_word(p, "（病名なし）", "(no name)"));
    span action = hl7_field(p->m, prb, 1, 0, 1, 0);
    if (span_eq(action, SPAN_LIT("DE")))
        buf_put_str(&b, page_word(p, "（削除）", " (deleted)"));
    buf_printf(p->out, "\n[%d] %s\n", number, buf_str(&b));
    buf_wipe(&b);
}

bool view_problems(page *p)
{
    int number = 0;
    if (hl7_find(p->m, "PRB", 0) == SIZE_MAX)
        return false;
    page_heading(p, "病名", "Problems");
    view_order(p, 0);
    for (size_t s = hl7_find(p->m, "PRB", 0); s != SIZE_MAX; s = hl7_find(p->m, "PRB", s + 1)) {
        problem_heading(p, s, ++number);
        line_coded(p, "主病名", "Rank", s, 18);
        view_classes(p, s);
        line_time(p, "発症日", "Onset", s, 16);
        line_text(p, "発症の記載", "Onset text", s, 17, 0);
        line_time(p, "開始日", "Start", s, 7);
        line_time(p, "予測治癒日", "Expected end", s, 8);
        line_time(p, "終了日", "End", s, 9);
        line_coded(p, "転帰", "Outcome", s, 14);
        line_time(p, "転帰日", "Outcome on", s, 15);
        line_time(p, "記録日", "Recorded", s, 2);
    }
    return true;
}
