// SPDX-License-Identifier: Apache-2.0
// The asking side before a hub that answers look-ups with rubbish or another's tickets, and mangles documents
// on their way: nothing is shown as whole that is not, and no handle is held for ever.
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "proto/crypto/cert.h"
#include "proto/link/ipc.h"
#include "node/viewing/viewer.h"
#include "tests/support/bed.h"

static bed b;
static pseudonym who, other;
static uint8_t long_id[16], short_id[16];
static uint8_t user_id[USER_ID_BYTES];
static const char *self;

#define NUMBER "77-001"
static const char *const lookup_args[] = {"as", "dr", "number", NUMBER, NULL};

static int begin(void **state)
{
    static const char *const form[] = {"as", "dr", "number", NUMBER, "kana_family", "YAMADA",
                                       "kana_given", "TARO", "birth", "1965-04-15", "sex", "M", NULL};
    (void)state;
    bed_open(&b);
    who = bed_confirm(&b, BED_CHART, "staff");
    other = bed_confirm(&b, BED_OTHER, "staff");
    host_wait_seq(&b.h, b.seq);
    assert_int_equal(bed_do(&b, "register", form), OK);
    bed_document(&b, BED_CHART, "OMP-01", BED_LONG, long_id);
    bed_document(&b, BED_CHART, "OMP-01", BED_LONG - 1, short_id);
    user_id_of(b.n->secret, b.p.nodes[BED_NODE].clinic, "dr", user_id);
    return 0;
}

static int end(void **state)
{
    (void)state;
    bed_close(&b);
    return 0;
}

// ---- what the hub answers -----------------------------------------------------------------

static ticket true_ticket(void)
{
    ticket k = bed_ticket(&b, &who, BED_NODE);
    memcpy(k.user, user_id, sizeof k.user);
    return k;
}

static void answer_raw(span body)
{
    pthread_mutex_lock(&b.h.lock);
    buf_clear(&b.h.lookup);
    buf_put_span(&b.h.lookup, body);
    pthread_mutex_unlock(&b.h.lock);
}

// One facility `count` times, with this ticket.
static void answer_with(span bytes, uint64_t facility, size_t count, uint32_t status)
{
    Tsunagu__LookupReply r = TSUNAGU__LOOKUP_REPLY__INIT;
    static Tsunagu__FacilityAnswer f[1030], *list[1030];
    buf body = {0};
    for (size_t i = 0; i < count; i++) {
        tsunagu__facility_answer__init(&f[i]);
        f[i].facility = count > 2 ? facility + i : facility;
        f[i].status = status;
        f[i].granted = 0xffff;
        f[i].ticket = wire_bytes(bytes);
        list[i] = &f[i];
    }
    r.facilities = list;
    r.n_facilities = count;
    place_must(wire_encode((const ProtobufCMessage *)&r, &body), "lookup");
    answer_raw(buf_span(&body));
    buf_done(&body);
}

static void answer_ticket(const ticket *k, const sign_key *key)
{
    buf t = {0};
    bed_sign(k, key, &t);
    answer_with(buf_span(&t), b.p.nodes[BED_NODE].discloses, 1, OK);
    buf_done(&t);
}

static void ticket_handle(char out[static HANDLE_MAX + 1])
{
    said s;
    ticket k = true_ticket();
    answer_ticket(&k, b.p.hub_sign);
    bed_say(&b, "lookup", lookup_args, &s);
    assert_int_equal(s.r->status, OK);
    snprintf(out, HANDLE_MAX + 1, "%s", said_field(&s, "facility", 0, "ticket"));
    assert_true(out[0]);
    said_done(&s);
}

static void the_true_answer_is_shown(void **state)
{
    said s;
    ticket k = true_ticket();
    (void)state;
    answer_ticket(&k, b.p.hub_sign);
    bed_say(&b, "timeline", lookup_args, &s);
    assert_int_equal(s.r->status, OK);
    assert_string_equal(said_field(&s, "facility", 0, "status"), "ok");
    assert_true(said_count(&s, "document") >= 3);
    assert_string_equal(said_field(&s, "patient", 0, "name"), "YAMADA TARO");
    said_done(&s);
}

