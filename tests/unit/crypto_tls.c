// SPDX-License-Identifier: Apache-2.0
// Who gets in, who does not, and in which words both sides are told.
#include <openssl/err.h>
#include <openssl/ssl.h>
#include "tests/unit/crypto_pair.h"

static void good(void **state) {
    (void)state;
    ends e = open_ends();
    hash32 got, want;
    char name[128];
    buf b = {0};
    bool eof = true;
    assert_string_equal(tls_why(e.c), "");
    assert_true(tls_peer_spki(e.s, &got));
    assert_int_equal(cert_spki(at("node.pem"), &want), OK);
    assert_memory_equal(got.at, want.at, HASH_BYTES);
    assert_true(tls_peer_spki(e.c, &got));
    assert_int_equal(cert_spki(at("hub.pem"), &want), OK);
    assert_memory_equal(got.at, want.at, HASH_BYTES);
    assert_true(tls_peer_is(e.s, "node.example"));
    assert_true(tls_peer_is(e.s, "NODE.example"));
    assert_false(tls_peer_is(e.s, "hub.example"));
    assert_false(tls_peer_is(e.s, "example"));
    assert_false(tls_peer_is(e.s, ".example"));
    assert_false(tls_peer_is(e.s, "*.example"));
    assert_false(tls_peer_is(e.s, ""));
    tls_peer_name(e.s, name);
    assert_string_equal(name, "node.example");
    assert_int_equal(tls_write(e.c, SPAN_LIT("question")), OK);
    pump(&e);
    assert_int_equal(tls_read(e.s, &b, 3, &eof), OK);
    assert_int_equal(b.len, 3);
    assert_int_equal(tls_read(e.s, &b, 100, &eof), OK);
    assert_int_equal(b.len, 8);
    assert_memory_equal(b.at, "question", 8);
    assert_false(eof);
    assert_int_equal(tls_write(e.s, SPAN_LIT("answer")), OK);
    pump(&e);
    buf_clear(&b);
    assert_int_equal(tls_read(e.c, &b, 100, &eof), OK);
    assert_memory_equal(b.at, "answer", 6);
    buf_done(&b);
    ends_free(&e);
}

typedef struct refusal {
    const char *ca_c, *own_c, *ca_s, *own_s, *host;
    bool by_client; // who refuses
    const char *why, *told;
} refusal;

static const refusal refusals[] = {
    {"ca", "expired", "ca", "hub", "hub.example", false, "certificate expired",
     "the peer refused: certificate or revocation list expired"},
    {"ca", "early", "ca", "hub", "hub.example", false, "certificate not yet valid (or this clock is wrong)",
     "the peer refused: certificate not acceptable (host name, date or signature)"},
    {"ca", "revoked", "ca", "hub", "hub.example", false, "certificate revoked",
     "the peer refused: certificate revoked"},
    {"ca", "stranger", "ca", "hub", "hub.example", false, "unknown issuer", "the peer refused: unknown issuer"},
    {"ca", "hub", "ca", "hub", "hub.example", false, "certificate is not for this use (server or client)",
     "the peer refused: certificate is not for this use"},
    {"ca", "node", "ca", "late-hub", "hub.example", true, "certificate expired",
     "the peer refused: certificate or revocation list expired"},
    {"ca", "node", "ca", "revoked-hub", "hub.example", true, "certificate revoked",
     "the peer refused: certificate revoked"},
    {"ca", "node", "ca", "stranger", "node.example", true, "unknown issuer", "the peer refused: unknown issuer"},
    {"foreign", "node", "ca", "hub", "hub.example", true, "unknown issuer", "the peer refused: unknown issuer"},
    {"ca", "node", "ca", "hub", "other.example", true, "certificate is for another host name",
     "the peer refused: certificate not acceptable (host name, date or signature)"},
    {"ca", "node", "ca", "hub", "example", true, "certificate is for another host name",
     "the peer refused: certificate not acceptable (host name, date or signature)"},
    {"ca", "node", "ca", "node", "node.example", true, "certificate is not for this use (server or client)",
     "the peer refused: certificate is not for this use"},
};

