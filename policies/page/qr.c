// SPDX-License-Identifier: Apache-2.0
#include "policies/page/qr.h"

#include <errno.h>
#include <qrencode.h>

err qr_modules(const char *text, buf *out, int *ret_side)
{
    // M: readable though a seventh of it is hidden by a stamp, a fold or a bad copy.
    QRcode *code = QRcode_encodeString(text, 0, QR_ECLEVEL_M, QR_MODE_8, 1);
    if (!code)
        return errno == ENOMEM ? ERR_MEM : ERR_LIMIT;
    for (int i = 0; i < code->width * code->width; i++)
        buf_put_u8(out, code->data[i] & 1);
    *ret_side = code->width;
    QRcode_free(code);
    return out->sticky;
}

err qr_svg(const char *text, buf *out)
{
    buf dark = {0};
    int side = 0;
    err e = qr_modules(text, &dark, &side);
    if (e == OK) {
        buf_printf(out, "<svg class=q viewBox=\"0 0 %d %d\" shape-rendering=crispEdges role=img><path d=\"", side + 2 * QR_QUIET,
                   side + 2 * QR_QUIET);
        for (int y = 0; y < side; y++)
            for (int x = 0, run; x < side; x += run ? run : 1) { // a path of runs, one a line
                for (run = 0; x + run < side && dark.at[y * side + x + run]; run++)
                    ;
                if (run)
                    buf_printf(out, "M%d %dh%dv1h-%dz", x + QR_QUIET, y + QR_QUIET, run, run);
            }
        e = buf_put_str(out, "\"/></svg>");
    }
    buf_done(&dark);
    return e;
}
