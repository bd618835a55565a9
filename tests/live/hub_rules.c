// SPDX-License-Identifier: Apache-2.0
// Rules on the move at a real hub: what the council ratified is taken, kept, handed out and switched to on
// its day without a look-up lost; whatever else is offered is refused, told, and on record.
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "hub/roster.h"
#include "policies/ratify/members.h"
#include "policies/ratify/ratify.h"
#include "policies/rules/folder.h"
#include "tests/support/world.h"

enum { DAY_MS = 86400000, PIECE = 10000, WINDOW = 8192, PATIENCE_MS = 60000 };

static world w;
static peer *a, *b; // tmnit asks; shiritsu discloses
static day today;
static buf held[8]; // bundles by version, as ratified

static hash32 hash_of(span bytes)
{
    hash32 h;
    sha256(bytes, &h);
    return h;
}

static void in_rules(const char *name, char out[static 160])
{
    snprintf(out, 160, "%s/rules/%s", w.p.dir, name);
}

static void first_version(place *p)
{
    char path[160];
    buf config = {0};
    place_version v = {.version = 1, .from = today - 30, .without = -1, .lapsed = 6};
    place_compile(p, &v, &held[1]);
    hash32 pin = hash_of(buf_span(&held[1]));
    snprintf(path, sizeof path, "%s/rules", p->dir);
    assert_int_equal(mkdir(path, 0700), 0);
    place_write(p, "rules/1.bundle", buf_span(&held[1]));
    buf_put_str(&config, "listen: \"127.0.0.1:0\"\nrules_dir: rules\ndata: data\nsocket: hub.sock\n"
                         "log_level: error\nmap_size: 1GiB\n"
                         "tls: {ca: ca/ca.pem, crl: ca/crl.pem, cert: hub.pem, key: hub.key}\n"
                         "keys: {sign: hub-sign.key}\nrules_first: ");
    buf_put_hex(&config, span_of(pin.at, sizeof pin.at));
    assert_int_equal(buf_put_str(&config, "\n"), OK);
    place_write(p, "hub.yaml", buf_span(&config));
    buf_done(&config);
}

static int begin(void **state)
{
    (void)state;
    today = day_of_time(clock_now_ms());
    world_open_with(&w, first_version);
    a = world_peer(&w, PLACE_TMNIT);
    b = world_peer(&w, PLACE_SHIRITSU);
    return 0;
}

static int end(void **state)
{
    (void)state;
    peer_close(a);
    peer_close(b);
    world_close(&w);
    for (size_t i = 0; i < sizeof held / sizeof *held; i++)
        buf_done(&held[i]);
    return 0;
}

// ---- what the council makes ------------------------------------------------------------

// A version after number `before` (held).
static buf version_after(int before, place_version v)
{
    hash32 previous = hash_of(buf_span(&held[before]));
    buf out = {0};
    v.version = v.version ? v.version : before + 1;
    v.previous = v.version > 1 ? &previous : NULL;
    place_compile(&w.p, &v, &out);
    return out;
}

// A record signed by the first `count` seats, and by `extra` once more (-1: by nobody).
static buf record_of(const buf *old_rules, const buf *new_rules, int count, int extra)
{
    ratification r = {0};
    buf out = {0};
    policy *x, *y;
    assert_int_equal(policy_open(buf_span(old_rules), &x), OK);
    assert_int_equal(policy_open(buf_span(new_rules), &y), OK);
    ratify_head_of(x, y, &r.head);
    for (int i = 0; i < count + (extra >= 0); i++) {
        int seat = i < count ? i : extra;
        char name[16];
        ratify_signature s;
        sign_key *k = place_seat_key(seat);
        snprintf(name, sizeof name, "s%d", seat);
        assert_int_equal(ratify_sign(k, &r.head, name, today, &s), OK);
        assert_int_equal(ratification_add(&r, &s), OK);
        sign_key_free(k);
    }
    assert_int_equal(ratification_put(&r, &out), OK);
    ratification_done(&r);
    policy_free(x);
    policy_free(y);
    return out;
}

// The same, over bytes that no verifier takes: the council signed them nevertheless.
static buf record_over(const buf *old_rules, const buf *meant, span bytes)
{
    ratification r = {0};
    buf out = {0};
    policy *x, *y;
    assert_int_equal(policy_open(buf_span(old_rules), &x), OK);
    assert_int_equal(policy_open(buf_span(meant), &y), OK);
    ratify_head_of(x, y, &r.head);
    r.head.rules = hash_of(bytes);
    for (int i = 0; i < 6; i++) {
        char name[16];
        ratify_signature s;
        sign_key *k = place_seat_key(i);
        snprintf(name, sizeof name, "s%d", i);
        assert_int_equal(ratify_sign(k, &r.head, name, today, &s), OK);
        assert_int_equal(ratification_add(&r, &s), OK);
        sign_key_free(k);
    }
    assert_int_equal(ratification_put(&r, &out), OK);
    ratification_done(&r);
    policy_free(x);
    policy_free(y);
    return out;
}