static void refused(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        const refusal *r = &refusals[i];
        ends e = ends_of(ctx_of(r->ca_c, r->own_c, false), ctx_of(r->ca_s, r->own_s, true), r->host);
        hash32 spki;
        char name[128];
        buf b = {0};
        pump(&e);
        tls *who = r->by_client ? e.c : e.s, *whom = r->by_client ? e.s : e.c;
        assert_string_equal(tls_why(who), r->why);
        assert_string_equal(tls_why(whom), r->told);
        assert_int_equal(tls_state_of(who), TLS_FAILED);
        assert_int_equal(tls_state_of(whom), TLS_FAILED);
        assert_int_equal(e.c_err, ERR_AUTH);
        assert_int_equal(e.s_err, ERR_AUTH);
        assert_false(tls_peer_spki(who, &spki));
        assert_false(tls_peer_is(e.s, "node.example"));
        tls_peer_name(who, name);
        assert_string_equal(name, "");
        assert_int_equal(tls_write(who, SPAN_LIT("x")), ERR_AUTH);
        bool eof = false;
        assert_int_equal(tls_read(who, &b, 9, &eof), ERR_AUTH);
        assert_int_equal(tls_feed(who, SPAN_LIT("x")), ERR_AUTH);
        buf_done(&b);
        ends_free(&e);
    }
}

static void client_learns_late(void **state) {
    (void)state;
    ends e = ends_of(ctx_of("ca", "revoked", false), ctx_of("ca", "hub", true), "hub.example");
    carry(e.c, e.s, &e.s_err);
    carry(e.s, e.c, &e.c_err);
    assert_int_equal(tls_state_of(e.c), TLS_OPEN); // as tls.h warns
    assert_int_equal(tls_write(e.c, SPAN_LIT("too early")), OK);
    carry(e.c, e.s, &e.s_err);
    assert_int_equal(tls_state_of(e.s), TLS_FAILED); // and nothing was read
    carry(e.s, e.c, &e.c_err);
    assert_int_equal(e.c_err, ERR_AUTH);
    ends_free(&e);
}

// ---- a raw OpenSSL client, for what ours would never do ----

typedef struct raw {
    SSL_CTX *ctx;
    SSL *ssl;
    BIO *in, *out;
} raw;

static raw raw_new(int least, int most, bool with_cert) {
    raw r = {.ctx = SSL_CTX_new(TLS_client_method()), .in = BIO_new(BIO_s_mem()), .out = BIO_new(BIO_s_mem())};
    assert_int_equal(SSL_CTX_set_min_proto_version(r.ctx, least), 1);
    assert_int_equal(SSL_CTX_set_max_proto_version(r.ctx, most), 1);
    if (with_cert) {
        assert_int_equal(SSL_CTX_use_certificate_file(r.ctx, at("node.pem"), SSL_FILETYPE_PEM), 1);
        assert_int_equal(SSL_CTX_use_PrivateKey_file(r.ctx, at("node.key"), SSL_FILETYPE_PEM), 1);
    }
    r.ssl = SSL_new(r.ctx);
    SSL_set_bio(r.ssl, r.in, r.out);
    SSL_set_connect_state(r.ssl);
    return r;
}

static void raw_free(raw *r) {
    SSL_free(r->ssl);
    SSL_CTX_free(r->ctx);
    ERR_clear_error();
}

static err raw_pump(raw *r, tls *s) {
    err e = OK;
    for (int i = 0; i < 10; i++) {
        buf b = {0};
        char one;
        if (!SSL_is_init_finished(r->ssl))
            SSL_do_handshake(r->ssl);
        else
            SSL_peek(r->ssl, &one, 1);
        char *at_ = NULL;
        long n = BIO_get_mem_data(r->out, &at_);
        if (n > 0) {
            err got = tls_feed(s, span_of(at_, (size_t)n));
            e = e ? e : got;
            (void)BIO_reset(r->out);
        }
        assert_int_equal(tls_drain(s, &b), OK);
        if (b.len)
            BIO_write(r->in, b.at, (int)b.len);
        buf_done(&b);
    }
    return e;
}

static tls *server_alone(void) {
    tls *s;
    tls_ctx *c = ctx_of("ca", "hub", true);
    assert_int_equal(tls_new(c, NULL, &s), OK);
    tls_ctx_free(c);
    return s;
}

static void no_certificate(void **state) {
    (void)state;
    tls *s = server_alone();
    raw r = raw_new(TLS1_3_VERSION, TLS1_3_VERSION, false);
    assert_int_equal(raw_pump(&r, s), ERR_AUTH);
    assert_string_equal(tls_why(s), "no certificate");
    tls_free(s);
    raw_free(&r);
}

static void old_tls(void **state) {
    (void)state;
    tls *s = server_alone();
    raw r = raw_new(TLS1_2_VERSION, TLS1_2_VERSION, true);
    assert_int_equal(raw_pump(&r, s), ERR_FORMAT);
    assert_string_equal(tls_why(s), "the peer does not speak TLS 1.3");
    assert_int_equal(tls_state_of(s), TLS_FAILED);
    tls_free(s);
    raw_free(&r);
}

