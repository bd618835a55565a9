// SPDX-License-Identifier: Apache-2.0
// For the tests of the writer: random rules in which everything that the language has is said, in
// texts that no reader of YAML likes. Texts are given as escapes only, a spelling of its own.
#ifndef TSUNAGU_TESTS_WRITER_KIT_H
#define TSUNAGU_TESTS_WRITER_KIT_H

#include "policies/compiler/shapes.h"
#include "proto/base/utf8.h"
#include "tests/unit/workshop_kit.h"

static const char *const HOSTILE[] = {
    "yes", "no", "Off", "~", "null", "all", "never", "はい", "いいえ", "0119", "01", "1e3", "0x1F", "-1", "+.inf", "1_000", "12:30:00",
    "2026-04-01", "令和8年", "a: b", "a:", ":", ": a", "a #b", "#", "- x", "-", "---", "...", "\"", "'", "''", "\"a\" b", "it's",
    "\\", "\\n", "\\u0041", "{", "}", "{a: b}", "[a, b]", "a, b", ",", "&a", "*a", "!t", "!!str x", "%YAML 1.1", "@a", "`a`",
    "|", ">", "?", "? a", "<<", "=", " leading", "trailing ", "two  blanks", " ", "\xc2\x85", "a\xc2\x9b" "b", "\xe2\x80\xa8",
    "\xe2\x80\xae" "abc", "\xef\xbb\xbf" "x", "a\xe2\x80\x8b" "b", "\xef\xbf\xbe", "\xef\xbf\xbd", "\xf0\x9f\x98\x80", "\xee\x80\x80",
    "\xf3\xa0\x80\x81", "a\xc2\xa0" "b", "　", "全角　空白", "：", "１２", "ｶﾅ", "é", "e\xcc\x81", "神\xf3\xa0\x84\x80", "山田、(太郎)「x」。",
};
enum { HOSTILE_COUNT = sizeof HOSTILE / sizeof *HOSTILE };

// Everything by number; the value itself, between its quotes.
static inline void x_escaped(buf *b, const char *s)
{
    buf_put_u8(b, '"');
    for (span rest = span_str(s); rest.len;)
        buf_printf(b, "\\U%08X", (unsigned)utf8_next(&rest));
    buf_put_u8(b, '"');
}

// One to three of them in a row.
static inline void x_text(buf *b, uint64_t *seed)
{
    char text[256] = "";
    for (int n = 1 + w_pick(seed, 3); n; n--)
        strncat(text, HOSTILE[w_pick(seed, HOSTILE_COUNT)], 60);
    x_escaped(b, text);
}

static inline void x_label(buf *b, uint64_t *seed, const char *key)
{
    buf_printf(b, ", %s: ", key);
    x_text(b, seed);
}

static inline void x_hex(buf *b, uint64_t *seed)
{
    buf_put_str(b, "\"");
    for (int i = 0; i < 4; i++)
        buf_printf(b, "%016llx", (unsigned long long)kit_random(seed));
    buf_put_str(b, "\"");
}

static inline void x_keys(buf *b, uint64_t *seed, const char *name)
{
    buf_printf(b, "%s: [", name);
    x_hex(b, seed);
    if (w_pick(seed, 2)) {
        buf_put_str(b, ", ");
        x_hex(b, seed);
    }
    buf_put_str(b, "]");
}

static inline void x_choices(buf *b, uint64_t *seed, const char *key, const draft_choices *c, bool some)
{
    uint32_t mask = (uint32_t)kit_random(seed) & ((1u << c->count) - 1);
    if (some && !mask)
        mask = 1;
    buf_printf(b, "%s: [", key);
    bool first = true;
    for (size_t i = 0; i < c->count; i++)
        if (mask >> i & 1) {
            buf_printf(b, "%s%s", first ? "" : ", ", c->items[i].name);
            first = false;
        }
    buf_put_str(b, "]");
}

static inline void x_put(policy_files *f, const char *name, buf *b)
{
    kit_put(f, name, buf_str(b));
    buf_done(b);
}

