// SPDX-License-Identifier: Apache-2.0
// Rules on the move at a real node, before a hub without honour: five versions are caught up with, whatever
// is forged, foreign, old, forked, cut or endless is refused with its reason and the old rules stay in force,
// a damaged folder stops nobody, and what hangs on the rules follows them on their day.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "node/rulebook/members.h"
#include "node/rulebook/rulebook.h"
#include "policies/ratify/ratify.h"
#include "policies/rules/folder.h"
#include "tests/support/bed.h"

enum { CAUGHT_UP = 6, STALE = 7, NEXT = 8, WAITING = 9, OTHER_HUB = 10, VERSIONS = 11, DAY_MS = 86400000,
       PATIENCE_MS = 60000, WINDOW = 512 << 10 };

typedef struct version {
    buf bundle, record;
    hash32 hash;
} version;

typedef enum handing { RIGHT, FEW, UNSIGNED, OTHER_RECORD, FLIPPED, NO_BUNDLE, FOREIGN, OLDER, SAME, FORK, GAP, FUTURE,
                       CUT, EMPTY, LONG, HUGE_HEAD, NOTHING } handing;

static bed b;
static day today;
static version at[VERSIONS + 1];
static version few, foreign, fork_of, future; // of the version under attack
static handing how;

// ---- versions ------------------------------------------------------------------------------

static void sign_up(version *v, int number, const hash32 *previous, int seats)
{
    day on = number > WAITING ? today + 1 : today; // nobody signs before the version before is in force
    ratification r = {.head = {.version = (uint32_t)number, .rules = v->hash, .previous = *previous}};
    for (int i = 0; i < seats; i++) {
        char seat[16];
        ratify_signature s;
        sign_key *k = place_seat_key(i);
        snprintf(seat, sizeof seat, "s%d", i);
        assert_int_equal(ratify_sign(k, &r.head, seat, on, &s), OK);
        sign_key_free(k);
        assert_int_equal(ratification_add(&r, &s), OK);
    }
    assert_int_equal(ratification_put(&r, &v->record), OK);
    ratification_done(&r);
}

static void make(version *v, place_version how_made, const hash32 *previous, int seats)
{
    how_made.previous = previous;
    how_made.without = how_made.lapsed = -1;
    place_compile(&b.p, &how_made, &v->bundle);
    sha256(buf_span(&v->bundle), &v->hash);
    if (previous)
        sign_up(v, how_made.version, previous, seats);
}

static void make_all(void)
{
    static hash32 nobody = {{1}};
    make(&at[1], (place_version){.version = 1, .from = today - 30}, NULL, 0);
    for (int i = 2; i <= VERSIONS; i++) {
        place_version v = {.version = i, .from = i < WAITING ? today - 20 + i : today + 1, .minutes = 1 + i % 9};
        if (i == STALE)
            v.warn = today - 3, v.no_registrations = today - 1, v.deny = today + 30;
        v.presence = i >= WAITING;
        v.other_hub = i >= OTHER_HUB;
        make(&at[i], v, &at[i - 1].hash, i % 2 ? 6 : 7);
    }
    place_version v = {.version = STALE, .from = today - 1, .minutes = 3};
    make(&few, v, &at[STALE - 1].hash, 5);
    make(&foreign, v, &nobody, 7);
    v.from = today + 181;
    make(&future, v, &at[STALE - 1].hash, 7);
    make(&fork_of, (place_version){.version = STALE - 1, .from = today, .minutes = 9}, &at[STALE - 2].hash, 7);
}

// ---- the hub hands out what it likes --------------------------------------------------------

static void stream(buf *out, const buf *bundle, const buf *record)
{
    buf_put_u32(out, (uint32_t)bundle->len);
    buf_put_u32(out, record ? (uint32_t)record->len : 0);
    buf_put_span(out, buf_span(bundle));
    if (record)
        buf_put_span(out, buf_span(record));
}

