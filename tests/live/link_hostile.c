// SPDX-License-Identifier: Apache-2.0
// A real listener among peers without manners. Through every test one honest
// peer calls without a pause: it must be answered each time, soon, and after
// each test descriptors, connections and memory must have come back.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "proto/link/link.h"
#include "tests/support/line.h"
#include "tests/support/raw.h"

enum { ECHO = 100, PARK, BIG, CROWD = 1000, PATIENCE_S = 60 };
enum { HANDSHAKE_MS = 1500, FRAME_MS = 500, IDLE_MS = 3000, WRITE_MS = 1000 };

static line_ca ca, foreign;
static tls_ctx *server_tls, *honest_tls, *rude_tls, *unlisted_tls, *revoked_tls, *expired_tls, *foreign_tls;
static link_end *server, *honest;
static uint16_t port_number;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t bell = PTHREAD_COND_INITIALIZER;
static unsigned closed_count, refused_count, gone_count, parked_count;
static char closed_why[160], refused_why[160], refused_name[128];
static size_t most_waiting;
static link_conn *honest_conn;
static bool stop_calling, calling;
static unsigned answered, failed;
static time_ms asked_at, slowest;

#define LOCKED(...) do { pthread_mutex_lock(&lock); __VA_ARGS__; pthread_cond_broadcast(&bell); \
        pthread_mutex_unlock(&lock); } while (0)
