// SPDX-License-Identifier: Apache-2.0
#include "node/clinic/asking.h"

#include <stdio.h>
#include <string.h>

#include "node/charts/charts.h"
#include "node/flow/written.h"
#include "policies/engine/table.h"
#include "proto/base/luhn.h"

// A proxy is one of the rules' relations, as on the form; a name alone says nothing.
static err proxy_check(job *j, const Tsunagu__ConsentTerms *c)
{
    const policy *p = j->rules->r->p;
    buf list = {0};
    if (!c->proxy[0] && !c->proxy_name[0])
        return OK;
    if (strlen(c->proxy) < CONSENT_TEXT && policy_relation_find(p, c->proxy) != POLICY_NONE)
        return OK;
    for (int i = 0; i < policy_relation_count(p); i++)
        buf_printf(&list, "%s%s", i ? ", " : "", policy_relation_at(p, i).id);
    snprintf(j->note, sizeof j->note, "proxy: the relation is one of %.120s", list.len ? buf_str(&list) : "none: the rules have none");
    buf_done(&list);
    return ERR_USAGE;
}

// What the patient agreed to. Without a word of it: this clinic, everything, until withdrawn.
static err consent_args(job *j, asking *k, control_in *in)
{
    Tsunagu__ConsentTerms *c = &k->consent;
    day today = day_of_time(j->now);
    char own[24];
    size_t to = 0, categories = 0;
    grantee g;
    memcpy(own, "facility:", 9);
    institution_format(k->who.facility, own + 9);
    tsunagu__consent_terms__init(c);
    err e = flow_words(j, control_arg(in, "consent_to") ? control_arg(in, "consent_to") : own, k->list, &to);
    if (e == OK)
        e = flow_words(j, control_word(in, "categories"), k->categories, &categories);
    for (size_t i = 0; e == OK && i < to; i++)
        if ((e = grantee_parse(k->list[i], &g)) != OK)
            snprintf(j->note, sizeof j->note, "consent_to: \"%.40s\" is neither facility:CODE, union:ID nor federation",
                     k->list[i]);
    for (size_t i = 0; e == OK && i < categories; i++)
        if (policy_category(j->rules->r->p, k->categories[i]) == POLICY_NONE) {
            snprintf(j->note, sizeof j->note, "the rules know no category \"%.40s\"", k->categories[i]);
            e = ERR_USAGE;
        }
    c->to = k->list;
    c->n_to = to;
    c->categories = k->categories;
    c->n_categories = categories;
    if (e == OK)
        e = control_arg_day(in, "from", today, &c->from_day);
    if (e == OK)
        e = control_arg_day(in, "until", DAY_FOREVER, &c->until_day);
    if (e == OK)
        e = control_arg_day(in, "agreed", today, &c->agreed_day);
    c->emergency = strcmp(control_word(in, "emergency"), "yes") == 0;
    c->proxy = (char *)control_word(in, "proxy");
    c->proxy_name = (char *)control_word(in, "proxy_name");
    c->form = (char *)control_word(in, "form");
    c->by = k->who.user;
    return e ? e : proxy_check(j, c);
}

err asking_paper(job *j, control_in *in, Tsunagu__ConsentTerms *c)
{
    const char *hex = control_word(in, "paper");
    uint8_t *sum = arena_get(&j->memory, HASH_BYTES);
    if (!hex[0])
        return OK;
    if (!sum)
        return ERR_MEM;
    if (hex_get(span_str(hex), sum, HASH_BYTES) != OK) {
        snprintf(j->note, sizeof j->note, "paper: the SHA-256 of the scanned form, 64 hexadecimal digits");
        return ERR_USAGE;
    }
    c->paper = wire_bytes(span_of(sum, HASH_BYTES));
    return OK;
}

static err person_args(job *j, asking *k, control_in *in)
{
    const char *missing = "";
    bool any;
    k->form = (identity){.birth = DAY_NONE};
    // `number` is the clinic's patient number; the insured number has a name of its own here.
    err e = identity_args(in, &k->form, &any);
    snprintf(k->form.number, sizeof k->form.number, "%s", control_word(in, "insured"));
    if (e == OK)
        e = pseudonym_of(&j->n->federation, &k->form, &k->patient, &missing);
    if (e == ERR_FORMAT) {
        snprintf(j->note, sizeof j->note, "%s is needed, written in full", missing);
        e = ERR_USAGE;
    }
    return e;
}

static bool facility_is(const char *said, uint64_t code)
{
    uint64_t n;
    return institution_parse(span_str(said), &n) == OK && n == code;
}

