// SPDX-License-Identifier: Apache-2.0
// forms/*.yaml: one form a file, in the paper's order.
#include "policies/writer/page.h"

static policy_form form(const page *g) { return policy_form_at(g->p, g->file); }
static value form_id(page *g) { return said_text(form(g).id); }
static value form_code(page *g) { return said_text(form(g).code); }
static value form_version(page *g) { return said_number(form(g).version); }
static value form_ja(page *g) { return said_text(form(g).label_ja); }
static value form_en(page *g) { return said_text(form(g).label_en); }
static value filed_by(page *g) { return said_mask(form(g).filed_by, UINT64_MAX); }
static value sections(page *g) { return said_number(form(g).section_count); }

static value sentences(page *g)
{
    int count = form(g).sentence_count;
    return (value){.set = count > 0, .number = count};
}

static value sentence_ja(page *g) { return said_text(policy_form_sentence_at(g->p, g->file, page_entry(g)).ja); }
static value sentence_en(page *g) { return said_text(policy_form_sentence_at(g->p, g->file, page_entry(g)).en); }

// ---- sections -------------------------------------------------------------------

static policy_form_section section(const page *g) { return policy_form_section_at(g->p, g->file, g->entry[0]); }
static value section_id(page *g) { return said_text(section(g).id); }
static value section_ja(page *g) { return said_text(section(g).label_ja); }
static value section_en(page *g) { return said_text(section(g).label_en); }
static value fields(page *g) { return said_number(section(g).field_count); }

// Said once for the part where all its fields agree; left out where they are whoever files the form.
static uint32_t section_hands(const page *g)
{
    policy_form_section s = section(g);
    uint32_t hands = policy_form_field_at(g->p, g->file, s.field_first).filled_by;
    for (int i = 1; i < s.field_count; i++)
        if (policy_form_field_at(g->p, g->file, s.field_first + i).filled_by != hands)
            return form(g).filed_by;
    return hands;
}

static value section_by(page *g)
{
    uint32_t hands = section_hands(g);
    return hands == form(g).filed_by ? NOTHING : said_mask(hands, UINT64_MAX);
}

// ---- fields ---------------------------------------------------------------------

static policy_form_field field(const page *g)
{
    return policy_form_field_at(g->p, g->file, section(g).field_first + g->entry[1]);
}

static value field_id(page *g) { return said_text(field(g).name); }
static value field_ja(page *g) { return said_text(field(g).label_ja); }
static value field_en(page *g) { return said_text(field(g).label_en); }
static value field_type_of(page *g) { return said_number(field(g).type); }
static value hint_ja(page *g) { return said_text(field(g).hint_ja); }
static value hint_en(page *g) { return said_text(field(g).hint_en); }

static value field_by(page *g)
{
    uint32_t hands = field(g).filled_by;
    return hands == section_hands(g) ? NOTHING : said_mask(hands, UINT64_MAX);
}

static value required(page *g)
{
    form_need need = field(g).need;
    return (value){.set = need != NEED_NEVER, .number = need == NEED_ALWAYS ? 1 : 2}; // 2: the map
}

static value max(page *g)
{
    int most = field(g).max;
    return (value){.set = most > 0, .number = most};
}

static value choices(page *g)
{
    int count = field(g).choice_count;
    return (value){.set = count > 0, .number = count};
}

static value when(page *g) { return said_text(policy_form_field_at(g->p, g->file, field(g).when).name); }

static value is(page *g)
{
    policy_form_field f = field(g);
    return f.need == NEED_MINOR ? said_text("minor") : f.need == NEED_IS ? said_text(f.is) : NOTHING;
}

static const value_row ROWS[] = {
    {&SHAPE_FORM, "form", form_id, NULL},
    {&SHAPE_FORM, "code", form_code, NULL},
    {&SHAPE_FORM, "version", form_version, NULL},
    {&SHAPE_FORM, "ja", form_ja, NULL},
    {&SHAPE_FORM, "en", form_en, NULL},
    {&SHAPE_FORM, "filed_by", filed_by, NULL},
    {&SHAPE_FORM, "sections", sections, NULL},
    {&SHAPE_FORM, "sentences", sentences, NULL},
    {&SHAPE_FORM, "note", NULL, "a note is for people and is no part of a version"},
    {&SHAPE_FORM_SENTENCE, "ja", sentence_ja, NULL},
    {&SHAPE_FORM_SENTENCE, "en", sentence_en, NULL},
    {&SHAPE_FORM_SECTION, "id", section_id, NULL},
    {&SHAPE_FORM_SECTION, "ja", section_ja, NULL},
    {&SHAPE_FORM_SECTION, "en", section_en, NULL},
    {&SHAPE_FORM_SECTION, "by", section_by, NULL},
    {&SHAPE_FORM_SECTION, "fields", fields, NULL},
    {&SHAPE_FORM_FIELD, "id", field_id, NULL},
    {&SHAPE_FORM_FIELD, "ja", field_ja, NULL},
    {&SHAPE_FORM_FIELD, "en", field_en, NULL},
    {&SHAPE_FORM_FIELD, "type", field_type_of, NULL},
    {&SHAPE_FORM_FIELD, "by", field_by, NULL},
    {&SHAPE_FORM_FIELD, "required", required, NULL},
    {&SHAPE_FORM_FIELD, "max", max, NULL},
    {&SHAPE_FORM_FIELD, "choices", choices, NULL},
    {&SHAPE_FORM_FIELD, "hint_ja", hint_ja, NULL},
    {&SHAPE_FORM_FIELD, "hint_en", hint_en, NULL},
    {&SHAPE_FORM_NEED, "when", when, NULL},
    {&SHAPE_FORM_NEED, "is", is, NULL},
};
const value_rows FORMS_ROWS = {ROWS, sizeof ROWS / sizeof *ROWS};