enum { HEAD_BYTES = 16, ROW = 8 }; // magic, format, sections, length; then offset and length of each section

static uint32_t number_at(const buf *from, size_t at)
{
    const uint8_t *p = from->at + at;
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void number_put(buf *out, size_t at, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        out->at[at + (size_t)i] = (uint8_t)(v >> (24 - 8 * i));
}

// The same sections with the same bytes, but two neighbours laid down in the other order: whoever follows the
// directory reads the same rules.
static buf laid_otherwise(const buf *from, int section)
{
    buf out = {0};
    size_t row = HEAD_BYTES + ROW * (size_t)section;
    uint32_t at = number_at(from, row), one = number_at(from, row + 4), other = number_at(from, row + ROW + 4);
    assert_int_equal(buf_put_span(&out, buf_span(from)), OK);
    memcpy(out.at + at, from->at + at + one, other);
    memcpy(out.at + at + other, from->at + at, one);
    number_put(&out, row, at + other);
    number_put(&out, row + ROW, at);
    return out;
}

// A byte behind the last section that nobody reads, counted in the length.
static buf padded(const buf *from)
{
    buf out = {0};
    assert_int_equal(buf_put_span(&out, buf_span(from)), OK);
    assert_int_equal(buf_put_u8(&out, 0), OK);
    number_put(&out, 12, (uint32_t)out.len);
    return out;
}

// The first two facilities change places: the same set of rows.
static buf rows_otherwise(const buf *from)
{
    buf out = {0};
    size_t at = number_at(from, HEAD_BYTES + ROW * SECTION_FACILITIES) + 4, ends[3] = {at};
    for (int i = 0; i < 2; i++) {
        size_t n = ends[i] + 8;
        for (int text = 0; text < 2; text++)
            n += (size_t)from->at[n] + 2;
        ends[i + 1] = n + 1 + 8 + 8;
    }
    assert_int_equal(buf_put_span(&out, buf_span(from)), OK);
    memcpy(out.at + at, from->at + ends[1], ends[2] - ends[1]);
    memcpy(out.at + at + (ends[2] - ends[1]), from->at + at, ends[1] - at);
    return out;
}

// ---- the operator's hand -----------------------------------------------------------------

// Publishes in pieces. The last reply stays.
static void publish(span bundle, span record, control_answer *ret)
{
    char total[24], second[24], at[24], handle[64] = "";
    buf all = {0};
    buf_put_span(&all, bundle);
    assert_int_equal(buf_put_span(&all, record), OK);
    snprintf(total, sizeof total, "%zu", all.len);
    snprintf(second, sizeof second, "%zu", record.len);
    for (size_t sent = 0; sent < all.len;) {
        span piece = span_cut(buf_span(&all), sent, PIECE);
        snprintf(at, sizeof at, "%zu", sent);
        const char *args[] = {"total", total, "record", second, "at", at, handle[0] ? "handle" : NULL, handle, NULL};
        control_send(&w, "rules.publish", args, piece, ret);
        sent += piece.len;
        if (sent == all.len)
            break;
        assert_int_equal(ret->reply->status, OK);
        assert_true(ret->reply->more);
        snprintf(handle, sizeof handle, "%s", ret->reply->handle);
        control_answer_done(ret);
    }
    buf_done(&all);
}

static unsigned status_number(const char *key)
{
    control_answer s;
    control_ask(&w, "status", NULL, &s);
    unsigned n = (unsigned)strtoul(record_field(s.reply->records[0], key), NULL, 10);
    control_answer_done(&s);
    return n;
}

static void status_says(const char *key, const char *value)
{
    control_answer s;
    control_ask(&w, "status", NULL, &s);
    assert_string_equal(record_field(s.reply->records[0], key), value);
    control_answer_done(&s);
}

// Refused by this name, on record, and nothing changed.
static void refused(span bundle, span record, const char *why, const char *status)
{
    control_answer r;
    entry e;
    unsigned version = status_number("rules_version"), newest = status_number("rules_newest");
    publish(bundle, record, &r);
    assert_int_equal(r.reply->n_records, 1);
    assert_string_equal(record_field(r.reply->records[0], "state"), "refused");
    assert_string_equal(record_field(r.reply->records[0], "why"), why);
    assert_true(record_field(r.reply->records[0], "text")[0]);
    assert_string_equal(err_name((err)r.reply->status), status);
    control_answer_done(&r);
    while (log_find(&w, "rules", "hub", &e) && !strstr(e.note, "refused"))
        ; // what was accepted before
    assert_non_null(strstr(e.note, why));
    assert_string_equal(e.status, status);
    assert_int_equal(status_number("rules_version"), version);
    assert_int_equal(status_number("rules_newest"), newest);
}

static void accepted(span bundle, span record, const char *why)
{
    control_answer r;
    publish(bundle, record, &r);
    assert_int_equal(r.reply->n_records, 1);
    assert_string_equal(record_field(r.reply->records[0], "why"), why);
    assert_int_equal(r.reply->status, OK);
    control_answer_done(&r);
}

static bool entry_stands(const char *text)
{
    entry e;
    uint64_t seen = w.seen;
    bool told = false;
    w.seen = 0;
    while (!told && log_find(&w, "rules", "hub", &e))
        told = strstr(e.note, text) != NULL;
    w.seen = seen;
    return told;
}

// Entries about time are written after the fact: on a slow disk a moment later.
static bool entry_told(const char *text)
{
    time_ms until = clock_mono_ms() + PATIENCE_MS;
    while (!entry_stands(text)) {
        if (clock_mono_ms() > until)
            return false;
        usleep(10000);
    }
    return true;
}

// ---- tests ---------------------------------------------------------------------------------

static void refusals_are_named_and_on_record(void **state)
{
    (void)state;
    static const uint8_t junk[100] = {1};
    buf two = version_after(1, (place_version){.from = today, .without = -1, .lapsed = -1});
    buf few = record_of(&held[1], &two, 5, -1), twice = record_of(&held[1], &two, 6, 2);
    buf lapsed = record_of(&held[1], &two, 5, 6);
    refused(buf_span(&two), buf_span(&few), "few", "denied");
    refused(buf_span(&two), (span){0}, "few", "denied");
    refused(buf_span(&two), buf_span(&twice), "twice", "denied");
    refused(buf_span(&two), buf_span(&lapsed), "term-ended", "denied");
    refused(span_of(junk, sizeof junk), (span){0}, "bytes", "format");
    refused(SPAN_LIT("TSNMEMBR and a list"), (span){0}, "secretariat", "denied");
    refused(buf_span(&two), SPAN_LIT("tsunagu ratification 1\nversion 2\n"), "record", "format");
    buf far = version_after(1, (place_version){.from = today + 200, .without = -1, .lapsed = -1});
    buf by_six = record_of(&held[1], &far, 6, -1);
    refused(buf_span(&far), buf_span(&by_six), "far-future", "denied");
    buf fork = version_after(1, (place_version){.version = 1, .from = today - 30, .without = -1, .lapsed = -1});
    refused(buf_span(&fork), (span){0}, "fork", "conflict");
    buf gap = version_after(1, (place_version){.version = 3, .from = today, .without = -1, .lapsed = -1});
    refused(buf_span(&gap), (span){0}, "gap", "conflict");
    buf other = version_after(1, (place_version){.from = today, .without = -1, .lapsed = -1, .other_hub = true});
    buf by_others = record_of(&held[1], &other, 6, -1);
    refused(buf_span(&other), buf_span(&by_others), "hub-key", "auth");
    buf *all[] = {&two, &few, &twice, &lapsed, &far, &by_six, &fork, &gap, &other, &by_others};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        buf_done(all[i]);
    char path[160];
    in_rules("2.bundle", path);
    assert_int_not_equal(access(path, F_OK), 0);
    assert_true(peer_quiet(a, &a->hints, 1, 200));
}

// One meaning, one spelling: what says the same in other bytes is refused, though the council signed just those
// bytes; else one version would have two hashes, and nobody could say which was agreed to.
static void another_spelling_of_the_same_rules_is_refused(void **state)
{
    (void)state;
    buf two = version_after(1, (place_version){.from = today, .without = -1, .lapsed = -1});
    buf other[] = {laid_otherwise(&two, SECTION_KINDS), padded(&two), rows_otherwise(&two)};
    for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
        buf record = record_over(&held[1], &two, buf_span(&other[i]));
        assert_false(span_eq(buf_span(&two), buf_span(&other[i])));
        refused(buf_span(&other[i]), buf_span(&record), "bytes", "format");
        buf_done(&record);
        buf_done(&other[i]);
    }
    // The way the record is made is right: over the one spelling it counts (as too far in the future, so that
    // nothing is in force after this).
    buf far = version_after(1, (place_version){.from = today + 200, .without = -1, .lapsed = -1});
    buf record = record_over(&held[1], &far, buf_span(&far));
    refused(buf_span(&far), buf_span(&record), "far-future", "denied");
    buf_done(&far);
    buf_done(&record);
    buf_done(&two);
}

