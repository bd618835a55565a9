// SPDX-License-Identifier: Apache-2.0
// What a patient ends or narrows while the hub is away: durable where it was said, at once effective there, told as
// what it is, and at the hub and everywhere else as soon as they are reached; whichever node is killed meanwhile.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/support/pair.h"

// From the request to the timeline, as the other test (node_requests) looks at it closely.
static void opened(char id[static 33])
{
    said s;
    assert_int_equal(ask("C-1", "TARO", id), OK);
    await(HOSPITAL, id, "received");
    assert_int_equal(DO(HOSPITAL, "accept", "as", "liaison", "id", id, "chart", CHART), OK);
    assert_int_equal(SAY(HOSPITAL, "inbox.show", &s, "as", "liaison", "id", id), OK);
    bool second = strcmp(field(&s, "request", 0, "state"), "checking") == 0;
    said_done(&s);
    if (second)
        assert_int_equal(DO(HOSPITAL, "check", "as", "second", "id", id), OK);
    await(CLINIC, id, "completed");
    await(HOSPITAL, id, "completed");
}

static void state_await(int i, const char *key, const char *value)
{
    time_ms until = clock_mono_ms() + PATIENCE_MS;
    for (;;) {
        said s;
        assert_int_equal(say(i, "status", NULL, &s), OK);
        bool is = strcmp(field(&s, "status", 0, key), value) == 0;
        if (!is && clock_mono_ms() > until)
            fail_msg("%s: %s is %s, not %s", d[i].name, key, field(&s, "status", 0, key), value);
        said_done(&s);
        if (is)
            return;
        nap();
    }
}

static void hub_gone(void)
{
    hub_kill();
    state_await(CLINIC, "state", "connecting");
    state_await(HOSPITAL, "state", "connecting");
}

static void hub_back(void)
{
    hub_up();
    state_await(CLINIC, "state", "connected");
    state_await(HOSPITAL, "state", "connected");
}

static pid_t apart_now[NODES]; // nobody is left behind by a test that failed

static void process(int i)
{
    char name[80], path[128];
    snprintf(name, sizeof name, "%s.sock", d[i].name);
    place_path(&w.p, name, path);
    (void)unlink(path); // what a killed one left
    snprintf(name, sizeof name, "%s.yaml", d[i].name);
    apart_now[i] = spawn("tsunagu-node", name);
    time_ms until = clock_mono_ms() + PATIENCE_MS;
    while (access(path, F_OK) != 0 && clock_mono_ms() < until)
        nap();
}

// In a process of its own, to be killed at any moment.
static void apart(int i)
{
    node_down(i);
    process(i);
    state_await(i, "state", "connecting");
}

static void process_kill(int i)
{
    if (apart_now[i] > 0) {
        kill(apart_now[i], SIGKILL);
        waitpid(apart_now[i], NULL, 0);
    }
    apart_now[i] = 0;
}

static void killed(int i)
{
    process_kill(i);
    node_up(i);
}

static int ended(void **state)
{
    for (int i = 0; i < NODES; i++)
        process_kill(i);
    return end(state);
}

// The clinic's ticket for the hospital, and a document behind it.
static void looked(char ticket[static 40], char document[static 40])
{
    said s;
    assert_int_equal(SAY(CLINIC, "timeline", &s, "as", "dr", "number", "C-1"), OK);
    assert_string_equal(field(&s, "facility", 0, "status"), "ok");
    snprintf(ticket, 40, "%s", field(&s, "facility", 0, "ticket"));
    snprintf(document, 40, "%s", field(&s, "document", 0, "document"));
    assert_true(ticket[0] && document[0]);
    said_done(&s);
}

static void nothing_is_read(const char *ticket, const char *document)
{
    assert_int_equal(DO(CLINIC, "lookup", "as", "dr", "number", "C-1"), ERR_WITHDRAWN);
    assert_int_equal(DO(CLINIC, "timeline", "as", "dr", "number", "C-1"), ERR_WITHDRAWN);
    if (!ticket)
        return;
    assert_int_equal(DO(CLINIC, "manifest", "as", "dr", "ticket", ticket), ERR_WITHDRAWN);
    assert_int_equal(DO(CLINIC, "open", "as", "dr", "ticket", ticket, "document", document), ERR_WITHDRAWN);
}