// No result is an answer too, and says what it means.
static void an_empty_answer_says_so(void **state)
{
    static const char *const form[] = {"kana_family", "NOBODY", "kana_given", "HERE", "birth", "1901-01-01", NULL};
    static const char *const commands[] = {"lookup", "timeline"};
    said s;
    (void)state;
    answer_with((span){0}, 0, 0, OK);
    for (size_t i = 0; i < 2; i++) {
        bed_say(&b, commands[i], lookup_args, &s);
        assert_int_equal(s.r->status, OK);
        assert_int_equal(s.r->n_records, 0);
        assert_string_equal(s.r->note, "no hospital discloses this patient to this facility");
        said_done(&s);
    }
    bed_say(&b, "candidates", form, &s);
    assert_int_equal(s.r->status, OK);
    assert_int_equal(s.r->n_records, 0);
    assert_string_equal(s.r->note, "nobody here fits the form");
    said_done(&s);
}

static void kanji_are_no_kana(void **state)
{
    static const char *const commands[] = {"register", "candidates", "confirm"};
    said s;
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        const char *args[] = {"as", "dr", "number", "78-001", "chart", BED_CHART, "by", "staff", "to", "federation",
                              "kana_family", i == 1 ? "佐々木" : "山田", "kana_given", "TARO", NULL};
        bed_say(&b, commands[i], args, &s);
        assert_int_equal(s.r->status, ERR_USAGE);
        assert_string_equal(s.r->note, "kana_family: kana or roman letters are needed, not kanji");
        said_done(&s);
    }
    const char *fine[] = {"kana_family", "ヤマダ", "kana_given", "たろう", "kanji_family", "山田", NULL};
    assert_int_equal(bed_do(&b, "candidates", fine), OK);
}

static void nothing_is_shown(const char *status)
{
    said s;
    size_t fetches = b.h.fetches;
    bed_say(&b, "timeline", lookup_args, &s);
    assert_int_equal(s.r->status, OK);
    assert_string_equal(said_field(&s, "facility", 0, "status"), status);
    assert_string_equal(said_field(&s, "facility", 0, "ticket"), "");
    assert_int_equal(said_count(&s, "document") + said_count(&s, "patient"), 0);
    assert_int_equal(b.h.fetches, fetches);
    said_done(&s);
}

static void of_another_patient(ticket *k) { k->who = other; }
static void of_another_user(ticket *k) { k->user[0] ^= 1; }
static void of_another_clinic(ticket *k) { k->facility = b.p.nodes[PLACE_TMNIT].clinic; }
static void of_another_node(ticket *k) { strcpy(k->node, "tmnit"); }
static void of_another_hospital(ticket *k) { k->source = b.p.nodes[PLACE_TMNIT].discloses; }

// Signed by the hub itself, and yet not what was asked for.
static void tickets_of_others_are_none(void **state)
{
    static void (*const changes[])(ticket *) = {of_another_patient, of_another_user, of_another_clinic,
                                                of_another_node, of_another_hospital};
    (void)state;
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        ticket k = true_ticket();
        changes[i](&k);
        answer_ticket(&k, b.p.hub_sign);
        nothing_is_shown("auth");
    }
    ticket k = true_ticket();
    sign_key *forger;
    place_must(sign_key_new(&forger), "key");
    answer_ticket(&k, forger);
    nothing_is_shown("auth");
    sign_key_free(forger);
    k = true_ticket();
    k.issued -= 3600000, k.expires -= 3600000;
    answer_ticket(&k, b.p.hub_sign);
    nothing_is_shown("expired");
    answer_with(SPAN_LIT("no ticket at all"), b.p.nodes[BED_NODE].discloses, 1, OK);
    nothing_is_shown("auth");
    answer_with((span){0}, b.p.nodes[BED_NODE].discloses, 1, 4000000000u);
    nothing_is_shown("unknown");
}

// How many records of one kind there are on all pages.
static size_t shown(const char *command, const char *const *args, const char *kind)
{
    size_t count = 0, n = 0;
    const char *next[16];
    char handle[64] = "";
    while (args[n])
        next[n] = args[n], n++;
    for (;;) {
        said s;
        next[n] = handle[0] ? "handle" : NULL, next[n + 1] = handle, next[n + 2] = NULL;
        bed_say(&b, command, next, &s);
        assert_int_equal(s.r->status, OK);
        count += said_count(&s, kind);
        bool more = s.r->more;
        snprintf(handle, sizeof handle, "%s", s.r->handle);
        said_done(&s);
        if (!more)
            return count;
    }
}

