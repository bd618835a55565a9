// SPDX-License-Identifier: Apache-2.0
// For the tests of engine and compiler: rules in memory, compiled in one line,
// and texts compared with tests/golden. Included after cmocka.
#ifndef TSUNAGU_TESTS_COMPILER_KIT_H
#define TSUNAGU_TESTS_COMPILER_KIT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policies/compiler/compile.h"
#include "policies/engine/decide.h"
#include "proto/base/tongue.h"

static inline void kit_put(policy_files *f, const char *name, const char *text)
{
    for (size_t i = 0; i < f->count; i++)
        if (strcmp(f->items[i].name, name) == 0) {
            buf_clear(&f->items[i].text);
            assert_int_equal(buf_put_str(&f->items[i].text, text), OK);
            return;
        }
    f->items = realloc(f->items, (f->count + 1) * sizeof *f->items);
    assert_non_null(f->items);
    policy_file *file = &f->items[f->count++];
    *file = (policy_file){.path = strdup(name), .name = strdup(name)};
    assert_int_equal(buf_put_str(&file->text, text), OK);
}

static inline void kit_drop(policy_files *f, const char *name)
{
    for (size_t i = 0; i < f->count; i++)
        if (strcmp(f->items[i].name, name) == 0) {
            free(f->items[i].path);
            free(f->items[i].name);
            buf_done(&f->items[i].text);
            f->items[i] = f->items[--f->count];
            return;
        }
    fail_msg("no file %s", name);
}

// Two unions and a third without an agreement, three facilities each.
static inline policy_files kit_rules(void)
{
    policy_files f = {0};
    kit_put(&f, "council.yaml", "version: 3\neffective_from: 2026-04-01\nstale_after: 2027-03-31\n"
                                "ticket_minutes: 10\ntold: [rule, agreement]\n");
    kit_put(&f, "hub.yaml", "host: hub.example\n");
    kit_put(&f, "index.yaml", "grain: month\n");
    kit_put(&f, "categories.yaml",
            "categories:\n"
            "  - {id: basics, number: 1, ja: 基本, en: basics, window: 6か月}\n"
            "  - {id: imaging, number: 5, ja: 画像, en: imaging, window: 1年}\n"
            "  - {id: reports, number: 6, ja: レポート, en: reports, window: P6M}\n");
    kit_put(&f, "kinds.yaml", "kinds:\n  - {id: hospital, ja: 病院, en: hospital}\n"
                              "  - {id: clinic, ja: 診療所, en: clinic}\n");
    kit_put(&f, "roles.yaml", "roles:\n  - {id: physician, ja: 医師, en: physician}\n"
                              "  - {id: nurse, ja: 看護師, en: nurse}\n");
    kit_put(&f, "purposes.yaml", "purposes:\n  - {id: treatment, ja: 診療, en: treatment}\n"
                                 "  - {id: emergency, ja: 救急, en: emergency}\n");
    kit_put(&f, "rules.yaml", "rules:\n  - {allow: all, roles: physician}\n"
                              "  - {allow: [basics], roles: nurse, purposes: treatment}\n");
    kit_put(&f, "unions/a.yaml",
            "union: a\nja: 甲\nen: A\nsecretariat: 甲病院\n"
            "discloses:\n  - {code: 0110113719, name: 甲病院, kind: hospital}\n"
            "views:\n  - {code: 1319999999, name: みき, ward: 東区, kind: clinic}\n");
    kit_put(&f, "unions/b.yaml",
            "union: b\nja: 乙\nen: B\nsecretariat: 乙病院\n"
            "discloses:\n  - {code: 0119900017, name: 乙病院, kind: hospital}\n"
            "views:\n  - {code: 1319999999, name: みき, ward: 東区, kind: clinic}\n"
            "  - {code: 0119900025, name: 丙医院, kind: clinic}\n");
    kit_put(&f, "unions/c.yaml",
            "union: c\nja: 丁\nen: C\nsecretariat: 丁病院\n"
            "discloses:\n  - {code: 0119900033, name: 丁病院, kind: hospital}\n"
            "views:\n  - {code: 0119900041, name: 戊医院, kind: clinic}\n");
    kit_put(&f, "agreements/a-b.yaml", "between: [a, b]\nfrom: 2026-04-01\nuntil: 2026-12-31\n"
                                       "without_categories: [reports]\nwindows: {imaging: 3か月}\n");
    return f;
}

// Compiles or prints every mistake and fails.
static inline buf kit_compile(const policy_files *f)
{
    diag d = {0};
    buf bytes = {0};
    err e = policy_compile(f, &d, &bytes);
    if (e)
        diag_print(&d, stderr);
    diag_done(&d);
    assert_int_equal(e, OK);
    return bytes;
}

static inline policy *kit_open(const policy_files *f)
{
    buf bytes = kit_compile(f);
    policy *p = NULL;
    assert_int_equal(policy_open(buf_span(&bytes), &p), OK);
    buf_done(&bytes);
    return p;
}

static inline uint64_t kit_random(uint64_t *state) // splitmix64: seeded, the same everywhere
{
    uint64_t z = *state += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

static inline const char *kit_source(void)
{
    const char *s = getenv("TSUNAGU_SOURCE");
    return s && *s ? s : ".";
}

// From here on messages are in Japanese. False where this build has no words (msgfmt is not here).
static inline bool kit_speaks_japanese(void)
{
    setenv("LC_ALL", "C.UTF-8", 1);
    setenv("LANGUAGE", "ja", 1);
    tongue_init();
    return strcmp(gettext("error"), "error") != 0;
}

static inline void kit_speaks_english(void)
{
    setenv("LANGUAGE", "en", 1);
    tongue_init();
}

// Compares with tests/golden/NAME; shows the first differing lines and how to renew.
static inline void kit_golden(const char *name, const char *text)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/tests/golden/%s", kit_source(), name);
    const char *mode = getenv("TSUNAGU_GOLDEN");
    if (mode && strcmp(mode, "write") == 0) {
        FILE *out = fopen(path, "w");
        assert_non_null(out);
        fputs(text, out);
        assert_int_equal(fclose(out), 0);
        return;
    }
    FILE *in = fopen(path, "r");
    if (!in)
        fail_msg("%s is missing; write it with TSUNAGU_GOLDEN=write", path);
    char *old = NULL;
    size_t cap = 0;
    const char *at = text;
    int differ = 0;
    for (int line = 1; differ < 20; line++) {
        ssize_t n = getline(&old, &cap, in);
        size_t now = strcspn(at, "\n") + (at[strcspn(at, "\n")] == '\n');
        if (n <= 0 && now == 0)
            break;
        if (n < 0)
            n = 0;
        if ((size_t)n != now || memcmp(old, at, now) != 0) {
            differ++;
            fprintf(stderr, "%s:%d\n-%.*s\n+%.*s\n", name, line, n > 0 ? (int)n - 1 : 0, n > 0 ? old : "",
                    now ? (int)now - 1 : 0, at);
        }
        at += now;
    }
    free(old);
    fclose(in);
    if (differ)
        fail_msg("%s differs; if that is meant, renew it with TSUNAGU_GOLDEN=write and review it", name);
}

#endif