// A look-up goes out as soon as the one before is answered, on several nodes, all through the switch.
typedef struct asking_loop {
    peer *n;
    int node, stop; // atomic
    size_t asked, granted;
    hash32 last;    // the rules of the last ticket
} asking_loop;

static void *ask_on(void *arg)
{
    asking_loop *s = arg;
    pseudonym who = who_of(1);
    while (!__atomic_load_n(&s->stop, __ATOMIC_ACQUIRE)) {
        reply r;
        ticket k;
        question q = question_of(&w, s->node, &who);
        lookup_ask(s->n, &q, &r);
        s->asked++;
        const Tsunagu__LookupReply *l = r.e == OK && r.status == OK
            ? REPLY_AS(&r, Tsunagu__LookupReply, tsunagu__lookup_reply__descriptor) : NULL;
        if (l && l->n_facilities == 1 && l->facilities[0]->status == OK &&
            ticket_open(wire_span(l->facilities[0]->ticket), w.p.rules->hub_keys, w.p.rules->hub_key_count,
                        clock_now_ms(), &k) == OK) {
            s->granted++;
            s->last = k.rules;
        }
        reply_done(&r);
    }
    return NULL;
}

static void no_look_up_is_lost_when_rules_switch(void **state)
{
    (void)state;
    reply keep;
    pthread_t threads[2];
    pseudonym who = who_of(1);
    card c = card_of(&w, PLACE_SHIRITSU, &who, 1);
    publish_one(b, &c);
    asking_loop loops[2] = {{.n = a, .node = PLACE_TMNIT}, {.n = b, .node = PLACE_SHIRITSU}};
    span before = ticket_for(&w, a, PLACE_TMNIT, PLACE_SHIRITSU, &who, &keep);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask_on, &loops[i]), 0);
    held[2] = version_after(1, (place_version){.from = today - 5, .without = PLACE_HOKUDAI, .lapsed = -1, .minutes = 5});
    buf record = record_of(&held[1], &held[2], 6, -1);
    hash32 now = hash_of(buf_span(&held[2]));
    accepted(buf_span(&held[2]), buf_span(&record), "good");
    assert_int_equal(status_number("rules_version"), 2);
    // What is asked from here on is decided by the new ones.
    reply after;
    ticket k;
    span fresh = ticket_for(&w, a, PLACE_TMNIT, PLACE_SHIRITSU, &who, &after);
    assert_int_equal(ticket_open(fresh, w.p.rules->hub_keys, w.p.rules->hub_key_count, clock_now_ms(), &k), OK);
    assert_memory_equal(k.rules.at, now.at, HASH_BYTES);
    assert_int_equal(k.expires - k.issued, 5 * 60000);
    for (int i = 0; i < 2; i++) {
        __atomic_store_n(&loops[i].stop, 1, __ATOMIC_RELEASE);
        pthread_join(threads[i], NULL);
        assert_true(loops[i].asked > 0);
        assert_int_equal(loops[i].granted, loops[i].asked);
    }
    // A ticket of the version before is passed on; the hospital decides by its own rules.
    fetching f;
    pthread_mutex_lock(&b->lock);
    b->plan = (release_plan){.chunks = 1, .chunk_bytes = 10};
    pthread_mutex_unlock(&b->lock);
    assert_int_equal(fetch_begin(&f, a, before, SPAN_LIT("sealed"), WINDOW, false), OK);
    fetch_wait(&f);
    assert_int_equal(f.end.status, OK);
    assert_int_equal(f.got, 10);
    reply_done(&f.end);
    reply_done(&keep);
    reply_done(&after);
    buf_done(&record);
    assert_true(entry_told("accepted version 2"));
    log_verified(&w);
}

