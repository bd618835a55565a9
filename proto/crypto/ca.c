// SPDX-License-Identifier: Apache-2.0
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "proto/crypto/cert.h"
#include "proto/crypto/keyfile.h"
#include "proto/crypto/pem_in.h"

#define NAME_MAX_CHARS 64 // ub-common-name, RFC 5280
#define SERIAL_BYTES 16
#define EARLIER_S 3600 // clocks of hospitals differ

typedef struct ca {
    X509 *cert;
    EVP_PKEY *key;
} ca;

static void ca_done(ca *c) {
    X509_free(c->cert);
    EVP_PKEY_free(c->key);
    *c = (ca){0};
}

static err path_in(const char *dir, const char *file, char out[static PATH_MAX]) {
    int n = snprintf(out, PATH_MAX, "%s/%s", dir, file);
    return n > 0 && n < PATH_MAX ? OK : ERR_LIMIT;
}

static err ca_load(const char *dir, ca *ret) {
    char path[PATH_MAX];
    ca c = {0};
    err e = path_in(dir, "ca.pem", path);
    if (!e)
        e = pem_cert_read(path, &c.cert);
    if (!e)
        e = path_in(dir, "ca.key", path);
    if (!e)
        e = pem_key_read(path, &c.key);
    if (!e && X509_check_private_key(c.cert, c.key) != 1)
        e = ERR_AUTH;
    ERR_clear_error();
    if (e)
        ca_done(&c);
    else
        *ret = c;
    return e;
}

static bool set_serial(X509 *x) {
    uint8_t at[SERIAL_BYTES];
    if (RAND_bytes(at, sizeof at) != 1)
        return false;
    at[0] = (uint8_t)((at[0] & 0x7f) | 0x40); // positive, and always of one length
    BIGNUM *n = BN_bin2bn(at, sizeof at, NULL);
    bool done = n && BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x));
    BN_free(n);
    return done;
}

static bool set_name(X509 *x, const char *name) {
    return X509_NAME_add_entry_by_NID(X509_get_subject_name(x), NID_commonName, MBSTRING_UTF8,
                                      (const unsigned char *)name, -1, -1, 0) == 1;
}

// value is one of our own constants, never text from outside: it has a syntax.
static bool add_ext(X509 *issuer, X509 *x, int nid, const char *value) {
    X509V3_CTX v3;
    X509V3_set_ctx_nodb(&v3);
    X509V3_set_ctx(&v3, issuer, x, NULL, NULL, 0);
    X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, &v3, nid, value);
    bool done = ext && X509_add_ext(x, ext, -1) == 1;
    X509_EXTENSION_free(ext);
    return done;
}

static bool add_dns_name(X509 *x, const char *name) {
    bool done = false;
    GENERAL_NAMES *names = GENERAL_NAMES_new();
    GENERAL_NAME *one = GENERAL_NAME_new();
    ASN1_IA5STRING *text = ASN1_IA5STRING_new();
    if (names && one && text && ASN1_STRING_set(text, name, -1) == 1) {
        GENERAL_NAME_set0_value(one, GEN_DNS, text);
        text = NULL;
        if (sk_GENERAL_NAME_push(names, one) > 0) {
            one = NULL;
            done = X509_add1_ext_i2d(x, NID_subject_alt_name, names, 0, 0) == 1;
        }
    }
    ASN1_IA5STRING_free(text);
    GENERAL_NAME_free(one);
    GENERAL_NAMES_free(names);
    return done;
}

// Version, serial, names, times and key: what both kinds of certificate share.
static X509 *cert_start(const char *name, EVP_PKEY *key, time_t from, time_t until) {
    X509 *x = X509_new();
    if (x && X509_set_version(x, X509_VERSION_3) == 1 && set_serial(x) && set_name(x, name) &&
        ASN1_TIME_set(X509_getm_notBefore(x), from) && ASN1_TIME_set(X509_getm_notAfter(x), until) &&
        X509_set_pubkey(x, key) == 1)
        return x;
    X509_free(x);
    return NULL;
}

static bool cert_finish(X509 *x, X509 *issuer, EVP_PKEY *issuer_key) {
    return X509_set_issuer_name(x, X509_get_subject_name(issuer)) == 1 &&
           add_ext(issuer, x, NID_subject_key_identifier, "hash") &&
           add_ext(issuer, x, NID_authority_key_identifier, "keyid:always") &&
           X509_sign(x, issuer_key, EVP_sha256()) > 0;
}