static err hand(void *ctx, uint32_t number, buf *out)
{
    static const buf text = {.at = (uint8_t *)"not a bundle", .len = 12};
    const version *v = number <= VERSIONS ? &at[number] : NULL;
    (void)ctx;
    if (!v || how == NOTHING)
        return ERR_NOT_FOUND;
    switch (how) {
    case FEW: stream(out, &few.bundle, &few.record); break;
    case UNSIGNED: stream(out, &v->bundle, NULL); break;
    case OTHER_RECORD: stream(out, &v->bundle, &few.record); break;
    case NO_BUNDLE: stream(out, &text, &v->record); break;
    case FOREIGN: stream(out, &foreign.bundle, &foreign.record); break;
    case OLDER: stream(out, &at[number - 2].bundle, &at[number - 2].record); break;
    case SAME: stream(out, &at[number - 1].bundle, &at[number - 1].record); break;
    case FORK: stream(out, &fork_of.bundle, &fork_of.record); break;
    case GAP: stream(out, &at[number + 1].bundle, &at[number + 1].record); break;
    case FUTURE: stream(out, &future.bundle, &future.record); break;
    case EMPTY: break;
    case HUGE_HEAD:
        buf_put_u64(out, UINT64_MAX);
        buf_put_span(out, buf_span(&v->bundle));
        break;
    default: stream(out, &v->bundle, &v->record);
    }
    if (how == FLIPPED)
        out->at[WIRE_RULES_HEAD + v->bundle.len / 2] ^= 1;
    if (how == CUT)
        out->len--;
    if (how == LONG)
        buf_put_u8(out, 0);
    return out->sticky;
}

static void hub_says(uint32_t newest, handing with)
{
    pthread_mutex_lock(&b.h.lock);
    how = with;
    b.h.hand = hand;
    b.h.newest = newest;
    b.h.newest_hash = at[newest].hash;
    pthread_mutex_unlock(&b.h.lock);
}

static void hint(uint32_t newest, const hash32 *hash)
{
    Tsunagu__RulesNewRequest q = TSUNAGU__RULES_NEW_REQUEST__INIT;
    host_reply r = {0};
    buf body = {0};
    q.newest_version = newest;
    q.newest_hash = wire_bytes(span_of(hash->at, HASH_BYTES));
    assert_int_equal(wire_encode((const ProtobufCMessage *)&q, &body), OK);
    host_ask(&b.h, METHOD_RULES_NEW, buf_span(&body), 0, &r);
    assert_int_equal(r.e, OK);
    assert_int_equal(r.status, OK);
    buf_done(&body);
    host_reply_done(&r);
}

static size_t handed(void)
{
    pthread_mutex_lock(&b.h.lock);
    size_t n = b.h.handed;
    pthread_mutex_unlock(&b.h.lock);
    return n;
}

// ---- what the node says ----------------------------------------------------------------------

static void status_of(const char *key, char out[static 300])
{
    said s;
    bed_say(&b, "status", NULL, &s);
    snprintf(out, 300, "%s", said_field(&s, "status", 0, key));
    said_done(&s);
}

static void status_await(const char *key, const char *part)
{
    static const struct timespec beat = {0, 20000000};
    time_ms until = clock_mono_ms() + PATIENCE_MS;
    char is[300];
    for (status_of(key, is); !strstr(is, part); status_of(key, is)) {
        if (clock_mono_ms() > until)
            fail_msg("%s: \"%s\" instead of \"%s\"", key, is, part);
        nanosleep(&beat, NULL);
    }
}

static void status_is(const char *key, const char *value)
{
    char is[300];
    status_of(key, is);
    assert_string_equal(is, value);
}

// Entries of the node's own log about rules whose note has this part.
static size_t logged_as(const char *event, const char *part, const char *status)
{
    static const char *const args[] = {"limit", "500", NULL};
    size_t found = 0;
    said s;
    bed_say(&b, "log.list", args, &s);
    for (size_t i = 0; i < said_count(&s, "entry"); i++)
        found += strcmp(said_field(&s, "entry", i, "event"), event) == 0 &&
                 strstr(said_field(&s, "entry", i, "note"), part) &&
                 strcmp(said_field(&s, "entry", i, "status"), status) == 0;
    said_done(&s);
    return found;
}

static size_t logged(const char *part, const char *status)
{
    return logged_as("rules", part, status);
}

// The entry follows what status says within a moment.
static void logged_await(const char *part, const char *status, size_t least)
{
    static const struct timespec beat = {0, 20000000};
    time_ms until = clock_mono_ms() + PATIENCE_MS;
    while (logged(part, status) < least) {
        if (clock_mono_ms() > until)
            fail_msg("no entry \"%s\" (%s)", part, status);
        nanosleep(&beat, NULL);
    }
}

// ---- beginning -----------------------------------------------------------------------------------

static void folder_path(const char *name, char out[static 128])
{
    char inner[80];
    snprintf(inner, sizeof inner, "versions/%s", name);
    place_path(&b.p, inner, out);
}

