// SPDX-License-Identifier: Apache-2.0
// OpenSSL reads from t->in and writes to t->out through a BIO of our own. Its
// memory BIOs would keep the largest size they ever had; these give it back.
#include <limits.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include "proto/crypto/cert_in.h"
#include "proto/crypto/tls_in.h"

#define HOST_MAX 253
#define RECORD_BYTES 16384
#define KEEP_BYTES 4096        // an empty buffer larger than this is given back
#define STRIKES_MAX 32         // messages without data that we bear with
#define FORGIVE_BYTES 16384    // data that makes up for them
#define RECORDS_PER_KEY 65536u // far below what AES-GCM bears (2^24.5, RFC 8446 §5.5)

static size_t unread(const tls *t) {
    return t->in.len - t->in_at;
}

static int bio_read(BIO *b, char *out, size_t len, size_t *ret) {
    tls *t = BIO_get_data(b);
    size_t n = unread(t) < len ? unread(t) : len;
    BIO_clear_retry_flags(b);
    if (t->strikes > STRIKES_MAX)
        return 0; // no more of this peer: OpenSSL gives up in the midst of a storm
    if (n == 0) {
        BIO_set_retry_read(b);
        return 0;
    }
    memcpy(out, t->in.at + t->in_at, n);
    t->in_at += n;
    *ret = n;
    return 1;
}

static int bio_write(BIO *b, const char *at, size_t len, size_t *ret) {
    tls *t = BIO_get_data(b);
    BIO_clear_retry_flags(b);
    if (buf_put(&t->out, at, len) != OK)
        return 0;
    *ret = len;
    return 1;
}

static long bio_ctrl(BIO *b, int what, long num, void *at) {
    (void)b, (void)num, (void)at;
    return what == BIO_CTRL_FLUSH;
}

static BIO_METHOD *bio_kind;

static void bio_kind_make(void) {
    BIO_METHOD *m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "tsunagu");
    if (m && BIO_meth_set_read_ex(m, bio_read) == 1 && BIO_meth_set_write_ex(m, bio_write) == 1 &&
        BIO_meth_set_ctrl(m, bio_ctrl) == 1)
        bio_kind = m; // for the life of the process
    else
        BIO_meth_free(m);
}

static BIO *bio_new(tls *t) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, bio_kind_make);
    BIO *b = bio_kind ? BIO_new(bio_kind) : NULL;
    if (b) {
        BIO_set_data(b, t);
        BIO_set_init(b, 1);
    }
    return b;
}

// Key updates and whatever else comes in handshake records after the handshake
// costs us an answer or work and the peer nothing: count them.
void tls_note_message(int writing, int version, int kind, const void *at, size_t len, SSL *ssl, void *arg) {
    (void)version, (void)at, (void)len, (void)ssl;
    tls *t = arg;
    if (t && !writing && kind == SSL3_RT_HANDSHAKE && t->state != TLS_HANDSHAKE)
        t->strikes++;
}

static err fail_with(tls *t, err e, const char *why) {
    t->state = TLS_FAILED;
    t->failed = e;
    t->why = why;
    buf_done(&t->in);
    t->in_at = 0;
    ERR_clear_error();
    return e;
}

// Asks OpenSSL why the last call failed. OK: it only wants more bytes, or the peer closed.
static err settle(tls *t, int result) {
    int kind = SSL_get_error(t->ssl, result);
    if (kind == SSL_ERROR_WANT_READ)
        return OK;
    if (kind == SSL_ERROR_ZERO_RETURN) {
        t->peer_closed = true;
        t->state = TLS_CLOSED;
        return OK;
    }
    if (t->strikes > STRIKES_MAX)
        return fail_with(t, ERR_LIMIT, "too many key updates");
    if (t->out.sticky)
        return fail_with(t, t->out.sticky, "out of memory");
    unsigned long code = ERR_peek_last_error();
    if (ERR_GET_LIB(code) == ERR_LIB_SSL && ERR_GET_REASON(code) == SSL_R_CERTIFICATE_VERIFY_FAILED)
        return fail_with(t, ERR_AUTH, why_of_verify(SSL_get_verify_result(t->ssl)));
    err e;
    const char *why = why_of_error(code, &e);
    return fail_with(t, e, why);
}