static err cert_create(const char *path, X509 *x) {
    err e = ERR_MEM;
    BIO *mem = BIO_new(BIO_s_mem());
    if (mem && PEM_write_bio_X509(mem, x) == 1) {
        span text;
        pem_bio_span(mem, &text);
        e = keyfile_create(path, text, 0644);
    }
    BIO_free(mem);
    return e;
}

static bool crl_number(X509_CRL *crl, ASN1_INTEGER **ret) {
    ASN1_INTEGER *before = X509_CRL_get_ext_d2i(crl, NID_crl_number, NULL, NULL);
    BIGNUM *n = before ? ASN1_INTEGER_to_BN(before, NULL) : BN_new();
    ASN1_INTEGER *next = n && BN_add_word(n, 1) == 1 ? BN_to_ASN1_INTEGER(n, NULL) : NULL;
    BN_free(n);
    ASN1_INTEGER_free(before);
    *ret = next;
    return next != NULL;
}

// Numbers, dates and signs the list, and puts it in DIR/crl.pem's place.
static err crl_publish(const char *dir, const ca *c, X509_CRL *crl) {
    char path[PATH_MAX];
    err e = path_in(dir, "crl.pem", path);
    if (e)
        return e;
    e = ERR_MEM;
    ASN1_INTEGER *number = NULL;
    ASN1_TIME *now = ASN1_TIME_set(NULL, (time_t)(clock_now_ms() / 1000));
    AUTHORITY_KEYID *issuer = AUTHORITY_KEYID_new();
    BIO *mem = BIO_new(BIO_s_mem());
    const ASN1_OCTET_STRING *id = X509_get0_subject_key_id(c->cert);
    if (issuer && id)
        issuer->keyid = ASN1_OCTET_STRING_dup(id);
    if (now && mem && issuer && issuer->keyid && crl_number(crl, &number) &&
        X509_CRL_set_version(crl, X509_CRL_VERSION_2) == 1 &&
        X509_CRL_set_issuer_name(crl, X509_get_subject_name(c->cert)) == 1 &&
        X509_CRL_set1_lastUpdate(crl, now) == 1 &&
        X509_CRL_set1_nextUpdate(crl, X509_get0_notAfter(c->cert)) == 1 &&
        X509_CRL_add1_ext_i2d(crl, NID_crl_number, number, 0, X509V3_ADD_REPLACE) == 1 &&
        X509_CRL_add1_ext_i2d(crl, NID_authority_key_identifier, issuer, 0, X509V3_ADD_REPLACE) == 1 &&
        X509_CRL_sort(crl) == 1 && X509_CRL_sign(crl, c->key, EVP_sha256()) > 0 &&
        PEM_write_bio_X509_CRL(mem, crl) == 1) {
        span text;
        pem_bio_span(mem, &text);
        e = keyfile_replace(path, text, 0644);
    }
    BIO_free(mem);
    AUTHORITY_KEYID_free(issuer);
    ASN1_TIME_free(now);
    ASN1_INTEGER_free(number);
    return e;
}

static err make_dir(const char *dir) {
    if (mkdir(dir, 0700) == 0 || errno == EEXIST)
        return OK;
    return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
}

