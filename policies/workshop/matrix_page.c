// SPDX-License-Identifier: Apache-2.0
// The matrix as one printable page: A4, told by marks and lines, not by colours.
#include <stdio.h>

#include "policies/workshop/matrix.h"
#include "policies/workshop/names.h"
#include "proto/base/html.h"
#include "proto/base/tongue.h"

static const char STYLE[] =
    "@page{size:A4;margin:9mm}\n"
    "*{box-sizing:border-box}\n"
    "body{font:7.6pt/1.25 'Noto Sans CJK JP','Noto Sans JP','Hiragino Sans','Yu Gothic',sans-serif;color:#000;"
    "background:#fff;margin:0 auto;max-width:192mm}\n"
    "h1{font-size:12pt;margin:0 0 1mm}h2{font-size:9pt;margin:3mm 0 1mm}p{margin:0 0 1mm}\n"
    "table{border-collapse:collapse;width:100%}\n"
    "th,td{border:.3pt solid #000;padding:.25mm .8mm;text-align:center;font-weight:normal}\n"
    "th{font-weight:bold}td.l,th.l{text-align:left}tr.new td{border-top:1.2pt solid #000}\n"
    // Categories stand upright, so that kinds and purposes have room and the page stays one page.
    "table.t{table-layout:fixed}th.r{width:15%}th.c{width:9.6mm;font-size:6.4pt;padding:.8mm 0}\n"
    "div{writing-mode:vertical-rl;height:35mm;font-size:7.6pt;margin:0 auto .6mm}html[lang=en] div{transform:rotate(180deg)}\n"
    "tr{break-inside:avoid}p.k{white-space:pre-wrap}\n"
    "td.own{background:repeating-linear-gradient(45deg,#fff,#fff 1mm,#999 1mm,#999 1.15mm);"
    "-webkit-print-color-adjust:exact;print-color-adjust:exact}\n"
    "ol{margin:1mm 0 0;padding-left:6mm;columns:2}\n";

static void list(buf *out, const policy *p, name_noun noun, uint32_t mask, bool ja)
{
    buf b = {0};
    name_list(p, noun, mask, ja, &b);
    html_element(out, "<td class=l>", buf_str(&b), "</td>");
    buf_done(&b);
}

static void cell(buf *out, int value)
{
    if (value == MATRIX_OWN)
        buf_put_str(out, "<td class=own></td>");
    else if (value > 0)
        buf_printf(out, "<td>△<sup>%d</sup></td>", value);
    else
        buf_printf(out, "<td>%s</td>", value == MATRIX_FULL ? "○" : "×");
}

static void unions_page(const policy *p, const matrix *m, bool ja, buf *out)
{
    html_element(out, "<table><tr><th class=l>", _("sees ↓ from →"), "</th>");
    for (int u = 0; u < m->unions; u++)
        html_element(out, "<th>", matrix_union(p, u, ja), "</th>");
    buf_put_str(out, "</tr>\n");
    for (int v = 0; v < m->unions; v++) {
        html_element(out, "<tr><th class=l>", matrix_union(p, v, ja), "</th>");
        for (int u = 0; u < m->unions; u++)
            cell(out, m->cell[v][u]);
        buf_put_str(out, "</tr>\n");
    }
    buf_put_str(out, "</table>\n");
    html_element(out, "<p class=k>", _("○ everything the rules allow  △ with a difference (below)  × nothing  hatched: the union itself, "
                          "no agreement is needed"), "</p>\n");
    buf_put_str(out, m->note_count ? "<ol>" : "");
    for (int i = 0; i < m->note_count; i++)
        html_element(out, "<li>", m->notes[i].text, "</li>");
    buf_put_str(out, m->note_count ? "</ol>\n" : "");
}

static int rows_of_role(const matrix *m, size_t at)
{
    int n = 0;
    for (size_t i = at; i < m->row_count && m->rows[i].role == m->rows[at].role; i++)
        n++;
    return n;
}

static void roles_page(const policy *p, const matrix *m, bool ja, buf *out)
{
    html_element(out, "<table class=t><tr><th class='l r'>", _("role"), "</th>");
    html_element(out, "<th class=l>", _("kind of facility"), "</th>");
    html_element(out, "<th class=l>", _("purpose"), "</th>");
    for (int bit = 0; bit < policy_category_count(p); bit++) {
        if (!(policy_categories(p) >> bit & 1))
            continue;
        buf b = {0};
        months_put(policy_category_window(p, bit), &b);
        html_element(out, "<th class=c><div>", name_label(policy_category_text(p, bit), ja), "</div>");
        html_element(out, "(", buf_str(&b), ")</th>");
        buf_done(&b);
    }
    buf_put_str(out, "</tr>\n");
    for (size_t i = 0; i < m->row_count; i++) {
        const matrix_row *r = &m->rows[i];
        bool first = i == 0 || m->rows[i - 1].role != r->role;
        buf_put_str(out, first ? "<tr class=new>" : "<tr>");
        if (first) {
            buf_printf(out, "<td class=l rowspan=%d>", rows_of_role(m, i));
            html_element(out, "<b>", name_label(policy_role_text(p, r->role), ja), "</b></td>");
        }
        list(out, p, NAME_KIND, r->kinds, ja);
        list(out, p, NAME_PURPOSE, r->purposes, ja);
        for (int bit = 0; bit < policy_category_count(p); bit++)
            if (policy_categories(p) >> bit & 1)
                buf_put_str(out, r->categories >> bit & 1 ? "<td>●</td>" : "<td></td>");
        buf_put_str(out, "</tr>\n");
    }
    buf_put_str(out, "</table>\n");
}

err matrix_html(const policy *p, day today, bool japanese, buf *out)
{
    matrix *m = NULL;
    err e = matrix_make(p, today, japanese, &m);
    if (e)
        return e;
    char date[11], from[11];
    day_format(today, date);
    day_format(policy_effective_from(p), from);
    buf_printf(out, "<!DOCTYPE html>\n<html lang=%s><head><meta charset=utf-8>\n<title>", japanese ? "ja" : "en");
    html_element(out, "", _("Who sees what from whom"), "</title>\n");
    buf_printf(out, "<style>\n%s</style></head><body>\n", STYLE);
    html_element(out, "<h1>", _("Who sees what from whom"), "</h1>\n");
    buf_printf(out, _("<p>Rules version %u, in force from %s; agreements as on %s</p>\n"), policy_version(p), from, date);
    html_element(out, "<h2>", _("Between the unions"), "</h2>\n");
    unions_page(p, m, japanese, out);
    html_element(out, "<h2>", _("By role: what the rules allow, within agreement, consent and window"), "</h2>\n");
    roles_page(p, m, japanese, out);
    html_element(out, "<p>", _("In brackets: how far back from the registration day. What is not here is not permitted."), "</p>\n");
    buf_put_str(out, "</body></html>\n");
    matrix_free(m);
    return out->sticky;
}
