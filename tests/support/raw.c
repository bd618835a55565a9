// SPDX-License-Identifier: Apache-2.0
#include "tests/support/raw.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "proto/base/date.h"

enum { PATIENCE_MS = 20000 };

bool raw_cipher(raw *r, span bytes)
{
    while (bytes.len) {
        ssize_t n = send(r->fd, bytes.at, bytes.len, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        bytes = span_from(bytes, (size_t)n);
    }
    return true;
}

static bool drain(raw *r)
{
    buf out = {0};
    bool ok = tls_drain(r->session, &out) == OK && raw_cipher(r, buf_span(&out));
    buf_done(&out);
    return ok;
}

// 1: something came; 0: nothing for ms; -1: the end.
static int pull(raw *r, int ms)
{
    uint8_t bytes[16384];
    struct pollfd p = {.fd = r->fd, .events = POLLIN};
    if (poll(&p, 1, ms < 0 ? 0 : ms) == 0)
        return 0;
    ssize_t n = recv(r->fd, bytes, sizeof bytes, 0);
    if (n <= 0)
        return -1;
    if (!r->session)
        return 1;
    bool eof = false;
    err e = tls_feed(r->session, (span){bytes, (size_t)n});
    (void)drain(r);
    if (!e && tls_state_of(r->session) != TLS_HANDSHAKE)
        e = tls_read(r->session, &r->in, 1 << 20, &eof);
    return e || eof ? -1 : 1;
}

bool raw_open(raw *r, uint16_t port, tls_ctx *ctx, const char *host)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
    wire_frame f;
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    memset(r, 0, sizeof *r);
    r->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (r->fd < 0 || connect(r->fd, (struct sockaddr *)&a, sizeof a))
        return false;
    int yes = 1;
    setsockopt(r->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (!ctx)
        return true;
    if (tls_new(ctx, host, &r->session) || !drain(r))
        return false;
    return raw_hear(r, PATIENCE_MS, &f) && f.kind != TSUNAGU__KIND__KIND_GOODBYE;
}

void raw_close(raw *r)
{
    if (r->fd >= 0)
        close(r->fd);
    tls_free(r->session);
    buf_done(&r->in);
    *r = (raw){.fd = -1};
}

bool raw_encrypt(raw *r, span bytes, buf *out)
{
    return tls_write(r->session, bytes) == OK && tls_drain(r->session, out) == OK;
}

bool raw_plain(raw *r, span bytes)
{
    return tls_write(r->session, bytes) == OK && drain(r);
}

bool raw_frame(raw *r, const wire_frame *f)
{
    wire_frame full = *f;
    buf b = {0};
    if (!full.version)
        full.version = WIRE_VERSION;
    bool ok = wire_frame_encode(&full, &b) == OK && raw_plain(r, buf_span(&b));
    buf_done(&b);
    return ok;
}

bool raw_hear(raw *r, int ms, wire_frame *ret)
{
    static _Thread_local uint8_t frame[WIRE_FRAME_MAX];
    time_ms until = clock_mono_ms() + ms;
    for (;;) {
        size_t len = r->in.len >= 4 ? be32_get(r->in.at) : 0;
        if (len && r->in.len - 4 >= len) {
            memcpy(frame, r->in.at + 4, len);
            buf_drop_front(&r->in, 4 + len);
            return wire_frame_decode((span){frame, len}, ret) == OK;
        }
        if (pull(r, (int)(until - clock_mono_ms())) < 1)
            return false;
    }
}

bool raw_closed(raw *r, int ms)
{
    time_ms until = clock_mono_ms() + ms;
    int got;
    while ((got = pull(r, (int)(until - clock_mono_ms()))) == 1)
        buf_clear(&r->in);
    return got < 0;
}
