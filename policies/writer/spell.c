// SPDX-License-Identifier: Apache-2.0
// How values are spelled. A text stands plain only where no reader of YAML, of whatever
// version, could take it for something else; everything else is quoted, and what a person
// cannot see is written as an escape.
#include <string.h>
#include <strings.h>

#include "policies/writer/page.h"
#include "proto/base/utf8.h"

static bool letter(uint32_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == 0x3005 || (c >= 0x3041 && c <= 0x3096) ||
           (c >= 0x30a1 && c <= 0x30fc) || (c >= 0x4e00 && c <= 0x9fff);
}

// Neither indicators nor anything near them; a blank is asked about apart.
static bool plain(uint32_t c)
{
    return letter(c) || (c >= '0' && c <= '9') || (c < 0x80 && c && strchr("-_./()", (int)c)) || c == 0x3001 ||
           c == 0x3002 || c == 0x300c || c == 0x300d || (c >= 0xff10 && c <= 0xff19) || c == 0xff08 || c == 0xff09;
}

// Words that some reader takes for a truth value or for nothing.
static bool reserved(const char *s)
{
    static const char *const WORDS[] = {"yes", "no", "y", "n", "on", "off", "true", "false", "null", "all", "never"};
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++)
        if (strcasecmp(s, WORDS[i]) == 0)
            return true;
    return false;
}

static bool reads_plain(const char *s)
{
    span rest = span_str(s);
    uint32_t before = 0;
    if (reserved(s) || !letter(utf8_next(&rest)))
        return false;
    for (before = 'a'; rest.len;) {
        uint32_t c = utf8_next(&rest);
        if (!plain(c) && (c != ' ' || before == ' '))
            return false;
        before = c;
    }
    return before != ' ';
}

// Line ends and marks nobody sees, unfinished and private characters: shown by number.
static bool hidden(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c <= 0xa0) || c == 0xad || (c >= 0x2000 && c <= 0x200f) ||
           (c >= 0x2028 && c <= 0x202f) || (c >= 0x205f && c <= 0x206f) || c == 0xfeff || (c & 0xfffe) == 0xfffe ||
           (c >= 0xe000 && c <= 0xf8ff) || c >= 0xe0000;
}

void spell_text(buf *out, const char *s)
{
    if (reads_plain(s)) {
        buf_put_str(out, s);
        return;
    }
    buf_put_u8(out, '"');
    for (span rest = span_str(s); rest.len;) {
        uint32_t c = utf8_next(&rest);
        if (c == '"' || c == '\\')
            buf_put_u8(out, '\\');
        if (!hidden(c))
            utf8_put(out, c);
        else if (c > 0xffff)
            buf_printf(out, "\\U%08X", (unsigned)c);
        else
            buf_printf(out, "\\u%04X", (unsigned)c);
    }
    buf_put_u8(out, '"');
}

void spell_months(buf *out, int64_t months)
{
    if (months >= 12)
        buf_printf(out, "%d年", (int)(months / 12));
    if (months % 12 || months == 0)
        buf_printf(out, "%dか月", (int)(months % 12));
}

void spell_day(buf *out, day d)
{
    char text[11];
    if (d != DAY_FOREVER)
        day_format(d, text);
    buf_put_str(out, d == DAY_FOREVER ? "never" : text);
}
