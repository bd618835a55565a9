// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include "proto/base/tongue.h"
#include "proto/base/utf8.h"
#include "proto/yaml/room.h"

// Characters that make a file read otherwise than it looks: a line end that
// editors do not show as one, or an order of letters that is not theirs. The
// rules are ratified by people who read them.
static bool deceives(uint32_t cp)
{
    return cp == 0x85 || cp == 0x2028 || cp == 0x2029 || cp == 0x200e || cp == 0x200f ||
           (cp >= 0x202a && cp <= 0x202e) || (cp >= 0x2066 && cp <= 0x2069);
}

static bool is_control(uint32_t cp)
{
    return (cp < 0x20 && cp != '\t' && cp != '\n' && cp != '\r') || (cp >= 0x7f && cp < 0xa0);
}

err bytes_check(span text, const char *file, size_t max_bytes, diag *d)
{
    if (text.len > max_bytes) {
        diag_add(d, DIAG_ERROR, file, (span){0}, 0, 0, _("%zu bytes are more than the allowed %zu"),
                 text.len, max_bytes);
        return ERR_LIMIT;
    }
    unsigned line = 1, col = 1;
    for (span rest = text; rest.len;) {
        span before = rest;
        uint32_t cp = utf8_next(&rest);
        size_t len = before.len - rest.len;
        if (cp == 0xfffd && len == 1) {
            diag_add(d, DIAG_ERROR, file, text, line, col,
                     _("not UTF-8 (byte 0x%02X); save the file as UTF-8"), before.at[0]);
            return ERR_FORMAT;
        }
        bool bare_cr = cp == '\r' && !(rest.len && rest.at[0] == '\n');
        bool inner_bom = cp == 0xfeff && before.at != text.at;
        if (deceives(cp) || is_control(cp) || bare_cr || inner_bom) {
            diag_add(d, DIAG_ERROR, file, text, line, col,
                     _("the invisible character U+%04X is not allowed here; remove it"), (unsigned)cp);
            return ERR_FORMAT;
        }
        col++;
        if (cp == '\n') {
            line++;
            col = 1;
        }
    }
    return OK;
}
