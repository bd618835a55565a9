// SPDX-License-Identifier: Apache-2.0
// The door to libqrencode: a QR code as inline SVG, with the quiet zone around it.
// Owner: the caller's buf. Thread: any. Fails: ERR_LIMIT for what is too long, ERR_MEM.
#ifndef TSUNAGU_PAGE_QR_H
#define TSUNAGU_PAGE_QR_H

#include "proto/base/span.h"

#define QR_QUIET 4 // modules of white on each side

// The modules, row by row, 1 is dark; *ret_side: how many a side.
MUST_CHECK err qr_modules(const char *text, buf *out, int *ret_side);
MUST_CHECK err qr_svg(const char *text, buf *out);

#endif
