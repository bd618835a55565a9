// SPDX-License-Identifier: Apache-2.0
// A registration request from a clinic's node over a real hub to a hospital's node: accepted by two people,
// completed, seen in the clinic's timeline; asked back, refused, cancelled; with the hub away, either node killed.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "policies/forms/number.h"
#include "tests/support/pair.h"

// The request of the first test stands completed all through these.

static void from_the_form_to_the_timeline(void **state)
{
    (void)state;
    char id[33], again[33];
    said s;
    assert_int_equal(ask("C-1", "TARO", id), OK);
    await(HOSPITAL, id, "received");
    await(CLINIC, id, "received");
    assert_int_equal(ask("C-1", "TARO", again), ERR_EXISTS); // a second click
    // The office sees the form, and its own patient beside it.
    assert_int_equal(SAY(HOSPITAL, "inbox", &s, "as", "liaison"), OK);
    assert_int_equal(count_of(&s, "request"), 1);
    said_done(&s);
    assert_int_equal(SAY(HOSPITAL, "inbox.show", &s, "as", "liaison", "id", id), OK);
    assert_string_equal(field(&s, "form", 0, "kana_given"), "TARO");
    assert_string_equal(field(&s, "form", 0, "categories"), "all");
    assert_string_equal(field(&s, "candidate", 0, "chart"), CHART);
    assert_string_equal(field(&s, "candidate", 0, "postal_evidence"), "agrees");
    said_done(&s);
    assert_int_equal(DO(HOSPITAL, "inbox", "as", "clerk"), ERR_DENIED); // of the clinic
    assert_int_equal(DO(HOSPITAL, "accept", "as", "liaison", "id", id, "chart", "00000000"), ERR_NOT_FOUND);
    assert_int_equal(DO(HOSPITAL, "accept", "as", "liaison", "id", id, "chart", CHART), OK);
    assert_int_equal(SAY(HOSPITAL, "inbox.show", &s, "as", "liaison", "id", id), OK);
    bool second = strcmp(field(&s, "request", 0, "state"), "checking") == 0;
    said_done(&s);
    if (second) {
        assert_int_equal(DO(HOSPITAL, "check", "as", "liaison", "id", id), ERR_DENIED); // not the same person
        assert_int_equal(DO(HOSPITAL, "check", "as", "second", "id", id, "disagree", "yes"), OK);
        assert_int_equal(DO(HOSPITAL, "accept", "as", "liaison", "id", id, "chart", CHART), OK);
        assert_int_equal(DO(HOSPITAL, "check", "as", "second", "id", id), OK);
    }
    await(HOSPITAL, id, "completed");
    await(CLINIC, id, "completed");
    assert_int_equal(DO(HOSPITAL, "accept", "as", "liaison", "id", id, "chart", CHART), ERR_CONFLICT);
    // Under the clinic's own number.
    assert_int_equal(SAY(CLINIC, "timeline", &s, "as", "dr", "number", "C-1"), OK);
    assert_string_equal(field(&s, "facility", 0, "status"), "ok");
    assert_true(count_of(&s, "document") >= 1);
    said_done(&s);
    // Its history, on both sides.
    assert_int_equal(SAY(CLINIC, "requests", &s, "as", "clerk", "id", id), OK);
    assert_string_equal(field(&s, "step", 0, "event"), "send");
    assert_string_equal(field(&s, "step", 0, "who"), "clerk");
    assert_string_equal(field(&s, "step", count_of(&s, "step") - 1, "event"), "complete");
    said_done(&s);
}

// A document of the patient, open at the clinic.
static void document_open(char handle[static 40])
{
    char ticket[40], document[40];
    said s;
    assert_int_equal(SAY(CLINIC, "timeline", &s, "as", "dr", "number", "C-1"), OK);
    snprintf(ticket, sizeof ticket, "%s", field(&s, "facility", 0, "ticket"));
    snprintf(document, sizeof document, "%s", field(&s, "document", 0, "document"));
    said_done(&s);
    assert_int_equal(SAY(CLINIC, "open", &s, "as", "dr", "ticket", ticket, "document", document), OK);
    snprintf(handle, 40, "%s", s.r->handle);
    assert_true(handle[0]);
    said_done(&s);
}

