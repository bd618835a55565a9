// SPDX-License-Identifier: Apache-2.0
// What stands in the cells: blanks to write in, boxes to tick, or what was filled in.
#include <stdio.h>
#include <string.h>

#include "policies/engine/flow.h"
#include "policies/page/sheet.h"
#include "proto/base/html.h"
#include "proto/base/luhn.h"

#define UNIONS_LISTED 12    // more are written, not ticked
#define NOTE_LINES 8        // line breaks kept; further ones become " / "

// ---- what was filled in ---------------------------------------------------------------

static const filled_field *found(const filled *f, const char *name)
{
    const filled_field *w = f ? filled_find(f, name) : NULL;
    return w && w->count ? w : NULL;
}

static const char *name_of(const sheet *s, int field)
{
    return policy_form_field_at(s->p, s->ask.form, field).name;
}

bool cell_empty(const sheet *s, int field)
{
    return !found(s->ask.normal, name_of(s, field)) && !found(s->ask.written, name_of(s, field));
}

static bool holds(const filled_field *w, const char *value)
{
    for (size_t i = 0; w && i < w->count; i++)
        if (strcmp(w->values[i], value) == 0)
            return true;
    return false;
}

// ---- pieces ----------------------------------------------------------------------------

static void boxes(int n, const char *digits, buf *out)
{
    size_t len = strlen(digits);
    for (int i = 0; i < n; i++)
        buf_printf(out, "<i class=d>%c</i>", (size_t)i < len && digits[i] >= '0' && digits[i] <= '9' ? digits[i] : ' ');
}

static void option(const sheet *s, bool ticked, const char *ja, const char *en, buf *out)
{
    buf_put_str(out, ticked ? "<span class=o><i class=\"b x\">☑</i>" : "<span class=o><i class=b>□</i>");
    words_label(s, ja, en, out);
    buf_put_str(out, "</span> ");
}

static void texts(const sheet *s, const filled_field *w, int count, policy_text (*at)(const policy *, int), buf *out)
{
    for (int i = 0; i < count; i++) {
        policy_text t = at(s->p, i);
        if (*t.id)
            option(s, holds(w, t.id), t.label_ja, t.label_en, out);
    }
}

static void hint(const sheet *s, const policy_form_field *f, buf *out)
{
    if (!*f->hint_ja && !*f->hint_en)
        return;
    buf_put_str(out, " <span class=o><small class=t>");
    html_text(out, words_pick(s, f->hint_ja, f->hint_en));
    if (s->ask.tongue == PAGE_BOTH && *f->hint_en) {
        buf_put_str(out, " / ");
        html_text(out, f->hint_en);
    }
    buf_put_str(out, "</small></span>");
}

// ---- by type ----------------------------------------------------------------------------

static bool is_birth(const sheet *s, int field)
{
    for (int i = 0; i < s->form.field_count; i++) {
        policy_form_field f = policy_form_field_at(s->p, s->ask.form, i);
        if (f.need == NEED_MINOR && f.when == field)
            return true;
    }
    return strcmp(name_of(s, field), "birth") == 0;
}

static void date_put(const sheet *s, int field, const char *value, buf *out)
{
    char era[DAY_ERA_BYTES];
    day d;
    if (value && day_parse(span_str(value), &d) == OK) {
        day_format_era(d, era);
        html_text(out, words_pick(s, era, value));
        html_element(out, " <small>(", words_pick(s, value, era), ")</small>");
    } else if (s->ask.tongue == PAGE_EN) {
        buf_put_str(out, "<span class=o>year<i class=g></i><i class=g></i>month<i class=g></i>day<i class=g></i></span>");
    } else {
        buf_put_str(out, is_birth(s, field) ? "<span class=o>大・昭・平・令" : "<span class=o>令和");
        buf_put_str(out, "<i class=g></i>年<i class=g></i>月<i class=g></i>日</span>");
    }
}

static void yes_put(const sheet *s, const char *value, buf *out)
{
    option(s, value && strcmp(value, "yes") == 0, "はい", "yes", out);
    option(s, value && strcmp(value, "no") == 0, "いいえ", "no", out);
}

static void signature_put(const sheet *s, const char *value, buf *out)
{
    if (s->ask.tongue == PAGE_EN)
        buf_put_str(out, "<i class=h>seal</i>");
    else
        buf_put_str(out, "<i class=h>印</i>");
    if (value && strcmp(value, "yes") == 0)
        words_put(s, "署名あり(原本のとおり)", "signed (see the original)", out);
}