static void rubbish_is_refused(void **state)
{
    static uint8_t big[190000];
    buf t = {0};
    ticket k = true_ticket();
    (void)state;
    bed_sign(&k, b.p.hub_sign, &t);
    answer_with(buf_span(&t), b.p.nodes[BED_NODE].discloses, 2, OK); // one facility, twice
    assert_int_equal(bed_do(&b, "timeline", lookup_args), ERR_FORMAT);
    answer_with((span){0}, 110000000, 1025, OK);
    assert_int_equal(bed_do(&b, "lookup", lookup_args), ERR_LIMIT);
    // Very many: in pages, none left out.
    answer_with((span){0}, 110000000, 1000, ERR_LIMIT);
    assert_int_equal(shown("lookup", lookup_args, "facility"), 1000);
    memset(big, 0xff, sizeof big);
    answer_raw(span_of(big, sizeof big));
    assert_int_equal(bed_do(&b, "lookup", lookup_args), ERR_FORMAT);
    // Every cut of a true answer: an answer or a refusal, never a crash.
    answer_ticket(&k, b.p.hub_sign);
    buf whole = {0};
    buf_put_span(&whole, buf_span(&b.h.lookup));
    for (size_t i = 0; i < whole.len; i += 3) {
        answer_raw(span_of(whole.at, i));
        (void)bed_do(&b, "lookup", lookup_args);
    }
    buf_done(&whole);
    buf_done(&t);
}

// ---- documents on their way ---------------------------------------------------------------------

static void passing(host_passing how)
{
    pthread_mutex_lock(&b.h.lock);
    b.h.passing = how;
    pthread_mutex_unlock(&b.h.lock);
}

// Opens and reads to the end; how it ended, and what was shown until then.
static err read_whole(const char *handle, const uint8_t id[16], buf *ret, bool *ret_end)
{
    char hex[33];
    said s;
    hex_put(hex, span_of(id, 16));
    const char *args[] = {"as", "dr", "ticket", handle, "document", hex, NULL};
    *ret_end = false;
    bed_say(&b, "open", args, &s);
    while (s.r->status == OK && s.r->more) {
        const char *next[] = {"handle", strdup(s.r->handle), NULL};
        said_done(&s);
        bed_say(&b, "read", next, &s);
        buf_put_span(ret, wire_span(s.r->data));
        free((void *)next[1]);
    }
    err e = (err)s.r->status;
    *ret_end = e == OK && !s.r->more;
    said_done(&s);
    return e;
}

static void ends(const uint8_t id[16], host_passing how, err status)
{
    char handle[HANDLE_MAX + 1];
    buf got = {0};
    bool end;
    ticket_handle(handle);
    passing(how);
    err e = read_whole(handle, id, &got, &end);
    passing(PASS);
    if (e != status)
        fail_msg("passing %d: %s instead of %s", how, err_name(e), err_name(status));
    assert_true(end == (status == OK));
    if (end)
        assert_int_equal(got.len, id == long_id ? BED_LONG : BED_LONG - 1);
    buf_done(&got);
}

static void mangled_documents_do_not_pass_for_whole(void **state)
{
    (void)state;
    ends(long_id, PASS, OK);
    ends(short_id, PASS, OK);
    ends(long_id, PASS_CUT, ERR_CLOSED);
    ends(long_id, PASS_NOTHING, ERR_CLOSED);
    ends(long_id, PASS_SWAPPED, ERR_AUTH);
    ends(long_id, PASS_TWICE, ERR_AUTH);
    ends(long_id, PASS_FLIPPED, ERR_AUTH);
    ends(long_id, PASS_TAIL, ERR_FORMAT); // the first piece, which names keys, is missing
    ends(short_id, PASS, OK);
    ends(long_id, PASS_OTHER, ERR_AUTH); // the pieces of the other document
    ends(long_id, PASS, OK);
    ends(long_id, PASS_OTHER, ERR_AUTH); // of the same document, as it was sent before
}

static void mangled_lists_show_nothing(void **state)
{
    static const host_passing how[] = {PASS_CUT, PASS_FLIPPED, PASS_OTHER, PASS_NOTHING};
    (void)state;
    for (size_t i = 0; i < sizeof how / sizeof how[0]; i++) {
        said s;
        ticket k = true_ticket();
        answer_ticket(&k, b.p.hub_sign);
        passing(how[i]);
        bed_say(&b, "timeline", lookup_args, &s);
        passing(PASS);
        assert_string_not_equal(said_field(&s, "facility", 0, "status"), "ok");
        assert_int_equal(said_count(&s, "document") + said_count(&s, "patient"), 0);
        said_done(&s);
    }
}

