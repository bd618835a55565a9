// SPDX-License-Identifier: Apache-2.0
#include "ops/cli/attach.h"

#include <string.h>

#include "ops/cli/papers.h"
#include "proto/crypto/hash.h"

enum { FORM_MOST = 64 << 10, SCAN_MOST = 64 << 20 };

static err file_put(const ask_arg *a, buf *out)
{
    buf text = {0};
    err e = paper_bytes(a->value, FORM_MOST, &text);
    if (e == OK && memchr(text.at, '\0', text.len))
        e = ERR_FORMAT;
    if (e == OK) {
        buf_put_str(out, a->key + strlen("file:"));
        buf_put_u8(out, 0);
        buf_put_span(out, buf_span(&text));
        e = buf_put_u8(out, 0);
    }
    buf_wipe(&text); // it is somebody's
    return e;
}

static err hash_put(ask_arg *a, char out[static 65])
{
    uint8_t sum[32];
    hash32 h;
    buf bytes = {0};
    err e = OK;
    if (strlen(a->value) != 64 || hex_get(span_str(a->value), sum, sizeof sum) != OK) {
        e = paper_bytes(a->value, SCAN_MOST, &bytes);
        if (e == OK) {
            sha256(buf_span(&bytes), &h);
            hex_put(out, span_of(h.at, sizeof h.at));
            a->value = out;
        }
        buf_wipe(&bytes);
    }
    a->key += strlen("hash:");
    return e;
}

int attach(const invocation *v, ask_arg *args, attached *ret)
{
    attached a = {.hash = ""};
    size_t n = 0;
    err e = OK;
    *ret = a;
    for (size_t i = 0; args[i].key; i++) {
        const char *path = args[i].value;
        if (strncmp(args[i].key, "file:", 5) == 0) {
            e = file_put(&args[i], &ret->data);
        } else {
            if (strncmp(args[i].key, "hash:", 5) == 0)
                e = hash_put(&args[i], ret->hash);
            args[n++] = args[i];
        }
        if (e) {
            complain(v, e, path);
            attached_done(ret);
            return exit_of(e);
        }
    }
    args[n] = (ask_arg){0};
    return EXIT_OK;
}

void attached_done(attached *a)
{
    buf_wipe(&a->data);
}
