// SPDX-License-Identifier: Apache-2.0
// rooms: compiler
// A decision on arbitrary facts, over rules that are good: what it grants was asked for, is told
// as granted, and never grows when the consent shrinks or the rules are not in force.
#include <stdlib.h>
#include <string.h>

#include "policies/compiler/compile.h"
#include "policies/engine/decide.h"

static const struct { const char *name, *text; } FILES[] = {
    {"council.yaml", "version: 3\neffective_from: 2026-04-01\nstale_after: 2027-03-31\nticket_minutes: 10\n"},
    {"hub.yaml", "host: hub.example\n"},
    {"index.yaml", "grain: month\n"},
    {"categories.yaml", "categories:\n  - {id: basics, number: 1, ja: 基本, en: basics, window: 6か月}\n"
                        "  - {id: imaging, number: 5, ja: 画像, en: imaging, window: 1年}\n"
                        "  - {id: reports, number: 16, ja: レポート, en: reports, window: 100年}\n"},
    {"kinds.yaml", "kinds:\n  - {id: hospital, ja: 病院, en: hospital}\n  - {id: clinic, ja: 診療所, en: clinic}\n"},
    {"roles.yaml", "roles:\n  - {id: physician, ja: 医師, en: physician}\n  - {id: nurse, ja: 看護師, en: nurse}\n"},
    {"purposes.yaml", "purposes:\n  - {id: treatment, ja: 診療, en: treatment}\n"},
    {"rules.yaml", "rules:\n  - {allow: all, roles: physician}\n  - {allow: [basics], roles: nurse}\n"},
    {"unions/a.yaml", "union: a\nja: 甲\nen: A\nsecretariat: 甲病院\n"
                      "discloses:\n  - {code: 0110113719, name: 甲病院, kind: hospital}\n"
                      "views:\n  - {code: 1319999999, name: みき, kind: clinic}\n"},
    {"unions/b.yaml", "union: b\nja: 乙\nen: B\nsecretariat: 乙病院\n"
                      "discloses:\n  - {code: 0119900017, name: 乙病院, kind: hospital}\n"
                      "views:\n  - {code: 1319999999, name: みき, kind: clinic}\n"},
    {"agreements/a-b.yaml", "between: [a, b]\nfrom: 2026-04-01\nuntil: 2026-12-31\nwithout_categories: [reports]\n"
                            "windows: {imaging: 3か月}\n"},
};
enum { FILE_COUNT = sizeof FILES / sizeof FILES[0] };

static policy *rules_open(void)
{
    policy_file items[FILE_COUNT] = {{0}};
    policy_files f = {.items = items, .count = FILE_COUNT};
    diag d = {0};
    buf bundle = {0};
    policy *p = NULL;
    for (size_t i = 0; i < FILE_COUNT; i++) {
        items[i].name = items[i].path = (char *)FILES[i].name;
        items[i].text = (buf){.at = (uint8_t *)FILES[i].text, .len = strlen(FILES[i].text)};
    }
    if (policy_compile(&f, &d, &bundle) || policy_open(buf_span(&bundle), &p))
        abort();
    buf_done(&bundle);
    diag_done(&d);
    return p;
}

static void answer_check(const policy *p, const policy_question *q, const policy_answer *a)
{
    if (a->granted & ~q->asked || (a->granted && !q->consented) || a->granted & ~q->consent_categories)
        abort();
    if (a->granted && (q->today < policy_effective_from(p) || q->today > policy_stale_after(p)))
        abort();
    for (int bit = 0; bit < POLICY_CATEGORIES; bit++) {
        bool granted = a->granted >> bit & 1;
        if (a->why[bit] >= WHY_COUNT || (a->why[bit] == WHY_GRANTED) != granted || (a->from[bit] != DAY_NONE) != granted)
            abort();
        if (granted && a->from[bit] > q->registered_on)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static policy *p;
    struct { int16_t who[5]; uint16_t more; int32_t days[4]; uint32_t asked, consent; } raw = {0};
    if (!p)
        p = rules_open(); // for the process's life
    memcpy(&raw, data, size < sizeof raw ? size : sizeof raw);
    bool far = raw.more & 2; // numbers far off, else such as exist
    policy_question q = {.viewer = far ? raw.who[0] * 65537 : raw.who[0] % 5, .viewer_union = far ? raw.who[1] : raw.who[1] % 3,
                         .role = far ? raw.who[2] * 4099 : raw.who[2] % 3, .purpose = far ? raw.who[3] : raw.who[3] % 2,
                         .source = far ? raw.who[4] * 65537 : raw.who[4] % 5, .asked = raw.asked, .today = raw.days[0],
                         .registered_on = raw.days[1], .consented = raw.more & 1, .consent_categories = raw.consent,
                         .consent_from = raw.days[2], .consent_until = raw.days[3]};
    if (raw.more & 4)
        q.today = policy_effective_from(p) + (raw.days[0] & 511);
    policy_answer wide, narrow;
    policy_decide(p, &q, &wide);
    answer_check(p, &q, &wide);
    q.consent_categories &= raw.asked >> 16;
    if (raw.more & 8 && q.consent_from < INT32_MAX)
        q.consent_from++;
    policy_decide(p, &q, &narrow);
    answer_check(p, &q, &narrow);
    if (narrow.granted & ~wide.granted)
        abort();
    return 0;
}