static void a_change_narrows_at_once_and_widens_by_a_person(void **state)
{
    (void)state;
    char id[33], handle[40];
    said s;
    request_of("C-1", "completed", id);
    document_open(handle);
    assert_int_equal(DO(HOSPITAL, "change.accept", "as", "liaison", "id", id), ERR_CONFLICT); // none waits
    assert_int_equal(DO(CLINIC, "request.change", "as", "clerk", "id", id, "categories", "basics,laboratory"), OK);
    await(CLINIC, id, "completed"); // nobody was asked
    await(HOSPITAL, id, "completed");
    // What was open before is asked for anew, though all is settled by now.
    assert_int_equal(DO(CLINIC, "read", "handle", handle), ERR_NOT_FOUND);
    document_open(handle);
    assert_int_equal(DO(CLINIC, "read", "handle", handle), OK);
    consent_is("categories", "basics,laboratory");
    consent_await("state", "published");
    assert_int_equal(DO(CLINIC, "request.change", "as", "clerk", "id", id, "categories", "basics,prescriptions"), OK);
    assert_int_equal(DO(CLINIC, "request.change", "as", "clerk", "id", id, "categories", "basics"), ERR_CONFLICT);
    await(HOSPITAL, id, "changed");
    consent_is("categories", "basics"); // what narrows holds, what widens waits
    assert_int_equal(SAY(HOSPITAL, "inbox", &s, "as", "liaison"), OK);
    assert_int_equal(count_of(&s, "request"), 1);
    said_done(&s);
    assert_int_equal(DO(HOSPITAL, "change.keep", "as", "clerk", "id", id), ERR_DENIED);
    assert_int_equal(DO(HOSPITAL, "change.keep", "as", "liaison", "id", id, "text", "not today"), OK);
    await(CLINIC, id, "completed");
    consent_is("categories", "basics");
    assert_int_equal(DO(CLINIC, "request.change", "as", "clerk", "id", id, "categories", ""), OK); // all
    await(HOSPITAL, id, "changed");
    // These rules want two people for so weak a match: what widens is no exception.
    assert_int_equal(DO(HOSPITAL, "change.accept", "as", "liaison", "id", id), OK);
    await(HOSPITAL, id, "changed");
    assert_int_equal(DO(HOSPITAL, "change.accept", "as", "liaison", "id", id), ERR_DENIED);
    consent_is("categories", "basics");
    assert_int_equal(DO(HOSPITAL, "change.accept", "as", "second", "id", id), OK);
    await(CLINIC, id, "completed");
    await(HOSPITAL, id, "completed");
    assert_int_equal(SAY(HOSPITAL, "inbox", &s, "as", "liaison"), OK);
    assert_int_equal(count_of(&s, "request"), 0);
    said_done(&s);
    assert_int_equal(SAY(CLINIC, "timeline", &s, "as", "dr", "number", "C-1"), OK);
    assert_string_equal(field(&s, "facility", 0, "status"), "ok");
    assert_true(count_of(&s, "document") >= 1);
    said_done(&s);
}

static void asked_back_and_refused(void **state)
{
    (void)state;
    char id[33];
    said s;
    assert_int_equal(ask("C-2", "JIRO", id), OK);
    await(HOSPITAL, id, "received");
    assert_int_equal(DO(CLINIC, "request.reply", "as", "clerk", "id", id, "text", "too early"), ERR_CONFLICT);
    assert_int_equal(DO(HOSPITAL, "ask-back", "as", "liaison", "id", id, "text", "which address?"), OK);
    await(CLINIC, id, "asked-back");
    assert_int_equal(SAY(CLINIC, "requests", &s, "as", "clerk", "id", id), OK);
    assert_string_equal(field(&s, "request", 0, "said"), "which address?");
    said_done(&s);
    assert_int_equal(DO(CLINIC, "request.reply", "as", "clerk", "id", id, "text", "Chuo-ku"), OK);
    await(HOSPITAL, id, "received");
    assert_int_equal(DO(HOSPITAL, "accept", "as", "liaison", "id", id, "chart", CHART), ERR_DENIED);
    assert_int_equal(DO(HOSPITAL, "reject", "as", "liaison", "id", id, "reason", "because"), ERR_USAGE);
    assert_int_equal(DO(HOSPITAL, "reject", "as", "liaison", "id", id, "reason", "not-found"), OK);
    await(CLINIC, id, "rejected");
    assert_int_equal(SAY(CLINIC, "requests", &s, "as", "clerk", "id", id), OK);
    assert_string_equal(field(&s, "request", 0, "reason"), "not-found");
    said_done(&s);
}

