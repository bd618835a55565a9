// SPDX-License-Identifier: Apache-2.0
#include "node/notices/attempt.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proto/crypto/hash.h"

enum { REPLY_MAX = 64 << 10, CONNECT_MS = 10000 };

struct attempt {
    CURL *easy;
    struct curl_slist *headers, *to;
    buf body;
    size_t sent, got;
    bool mail;
};

static size_t on_reply(char *at, size_t size, size_t count, void *ctx)
{
    attempt *a = ctx;
    (void)at;
    a->got += size * count; // not kept: only its status counts
    return a->got > REPLY_MAX ? 0 : size * count;
}

static size_t on_read(char *to, size_t size, size_t count, void *ctx)
{
    attempt *a = ctx;
    size_t left = a->body.len - a->sent, n = size * count < left ? size * count : left;
    memcpy(to, a->body.at + a->sent, n);
    a->sent += n;
    return n;
}

// "localhost" is a name, and names can be made to lead elsewhere.
static curl_socket_t on_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *to)
{
    const struct sockaddr_in *v4 = (const void *)&to->addr;
    const struct sockaddr_in6 *v6 = (const void *)&to->addr;
    (void)ctx, (void)purpose;
    bool here = (to->family == AF_INET && ntohl(v4->sin_addr.s_addr) >> 24 == 127) ||
                (to->family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr));
    return here ? socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol) : CURL_SOCKET_BAD;
}

static err header_add(attempt *a, const char *text)
{
    struct curl_slist *l = curl_slist_append(a->headers, text);
    if (l)
        a->headers = l;
    return l ? OK : ERR_MEM;
}

static err webhook_set(attempt *a, const notify_target *t)
{
    CURL *c = a->easy;
    buf line = {0};
    err e = header_add(a, "Content-Type: application/json; charset=UTF-8");
    if (e == OK)
        e = header_add(a, "Expect:"); // no waiting for a go-ahead: the body is a line
    if (e == OK && t->secret) {
        buf_printf(&line, "%s: %s", t->header, t->secret);
        buf_str(&line);
        e = line.sticky ? line.sticky : header_add(a, (const char *)line.at);
    }
    buf_wipe(&line);
    if (e)
        return e;
    bool good = curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, t->here ? "http" : "https") == CURLE_OK &&
                curl_easy_setopt(c, CURLOPT_HTTPHEADER, a->headers) == CURLE_OK &&
                curl_easy_setopt(c, CURLOPT_POST, 1L) == CURLE_OK &&
                curl_easy_setopt(c, CURLOPT_POSTFIELDS, (const char *)a->body.at) == CURLE_OK &&
                curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE, (long)a->body.len) == CURLE_OK &&
                curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK;
    if (good && t->here)
        good = curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, on_socket) == CURLE_OK;
    return good ? OK : ERR_UNSUPPORTED;
}

static err mail_set(attempt *a, const notify_target *t)
{
    CURL *c = a->easy;
    char text[260];
    a->mail = true;
    for (size_t i = 0; i < t->to_count; i++) {
        snprintf(text, sizeof text, "<%s>", t->to[i]);
        struct curl_slist *l = curl_slist_append(a->to, text);
        if (!l)
            return ERR_MEM;
        a->to = l;
    }
    snprintf(text, sizeof text, "<%s>", t->from);
    bool good = curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "smtp,smtps") == CURLE_OK &&
                curl_easy_setopt(c, CURLOPT_USE_SSL, (long)CURLUSESSL_ALL) == CURLE_OK && // STARTTLS or nothing
                curl_easy_setopt(c, CURLOPT_MAIL_FROM, text) == CURLE_OK &&
                curl_easy_setopt(c, CURLOPT_MAIL_RCPT, a->to) == CURLE_OK &&
                curl_easy_setopt(c, CURLOPT_UPLOAD, 1L) == CURLE_OK &&
                curl_easy_setopt(c, CURLOPT_READFUNCTION, on_read) == CURLE_OK &&
                curl_easy_setopt(c, CURLOPT_READDATA, a) == CURLE_OK;
    if (good && t->user)
        good = curl_easy_setopt(c, CURLOPT_USERNAME, t->user) == CURLE_OK &&
               curl_easy_setopt(c, CURLOPT_PASSWORD, t->password) == CURLE_OK;
    return good ? OK : ERR_UNSUPPORTED;
}

