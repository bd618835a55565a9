// SPDX-License-Identifier: Apache-2.0
#include "tests/support/line.h"
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "proto/crypto/cert.h"

static void must(err e, const char *what)
{
    if (!e)
        return;
    fprintf(stderr, "%s: %s\n", what, err_text(e));
    abort();
}

void line_ca_new(line_ca *ca)
{
    snprintf(ca->dir, sizeof ca->dir, "/tmp/tsunagu-line-XXXXXX");
    if (!mkdtemp(ca->dir))
        must(ERR_IO, "mkdtemp");
    must(ca_new(ca->dir, "test federation", 30), "ca_new");
}

static int drop(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st, (void)kind, (void)at;
    return remove(path);
}

void line_ca_free(line_ca *ca)
{
    nftw(ca->dir, drop, 8, FTW_DEPTH | FTW_PHYS);
}

tls_ctx *line_ctx(const line_ca *ca, const line_ca *trust, const char *name, bool server, int from, int until)
{
    char cert[160], key[160], root[160], crl[160], why[256] = "";
    snprintf(cert, sizeof cert, "%s/%s.pem", ca->dir, name);
    snprintf(key, sizeof key, "%s/%s.key", ca->dir, name);
    snprintf(root, sizeof root, "%s/ca.pem", trust ? trust->dir : ca->dir);
    snprintf(crl, sizeof crl, "%s/crl.pem", trust ? trust->dir : ca->dir);
    if (access(cert, R_OK)) {
        const time_ms day_ms = 86400000;
        cert_request r = {.name = name, .cert_path = cert, .key_path = key, .server = true, .client = true,
                          .from = clock_now_ms() + from * day_ms, .until = clock_now_ms() + until * day_ms};
        must(ca_issue(ca->dir, &r), name);
    }
    tls_files f = {.ca = root, .crl = crl, .cert = cert, .key = key};
    tls_ctx *c = NULL;
    err e = tls_ctx_new(&f, server, why, &c);
    if (e)
        fprintf(stderr, "%s\n", why);
    must(e, "tls_ctx_new");
    return c;
}

void line_revoke(const line_ca *ca, const char *name)
{
    char cert[160];
    snprintf(cert, sizeof cert, "%s/%s.pem", ca->dir, name);
    must(ca_revoke(ca->dir, cert), "ca_revoke");
}
