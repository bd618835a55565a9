// SPDX-License-Identifier: Apache-2.0
// Which cell stands where, and how large the type may be so that all of it is one page.
#include "policies/page/measure.h"
#include "policies/page/sheet.h"
#include "proto/base/html.h"

#define WIDE SHEET_COLUMNS
#define LABEL 2
#define LINE(font) ((font) * 13 / 10)
#define PAD 110       // above and below a cell's text, and its line
#define SIDES 240     // left and right of it
#define TABLE_GAP 170

// ---- what stands where -------------------------------------------------------------------

static int words_width(const sheet *s, int field)
{
    buf b = {0};
    cell_value(s, field, &b);
    int width = measure_width(buf_span(&b));
    buf_done(&b);
    return width;
}

// Columns of a field with its label.
static int columns_of(const sheet *s, int field, const policy_form_field *f)
{
    switch (f->type) {
    case FORM_COUNT_OF:
        return 4;
    case FORM_NOTE: case FORM_SIGNATURE: case FORM_RELATION: case FORM_REASON: case FORM_CATEGORIES: case FORM_GRANTEES:
    case FORM_UNION: case FORM_KIND: case FORM_HASH:
        return WIDE;
    case FORM_TEXT:
        return f->max > 80 ? WIDE : 6;
    case FORM_CHOICE:
        return words_width(s, field) > 18 * EM ? WIDE : 6;
    default:
        return 6;
    }
}

// Room to write by hand; `least` is kept whatever comes.
static void room_to_write(const sheet *s, int field, const policy_form_field *f, sheet_row *r)
{
    bool empty = cell_empty(s, field);
    int tall = f->type == FORM_NOTE && empty ? 1500 : f->type == FORM_GRANTEES && empty ? 1000 : 0;
    r->tall = tall > r->tall ? tall : r->tall;
    if (f->type == FORM_SIGNATURE)
        r->least = 1000, r->tall = 1400;
}

static void row_close(sheet_row *r)
{
    if (r->count)
        r->cells[r->count - 1].columns += WIDE - r->used; // the last one takes what is left
    r->used = WIDE;
}

// Family and given name side by side: where this field and the next are a pair, but not the one before.
static bool pair_begins(const sheet *s, int field, const policy_form_field *f, int last)
{
    return (f->type == FORM_NAME || f->type == FORM_KANA) && field < last &&
           policy_form_field_at(s->p, s->ask.form, field + 1).type == f->type &&
           (field == 0 || policy_form_field_at(s->p, s->ask.form, field - 1).type != f->type);
}

static void field_place(sheet *s, int field, int first, int last)
{
    policy_form_field f = policy_form_field_at(s->p, s->ask.form, field);
    int columns = columns_of(s, field, &f);
    sheet_row *r = s->row_count > first ? &s->rows[s->row_count - 1] : NULL;
    bool pair = pair_begins(s, field, &f, last);
    if (!r || r->used + columns > WIDE || (pair && r->used)) {
        if (r)
            row_close(r);
        r = &s->rows[s->row_count++];
    }
    sheet_cell *label = &r->cells[r->count++], *value = &r->cells[r->count++];
    *label = (sheet_cell){.label = true, .columns = LABEL};
    *value = (sheet_cell){.columns = columns - LABEL};
    r->used += columns;
    cell_label(s, &f, &label->html);
    cell_value(s, field, &value->html);
    room_to_write(s, field, &f, r);
}

static bool by_others(const sheet *s, const policy_form_section *section)
{
    uint32_t hands = 0;
    for (int i = 0; i < section->field_count; i++)
        hands |= policy_form_field_at(s->p, s->ask.form, section->field_first + i).filled_by;
    return !(hands & s->form.filed_by);
}

// Nothing that somebody signed goes unseen because the form has changed since.
static void older_place(sheet *s)
{
    sheet_row *r = &s->rows[s->row_count];
    sheet_table *t = &s->tables[s->table_count];
    if (!cell_older(s, r))
        return;
    *t = (sheet_table){.first = s->row_count++, .count = 1};
    words_put(s, "この版にない項目(前の版で書かれたこと)", "No longer asked (written on an older version)", &t->heading);
    s->table_count++;
}

static void tables_place(sheet *s)
{
    bool office = false;
    s->signing = POLICY_NONE;
    for (int i = 0; i < s->form.section_count; i++) {
        policy_form_section section = policy_form_section_at(s->p, s->ask.form, i);
        sheet_table *t = &s->tables[s->table_count];
        *t = (sheet_table){.first = s->row_count, .office = by_others(s, &section)};
        office = office || t->office;
        words_label(s, section.label_ja, section.label_en, &t->heading);
        for (int k = 0; k < section.field_count; k++) {
            field_place(s, section.field_first + k, t->first, section.field_first + section.field_count - 1);
            if (policy_form_field_at(s->p, s->ask.form, section.field_first + k).type == FORM_SIGNATURE && s->signing < 0)
                s->signing = s->table_count;
        }
        t->count = s->row_count - t->first;
        if (t->count)
            row_close(&s->rows[s->row_count - 1]);
        if (t->office && s->signing < 0)
            s->signing = s->table_count;
        s->table_count++;
    }
    older_place(s);
    if (!office) {
        sheet_table *t = &s->tables[s->table_count];
        *t = (sheet_table){.first = s->row_count, .count = 1, .office = true};
        words_put(s, "受け取った施設が書くところ", "For the facility that receives it", &t->heading);
        cell_handling(s, &s->rows[s->row_count++]);
        if (s->signing < 0)
            s->signing = s->table_count;
        s->table_count++;
    }
}

// ---- how large -----------------------------------------------------------------------------

