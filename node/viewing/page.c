// SPDX-License-Identifier: Apache-2.0
// A sheet as it is told, page by page.
#include <stddef.h>

#include "node/charts/document.h"
#include "node/viewing/sheet_in.h"

// What a page may hold, and what each record costs of it at most: its reader refuses what is larger.
enum { PAGE_DOCUMENTS = 200, PAGE_FIELDS = WIRE_FIELDS_MAX - 500, PAGE_BYTES = WIRE_CONTROL_MAX / 4 * 3,
       FACILITY_FIELDS = 30, FACILITY_BYTES = 1200, CATEGORY_FIELDS = 30, CATEGORY_BYTES = 400, PERIOD_BYTES = 11,
       FACTS_FIELDS = 50, FACTS_BYTES = 4000, DOCUMENT_FIELDS = 60, DOCUMENT_BYTES = 3000 };

typedef struct page {
    size_t fields, bytes, documents;
} page;

static const char *facility_name(const policy *p, uint64_t code)
{
    int f = policy_facility(p, code);
    return f == POLICY_NONE ? "" : policy_facility_at(p, f).name;
}

static void periods_show(control_in *in, const Tsunagu__CategoryAnswer *c)
{
    buf out = {0};
    for (size_t i = 0; c->grain && i < c->periods.len * 8; i++) {
        char text[11];
        if (!(c->periods.data[i / 8] >> i % 8 & 1))
            continue;
        uint32_t period = c->first_period + (uint32_t)i;
        day_format(c->grain == GRAIN_MONTH ? month_first((int)period) : (day)period, text);
        buf_printf(&out, "%s%.*s", out.len ? "," : "", c->grain == GRAIN_MONTH ? 7 : 10, text);
    }
    control_text(in, "periods", buf_str(&out));
    buf_done(&out);
}

static void facility_show(const sheet *s, control_in *in, size_t i)
{
    const policy *p = s->rules->r->p;
    const Tsunagu__FacilityAnswer *f = s->reply->facilities[i];
    bool ja = control_japanese(in);
    char text[30] = "";
    buf granted = {0};
    err status = s->refused[i] ? s->refused[i] : (err)f->status;
    uint32_t left = narrowed_to(&s->left, f->facility);
    bool none = f->granted && !(f->granted & left);
    if (none && status == OK)
        status = ERR_DENIED;
    for (size_t k = 0; k < s->source_count; k++) // what its own node said counts
        if (s->sources[k].facility == f->facility && status == OK)
            status = s->sources[k].result;
    for (uint32_t bit = 0; bit < CARD_CATEGORIES; bit++)
        if ((f->granted & left) >> bit & 1)
            buf_printf(&granted, "%s%s", granted.len ? "," : "", document_category(p, bit, ja, true));
    control_record(in, "facility");
    control_facility(in, "facility", f->facility);
    control_text(in, "name", facility_name(p, f->facility));
    control_text(in, "status", err_name(status));
    control_text(in, "ticket", none ? "" : s->tickets[i]);
    control_text(in, "granted", s->refused[i] ? "" : buf_str(&granted));
    if (s->tickets[i][0] && !none)
        time_format(s->says[i].expires, text);
    control_text(in, "until", text);
    buf_done(&granted);
    for (size_t k = 0; k < f->n_categories; k++) {
        const Tsunagu__CategoryAnswer *c = f->categories[k];
        control_record(in, "category");
        control_facility(in, "facility", f->facility);
        control_text(in, "category", document_category(p, c->category, ja, true));
        control_text(in, "label", document_category(p, c->category, ja, false));
        bool ours = c->category < 32 && !(left >> c->category & 1); // the patient's word here, not yet known there
        policy_why why = ours && c->why == WHY_GRANTED ? WHY_CONSENT : (policy_why)c->why;
        control_text(in, "why", policy_why_name(why));
        if (why == WHY_GRANTED)
            day_format(c->from_day, text);
        control_text(in, "from", why == WHY_GRANTED ? text : "");
        if (ours)
            control_text(in, "periods", "");
        else
            periods_show(in, c);
    }
}