static void the_same_bytes_again_are_no_mistake(void **state)
{
    (void)state;
    buf record = record_of(&held[1], &held[2], 6, -1);
    accepted(buf_span(&held[2]), buf_span(&record), "same");
    accepted(buf_span(&held[2]), (span){0}, "same");
    refused(buf_span(&held[1]), (span){0}, "rollback", "conflict");
    buf_done(&record);
}

static void rules_ask(peer *n, uint32_t version, const char *union_id, bool thrifty, fetching *f, buf *keep)
{
    Tsunagu__RulesRequest q = TSUNAGU__RULES_REQUEST__INIT;
    q.version = version;
    q.union_id = (char *)union_id;
    q.rules_version = 1;
    q.rules_held = 2;
    hash32 h = hash_of(buf_span(&held[1]));
    q.rules_hash = wire_bytes(span_of(h.at, sizeof h.at));
    assert_int_equal(stream_begin(f, n, METHOD_RULES, (const ProtobufCMessage *)&q, WINDOW, thrifty, keep), OK);
    fetch_wait(f);
}

static void nodes_are_told_and_served(void **state)
{
    (void)state;
    fetching f;
    buf bytes = {0}, record = record_of(&held[1], &held[2], 6, -1);
    peer_wait_count(a, &a->hints, 1);
    assert_int_equal(a->hinted, 2);
    peer_wait_count(b, &b->hints, 1);
    rules_ask(a, 2, "", false, &f, &bytes);
    assert_int_equal(f.end.status, OK);
    const Tsunagu__RulesReply *said = REPLY_AS(&f.end, Tsunagu__RulesReply, tsunagu__rules_reply__descriptor);
    assert_non_null(said);
    assert_int_equal(said->newest_version, 2);
    assert_int_equal(bytes.len, WIRE_RULES_HEAD + held[2].len + record.len);
    assert_int_equal(be32_get(bytes.at), held[2].len);
    assert_int_equal(be32_get(bytes.at + 4), record.len);
    assert_true(span_eq(span_cut(buf_span(&bytes), WIRE_RULES_HEAD, held[2].len), buf_span(&held[2])));
    assert_true(span_eq(span_from(buf_span(&bytes), WIRE_RULES_HEAD + held[2].len), buf_span(&record)));
    reply_done(&f.end);
    buf_clear(&bytes);
    rules_ask(a, 1, "", false, &f, &bytes); // the first has no record
    assert_int_equal(bytes.len, WIRE_RULES_HEAD + held[1].len);
    assert_int_equal(be32_get(bytes.at + 4), 0);
    reply_done(&f.end);
    buf_clear(&bytes);
    rules_ask(a, 3, "", false, &f, &bytes);
    assert_int_equal(f.end.status, ERR_NOT_FOUND);
    reply_done(&f.end);
    rules_ask(a, 0, "no-union", false, &f, &bytes);
    assert_int_equal(f.end.status, ERR_NOT_FOUND);
    reply_done(&f.end);
    rules_ask(a, 0, "", false, &f, &bytes); // only says what stands there
    assert_int_equal(f.end.status, OK);
    assert_int_equal(bytes.len, 0);
    reply_done(&f.end);
    control_answer s;
    control_ask(&w, "nodes", NULL, &s);
    for (size_t i = 0; i < s.reply->n_records; i++)
        if (strcmp(record_field(s.reply->records[i], "name"), "tmnit") == 0) {
            assert_string_equal(record_field(s.reply->records[i], "rules_version"), "1");
            assert_string_equal(record_field(s.reply->records[i], "rules_held"), "2");
            assert_string_equal(record_field(s.reply->records[i], "rules"), "other");
        }
    control_answer_done(&s);
    buf_done(&bytes);
    buf_done(&record);
}

