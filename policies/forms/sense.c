// SPDX-License-Identifier: Apache-2.0
// What must make sense between fields. Fields are known by their names, which the GRAMMAR tells: a form
// that has none of them is judged field by field only.
#include "policies/forms/checking.h"

#include <stdio.h>
#include <string.h>

#include "policies/engine/flow.h"
#include "proto/base/luhn.h"
#include "proto/base/tongue.h"

#define YEAR 12

static const char *value(const checking *c, const char *name) { return filled_value(c->normal, name); }

static int field_of(const checking *c, const char *name) { return policy_form_field_find(c->p, c->form, name); }

static filled_place place(const checking *c, const char *name) { return filled_where(c->f, name); }

// Its label as the reader's page has it.
static const char *label(const checking *c, const char *name)
{
    policy_form_field f = policy_form_field_at(c->p, c->form, field_of(c, name));
    return tongue_is_japanese() ? f.label_ja : f.label_en;
}

static bool day_at(const checking *c, const char *name, day *ret)
{
    const char *v = value(c, name);
    return v[0] && day_parse(span_str(v), ret) == OK;
}

// ---- days --------------------------------------------------------------------------------

// What was done was done on a day that has come; long ago is a year mistyped, or a form left lying.
static void done_days(checking *c)
{
    static const struct { const char *name; int months; } DONE[] = {
        {"date", YEAR}, {"consent-date", 5 * YEAR}, {"received-on", YEAR}, {"approved-on", YEAR}, {"listed-on", YEAR},
        {"ended-on", YEAR}, {"told-on", YEAR}, {"started-on", YEAR}};
    for (size_t i = 0; i < sizeof DONE / sizeof *DONE; i++) {
        const char *name = DONE[i].name;
        day d;
        if (!day_at(c, name, &d))
            continue;
        if (d > c->today)
            checking_say(c, field_of(c, name), false, place(c, name),
                         _("%s lies in the future: write the day on which it was done"), value(c, name));
        else if (d < day_minus_months(c->today, DONE[i].months))
            checking_say(c, field_of(c, name), true, place(c, name), _("%s is long ago: is the year right?"), value(c, name));
    }
}

static void day_order(checking *c)
{
    static const struct { const char *first, *then; bool odd; } ORDER[] = {
        {"birth", "date", false}, {"birth", "consent-date", false}, {"consent-date", "date", false},
        {"date", "until", false}, {"consent-date", "until", false}, {"started-on", "until", false},
        {"date", "received-on", false}, {"date", "start-on", true}, {"date", "leaves-on", true},
        {"received-on", "approved-on", true}, {"approved-on", "listed-on", true}, {"leaves-on", "ended-on", true}};
    for (size_t i = 0; i < sizeof ORDER / sizeof *ORDER; i++) {
        const char *first = ORDER[i].first, *then = ORDER[i].then;
        day a, b;
        if (!day_at(c, first, &a) || !day_at(c, then, &b) || a <= b)
            continue;
        checking_say(c, field_of(c, then), ORDER[i].odd, place(c, then),
                     _("%s is before %s (%s: %s): one of the two days is wrong"), value(c, then), value(c, first), first,
                     label(c, first));
    }
    day until;
    if (day_at(c, "until", &until) && until < c->today)
        checking_say(c, field_of(c, "until"), true, place(c, "until"),
                     _("%s has passed: nothing could be seen any more"), value(c, "until"));
}

// ---- who signs -----------------------------------------------------------------------------

static void proxy_whole(checking *c)
{
    static const char *const MORE[] = {"proxy-relation", "proxy-phone"};
    int name = field_of(c, "proxy-name");
    char self[2 * FILLED_TEXT + 1], proxy[FILLED_TEXT + 1];
    if (name == POLICY_NONE)
        return;
    for (size_t i = 0; i < 2 && !value(c, "proxy-name")[0] && !c->bad[name]; i++)
        if (value(c, MORE[i])[0]) {
            checking_say(c, name, false, place(c, "proxy-name"),
                         _("the proxy's name is missing, but \"%s\" is filled in: write both, or neither"), MORE[i]);
            break;
        }
    // Written with or without a blank between the names.
    size_t n = 0;
    for (const char *s = value(c, "proxy-name"); *s; s++)
        if (*s != ' ' && strncmp(s, "　", 3) != 0)
            proxy[n++] = *s;
        else if (*s != ' ')
            s += 2;
    proxy[n] = '\0';
    snprintf(self, sizeof self, "%s%s", value(c, "family-name"), value(c, "given-name"));
    if (n && strcmp(self, proxy) == 0)
        checking_say(c, name, true, place(c, "proxy-name"),
                     _("the patient's own name: whoever signs in person is no proxy; leave the proxy's part empty"));
}