static void cancelled_with_the_other_side_away(void **state)
{
    (void)state;
    char id[33];
    assert_int_equal(ask("C-3", "SABURO", id), OK);
    await(HOSPITAL, id, "received");
    await(CLINIC, id, "received");
    node_down(HOSPITAL);
    assert_int_equal(DO(CLINIC, "request.cancel", "as", "clerk", "id", id), OK);
    await(CLINIC, id, "cancelled");
    node_down(CLINIC); // both were away: the letter is durable
    node_up(HOSPITAL);
    node_up(CLINIC);
    await(HOSPITAL, id, "cancelled");
}

static void enquiring_everywhere(void **state)
{
    (void)state;
    said s;
    char id[33] = "";
    // The pseudonym first; only who may hold records gets the form.
    assert_int_equal(SAY(CLINIC, "request", &s, "as", "clerk", "number", "C-1", "ask_all", "yes", "kana_family",
                         "YAMADA", "kana_given", "TARO", "birth", "1965-04-15", "sex", "M"), OK);
    for (size_t i = 0; i < count_of(&s, "request"); i++)
        if (strcmp(field(&s, "request", i, "other"), hospital_code) == 0)
            snprintf(id, sizeof id, "%s", field(&s, "request", i, "id"));
    assert_true(count_of(&s, "request") > 1);
    said_done(&s);
    assert_true(id[0]);
    await(CLINIC, id, "received");
    await(HOSPITAL, id, "received");
    assert_int_equal(SAY(CLINIC, "request", &s, "as", "clerk", "number", "C-9", "ask_all", "yes", "kana_family",
                         "NOBODY", "kana_given", "ATALL", "birth", "1965-04-15", "sex", "M"), OK);
    for (size_t i = 0; i < count_of(&s, "request"); i++)
        if (strcmp(field(&s, "request", i, "other"), hospital_code) == 0)
            snprintf(id, sizeof id, "%s", field(&s, "request", i, "id"));
    said_done(&s);
    await(CLINIC, id, "rejected");
}