// A list of tmnit's secretariat after `before` (NULL: the first), without its clinic or with all.
static void list_publish(members *before, bool leaves, members *ret)
{
    char total[24];
    policy *p;
    control_answer r;
    buf bytes = {0};
    sign_key *k = place_secretariat_key();
    assert_int_equal(policy_open(buf_span(&held[2]), &p), OK);
    assert_int_equal(members_of(p, policy_union(p, "tmnit"), ret), OK);
    if (before) {
        ret->serial = before->serial + 1;
        ret->has_previous = true;
        assert_int_equal(members_hash(before, &ret->previous), OK);
    }
    if (leaves)
        assert_true(members_drop(ret, w.p.nodes[PLACE_TMNIT].clinic));
    assert_int_equal(members_sign(ret, k, today), OK);
    assert_int_equal(members_put(ret, &bytes), OK);
    snprintf(total, sizeof total, "%zu", bytes.len);
    for (size_t sent = 0; sent < bytes.len; sent += PIECE) {
        char offset[24];
        static char handle[64];
        snprintf(offset, sizeof offset, "%zu", sent);
        const char *args[] = {"total", total, "at", offset, sent ? "handle" : NULL, handle, NULL};
        control_send(&w, "members.publish", args, span_cut(buf_span(&bytes), sent, PIECE), &r);
        assert_int_equal(r.reply->status, OK);
        snprintf(handle, sizeof handle, "%s", r.reply->handle ? r.reply->handle : "");
        if (!r.reply->more)
            assert_string_equal(record_field(r.reply->records[0], "state"), "accepted");
        control_answer_done(&r);
    }
    policy_free(p);
    sign_key_free(k);
    buf_done(&bytes);
}

