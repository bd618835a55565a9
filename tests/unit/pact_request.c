// SPDX-License-Identifier: Apache-2.0
// Every state x event x side of both records, and that the table in PROTOCOL.md is the code's.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "proto/base/span.h"
#include "proto/pact/request.h"

static void table_print(buf *out)
{
    buf_put_str(out, "| record | event | raised by | in | then |\n|---|---|---|---|---|\n");
    for (int i = 0; i < request_row_count(); i++) {
        request_row r = request_row_at(i);
        buf_printf(out, "| %s | %s | %s | ", request_side_name(r.record), request_event_name(r.event),
                   request_side_name(r.by));
        bool first = true;
        for (int s = 0; s < REQUEST_STATES; s++)
            if (r.from >> s & 1) {
                buf_printf(out, "%s%s", first ? "" : ", ", request_state_name((uint32_t)s));
                first = false;
            }
        buf_printf(out, " | %s |\n", r.to == REQUEST_STATES ? "as it is" : request_state_name(r.to));
    }
}

static void every_combination(void **state)
{
    (void)state;
    int legal = 0, refused = 0, denied = 0;
    for (int record = 0; record <= REQUEST_CLOCK; record++)
        for (int s = 0; s < REQUEST_STATES; s++)
            for (int e = 0; e < REQUEST_EVENTS; e++)
                for (int by = 0; by < REQUEST_SIDES; by++) {
                    int found = 0;
                    request_state want = 0, got = (request_state)99;
                    bool ever = false;
                    for (int i = 0; i < request_row_count(); i++) {
                        request_row r = request_row_at(i);
                        if ((int)r.record != record || (int)r.event != e || (int)r.by != by)
                            continue;
                        ever = true;
                        if (r.from >> s & 1) {
                            found++;
                            want = r.to == REQUEST_STATES ? (request_state)s : r.to;
                        }
                    }
                    assert_true(found <= 1); // one answer only
                    err x = request_step((request_side)record, (request_state)s, (request_event)e, (request_side)by,
                                         &got);
                    if (found) {
                        assert_int_equal(x, OK);
                        assert_int_equal(got, want);
                        legal++;
                    } else {
                        assert_int_equal(x, ever ? ERR_CONFLICT : ERR_DENIED);
                        assert_int_equal(got, 99);
                        refused += ever;
                        denied += !ever;
                    }
                    // What is over stays over, whoever says whatever.
                    if (x == OK && request_over((request_state)s))
                        assert_int_equal(got, s);
                }
    assert_true(legal > 100 && refused > 300 && denied > 1000);
    request_state got = 0;
    assert_int_equal(request_step(REQUEST_CLINIC, REQUEST_STATES, REQUEST_SEND, REQUEST_CLINIC, &got), ERR_CONFLICT);
    assert_int_equal(request_step(REQUEST_CLINIC, REQUEST_DRAFT, REQUEST_EVENTS, REQUEST_CLINIC, &got), ERR_CONFLICT);
    assert_string_equal(request_state_name(99), "?");
    assert_string_equal(request_event_name(99), "?");
    assert_string_equal(request_side_name(99), "?");
}

// The heart of it: nothing is disclosed that nobody accepted; a withdrawal ends it from wherever it stands.
static void what_must_never_be(void **state)
{
    (void)state;
    for (int i = 0; i < request_row_count(); i++) {
        request_row r = request_row_at(i);
        if (r.record == REQUEST_HOSPITAL && r.to == REQUEST_DISCLOSED)
            assert_true((r.from & ~(1u << REQUEST_ACCEPTED | 1u << REQUEST_CHANGED)) == 0);
        if (r.to == REQUEST_ACCEPTED)
            assert_true(r.by == REQUEST_HOSPITAL && r.record == REQUEST_HOSPITAL);
        assert_true(r.record != REQUEST_CLOCK && r.from != 0);
    }
    const request_state open[] = {REQUEST_RECEIVED, REQUEST_ASKED_BACK, REQUEST_CHECKING, REQUEST_ACCEPTED,
                                  REQUEST_DISCLOSED, REQUEST_COMPLETED, REQUEST_CHANGED};
    for (size_t i = 0; i < sizeof open / sizeof *open; i++) {
        request_state got;
        assert_int_equal(request_step(REQUEST_HOSPITAL, open[i], REQUEST_WITHDRAW, REQUEST_CLINIC, &got), OK);
        assert_int_equal(got, REQUEST_WITHDRAWN);
        assert_int_equal(request_step(REQUEST_HOSPITAL, open[i], REQUEST_CANCEL, REQUEST_CLINIC, &got), OK);
        assert_true(request_over(got));
        assert_int_equal(request_step(REQUEST_HOSPITAL, open[i], REQUEST_OBJECT, REQUEST_HOSPITAL, &got), OK);
    }
}

// Every state of either record can be reached, and left or is over.
static void no_state_is_a_trap(void **state)
{
    (void)state;
    for (int record = 0; record < REQUEST_CLOCK; record++) {
        uint32_t seen = record == REQUEST_CLINIC ? 1u << REQUEST_DRAFT : 1u << REQUEST_SENT, before = 0;
        while (seen != before) {
            before = seen;
            for (int i = 0; i < request_row_count(); i++) {
                request_row r = request_row_at(i);
                if ((int)r.record == record && r.to != REQUEST_STATES && (r.from & seen))
                    seen |= 1u << r.to;
            }
        }
        for (int s = 0; s < REQUEST_STATES; s++) {
            if (!(seen >> s & 1))
                continue;
            bool leaves = false;
            for (int i = 0; i < request_row_count(); i++) {
                request_row r = request_row_at(i);
                leaves = leaves || ((int)r.record == record && r.to != REQUEST_STATES && (r.from >> s & 1) &&
                                    (int)r.to != s);
            }
            assert_true(leaves != request_over((request_state)s));
        }
    }
}

static void the_printed_table(void **state)
{
    (void)state;
    const char *root = getenv("TSUNAGU_SOURCE");
    char path[300];
    buf table = {0}, page = {0};
    table_print(&table);
    snprintf(path, sizeof path, "%s/proto/PROTOCOL.md", root ? root : ".");
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    char piece[4096];
    for (size_t n; (n = fread(piece, 1, sizeof piece, f)) > 0;)
        buf_put(&page, piece, n);
    fclose(f);
    if (!strstr(buf_str(&page), buf_str(&table))) {
        fprintf(stderr, "PROTOCOL.md does not have this table:\n%s", buf_str(&table));
        fail();
    }
    buf_done(&page);
    buf_done(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_combination),
        cmocka_unit_test(what_must_never_be),
        cmocka_unit_test(no_state_is_a_trap),
        cmocka_unit_test(the_printed_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