// A parent signs for a child only: on the day of signing, and until the day it comes of age.
static void proxy_of_age(checking *c)
{
    int r = policy_relation_find(c->p, value(c, "proxy-relation"));
    int years = policy_flow(c->p).majority_age;
    day birth, agreed;
    if (r == POLICY_NONE || !policy_relation_at(c->p, r).until_majority || !day_at(c, "birth", &birth))
        return;
    if (!day_at(c, "consent-date", &agreed) && !day_at(c, "date", &agreed))
        agreed = c->today;
    day grown = form_majority_day(birth, years);
    if (agreed >= grown)
        checking_say(c, field_of(c, "proxy-relation"), false, place(c, "proxy-relation"),
                     _("the patient was %d or older on that day: a parent or a minor's guardian cannot sign any more; "
                       "the patient signs, or another proxy"), years);
    else if (c->today >= grown)
        checking_say(c, field_of(c, "proxy-relation"), true, place(c, "proxy-relation"),
                     _("the patient is %d or older by now: this consent has ended; ask the patient anew"), years);
}

// ---- names and insurance ----------------------------------------------------------------------

static void names_apart(checking *c)
{
    static const char *const NAMES[] = {"family-name", "given-name", "family-kana", "given-kana"};
    for (size_t i = 0; i < 4; i++)
        if (strpbrk(value(c, NAMES[i]), " ") || strstr(value(c, NAMES[i]), "　"))
            checking_say(c, field_of(c, NAMES[i]), true, place(c, NAMES[i]),
                         _("there is a blank in it: family and given name have a field each"));
}

static void insurance_whole(checking *c)
{
    const char *insurer = value(c, "insurer"), *number = value(c, "number"), *symbol = value(c, "symbol");
    int no = field_of(c, "number");
    day birth;
    if (no == POLICY_NONE || field_of(c, "insurer") == POLICY_NONE)
        return;
    if (!insurer[0] && (number[0] || symbol[0]) && !c->bad[field_of(c, "insurer")])
        checking_say(c, field_of(c, "insurer"), true, place(c, "insurer"),
                     _("the insurer number is missing: symbol and number alone cannot be compared"));
    if (insurer[0] && !number[0] && !c->bad[no])
        checking_say(c, no, true, place(c, "number"),
                     _("the insured number is missing: the insurer number alone cannot be compared"));
    if (strlen(insurer) == 8 && strncmp(insurer, "39", 2) == 0 && day_at(c, "birth", &birth) &&
        birth > day_minus_months(c->today, 65 * YEAR))
        checking_say(c, field_of(c, "insurer"), true, place(c, "insurer"),
                     _("39 is the insurance of the old (後期高齢者医療), but the patient is under 65: compare with the card"));
}

static void care_number(checking *c)
{
    const char *v = value(c, "care-number");
    if (v[0] && (strlen(v) != 10 || strspn(v, "0123456789") != 10))
        checking_say(c, field_of(c, "care-number"), true, place(c, "care-number"),
                     _("a care insurance number has ten digits; zeros in front belong to it"));
}

// ---- facilities -----------------------------------------------------------------------------

static int facility_at(const checking *c, const char *code)
{
    uint64_t n;
    return institution_parse(span_str(code), &n) == OK ? policy_facility(c->p, n) : POLICY_NONE;
}

static void asked_hospital(checking *c, const char *name, const char *code)
{
    int f = facility_at(c, code);
    const char *own = value(c, "facility");
    if (f == POLICY_NONE)
        return;
    const char *called = policy_facility_at(c->p, f).name;
    if (strcmp(name, "hospital") == 0 && field_of(c, "extent") != POLICY_NONE)
        own = ""; // an objection may be handed in at that very hospital
    if (strcmp(own, code) == 0)
        checking_say(c, field_of(c, name), false, place(c, name),
                     _("%.90s is the asking facility itself: write the hospital that discloses"), called);
    else if (!policy_facility_at(c->p, f).discloses)
        checking_say(c, field_of(c, name), true, place(c, name),
                     _("%.90s discloses no records: nothing can be asked of it"), called);
}

static void hospitals_asked(checking *c)
{
    static const char *const NAMES[] = {"hospital", "hospitals"};
    for (size_t i = 0; i < 2; i++) {
        const filled_field *w = filled_find(c->normal, NAMES[i]);
        for (size_t k = 0; w && k < w->count; k++)
            asked_hospital(c, NAMES[i], w->values[k]);
    }
}

// Joining what one belongs to, leaving what one does not.
static void membership(checking *c)
{
    bool joining = field_of(c, "way") != POLICY_NONE || strcmp(c->view.id, "application") == 0;
    bool leaving = field_of(c, "leaves-on") != POLICY_NONE;
    int u = policy_union(c->p, value(c, "union")), f = facility_at(c, value(c, "facility-code"));
    if (u == POLICY_NONE || !value(c, "facility-code")[0] || (!joining && !leaving))
        return;
    bool member = f != POLICY_NONE && (policy_facility_at(c->p, f).unions >> u & 1);
    if (joining && member)
        checking_say(c, field_of(c, "facility-code"), true, place(c, "facility-code"),
                     _("%.90s is a member of this union already"), policy_facility_at(c->p, f).name);
    if (leaving && !member)
        checking_say(c, field_of(c, "facility-code"), true, place(c, "facility-code"),
                     _("no member of this union has this code: compare with the membership list"));
}

