// SPDX-License-Identifier: Apache-2.0
// requests.yaml: how a request goes its way. Lists with words keep the file's order,
// because people choose from them; everything else means the same in any order.
#include <stdlib.h>
#include <string.h>

#include "policies/compiler/draft.h"

static void deadlines_draft(draft *d, draft_place list)
{
    size_t count = draft_list(d, list, &SHAPE_DEADLINE);
    for (size_t i = 0; i < count; i++) {
        draft_place map = draft_item(list, i);
        draft_deadline t = {.set = true};
        if (!draft_map(d, map, &SHAPE_DEADLINE))
            continue;
        int state = draft_choice_of(d, draft_may(map, "state"), &CHOICES_STATES, N_("state"));
        draft_number(d, map, &SHAPE_DEADLINE, "days", &t.days);
        draft_number(d, map, &SHAPE_DEADLINE, "remind", &t.remind);
        draft_yes(d, draft_may(map, "cancels"), &t.cancels);
        if (t.days && t.remind >= t.days)
            draft_error(d, draft_may(map, "remind"), _("the reminder would come after the deadline"));
        if (state == POLICY_NONE)
            continue;
        if (d->requests.deadlines[state].set)
            draft_error(d, map, _("the state \"%s\" is described twice"), CHOICES_STATES.items[state].name);
        d->requests.deadlines[state] = t;
    }
}

// Reasons and relations: a name, its labels, and one yes or no.
static void reasons_draft(draft *d, draft_place list, const draft_shape *shape, const char *flag, size_t max,
                          draft_reasons *ret)
{
    size_t count = draft_list(d, list, shape);
    if (count > max) {
        draft_error(d, list, _("too many: at most %zu"), max);
        return;
    }
    ret->items = draft_get(d, count, sizeof *ret->items);
    for (size_t i = 0; ret->items && i < count; i++) {
        draft_place map = draft_item(list, i);
        draft_reason r = {.place = map};
        if (!draft_map(d, map, shape))
            continue;
        r.id = draft_id(d, draft_may(map, "id"));
        r.ja = draft_text(d, draft_may(map, "ja"));
        r.en = draft_text(d, draft_may(map, "en"));
        draft_yes(d, draft_may(map, flag), &r.flag);
        for (size_t k = 0; r.id && k < ret->count; k++)
            if (strcmp(ret->items[k].id, r.id) == 0)
                draft_error(d, map, _("\"%s\" is described twice"), r.id);
        if (r.id && r.ja && r.en)
            ret->items[ret->count++] = r;
    }
}

// A set that asks for more than another one changes nothing.
static void accept_add(draft *d, draft_place at, uint32_t set)
{
    draft_requests *q = &d->requests;
    for (size_t i = 0; i < q->accept_count;) {
        if ((q->accept[i] & set) == q->accept[i]) {
            draft_warn(d, at, _("this asks for all that another list asks for: it changes nothing"));
            return;
        }
        if ((q->accept[i] & set) == set) {
            draft_warn(d, at, _("another list asks for all that this one does: that one changes nothing"));
            q->accept[i] = q->accept[--q->accept_count];
        } else {
            i++;
        }
    }
    q->accept[q->accept_count++] = (uint16_t)set;
}

static int set_cmp(const void *a, const void *b)
{
    uint16_t x = *(const uint16_t *)a, y = *(const uint16_t *)b;
    return (x > y) - (x < y);
}

static void matching_draft(draft *d, draft_place map)
{
    draft_requests *q = &d->requests;
    if (!map.node || !draft_map(d, map, &SHAPE_MATCHING))
        return;
    draft_place show = draft_may(map, "show"), accept = draft_may(map, "accept");
    if (show.node) {
        q->shown = draft_choices_of(d, show, &CHOICES_STRENGTHS, N_("strength"));
        if (show.node->kind == YAML_LIST && show.node->count == 0)
            draft_error(d, show, _("with nothing shown nobody could ever be found"));
    }
    if (accept.node && (accept.node->kind != YAML_LIST || accept.node->count > BUNDLE_ACCEPT_SETS)) {
        draft_error(d, accept, _("expected at most %d lists such as [insurance, birth, sex]"), BUNDLE_ACCEPT_SETS);
        return;
    }
    for (size_t i = 0; accept.node && i < accept.node->count; i++) {
        draft_place item = draft_item(accept, i);
        uint32_t set = draft_choices_of(d, item, &CHOICES_EVIDENCE, N_("field"));
        if (item.node->kind == YAML_LIST && item.node->count == 0)
            draft_error(d, item, _("an empty list asks for nothing: then leave \"accept\" out"));
        if (set)
            accept_add(d, item, set);
    }
    if (q->accept_count > 1)
        qsort(q->accept, q->accept_count, sizeof *q->accept, set_cmp);
}

