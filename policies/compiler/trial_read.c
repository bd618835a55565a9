// SPDX-License-Identifier: Apache-2.0
// Reading tests/*.yaml. A test may say labels (看護師) and names (みきクリニック) where the
// rules want short names and codes: people write tests as they speak.
#include "policies/compiler/trial_read.h"

#include <string.h>

#include "proto/base/luhn.h"

static int label_of(draft *d, draft_place value, const draft_terms *t)
{
    const char *s = value.node && value.node->kind == YAML_SCALAR_KIND ? value.node->text : "";
    for (size_t i = 0; i < t->count; i++)
        if (strcmp(t->items[i].ja, s) == 0 || strcmp(t->items[i].en, s) == 0)
            return t->items[i].bit;
    return draft_word(d, value, t);
}

static uint32_t labels_of(draft *d, draft_place value, const draft_terms *t)
{
    uint32_t mask = 0;
    if (value.node->kind == YAML_SCALAR_KIND &&
        (strcmp(value.node->text, "all") == 0 || strcmp(value.node->text, "すべて") == 0))
        return (uint32_t)draft_all(t);
    if (value.node->kind != YAML_LIST) {
        int bit = label_of(d, value, t);
        return bit == POLICY_NONE ? 0 : 1u << bit;
    }
    for (size_t i = 0; i < value.node->count; i++) {
        int bit = label_of(d, draft_item(value, i), t);
        mask |= bit == POLICY_NONE ? 0 : 1u << bit;
    }
    return mask;
}

// A code that nobody registered is a facility too: the question is then what it hears.
static bool place_of(draft *d, draft_place value, int *ret)
{
    const char *s = draft_text(d, value);
    if (!s)
        return false;
    char narrow[BUNDLE_TEXT + 1];
    uint64_t code;
    digits_narrow(s, narrow, sizeof narrow);
    if (institution_parse(span_str(narrow), &code) == OK) {
        *ret = draft_facility_of(d, code);
        return true;
    }
    int found = POLICY_NONE;
    for (size_t i = 0; i < d->facility_count; i++) {
        if (strcmp(d->facilities[i].name, s) != 0)
            continue;
        if (found != POLICY_NONE) {
            draft_error(d, value, _("several facilities are called \"%.60s\": write the code"), s);
            return false;
        }
        found = (int)i;
    }
    if (found == POLICY_NONE) {
        const char **names = draft_get(d, d->facility_count, sizeof *names);
        for (size_t i = 0; names && i < d->facility_count; i++)
            names[i] = d->facilities[i].name;
        const char *near = names ? diag_nearest(s, names, d->facility_count) : NULL;
        if (near)
            draft_error(d, value, _("no facility is called \"%.60s\"; did you mean \"%s\"?"), s, near);
        else
            draft_error(d, value, _("no facility is called \"%.60s\"; its ten-digit code may be written too"), s);
        return false;
    }
    *ret = found;
    return true;
}

static void consent_read(draft *d, draft_place value, policy_question *q)
{
    q->consented = true;
    q->consent_categories = UINT32_MAX;
    q->consent_from = BUNDLE_DAY_MIN;
    q->consent_until = DAY_FOREVER;
    if (value.node->kind != YAML_MAP) {
        draft_yes(d, value, &q->consented);
        return;
    }
    if (!draft_map(d, value, &SHAPE_CONSENT))
        return;
    draft_place categories = draft_may(value, "categories");
    if (categories.node)
        q->consent_categories = labels_of(d, categories, &d->categories);
    draft_date(d, draft_may(value, "from"), &q->consent_from);
    draft_date(d, draft_may(value, "until"), &q->consent_until);
}

// What stands in the map replaces what the facts already said.
static void facts_read(draft *d, draft_place map, trial_facts *f)
{
    draft_place viewer = draft_may(map, "viewer"), source = draft_may(map, "source");
    draft_place through = draft_may(map, "through"), role = draft_may(map, "role");
    draft_place purpose = draft_may(map, "purpose"), category = draft_may(map, "category");
    draft_place consent = draft_may(map, "consent");
    if (viewer.node)
        f->has_viewer = place_of(d, viewer, &f->q.viewer);
    if (source.node)
        f->has_source = place_of(d, source, &f->q.source);
    f->has_through |= through.node != NULL;
    if (through.node)
        f->q.viewer_union = label_of(d, through, &d->unions);
    f->has_role |= role.node != NULL;
    if (role.node)
        f->q.role = label_of(d, role, &d->roles);
    f->has_purpose |= purpose.node != NULL;
    if (purpose.node)
        f->q.purpose = label_of(d, purpose, &d->purposes);
    if (category.node)
        f->q.asked = labels_of(d, category, &d->categories);
    draft_date(d, draft_may(map, "date"), &f->q.today);
    draft_date(d, draft_may(map, "registered_on"), &f->q.registered_on);
    draft_date(d, draft_may(map, "document"), &f->document);
    if (consent.node)
        consent_read(d, consent, &f->q);
}