static void users_counted(checking *c)
{
    static const char *const USERS[] = {"physicians", "pharmacists", "nurses", "technologists", "care-staff", "clerks"};
    bool any = false;
    int first = field_of(c, USERS[0]);
    for (size_t i = 0; i < sizeof USERS / sizeof *USERS; i++)
        any = any || (value(c, USERS[i])[0] && strcmp(value(c, USERS[i]), "0") != 0);
    if (first != POLICY_NONE && !any)
        checking_say(c, first, true, place(c, USERS[0]), _("nobody would use it: write how many of each occupation"));
    if (strcmp(value(c, "terminals"), "0") == 0)
        checking_say(c, field_of(c, "terminals"), true, place(c, "terminals"),
                     _("without a terminal no certificate can be made out"));
}

static void mail_looks(checking *c)
{
    const char *v = value(c, "manager-mail"), *at = strchr(v, '@');
    if (v[0] && (!at || at == v || strchr(at + 1, '@') || !strchr(at + 1, '.') || strchr(v, ' ')))
        checking_say(c, field_of(c, "manager-mail"), true, place(c, "manager-mail"),
                     _("\"%.60s\" is no e-mail address: name@example.jp"), v);
}

// ---- choices ---------------------------------------------------------------------------------

// What is asked for under a condition only, but is filled in without: it would not count.
static void conditions(checking *c)
{
    for (int i = 0; i < c->view.field_count; i++) {
        policy_form_field f = policy_form_field_at(c->p, c->form, i);
        const filled_field *w = filled_find(c->normal, f.name);
        if (f.need != NEED_IS || !w || f.type == FORM_NOTE || f.type == FORM_SIGNATURE)
            continue;
        const char *when = policy_form_field_at(c->p, c->form, f.when).name;
        const filled_field *cond = filled_find(c->normal, when);
        if (!checking_holds(cond, f.is) && !c->bad[f.when])
            checking_say(c, i, true, place(c, f.name),
                         _("this counts only where \"%s\" is \"%s\": change that, or leave this empty"), when, f.is);
        else if (f.type == FORM_GRANTEES && strcmp(w->values[0], "all") == 0)
            checking_say(c, i, false, place(c, f.name),
                         _("\"all\" cannot stand where they are to be named: name them, or choose otherwise at \"%s\""), when);
        else if (f.type == FORM_CATEGORIES && strcmp(w->values[0], "all") == 0)
            checking_say(c, i, true, place(c, f.name), _("all categories: then choose otherwise at \"%s\""), when);
    }
}

static void answers_no(checking *c)
{
    static const char *const DUTIES[] = {"explained", "copy-given", "returns"};
    for (size_t i = 0; i < sizeof DUTIES / sizeof *DUTIES; i++)
        if (strcmp(value(c, DUTIES[i]), "no") == 0)
            checking_say(c, field_of(c, DUTIES[i]), true, place(c, DUTIES[i]),
                         _("this still has to be done: do it, then write yes (はい)"));
}

static void change_changes(checking *c)
{
    static const char *const MAY[] = {"whom", "categories", "linked", "emergency", "until"};
    bool any = strcmp(c->view.id, "change") != 0;
    for (size_t i = 0; i < sizeof MAY / sizeof *MAY; i++) {
        int no = field_of(c, MAY[i]);
        any = any || value(c, MAY[i])[0] || (no != POLICY_NONE && c->bad[no]);
    }
    if (!any)
        checking_say(c, POLICY_NONE, false, c->f->whole,
                     _("nothing is changed: fill in at least one of: whom, categories, linked, emergency, until"));
}

static void consent_version(checking *c)
{
    const char *v = value(c, "consent-version");
    int form = policy_form_find(c->p, "consent");
    unsigned known = form == POLICY_NONE ? 0 : policy_form_at(c->p, form).version, said = 0;
    if (!known || sscanf(v, "%u", &said) != 1)
        return;
    if (said == 0 || said > known)
        checking_say(c, field_of(c, "consent-version"), false, place(c, "consent-version"),
                     _("there is no version %u of the consent form: see what is printed below its QR code (CONS-%u-...)"), said, known);
}

void form_sense(checking *c)
{
    static void (*const ALL[])(checking *) = {
        done_days, day_order, proxy_whole, proxy_of_age, names_apart, insurance_whole, care_number, hospitals_asked,
        membership, users_counted, mail_looks, conditions, answers_no, change_changes, consent_version};
    for (size_t i = 0; i < sizeof ALL / sizeof *ALL && !c->broken; i++)
        ALL[i](c);
}