#define UNTIL(what) do { pthread_mutex_lock(&lock); time_t end_ = time(NULL) + PATIENCE_S; \
        while (!(what)) { \
            if (time(NULL) > end_) { pthread_mutex_unlock(&lock); fail_msg("never: %s", #what); } \
            wait_bell(); } \
        pthread_mutex_unlock(&lock); } while (0)

static void wait_bell(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    t.tv_nsec += 20000000;
    t.tv_sec += t.tv_nsec / 1000000000;
    t.tv_nsec %= 1000000000;
    pthread_cond_timedwait(&bell, &lock, &t);
}

// ---- the listener -------------------------------------------------------------------

static err on_admit(void *ctx, const link_peer *peer, void **ret_user, char *why)
{
    (void)ctx, (void)ret_user;
    if (tls_peer_is(peer->session, "honest.test") || tls_peer_is(peer->session, "rude.test"))
        return OK;
    snprintf(why, 128, "not in the membership list");
    return ERR_DENIED;
}

static void on_gone(void *ctx, link_in *call, err e)
{
    (void)ctx, (void)e;
    LOCKED(gone_count++);
    link_reply(call, ERR_CLOSED, (span){0}, NULL);
}

static void on_request(void *ctx, link_conn *c, link_in *call)
{
    static const uint8_t big[WIRE_BODY_MAX];
    const link_in_events ev = {.gone = on_gone};
    (void)ctx;
    switch (link_in_method(call)) {
    case PARK:
        LOCKED(parked_count++);
        link_in_watch(call, &ev);
        return;
    case BIG: {
        link_reply(call, OK, (span){big, sizeof big}, NULL);
        size_t waiting = link_conn_waiting(c);
        LOCKED(most_waiting = waiting > most_waiting ? waiting : most_waiting);
        return;
    }
    default: link_reply(call, OK, link_in_body(call), NULL);
    }
}

static void on_closed(void *ctx, link_conn *c, err e, const char *why)
{
    (void)ctx, (void)c, (void)e;
    LOCKED(closed_count++; snprintf(closed_why, sizeof closed_why, "%s", why));
}

static void on_refused(void *ctx, const char *address, const char *name, err e, const char *why)
{
    (void)ctx, (void)address, (void)e;
    LOCKED(refused_count++; snprintf(refused_why, sizeof refused_why, "%s", why);
           snprintf(refused_name, sizeof refused_name, "%s", name));
}

// ---- the honest peer ------------------------------------------------------------------

static void call_again(link_conn *c);

static void on_answer(void *ctx, link_out *call, err e, uint32_t status, span body, const char *note)
{
    (void)call, (void)note;
    bool again;
    time_ms took = clock_mono_ms() - asked_at;
    LOCKED(answered++; failed += e || status || !span_eq(body, SPAN_LIT("honest"));
           slowest = took > slowest ? took : slowest; again = !stop_calling; calling = again);
    if (again)
        call_again(ctx);
}

static void call_again(link_conn *c)
{
    const link_out_events ev = {.ctx = c, .done = on_answer};
    asked_at = clock_mono_ms();
    if (link_call(c, ECHO, SPAN_LIT("honest"), 20000, 0, &ev, NULL))
        LOCKED(failed++; calling = false);
}

static void honest_opened(void *ctx, link_conn *c)
{
    (void)ctx;
    LOCKED(honest_conn = link_conn_keep(c); calling = true);
    call_again(c);
}

static void honest_closed(void *ctx, link_conn *c, err e, const char *why)
{
    (void)ctx, (void)c, (void)e;
    bool early;
    LOCKED(early = !stop_calling; failed += early);
    if (early)
        fprintf(stderr, "the honest peer was cut off: %s\n", why);
}

// ---- what must come back --------------------------------------------------------------

static size_t descriptors(void)
{
    size_t n = 0;
    DIR *d = opendir("/proc/self/fd");
    while (readdir(d))
        n++;
    closedir(d);
    return n;
}

static size_t base_descriptors;
static size_t base_heap;

static size_t heap(void)
{
    malloc_trim(0);
    struct mallinfo2 m = mallinfo2(); // all zeros under the address sanitizer, whose leak check stands in
    return m.uordblks + m.hblkhd;
}

static unsigned open_count(void)
{
    link_status s;
    link_status_of(server, &s);
    return (unsigned)s.open;
}

static int before(void **state)
{
    (void)state;
    LOCKED(closed_count = refused_count = gone_count = parked_count = answered = 0; slowest = 0; most_waiting = 0;
           closed_why[0] = refused_why[0] = refused_name[0] = '\0');
    base_heap = heap();
    return 0;
}

static int after(void **state)
{
    (void)state;
    UNTIL(open_count() == 1);
    UNTIL(descriptors() <= base_descriptors);
    UNTIL(answered > 0);
    UNTIL(heap() < base_heap + (1 << 20));
    unsigned calls, bad;
    time_ms slow;
    LOCKED(calls = answered; bad = failed; slow = slowest);
    printf("             honest peer: %u calls, slowest %lld ms, heap %+lld KiB\n", calls, (long long)slow,
           ((long long)heap() - (long long)base_heap) / 1024);
    assert_int_equal(bad, 0);
    assert_true(slow < 10000);
    return 0;
}

// ---- the rude ones ------------------------------------------------------------------------

static void rude(raw *r)
{
    assert_true(raw_open(r, port_number, rude_tls, "hub.test"));
}

static bool ask(raw *r, uint64_t id, uint32_t method, span body)
{
    wire_frame f = {.kind = TSUNAGU__KIND__KIND_REQUEST, .id = id, .method = method, .deadline_ms = 60000, .body = body};
    return raw_frame(r, &f);
}

static void vanish(raw *r, bool reset)
{
    struct linger hard = {.l_onoff = 1};
    if (reset)
        setsockopt(r->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    raw_close(r);
}

static void a_thousand_vanish_mid_call(void **state)
{
    (void)state;
    static raw crowd[50];
    for (int round = 0; round < CROWD / 50; round++) {
        for (int i = 0; i < 50; i++) {
            rude(&crowd[i]);
            for (uint64_t id = 1; id <= 3; id++)
                assert_true(ask(&crowd[i], id, PARK, SPAN_LIT("for nothing")));
            assert_true(ask(&crowd[i], 4, ECHO, SPAN_LIT("not waited for")));
        }
        for (int i = 0; i < 50; i++)
            vanish(&crowd[i], i % 2);
    }
    UNTIL(closed_count == CROWD);
    UNTIL(gone_count == parked_count); // each call that was begun was told of its end
    assert_true(parked_count > CROWD);
}

static void a_thousand_say_nothing(void **state)
{
    (void)state;
    static raw crowd[CROWD];
    size_t heap_before = heap();
    for (int i = 0; i < CROWD; i++)
        assert_true(raw_open(&crowd[i], port_number, NULL, NULL));
    UNTIL(open_count() + refused_count > 900);
    printf("             a silent connection: %zd bytes of heap\n", (ssize_t)(heap() - heap_before) / CROWD);
    for (int i = 0; i < CROWD; i++) {
        assert_true(raw_closed(&crowd[i], 20000));
        raw_close(&crowd[i]);
    }
    UNTIL(refused_count == CROWD);
    assert_string_equal(refused_why, "the handshake took too long");
}

static void a_thousand_shake_hands_and_say_nothing(void **state)
{
    (void)state;
    static raw crowd[CROWD];
    size_t most = 0, heap_before = heap();
    for (int i = 0; i < CROWD; i++) {
        rude(&crowd[i]);
        most = i == 99 ? heap() - heap_before : most;
    }
    printf("             a silent session, both ends: %zu bytes of heap\n", most / 100);
    for (int i = 0; i < CROWD; i++) {
        assert_true(raw_closed(&crowd[i], 20000));
        raw_close(&crowd[i]);
    }
    UNTIL(closed_count == CROWD);
    assert_string_equal(closed_why, "nothing heard");
}

static void slow_readers_fill_their_own_window(void **state)
{
    (void)state;
    static raw crowd[8];
    for (int i = 0; i < 8; i++) {
        int little = 4096;
        rude(&crowd[i]);
        setsockopt(crowd[i].fd, SOL_SOCKET, SO_RCVBUF, &little, sizeof little);
        for (uint64_t id = 1; id <= 200; id++)
            if (!ask(&crowd[i], id, BIG, (span){0}))
                break; // it has been cut off already
    }
    UNTIL(closed_count == 8); // nothing was read: one write is stuck
    assert_string_equal(closed_why, "it does not read what is sent to it");
    // What one read of requests may have asked for beyond the budget.
    assert_true(most_waiting > LINK_BYTES_PEER / 2);
    assert_true(most_waiting < 8 * LINK_BYTES_PEER);
    for (int i = 0; i < 8; i++)
        raw_close(&crowd[i]);
}

static void pause_ms(long ms)
{
    struct timespec t = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

static void byte_by_byte_takes_too_long(void **state)
{
    (void)state;
    buf frame = {0};
    wire_frame f = {.version = 1, .kind = TSUNAGU__KIND__KIND_REQUEST, .id = 1, .method = ECHO, .deadline_ms = 1000,
                    .body = SPAN_LIT("a frame that takes very long to come")};
    assert_int_equal(wire_frame_encode(&f, &frame), OK);
    raw r;
    rude(&r);
    for (size_t i = 0; i < frame.len && raw_plain(&r, (span){frame.at + i, 1}); i++)
        pause_ms(50); // being slow is what is tested
    assert_true(raw_closed(&r, 5000));
    UNTIL(closed_count == 1);
    assert_string_equal(closed_why, "a frame took too long");
    raw_close(&r);
    // The same below TLS: a record that never ends. Nothing whole is ever heard.
    buf cipher = {0};
    rude(&r);
    assert_true(raw_encrypt(&r, buf_span(&frame), &cipher));
    for (size_t i = 0; i + 1 < cipher.len && raw_cipher(&r, (span){cipher.at + i, 1}); i++)
        pause_ms(50);
    assert_true(raw_closed(&r, 10000));
    UNTIL(closed_count == 2);
    assert_string_equal(closed_why, "nothing heard");
    raw_close(&r);
    buf_done(&cipher);
    buf_done(&frame);
}

static void cut_at_every_byte(void **state)
{
    (void)state;
    buf plain = {0};
    wire_frame f = {.version = 1, .kind = TSUNAGU__KIND__KIND_REQUEST, .id = 1, .method = PARK, .deadline_ms = 60000,
                    .credit = 70000, .body = SPAN_LIT("body"), .note = SPAN_LIT("note")};
    assert_int_equal(wire_frame_encode(&f, &plain), OK);
    unsigned sent = 0;
    raw r;
    for (size_t cut = 0; cut <= plain.len; cut++, sent++) { // within the frames
        rude(&r);
        assert_true(raw_plain(&r, (span){plain.at, cut}));
        vanish(&r, cut % 2);
    }
    for (size_t cut = 0, len = 1; cut < len; cut++, sent++) { // within the TLS records
        buf cipher = {0};
        rude(&r);
        assert_true(raw_encrypt(&r, buf_span(&plain), &cipher));
        len = cipher.len;
        assert_true(raw_cipher(&r, (span){cipher.at, cut}));
        vanish(&r, cut % 2);
        buf_done(&cipher);
    }
    UNTIL(closed_count == sent);
    tls *t;
    buf hello = {0};
    assert_int_equal(tls_new(rude_tls, "hub.test", &t), OK);
    assert_int_equal(tls_drain(t, &hello), OK);
    for (size_t cut = 0; cut <= hello.len; cut++) { // within the handshake
        assert_true(raw_open(&r, port_number, NULL, NULL));
        raw_cipher(&r, (span){hello.at, cut});
        vanish(&r, cut % 2);
    }
    UNTIL(refused_count >= hello.len / 2); // a reset may undo a connection before it was accepted
    tls_free(t);
    buf_done(&hello);
    buf_done(&plain);
}

static uint64_t seed = 88172645463325252u;
static uint64_t dice(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    return seed ^= seed << 17;
}

static void garbage(void **state)
{
    (void)state;
    uint8_t bytes[4096];
    raw r;
    for (int round = 0; round < 60; round++) {
        size_t n = 1 + dice() % sizeof bytes;
        for (size_t i = 0; i < n; i++)
            bytes[i] = (uint8_t)dice();
        if (round % 3 == 0) { // before TLS
            assert_true(raw_open(&r, port_number, NULL, NULL));
            if (round % 2)
                memcpy(bytes, "\x16\x03\x01\x02\x00", 5); // what looks like a ClientHello
            raw_cipher(&r, (span){bytes, n});
        } else if (round % 3 == 1) { // instead of a record
            rude(&r);
            raw_cipher(&r, (span){bytes, n});
        } else { // instead of a frame, with a length that looks right
            rude(&r);
            be32_put(bytes, (uint32_t)(n > 4 ? n - 4 : 0));
            raw_plain(&r, (span){bytes, n});
        }
        shutdown(r.fd, SHUT_WR);
        assert_true(raw_closed(&r, 20000));
        raw_close(&r);
    }
    UNTIL(closed_count + refused_count == 60);
}

// Each breaks one sentence of PROTOCOL.md.
static void who_breaks_the_protocol_is_cut_off(void **state)
{
    (void)state;
    static uint8_t big[WIRE_FRAME_MAX];
    enum { REQ = 1, REP, CHUNK, CREDIT, CANCEL, BYE };
    static const wire_frame good = {.kind = REQ, .id = 5, .method = PARK, .deadline_ms = 60000, .credit = 9};
    const struct {
        wire_frame f[2];
        const char *why;
    } breaches[] = {
        {{{.version = 2, .kind = REQ, .id = 1, .method = ECHO, .deadline_ms = 9}}, "another version of the protocol"},
        {{{.kind = 0, .id = 1}}, "a frame of no kind"},
        {{{.kind = REQ, .method = ECHO, .deadline_ms = 9}}, "a request id that does not rise"},
        {{good, good}, "a request id that does not rise"},
        {{good, {.kind = REQ, .id = 4, .method = ECHO, .deadline_ms = 9}}, "a request id that does not rise"},
        {{{.kind = REQ, .id = 1, .method = ECHO}}, "a request without method or deadline"},
        {{{.kind = REQ, .id = 1, .deadline_ms = 9}}, "a request without method or deadline"},
        {{{.kind = REQ, .id = 1, .method = ECHO, .deadline_ms = 9, .body = {big, WIRE_BODY_MAX + 1}}},
         "a request's body is too large"},
        {{{.kind = REP, .id = 1, .body = {big, WIRE_BODY_MAX + 1}}}, "a reply's body is too large"}, // to its ping
        {{{.kind = REP}}, "an answer to a call that was never made"},
        {{{.kind = REP, .id = 99}}, "an answer to a call that was never made"},
        {{{.kind = CHUNK, .id = 99}}, "an answer to a call that was never made"},
        {{{.kind = CHUNK, .id = 1, .body = {big, WIRE_CHUNK_MAX + 65}}}, "a chunk is too large"},
        {{good, {.kind = CREDIT, .id = 6, .credit = 1}}, "credit or cancel for a call that was never made"},
        {{{.kind = CANCEL, .id = 1}}, "credit or cancel for a call that was never made"},
        {{{.kind = CANCEL}}, "credit or cancel for a call that was never made"},
        {{{.kind = BYE, .status = ERR_BUSY, .note = SPAN_LIT("enough")}}, "the peer says: enough"},
        {{{.kind = BYE}}, "the peer said goodbye"},
    };
    unsigned count = 0;
    raw r;
    for (size_t i = 0; i < sizeof breaches / sizeof *breaches; i++) {
        rude(&r);
        for (int k = 0; k < 2 && (!k || breaches[i].f[k].kind); k++)
            raw_frame(&r, &breaches[i].f[k]);
        assert_true(raw_closed(&r, 20000));
        raw_close(&r);
        count++;
        UNTIL(closed_count == count);
        assert_string_equal(closed_why, breaches[i].why);
    }
    static const struct { uint8_t bytes[9]; const char *why; } words[] = {
        {{0, 0, 0, 0}, "a frame of no bytes or of too many"},
        {{0, 4, 0, 1}, "a frame of no bytes or of too many"},
        {{0xff, 0xff, 0xff, 0xff}, "a frame of no bytes or of too many"},
        {{0, 0, 0, 2, 0x0b, 0x0c}, "not a frame"},
        {{0, 0, 0, 2, 0x10, 0x07}, "not a frame"},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        rude(&r);
        raw_plain(&r, (span){words[i].bytes, sizeof words[i].bytes});
        assert_true(raw_closed(&r, 20000));
        raw_close(&r);
        count++;
        UNTIL(closed_count == count);
        assert_string_equal(closed_why, words[i].why);
    }
}

// What may cross on the wire is no breach: late answers, credit and cancel for an ended call.
static void what_may_cross_is_borne(void **state)
{
    (void)state;
    raw r;
    wire_frame f;
    rude(&r);
    assert_true(raw_frame(&r, &(wire_frame){.kind = TSUNAGU__KIND__KIND_REPLY, .id = 1}));
    assert_true(raw_frame(&r, &(wire_frame){.kind = TSUNAGU__KIND__KIND_CHUNK, .id = 1, .body = SPAN_LIT("late")}));
    assert_true(ask(&r, 7, ECHO, SPAN_LIT("one")));
    assert_true(raw_hear(&r, 20000, &f) && f.kind == TSUNAGU__KIND__KIND_REPLY && f.id == 7);
    assert_true(raw_frame(&r, &(wire_frame){.kind = TSUNAGU__KIND__KIND_CREDIT, .id = 7, .credit = 5}));
    assert_true(raw_frame(&r, &(wire_frame){.kind = TSUNAGU__KIND__KIND_CANCEL, .id = 3}));
    assert_true(ask(&r, 9, METHOD_PING, (span){0}));
    assert_true(raw_hear(&r, 20000, &f) && f.id == 9 && f.status == OK);
    UNTIL(closed_count == 0);
    raw_close(&r);
    UNTIL(closed_count == 1);
}

// Beyond its budget of calls a peer hears "busy"; one that goes on and on is cut off.
static void a_budget_of_calls(void **state)
{
    (void)state;
    raw r;
    wire_frame f;
    uint64_t id = 0;
    rude(&r);
    while (id < LINK_CALLS_PEER)
        assert_true(ask(&r, ++id, PARK, (span){0}));
    assert_true(ask(&r, ++id, ECHO, (span){0}));
    assert_true(raw_hear(&r, 20000, &f));
    assert_int_equal(f.id, id);
    assert_int_equal(f.status, ERR_BUSY);
    assert_true(raw_frame(&r, &(wire_frame){.kind = TSUNAGU__KIND__KIND_CANCEL, .id = 1}));
    UNTIL(gone_count == 1); // and replied to, in the same callback
    assert_true(ask(&r, ++id, PARK, (span){0}));
    for (int i = 0; i < 8 * LINK_CALLS_PEER && ask(&r, ++id, ECHO, (span){0}); i++)
        ;
    assert_true(raw_closed(&r, 20000));
    raw_close(&r);
    UNTIL(closed_count == 1);
    assert_string_equal(closed_why, "it does not respect its budget of calls");
    UNTIL(gone_count == LINK_CALLS_PEER + 1);
}

static void wrong_certificates(void **state)
{
    (void)state;
    tls_ctx *wrong[] = {revoked_tls, expired_tls, foreign_tls, unlisted_tls};
    const char *names[] = {"revoked.test", "expired.test", "", "unlisted.test"};
    raw r;
    for (unsigned i = 0; i < 4; i++) {
        for (int k = 0; k < 10; k++) {
            assert_false(raw_open(&r, port_number, wrong[i], "hub.test"));
            raw_close(&r);
        }
        UNTIL(refused_count == 10 * (i + 1));
        printf("             %s: %s\n", names[i][0] ? names[i] : "foreign", refused_why);
        assert_true(refused_why[0]);
        if (i == 3)
            assert_string_equal(refused_why, "not in the membership list");
    }
    assert_int_equal(closed_count, 0);
}

// ---- the stage ------------------------------------------------------------------------------

static int begin(void **state)
{
    (void)state;
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max < 8192 ? files.rlim_max : 8192;
    setrlimit(RLIMIT_NOFILE, &files);
    line_ca_new(&ca);
    line_ca_new(&foreign);
    revoked_tls = line_ctx(&ca, NULL, "revoked.test", false, -1, 2);
    line_revoke(&ca, "revoked.test");
    expired_tls = line_ctx(&ca, NULL, "expired.test", false, -9, -1);
    foreign_tls = line_ctx(&foreign, &ca, "rude.test", false, -1, 2);
    server_tls = line_ctx(&ca, NULL, "hub.test", true, -1, 2);
    honest_tls = line_ctx(&ca, NULL, "honest.test", false, -1, 2);
    rude_tls = line_ctx(&ca, NULL, "rude.test", false, -1, 2);
    unlisted_tls = line_ctx(&ca, NULL, "unlisted.test", false, -1, 2);
    const link_options o = {
        .address = "127.0.0.1:0", .tls = server_tls,
        .events = {NULL, on_admit, NULL, on_request, on_closed, on_refused},
        .handshake_ms = HANDSHAKE_MS, .frame_ms = FRAME_MS, .idle_ms = IDLE_MS, .write_ms = WRITE_MS,
        .conns_address = 2 * CROWD,
    };
    assert_int_equal(link_listen(&o, &server), OK);
    port_number = link_port_of(server);
    char address[32];
    snprintf(address, sizeof address, "127.0.0.1:%u", port_number);
    const link_options h = {.address = address, .host = "hub.test", .tls = honest_tls,
                            .events = {.opened = honest_opened, .closed = honest_closed}};
    assert_int_equal(link_dial(&h, &honest), OK);
    UNTIL(answered > 1000); // and warm
    base_descriptors = descriptors();
    return 0;
}

static int end(void **state)
{
    (void)state;
    LOCKED(stop_calling = true);
    UNTIL(!calling);
    link_conn_drop(honest_conn);
    link_close(honest, 0);
    link_close(server, 0);
    tls_ctx *all[] = {server_tls, honest_tls, rude_tls, unlisted_tls, revoked_tls, expired_tls, foreign_tls};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        tls_ctx_free(all[i]);
    line_ca_free(&ca);
    line_ca_free(&foreign);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, before, after)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(who_breaks_the_protocol_is_cut_off),
        TEST(what_may_cross_is_borne),
        TEST(a_budget_of_calls),
        TEST(wrong_certificates),
        TEST(garbage),
        TEST(cut_at_every_byte),
        TEST(byte_by_byte_takes_too_long),
        TEST(slow_readers_fill_their_own_window),
        TEST(a_thousand_say_nothing),
        TEST(a_thousand_vanish_mid_call),
        TEST(a_thousand_shake_hands_and_say_nothing),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