// Whoever answers with yes is not sent the form for it: a person says who is.
static void the_form_waits_for_a_person(void **state)
{
    (void)state;
    said s;
    char id[33] = "", other[24] = "";
    assert_int_equal(SAY(CLINIC, "request", &s, "as", "clerk", "number", "C-1", "to", hospital_code, "ask_first", "yes",
                         "kana_family", "YAMADA", "kana_given", "TARO", "birth", "1965-04-15", "sex", "M"), ERR_USAGE);
    said_done(&s);
    assert_int_equal(SAY(CLINIC, "request", &s, "as", "clerk", "number", "C-1", "ask_all", "yes", "ask_first", "yes",
                         "kana_family", "YAMADA", "kana_given", "TARO", "birth", "1965-04-15", "sex", "M"), OK);
    for (size_t i = 0; i < count_of(&s, "request"); i++) {
        bool ours = strcmp(field(&s, "request", i, "other"), hospital_code) == 0;
        snprintf(ours ? id : other, ours ? sizeof id : sizeof other, "%s", field(&s, "request", i, ours ? "id" : "other"));
    }
    said_done(&s);
    assert_true(id[0] && other[0]);
    time_ms until = clock_mono_ms() + PATIENCE_MS;
    for (bool held = false; !held; nap()) {
        assert_int_equal(SAY(CLINIC, "requests", &s, "as", "clerk", "id", id), OK);
        held = strcmp(field(&s, "request", 0, "held"), "yes") == 0;
        assert_string_equal(field(&s, "request", 0, "state"), "enquiring");
        said_done(&s);
        assert_true(held || clock_mono_ms() < until);
    }
    assert_int_equal(SAY(HOSPITAL, "inbox", &s, "as", "liaison", "all", "yes"), OK);
    for (size_t i = 0; i < count_of(&s, "request"); i++)
        assert_string_not_equal(field(&s, "request", i, "id"), id);
    said_done(&s);
    // All or none: the other has not answered with yes. And nobody of another facility, nor of another number.
    char both[48];
    snprintf(both, sizeof both, "%s,%s", hospital_code, other);
    assert_int_equal(DO(CLINIC, "request.send", "as", "clerk", "number", "C-1", "to", both), ERR_NOT_FOUND);
    assert_int_equal(DO(CLINIC, "request.send", "as", "clerk", "number", "C-1", "to", "everybody"), ERR_USAGE);
    assert_int_equal(DO(CLINIC, "request.send", "as", "clerk", "number", "C-7", "to", hospital_code), ERR_NOT_FOUND);
    assert_int_equal(DO(HOSPITAL, "request.send", "as", "liaison", "number", "C-1", "to", hospital_code), ERR_NOT_FOUND);
    await(CLINIC, id, "enquiring");
    assert_int_equal(DO(CLINIC, "request.send", "as", "clerk", "number", "C-1", "to", hospital_code), OK);
    await(HOSPITAL, id, "received");
    await(CLINIC, id, "received");
    assert_int_equal(DO(CLINIC, "request.send", "as", "clerk", "number", "C-1", "to", hospital_code), ERR_NOT_FOUND);
    assert_int_equal(DO(CLINIC, "request.cancel", "as", "clerk", "id", id), OK);
    await(HOSPITAL, id, "cancelled");
}

static void the_hub_was_away(void **state)
{
    (void)state;
    char id[33];
    hub_kill();
    assert_int_equal(ask("C-4", "SHIRO", id), OK); // it waits
    node_down(CLINIC);
    node_up(CLINIC);
    hub_up();
    await(HOSPITAL, id, "received");
    await(CLINIC, id, "received");
}

// As the command line sends it: the form beside the arguments.
static span form_beside(buf *data, const char *destination, const char *given_kana, const char *chart)
{
    static const char FORM[] = "form: registration\nversion: 1\nnumber: 7K3M-9QXD-4N2P-0RX2\nfields:\n"
        "  date: 2026-11-01\n  urgency: soon\n  facility: \"%010llu\"\n  staff: clerk\n%s"
        "  family-name: 山田\n  given-name: 五郎\n  family-kana: ヤマダ\n  given-kana: %s\n"
        "  birth: 昭和40年4月15日\n  sex: male\n  number: 187-05\n  chart: %s\n  consent-date: 2026-11-01\n"
        "  consent-version: 1\n  consent-by: patient\n  whom: everyone\n  categories: [basics, laboratory]\n"
        "  emergency: はい\n";
    buf_clear(data);
    buf_put(data, "form", 5);
    buf_printf(data, FORM, (unsigned long long)d[CLINIC].as->clinic, destination, given_kana, chart);
    buf_put_u8(data, 0);
    return buf_span(data);
}

static char named[80]; // that form, to the hospital