err asking_forms(job *j, asking *k, control_in *in)
{
    static const char *const registration[] = {"registration", NULL}, *const either[] = {"registration", "consent", NULL};
    static const char *const own[] = {"kana_family", "kana_given", "kanji_family", "kanji_given", "birth", "sex", "postal",
                                      "address", "telephone", "insurer", "symbol", "insured", "branch", "consent_to",
                                      "categories", "from", "until", "agreed", "emergency", "proxy", "proxy_name"};
    const char *files[] = {written_file(in, "form"), written_file(in, "consent")}, *missing = "";
    filled f;
    err e = OK;
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        if (control_arg(in, own[i])) {
            snprintf(j->note, sizeof j->note, "%s: the form says it already", own[i]);
            return ERR_USAGE;
        }
    k->body.person = &k->person;
    k->body.consent = &k->consent;
    for (int i = 0; e == OK && i < 2; i++) {
        if (!files[i])
            continue;
        e = written_read(j, files[i], i ? either + 1 : files[1] ? registration : either, &f);
        if (e)
            break;
        e = written_body(j, &f, &k->body);
        // A consent that was received here has our own number on it.
        if (e == OK && !k->body.number[0] && facility_is(filled_value(&f, "facility"), k->who.facility) &&
            !(k->body.number = arena_str(&j->memory, span_str(filled_value(&f, "chart")))))
            e = ERR_MEM;
        if (e == OK)
            e = written_to(j, &f, &k->form_asks, &k->form_to, &k->form_to_count);
        if (e == OK)
            e = written_attach(j, &f, &k->body);
        filled_done(&f);
    }
    k->consent.by = k->who.user;
    if (e == OK)
        e = written_check(j, &k->body, false); // papers that differ are sorted out here, not at the hospital
    if (e == ERR_FORMAT && !j->note[0])
        snprintf(j->note, sizeof j->note, "the registration and the consent form do not say the same");
    if (e == OK && request_identity(&k->person, &k->form) != OK)
        e = ERR_USAGE;
    if (e == OK)
        e = pseudonym_of(&j->n->federation, &k->form, &k->patient, &missing);
    if (e == ERR_FORMAT && missing[0])
        snprintf(j->note, sizeof j->note, "%s is needed, written in full", missing);
    return e == ERR_FORMAT ? ERR_USAGE : e;
}

static err asking_form(job *j, asking *k, control_in *in)
{
    Tsunagu__RequestBody *b = &k->body;
    tsunagu__request_body__init(b);
    tsunagu__consent_terms__init(&k->consent);
    tsunagu__person__init(&k->person);
    err e = asking_forms(j, k, in);
    if (e)
        return e;
    if (control_arg(in, "number") && b->number[0] && strcmp(b->number, control_word(in, "number")) != 0) {
        snprintf(j->note, sizeof j->note, "the form is of another patient number");
        return ERR_USAGE;
    }
    if (!b->number[0])
        b->number = (char *)control_word(in, "number");
    if (!b->chart[0])
        b->chart = (char *)control_word(in, "chart");
    if (!b->text[0])
        b->text = (char *)control_word(in, "text");
    return asking_paper(j, in, &k->consent);
}

static err asking_flags(job *j, asking *k, control_in *in)
{
    Tsunagu__RequestBody *b = &k->body;
    err e = person_args(j, k, in);
    if (e == OK)
        e = consent_args(j, k, in);
    if (e == OK)
        e = asking_paper(j, in, &k->consent);
    if (e)
        return e;
    tsunagu__request_body__init(b);
    request_person(&k->form, &k->person, k->sex);
    b->person = &k->person;
    b->consent = &k->consent;
    b->number = (char *)control_word(in, "number");
    b->chart = (char *)control_word(in, "chart");
    b->text = (char *)control_word(in, "text");
    return OK;
}

err asking_args(job *j, asking *k, control_in *in)
{
    Tsunagu__RequestBody *b = &k->body;
    int64_t urgency = 0;
    err e = written_file(in, "form") || written_file(in, "consent") ? asking_form(j, k, in) : asking_flags(j, k, in);
    if (e == OK)
        e = hospitals_said(j, k, in);
    if (e == OK)
        e = control_arg_int(in, "urgency", 0, 2, b->urgency, &urgency);
    if (e)
        return e;
    b->pseudonym = wire_bytes(span_of(k->patient.at, PSEUDONYM_BYTES));
    b->staff = k->who.user;
    b->urgency = (uint32_t)urgency;
    if (terms_until(j->rules->r->p, b) < day_of_time(j->now)) {
        snprintf(j->note, sizeof j->note, "this consent is over already: a new one is needed, of the patient who came "
                                          "of age or for longer");
        return ERR_USAGE;
    }
    if (!b->number[0] || strlen(b->number) > 63 || strlen(b->chart) > 63 || strlen(b->text) > REQUEST_TEXT_MAX) {
        snprintf(j->note, sizeof j->note,
                 "the own patient number is needed, as NUMBER or on the form (chart); at most 63 bytes, text at most %d",
                 REQUEST_TEXT_MAX);
        return ERR_USAGE;
    }
    if (!flow_form_fits(b)) {
        snprintf(j->note, sizeof j->note, "a name in the form is too long, or the consent ends before it begins");
        return ERR_USAGE;
    }
    return OK;
}
