// SPDX-License-Identifier: Apache-2.0
// The damage that real storages have (field-facts §1.2): 0 another patient's
// number inside, 1 the two bytes FB FC, 2 LF endings, 3 UTF-8, 4 cut off in the
// middle, 5 a name with too few fields, 6 a list of segments pasted behind.
#include <string.h>

#include "ops/cli/synth/chart.h"

enum { DAMAGE_PID, DAMAGE_FBFC, DAMAGE_LF, DAMAGE_UTF8, DAMAGE_CUT, DAMAGE_NAME, DAMAGE_PASTED };

static uint8_t *pid_field(buf *b, int field)
{
    uint8_t *p = memmem(b->at, b->len, "\rPID|", 5), *end = b->at + b->len;
    if (!p)
        return NULL;
    for (p++; field > 0 && p < end; p++)
        if (*p == '|')
            field--;
    return p;
}

// Another's number, of the same length: the last digit is another one.
static void other_pid(chart *c)
{
    uint8_t *p = pid_field(&c->text, 3);
    if (!p)
        return;
    uint8_t *last = p + strlen(c->number) - 1;
    *last = (uint8_t)('0' + (*last - '0' + 1) % 10);
}

// 姓 and 名 in one component, no type, no kana.
static void short_name(chart *c)
{
    uint8_t *p = pid_field(&c->text, 5), *end = c->text.at + c->text.len;
    uint8_t *stop = p ? memchr(p, '|', (size_t)(end - p)) : NULL;
    uint8_t *caret = stop ? memchr(p, '^', (size_t)(stop - p)) : NULL;
    if (!caret)
        return;
    memmove(caret, stop, (size_t)(end - stop));
    c->text.len -= (size_t)(stop - caret);
}

static void line_feeds(buf *b)
{
    for (size_t i = 0; i < b->len; i++)
        if (b->at[i] == '\r')
            b->at[i] = '\n';
}

void damage_message(unsigned kind, chart *c)
{
    switch (kind) {
    case DAMAGE_PID:
        other_pid(c);
        break;
    case DAMAGE_LF:
        line_feeds(&c->text);
        break;
    case DAMAGE_NAME:
        short_name(c);
        break;
    case DAMAGE_PASTED:
        buf_put_str(&c->text, "\x1c\r\rMSH\rPID\rPV1\rORC\rOBX\r");
        break;
    default:
        break;
    }
}

void damage_bytes(unsigned kind, chart *c)
{
    switch (kind) {
    case DAMAGE_FBFC:
        buf_clear(&c->bytes);
        buf_put(&c->bytes, "\xfb\xfc", 2);
        break;
    case DAMAGE_UTF8:
        buf_clear(&c->bytes);
        buf_put_span(&c->bytes, buf_span(&c->text));
        break;
    case DAMAGE_CUT:
        c->bytes.len = c->bytes.len * 3 / 5;
        break;
    default:
        break;
    }
}
