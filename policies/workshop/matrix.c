// SPDX-License-Identifier: Apache-2.0
#include "policies/workshop/matrix.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policies/workshop/names.h"
#include "policies/workshop/words.h"
#include "proto/base/tongue.h"

const char *matrix_union(const policy *p, int u, bool japanese)
{
    const char *secretariat = policy_union_secretariat(p, u);
    return japanese && *secretariat ? secretariat : policy_union_text(p, u).id;
}

// ---- unions ------------------------------------------------------------------

static uint32_t bits(int n)
{
    return n >= 32 ? UINT32_MAX : (1u << n) - 1;
}

static void part(buf *b, const char *head, bool ja)
{
    buf_printf(b, "%s%s", b->len ? (ja ? "。" : "; ") : "", head);
}

// What an agreement leaves out, in words; "" if nothing.
static void differences(const policy *p, const policy_pact_view *c, bool ja, buf *b)
{
    uint32_t no_kinds = bits(policy_kind_count(p)) & ~c->kinds, no_categories = policy_categories(p) & ~c->categories;
    char day_text[11];
    if (no_categories) {
        part(b, _("without: "), ja);
        name_list(p, NAME_CATEGORY, no_categories, ja, b);
    }
    if (no_kinds) {
        part(b, _("not for: "), ja);
        name_list(p, NAME_KIND, no_kinds, ja, b);
    }
    for (int bit = 0; bit < policy_category_count(p); bit++)
        if ((c->categories >> bit & 1) && c->months[bit] < policy_category_window(p, bit)) {
            part(b, name_label(policy_category_text(p, bit), ja), ja);
            buf_put_str(b, ja ? ": " : ": ");
            months_put(c->months[bit], b);
        }
    if (c->until != DAY_FOREVER) {
        day_format(c->until, day_text);
        part(b, _("until "), ja);
        buf_put_str(b, day_text);
    }
}

static int note_number(matrix *m, const char *text)
{
    for (int i = 0; i < m->note_count; i++)
        if (strcmp(m->notes[i].text, text) == 0)
            return i + 1;
    if (m->note_count == MATRIX_NOTES)
        return MATRIX_NOTES;
    snprintf(m->notes[m->note_count++].text, sizeof m->notes->text, "%s", text);
    return m->note_count;
}

static int cell_make(const policy *p, matrix *m, int viewer, int discloser, day today, bool ja)
{
    if (viewer == discloser)
        return MATRIX_OWN;
    int number = MATRIX_NONE;
    for (int i = 0; i < policy_pact_count(p, discloser, viewer); i++) {
        policy_pact_view c = policy_pact_at(p, discloser, viewer, i);
        buf b = {0};
        if (today >= c.from && today <= c.until) {
            differences(p, &c, ja, &b);
            number = b.len ? note_number(m, buf_str(&b)) : MATRIX_FULL;
        } else if (today < c.from && number == MATRIX_NONE) {
            char from[11];
            day_format(c.from, from);
            buf_printf(&b, _("only from %s"), from);
            number = note_number(m, buf_str(&b));
        }
        buf_done(&b);
    }
    return number;
}

// ---- roles -------------------------------------------------------------------

static err row_add(matrix *m, matrix_row r)
{
    for (size_t i = 0; i < m->row_count; i++) {
        matrix_row *x = &m->rows[i];
        if (x->role == r.role && x->kinds == r.kinds && x->categories == r.categories) {
            x->purposes |= r.purposes;
            return OK;
        }
    }
    matrix_row *at = realloc(m->rows, (m->row_count + 1) * sizeof *at);
    if (!at)
        return ERR_MEM;
    m->rows = at;
    m->rows[m->row_count++] = r;
    return OK;
}

// For a role and purpose: the kinds that see the same stand in one row.
static err rows_of(const policy *p, int role, int purpose, matrix *m)
{
    uint32_t done = 0;
    err e = OK;
    for (int k = 0; e == OK && k < policy_kind_count(p); k++) {
        matrix_row r = {role, 0, 1u << purpose, policy_allowed(p, k, role, purpose)};
        if (!r.categories || (done >> k & 1))
            continue;
        for (int i = k; i < policy_kind_count(p); i++)
            if (policy_allowed(p, i, role, purpose) == r.categories)
                r.kinds |= 1u << i;
        done |= r.kinds;
        e = row_add(m, r);
    }
    return e;
}

err matrix_make(const policy *p, day today, bool japanese, matrix **ret)
{
    matrix *m = calloc(1, sizeof *m);
    err e = m && (m->notes = calloc(MATRIX_NOTES, sizeof *m->notes)) ? OK : ERR_MEM;
    for (int v = 0; e == OK && v < policy_union_count(p) && v < 64; v++)
        for (int u = 0; u < policy_union_count(p) && u < 64; u++)
            m->cell[v][u] = (int16_t)cell_make(p, m, v, u, today, japanese);
    for (int r = 0; e == OK && r < policy_role_count(p); r++)
        for (int x = 0; e == OK && x < policy_purpose_count(p); x++)
            e = rows_of(p, r, x, m);
    if (e) {
        matrix_free(m);
        return e;
    }
    m->unions = policy_union_count(p) < 64 ? policy_union_count(p) : 64;
    *ret = m;
    return OK;
}

void matrix_free(matrix *m)
{
    if (!m)
        return;
    free(m->notes);
    free(m->rows);
    free(m);
}