static inline void x_council(policy_files *f, uint64_t *seed)
{
    buf b = {0};
    buf_printf(&b, "version: %d\neffective_from: 2026-01-01\n", 2 + w_pick(seed, 9));
    if (w_pick(seed, 2))
        buf_printf(&b, "warn_after: 2027-01-%02d\ndeny_after: 2028-02-29\n", 1 + w_pick(seed, 9));
    if (w_pick(seed, 2))
        buf_printf(&b, "no_registrations_after: 2027-12-31\n");
    buf_printf(&b, "ticket_minutes: %d\nquorum: %d/8\n", 1 + w_pick(seed, 10), 6 + w_pick(seed, 3));
    x_choices(&b, seed, "told", &CHOICES_REASONS, false);
    if (w_pick(seed, 2))
        buf_put_str(&b, "\nmeetings: {a_year: 2, year_begins: 4}");
    if (w_pick(seed, 4)) {
        buf_put_str(&b, "\nprevious: ");
        x_hex(&b, seed);
    }
    buf_put_str(&b, "\nobservers: [x");
    for (int n = w_pick(seed, 3); n; n--) {
        char text[300];
        snprintf(text, sizeof text, "%d %s", n, HOSTILE[w_pick(seed, HOSTILE_COUNT)]);
        buf_put_str(&b, ", ");
        x_escaped(&b, text);
    }
    buf_put_str(&b, "]\nseats:\n");
    for (int n = 1 + w_pick(seed, 4); n; n--) {
        buf_printf(&b, "  - {id: \"%d\"", n);
        x_label(&b, seed, "institution");
        x_label(&b, seed, "office");
        buf_put_str(&b, ", from: 令和7年10月31日, until: 2027-10-30");
        if (w_pick(seed, 2)) {
            buf_put_str(&b, ", key: ");
            x_hex(&b, seed);
        }
        buf_put_str(&b, "}\n");
    }
    x_put(f, "council.yaml", &b);
}

static inline void x_machines(policy_files *f, uint64_t *seed)
{
    buf b = {0};
    if (w_pick(seed, 2))
        buf_put_str(&b, "name: \"0\"\n");
    buf_put_str(&b, "host: hub.example\n");
    x_put(f, "hub.yaml", &b);
    if (w_pick(seed, 3)) {
        buf_put_str(&b, "keys: {");
        x_keys(&b, seed, "tls");
        buf_put_str(&b, ", ");
        x_keys(&b, seed, "sign");
        buf_put_str(&b, "}\n");
        x_put(f, "hub-keys.yaml", &b);
    }
    for (int u = 0; u < W_UNIONS; u++) {
        char name[64];
        if (w_pick(seed, 3) == 0)
            continue;
        // Place u discloses under union u, always (w_unions).
        buf_printf(&b, "node: \"%d\"\nunion: u%d\nhost: n%d.example\n", u, u, u);
        switch (w_pick(seed, 4)) {
        case 0: buf_printf(&b, "views: [%010d]\n", 1000 + u); break;
        case 1: buf_printf(&b, "discloses: [%010d]\nviews: all\n", 1000 + u); break;
        case 2: buf_printf(&b, "discloses: [%010d]\nviews: []\n", 1000 + u); break;
        default: buf_printf(&b, "discloses: [%010d]\n", 1000 + u); break;
        }
        buf_put_str(&b, "keys:\n");
        const char *const sets[] = {"tls", "sign", "seal"};
        for (int i = 0; i < 3; i++) {
            buf_put_str(&b, "  ");
            x_keys(&b, seed, sets[i]);
            buf_put_str(&b, "\n");
        }
        snprintf(name, sizeof name, "nodes/%d.yaml", u);
        x_put(f, name, &b);
    }
}

static inline void x_emergency(policy_files *f, uint64_t *seed)
{
    buf b = {0};
    buf_put_str(&b, w_pick(seed, 2) ? "kinds: all\n" : "kinds: [k1]\n");
    buf_put_str(&b, w_pick(seed, 2) ? "roles: all\n" : "roles: [r0, r2]\n");
    buf_put_str(&b, w_pick(seed, 2) ? "categories: all\n" : "categories: [c3]\n");
    buf_printf(&b, "minutes: %d\nreview_hours: %d\n", 1 + w_pick(seed, 60), 1 + w_pick(seed, 720));
    x_choices(&b, seed, "told", &CHOICES_AUDIENCES, false);
    buf_printf(&b, "\nwithout_consent: %s\ndespite_objection: %s\n", w_pick(seed, 2) ? "yes" : "no",
               w_pick(seed, 2) ? "はい" : "いいえ");
    x_put(f, "emergency.yaml", &b);
}

