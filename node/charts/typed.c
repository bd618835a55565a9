// SPDX-License-Identifier: Apache-2.0
// What a person typed about a patient, from a form in front of them.
#include <string.h>

#include "node/charts/charts.h"
#include "proto/base/utf8.h"

#define FIELD(name) {#name, offsetof(identity, name), sizeof ((identity *)0)->name}
static const struct { const char *key; size_t at, cap; } fields[] = {
    FIELD(kanji_family), FIELD(kanji_given), FIELD(kana_family), FIELD(kana_given), FIELD(postal), FIELD(address),
    FIELD(telephone),    FIELD(insurer),     FIELD(symbol),      FIELD(number),     FIELD(branch),
};

// Only what a person types is held to this: storages hold what they hold.
static bool has_kanji(const char *text)
{
    for (span s = span_str(text); s.len;) {
        uint32_t cp = utf8_next(&s);
        if (cp == 0x3005 || (cp >= 0x3400 && cp <= 0x4dbf) || (cp >= 0x4e00 && cp <= 0x9fff) ||
            (cp >= 0xf900 && cp <= 0xfaff) || (cp >= 0x20000 && cp <= 0x3ffff))
            return true;
    }
    return false;
}

err identity_args(control_in *in, identity *i, bool *ret_any)
{
    const char *sex = control_arg(in, "sex");
    bool any = sex || control_arg(in, "birth");
    for (size_t k = 0; k < sizeof fields / sizeof fields[0]; k++) {
        const char *text = control_arg(in, fields[k].key);
        if (!text)
            continue;
        if (strlen(text) >= fields[k].cap) {
            control_note(in, "%s: too long", fields[k].key);
            return ERR_USAGE;
        }
        if (strncmp(fields[k].key, "kana_", 5) == 0 && has_kanji(text)) {
            control_note(in, "%s: kana or roman letters are needed, not kanji", fields[k].key);
            return ERR_USAGE;
        }
        strcpy((char *)i + fields[k].at, text);
        any = true;
    }
    if (sex && (strlen(sex) != 1 || !strchr("MFOUAN", sex[0]))) {
        control_note(in, "sex: M, F, O, U, A or N");
        return ERR_USAGE;
    }
    if (sex)
        i->sex = sex[0];
    err e = control_arg_day(in, "birth", i->birth, &i->birth);
    if (e == OK)
        *ret_any = any;
    return e;
}
