// SPDX-License-Identifier: Apache-2.0
#include "node/flow/written.h"

#include <stdio.h>
#include <string.h>

#include "policies/engine/flow.h"
#include "policies/forms/check.h"
#include "policies/forms/label.h"
#include "policies/forms/number.h"
#include "proto/base/utf8.h"
#include "proto/pact/grantee.h"

enum { FORMS_MOST = 3, FORM_MOST = 24 << 10 };

static err refuse(job *j, const char *text)
{
    snprintf(j->note, sizeof j->note, "%s", text);
    return ERR_USAGE;
}

// ---- from the file -----------------------------------------------------------------------

static err mistakes_told(job *j, const policy *p, const filled *f, const form_report *r)
{
    char text[sizeof j->note];
    for (size_t i = 0; i < r->count; i++) {
        const form_message *m = &r->items[i];
        int form = policy_form_find(p, f->form);
        if (m->warning)
            continue;
        snprintf(text, sizeof text, "%s%s%.110s (%zu mistakes; see `form check`)",
                 m->field == POLICY_NONE ? "" : policy_form_field_at(p, form, m->field).name,
                 m->field == POLICY_NONE ? "" : ": ", m->text, r->errors);
        utf8_clean(text, j->note, sizeof j->note);
        break;
    }
    return ERR_USAGE;
}

static err filled_good(job *j, const filled *f, day today, filled *ret_normal)
{
    const policy *p = j->rules->r->p;
    form_report report;
    err e = form_check(p, f, today, FORM_ALL_HANDS, ret_normal, &report);
    if (e)
        return e;
    if (report.errors) {
        e = mistakes_told(j, p, f, &report);
        filled_done(ret_normal);
    }
    form_report_done(&report);
    return e;
}

err written_read(job *j, const char *yaml, const char *const *wanted, filled *ret_normal)
{
    filled f;
    diag d = {0};
    bool will_do = false;
    err e = form_read(span_str(yaml), "form", &d, &f);
    if (e == ERR_FORMAT && d.count)
        snprintf(j->note, sizeof j->note, "form:%u: %.120s", d.items[0].line, d.items[0].message);
    diag_done(&d);
    if (e)
        return e == ERR_FORMAT ? ERR_USAGE : e;
    for (; *wanted && !will_do; wanted++)
        will_do = strcmp(*wanted, f.form) == 0;
    e = will_do ? filled_good(j, &f, day_of_time(j->now), ret_normal) : refuse(j, "this is another form than is needed here");
    filled_done(&f);
    return e;
}

const char *written_file(const control_in *in, const char *name)
{
    span d = control_data(in);
    if (!d.len || d.at[d.len - 1])
        return NULL;
    for (const char *at = (const char *)d.at, *end = at + d.len; at < end;) {
        const char *text = at + strlen(at) + 1;
        if (text >= end)
            return NULL;
        if (strcmp(at, name) == 0)
            return text;
        at = text + strlen(text) + 1;
    }
    return NULL;
}

// ---- what it says -----------------------------------------------------------------------------

// In the job's memory; NULL without.
static char *said(job *j, const filled *f, const char *name)
{
    return arena_str(&j->memory, span_str(filled_value(f, name)));
}

static err day_said(const filled *f, const char *name, int32_t *ret)
{
    const char *v = filled_value(f, name);
    day d;
    if (!v[0])
        return OK;
    err e = day_parse(span_str(v), &d);
    if (e == OK)
        *ret = d;
    return e;
}

// Facilities by their codes, unions by their names, as a consent writes them.
static err grantees_said(job *j, const filled *f, const char *name, char ***ret, size_t *ret_count)
{
    const filled_field *v = filled_find(f, name);
    char **list = arena_get(&j->memory, ((v ? v->count : 0) + 1) * sizeof *list);
    size_t n = 0;
    if (!list)
        return ERR_MEM;
    for (size_t i = 0; v && i < v->count; i++) {
        char text[UNION_ID_MAX + 16];
        if (strcmp(v->values[i], "all") == 0)
            snprintf(text, sizeof text, "federation");
        else
            snprintf(text, sizeof text, "%s:%s", v->values[i][0] >= '0' && v->values[i][0] <= '9' ? "facility" : "union",
                     v->values[i]);
        if (!(list[n++] = arena_str(&j->memory, span_str(text))))
            return ERR_MEM;
    }
    *ret = list;
    *ret_count = n;
    return OK;
}