// Beside the type of the fields; where there is room they grow (sentences_grow).
static int sentence_font(int font)
{
    int small = font * 4 / 5;
    return small > 250 ? 250 : small;
}

static int sentence_lines(const sheet *s, const char *text, int font, int width)
{
    buf b = {0};
    html_text(&b, text);
    int lines = measure_lines(buf_span(&b), (int)((long long)width * EM / font));
    (void)s;
    buf_done(&b);
    return lines;
}

static int sentence_height(const sheet *s, int small, bool columns)
{
    int total = 0, longest = 0;
    bool beside = s->ask.tongue == PAGE_BOTH; // Japanese left, English right
    int width = (columns || beside ? (SHEET_WIDTH - 600) / 2 : SHEET_WIDTH - 400) - 2 * small;
    for (int i = 0; i < s->form.sentence_count; i++) {
        policy_sentence t = policy_form_sentence_at(s->p, s->ask.form, i);
        int lines = sentence_lines(s, words_pick(s, t.ja, t.en), small, width);
        int other = beside ? sentence_lines(s, t.en, small, width) : 0;
        lines = other > lines ? other : lines;
        longest = lines > longest ? lines : longest;
        total += lines * LINE(small) + small * 15 / 100 + 1;
    }
    if (columns && !beside)
        total = total / 2 + longest * LINE(small) / 2 + LINE(small);
    return total + (s->form.sentence_count ? 300 : 0);
}

static int row_height(const sheet *s, const sheet_row *r, int font, int row, int tall)
{
    int height = row;
    for (int i = 0; i < r->count; i++) {
        const sheet_cell *c = &r->cells[i];
        int own = c->label ? font * 9 / 10 : font;
        int width = c->columns * (SHEET_WIDTH / SHEET_COLUMNS) - SIDES;
        int lines = measure_lines(buf_span(&c->html), (int)((long long)width * EM / own));
        int h = lines * LINE(own) + PAD;
        height = h > height ? h : height;
    }
    (void)s;
    int room = r->tall * tall / 100 > r->least ? r->tall * tall / 100 : r->least;
    return room > height ? room : height;
}

static int head_height(const sheet *s)
{
    const int font = 290;
    int left = measure_lines(buf_span(&s->head), (SHEET_WIDTH - 3300) * EM / font) * LINE(font);
    int title = s->ask.tongue == PAGE_BOTH ? 1550 : 1050;
    return left + title > 2750 ? left + title : 2750;
}

static int page_height(const sheet *s, int font, int row, int tall, int sentences)
{
    int total = head_height(s) + 500; // the line at the foot
    for (int i = 0; i < s->table_count; i++)
        total += TABLE_GAP + LINE(font) + 60; // a heading a table
    for (int i = 0; i < s->row_count; i++)
        total += row_height(s, &s->rows[i], font, row, tall);
    return total + sentence_height(s, sentences, s->columns);
}

static bool fits(const sheet *s, int font, int row, int tall)
{
    return page_height(s, font, row, tall, sentence_font(font)) <= SHEET_HEIGHT - 250;
}

static bool fits_with(const sheet *s, int sentences)
{
    return page_height(s, s->font, s->row, s->tall, sentences) <= SHEET_HEIGHT - 250;
}

// What is agreed to is read before it is signed: it gets room before the fields get more of it.
static void sentences_grow(sheet *s)
{
    s->sentences = sentence_font(s->font);
    while (s->sentences < s->font && fits_with(s, s->sentences + 5))
        s->sentences += 5;
}

static void rows_grow(sheet *s)
{
    for (s->row += 10; s->row <= 850 && fits_with(s, s->sentences);)
        s->row += 10;
    s->row -= 10;
    for (s->tall += 10; s->tall <= 200 && fits_with(s, s->sentences);)
        s->tall += 10;
    s->tall -= 10;
}

// First the room for a hand, with type that is still read easily; then smaller and smaller.
static bool sizes_choose(sheet *s)
{
    static const struct { int most, least, row, tall; } TRIES[] = {
        {335, 300, 700, 100}, {320, 280, 650, 100}, {320, 265, 600, 80}, {320, 250, 560, 60}, {320, 240, 480, 40},
        {320, 220, 400, 20}, {320, 130, 0, 0}};
    for (size_t i = 0; i < sizeof TRIES / sizeof *TRIES; i++)
        for (int font = fits(s, TRIES[i].least, TRIES[i].row, TRIES[i].tall) ? TRIES[i].most : 0; font >= TRIES[i].least;
             font -= 5)
            if (fits(s, font, TRIES[i].row, TRIES[i].tall)) {
                s->font = font;
                s->row = TRIES[i].row;
                s->tall = TRIES[i].tall;
                sentences_grow(s);
                rows_grow(s);
                return true;
            }
    return false;
}

err sheet_plan(sheet *s)
{
    tables_place(s);
    words_head(s, &s->head);
    err e = s->head.sticky;
    for (int i = 0; i < s->table_count; i++)
        e = e ? e : s->tables[i].heading.sticky;
    for (int i = 0; i < s->row_count; i++)
        for (int k = 0; k < s->rows[i].count; k++)
            e = e ? e : s->rows[i].cells[k].html.sticky;
    s->columns = s->form.sentence_count > 3 && s->ask.tongue != PAGE_BOTH;
    return e ? e : sizes_choose(s) ? OK : ERR_LIMIT;
}

void sheet_done(sheet *s)
{
    for (int i = 0; i < s->row_count; i++)
        for (int k = 0; k < s->rows[i].count; k++)
            buf_done(&s->rows[i].cells[k].html);
    for (int i = 0; i < s->table_count; i++)
        buf_done(&s->tables[i].heading);
    buf_done(&s->head);
}
