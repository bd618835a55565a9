// SPDX-License-Identifier: Apache-2.0
#include "ops/measure/echo.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ops/measure/stream.h"
#include "proto/link/link.h"

static err on_admit(void *ctx, const link_peer *peer, void **ret_user, char *why)
{
    (void)ctx, (void)peer, (void)why;
    *ret_user = NULL;
    return OK;
}

static void on_opened(void *ctx, link_conn *c)
{
    (void)ctx, (void)c;
}

static void on_request(void *ctx, link_conn *c, link_in *call)
{
    static const uint8_t zeros[64 << 10];
    uint32_t method = link_in_method(call);
    (void)ctx, (void)c;
    if (method >= ECHO_STREAM)
        stream_serve(call, method - ECHO_STREAM);
    else
        link_reply(call, OK, span_of(zeros, method - ECHO_METHOD), NULL);
}

static void on_closed(void *ctx, link_conn *c, err e, const char *why)
{
    (void)ctx, (void)c, (void)e, (void)why;
}

static void on_refused(void *ctx, const char *address, const char *name, err e, const char *why)
{
    (void)ctx, (void)address, (void)name, (void)e;
    fprintf(stderr, "echo refused: %s\n", why);
}

int echo_main(const char *dir)
{
    char ca[1200], crl[1200], cert[1200], key[1200], why[TLS_WHY_BYTES] = "";
    tls_ctx *ctx;
    link_end *end;
    snprintf(ca, sizeof ca, "%s/ca/ca.pem", dir);
    snprintf(crl, sizeof crl, "%s/ca/crl.pem", dir);
    snprintf(cert, sizeof cert, "%s/hub.pem", dir);
    snprintf(key, sizeof key, "%s/hub.key", dir);
    tls_files f = {ca, crl, cert, key};
    if (tls_ctx_new(&f, true, why, &ctx))
        die("%s", why);
    link_options o = {.address = "127.0.0.1:0",
                      .tls = ctx,
                      .events = {NULL, on_admit, on_opened, on_request, on_closed, on_refused}};
    must(link_listen(&o, &end), "link_listen");
    printf("%u\n", link_port_of(end));
    fflush(stdout);
    for (;;)
        pause(); // until we are told to go
}

void echo_start(const place *p, echo *ret)
{
    char self[1200], log[1200], port[16] = "";
    int out;
    snprintf(self, sizeof self, "%s/tsunagu-bench", p->b->bin);
    snprintf(log, sizeof log, "%s/echo.log", p->dir);
    const char *argv[] = {self, "--echo", p->dir, NULL};
    ret->pid = process_start(argv, log, &out);
    if (read(out, port, sizeof port - 1) <= 0)
        die("the echo did not start; see %s", log);
    close(out);
    snprintf(ret->address, sizeof ret->address, "127.0.0.1:%d", atoi(port));
}

void echo_stop(echo *e)
{
    process_end(e->pid);
    e->pid = 0;
}