static err scope_said(job *j, const filled *f, Tsunagu__ConsentTerms *c)
{
    const char *whom = filled_value(f, "whom"), *emergency = filled_value(f, "emergency");
    const filled_field *categories = filled_find(f, "categories");
    err e = OK;
    if (strcmp(whom, "everyone") == 0) {
        c->to = arena_get(&j->memory, sizeof *c->to);
        if (!c->to)
            return ERR_MEM;
        c->to[0] = (char *)"federation"; // whoever joins later, too: so the form says
        c->n_to = 1;
    } else if (strcmp(whom, "listed") == 0) {
        e = grantees_said(j, f, "grantees", &c->to, &c->n_to);
    }
    if (e == OK && categories) {
        bool all = strcmp(categories->values[0], "all") == 0;
        char **list = arena_get(&j->memory, categories->count * sizeof *list);
        if (!list)
            return ERR_MEM;
        for (size_t i = 0; i < categories->count; i++)
            if (!(list[i] = arena_str(&j->memory, span_str(categories->values[i]))))
                return ERR_MEM;
        c->categories = list;
        c->n_categories = all ? 0 : categories->count;
    }
    if (emergency[0])
        c->emergency = strcmp(emergency, "yes") == 0;
    return e ? e : day_said(f, "until", &c->until_day);
}

static err paper_said(job *j, const filled *f, Tsunagu__ConsentTerms *c)
{
    const char *hex = filled_value(f, "paper-hash");
    uint8_t *sum = hex[0] ? arena_get(&j->memory, HASH_BYTES) : NULL;
    if (!hex[0])
        return OK;
    if (!sum)
        return ERR_MEM;
    err e = hex_get(span_str(hex), sum, HASH_BYTES);
    if (e == OK)
        c->paper = wire_bytes(span_of(sum, HASH_BYTES));
    return e;
}

static err terms_said(job *j, const filled *f, Tsunagu__ConsentTerms *c)
{
    bool agreed = strcmp(f->form, "consent") == 0;
    char text[40];
    bool proxy = agreed ? filled_value(f, "proxy-name")[0] != '\0' : strcmp(filled_value(f, "consent-by"), "proxy") == 0;
    if (agreed)
        snprintf(text, sizeof text, "consent %u", f->version);
    else
        snprintf(text, sizeof text, "consent %.20s", filled_value(f, "consent-version"));
    c->form = arena_str(&j->memory, span_str(text));
    c->proxy = proxy ? said(j, f, "proxy-relation") : (char *)"";
    c->proxy_name = proxy ? said(j, f, "proxy-name") : (char *)"";
    c->until_day = DAY_FOREVER;
    if (!c->form || !c->proxy || !c->proxy_name)
        return ERR_MEM;
    err e = day_said(f, agreed ? "date" : "consent-date", &c->agreed_day);
    c->from_day = c->agreed_day;
    if (e == OK)
        e = scope_said(j, f, c);
    return e ? e : paper_said(j, f, c);
}

static err person_said(job *j, const filled *f, Tsunagu__Person *p)
{
    const char *sex = filled_value(f, "sex");
    char *number = said(j, f, "number"), *cut = number ? strchr(number, '-') : NULL;
    const struct { const char *name; char **to; } fields[] = {
        {"family-name", &p->kanji_family}, {"given-name", &p->kanji_given}, {"family-kana", &p->kana_family},
        {"given-kana", &p->kana_given},    {"postal", &p->postal},          {"address", &p->address},
        {"phone", &p->telephone},          {"insurer", &p->insurer},        {"symbol", &p->symbol},
    };
    if (!number)
        return ERR_MEM;
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        if (!(*fields[i].to = said(j, f, fields[i].name)))
            return ERR_MEM;
    if (cut)
        *cut = '\0';
    p->number = number;
    p->branch = cut ? cut + 1 : (char *)"";
    p->sex = (char *)(strcmp(sex, "male") == 0 ? "M" : strcmp(sex, "female") == 0 ? "F" : "U");
    return day_said(f, "birth", &p->birth_day);
}

