// SPDX-License-Identifier: Apache-2.0
// For the tests of TLS: an authority with certificates of all kinds in a
// temporary directory, and two ends joined by memory.
#ifndef TSUNAGU_TESTS_CRYPTO_PAIR_H
#define TSUNAGU_TESTS_CRYPTO_PAIR_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "proto/crypto/cert.h"
#include "proto/crypto/tls.h"

#define HOUR 3600000ll
static char yard[64]; // DIR/ca, DIR/foreign, DIR/<name>.pem and .key

static inline const char *at(const char *name) {
    static char path[8][160];
    static int turn;
    turn = (turn + 1) % 8;
    snprintf(path[turn], sizeof path[turn], "%s/%s", yard, name);
    return path[turn];
}

static inline void issue(const char *ca, const char *file, const char *name, bool server, bool client,
                         time_ms from, time_ms until) {
    char cert[80], key[80];
    snprintf(cert, sizeof cert, "%s.pem", file);
    snprintf(key, sizeof key, "%s.key", file);
    cert_request r = {name, at(cert), at(key), server, client, from, until};
    assert_int_equal(ca_issue(at(ca), &r), OK);
}

static inline int yard_open(void **state) {
    (void)state;
    time_ms now = clock_now_ms();
    strcpy(yard, "/tmp/tsunagu-tls-XXXXXX");
    if (!mkdtemp(yard))
        return -1;
    assert_int_equal(ca_new(at("ca"), "試験の認証局", 30), OK);
    assert_int_equal(ca_new(at("foreign"), "another", 30), OK);
    issue("ca", "hub", "hub.example", true, false, now - HOUR, now + HOUR);
    issue("ca", "node", "node.example", false, true, now - HOUR, now + HOUR);
    issue("ca", "expired", "node.example", false, true, now - 2 * HOUR, now - HOUR);
    issue("ca", "early", "node.example", false, true, now + HOUR, now + 2 * HOUR);
    issue("ca", "revoked", "node.example", false, true, now - HOUR, now + HOUR);
    issue("ca", "late-hub", "hub.example", true, false, now - 2 * HOUR, now - HOUR);
    issue("ca", "revoked-hub", "hub.example", true, false, now - HOUR, now + HOUR);
    issue("foreign", "stranger", "node.example", true, true, now - HOUR, now + HOUR);
    assert_int_equal(ca_revoke(at("ca"), at("revoked.pem")), OK);
    assert_int_equal(ca_revoke(at("ca"), at("revoked-hub.pem")), OK);
    return 0;
}

static inline int yard_close(void **state) {
    (void)state;
    char command[100];
    snprintf(command, sizeof command, "rm -rf '%s'", yard);
    return system(command);
}

// ca: whose list and certificate this end believes.
static inline tls_ctx *ctx_of(const char *ca, const char *own, bool server) {
    char ca_path[80], crl[80], cert[80], key[80], why[TLS_WHY_BYTES] = "";
    tls_ctx *c = NULL;
    snprintf(ca_path, sizeof ca_path, "%s/ca.pem", ca);
    snprintf(crl, sizeof crl, "%s/crl.pem", ca);
    snprintf(cert, sizeof cert, "%s.pem", own);
    snprintf(key, sizeof key, "%s.key", own);
    tls_files f = {at(ca_path), at(crl), at(cert), at(key)};
    if (tls_ctx_new(&f, server, why, &c) != OK)
        fail_msg("%s", why);
    return c;
}

typedef struct ends {
    tls *c, *s;
    err c_err, s_err; // the first failure of each
} ends;

// The contexts are let go at once: sessions hold what they need.
static inline ends ends_of(tls_ctx *client, tls_ctx *server, const char *host) {
    ends e = {0};
    assert_int_equal(tls_new(client, host, &e.c), OK);
    assert_int_equal(tls_new(server, NULL, &e.s), OK);
    tls_ctx_free(client);
    tls_ctx_free(server);
    return e;
}

static inline void ends_free(ends *e) {
    tls_free(e->c);
    tls_free(e->s);
    *e = (ends){0};
}

// Carries what one end has to say to the other. False: it had nothing.
static inline bool carry(tls *from, tls *to, err *ret) {
    buf b = {0};
    assert_int_equal(tls_drain(from, &b), OK);
    bool some = b.len > 0;
    if (some) {
        err e = tls_feed(to, buf_span(&b));
        if (e && !*ret)
            *ret = e;
    }
    buf_done(&b);
    return some;
}

static inline void pump(ends *e) {
    bool more = true;
    for (int i = 0; more && i < 100; i++) {
        more = carry(e->c, e->s, &e->s_err);
        more |= carry(e->s, e->c, &e->c_err);
    }
}

static inline ends open_ends(void) {
    ends e = ends_of(ctx_of("ca", "node", false), ctx_of("ca", "hub", true), "hub.example");
    pump(&e);
    assert_int_equal(tls_state_of(e.c), TLS_OPEN);
    assert_int_equal(tls_state_of(e.s), TLS_OPEN);
    return e;
}

#endif