static inline void x_reasons(buf *b, uint64_t *seed, const char *list, const char *flag, int least)
{
    int n = least + w_pick(seed, 3);
    buf_printf(b, "%s:%s\n", list, n ? "" : " []");
    for (int i = 0; i < n; i++) {
        buf_printf(b, "  - {id: \"%s%d\"", i ? "" : "-", i);
        x_label(b, seed, "ja");
        x_label(b, seed, "en");
        if (w_pick(seed, 2))
            buf_printf(b, ", %s: %s", flag, w_pick(seed, 2) ? "yes" : "no");
        buf_put_str(b, "}\n");
    }
}

static inline void x_requests(policy_files *f, uint64_t *seed)
{
    buf b = {0};
    buf_put_str(&b, "deadlines:\n  - {state: draft, days: 9, remind: 3}\n");
    for (size_t i = 1; i < CHOICES_STATES.count; i++)
        if (w_pick(seed, 3) == 0)
            buf_printf(&b, "  - {state: %s, days: %d, cancels: %s}\n", CHOICES_STATES.items[i].name, 1 + w_pick(seed, 366),
                       w_pick(seed, 2) ? "yes" : "no");
    x_reasons(&b, seed, "refusals", "explain", 1);
    x_reasons(&b, seed, "relations", "until_majority", 1);
    if (w_pick(seed, 2))
        x_reasons(&b, seed, "join_refusals", "explain", 1);
    x_choices(&b, seed, "second_check", &CHOICES_SECOND, false);
    if (w_pick(seed, 3)) {
        buf_put_str(&b, "\nmatching:\n  ");
        x_choices(&b, seed, "show", &CHOICES_STRENGTHS, true);
        if (w_pick(seed, 2))
            buf_put_str(&b, "\n  accept:\n    - [kana_family, birth]\n    - [insurance, sex]\n    - [address, kanji, sex]");
    }
    if (w_pick(seed, 2))
        buf_printf(&b, "\nretention: P%dM\nvalid: %dか月", 36 + w_pick(seed, 60), 1 + w_pick(seed, 40));
    if (w_pick(seed, 2))
        buf_printf(&b, "\nnotice_days: %d\nmajority_age: %d", w_pick(seed, 90), 15 + w_pick(seed, 10));
    buf_put_str(&b, "\ntold:\n");
    for (size_t i = 0; i < SHAPE_TOLD.count; i++)
        if (i == 0 || w_pick(seed, 2)) {
            buf_put_str(&b, "  ");
            x_choices(&b, seed, SHAPE_TOLD.fields[i].name, &CHOICES_TOLD, false);
            buf_put_str(&b, "\n");
        }
    if (w_pick(seed, 2)) {
        buf inner = {0};
        x_reasons(&inner, seed, "reasons", "explain", 0);
        buf_put_str(&b, "emergency:\n  ");
        for (const char *at = buf_str(&inner); *at; at++) {
            buf_put_u8(&b, (uint8_t)*at);
            if (*at == '\n')
                buf_put_str(&b, "  ");
        }
        buf_done(&inner);
        x_choices(&b, seed, "review_by", &CHOICES_TOLD, false);
        buf_printf(&b, "\n  review_roles: %s\n  consent_days: %d\n", w_pick(seed, 2) ? "all" : "[r1]", w_pick(seed, 30));
    }
    x_put(f, "requests.yaml", &b);
}

static inline void x_need(buf *b, uint64_t *seed, int field, int choice, int born)
{
    switch (w_pick(seed, 6)) {
    case 0: buf_put_str(b, ", required: yes"); break;
    case 1: buf_put_str(b, ", required: no"); break;
    case 2:
        if (field)
            buf_printf(b, ", required: {when: f%d}", w_pick(seed, field));
        break;
    case 3:
        if (choice >= 0)
            buf_printf(b, ", required: {when: f%d, is: \"no\"}", choice);
        break;
    case 4:
        if (born >= 0)
            buf_printf(b, ", required: {when: f%d, is: minor}", born);
        break;
    default: break;
    }
}