static bool host_ok(const char *host) {
    // OpenSSL takes an empty name as "any" and a leading dot as "any below".
    return host && host[0] && host[0] != '.' && strlen(host) <= HOST_MAX;
}

static err start(tls *t, const char *host) {
    SSL_set_msg_callback_arg(t->ssl, t);
    if (t->server) {
        SSL_set_accept_state(t->ssl);
        return OK;
    }
    SSL_set_connect_state(t->ssl);
    if (X509_VERIFY_PARAM_set1_host(SSL_get0_param(t->ssl), host, 0) != 1 ||
        SSL_set_tlsext_host_name(t->ssl, host) != 1)
        return ERR_MEM;
    return settle(t, SSL_do_handshake(t->ssl));
}

err tls_new(tls_ctx *c, const char *host, tls **ret) {
    if (c->server ? host != NULL : !host_ok(host))
        return ERR_USAGE;
    ERR_clear_error();
    tls *t = calloc(1, sizeof *t);
    if (!t)
        return ERR_MEM;
    t->server = c->server;
    t->why = "";
    t->ssl = SSL_new(c->ssl);
    BIO *b = t->ssl ? bio_new(t) : NULL;
    err e = b ? OK : ERR_MEM;
    if (!e) {
        SSL_set_bio(t->ssl, b, b);
        e = start(t, host);
    }
    if (e) {
        tls_free(t);
        ERR_clear_error();
        return e;
    }
    *ret = t;
    return OK;
}

void tls_free(tls *t) {
    if (!t)
        return;
    SSL_free(t->ssl);
    buf_done(&t->in);
    buf_done(&t->out);
    free(t);
}

tls_state tls_state_of(const tls *t) {
    return t->state;
}

const char *tls_why(const tls *t) {
    return t->why;
}

static void step_handshake(tls *t) {
    int r = SSL_do_handshake(t->ssl);
    if (r != 1)
        (void)!settle(t, r); // the state tells
    else if (t->state == TLS_HANDSHAKE)
        t->state = TLS_OPEN;
}

// Looks as far as the next data, so that alerts, key updates and the end are met
// even when nobody reads. The record it opens stays for tls_read.
static void step_look(tls *t) {
    uint8_t one;
    size_t n;
    int r = SSL_peek_ex(t->ssl, &one, 1, &n);
    if (r != 1)
        (void)!settle(t, r);
}

static void give_back(tls *t) {
    if (unread(t) > 0)
        return;
    t->in_at = 0;
    if (t->in.cap > KEEP_BYTES)
        buf_done(&t->in);
    else
        buf_clear(&t->in);
}

err tls_feed(tls *t, span ciphertext) {
    if (t->state == TLS_FAILED)
        return t->failed;
    if (t->peer_closed || t->deaf)
        return ERR_CLOSED;
    if (unread(t) > TLS_UNREAD_MAX)
        return ERR_BUSY;
    if (t->in_at > 0) {
        buf_drop_front(&t->in, t->in_at);
        t->in_at = 0;
    }
    err e = buf_put_span(&t->in, ciphertext);
    if (e)
        return fail_with(t, e, "out of memory");
    ERR_clear_error();
    if (t->state == TLS_HANDSHAKE)
        step_handshake(t);
    if (t->state == TLS_OPEN || (t->state == TLS_CLOSED && !t->peer_closed))
        step_look(t);
    give_back(t);
    return t->state == TLS_FAILED ? t->failed : OK;
}

err tls_drain(tls *t, buf *out) {
    if (t->out.len == 0)
        return OK;
    err e = buf_put_span(out, buf_span(&t->out));
    if (e)
        return e;
    if (t->out.cap > KEEP_BYTES)
        buf_done(&t->out);
    else
        buf_clear(&t->out);
    return OK;
}

// A key must not serve for ever on a line that lives for months.
static err renew_key(tls *t, size_t len) {
    size_t records = len / RECORD_BYTES + 1;
    if (t->records + records < RECORDS_PER_KEY) {
        t->records += (uint32_t)records;
        return OK;
    }
    t->records = 0;
    return SSL_key_update(t->ssl, SSL_KEY_UPDATE_NOT_REQUESTED) == 1 ? OK : settle(t, 0);
}