// From the acknowledgement of the list on, whoever left asks in vain, and that stands in the log.
static void who_left_by_a_list_asks_in_vain(void **state)
{
    (void)state;
    reply r;
    entry e;
    members out, back;
    pseudonym who = who_of(1);
    question q = question_of(&w, PLACE_TMNIT, &who);
    lookup_ask(a, &q, &r);
    assert_int_equal(r.status, OK); // a ticket is in its hands
    reply_done(&r);
    list_publish(NULL, true, &out);
    lookup_ask(a, &q, &r);
    assert_int_equal(r.status, ERR_DENIED);
    assert_int_equal(r.body.len, 0);
    reply_done(&r);
    bool told = false;
    while (!told && log_find(&w, "lookup", "tmnit", &e))
        told = strcmp(e.status, "denied") == 0 && strstr(e.note, "does not ask through this node");
    assert_true(told);
    list_publish(&out, false, &back);
    lookup_ask(a, &q, &r);
    assert_int_equal(r.status, OK);
    reply_done(&r);
    members_done(&out);
    members_done(&back);
}

static void a_version_waits_for_its_day(void **state)
{
    (void)state;
    reply r;
    held[3] = version_after(2, (place_version){.from = today + 1, .without = PLACE_KKR, .lapsed = -1});
    buf record = record_of(&held[2], &held[3], 7, -1);
    accepted(buf_span(&held[3]), buf_span(&record), "good");
    assert_int_equal(status_number("rules_version"), 2);
    assert_int_equal(status_number("rules_newest"), 3);
    hello_ask(a, "tmnit", WIRE_VERSION, 0, &r);
    const Tsunagu__HelloReply *h = REPLY_AS(&r, Tsunagu__HelloReply, tsunagu__hello_reply__descriptor);
    assert_non_null(h);
    assert_int_equal(h->newest_version, 3);
    reply_done(&r);
    book_tick(w.h, clock_now_ms());
    assert_int_equal(status_number("rules_version"), 2);
    control_answer s;
    control_ask(&w, "rules.list", NULL, &s);
    assert_int_equal(s.reply->n_records, 3);
    assert_string_equal(record_field(s.reply->records[1], "state"), "in_force");
    assert_string_equal(record_field(s.reply->records[2], "state"), "waiting");
    control_answer_done(&s);
    buf_done(&record);
}

static void all_of_it_stands_after_a_start(void **state)
{
    (void)state;
    peer_close(a);
    peer_close(b);
    world_reopen(&w);
    // Verified again from the pin; version 3 waits again, for its day has not come by the real clock.
    assert_int_equal(status_number("rules_newest"), 3);
    assert_int_equal(status_number("rules_version"), 2);
    a = world_peer(&w, PLACE_TMNIT);
    b = world_peer(&w, PLACE_SHIRITSU);
    log_verified(&w);
}

// What an interrupted or impossible write leaves behind is never taken for a version.
static void half_a_file_is_no_version(void **state)
{
    (void)state;
    char beside[160], path[160];
    control_answer r;
    held[4] = version_after(3, (place_version){.from = today + 1, .without = -1, .lapsed = -1});
    // Its signatures count from the day that version 3 is in force: not today.
    buf record = record_of(&held[3], &held[4], 7, -1);
    refused(buf_span(&held[4]), buf_span(&record), "too-early", "denied");
    // A truncated bundle, and a file beside, as a kill in the middle would leave them.
    place_write(&w.p, "rules/4.bundle", span_cut(buf_span(&held[4]), 0, held[4].len / 2));
    place_write(&w.p, "rules/5.bundle.new", buf_span(&held[4]));
    peer_close(a);
    peer_close(b);
    world_reopen(&w);
    assert_int_equal(status_number("rules_newest"), 3);
    in_rules("5.bundle.new", beside);
    assert_int_not_equal(access(beside, F_OK), 0);
    in_rules("4.bundle", path);
    assert_int_equal(unlink(path), 0);
    // Version 3 gone, and its place cannot be written: the disk says no.
    in_rules("3.bundle", path);
    assert_int_equal(unlink(path), 0);
    in_rules("3.bundle.new", beside);
    world_reopen(&w);
    assert_int_equal(status_number("rules_newest"), 2);
    assert_int_equal(mkdir(beside, 0700), 0);
    buf_done(&record);
    record = record_of(&held[2], &held[3], 7, -1);
    publish(buf_span(&held[3]), buf_span(&record), &r);
    assert_int_equal(r.reply->status, ERR_IO);
    control_answer_done(&r);
    entry e = {0};
    do
        if (!log_find(&w, "rules", "hub", &e))
            usleep(1000); // written after the fact
    while (strcmp(e.status, "io") != 0);
    assert_int_equal(status_number("rules_newest"), 2);
    assert_int_not_equal(access(path, F_OK), 0);
    assert_int_equal(rmdir(beside), 0);
    accepted(buf_span(&held[3]), buf_span(&record), "good");
    assert_int_equal(access(path, F_OK), 0);
    buf_done(&record);
    a = world_peer(&w, PLACE_TMNIT);
    b = world_peer(&w, PLACE_SHIRITSU);
}