// From one file to a folder of versions: only these two lines of node.yaml change.
static void config_move(void)
{
    static const char was[] = "rules: rules.bundle\n";
    char path[128], text[4096];
    buf out = {0};
    place_path(&b.p, "node.yaml", path);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    size_t n = fread(text, 1, sizeof text - 1, f);
    assert_int_equal(fclose(f), 0);
    text[n] = '\0';
    char *line = strstr(text, was);
    assert_non_null(line);
    buf_put(&out, text, (size_t)(line - text));
    buf_put_str(&out, "rules_dir: versions\nrules_first: \"");
    buf_put_hex(&out, span_of(at[1].hash.at, HASH_BYTES));
    buf_put_str(&out, "\"\n");
    assert_int_equal(buf_put_str(&out, line + sizeof was - 1), OK);
    place_write(&b.p, "node.yaml", buf_span(&out));
    buf_clear(&out);
    place_path(&b.p, "people.yaml", path);
    buf_printf(&out, "- {user: dr, facility: \"%010llu\", role: physician}\n"
                     "- {user: ghost, facility: \"%010llu\", role: wizard}\n",
               (unsigned long long)b.p.nodes[BED_NODE].clinic, (unsigned long long)b.p.nodes[BED_NODE].clinic);
    place_write(&b.p, "people.yaml", buf_span(&out));
    buf_done(&out);
}

static int begin(void **state)
{
    char path[128];
    (void)state;
    bed_open(&b);
    bed_halt(&b);
    today = day_of_time(clock_now_ms());
    make_all();
    folder_path("", path);
    assert_int_equal(mkdir(path, 0700), 0);
    folder_path("1.bundle", path);
    place_write(&b.p, "versions/1.bundle", buf_span(&at[1].bundle));
    config_move();
    return 0;
}

static void version_done(version *v)
{
    buf_done(&v->bundle);
    buf_done(&v->record);
}

static int end(void **state)
{
    (void)state;
    for (int i = 0; i <= VERSIONS; i++)
        version_done(&at[i]);
    version_done(&few);
    version_done(&foreign);
    version_done(&fork_of);
    version_done(&future);
    bed_close(&b);
    return 0;
}

// ---- tests -----------------------------------------------------------------------------------------

static void expect_kept(int number)
{
    char path[128];
    buf kept = {0};
    folder_path("", path);
    assert_int_equal(folder_get(path, (uint32_t)number, FOLDER_BUNDLE, &kept), OK);
    assert_true(span_eq(buf_span(&kept), buf_span(&at[number].bundle)));
    assert_int_equal(folder_get(path, (uint32_t)number, FOLDER_RECORD, &kept), OK);
    assert_true(span_eq(buf_span(&kept), buf_span(&at[number].record)));
    buf_done(&kept);
}

static void catches_up_over_five_versions(void **state)
{
    said s;
    (void)state;
    hub_says(CAUGHT_UP, RIGHT);
    bed_start(&b); // also with a user whose role no version knows
    status_await("rules_version", "6");
    for (int i = 2; i <= CAUGHT_UP; i++)
        expect_kept(i);
    logged_await("taken", "ok", CAUGHT_UP - 1);
    assert_int_equal(logged("taken", "ok"), CAUGHT_UP - 1);
    bed_say(&b, "rules.list", NULL, &s);
    assert_int_equal(s.r->status, OK);
    assert_int_equal(said_count(&s, "version"), CAUGHT_UP);
    assert_string_equal(said_field(&s, "version", CAUGHT_UP - 1, "state"), "in_force");
    assert_string_equal(said_field(&s, "version", CAUGHT_UP - 1, "signatures"), "7");
    assert_string_equal(said_field(&s, "version", 0, "state"), "past");
    said_done(&s);
    host_wait(&b.h, &b.h.told, 1); // and the hub hears what stands here
    status_is("rules_refused", "");
}

static void a_user_the_rules_do_not_know_may_not_ask(void **state)
{
    static const char *const ghost[] = {"as", "ghost", "number", "1", NULL}, *const dr[] = {"as", "dr", "number", "1",
                                                                                         NULL};
    (void)state;
    assert_int_equal(bed_do(&b, "lookup", ghost), ERR_DENIED);
    assert_int_not_equal(bed_do(&b, "lookup", dr), ERR_DENIED);
}