err tls_write(tls *t, span plain) {
    size_t n;
    if (t->state == TLS_FAILED)
        return t->failed;
    if (t->we_closed || t->peer_closed)
        return ERR_CLOSED;
    if (t->state == TLS_HANDSHAKE)
        return ERR_BUSY;
    if (plain.len == 0)
        return OK;
    if (plain.len > BUF_MAX_DEFAULT / 2)
        return ERR_LIMIT;
    ERR_clear_error();
    err e = renew_key(t, plain.len);
    if (e)
        return e;
    if (SSL_write_ex(t->ssl, plain.at, plain.len, &n) != 1 || n != plain.len) {
        e = settle(t, 0);
        return e ? e : fail_with(t, ERR_INTERNAL, "TLS did not take all data");
    }
    return OK;
}

static void forgive(tls *t, size_t n) {
    t->rewarded += (uint32_t)n; // n is at most a record
    if (t->rewarded >= FORGIVE_BYTES) {
        t->rewarded = 0;
        t->strikes = 0;
    }
}

// One piece. Sets *ret_n to 0 when there is no more for now.
static err read_piece(tls *t, buf *out, size_t max, size_t *ret_n) {
    size_t n = 0, opened = (size_t)SSL_pending(t->ssl); // step_look has opened a record
    size_t room = opened > 0 ? opened : RECORD_BYTES;
    if (room > max)
        room = max;
    *ret_n = 0;
    err e = buf_reserve(out, room);
    if (e)
        return e;
    int r = SSL_read_ex(t->ssl, out->at + out->len, room, &n);
    if (r != 1)
        return settle(t, r);
    out->len += n;
    *ret_n = n;
    forgive(t, n);
    return OK;
}

err tls_read(tls *t, buf *out, size_t max, bool *ret_eof) {
    size_t given = 0, n = 1;
    err e = OK;
    if (t->state == TLS_FAILED)
        return t->failed;
    ERR_clear_error();
    while (!e && n > 0 && given < max && !t->peer_closed && t->state != TLS_HANDSHAKE && !t->deaf &&
           (unread(t) > 0 || SSL_has_pending(t->ssl))) {
        e = read_piece(t, out, max - given, &n);
        given += n;
    }
    if (t->state != TLS_FAILED)
        give_back(t);
    if (e && given == 0)
        return e;
    *ret_eof = t->peer_closed;
    return OK; // a failure after good data is told by the next call
}

void tls_close(tls *t) {
    if (t->state == TLS_FAILED || t->we_closed)
        return;
    if (t->state == TLS_HANDSHAKE)
        t->deaf = true; // nothing to say yet, and nobody to hear
    ERR_clear_error();
    if (!t->deaf)
        SSL_shutdown(t->ssl);
    ERR_clear_error();
    t->we_closed = true;
    t->state = TLS_CLOSED;
}

static X509 *peer_cert(const tls *t) {
    bool judged = (t->state == TLS_OPEN || t->state == TLS_CLOSED) && !t->deaf;
    return judged ? SSL_get0_peer_certificate(t->ssl) : NULL;
}

bool tls_peer_spki(const tls *t, hash32 *ret) {
    X509 *x = peer_cert(t);
    return x && x509_spki(x, ret) == OK;
}

bool tls_peer_is(const tls *t, const char *dns_name) {
    X509 *x = peer_cert(t);
    return x && host_ok(dns_name) &&
           X509_check_host(x, dns_name, strlen(dns_name),
                           X509_CHECK_FLAG_NO_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, NULL) == 1;
}

void tls_peer_name(const tls *t, char out[static 128]) {
    X509 *x = peer_cert(t);
    X509_NAME *subject = x ? X509_get_subject_name(x) : NULL;
    int at = subject ? X509_NAME_get_index_by_NID(subject, NID_commonName, -1) : -1;
    unsigned char *text = NULL;
    size_t n = 0;
    if (at >= 0) {
        int len = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
        for (; len > 0 && n < (size_t)len && n < 127; n++)
            out[n] = text[n] >= 0x20 && text[n] < 0x7f ? (char)text[n] : '?';
        OPENSSL_free(text);
    }
    out[n] = '\0';
}