static void an_upload_must_fit_together(void **state)
{
    (void)state;
    control_answer r;
    const char *none[] = {NULL}, *small[] = {"total", "3", NULL}, *huge[] = {"total", "99999999", NULL};
    const char *begun[] = {"total", "10", NULL}, *lost[] = {"total", "10", "at", "7", "handle", "1", NULL};
    const struct { const char *const *args; err status; } TRIES[] = {
        {none, ERR_USAGE}, {huge, ERR_USAGE}, {small, ERR_FORMAT}, {begun, OK}, {lost, ERR_CONFLICT}};
    for (size_t i = 0; i < sizeof TRIES / sizeof *TRIES; i++) {
        control_send(&w, "rules.publish", TRIES[i].args, SPAN_LIT("piece"), &r);
        assert_int_equal(r.reply->status, TRIES[i].status);
        control_answer_done(&r);
    }
}

// ---- old rules ------------------------------------------------------------------------------

static void old_rules_open_nothing_new(void **state)
{
    (void)state;
    reply r;
    pseudonym who = who_of(50), other = who_of(51);
    card c = card_of(&w, PLACE_SHIRITSU, &who, 1), d = card_of(&w, PLACE_SHIRITSU, &other, 1);
    publish_one(b, &c);
    status_says("rules_stale", "");
    // Not version 3, which waits in the folder: that branch of the test's history ends here.
    char path[160];
    in_rules("3.bundle", path);
    assert_int_equal(unlink(path), 0);
    peer_close(a);
    peer_close(b);
    world_reopen(&w);
    buf_done(&held[3]);
    held[3] = version_after(2, (place_version){.from = today - 3, .without = -1, .lapsed = -1, .warn = today - 2,
                                               .no_registrations = today - 1, .deny = today + 1});
    buf record = record_of(&held[2], &held[3], 7, -1);
    accepted(buf_span(&held[3]), buf_span(&record), "good");
    buf_done(&record);
    status_says("rules_stale", "no_registrations");
    assert_true(entry_told("version 3: no_registrations"));
    a = world_peer(&w, PLACE_TMNIT);
    b = world_peer(&w, PLACE_SHIRITSU);
    // A new patient: no. The same consent with fresher periods, a narrower one, its end: yes.
    publish_ask(b, b->publish_seq + 1, &d, 1, &r);
    const Tsunagu__PublishReply *said = REPLY_AS(&r, Tsunagu__PublishReply, tsunagu__publish_reply__descriptor);
    assert_non_null(said);
    assert_int_equal(said->n_refused_why, 1);
    assert_non_null(strstr(said->refused_why[0], "too old for new registrations"));
    b->publish_seq = said->publish_seq;
    reply_done(&r);
    publish_one(b, &c);
    c.scope.revision++;
    c.scope.until--;
    publish_one(b, &c);
    c.scope.revision++;
    c.scope.until++; // wider than what is held
    publish_ask(b, b->publish_seq + 1, &c, 1, &r);
    said = REPLY_AS(&r, Tsunagu__PublishReply, tsunagu__publish_reply__descriptor);
    assert_int_equal(said->n_refused_why, 1);
    b->publish_seq = said->publish_seq;
    reply_done(&r);
    question q = question_of(&w, PLACE_TMNIT, &who);
    lookup_ask(a, &q, &r);
    assert_int_equal(answer_of(&r, w.p.nodes[PLACE_SHIRITSU].discloses)->status, OK); // reading goes on
    reply_done(&r);
    c.scope.withdrawn = true;
    publish_one(b, &c);
    book_tick(w.h, clock_now_ms() + 2LL * DAY_MS);
    assert_true(entry_told("version 3: deny"));
}

