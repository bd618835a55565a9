// SPDX-License-Identifier: Apache-2.0
// Forms and the request flow as bytes (policies/engine/bundle.h).
#include <string.h>

#include "policies/compiler/draft.h"

static void labels_put(buf *b, const char *id, const char *ja, const char *en)
{
    draft_text_put(b, id);
    draft_text_put(b, ja);
    draft_text_put(b, en);
}

static void long_put(buf *b, const char *s)
{
    size_t len = strlen(s);
    buf_put_u16(b, (uint16_t)len);
    buf_put(b, s, len + 1);
}

static void field_put(buf *b, const draft_form_field *f)
{
    labels_put(b, f->id, f->ja, f->en);
    draft_text_put(b, f->hint_ja);
    draft_text_put(b, f->hint_en);
    buf_put_u8(b, (uint8_t)f->type);
    buf_put_u8(b, (uint8_t)f->by);
    buf_put_u8(b, (uint8_t)f->need);
    if (f->need >= NEED_FILLED)
        buf_put_u8(b, (uint8_t)f->when);
    if (f->need == NEED_IS)
        draft_text_put(b, f->is);
    buf_put_u16(b, (uint16_t)f->max);
    if (f->type != FORM_CHOICE)
        return;
    buf_put_u8(b, (uint8_t)f->choice_count);
    for (size_t i = 0; i < f->choice_count; i++)
        labels_put(b, f->choices[i].id, f->choices[i].ja, f->choices[i].en);
}

static void form_put(buf *b, const draft_form *f)
{
    const draft_form_field *field = f->fields;
    labels_put(b, f->id, f->ja, f->en);
    draft_text_put(b, f->code);
    buf_put_u32(b, (uint32_t)f->version);
    buf_put_u8(b, (uint8_t)f->filed_by);
    buf_put_u8(b, (uint8_t)f->section_count);
    for (size_t i = 0; i < f->section_count; i++) {
        const draft_form_section *s = &f->sections[i];
        labels_put(b, s->id, s->ja, s->en);
        buf_put_u8(b, (uint8_t)s->field_count);
        for (size_t k = 0; k < s->field_count; k++)
            field_put(b, field++);
    }
    buf_put_u8(b, (uint8_t)f->sentence_count);
    for (size_t i = 0; i < f->sentence_count; i++) {
        long_put(b, f->sentences[i].ja);
        long_put(b, f->sentences[i].en);
    }
}

void forms_put(buf *b, const draft *d)
{
    buf_put_u8(b, (uint8_t)d->form_count);
    for (size_t i = 0; i < d->form_count; i++)
        form_put(b, &d->forms[i]);
}

static void reasons_put(buf *b, const draft_reasons *list)
{
    buf_put_u8(b, (uint8_t)list->count);
    for (size_t i = 0; i < list->count; i++) {
        labels_put(b, list->items[i].id, list->items[i].ja, list->items[i].en);
        buf_put_u8(b, list->items[i].flag);
    }
}

static void deadlines_put(buf *b, const draft_requests *q)
{
    uint8_t count = 0;
    for (int s = 0; s < FLOW_STATE_COUNT; s++)
        count = (uint8_t)(count + q->deadlines[s].set);
    buf_put_u8(b, count);
    for (int s = 0; s < FLOW_STATE_COUNT; s++) {
        const draft_deadline *t = &q->deadlines[s];
        if (!t->set)
            continue;
        buf_put_u8(b, (uint8_t)s);
        buf_put_u16(b, (uint16_t)t->days);
        buf_put_u16(b, (uint16_t)t->remind);
        buf_put_u8(b, t->cancels);
    }
}

void requests_put(buf *b, const draft *d)
{
    const draft_requests *q = &d->requests;
    if (!q->set)
        return;
    deadlines_put(b, q);
    reasons_put(b, &q->refusals);
    reasons_put(b, &q->relations);
    reasons_put(b, &q->emergencies);
    buf_put_u8(b, (uint8_t)q->second_check);
    buf_put_u8(b, (uint8_t)q->shown);
    buf_put_u8(b, (uint8_t)q->accept_count);
    for (size_t i = 0; i < q->accept_count; i++)
        buf_put_u16(b, q->accept[i]);
    buf_put_u16(b, (uint16_t)q->retention_months);
    buf_put_u16(b, (uint16_t)q->valid_months);
    buf_put_u16(b, (uint16_t)q->notice_days);
    buf_put_u8(b, (uint8_t)q->majority_age);
    buf_put_u64(b, q->review_roles);
    buf_put_u8(b, (uint8_t)q->review_by);
    buf_put_u16(b, (uint16_t)q->consent_days);
    int told = FLOW_EVENT_COUNT;
    while (told > BUNDLE_EVENTS_FIRST && !q->told[told - 1])
        told--;
    for (int e = 0; e < told; e++)
        buf_put_u8(b, (uint8_t)q->told[e]);
    if (q->join_refusals.count) {
        buf_put_u8(b, BUNDLE_FLOW_MORE);
        reasons_put(b, &q->join_refusals);
    }
}