// By the number under its QR code, at both ends; a paper that nobody has is said to be none.
static void found_by_its_paper(const char *id)
{
    uint8_t number[FILLED_NUMBER] = {9, 8, 7};
    char none[FORM_NUMBER_TEXT];
    said s;
    form_number_seal(number);
    form_number_format(number, none);
    assert_int_equal(SAY(HOSPITAL, "inbox", &s, "as", "liaison", "paper", "REGI-1-7K3M-9QXD-4N2P-0RX2"), OK);
    assert_string_equal(field(&s, "request", 0, "id"), id);
    said_done(&s);
    assert_int_equal(SAY(HOSPITAL, "inbox", &s, "as", "liaison", "paper", none), ERR_NOT_FOUND);
    assert_non_null(strstr(s.r->note, "paper"));
    said_done(&s);
    assert_int_equal(SAY(CLINIC, "requests", &s, "as", "clerk", "paper", none), ERR_NOT_FOUND);
    assert_non_null(strstr(s.r->note, "paper"));
    said_done(&s);
    assert_int_equal(SAY(CLINIC, "requests", &s, "as", "clerk", "id", id, "paper", none), OK); // the id says it
    said_done(&s);
}

static void by_a_filled_form(void **state)
{
    (void)state;
    char id[33] = "";
    said s;
    buf data = {0};
    snprintf(named, sizeof named, "  destination: named\n  hospitals: [\"%s\"]\n", hospital_code);
    beside = form_beside(&data, named, "ゴロウ", "C-5");
    assert_int_equal(SAY(CLINIC, "request", &s, "as", "clerk", "number", "C-5", "to", hospital_code, "sex", "M"), ERR_USAGE);
    said_done(&s); // the form says it
    beside = buf_span(&data);
    assert_int_equal(SAY(CLINIC, "request", &s, "as", "clerk", "number", "C-6", "to", hospital_code), ERR_USAGE);
    said_done(&s); // another number
    beside = form_beside(&data, "  destination: named\n  hospitals: [all]\n", "ゴロウ", "C-5");
    assert_int_equal(SAY(CLINIC, "request", &s, "as", "clerk", "number", "C-5"), ERR_USAGE);
    said_done(&s); // a name is not sent to everybody
    beside = form_beside(&data, named, "ゴロウ", "C-5");
    err e = SAY(CLINIC, "request", &s, "as", "clerk"); // where to, and of which number: the form says it, too
    if (e)
        printf("    request: %s: %s\n", err_name(e), s.r->note);
    assert_int_equal(e, OK);
    assert_int_equal(count_of(&s, "request"), 1);
    assert_string_equal(field(&s, "request", 0, "other"), hospital_code);
    assert_string_equal(field(&s, "request", 0, "number"), "C-5");
    snprintf(id, sizeof id, "%s", field(&s, "request", 0, "id"));
    said_done(&s);
    await(HOSPITAL, id, "received");
    assert_int_equal(SAY(HOSPITAL, "inbox.show", &s, "as", "liaison", "id", id), OK);
    assert_string_equal(field(&s, "paper", 0, "form"), "registration");
    assert_string_equal(field(&s, "form", 0, "kanji_given"), "五郎");
    assert_string_equal(field(&s, "form", 0, "branch"), "05");
    assert_string_equal(field(&s, "form", 0, "consent_to"), "federation");
    assert_string_equal(field(&s, "form", 0, "emergency"), "yes");
    assert_string_equal(field(&s, "request", 0, "urgency"), "soon");
    size_t at = 0; // short names in words
    while (at < count_of(&s, "filled") && strcmp(field(&s, "filled", at, "field"), "urgency") != 0)
        at++;
    assert_string_equal(field(&s, "filled", at, "shown"), "appointment within days");
    said_done(&s);
    await(CLINIC, id, "received");
    found_by_its_paper(id);
    // A field that is wrong never leaves the clinic.
    char *birth = strstr((char *)data.at + 5, "昭和40");
    memcpy(birth, "昭和99", strlen("昭和99"));
    beside = buf_span(&data);
    assert_int_equal(SAY(CLINIC, "request", &s, "as", "clerk", "number", "C-5", "to", hospital_code), ERR_USAGE);
    assert_non_null(strstr(s.r->note, "birth"));
    said_done(&s);
    // A form that asks all first.
    beside = form_beside(&data, "  destination: ask\n", "ロクロウ", "C-7");
    assert_int_equal(SAY(CLINIC, "request", &s, "as", "clerk", "number", "C-7"), OK);
    assert_true(count_of(&s, "request") > 1);
    assert_string_equal(field(&s, "request", 0, "state"), "enquiring");
    said_done(&s);
    buf_done(&data);
}