static err released_under(const pseudonym *who, const hash32 *rules_hash)
{
    static uint8_t nonce = 40;
    ticket k = bed_ticket(&b, who, PLACE_TMNIT);
    bed_ask a = {.nonce = ++nonce};
    buf bytes = {0}, body = {0};
    host_reply r = {0};
    k.rules = *rules_hash;
    bed_sign(&k, b.p.hub_sign, &bytes);
    bed_request(&b, buf_span(&bytes), &a, &body);
    host_ask(&b.h, METHOD_RELEASE, buf_span(&body), WINDOW, &r);
    assert_int_equal(r.e, OK);
    err e = (err)r.status;
    host_reply_done(&r);
    buf_done(&bytes);
    buf_done(&body);
    return e;
}

// The version before may still be on a ticket, and those before it not.
static void a_ticket_of_the_version_before_is_good(void **state)
{
    (void)state;
    pseudonym who = bed_confirm(&b, BED_CHART, "staff");
    host_wait_seq(&b.h, b.seq);
    assert_int_equal(released_under(&who, &at[CAUGHT_UP].hash), OK);
    assert_int_equal(released_under(&who, &at[CAUGHT_UP - 1].hash), OK);
    assert_int_equal(released_under(&who, &at[CAUGHT_UP - 2].hash), ERR_STALE);
    assert_int_equal(released_under(&who, &few.hash), ERR_STALE);
}

static void refuses_what_is_not_ratified(void **state)
{
    static const struct { handing how; const char *name, *status; } rows[] = {
        {FEW, "few", "denied"},            {UNSIGNED, "few", "denied"},
        {OTHER_RECORD, "other-rules", "auth"}, {FLIPPED, "", ""},
        {NO_BUNDLE, "bytes", "format"},    {FOREIGN, "other-previous", "conflict"},
        {OLDER, "rollback", "conflict"},   {SAME, "same", "conflict"},
        {FORK, "fork", "conflict"},        {GAP, "gap", "conflict"},
        {FUTURE, "far-future", "conflict"},    {CUT, "cut", "format"},
        {EMPTY, "cut", "format"},          {LONG, "too-long", "limit"},
        {HUGE_HEAD, "too-long", "limit"},  {NOTHING, "", ""}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char part[64];
        size_t before = handed();
        hub_says(STALE, rows[i].how);
        bed_reload(&b); // the operator says: now
        hint(STALE, &at[STALE].hash);
        host_wait(&b.h, &b.h.handed, before + 1);
        snprintf(part, sizeof part, "version 7 refused: %s", rows[i].name);
        if (rows[i].how != NOTHING)
            status_await("rules_refused", part);
        if (rows[i].status[0])
            logged_await(part, rows[i].status, 1);
        status_is("rules_version", "6");
        status_is("rules_newest", "6");
    }
}

// A hub that cries wolf is neither asked in a circle nor fills the log.
static void waits_longer_after_each_lie(void **state)
{
    (void)state;
    hub_says(STALE, FEW);
    bed_reload(&b);
    size_t first = handed();
    hint(STALE, &at[STALE].hash);
    host_wait(&b.h, &b.h.handed, first + 1);
    status_await("rules_refused", "refused: few");
    host_wait(&b.h, &b.h.handed, first + 3); // 1 s, 2 s later: by itself
    size_t entries = logged("refused: few", "denied"), before = handed();
    for (int i = 0; i < 50; i++)
        hint(STALE, &at[STALE].hash);
    assert_true(handed() <= before + 1);
    assert_int_equal(logged("refused: few", "denied"), entries);
    status_is("rules_version", "6");
}

static void a_fork_of_what_is_held_is_told(void **state)
{
    (void)state;
    bed_reload(&b);
    assert_int_equal(logged("version 6 refused: fork", "conflict"), 0);
    hint(CAUGHT_UP, &fork_of.hash);
    logged_await("version 6 refused: fork", "conflict", 1);
    hint(CAUGHT_UP, &fork_of.hash);
    status_is("rules_newest", "6");
    assert_int_equal(logged("version 6 refused: fork", "conflict"), 1);
}