static void kept_is(const char *how_many)
{
    said s;
    state_await(CLINIC, "withdrawals", how_many);
    assert_int_equal(SAY(CLINIC, "own.withdrawals", &s, "as", "clerk"), OK);
    assert_int_equal(count_of(&s, "withdrawal"), atoi(how_many));
    if (how_many[0] != '0') {
        assert_string_equal(field(&s, "withdrawal", 0, "number"), "C-1");
        assert_string_equal(field(&s, "withdrawal", 0, "by"), "clerk");
        assert_string_equal(field(&s, "withdrawal", 0, "why"), "unreachable"); // the hub is away
    }
    said_done(&s);
}

static void withdrawn_says(const char *state)
{
    said s;
    assert_int_equal(SAY(CLINIC, "own.withdraw", &s, "as", "clerk", "number", "C-1"), OK);
    assert_string_equal(field(&s, "stop", 0, "state"), state);
    assert_true((strcmp(state, "kept") == 0) == (atoi(field(&s, "stop", 0, "seq")) == 0));
    assert_true((strcmp(state, "kept") == 0) == (strstr(s.r->note, "not yet confirmed") != NULL));
    said_done(&s);
}

static void withdrawn_at_the_clinic_with_the_hub_away(void **state)
{
    (void)state;
    char id[33], ticket[40], document[40], again[33];
    said s;
    opened(id);
    looked(ticket, document);
    hub_gone();
    withdrawn_says("kept");
    await(CLINIC, id, "withdrawn");
    nothing_is_read(ticket, document);
    kept_is("1");
    withdrawn_says("kept"); // twice is once
    kept_is("1");
    // Killed, and said once more by the one that rose again; killed again.
    apart(CLINIC);
    killed(CLINIC);
    nothing_is_read(NULL, NULL);
    kept_is("1");
    consent_is("withdrawn", "no"); // nobody has told the hospital
    hub_back();
    kept_is("0");
    await(HOSPITAL, id, "withdrawn");
    consent_is("withdrawn", "yes");
    assert_int_equal(SAY(CLINIC, "lookup", &s, "as", "dr", "number", "C-1"), OK); // now the hub says so
    for (size_t i = 0; i < count_of(&s, "facility"); i++)
        assert_string_not_equal(field(&s, "facility", i, "status"), "ok");
    said_done(&s);
    withdrawn_says("effective"); // and a third time
    kept_is("0");
    // The patient agrees anew: nothing of it stands in the way.
    opened(again);
    looked(ticket, document);
}

// What was held before stays closed, also when the hub has confirmed at once.
static void tickets_end_with_the_hub_there(void **state)
{
    (void)state;
    char id[33], ticket[40], document[40];
    request_of("C-1", "completed", id);
    looked(ticket, document);
    withdrawn_says("effective");
    assert_int_equal(DO(CLINIC, "manifest", "as", "dr", "ticket", ticket), ERR_WITHDRAWN);
    assert_int_equal(DO(CLINIC, "open", "as", "dr", "ticket", ticket, "document", document), ERR_WITHDRAWN);
    await(HOSPITAL, id, "withdrawn");
    opened(id);
    looked(ticket, document);
}

// At the hospital's desk: the very same, and its own gate closes with the commit.
static void ended_at_the_desk_with_the_hub_away(void **state)
{
    (void)state;
    static const struct { const char *command, *state; } ends[] = {{"withdraw", "withdrawn"}, {"objection", "objected"}};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        char id[33];
        request_of("C-1", "completed", id);
        hub_gone();
        apart(HOSPITAL);
        assert_int_equal(DO(HOSPITAL, ends[i].command, "chart", CHART, "by", "desk"), OK);
        killed(HOSPITAL);
        await(HOSPITAL, id, ends[i].state);
        consent_is("withdrawn", "yes");
        consent_is("state", "pending");
        hub_back();
        await(CLINIC, id, ends[i].state); // by letter, perhaps before the hub has taken the card
        consent_await("state", "published");
        if (i == 1)
            assert_int_equal(DO(HOSPITAL, "objection", "chart", CHART, "by", "desk", "lift", "yes"), OK);
        opened(id);
    }
}

static void narrowed_with_the_hub_away(void **state)
{
    (void)state;
    char id[33];
    said s;
    request_of("C-1", "completed", id);
    hub_gone();
    apart(CLINIC);
    assert_int_equal(DO(CLINIC, "request.change", "as", "clerk", "id", id, "categories", "basics"), OK);
    killed(CLINIC);
    await(CLINIC, id, "changed");
    hub_back();
    await(CLINIC, id, "completed");
    consent_is("categories", "basics");
    // At the desk.
    hub_gone();
    apart(HOSPITAL);
    assert_int_equal(DO(HOSPITAL, "confirm", "chart", CHART, "by", "desk", "to", "federation", "categories",
                        "laboratory", "sure", "yes"), OK);
    killed(HOSPITAL);
    consent_is("categories", "laboratory");
    consent_is("state", "pending");
    hub_back();
    assert_int_equal(SAY(HOSPITAL, "publish.wait", &s, "timeout_ms", "60000"), OK);
    said_done(&s);
    consent_await("state", "published");
    await(CLINIC, id, "completed");
}

