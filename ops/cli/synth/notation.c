// SPDX-License-Identifier: Apache-2.0
#include "ops/cli/synth/notation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PREFECTURE "北海道"
enum { ADDRESS_BYTES = IDENTITY_TEXT * 2 };

// All texts that are replaced are as long as what stands for them, or longer.
static void replace(char *text, const char *from, const char *to)
{
    char *p = strstr(text, from);
    if (!p)
        return;
    size_t had = strlen(from), has = strlen(to);
    memmove(p + has, p + had, strlen(p + had) + 1);
    memcpy(p, to, has);
}

// 南九条 as 南9条, 北二十四条 as 北24条.
static void digits_for_kanji(char *area)
{
    static const char *const pairs[][2] = {{"二十四条", "24条"}, {"十三条", "13条"}, {"一条", "1条"}, {"二条", "2条"},
        {"三条", "3条"}, {"四条", "4条"}, {"五条", "5条"}, {"六条", "6条"}, {"七条", "7条"}, {"八条", "8条"},
        {"九条", "9条"}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        replace(area, pairs[i][0], pairs[i][1]);
}

static void wide(char *text)
{
    char out[ADDRESS_BYTES];
    size_t n = 0;
    for (const char *p = text; *p && n + 4 < sizeof out; p++)
        if (*p >= '0' && *p <= '9')
            n += (size_t)snprintf(out + n, sizeof out - n, "\xef\xbc%c", 0x90 + (*p - '0'));
        else
            out[n++] = *p;
    out[n] = '\0';
    memcpy(text, out, n + 1);
}

bool notation_other(draw *d, char address[static IDENTITY_TEXT * 2])
{
    char area[ADDRESS_BYTES], out[ADDRESS_BYTES + 80];
    char *digits = strpbrk(address, "0123456789"), *end = digits;
    int block = digits ? (int)strtol(digits, &end, 10) : 0, plot, door;
    if (!digits || sscanf(end, "丁目%d番%d号", &plot, &door) != 2)
        return false;
    snprintf(area, sizeof area, "%.*s", (int)(digits - address), address);
    bool short_area = draw_percent(d, 50), numbers = draw_percent(d, 50), joint = draw_percent(d, 50);
    bool full_width = draw_percent(d, 30), building = draw_percent(d, 30);
    uint32_t how = draw_below(d, 3), room = 101 + draw_below(d, 8);
    if (short_area && !strncmp(area, PREFECTURE, sizeof PREFECTURE - 1))
        memmove(area, area + sizeof PREFECTURE - 1, strlen(area + sizeof PREFECTURE - 1) + 1);
    if (numbers)
        digits_for_kanji(area);
    if (joint) {
        replace(area, "ヶ", "が");
        replace(area, "宮の森", "宮ノ森");
    }
    char behind[40] = "";
    if (building)
        snprintf(behind, sizeof behind, " コーポ雪 %u号室", room);
    switch (how) {
    case 0: snprintf(out, sizeof out, "%s%d-%d-%d%s", area, block, plot, door, behind); break;
    case 1: snprintf(out, sizeof out, "%s%d丁目%d-%d%s", area, block, plot, door, behind); break;
    default: snprintf(out, sizeof out, "%s%d丁目%d番地%d%s", area, block, plot, door, behind);
    }
    if (full_width)
        wide(out);
    if (strlen(out) >= ADDRESS_BYTES || !strcmp(out, address))
        return false;
    memcpy(address, out, strlen(out) + 1);
    return true;
}