// ---- handles -------------------------------------------------------------------------------------

static atomic_bool looked_after;

static void *look_after(void *unused)
{
    (void)unused;
    while (atomic_load(&looked_after))
        viewer_tick(b.n, clock_now_ms());
    return NULL;
}

// What ends idle handles goes through them while they are read, here without a pause: neither waits for the other
// for ever.
static void reading_stands_being_looked_after(void **state)
{
    pthread_t tick;
    (void)state;
    atomic_store(&looked_after, true);
    assert_int_equal(pthread_create(&tick, NULL, look_after, NULL), 0);
    for (int i = 0; i < 12; i++)
        ends(long_id, PASS, OK);
    atomic_store(&looked_after, false);
    pthread_join(tick, NULL);
}

static void open_once(const char *handle, err status, char *ret_handle)
{
    char hex[33];
    said s;
    hex_put(hex, span_of(long_id, 16));
    const char *args[] = {"as", "dr", "ticket", handle, "document", hex, NULL};
    bed_say(&b, "open", args, &s);
    assert_int_equal(s.r->status, status);
    if (ret_handle)
        snprintf(ret_handle, HANDLE_MAX + 1, "%s", s.r->handle);
    said_done(&s);
}

static void no_more_than_so_many_are_open(void **state)
{
    char handle[HANDLE_MAX + 1], open[64][HANDLE_MAX + 1];
    (void)state;
    ticket_handle(handle);
    for (int i = 0; i < 64; i++)
        open_once(handle, OK, open[i]);
    open_once(handle, ERR_BUSY, NULL);
    // One is read to its end: there is room again.
    said s;
    bool more = true;
    while (more) {
        const char *args[] = {"handle", open[0], NULL};
        bed_say(&b, "read", args, &s);
        assert_int_equal(s.r->status, OK);
        more = s.r->more;
        said_done(&s);
    }
    open_once(handle, OK, open[0]);
    open_once(handle, ERR_BUSY, NULL);
    // Idle for long enough, all of them end (viewer_drain says that a minute has passed).
    viewer_drain(b.n);
    const char *args[] = {"handle", open[5], NULL};
    assert_int_equal(bed_do(&b, "read", args), ERR_NOT_FOUND);
    open_once(handle, OK, NULL);
    viewer_drain(b.n);
}