// ---- text --------------------------------------------------------------------

static const char *cell_text(int cell, char out[static 12])
{
    if (cell > 0)
        snprintf(out, 12, "*%d", cell);
    return cell == MATRIX_FULL ? "O" : cell == MATRIX_OWN ? "=" : cell == MATRIX_NONE ? "-" : out;
}

static void unions_text(const policy *p, const matrix *m, bool ja, buf *out)
{
    char number[12];
    words_column("", 30, out);
    for (int u = 0; u < m->unions; u++) {
        snprintf(number, sizeof number, "%d", u + 1);
        words_column(number, 5, out);
    }
    buf_put_str(out, "\n");
    for (int v = 0; v < m->unions; v++) {
        char name[300];
        snprintf(name, sizeof name, "%2d %s", v + 1, matrix_union(p, v, ja));
        words_column(name, 30, out);
        for (int u = 0; u < m->unions; u++)
            words_column(cell_text(m->cell[v][u], number), 5, out);
        buf_put_str(out, "\n");
    }
    for (int i = 0; i < m->note_count; i++)
        buf_printf(out, "  *%d  %s\n", i + 1, m->notes[i].text);
}

err matrix_text(const policy *p, day today, bool japanese, buf *out)
{
    matrix *m = NULL;
    err e = matrix_make(p, today, japanese, &m);
    if (e)
        return e;
    char date[11];
    day_format(today, date);
    buf_printf(out, _("Agreements on %s: a row sees from a column (O all, * with a difference, - nothing, = itself)\n\n"),
               date);
    unions_text(p, m, japanese, out);
    buf_printf(out, "\n%s\n", _("What the rules allow, within the agreement, the consent and the window:"));
    for (size_t i = 0; i < m->row_count; i++) {
        const matrix_row *r = &m->rows[i];
        if (i == 0 || m->rows[i - 1].role != r->role)
            buf_printf(out, "\n%s\n", name_label(policy_role_text(p, r->role), japanese));
        buf_put_str(out, "  ");
        name_list(p, NAME_KIND, r->kinds, japanese, out);
        buf_put_str(out, " | ");
        name_list(p, NAME_PURPOSE, r->purposes, japanese, out);
        buf_put_str(out, "\n      ");
        name_list(p, NAME_CATEGORY, r->categories, japanese, out);
        buf_put_str(out, "\n");
    }
    matrix_free(m);
    return out->sticky;
}

// ---- csv ---------------------------------------------------------------------

static void field(buf *out, const char *text, bool last)
{
    buf_put_u8(out, '"');
    // A spreadsheet takes such a beginning for a formula.
    if (strchr("=+-@", *text) && *text)
        buf_put_u8(out, '\'');
    for (; *text; text++) {
        if (*text == '"')
            buf_put_u8(out, '"');
        buf_put_u8(out, (uint8_t)*text);
    }
    buf_put_str(out, last ? "\"\r\n" : "\",");
}

static void right_line(const policy *p, const policy_pact_view *c, int viewer, int discloser, const int who[3], int bit,
                       bool ja, buf *out)
{
    char months[12], from[11], until[11];
    snprintf(months, sizeof months, "%u", c->months[bit]);
    day_format(c->from < day_of(1900, 1, 1) ? policy_effective_from(p) : c->from, from);
    day_format(c->until, until);
    field(out, matrix_union(p, viewer, ja), false);
    field(out, matrix_union(p, discloser, ja), false);
    field(out, name_label(policy_kind_text(p, who[0]), ja), false);
    field(out, name_label(policy_role_text(p, who[1]), ja), false);
    field(out, name_label(policy_purpose_text(p, who[2]), ja), false);
    field(out, name_label(policy_category_text(p, bit), ja), false);
    field(out, months, false);
    field(out, from, false);
    field(out, c->until == DAY_FOREVER ? "" : until, true);
}

static void pact_lines(const policy *p, int viewer, int discloser, const policy_pact_view *c, bool ja, buf *out)
{
    int who[3];
    for (who[0] = 0; who[0] < policy_kind_count(p); who[0]++)
        for (who[1] = 0; (c->kinds >> who[0] & 1) && who[1] < policy_role_count(p); who[1]++)
            for (who[2] = 0; who[2] < policy_purpose_count(p); who[2]++) {
                uint32_t left = policy_allowed(p, who[0], who[1], who[2]) & c->categories;
                for (; left; left &= left - 1)
                    right_line(p, c, viewer, discloser, who, __builtin_ctz(left), ja, out);
            }
}

err matrix_csv(const policy *p, bool japanese, buf *out)
{
    static const char *const HEADS[] = {N_("viewing union"), N_("disclosing union"), N_("kind of facility"),
                                        N_("role"), N_("purpose"), N_("category"), N_("months back"), N_("from"),
                                        N_("until")};
    buf_put_str(out, "\xef\xbb\xbf");
    for (size_t i = 0; i < sizeof HEADS / sizeof *HEADS; i++)
        field(out, _(HEADS[i]), i + 1 == sizeof HEADS / sizeof *HEADS);
    for (int v = 0; v < policy_union_count(p); v++)
        for (int u = 0; u < policy_union_count(p); u++)
            for (int i = 0; i < policy_pact_count(p, u, v); i++) {
                policy_pact_view c = policy_pact_at(p, u, v, i);
                pact_lines(p, v, u, &c, japanese, out);
            }
    return out->sticky;
}