static err common_set(attempt *a, const notify_target *t)
{
    CURL *c = a->easy;
    bool good = curl_easy_setopt(c, CURLOPT_URL, t->url) == CURLE_OK &&
                curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
                curl_easy_setopt(c, CURLOPT_PROXY, "") == CURLE_OK && // the environment's word does not count
                curl_easy_setopt(c, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED) == CURLE_OK &&
                curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
                curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK &&
                curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK &&
                curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS) == CURLE_OK &&
                curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, t->deadline_ms) == CURLE_OK &&
                curl_easy_setopt(c, CURLOPT_FRESH_CONNECT, 1L) == CURLE_OK && // messages are rare: nothing is kept open
                curl_easy_setopt(c, CURLOPT_FORBID_REUSE, 1L) == CURLE_OK &&
                curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_reply) == CURLE_OK &&
                curl_easy_setopt(c, CURLOPT_WRITEDATA, a) == CURLE_OK;
    if (good && t->ca)
        good = curl_easy_setopt(c, CURLOPT_CAINFO, t->ca) == CURLE_OK &&
               curl_easy_setopt(c, CURLOPT_CAPATH, NULL) == CURLE_OK;
    return good ? OK : ERR_UNSUPPORTED;
}

err attempt_open(const notify_target *t, const notice *k, time_ms now, attempt **ret)
{
    attempt *a = calloc(1, sizeof *a);
    if (!a)
        return ERR_MEM;
    a->easy = curl_easy_init();
    err e = a->easy ? message_make(t, k, now, &a->body) : ERR_MEM;
    if (e == OK)
        e = common_set(a, t);
    if (e == OK)
        e = t->kind == NOTIFY_MAIL ? mail_set(a, t) : webhook_set(a, t);
    if (e) {
        attempt_free(a);
        return e;
    }
    *ret = a;
    return OK;
}

void attempt_free(attempt *a)
{
    if (!a)
        return;
    curl_easy_cleanup(a->easy);
    for (struct curl_slist *l = a->headers; l; l = l->next)
        crypto_wipe(l->data, strlen(l->data));
    curl_slist_free_all(a->headers);
    curl_slist_free_all(a->to);
    buf_done(&a->body);
    free(a);
}

CURL *attempt_handle(attempt *a)
{
    return a->easy;
}

err attempt_outcome(attempt *a, CURLcode code, char why[static ATTEMPT_WHY], time_ms *ret_wait)
{
    long status = 0;
    curl_off_t wait = 0;
    (void)curl_easy_getinfo(a->easy, CURLINFO_RESPONSE_CODE, &status);
    (void)curl_easy_getinfo(a->easy, CURLINFO_RETRY_AFTER, &wait);
    *ret_wait = wait > 0 && wait < 86400 ? (time_ms)wait * 1000 : 0;
    why[0] = '\0';
    if (code == CURLE_OK && (a->mail || (status >= 200 && status < 300)))
        return OK;
    if (code == CURLE_OK) {
        snprintf(why, ATTEMPT_WHY, status >= 300 && status < 400 ? "HTTP %ld: redirects are not followed" : "HTTP %ld",
                 status);
        return ERR_DENIED;
    }
    // The words for the code, not the handle's own: those could quote the address, and addresses are secrets.
    if (a->mail && status >= 400)
        snprintf(why, ATTEMPT_WHY, "SMTP %ld: %s", status, curl_easy_strerror(code));
    else
        snprintf(why, ATTEMPT_WHY, "%s", code == CURLE_WRITE_ERROR ? "the answer is too long"
                                                                   : curl_easy_strerror(code));
    switch (code) {
    case CURLE_OPERATION_TIMEDOUT: return ERR_DEADLINE;
    case CURLE_PEER_FAILED_VERIFICATION: case CURLE_SSL_CONNECT_ERROR: case CURLE_USE_SSL_FAILED:
    case CURLE_LOGIN_DENIED: return ERR_AUTH;
    case CURLE_OUT_OF_MEMORY: return ERR_MEM;
    default: return ERR_UNREACHABLE;
    }
}