// Who the patient is stands among the basics.
static bool facts_left(const source *k)
{
    int basics = policy_category(k->s->rules->r->p, "basics");
    return basics == POLICY_NONE || (narrowed_to(&k->s->left, k->facility) >> basics & 1);
}

static void facts_show(control_in *in, const source *k)
{
    const Tsunagu__PatientFacts *f = k->facts;
    if (f && facts_left(k)) {
        control_record(in, "patient");
        control_facility(in, "facility", k->facility);
        control_text(in, "name", f->kanji);
        control_text(in, "kana", f->kana);
        control_text(in, "birth", f->birth);
        control_text(in, "sex", f->sex);
        control_text(in, "postal", f->postal);
    }
    if (k->older) {
        control_record(in, "withheld");
        control_facility(in, "facility", k->facility);
        control_text(in, "older", "yes");
    }
}

static bool page_takes(page *g, size_t fields, size_t bytes)
{
    if (g->fields && (g->fields + fields > PAGE_FIELDS || g->bytes + bytes > PAGE_BYTES))
        return false;
    g->fields += fields;
    g->bytes += bytes;
    return true;
}

static bool facility_fits(const sheet *s, page *g)
{
    const Tsunagu__FacilityAnswer *f = s->reply->facilities[s->told_facilities];
    size_t bytes = FACILITY_BYTES;
    for (size_t k = 0; k < f->n_categories; k++)
        bytes += CATEGORY_BYTES + f->categories[k]->periods.len * 8 * PERIOD_BYTES;
    return page_takes(g, FACILITY_FIELDS + f->n_categories * CATEGORY_FIELDS, bytes);
}

// First which hospitals, then who the patient is there, then the documents. True if that was the last of it.
static bool page_fill(sheet *s, control_in *in)
{
    page g = {.fields = 0};
    size_t facilities = s->reply ? s->reply->n_facilities : 0;
    for (; s->told_facilities < facilities; s->told_facilities++) {
        if (!facility_fits(s, &g))
            return false;
        facility_show(s, in, s->told_facilities);
    }
    for (; s->told_facts < s->source_count; s->told_facts++) {
        if (!page_takes(&g, FACTS_FIELDS, FACTS_BYTES))
            return false;
        facts_show(in, &s->sources[s->told_facts]);
    }
    for (; s->told < s->item_count; s->told++) {
        const item *i = &s->items[s->told];
        uint32_t left = narrowed_to(&s->left, i->facility);
        if (left != UINT32_MAX && (i->m->category >= 32 || !(left >> i->m->category & 1)))
            continue;
        if (g.documents == PAGE_DOCUMENTS || !page_takes(&g, DOCUMENT_FIELDS, DOCUMENT_BYTES))
            return false;
        document_show(in, s->rules->r->p, s->items[s->told].facility, s->items[s->told].m);
        g.documents++;
    }
    return true;
}

// The next page into `in`; the sheet ends with the last one.
void page_show(sheet *s, control_in *in, err status)
{
    viewer *v = s->n->view;
    sheet *oldest;
    err may = sheet_look(s);
    if (may) {
        if (may == ERR_WITHDRAWN)
            control_note(in, "the patient withdrew at this facility");
        else if (may == ERR_NOT_FOUND)
            control_note(in, "no such handle: ask again from the start");
        control_finish(in, may);
        sheet_free(s);
        return;
    }
    if (page_fill(s, in)) {
        control_finish(in, status);
        sheet_free(s);
        return;
    }
    control_piece(in, (span){0}, s->handle, true);
    s->used = clock_mono_ms();
    s->in = NULL;
    sheet_keep(v, s, &oldest); // before the reply: the next page may be asked for at once
    control_finish(in, status);
    if (oldest)
        sheet_free(oldest);
}

void page_next(node *n, control_in *in, const char *handle)
{
    person who;
    sheet *s = sheet_take(n->view, handle);
    if (!s || node_person(n, s->who.user, control_uid(in), &who) != OK) {
        if (s)
            sheet_free(s);
        control_note(in, "no such handle: ask again from the start");
        control_finish(in, ERR_NOT_FOUND);
        return;
    }
    page_show(s, in, OK);
}