static err answer_by(const char *id, span form)
{
    beside = form;
    return DO(CLINIC, "request.reply", "as", "clerk", "id", id, "text", "misspelt");
}

// Asked back, the clinic sends the form again as it should have been.
static void a_corrected_form_takes_the_place_of_the_first(void **state)
{
    (void)state;
    char id[33] = "";
    said s;
    buf data = {0};
    request_of("C-5", "received", id);
    assert_int_equal(DO(HOSPITAL, "ask-back", "as", "liaison", "id", id, "text", "is that the name?"), OK);
    await(CLINIC, id, "asked-back");
    assert_int_equal(answer_by(id, form_beside(&data, named, "イツオ", "C-8")), ERR_USAGE); // another number
    assert_int_equal(answer_by(id, form_beside(&data, named, "イツオ", "C-5")), ERR_CONFLICT); // another name: said first
    await(CLINIC, id, "asked-back");
    assert_int_equal(DO(CLINIC, "register", "as", "clerk", "number", "C-5", "kana_family", "ヤマダ", "kana_given",
                        "イツオ", "birth", "1965-04-15", "sex", "M"), OK);
    assert_int_equal(answer_by(id, form_beside(&data, named, "イツオ", "C-5")), OK);
    await(HOSPITAL, id, "received");
    assert_int_equal(SAY(HOSPITAL, "inbox.show", &s, "as", "liaison", "id", id), OK);
    assert_string_equal(field(&s, "form", 0, "kana_given"), "イツオ");
    assert_int_equal(count_of(&s, "paper"), 1); // in the old one's place
    assert_string_equal(field(&s, "request", 0, "said"), "misspelt");
    said_done(&s);
    assert_int_equal(answer_by(id, buf_span(&data)), ERR_CONFLICT); // nobody asks any more
    buf_done(&data);
}

// A parent's consent ends with the child's majority, also where the hospital records it by itself.
static void a_parent_speaks_until_the_child_is_of_age(void **state)
{
    (void)state;
    said s;
    char iso[11], last[11];
    day_format(day_of_time(clock_now_ms()), iso);
    assert_int_equal(DO(HOSPITAL, "confirm", "chart", CHART, "by", "desk", "to", "federation", "proxy", "parent", "also",
                        "yes"), ERR_USAGE); // of age since long
    assert_int_equal(SAY(HOSPITAL, "confirm", &s, "chart", CHILD, "by", "desk", "to", "federation", "proxy", "parent"), OK);
    snprintf(last, sizeof last, "%04d-02-14", atoi(iso) + 8);
    assert_string_equal(field(&s, "consent", 0, "until"), last);
    said_done(&s);
    assert_int_equal(SAY(HOSPITAL, "confirm", &s, "chart", CHILD, "by", "desk", "to", "federation", "proxy", "parent",
                         "until", iso), OK);
    assert_string_equal(field(&s, "consent", 0, "until"), iso); // sooner is sooner
    said_done(&s);
    assert_int_equal(SAY(HOSPITAL, "confirm", &s, "chart", CHILD, "by", "desk", "to", "federation"), OK);
    assert_string_not_equal(field(&s, "consent", 0, "until"), last); // the patient's own
    said_done(&s);
}

// The last of them: the hospital is away when the patient withdraws.
static void withdrawn_at_the_clinic_with_the_hospital_away(void **state)
{
    (void)state;
    char id[33];
    said s;
    request_of("C-1", "completed", id);
    node_down(HOSPITAL);
    time_ms until = clock_mono_ms() + PATIENCE_MS;
    err e = ERR_UNREACHABLE; // the hub was killed lately: the clinic's node may still be on its way back
    while ((e = DO(CLINIC, "own.withdraw", "as", "clerk", "number", "C-1")) == ERR_UNREACHABLE && clock_mono_ms() < until)
        nap();
    assert_int_equal(e, OK);
    await(CLINIC, id, "withdrawn");
    // From the acknowledgement on the hub refuses, whatever the hospital knows.
    assert_int_equal(SAY(CLINIC, "lookup", &s, "as", "dr", "number", "C-1"), OK);
    for (size_t i = 0; i < count_of(&s, "facility"); i++)
        assert_string_not_equal(field(&s, "facility", i, "status"), "ok");
    said_done(&s);
    node_up(HOSPITAL);
    await(HOSPITAL, id, "withdrawn");
    consent_is("withdrawn", "yes");
    await(CLINIC, id, "withdrawn");
    // The patient agrees anew: nothing stands in the way.
    char again[33];
    assert_int_equal(ask("C-1", "TARO", again), OK);
    await(HOSPITAL, again, "received");
    await(CLINIC, again, "received");
}