// Half a file, and a rest of an interrupted write: it starts on what holds, and asks for the rest again.
static void starts_over_a_damaged_folder(void **state)
{
    static const char *const confirm[] = {"chart", BED_OTHER, "by", "staff", "to", "federation", NULL};
    char path[128];
    said s;
    (void)state;
    bed_halt(&b);
    host_vanish(&b.h);
    folder_path("5.bundle", path);
    assert_int_equal(truncate(path, (off_t)at[5].bundle.len / 2), 0);
    place_write(&b.p, "versions/7.bundle.new", SPAN_LIT("half"));
    bed_start(&b);
    status_is("rules_version", "4");
    status_await("rules_refused", "version 5 refused: bytes");
    logged_await("version 5 refused: bytes", "format", 1);
    // Version 6 was in force here: under an older one nothing is granted or registered.
    logged_await("newer rules were in force here and are lost", "conflict", 1);
    book *k = node_book(b.n);
    assert_true(k->behind);
    book_drop(k);
    bed_say(&b, "confirm", confirm, &s);
    assert_int_equal(s.r->status, ERR_STALE);
    assert_non_null(strstr(s.r->note, "lost"));
    said_done(&s);
    folder_path("7.bundle.new", path);
    assert_int_not_equal(access(path, F_OK), 0);
    hub_says(CAUGHT_UP, RIGHT);
    host_return(&b.h);
    status_await("rules_version", "6");
    expect_kept(5);
    status_is("rules_refused", "");
    k = node_book(b.n);
    assert_false(k->behind);
    book_drop(k);
}

// The hub stands there, and hands out nothing: what it asks for under the lost rules, and under the older ones
// that would still hold, is refused.
static void under_lost_rules_nothing_is_granted(void **state)
{
    char path[128], away[128];
    (void)state;
    pseudonym who = bed_confirm(&b, BED_CHART, "staff");
    host_wait_seq(&b.h, b.seq);
    assert_int_equal(released_under(&who, &at[CAUGHT_UP].hash), OK);
    bed_halt(&b);
    folder_path("6.bundle", path);
    place_path(&b.p, "away", away);
    assert_int_equal(rename(path, away), 0);
    hub_says(CAUGHT_UP, NOTHING);
    bed_start(&b);
    status_await("state", "connected");
    status_is("rules_version", "5");
    assert_int_equal(released_under(&who, &at[CAUGHT_UP].hash), ERR_STALE);
    assert_int_equal(released_under(&who, &at[CAUGHT_UP - 1].hash), ERR_STALE);
    assert_int_equal(rename(away, path), 0); // the operator lays it back
    bed_reload(&b);
    status_await("rules_version", "6");
    assert_int_equal(released_under(&who, &at[CAUGHT_UP].hash), OK);
}

static void without_the_pinned_first_it_does_not_start(void **state)
{
    char from[128], to[128], config[128];
    node *n;
    (void)state;
    bed_halt(&b);
    folder_path("1.bundle", from);
    place_path(&b.p, "away", to);
    place_path(&b.p, "node.yaml", config);
    assert_int_equal(rename(from, to), 0);
    place_write(&b.p, "versions/1.bundle", buf_span(&at[2].bundle));
    assert_int_equal(node_open(config, &n), ERR_NOT_FOUND);
    assert_int_equal(rename(to, from), 0);
    bed_start(&b);
    status_await("rules_version", "6");
}

// A list of tmnit's secretariat, as the hub hands it out: its clinic is gone.
static void clinic_leaves(void)
{
    list_want want = {.union_id = "tmnit"};
    members m;
    buf bundle = {0}, held = {0}, bytes = {0};
    sign_key *k = place_secretariat_key();
    assert_int_equal(lists_draft(b.n, "tmnit", &m, &bundle, &held), OK);
    assert_true(members_drop(&m, b.p.nodes[PLACE_TMNIT].clinic));
    want.serial = m.serial;
    assert_int_equal(members_sign(&m, k, today), OK);
    assert_int_equal(members_put(&m, &bytes), OK);
    assert_true(lists_judge(b.n, &want, buf_span(&bytes)));
    sign_key_free(k);
    members_done(&m);
    buf_done(&bundle);
    buf_done(&held);
    buf_done(&bytes);
}

// Good a moment ago, and for minutes yet: what counts is who is a member when it is used.
static void a_ticket_dies_with_the_membership(void **state)
{
    static const char why[] = "that facility does not ask through that node";
    (void)state;
    pseudonym who = bed_confirm(&b, BED_CHART, "staff");
    host_wait_seq(&b.h, b.seq);
    assert_int_equal(released_under(&who, &at[CAUGHT_UP].hash), OK);
    size_t before = logged_as("release", why, "denied");
    clinic_leaves();
    assert_int_equal(released_under(&who, &at[CAUGHT_UP].hash), ERR_DENIED);
    assert_int_equal(logged_as("release", why, "denied"), before + 1);
    assert_int_equal(logged_as("members", "accepted: list 1 of tmnit", "ok"), 1);
}