static inline void x_form(policy_files *f, uint64_t *seed, int number)
{
    char name[64];
    int field = 0, choice = -1, born = -1;
    buf b = {0};
    buf_printf(&b, "{form: \"%d\", code: \"0%d\", version: %d", number, number, 1 + w_pick(seed, 5));
    x_label(&b, seed, "ja");
    x_label(&b, seed, "en");
    buf_put_str(&b, ", ");
    x_choices(&b, seed, "filed_by", &CHOICES_HANDS, true);
    buf_put_str(&b, ", sections: [");
    for (int s = 0, sections = 1 + w_pick(seed, 3); s < sections; s++) {
        buf_printf(&b, "%s\n  {id: s%d", s ? "," : "", s);
        x_label(&b, seed, "ja");
        x_label(&b, seed, "en");
        if (w_pick(seed, 2)) {
            buf_put_str(&b, ", ");
            x_choices(&b, seed, "by", &CHOICES_HANDS, true);
        }
        buf_put_str(&b, ", fields: [");
        for (int n = 1 + w_pick(seed, 5), i = 0; i < n; i++, field++) {
            int type = w_pick(seed, (int)CHOICES_TYPES.count);
            const char *word = CHOICES_TYPES.items[type].name;
            buf_printf(&b, "%s\n    {id: f%d, type: %s", i ? "," : "", field, word);
            x_label(&b, seed, "ja");
            x_label(&b, seed, "en");
            if (w_pick(seed, 3) == 0)
                x_label(&b, seed, "hint_ja");
            if (w_pick(seed, 3) == 0)
                x_label(&b, seed, "hint_en");
            if (w_pick(seed, 3) == 0) {
                buf_put_str(&b, ", ");
                x_choices(&b, seed, "by", &CHOICES_HANDS, true);
            }
            x_need(&b, seed, field, choice, born);
            if (strcmp(word, "choice") == 0) {
                buf_put_str(&b, ", choices: [{id: \"no\"");
                x_label(&b, seed, "ja");
                x_label(&b, seed, "en");
                buf_put_str(&b, "}, {id: \"-0\", ja: x, en: x}]");
            } else if (strcmp(word, "text") == 0 && w_pick(seed, 2)) {
                buf_printf(&b, ", max: %d", 1 + w_pick(seed, 60));
            }
            buf_put_str(&b, "}");
            if (strcmp(word, "choice") == 0 || strcmp(word, "yes-no") == 0)
                choice = field;
            if (strcmp(word, "date") == 0)
                born = field;
        }
        buf_put_str(&b, "]}");
    }
    buf_put_str(&b, "], sentences: [");
    for (int n = w_pick(seed, 3); n; n--) {
        buf_put_str(&b, "{ja: ");
        x_text(&b, seed);
        x_label(&b, seed, "en");
        buf_put_str(&b, n > 1 ? "}, " : "}");
    }
    buf_put_str(&b, "]}\n");
    snprintf(name, sizeof name, "forms/%d.yaml", number);
    x_put(f, name, &b);
}

// Labels and the names of places in hostile texts: one text for each place, whatever union tells of it.
static inline void x_unions(policy_files *f, uint64_t *seed)
{
    uint64_t texts = kit_random(seed);
    for (size_t i = 0; i < f->count; i++) {
        buf out = {0};
        if (strncmp(f->items[i].name, "unions/", 7) != 0)
            continue;
        for (const char *at = buf_str(&f->items[i].text); *at;) {
            int place, len = 0;
            if (sscanf(at, "name: place %d%n", &place, &len) == 1 && len) {
                uint64_t own = texts + (uint64_t)place;
                buf_put_str(&out, "name: ");
                x_text(&out, &own);
                if (place % 2)
                    x_label(&out, &own, "ward");
                at += len;
            } else if (strncmp(at, "secretariat: s\n", 15) == 0) {
                buf_put_str(&out, "secretariat: ");
                x_text(&out, seed);
                if (w_pick(seed, 2)) {
                    buf_put_str(&out, "\nsecretariat_key: ");
                    x_hex(&out, seed);
                }
                at += 14;
            } else {
                buf_put_u8(&out, (uint8_t)*at++);
            }
        }
        buf_done(&f->items[i].text);
        f->items[i].text = out;
    }
}

static inline policy_files x_random(uint64_t round)
{
    uint64_t seed = round;
    policy_files f = w_random(round, round, round, round);
    x_council(&f, &seed);
    x_machines(&f, &seed);
    x_unions(&f, &seed);
    if (w_pick(&seed, 2))
        x_emergency(&f, &seed);
    x_requests(&f, &seed);
    for (int n = w_pick(&seed, 4); n; n--)
        x_form(&f, &seed, n);
    return f;
}

#endif