// The acceptance is durable and the hub has no card of it yet: kill -9.
static void killed_between_acceptance_and_publication(void **state)
{
    (void)state;
    char id[33], config[80], path[128];
    request_of("C-1", "received", id);
    node_down(HOSPITAL);
    hub_kill();
    snprintf(config, sizeof config, "%s.yaml", d[HOSPITAL].name);
    pid_t killed = spawn("tsunagu-node", config);
    snprintf(config, sizeof config, "%s.sock", d[HOSPITAL].name);
    place_path(&w.p, config, path);
    time_ms until = clock_mono_ms() + PATIENCE_MS;
    while (access(path, F_OK) != 0 && clock_mono_ms() < until)
        nap();
    await(HOSPITAL, id, "received");
    assert_int_equal(DO(HOSPITAL, "accept", "as", "liaison", "id", id, "chart", CHART), OK);
    assert_int_equal(DO(HOSPITAL, "check", "as", "second", "id", id), OK);
    kill(killed, SIGKILL);
    waitpid(killed, NULL, 0);
    node_up(HOSPITAL);
    await(HOSPITAL, id, "accepted"); // not a word of it is lost, and nothing is claimed
    hub_up();
    await(HOSPITAL, id, "completed");
    await(CLINIC, id, "completed");
    consent_await("state", "published");
}

// The hospital closes the consent while a clinic's change waits for a person: there is nothing to widen.
static void a_change_of_a_closed_consent_is_refused(void **state)
{
    (void)state;
    char id[33];
    request_of("C-1", "completed", id);
    assert_int_equal(DO(CLINIC, "request.change", "as", "clerk", "id", id, "consent_to", "federation"), OK);
    await(HOSPITAL, id, "changed");
    assert_int_equal(DO(HOSPITAL, "withdraw", "chart", CHART, "by", "desk"), OK);
    assert_int_equal(DO(HOSPITAL, "change.accept", "as", "liaison", "id", id), ERR_CONFLICT);
    consent_is("withdrawn", "yes");
    await(CLINIC, id, "withdrawn");
}

static void state_await(int i, const char *as, const char *command, const char *id, const char *state)
{
    time_ms until = clock_mono_ms() + 60000;
    for (bool there = false; !there;) {
        said s;
        there = SAY(i, command, &s, "as", as, "id", id) == OK && strcmp(field(&s, "request", 0, "state"), state) == 0;
        said_done(&s);
        if (!there && clock_mono_ms() > until)
            fail_msg("%s: never %s", id, state);
        nap();
    }
}

static void notice_await(const char *event)
{
    time_ms until = clock_mono_ms() + 60000;
    for (bool there = false; !there;) {
        said s;
        assert_int_equal(SAY(CLINIC, "notices", &s, "as", "clerk"), OK);
        for (size_t i = 0; i < count_of(&s, "notice"); i++)
            there = there || strcmp(field(&s, "notice", i, "event"), event) == 0;
        said_done(&s);
        if (!there && clock_mono_ms() > until)
            fail_msg("nobody was told: %s", event);
        nap();
    }
}

