// SPDX-License-Identifier: Apache-2.0
// A shape and its values as YAML. What fits on a line stands on one line ({a: b}); the order
// is the shape's. The shapes are those the checker refuses by, so a field that is added to
// the language is asked for here, and found missing.
#include <string.h>

#include "policies/writer/page.h"
#include "proto/base/utf8.h"

static void map_put(page *g, const draft_shape *shape, buf *out, int indent, bool flow);

int page_entry(const page *g) { return g->level ? g->entry[g->level - 1] : 0; }

const value_row *row_find(const draft_shape *shape, const char *field)
{
    const value_rows *const ALL[] = {&UNIONS_ROWS, &COUNCIL_ROWS, &WORDS_ROWS, &AGREEMENTS_ROWS, &FORMS_ROWS, &REQUESTS_ROWS};
    for (size_t t = 0; t < sizeof ALL / sizeof *ALL; t++)
        for (size_t i = 0; i < ALL[t]->count; i++)
            if (ALL[t]->rows[i].shape == shape && strcmp(ALL[t]->rows[i].field, field) == 0)
                return &ALL[t]->rows[i];
    return NULL;
}

bool writer_knows(const draft_shape *shape, const char *field, const char **ret_never)
{
    const value_row *row = row_find(shape, field);
    if (!row || !row->of == !row->never)
        return false;
    *ret_never = row->never;
    return true;
}

value said_text(const char *s) { return (value){.set = s && *s, .text = s}; }
value said_number(int64_t n) { return (value){.set = true, .number = n}; }
value said_yes(bool yes) { return (value){.set = yes, .number = yes}; }
value said_day(day d) { return (value){.set = true, .number = d}; }
value said_mask(uint64_t mask, uint64_t all) { return (value){.set = true, .mask = mask, .all = mask == all}; }

value said_keys(int count, const uint8_t *const keys[2])
{
    return (value){.set = count > 0, .number = count, .keys = {keys[0], keys[1]}};
}

static const char *word_name(const policy *p, field_words words, int i)
{
    switch (words) {
    case WORDS_CATEGORIES: return policy_category_text(p, i).id;
    case WORDS_KINDS: return policy_kind_text(p, i).id;
    case WORDS_ROLES: return policy_role_text(p, i).id;
    case WORDS_PURPOSES: return policy_purpose_text(p, i).id;
    case WORDS_UNIONS: return policy_union_text(p, i).id;
    default: return "";
    }
}

// ---- lists of scalars: [a, b], broken where they grow long ----------------------------

typedef struct row_of { // a flow list being written
    buf *out;
    size_t line;        // where its line began
    int indent, count;
} row_of;

static row_of list_open(buf *out, int indent)
{
    buf_put_str(out, "[");
    return (row_of){.out = out, .line = out->len, .indent = indent};
}

// indent -1: within a line, never broken.
static void list_next(row_of *r)
{
    if (r->count++ == 0)
        return;
    if (r->indent >= 0 && r->out->len - r->line > 80) {
        buf_printf(r->out, ",\n%*s", r->indent + 2, "");
        r->line = r->out->len;
    } else {
        buf_put_str(r->out, ", ");
    }
}

static void words_put(const page *g, const draft_field *f, const value *v, buf *out, int indent)
{
    if (v->all) {
        buf_put_str(out, "all");
        return;
    }
    row_of r = list_open(out, indent);
    for (int i = 0; i < 64; i++)
        if (v->mask >> i & 1) {
            list_next(&r);
            spell_text(out, word_name(g->p, f->words, i));
        }
    buf_put_str(out, "]");
}

static void choices_put(const draft_field *f, uint64_t mask, buf *out, int indent)
{
    row_of r = list_open(out, indent);
    for (size_t i = 0; i < f->choices->count; i++)
        if (mask >> i & 1) {
            list_next(&r);
            spell_text(out, f->choices->items[i].name);
        }
    buf_put_str(out, "]");
}

static void keys_put(const value *v, buf *out, int indent)
{
    row_of r = list_open(out, indent);
    for (int i = 0; i < v->number && i < 2; i++) {
        list_next(&r);
        buf_put_str(out, "\"");
        buf_put_hex(out, span_of(v->keys[i], 32));
        buf_put_str(out, "\"");
    }
    buf_put_str(out, "]");
}

static void sets_put(const page *g, const draft_field *f, const value *v, buf *out, int indent)
{
    row_of r = list_open(out, indent);
    for (int i = 0; i < v->number; i++) {
        list_next(&r);
        choices_put(f, v->mask_at(g->p, i), out, -1);
    }
    buf_put_str(out, "]");
}

static void texts_put(const page *g, const value *v, buf *out, int indent)
{
    row_of r = list_open(out, indent);
    for (int i = 0; i < v->number; i++) {
        list_next(&r);
        spell_text(out, v->text_at(g->p, i));
    }
    buf_put_str(out, "]");
}

static void codes_put(const page *g, const value *v, buf *out, int indent)
{
    if (v->all) {
        buf_put_str(out, "all");
        return;
    }
    row_of r = list_open(out, indent);
    for (int i = 0; i < v->number; i++) {
        list_next(&r);
        buf_printf(out, "%010llu", (unsigned long long)policy_facility_at(g->p, g->rows[i]).code);
    }
    buf_put_str(out, "]");
}

static void windows_put(const page *g, const value *v, buf *out, int indent)
{
    row_of r = {.out = out, .line = out->len, .indent = indent};
    buf_put_str(out, "{");
    for (int bit = 0; bit < POLICY_CATEGORIES; bit++)
        if (v->mask >> bit & 1) {
            list_next(&r);
            spell_text(out, policy_category_text(g->p, bit).id);
            buf_put_str(out, ": ");
            spell_months(out, v->months[bit]);
        }
    buf_put_str(out, "}");
}