static err ca_build(const char *name, int days, ca *ret) {
    time_t now = (time_t)(clock_now_ms() / 1000);
    ca c = {.key = EVP_EC_gen("P-256")};
    if (c.key)
        c.cert = cert_start(name, c.key, now - EARLIER_S, now + (time_t)days * 86400);
    if (!c.cert || !add_ext(c.cert, c.cert, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") ||
        !add_ext(c.cert, c.cert, NID_key_usage, "critical,keyCertSign,cRLSign") ||
        !cert_finish(c.cert, c.cert, c.key)) {
        ca_done(&c);
        ERR_clear_error();
        return ERR_MEM;
    }
    *ret = c;
    return OK;
}

err ca_new(const char *dir, const char *name, int days) {
    char cert_path[PATH_MAX], key_path[PATH_MAX];
    X509_CRL *crl = NULL;
    ca c = {0};
    if (!name || !*name || strlen(name) > NAME_MAX_CHARS || days <= 0)
        return ERR_USAGE;
    err e = path_in(dir, "ca.pem", cert_path);
    if (!e)
        e = path_in(dir, "ca.key", key_path);
    if (!e)
        e = make_dir(dir);
    if (!e)
        e = ca_build(name, days, &c);
    if (e)
        return e;
    e = pem_key_create(key_path, c.key); // first: whoever makes the key owns the directory
    if (e)
        goto out;
    e = cert_create(cert_path, c.cert);
    if (e) {
        unlink(key_path);
        goto out;
    }
    crl = X509_CRL_new();
    e = crl ? crl_publish(dir, &c, crl) : ERR_MEM;
    if (e) {
        unlink(cert_path);
        unlink(key_path);
    }
out:
    X509_CRL_free(crl);
    ca_done(&c);
    ERR_clear_error();
    return e;
}

static bool dns_name_ok(const char *name) {
    size_t len = name ? strlen(name) : 0;
    if (len == 0 || len > NAME_MAX_CHARS || name[0] == '.' || name[0] == '-')
        return false;
    for (const char *p = name; *p; p++)
        if (!(isascii((unsigned char)*p) && (isalnum((unsigned char)*p) || strchr(".-_", *p))))
            return false;
    return true;
}

static X509 *leaf_build(const cert_request *r, const ca *c, EVP_PKEY *key) {
    const char *use = r->server && r->client ? "serverAuth,clientAuth" : r->server ? "serverAuth" : "clientAuth";
    X509 *x = cert_start(r->name, key, (time_t)(r->from / 1000), (time_t)(r->until / 1000));
    if (x && add_ext(c->cert, x, NID_basic_constraints, "critical,CA:FALSE") &&
        add_ext(c->cert, x, NID_key_usage, "critical,digitalSignature") &&
        add_ext(c->cert, x, NID_ext_key_usage, use) && add_dns_name(x, r->name) &&
        cert_finish(x, c->cert, c->key))
        return x;
    X509_free(x);
    return NULL;
}

err ca_issue(const char *dir, const cert_request *r) {
    ca c;
    if (!dns_name_ok(r->name) || (!r->server && !r->client) || r->until <= r->from)
        return ERR_USAGE;
    err e = ca_load(dir, &c);
    if (e)
        return e;
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *x = key ? leaf_build(r, &c, key) : NULL;
    e = x ? pem_key_create(r->key_path, key) : ERR_MEM;
    if (!e) {
        e = cert_create(r->cert_path, x);
        if (e)
            unlink(r->key_path); // ours, and of no use alone
    }
    X509_free(x);
    EVP_PKEY_free(key);
    ca_done(&c);
    ERR_clear_error();
    return e;
}

static err crl_load(const char *dir, const ca *c, X509_CRL **ret) {
    char path[PATH_MAX];
    pem p;
    err e = path_in(dir, "crl.pem", path);
    if (!e)
        e = pem_read(path, false, &p);
    if (e)
        return e;
    X509_CRL *crl = PEM_read_bio_X509_CRL(p.bio, NULL, pem_no_password, NULL);
    pem_done(&p);
    if (!crl)
        return ERR_FORMAT;
    if (X509_CRL_verify(crl, c->key) != 1) {
        X509_CRL_free(crl);
        return ERR_AUTH;
    }
    *ret = crl;
    return OK;
}

static bool crl_add(X509_CRL *crl, X509 *x) {
    ASN1_TIME *now = ASN1_TIME_set(NULL, (time_t)(clock_now_ms() / 1000));
    X509_REVOKED *r = X509_REVOKED_new();
    if (now && r && X509_REVOKED_set_serialNumber(r, X509_get_serialNumber(x)) == 1 &&
        X509_REVOKED_set_revocationDate(r, now) == 1 && X509_CRL_add0_revoked(crl, r) == 1)
        r = NULL; // the list's now
    bool done = now && !r;
    X509_REVOKED_free(r);
    ASN1_TIME_free(now);
    return done;
}

err ca_revoke(const char *dir, const char *cert_path) {
    ca c;
    X509 *x = NULL;
    X509_CRL *crl = NULL;
    X509_REVOKED *already = NULL;
    err e = ca_load(dir, &c);
    if (e)
        return e;
    e = pem_cert_read(cert_path, &x);
    if (e)
        goto out;
    if (X509_verify(x, c.key) != 1) {
        e = ERR_AUTH;
        goto out;
    }
    e = crl_load(dir, &c, &crl);
    if (e || X509_CRL_get0_by_cert(crl, &already, x) == 1)
        goto out;
    e = crl_add(crl, x) ? crl_publish(dir, &c, crl) : ERR_MEM;
out:
    X509_CRL_free(crl);
    X509_free(x);
    ca_done(&c);
    ERR_clear_error();
    return e;
}