err written_body(job *j, const filled *f, Tsunagu__RequestBody *b)
{
    static const char *const urgency[] = {"ordinary", "soon", "today"};
    err e = person_said(j, f, b->person);
    if (e == OK)
        e = terms_said(j, f, b->consent);
    if (e || strcmp(f->form, "registration") != 0)
        return e;
    for (uint32_t i = 0; i < 3; i++)
        if (strcmp(filled_value(f, "urgency"), urgency[i]) == 0)
            b->urgency = i;
    b->number = said(j, f, "chart");
    b->chart = said(j, f, "their-chart");
    b->text = said(j, f, "message");
    return b->number && b->chart && b->text ? OK : ERR_MEM;
}

err written_to(job *j, const filled *f, bool *ret_ask_all, char ***ret_to, size_t *ret_count)
{
    const char *destination = filled_value(f, "destination");
    if (strcmp(f->form, "registration") != 0)
        return OK;
    *ret_ask_all = strcmp(destination, "ask") == 0;
    return strcmp(destination, "named") == 0 ? grantees_said(j, f, "hospitals", ret_to, ret_count) : OK;
}

err written_change(job *j, const filled *f, Tsunagu__ConsentTerms *c)
{
    char **but;
    size_t but_count, left = 0;
    err e = scope_said(j, f, c);
    if (e == OK && strcmp(filled_value(f, "whom"), "except") == 0) {
        char **to = arena_get(&j->memory, (c->n_to + 1) * sizeof *to);
        e = to ? grantees_said(j, f, "excluded", &but, &but_count) : ERR_MEM;
        for (size_t i = 0; e == OK && i < c->n_to; i++) {
            bool out = false;
            for (size_t k = 0; k < but_count; k++)
                out = out || strcmp(c->to[i], but[k]) == 0;
            if (!out)
                to[left++] = c->to[i];
        }
        if (e == OK && left + but_count != c->n_to)
            return refuse(j, "who is to be left out was not named one by one: write down who may see from now on");
        c->to = to;
        c->n_to = left;
    }
    if (e == OK)
        e = paper_said(j, f, c);
    return e;
}

// ---- on its way ---------------------------------------------------------------------------------

err written_attach(job *j, const filled *f, Tsunagu__RequestBody *b)
{
    ProtobufCBinaryData *list = arena_get(&j->memory, (FORMS_MOST + 1) * sizeof *list);
    buf bytes = {.max = FORM_MOST};
    size_t n = 0;
    err e = list ? form_pack(f, &bytes) : ERR_MEM;
    for (size_t i = 0; e == OK && i < b->n_forms && n < FORMS_MOST; i++) {
        filled old;
        e = form_unpack(wire_span(b->forms[i]), &old);
        if (e == OK && strcmp(old.form, f->form) != 0)
            list[n++] = b->forms[i];
        if (e == OK)
            filled_done(&old);
    }
    span kept = e == OK ? arena_copy(&j->memory, buf_span(&bytes)) : (span){0};
    buf_wipe(&bytes);
    if (e || !kept.at || n == FORMS_MOST)
        return e == ERR_LIMIT || n == FORMS_MOST ? refuse(j, "the forms are too large") : e ? e : ERR_MEM;
    list[n++] = wire_bytes(kept);
    b->forms = list;
    b->n_forms = n;
    return OK;
}

static bool words_same(char **a, size_t na, char **b, size_t nb)
{
    bool same = na == nb;
    for (size_t i = 0; same && i < na; i++)
        same = strcmp(a[i], b[i]) == 0;
    return same;
}

// The paper and the letter must say one thing.
static err body_same(job *j, const filled *f, const Tsunagu__RequestBody *b)
{
    Tsunagu__RequestBody made = TSUNAGU__REQUEST_BODY__INIT;
    Tsunagu__Person who = TSUNAGU__PERSON__INIT;
    Tsunagu__ConsentTerms terms = TSUNAGU__CONSENT_TERMS__INIT;
    const Tsunagu__ConsentTerms *c = b->consent;
    buf a = {0}, k = {0};
    made.person = &who;
    made.consent = &terms;
    err e = written_body(j, f, &made);
    if (e == OK)
        e = wire_encode((const ProtobufCMessage *)&who, &a);
    if (e == OK)
        e = wire_encode((const ProtobufCMessage *)b->person, &k);
    if (e == OK && (!span_eq(buf_span(&a), buf_span(&k)) || !words_same(terms.to, terms.n_to, c->to, c->n_to) ||
                    !words_same(terms.categories, terms.n_categories, c->categories, c->n_categories) ||
                    terms.emergency != c->emergency || terms.until_day != c->until_day ||
                    terms.from_day != c->from_day || strcmp(terms.proxy, c->proxy) != 0))
        e = ERR_FORMAT;
    buf_wipe(&a);
    buf_wipe(&k);
    return e;
}