// ---- one value ------------------------------------------------------------------------

static void scalar_put(page *g, const draft_field *f, const value *v, buf *out, int indent)
{
    switch (f->type) {
    case FIELD_TEXT: case FIELD_LONG: case FIELD_ID: case FIELD_HOST: spell_text(out, v->text); break;
    case FIELD_FRACTION: buf_put_str(out, v->text); break;
    case FIELD_NUMBER: buf_printf(out, "%lld", (long long)v->number); break;
    case FIELD_DATE: case FIELD_DATE_NEVER: spell_day(out, (day)v->number); break;
    case FIELD_DURATION: spell_months(out, v->number); break;
    case FIELD_CODE: buf_printf(out, "%010lld", (long long)v->number); break;
    case FIELD_YES: case FIELD_NEED: buf_put_str(out, v->number ? "はい" : "いいえ"); break;
    case FIELD_HEX:
        buf_put_str(out, "\"");
        buf_put_hex(out, span_of(v->keys[0], 32));
        buf_put_str(out, "\"");
        break;
    case FIELD_HEXES: keys_put(v, out, indent); break;
    case FIELD_TEXTS: texts_put(g, v, out, indent); break;
    case FIELD_WORD: spell_text(out, word_name(g->p, f->words, (int)v->number)); break;
    case FIELD_WORDS: words_put(g, f, v, out, indent); break;
    case FIELD_CHOICE: spell_text(out, f->choices->items[v->number].name); break;
    case FIELD_CHOICES: choices_put(f, v->mask, out, indent); break;
    case FIELD_CHOICE_SETS: sets_put(g, f, v, out, indent); break;
    case FIELD_CODES: case FIELD_CODES_ALL: codes_put(g, v, out, indent); break;
    case FIELD_WINDOWS: windows_put(g, v, out, indent); break;
    default: g->broken = true; break; // a type that only tests have, or a new one
    }
}

static bool is_map(const draft_field *f, const value *v)
{
    return f->type == FIELD_MAP || (f->type == FIELD_NEED && v->number > 1);
}

// The map on one line, if it fits behind what stands there already. Lists of entries and sentences
// never stand within a line.
static bool line_put(page *g, const draft_shape *shape, buf *out, int used)
{
    buf line = {0};
    g->tall = false;
    map_put(g, shape, &line, -1, true);
    bool fits = !g->tall && utf8_width(buf_span(&line)) + (size_t)used <= PAGE_WIDTH;
    if (fits)
        buf_put_span(out, buf_span(&line));
    if (line.sticky && !out->sticky)
        out->sticky = line.sticky;
    buf_done(&line);
    return fits;
}

static void list_put(page *g, const draft_field *f, const value *v, buf *out, int indent)
{
    if (v->number == 0 || g->level == PAGE_LEVELS) {
        g->broken = g->broken || v->number != 0;
        buf_put_str(out, " []\n");
        return;
    }
    const char *outer = g->list;
    g->list = f->name;
    g->level++;
    buf_put_str(out, "\n");
    for (int i = 0; i < v->number && !out->sticky && !g->broken; i++) {
        g->entry[g->level - 1] = i;
        buf_printf(out, "%*s- ", indent + 2, "");
        if (line_put(g, f->shape, out, indent + 4))
            buf_put_str(out, "\n");
        else
            map_put(g, f->shape, out, indent + 4, false);
    }
    g->level--;
    g->list = outer;
}

static void field_put(page *g, const draft_field *f, const value *v, buf *out, int indent, bool flow)
{
    spell_text(out, f->name);
    buf_put_str(out, ":");
    if (flow && (f->type == FIELD_LIST || f->type == FIELD_LONG)) {
        g->tall = true;
        return;
    }
    if (f->type == FIELD_LIST) {
        list_put(g, f, v, out, indent);
        return;
    }
    size_t before = out->len;
    buf_put_str(out, " ");
    if (is_map(f, v) && flow) {
        map_put(g, f->shape, out, -1, true);
    } else if (!is_map(f, v)) {
        scalar_put(g, f, v, out, flow ? -1 : indent);
    } else if (!line_put(g, f->shape, out, indent + (int)strlen(f->name) + 2)) {
        out->len = before;
        buf_printf(out, "\n%*s", indent + 2, "");
        map_put(g, f->shape, out, indent + 2, false);
        return;
    }
    if (!flow)
        buf_put_str(out, "\n");
}

// The first field stands where the writer is; the others on lines of their own, or behind commas.
static void map_put(page *g, const draft_shape *shape, buf *out, int indent, bool flow)
{
    bool first = true;
    buf_put_str(out, flow ? "{" : "");
    for (size_t i = 0; i < shape->count && !g->broken && !(flow && g->tall); i++) {
        const draft_field *f = &shape->fields[i];
        const value_row *row = row_find(shape, f->name);
        if (!row) {
            g->broken = true;
            return;
        }
        value v = row->of ? row->of(g) : NOTHING;
        if (!v.set)
            continue;
        if (!first && flow)
            buf_put_str(out, ", ");
        else if (!first)
            buf_printf(out, "%*s", indent, "");
        first = false;
        field_put(g, f, &v, out, indent, flow);
    }
    if (first && !flow)
        buf_put_str(out, "{}\n"); // an entry that says nothing
    buf_put_str(out, flow ? "}" : "");
}

void layout_put(page *g, const draft_shape *shape, buf *out)
{
    map_put(g, shape, out, 0, false);
}