static void facility_put(const sheet *s, const char *value, buf *out)
{
    uint64_t code = 0;
    int f = value && institution_parse(span_str(value), &code) == OK ? policy_facility(s->p, code) : POLICY_NONE;
    if (f != POLICY_NONE) {
        html_text(out, policy_facility_at(s->p, f).name);
        html_element(out, " <small>(", value, ")</small>");
    } else if (value) {
        html_text(out, value);
    } else {
        buf_put_str(out, "<br><span class=o><small>");
        words_put(s, "コード", "code", out);
        buf_put_str(out, "</small> ");
        boxes(10, "", out);
        buf_put_str(out, "</span>");
    }
}

static void grantee_put(const sheet *s, const char *value, buf *out)
{
    int u = policy_union(s->p, value);
    if (strcmp(value, "all") == 0)
        words_put(s, "すべて", "all", out);
    else if (u != POLICY_NONE)
        words_label(s, policy_union_text(s->p, u).label_ja, policy_union_text(s->p, u).label_en, out);
    else
        facility_put(s, value, out);
}

static void words_of_rules(const sheet *s, int field, const policy_form_field *f, const filled_field *w, buf *out)
{
    if (f->type == FORM_CHOICE) {
        for (int i = 0; i < f->choice_count; i++) {
            policy_text t = policy_form_choice_at(s->p, s->ask.form, field, i);
            option(s, holds(w, t.id), t.label_ja, t.label_en, out);
        }
    } else if (f->type == FORM_RELATION) {
        for (int i = 0; i < policy_relation_count(s->p); i++) {
            policy_relation r = policy_relation_at(s->p, i);
            option(s, holds(w, r.id), r.label_ja, r.label_en, out);
        }
    } else if (f->type == FORM_REASON) {
        for (int i = 0; i < policy_reason_count(s->p); i++) {
            policy_reason r = policy_reason_at(s->p, i);
            option(s, holds(w, r.id), r.label_ja, r.label_en, out);
        }
    } else if (f->type == FORM_CATEGORIES) {
        option(s, holds(w, "all"), "すべて", "all", out);
        texts(s, w, policy_category_count(s->p), policy_category_text, out);
    } else if (f->type == FORM_UNION) {
        texts(s, w, policy_union_count(s->p), policy_union_text, out);
    } else {
        texts(s, w, policy_kind_count(s->p), policy_kind_text, out);
    }
}

static bool is_ticked(const sheet *s, form_type t)
{
    return t == FORM_CHOICE || t == FORM_RELATION || t == FORM_REASON || t == FORM_CATEGORIES || t == FORM_KIND ||
           (t == FORM_UNION && policy_union_count(s->p) <= UNIONS_LISTED);
}

static void digits_put(form_type t, const char *value, buf *out)
{
    buf_put_str(out, t == FORM_POSTAL ? "<span class=o>〒" : "<span class=o>");
    if (t == FORM_POSTAL) {
        boxes(3, value, out);
        buf_put_str(out, "－");
        boxes(4, strlen(value) == 7 ? value + 3 : strlen(value) == 8 ? value + 4 : "", out);
    } else {
        boxes(t == FORM_INSTITUTION ? 10 : *value ? (int)strlen(value) : 8, value, out);
    }
    buf_put_str(out, "</span>");
}

static void text_put(const char *value, bool lines, buf *out)
{
    char line[FILLED_TEXT + 1];
    for (int n = 0; *value; n++) {
        size_t len = strcspn(value, lines ? "\n" : "");
        snprintf(line, sizeof line, "%.*s", (int)len, value);
        html_text(out, line);
        value += len;
        if (*value == '\n') {
            buf_put_str(out, n < NOTE_LINES ? "<br>" : " / ");
            value++;
        }
    }
}