// Its documents lie on the hospital's node, its people and its inbox are its own.
static void a_facility_with_a_shelf_is_asked_and_decides(void **state)
{
    (void)state;
    static const char text[] = "a letter of the clinic that has a shelf";
    char code[11], id[33], total[24];
    said s;
    snprintf(code, sizeof code, "%010llu", PLACE_SHELF);
    assert_int_equal(DO(HOSPITAL, "register", "as", "filer", "number", "S-7", "kana_family", "SUZUKI", "kana_given",
                        "HANAKO", "birth", "1970-05-06", "sex", "F"), OK);
    assert_int_equal(DO(HOSPITAL, "register", "as", "filer", "number", "S-8", "kana_family", "SUZUKI", "kana_given",
                        "MOMOKO", "birth", "1970-05-06", "sex", "F"), OK);
    assert_int_equal(SAY(CLINIC, "request", &s, "as", "clerk", "number", "C-70", "to", code, "kana_family", "SUZUKI",
                         "kana_given", "HANAKO", "birth", "1970-05-06", "sex", "F"), OK);
    snprintf(id, sizeof id, "%s", field(&s, "request", 0, "id"));
    said_done(&s);
    state_await(HOSPITAL, "filer", "inbox.show", id, "received");
    assert_int_equal(DO(HOSPITAL, "inbox.show", "as", "liaison", "id", id), ERR_NOT_FOUND); // not the hospital's
    assert_int_equal(DO(HOSPITAL, "reject", "as", "liaison", "id", id, "reason", "not-found"), ERR_NOT_FOUND);
    assert_int_equal(SAY(HOSPITAL, "inbox.show", &s, "as", "filer", "id", id), OK);
    assert_string_equal(field(&s, "candidate", 0, "chart"), "S-7");
    said_done(&s);
    assert_int_equal(DO(HOSPITAL, "accept", "as", "filer", "id", id, "chart", "S-9"), ERR_NOT_FOUND);
    assert_int_equal(DO(HOSPITAL, "accept", "as", "filer", "id", id, "chart", "S-8"), ERR_DENIED); // another person
    assert_int_equal(DO(HOSPITAL, "ask-back", "as", "filer", "id", id, "text", "which of the two?"), OK);
    state_await(CLINIC, "clerk", "requests", id, "asked-back");
    assert_int_equal(DO(CLINIC, "request.reply", "as", "clerk", "id", id, "text", "HANAKO"), OK);
    state_await(HOSPITAL, "filer", "inbox.show", id, "received");
    assert_int_equal(SAY(HOSPITAL, "accept", &s, "as", "filer", "id", id, "chart", "S-7"), OK);
    bool second = strcmp(field(&s, "request", 0, "state"), "checking") == 0;
    said_done(&s);
    if (second)
        assert_int_equal(DO(HOSPITAL, "check", "as", "filer2", "id", id), OK);
    state_await(CLINIC, "clerk", "requests", id, "completed");
    state_await(HOSPITAL, "filer", "inbox.show", id, "completed");
    // What is filed from now on is told to whoever asked.
    snprintf(total, sizeof total, "%zu", sizeof text - 1);
    beside = span_str(text);
    assert_int_equal(DO(HOSPITAL, "shelf.add", "as", "filer", "number", "S-7", "category", "reports", "title", "letter",
                        "total", total, "at", "0"), OK);
    notice_await("documents");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(from_the_form_to_the_timeline),
        cmocka_unit_test(a_change_narrows_at_once_and_widens_by_a_person),
        cmocka_unit_test(asked_back_and_refused),
        cmocka_unit_test(cancelled_with_the_other_side_away),
        cmocka_unit_test(enquiring_everywhere),
        cmocka_unit_test(by_a_filled_form),
        cmocka_unit_test(a_corrected_form_takes_the_place_of_the_first),
        cmocka_unit_test(a_parent_speaks_until_the_child_is_of_age),
        cmocka_unit_test(the_form_waits_for_a_person),
        cmocka_unit_test(the_hub_was_away),
        cmocka_unit_test(withdrawn_at_the_clinic_with_the_hospital_away),
        cmocka_unit_test(killed_between_acceptance_and_publication),
        cmocka_unit_test(a_change_of_a_closed_consent_is_refused),
        cmocka_unit_test(a_facility_with_a_shelf_is_asked_and_decides),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