static void told_draft(draft *d, draft_place map)
{
    draft_requests *q = &d->requests;
    if (!map.node || !draft_map(d, map, &SHAPE_TOLD))
        return;
    for (size_t i = 0; i < FLOW_EVENT_COUNT; i++)
        q->told[i] = draft_choices_of(d, draft_may(map, SHAPE_TOLD.fields[i].name), &CHOICES_TOLD, N_("audience"));
    uint32_t both = 1u << FLOW_TO_DISCLOSING | 1u << FLOW_TO_OWN;
    if ((q->told[FLOW_EVENT_EMERGENCY] & both) != both && d->diag->errors == d->errors)
        draft_warn(d, draft_may(map, "emergency").node ? draft_may(map, "emergency") : map,
                   _("of an emergency both the hospital (disclosing) and the patient's own clinic (own) should "
                     "be told"));
}

static void emergency_draft_of(draft *d, draft_place map)
{
    draft_requests *q = &d->requests;
    bool named;
    if (!map.node || !draft_map(d, map, &SHAPE_REQUESTS_EMERGENCY))
        return;
    reasons_draft(d, draft_may(map, "reasons"), &SHAPE_REASON, "explain", BUNDLE_REASONS, &q->emergencies);
    draft_words(d, draft_may(map, "review_roles"), &d->roles, &q->review_roles, &named);
    q->review_by = draft_choices_of(d, draft_may(map, "review_by"), &CHOICES_TOLD, N_("audience"));
    draft_number(d, map, &SHAPE_REQUESTS_EMERGENCY, "consent_days", &q->consent_days);
}

void requests_draft(draft *d)
{
    const yaml_doc *doc = draft_doc(d, "requests.yaml", false);
    draft_place map = draft_at(doc, doc ? doc->root : NULL);
    draft_requests *q = &d->requests;
    if (!draft_map(d, map, &SHAPE_REQUESTS))
        return;
    *q = (draft_requests){.set = true, .place = map, .retention_months = 60, .notice_days = 30, .majority_age = 18,
                          .consent_days = 1,
                          .shown = 1u << FLOW_POSSIBLE | 1u << FLOW_LIKELY | 1u << FLOW_STRONG,
                          .review_by = 1u << FLOW_TO_DISCLOSING | 1u << FLOW_TO_SECRETARIAT};
    deadlines_draft(d, draft_may(map, "deadlines"));
    reasons_draft(d, draft_may(map, "refusals"), &SHAPE_REASON, "explain", BUNDLE_REASONS, &q->refusals);
    reasons_draft(d, draft_may(map, "join_refusals"), &SHAPE_REASON, "explain", BUNDLE_REASONS, &q->join_refusals);
    reasons_draft(d, draft_may(map, "relations"), &SHAPE_RELATION, "until_majority", BUNDLE_RELATIONS, &q->relations);
    q->second_check = draft_choices_of(d, draft_may(map, "second_check"), &CHOICES_SECOND, N_("case"));
    if (q->second_check & 1u << SECOND_ALWAYS) // whatever else is named
        q->second_check = 1u << SECOND_ALWAYS;
    matching_draft(d, draft_may(map, "matching"));
    draft_place retention = draft_may(map, "retention"), valid = draft_may(map, "valid");
    if (draft_months(d, retention, &q->retention_months) && q->retention_months < BUNDLE_RETENTION_MIN)
        draft_error(d, retention, _("papers are kept for three years at least"));
    draft_months(d, valid, &q->valid_months);
    draft_number(d, map, &SHAPE_REQUESTS, "notice_days", &q->notice_days);
    draft_number(d, map, &SHAPE_REQUESTS, "majority_age", &q->majority_age);
    told_draft(d, draft_may(map, "told"));
    emergency_draft_of(d, draft_may(map, "emergency"));
}