static void facts_complete(draft *d, draft_place map, trial_facts *f)
{
    const struct { const char *key; bool said; } NEEDED[] = {
        {"viewer", f->has_viewer || draft_may(map, "viewer").node}, {"role", f->has_role},
        {"purpose", f->has_purpose}, {"source", f->has_source || draft_may(map, "source").node},
        {"category", f->q.asked || draft_may(map, "category").node}};
    for (size_t i = 0; i < COUNT_OF(NEEDED); i++)
        if (!NEEDED[i].said)
            draft_error(d, map, _("\"%s\" is missing here"), NEEDED[i].key);
    if (f->q.registered_on == DAY_NONE)
        f->q.registered_on = f->q.today;
    if (f->has_through || !f->has_viewer || f->q.viewer == POLICY_NONE)
        return;
    uint64_t unions = d->facilities[f->q.viewer].unions;
    f->q.viewer_union = __builtin_ctzll(unions);
    if (unions & (unions - 1))
        draft_error(d, map, _("%s is registered with several unions: say \"through\" which one it asks"),
                    d->facilities[f->q.viewer].name);
}

static trial_row *row_read(draft *d, draft_place map, const trial_facts *given)
{
    trial_row *row = draft_get(d, 1, sizeof *row);
    if (!row || !draft_map(d, map, &SHAPE_TEST))
        return NULL;
    *row = (trial_row){.place = map, .facts = *given, .reason = POLICY_NONE, .from = DAY_NONE, .note = ""};
    row->question = draft_text(d, draft_may(map, "question"));
    const char *note = draft_text(d, draft_may(map, "note"));
    row->note = note ? note : "";
    facts_read(d, map, &row->facts);
    facts_complete(d, map, &row->facts);
    draft_yes(d, draft_may(map, "answer"), &row->yes);
    draft_place reason = draft_may(map, "reason"), from = draft_may(map, "from");
    if (reason.node) {
        int choice = draft_choice_of(d, reason, &CHOICES_REASONS, N_("reason"));
        row->reason = choice == POLICY_NONE ? POLICY_NONE : WHY_RULE + choice;
        if (row->yes)
            draft_error(d, reason, _("a reason belongs to the answer no"));
    }
    draft_date(d, from, &row->from);
    if (from.node && !row->yes)
        draft_error(d, from, _("the first day that may be seen belongs to the answer yes"));
    return row;
}

static trial_row **file_read(draft *d, draft_place map, trial_row **end)
{
    size_t errors = d->diag->errors;
    if (!draft_map(d, map, &SHAPE_TESTS))
        return end;
    trial_facts given = {.document = DAY_NONE};
    given.q = (policy_question){.viewer = POLICY_NONE, .viewer_union = POLICY_NONE, .role = POLICY_NONE,
                                .purpose = POLICY_NONE, .source = POLICY_NONE, .today = d->effective_from,
                                .registered_on = DAY_NONE, .consented = true, .consent_categories = UINT32_MAX,
                                .consent_from = BUNDLE_DAY_MIN, .consent_until = DAY_FOREVER};
    draft_place common = draft_may(map, "given"), list = draft_may(map, "tests");
    if (common.node && draft_map(d, common, &SHAPE_GIVEN))
        facts_read(d, common, &given);
    if (d->diag->errors > errors)
        return end; // else each test would say it again
    size_t count = draft_list(d, list, &SHAPE_TEST);
    if (list.node && list.node->kind == YAML_LIST && count == 0)
        draft_warn(d, list, _("there is no test here"));
    for (size_t i = 0; i < count && !d->broken; i++) {
        trial_row *row = row_read(d, draft_item(list, i), &given);
        if (!row)
            continue;
        *end = row;
        end = &row->next;
    }
    return end;
}

trial_row *trial_rows_read(draft *d)
{
    trial_row *first = NULL, **end = &first;
    for (size_t i = 0; i < d->file_count && !d->broken; i++) {
        const yaml_doc *doc = d->files[i].doc;
        if (doc && draft_in_folder(&d->files[i], "tests/"))
            end = file_read(d, draft_at(doc, doc->root), end);
    }
    return first;
}