// One after the other: each step is taken while the hub is away and the nodes are killed behind it. What the record
// at either end says afterwards is what the step made of it, and nothing happens twice.
static void killed_between_each_pair_of_steps(void **state)
{
    (void)state;
    static const struct {
        int at;
        const char *command, *key, *value, *clinic, *hospital;
    } steps[] = {
        {HOSPITAL, "ask-back", "text", "who?", "asked-back", "asked-back"},
        {CLINIC, "request.reply", "text", "she", "received", "received"},
        {HOSPITAL, "accept", "chart", CHART, "received", "checking"},
        {HOSPITAL, "check", NULL, NULL, "completed", "completed"},
        {CLINIC, "request.change", "categories", "basics,laboratory", "completed", "completed"},
        {CLINIC, "request.change", "categories", "basics,laboratory,prescriptions", "changed", "changed"},
        {HOSPITAL, "change.keep", "text", "no", "completed", "completed"},
        {CLINIC, "own.withdraw", "number", "C-1", "withdrawn", "withdrawn"},
    };
    char id[33];
    said s;
    request_of("C-1", "completed", id);
    assert_int_equal(DO(HOSPITAL, "withdraw", "chart", CHART, "by", "desk"), OK);
    await(CLINIC, id, "withdrawn");
    assert_int_equal(ask("C-1", "TARO", id), OK);
    await(HOSPITAL, id, "received");
    await(CLINIC, id, "received");
    hub_gone();
    for (int i = 0; i < NODES; i++)
        apart(i);
    for (size_t n = 0; n < sizeof steps / sizeof steps[0]; n++) {
        const char *as = steps[n].at == CLINIC ? "clerk" : strcmp(steps[n].command, "check") == 0 ? "second" : "liaison";
        const char *args[] = {"as", as, "id", id, steps[n].key, steps[n].value, NULL};
        printf("    %s\n", steps[n].command);
        assert_int_equal(do_it(steps[n].at, steps[n].command, args), OK);
        for (int i = 0; i < NODES; i++)
            process_kill(i);
        hub_up();
        for (int i = 0; i < NODES; i++)
            process(i);
        await(HOSPITAL, id, steps[n].hospital);
        await(CLINIC, id, steps[n].clinic);
        state_await(HOSPITAL, "letters", "0");
        state_await(CLINIC, "letters", "0");
        hub_gone();
    }
    // Each step stands once in the history, at either end.
    static const struct { int at; const char *event; int times; } once[] = {
        {CLINIC, "ask-back", 1}, {CLINIC, "reply", 1}, {CLINIC, "keep", 1}, {CLINIC, "withdraw", 2},
        {HOSPITAL, "ask-back", 1}, {HOSPITAL, "reply", 1}, {HOSPITAL, "accept", 1}, {HOSPITAL, "keep", 1},
    };
    for (size_t n = 0; n < sizeof once / sizeof once[0]; n++) {
        int times = 0;
        assert_int_equal(once[n].at == CLINIC ? SAY(CLINIC, "requests", &s, "as", "clerk", "id", id)
                                              : SAY(HOSPITAL, "inbox.show", &s, "as", "liaison", "id", id), OK);
        for (size_t k = 0; k < count_of(&s, "step"); k++)
            times += strcmp(field(&s, "step", k, "event"), once[n].event) == 0;
        said_done(&s);
        if (times < 1 || times > once[n].times)
            fail_msg("%s at %s: %d times", once[n].event, d[once[n].at].name, times);
    }
    for (int i = 0; i < NODES; i++)
        killed(i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(withdrawn_at_the_clinic_with_the_hub_away),
        cmocka_unit_test(tickets_end_with_the_hub_there),
        cmocka_unit_test(ended_at_the_desk_with_the_hub_away),
        cmocka_unit_test(narrowed_with_the_hub_away),
        cmocka_unit_test(killed_between_each_pair_of_steps),
    };
    return cmocka_run_group_tests(tests, begin, ended);
}