static void the_day_comes_and_who_lost_its_place_goes(void **state)
{
    (void)state;
    time_ms now = clock_now_ms();
    peer *kkr = world_peer(&w, PLACE_KKR);
    buf_done(&held[4]);
    held[4] = version_after(3, (place_version){.from = today + 1, .without = PLACE_KKR, .lapsed = -1});
    buf record = record_of(&held[3], &held[4], 7, -1);
    accepted(buf_span(&held[4]), buf_span(&record), "good");
    assert_int_equal(status_number("rules_version"), 3);
    assert_false(kkr->closed);
    book_tick(w.h, now + DAY_MS);
    assert_int_equal(status_number("rules_version"), 4);
    peer_wait(kkr, &kkr->closed);
    assert_true(entry_told("version 4 in force, its day has come"));
    // A clock that goes back brings no old rules back.
    book_tick(w.h, now);
    assert_int_equal(status_number("rules_version"), 4);
    peer_close(kkr);
    buf_done(&record);
}

// ---- what was in force is remembered ---------------------------------------------------------

static void in_place_path(const char *name, char out[static 160])
{
    snprintf(out, 160, "%s/%s", w.p.dir, name);
}

// The newest files are gone, or others lie in their place: the hub does not go back to older rules.
static void a_folder_that_lost_what_was_in_force_is_refused(void **state)
{
    (void)state;
    char path[160], away[160], config[160];
    hub *h = NULL;
    in_rules("4.bundle", path);
    in_rules("away", away);
    in_place_path("hub.yaml", config);
    peer_close(a);
    peer_close(b);
    a = b = NULL;
    hub_close(w.h);
    assert_int_equal(rename(path, away), 0);
    assert_int_equal(hub_open(config, &h), ERR_CONFLICT);
    // Another version 4, as well ratified as the first.
    buf fork = version_after(3, (place_version){.from = today, .without = -1, .lapsed = -1});
    buf record = record_of(&held[3], &fork, 7, -1), was = {.max = FOLDER_RECORD_MAX};
    char dir[160];
    in_place_path("rules", dir);
    assert_int_equal(folder_get(dir, 4, FOLDER_RECORD, &was), OK);
    assert_int_equal(folder_put(dir, 4, buf_span(&fork), buf_span(&record)), OK);
    assert_int_equal(hub_open(config, &h), ERR_CONFLICT);
    // A file made shorter on the way is no version either.
    assert_int_equal(folder_put(dir, 4, span_cut(buf_span(&held[4]), 0, held[4].len - 1), buf_span(&was)), OK);
    assert_int_equal(hub_open(config, &h), ERR_CONFLICT);
    assert_int_equal(folder_put(dir, 4, buf_span(&held[4]), buf_span(&was)), OK);
    assert_int_equal(unlink(away), 0);
    assert_int_equal(hub_open(config, &w.h), OK);
    assert_int_equal(status_number("rules_newest"), 4);
    assert_int_equal(status_number("rules_version"), 3); // by today's date
    buf_done(&fork);
    buf_done(&record);
    buf_done(&was);
}

// Nor to older lists of members: who has left stays away, whatever becomes of the file.
static void a_lost_list_comes_back(void **state)
{
    (void)state;
    char path[160], config[160];
    in_rules("members/tmnit-2.list", path);
    in_place_path("hub.yaml", config);
    hub_close(w.h);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(hub_open(config, &w.h), OK);
    assert_int_equal(access(path, F_OK), 0);
    book_list_head *head = NULL;
    for (size_t i = 0; i < w.h->book.list_count; i++)
        if (strcmp(w.h->book.list_heads[i].union_id, "tmnit") == 0)
            head = &w.h->book.list_heads[i];
    assert_non_null(head);
    assert_int_equal(head->serial, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refusals_are_named_and_on_record),
        cmocka_unit_test(another_spelling_of_the_same_rules_is_refused),
        cmocka_unit_test(no_look_up_is_lost_when_rules_switch),
        cmocka_unit_test(the_same_bytes_again_are_no_mistake),
        cmocka_unit_test(nodes_are_told_and_served),
        cmocka_unit_test(who_left_by_a_list_asks_in_vain),
        cmocka_unit_test(a_version_waits_for_its_day),
        cmocka_unit_test(all_of_it_stands_after_a_start),
        cmocka_unit_test(half_a_file_is_no_version),
        cmocka_unit_test(an_upload_must_fit_together),
        cmocka_unit_test(old_rules_open_nothing_new),
        cmocka_unit_test(the_day_comes_and_who_lost_its_place_goes),
        cmocka_unit_test(a_folder_that_lost_what_was_in_force_is_refused),
        cmocka_unit_test(a_lost_list_comes_back),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