// Whoever takes the list's file away does not bring back who has left.
static void a_lost_list_comes_back(void **state)
{
    char path[128];
    (void)state;
    folder_path("members/tmnit-1.list", path);
    bed_halt(&b);
    assert_int_equal(unlink(path), 0);
    bed_start(&b);
    assert_int_equal(access(path, F_OK), 0);
    book *k = node_book(b.n);
    int f = policy_facility(k->r->p, b.p.nodes[PLACE_TMNIT].clinic);
    book_drop(k);
    assert_int_equal(f, POLICY_NONE);
}

static void stale_rules_take_nothing_new(void **state)
{
    static const char *const confirm[] = {"chart", BED_OTHER, "by", "staff", "to", "federation", NULL},
                      *const withdraw[] = {"chart", BED_CHART, "by", "staff", NULL},
                      *const own[] = {"as", "dr", "number", "77", NULL};
    said s;
    (void)state;
    host_wait(&b.h, &b.h.hellos, 1);
    hub_says(STALE, RIGHT);
    bed_reload(&b);
    hint(STALE, &at[STALE].hash);
    status_await("rules_version", "7");
    status_is("rules_stale", "no_registrations");
    bed_say(&b, "confirm", confirm, &s);
    assert_int_equal(s.r->status, ERR_STALE);
    assert_non_null(strstr(s.r->note, "nothing new is registered"));
    said_done(&s);
    assert_int_equal(bed_do(&b, "register", own), ERR_STALE);
    assert_int_equal(bed_do(&b, "withdraw", withdraw), OK);
    hub_says(NEXT, RIGHT);
    hint(NEXT, &at[NEXT].hash);
    status_await("rules_version", "8");
    status_is("rules_stale", "");
    assert_int_equal(bed_do(&b, "confirm", confirm), OK);
}

// Held today, in force tomorrow: then cards become coarser and go out again.
static void takes_force_on_its_day(void **state)
{
    char tomorrow[11];
    (void)state;
    day_format(today + 1, tomorrow);
    pseudonym who = bed_confirm(&b, BED_OTHER, "staff");
    host_wait_seq(&b.h, b.seq);
    uint64_t seq = b.seq;
    hub_says(WAITING, RIGHT);
    hint(WAITING, &at[WAITING].hash);
    status_await("rules_newest", "9");
    status_is("rules_version", "8");
    status_is("rules_next", tomorrow);
    assert_int_equal(host_card_of(&b.h, &who)->c.grain, GRAIN_MONTH);
    rulebook_tick(b.n, clock_now_ms() + DAY_MS);
    status_is("rules_version", "9");
    host_wait_seq(&b.h, seq + 1);
    assert_int_equal(host_card_of(&b.h, &who)->c.grain, GRAIN_PRESENCE);
    rulebook_tick(b.n, clock_now_ms()); // the clock goes back: the rules do not
    status_is("rules_version", "9");
}

static void a_hub_the_rules_no_longer_name_is_cut_off(void **state)
{
    (void)state;
    size_t closed = b.h.closed;
    hub_says(OTHER_HUB, RIGHT);
    hint(OTHER_HUB, &at[OTHER_HUB].hash);
    status_await("rules_newest", "10");
    rulebook_tick(b.n, clock_now_ms() + DAY_MS);
    host_wait(&b.h, &b.h.closed, closed + 1);
    status_await("state", "connecting");
    status_await("detail", "not the hub that the rules name");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(catches_up_over_five_versions),
        cmocka_unit_test(a_user_the_rules_do_not_know_may_not_ask),
        cmocka_unit_test(a_ticket_of_the_version_before_is_good),
        cmocka_unit_test(refuses_what_is_not_ratified),
        cmocka_unit_test(waits_longer_after_each_lie),
        cmocka_unit_test(a_fork_of_what_is_held_is_told),
        cmocka_unit_test(starts_over_a_damaged_folder),
        cmocka_unit_test(under_lost_rules_nothing_is_granted),
        cmocka_unit_test(without_the_pinned_first_it_does_not_start),
        cmocka_unit_test(a_ticket_dies_with_the_membership),
        cmocka_unit_test(a_lost_list_comes_back),
        cmocka_unit_test(stale_rules_take_nothing_new),
        cmocka_unit_test(takes_force_on_its_day),
        cmocka_unit_test(a_hub_the_rules_no_longer_name_is_cut_off),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
