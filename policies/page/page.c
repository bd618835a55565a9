// SPDX-License-Identifier: Apache-2.0
#include "policies/page/page.h"

#include <stdio.h>
#include <stdlib.h>

#include "policies/forms/number.h"
#include "policies/page/qr.h"
#include "policies/page/sheet.h"
#include "proto/base/html.h"

void page_mark(const policy_form *f, const uint8_t number[static FILLED_NUMBER], char out[static PAGE_MARK_BYTES])
{
    char text[FORM_NUMBER_TEXT];
    form_number_format(number, text);
    snprintf(out, PAGE_MARK_BYTES, "%.8s-%u-%s", f->code, f->version, text);
}

static void length_put(buf *out, const char *name, int hundredths)
{
    buf_printf(out, "--%s:%d.%02dmm;", name, hundredths / 100, hundredths % 100);
}

static void header_put(const sheet *s, buf *out)
{
    char mark[PAGE_MARK_BYTES], number[FORM_NUMBER_TEXT];
    page_mark(&s->form, s->ask.number, mark);
    form_number_format(s->ask.number, number);
    buf_put_str(out, "<header><div><h1>");
    words_label(s, s->form.label_ja, s->form.label_en, out);
    buf_put_str(out, "</h1>");
    buf_put_span(out, buf_span(&s->head));
    buf_put_str(out, "</div><aside>");
    if (qr_svg(mark, out) != OK)
        out->sticky = out->sticky ? out->sticky : ERR_LIMIT;
    html_element(out, "", s->form.code, "");
    buf_printf(out, "-%u<br>%s</aside></header>\n", s->form.version, number);
}

static void row_put(const sheet *s, const sheet_row *r, buf *out)
{
    int room = r->tall * s->tall / 100 > r->least ? r->tall * s->tall / 100 : r->least;
    if (room > s->row)
        buf_printf(out, "<tr style=\"height:%d.%02dmm\">", room / 100, room % 100);
    else
        buf_put_str(out, "<tr>");
    for (int i = 0; i < r->count; i++) {
        const sheet_cell *c = &r->cells[i];
        buf_printf(out, "<%s colspan=%d>", c->label ? "th" : "td", c->columns);
        buf_put_span(out, buf_span(&c->html));
        buf_put_str(out, c->label ? "</th>" : "</td>");
    }
    buf_put_str(out, "</tr>\n");
}

static void table_put(const sheet *s, const sheet_table *t, buf *out)
{
    buf_printf(out, "<table%s><colgroup><col span=%d></colgroup><tr><th class=s colspan=%d>", t->office ? " class=f" : "",
               SHEET_COLUMNS, SHEET_COLUMNS);
    buf_put_span(out, buf_span(&t->heading));
    buf_put_str(out, "</th></tr>\n");
    for (int i = 0; i < t->count; i++)
        row_put(s, &s->rows[t->first + i], out);
    buf_put_str(out, "</table>\n");
}

static void sentences_put(const sheet *s, buf *out)
{
    bool beside = s->ask.tongue == PAGE_BOTH;
    if (!s->form.sentence_count)
        return;
    buf_put_str(out, beside ? "<ol class=w>\n" : s->columns ? "<ol class=c>\n" : "<ol>\n");
    for (int i = 0; i < s->form.sentence_count; i++) {
        policy_sentence t = policy_form_sentence_at(s->p, s->ask.form, i);
        if (beside) {
            buf_printf(out, "<li class=w><span>%d. ", i + 1);
            html_text(out, t.ja);
            html_element(out, "</span><span lang=en>", t.en, "</span></li>\n");
        } else {
            html_element(out, "<li>", words_pick(s, t.ja, t.en), "</li>\n");
        }
    }
    buf_put_str(out, "</ol>\n");
}

static void footer_put(const sheet *s, buf *out)
{
    buf_put_str(out, "<footer><span>");
    html_text(out, words_pick(s, "共通様式 ", "Common form "));
    html_text(out, s->form.code);
    buf_put_str(out, " ");
    if (s->ask.tongue == PAGE_EN)
        buf_printf(out, "version %u (rules version %u)", s->form.version, policy_version(s->p));
    else
        buf_printf(out, "第%u版 (規則 第%u版)", s->form.version, policy_version(s->p));
    buf_put_str(out, "</span><span>");
    html_text(out, words_pick(s, "右上の番号はこの用紙のもので、患者さんの情報を含みません。",
                              "The number at the top is this sheet's own and holds nothing about the patient."));
    buf_put_str(out, "</span></footer>\n");
}

static void sheet_put(const sheet *s, buf *out)
{
    buf_printf(out, "<!DOCTYPE html>\n<html lang=%s><head><meta charset=utf-8>\n", s->ask.tongue == PAGE_EN ? "en" : "ja");
    html_element(out, "<title>", words_pick(s, s->form.label_ja, s->form.label_en), "</title>\n<style>\n");
    buf_put_str(out, PAGE_STYLE);
    buf_put_str(out, "body{");
    length_put(out, "f", s->font);
    length_put(out, "l", s->sentences);
    length_put(out, "r", s->row);
    buf_put_str(out, "}\n</style></head><body><main>\n");
    header_put(s, out);
    for (int i = 0; i < s->table_count; i++) {
        if (i == s->signing)
            sentences_put(s, out);
        table_put(s, &s->tables[i], out);
    }
    if (s->signing < 0)
        sentences_put(s, out);
    footer_put(s, out);
    buf_put_str(out, "</main></body></html>\n");
}

err form_page(const policy *p, const page_ask *ask, buf *out)
{
    if (ask->form < 0 || ask->form >= policy_form_count(p))
        return ERR_NOT_FOUND;
    sheet *s = calloc(1, sizeof *s);
    if (!s)
        return ERR_MEM;
    s->p = p;
    s->ask = *ask;
    s->form = policy_form_at(p, ask->form);
    if (ask->written && ask->written->version && ask->written->version < s->form.version)
        s->form.version = ask->written->version; // the paper is the one that was signed
    err e = sheet_plan(s);
    if (e == OK) {
        sheet_put(s, out);
        e = out->sticky;
    }
    sheet_done(s);
    free(s);
    return e;
}
