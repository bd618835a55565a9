// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <iconv.h>
#include "proto/text/text.h"

err cp932_decode(span bytes, buf *out)
{
    if (!bytes.len)
        return OK;
    iconv_t cd = iconv_open("UTF-8", "CP932");
    if (cd == (iconv_t)-1)
        return ERR_UNSUPPORTED;
    char *in = (char *)bytes.at;
    size_t in_left = bytes.len, before = out->len;
    err e = OK;
    while (!e && in_left) {
        char chunk[4096], *to = chunk;
        size_t room = sizeof chunk;
        size_t r = iconv(cd, &in, &in_left, &to, &room);
        // E2BIG only says that the chunk is full; a cut pair (EINVAL) is no cp932.
        if (r == (size_t)-1 && errno != E2BIG)
            e = ERR_FORMAT;
        else
            e = buf_put(out, chunk, sizeof chunk - room);
    }
    iconv_close(cd);
    if (e == ERR_FORMAT)
        out->len = before;
    return e;
}
