// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "proto/crypto/pem_in.h"
#include "proto/crypto/tls_in.h"

#define CHAIN_BYTES_MAX (32 << 10) // of a peer's certificates; five of P-256 are 4 KiB
#define CHAIN_DEPTH_MAX 4

static const char suites[] = "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384";

// The reason first: a long path may be cut, the reason may not.
static err say(char *why, err e, const char *reason, const char *path) {
    snprintf(why, TLS_WHY_BYTES, "%s: %s", reason, path);
    ERR_clear_error();
    return e;
}

static err say_file(char *why, err e, const char *what, const char *path) {
    char reason[128];
    int sys = errno;
    switch (e) {
    case ERR_DENIED:
        snprintf(reason, sizeof reason, "%s may be read or changed by others (chmod 600)", what);
        break;
    case ERR_FORMAT:
        snprintf(reason, sizeof reason, "%s is not what it should be (PEM, not encrypted)", what);
        break;
    case ERR_IO:
        snprintf(reason, sizeof reason, "%s cannot be read (%s)", what, strerrordesc_np(sys));
        break;
    default:
        snprintf(reason, sizeof reason, "%s: %s", what, err_text(e));
    }
    return say(why, e, reason, path);
}

static err load_cas(X509_STORE *store, const char *path, char *why) {
    pem p;
    size_t count = 0;
    X509 *x;
    err e = pem_read(path, false, &p);
    if (e)
        return say_file(why, e, "the CA file", path);
    while (!e && (x = PEM_read_bio_X509(p.bio, NULL, pem_no_password, NULL))) {
        if (X509_check_ca(x) == 0)
            e = say(why, ERR_AUTH, "the CA file holds a certificate that is not a CA's", path);
        else if (X509_STORE_add_cert(store, x) != 1)
            e = say(why, ERR_MEM, "out of memory", path);
        X509_free(x);
        count++;
    }
    pem_done(&p);
    if (!e && (!pem_at_end() || count == 0))
        e = say_file(why, ERR_FORMAT, "the CA file", path);
    return e;
}

static err load_lists(X509_STORE *store, const char *path, char *why) {
    pem p;
    size_t count = 0;
    X509_CRL *crl;
    err e = pem_read(path, false, &p);
    if (e)
        return say_file(why, e, "the revocation list", path);
    while (!e && (crl = PEM_read_bio_X509_CRL(p.bio, NULL, pem_no_password, NULL))) {
        if (X509_STORE_add_crl(store, crl) != 1)
            e = say(why, ERR_MEM, "out of memory", path);
        X509_CRL_free(crl);
        count++;
    }
    pem_done(&p);
    if (!e && (!pem_at_end() || count == 0))
        e = say_file(why, ERR_FORMAT, "the revocation list", path);
    return e;
}

static bool list_fits(STACK_OF(X509_OBJECT) *all, X509 *ca) {
    for (int i = 0; i < sk_X509_OBJECT_num(all); i++) {
        X509_CRL *crl = X509_OBJECT_get0_X509_CRL(sk_X509_OBJECT_value(all, i));
        if (crl && X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_subject_name(ca)) == 0 &&
            X509_CRL_verify(crl, X509_get0_pubkey(ca)) == 1)
            return true;
    }
    return false;
}

// Without its list every handshake under a CA would fail: better said at the start.
static err check_lists(X509_STORE *store, const char *path, char *why) {
    STACK_OF(X509_OBJECT) *all = X509_STORE_get0_objects(store);
    for (int i = 0; i < sk_X509_OBJECT_num(all); i++) {
        X509 *ca = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(all, i));
        if (ca && !list_fits(all, ca))
            return say(why, ERR_AUTH, "the revocation list is not of the CA (or one CA's is missing)", path);
    }
    ERR_clear_error();
    return OK;
}

static err load_own(SSL_CTX *c, const tls_files *f, char *why) {
    struct stat st;
    EVP_PKEY *key;
    err e = stat(f->cert, &st) == 0 ? OK : errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
    if (e)
        return say_file(why, e, "the certificate", f->cert);
    if (SSL_CTX_use_certificate_chain_file(c, f->cert) != 1)
        return say_file(why, ERR_FORMAT, "the certificate", f->cert);
    e = pem_key_read(f->key, &key);
    if (e)
        return say_file(why, e, "the private key", f->key);
    // Refuses by itself a key that is not the certificate's.
    if (SSL_CTX_use_PrivateKey(c, key) != 1 || SSL_CTX_check_private_key(c) != 1)
        e = say(why, ERR_AUTH, "the private key does not belong to the certificate", f->key);
    EVP_PKEY_free(key);
    return e;
}

static bool set_rules(SSL_CTX *c) {
    X509_VERIFY_PARAM *p = SSL_CTX_get0_param(c);
    SSL_CTX_set_security_level(c, 2);
    SSL_CTX_set_options(c, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_clear_options(c, SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION);
    SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(c, SSL_MODE_RELEASE_BUFFERS); // idle connections hold no record buffers
    SSL_CTX_set_max_cert_list(c, CHAIN_BYTES_MAX);
    SSL_CTX_set_verify(c, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    SSL_CTX_set_verify_depth(c, CHAIN_DEPTH_MAX);
    SSL_CTX_set_default_passwd_cb(c, pem_no_password);
    SSL_CTX_set_msg_callback(c, tls_note_message);
    X509_VERIFY_PARAM_set_hostflags(p, X509_CHECK_FLAG_NO_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    return SSL_CTX_set_min_proto_version(c, TLS1_3_VERSION) == 1 &&
           SSL_CTX_set_max_proto_version(c, TLS1_3_VERSION) == 1 &&
           SSL_CTX_set_ciphersuites(c, suites) == 1 && SSL_CTX_set1_groups_list(c, "X25519:P-256") == 1 &&
           SSL_CTX_set_num_tickets(c, 0) == 1 && SSL_CTX_set_max_early_data(c, 0) == 1 &&
           SSL_CTX_set_recv_max_early_data(c, 0) == 1 &&
           X509_VERIFY_PARAM_set_flags(p, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL) == 1;
}

err tls_ctx_new(const tls_files *f, bool server, char *why, tls_ctx **ret) {
    why[0] = '\0';
    if (!f->ca || !f->crl || !f->cert || !f->key)
        return say(why, ERR_USAGE, "TLS needs four files",
                   !f->ca    ? "no CA file is named"
                   : !f->crl ? "no revocation list is named"
                   : !f->key ? "no private key is named"
                             : "no certificate is named");
    tls_ctx *c = calloc(1, sizeof *c);
    SSL_CTX *ssl = c ? SSL_CTX_new(server ? TLS_server_method() : TLS_client_method()) : NULL;
    err e = OK;
    if (!ssl || !set_rules(ssl))
        e = say(why, ERR_MEM, "TLS cannot start", err_text(ERR_MEM));
    if (!e)
        e = load_cas(SSL_CTX_get_cert_store(ssl), f->ca, why);
    if (!e)
        e = load_lists(SSL_CTX_get_cert_store(ssl), f->crl, why);
    if (!e)
        e = check_lists(SSL_CTX_get_cert_store(ssl), f->crl, why);
    if (!e)
        e = load_own(ssl, f, why);
    if (e) {
        SSL_CTX_free(ssl);
        free(c);
        return e;
    }
    *c = (tls_ctx){ssl, server};
    *ret = c;
    return OK;
}

void tls_ctx_free(tls_ctx *c) {
    if (!c)
        return;
    SSL_CTX_free(c->ssl);
    free(c);
}