static void blank_put(const sheet *s, int field, const policy_form_field *f, buf *out)
{
    switch (f->type) {
    case FORM_DATE: date_put(s, field, NULL, out); break;
    case FORM_YES: yes_put(s, NULL, out); break;
    case FORM_SIGNATURE: signature_put(s, NULL, out); break;
    case FORM_FACILITY: facility_put(s, NULL, out); break;
    case FORM_INSTITUTION: case FORM_INSURER: case FORM_POSTAL: digits_put(f->type, "", out); break;
    case FORM_PHONE: buf_put_str(out, "<span class=o>(<i class=z></i>)<i class=z></i>－</span>"); break;
    case FORM_NUMBER:
        buf_put_str(out, "<span class=o><i class=w></i><small>");
        words_put(s, "枝番", "branch", out);
        buf_put_str(out, "</small>");
        boxes(2, "", out);
        buf_put_str(out, "</span>");
        break;
    default:
        if (is_ticked(s, f->type))
            words_of_rules(s, field, f, NULL, out);
    }
    hint(s, f, out);
}

static void one_put(const sheet *s, int field, const policy_form_field *f, const char *value, buf *out)
{
    switch (f->type) {
    case FORM_DATE: date_put(s, field, value, out); break;
    case FORM_YES: yes_put(s, value, out); break;
    case FORM_SIGNATURE: signature_put(s, value, out); break;
    case FORM_FACILITY: facility_put(s, value, out); break;
    case FORM_GRANTEES: grantee_put(s, value, out); break;
    case FORM_INSTITUTION: case FORM_INSURER: case FORM_POSTAL: digits_put(f->type, value, out); break;
    case FORM_HASH: html_element(out, "<code>", value, "</code>"); break;
    case FORM_UNION: // too many to be listed
        words_label(s, policy_union_text(s->p, policy_union(s->p, value)).label_ja,
                    policy_union_text(s->p, policy_union(s->p, value)).label_en, out);
        break;
    default: text_put(value, f->type == FORM_NOTE, out);
    }
}

void cell_value(const sheet *s, int field, buf *out)
{
    policy_form_field f = policy_form_field_at(s->p, s->ask.form, field);
    const filled_field *good = found(s->ask.normal, f.name), *w = found(s->ask.written, f.name);
    if (!good && !w) {
        blank_put(s, field, &f, out);
    } else if (good && is_ticked(s, f.type)) {
        words_of_rules(s, field, &f, good, out);
    } else if (good && f.type == FORM_PHONE && w) {
        text_put(w->values[0], false, out); // with its hyphens
    } else if (good) {
        for (size_t i = 0; i < good->count; i++) {
            buf_put_str(out, i ? words_pick(s, "、", ", ") : "");
            one_put(s, field, &f, good->values[i], out);
        }
    } else { // not right: as it was written
        for (size_t i = 0; i < w->count; i++) {
            buf_put_str(out, i ? ", " : "");
            text_put(w->values[i], false, out);
        }
        buf_put_str(out, " <b>?</b>");
    }
}

void cell_label(const sheet *s, const policy_form_field *f, buf *out)
{
    if (f->need == NEED_ALWAYS)
        buf_put_str(out, words_pick(s, "＊", "* ")); // before it: behind it a star may stand on a line alone
    words_label(s, f->label_ja, f->label_en, out);
}

static void handling_cell(sheet_row *r, bool label, int columns)
{
    r->cells[r->count++] = (sheet_cell){.label = label, .columns = columns};
    r->used += columns;
}

bool cell_older(const sheet *s, sheet_row *r)
{
    const filled *w = s->ask.written;
    size_t said = 0;
    for (size_t i = 0; w && i < w->count; i++) {
        const filled_field *f = &w->fields[i];
        if (policy_form_field_find(s->p, s->ask.form, f->name) != POLICY_NONE)
            continue;
        if (said++ == 0)
            handling_cell(r, false, SHEET_COLUMNS);
        buf *out = &r->cells[r->count - 1].html;
        buf_put_str(out, said > 1 ? "<br>" : "");
        html_element(out, "<small>", f->name, "</small>: ");
        for (size_t k = 0; k < f->count; k++) {
            buf_put_str(out, k ? words_pick(s, "、", ", ") : "");
            text_put(f->values[k], false, out);
        }
    }
    return said > 0;
}

void cell_handling(const sheet *s, sheet_row *r)
{
    static const char *const ASKED[][2] = {{"受付日", "received on"}, {"担当者", "handled by"}, {"確認者", "checked by"}};
    for (int i = 0; i < 3; i++) {
        handling_cell(r, true, 1);
        words_put(s, ASKED[i][0], ASKED[i][1], &r->cells[r->count - 1].html);
        handling_cell(r, false, i ? 3 - (i == 2) : 4);
        if (i == 0)
            date_put(s, 0, NULL, &r->cells[r->count - 1].html);
    }
    r->least = 900;
}