err written_check(job *j, const Tsunagu__RequestBody *b, bool changed)
{
    const policy *p = j->rules->r->p;
    day today = day_of_time(j->now) + 1; // the sender's clock may be past midnight already
    filled f, normal;
    err e = b->n_forms > FORMS_MOST ? ERR_FORMAT : OK;
    for (size_t i = 0; e == OK && i < b->n_forms; i++)
        if (form_unpack(wire_span(b->forms[i]), &f) == OK) {
            changed = changed || strcmp(f.form, "change") == 0;
            filled_done(&f);
        }
    for (size_t i = 0; e == OK && i < b->n_forms; i++) {
        e = b->forms[i].len > FORM_MOST ? ERR_FORMAT : form_unpack(wire_span(b->forms[i]), &f);
        if (e)
            return e == ERR_MEM ? e : ERR_FORMAT;
        bool change = strcmp(f.form, "change") == 0;
        int no = policy_form_find(p, f.form);
        if (no == POLICY_NONE || (!change && strcmp(f.form, "consent") != 0 && strcmp(f.form, "registration") != 0))
            e = ERR_FORMAT;
        // Of another version, on its way while the rules changed: the person at the inbox reads it.
        else if (policy_form_at(p, no).version == f.version && (e = filled_good(j, &f, today, &normal)) == OK) {
            // Once changed, the terms are no longer the first paper's: the change form says what became of them.
            if (!change && !changed)
                e = body_same(j, &normal, b);
            filled_done(&normal);
        }
        filled_done(&f);
    }
    j->note[0] = e ? j->note[0] : '\0';
    return e == ERR_USAGE ? ERR_FORMAT : e;
}

bool written_numbered(const Tsunagu__RequestBody *b, const uint8_t number[static FILLED_NUMBER])
{
    filled f;
    for (size_t i = 0; i < b->n_forms; i++) {
        if (form_unpack(wire_span(b->forms[i]), &f) != OK)
            continue;
        bool same = memcmp(f.number, number, FILLED_NUMBER) == 0;
        filled_done(&f);
        if (same)
            return true;
    }
    return false;
}

bool written_number(control_in *in, uint8_t ret[static FILLED_NUMBER])
{
    const char *text = control_arg(in, "paper");
    if (!text || form_number_parse(text, ret) == OK)
        return true;
    control_note(in, "\"%.60s\" is not the number of a paper, or a character of it is mistyped", text);
    control_finish(in, ERR_USAGE);
    return false;
}

void written_show(control_in *in, const policy *p, const Tsunagu__RequestBody *b)
{
    filled f;
    for (size_t i = 0; i < b->n_forms; i++) {
        if (form_unpack(wire_span(b->forms[i]), &f) != OK)
            continue;
        control_record(in, "paper");
        int form = policy_form_find(p, f.form);
        policy_form view = form == POLICY_NONE ? (policy_form){0} : policy_form_at(p, form);
        size_t order[FILLED_FIELDS];
        form_order(p, form, &f, order);
        control_text(in, "form", f.form);
        control_text(in, "form_name", !view.id ? f.form : control_japanese(in) ? view.label_ja : view.label_en);
        control_number(in, "version", f.version);
        char number[FORM_NUMBER_TEXT] = "";
        if (form_numbered(f.number))
            form_number_format(f.number, number);
        control_text(in, "number", number);
        for (size_t o = 0; o < f.count; o++) {
            size_t k = order[o];
            int no = form == POLICY_NONE ? POLICY_NONE : policy_form_field_find(p, form, f.fields[k].name);
            policy_form_field field = no == POLICY_NONE ? (policy_form_field){0} : policy_form_field_at(p, form, no);
            for (size_t v = 0; v < f.fields[k].count; v++) {
                control_record(in, "filled");
                control_text(in, "form", f.form);
                control_text(in, "field", f.fields[k].name);
                control_text(in, "asks", no == POLICY_NONE ? "" : control_japanese(in) ? field.label_ja : field.label_en);
                control_text(in, "value", f.fields[k].values[v]);
                control_text(in, "shown", no == POLICY_NONE ? f.fields[k].values[v]
                                                            : form_value_label(p, form, no, f.fields[k].values[v],
                                                                               control_japanese(in)));
            }
        }
        filled_done(&f);
    }
}