// Another login: not the doctor's handle, not his tickets, not the owner's commands.
static int as_uid(const char *socket, const char *command, const char *user, const char *handle)
{
    int status = -1;
    pid_t child = fork();
    if (child == 0) {
        execl(self, self, socket, command, user, handle, (char *)NULL);
        _exit(99);
    }
    assert_true(child > 0 && waitpid(child, &status, 0) == child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void another_login_gets_nothing(void **state)
{
    char handle[HANDLE_MAX + 1], open[HANDLE_MAX + 1], path[128];
    (void)state;
    if (geteuid() != 0)
        skip();
    place_path(&b.p, "node.sock", path);
    assert_int_equal(chmod(b.p.dir, 0711) | chmod(path, 0666), 0);
    ticket_handle(handle);
    open_once(handle, OK, open);
    assert_int_equal(as_uid(path, "lookup", "dr", ""), ERR_DENIED);
    assert_int_equal(as_uid(path, "lookup", "nobody-such", ""), ERR_DENIED);
    assert_int_equal(as_uid(path, "read", "dr", open), ERR_NOT_FOUND);
    assert_int_equal(as_uid(path, "manifest", "dr", handle), ERR_DENIED);
    assert_int_equal(as_uid(path, "manifest", "nurse", handle), ERR_NOT_FOUND); // the doctor's ticket
    assert_int_equal(as_uid(path, "charts", "nurse", ""), ERR_DENIED);
    assert_int_equal(as_uid(path, "ticket", "nurse", handle), ERR_DENIED);
    assert_int_equal(as_uid(path, "lookup", "nurse", ""), OK);
    const char *args[] = {"handle", open, NULL};
    assert_int_equal(bed_do(&b, "read", args), OK); // the doctor's own still stands
    viewer_drain(b.n);
}

static int child_main(char **argv)
{
    Tsunagu__ControlRequest q = TSUNAGU__CONTROL_REQUEST__INIT;
    Tsunagu__ControlReply *r;
    Tsunagu__ControlField fields[4], *list[4];
    const char *args[] = {"as", argv[3], "number", NUMBER, "handle", argv[4], "ticket", argv[4]};
    bool lookup = strcmp(argv[2], "lookup") == 0, read = strcmp(argv[2], "read") == 0;
    buf body = {0}, reply = {0};
    arena a;
    for (int i = 0; i < 4; i++) {
        if ((i == 2 && !read) || (i == 3 && (read || lookup)))
            continue;
        tsunagu__control_field__init(&fields[i]);
        fields[i].key = (char *)args[2 * i];
        fields[i].value = (char *)args[2 * i + 1];
        list[q.n_args++] = &fields[i];
    }
    q.version = WIRE_VERSION;
    q.command = argv[2];
    q.args = list;
    arena_init(&a, 0);
    place_must(setgid(65534) || setuid(65534) ? ERR_DENIED : OK, "setuid");
    place_must(wire_encode((const ProtobufCMessage *)&q, &body), "encode");
    place_must(ipc_call(argv[1], buf_span(&body), 30000, &reply), "ipc_call");
    place_must(WIRE_DECODE(buf_span(&reply), Tsunagu__ControlReply, tsunagu__control_reply__descriptor,
                           WIRE_CONTROL_MAX, &a, &r), "decode");
    int status = (int)r->status;
    buf_done(&body);
    buf_done(&reply);
    arena_done(&a);
    return status;
}

// ---- whom it dials --------------------------------------------------------------------------------

static void again_with(const char *cert, const char *hub_name)
{
    if (b.n)
        bed_halt(&b);
    host_close(&b.h);
    host_open(&b.h, &b.p, BED_NODE, cert);
    bed_config(&b, hub_name);
    bed_start(&b);
}

static void not_connected(void)
{
    const struct timespec beat = {0, 50000000};
    char detail[200] = "";
    for (int i = 0; i < 600 && !detail[0]; i++) {
        said s;
        bed_say(&b, "status", NULL, &s);
        assert_string_equal(said_field(&s, "status", 0, "state"), "connecting");
        snprintf(detail, sizeof detail, "%s", said_field(&s, "status", 0, "detail"));
        said_done(&s);
        nanosleep(&beat, NULL);
    }
    assert_true(detail[0]); // an operator can read why
    assert_int_equal(b.h.hellos, 0);
}

static void a_false_hub_is_refused(void **state)
{
    char ca[128], cert[128], key[128];
    time_ms now = clock_now_ms();
    (void)state;
    place_path(&b.p, "ca", ca);
    place_path(&b.p, "false.pem", cert);
    place_path(&b.p, "false.key", key);
    // Of the same authority, with the same name, and another key: the rules name the true one.
    cert_request r = {.name = PLACE_HUB_HOST, .cert_path = cert, .key_path = key, .server = true,
                      .from = now - 3600000, .until = now + 86400000};
    place_must(ca_issue(ca, &r), cert);
    again_with("false", PLACE_HUB_HOST);
    not_connected();
    again_with("hub", "another.tsunagu.example"); // the true hub, but not the host that was meant
    not_connected();
    again_with("tmnit", PLACE_HUB_HOST); // a node that plays the hub
    not_connected();
    again_with("hub", PLACE_HUB_HOST);
    host_wait(&b.h, &b.h.hellos, 1);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_true_answer_is_shown),
        cmocka_unit_test(an_empty_answer_says_so),
        cmocka_unit_test(kanji_are_no_kana),
        cmocka_unit_test(tickets_of_others_are_none),
        cmocka_unit_test(rubbish_is_refused),
        cmocka_unit_test(mangled_documents_do_not_pass_for_whole),
        cmocka_unit_test(mangled_lists_show_nothing),
        cmocka_unit_test(reading_stands_being_looked_after),
        cmocka_unit_test(no_more_than_so_many_are_open),
        cmocka_unit_test(another_login_gets_nothing),
        cmocka_unit_test(a_false_hub_is_refused),
    };
    self = "/proc/self/exe";
    if (argc == 5)
        return child_main(argv);
    return cmocka_run_group_tests(tests, begin, end);
}