static void no_ticket_is_given(void **state) {
    (void)state;
    tls *s = server_alone();
    raw r = raw_new(TLS1_3_VERSION, TLS1_3_VERSION, true);
    assert_int_equal(raw_pump(&r, s), OK);
    assert_int_equal(tls_state_of(s), TLS_OPEN);
    assert_int_equal(SSL_SESSION_is_resumable(SSL_get0_session(r.ssl)), 0);
    SSL_shutdown(r.ssl);
    tls_free(s);
    raw_free(&r);
}

static void plain_text(void **state) {
    (void)state;
    static const span texts[] = {SPAN_LIT("GET / HTTP/1.1\r\nHost: hub.example\r\n\r\n"),
                                 SPAN_LIT("SSH-2.0-OpenSSH_9.2p1 Debian\r\n"),
                                 SPAN_LIT("\x16\x03\x01\xff\xff\x01\x00\x00\x00\x00\x00\x00")};
    for (size_t i = 0; i < 3; i++) {
        tls *s = server_alone();
        assert_int_equal(tls_feed(s, texts[i]), ERR_FORMAT);
        assert_int_equal(strncmp(tls_why(s), "not TLS", 7), 0);
        tls_free(s);
    }
}

// ---- files and arguments ----

static void try_files(const tls_files *f, err want, const char *word) {
    char why[TLS_WHY_BYTES];
    tls_ctx *c = NULL;
    assert_int_equal(tls_ctx_new(f, true, why, &c), want);
    assert_null(c);
    if (!strstr(why, word))
        fail_msg("\"%s\" does not say \"%s\"", why, word);
}

static void files(void **state) {
    (void)state;
    static char ca[160], crl[160], cert[160], key[160];
    strcpy(ca, at("ca/ca.pem"));
    strcpy(crl, at("ca/crl.pem"));
    strcpy(cert, at("hub.pem"));
    strcpy(key, at("hub.key"));
    const tls_files good_files = {ca, crl, cert, key};
    tls_files f = good_files;
    f.crl = NULL;
    try_files(&f, ERR_USAGE, "no revocation list is named");
    f = good_files, f.key = at("none.key");
    try_files(&f, ERR_NOT_FOUND, "none.key");
    f = good_files, f.cert = at("none.pem");
    try_files(&f, ERR_NOT_FOUND, "the certificate");
    f = good_files, f.ca = at("none.pem");
    try_files(&f, ERR_NOT_FOUND, "the CA file");
    f = good_files, f.key = at("node.key");
    try_files(&f, ERR_AUTH, "does not belong");
    f = good_files, f.ca = cert;
    try_files(&f, ERR_AUTH, "not a CA's");
    f = good_files, f.ca = key;
    try_files(&f, ERR_FORMAT, "the CA file");
    f = good_files, f.crl = cert;
    try_files(&f, ERR_FORMAT, "the revocation list");
    f = good_files, f.crl = at("foreign/crl.pem");
    try_files(&f, ERR_AUTH, "revocation list is not of the CA");
    f = good_files, f.cert = key;
    try_files(&f, ERR_FORMAT, "the certificate");
    f = good_files, f.key = cert;
    assert_int_equal(chmod(cert, 0600), 0);
    try_files(&f, ERR_FORMAT, "the private key");
    assert_int_equal(chmod(key, 0640), 0);
    try_files(&good_files, ERR_DENIED, "chmod 600");
    assert_int_equal(chmod(key, 0600), 0);
    // A longer path than why: the reason is still told.
    char longest[400];
    memset(longest, 'p', sizeof longest);
    longest[0] = '/', longest[sizeof longest - 1] = '\0';
    f = good_files, f.key = longest;
    try_files(&f, ERR_IO, "the private key cannot be read");
}

static void arguments(void **state) {
    (void)state;
    static char host[400];
    tls_ctx *c = ctx_of("ca", "node", false), *s = ctx_of("ca", "hub", true);
    tls *t = NULL;
    memset(host, 'h', sizeof host - 1);
    assert_int_equal(tls_new(c, NULL, &t), ERR_USAGE);
    assert_int_equal(tls_new(c, "", &t), ERR_USAGE); // OpenSSL would take it as any host
    assert_int_equal(tls_new(c, ".example", &t), ERR_USAGE);
    assert_int_equal(tls_new(c, host, &t), ERR_USAGE);
    assert_int_equal(tls_new(s, "hub.example", &t), ERR_USAGE);
    assert_null(t);
    tls_ctx_free(c);
    tls_ctx_free(s);
    tls_free(NULL);
    tls_ctx_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good),           cmocka_unit_test(refused),    cmocka_unit_test(client_learns_late),
        cmocka_unit_test(no_certificate), cmocka_unit_test(old_tls),    cmocka_unit_test(no_ticket_is_given),
        cmocka_unit_test(plain_text),     cmocka_unit_test(files),      cmocka_unit_test(arguments),
    };
    return cmocka_run_group_tests(tests, yard_open, yard_close);
}
