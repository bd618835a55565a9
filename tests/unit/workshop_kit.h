// SPDX-License-Identifier: Apache-2.0
// For the tests of the workshop: random rules in YAML. Names are sorted by their
// digit, so that numbers here and in the policy are the same.
#ifndef TSUNAGU_TESTS_WORKSHOP_KIT_H
#define TSUNAGU_TESTS_WORKSHOP_KIT_H

#include "tests/unit/compiler_kit.h"

enum { W_CATS = 4, W_KINDS = 3, W_ROLES = 3, W_PURPOSES = 2, W_UNIONS = 4, W_PLACES = 9 };

static inline int w_pick(uint64_t *seed, int n) { return (int)(kit_random(seed) % (uint64_t)n); }

static inline void w_names(buf *b, uint64_t *seed, const char *key, char letter, int n)
{
    int mask = 1 + w_pick(seed, (1 << n) - 1);
    bool first = true;
    buf_printf(b, ", %s: [", key);
    for (int i = 0; i < n; i++)
        if (mask >> i & 1) {
            buf_printf(b, "%s%c%d", first ? "" : ", ", letter, i);
            first = false;
        }
    buf_put_str(b, "]");
}

static inline void w_words(policy_files *f, const char *name, const char *list, char letter, int n)
{
    buf b = {0};
    buf_printf(&b, "%s:\n", list);
    for (int i = 0; i < n; i++)
        buf_printf(&b, "  - {id: %c%d, ja: 語%c%d, en: word %c%d}\n", letter, i, letter, i, letter, i);
    kit_put(f, name, buf_str(&b));
    buf_done(&b);
}

static inline void w_differences(buf *b, uint64_t *seed)
{
    if (w_pick(seed, 3) == 0)
        w_names(b, seed, w_pick(seed, 2) ? "categories" : "without_categories", 'c', W_CATS);
    if (w_pick(seed, 4) == 0)
        w_names(b, seed, w_pick(seed, 2) ? "kinds" : "without_kinds", 'k', W_KINDS);
    if (w_pick(seed, 3) == 0)
        buf_printf(b, ", windows: {c%d: %dか月}", w_pick(seed, W_CATS), 1 + w_pick(seed, 6));
}

static inline void w_rules(policy_files *f, uint64_t *seed)
{
    buf b = {0};
    buf_put_str(&b, "rules:\n  - {allow: all, roles: r0}\n");
    for (int i = w_pick(seed, 8); i > 0; i--) {
        buf_printf(&b, "  - {%s: ", w_pick(seed, 3) ? "allow" : "deny");
        if (w_pick(seed, 3)) {
            buf_printf(&b, "[c%d]", w_pick(seed, W_CATS));
        } else
            buf_put_str(&b, "all");
        if (w_pick(seed, 2))
            w_names(&b, seed, "kinds", 'k', W_KINDS);
        if (w_pick(seed, 2))
            w_names(&b, seed, "roles", 'r', W_ROLES);
        if (w_pick(seed, 2))
            w_names(&b, seed, "purposes", 'p', W_PURPOSES);
        buf_put_str(&b, "}\n");
    }
    kit_put(f, "rules.yaml", buf_str(&b));
    buf_done(&b);
}

static inline void w_agreements(policy_files *f, uint64_t *seed)
{
    for (int u = 0; u < W_UNIONS; u++)
        for (int v = u + 1; v < W_UNIONS; v++) {
            char name[64];
            buf b = {0};
            if (w_pick(seed, 5) == 0)
                continue;
            buf_printf(&b, "{between: [u%d, u%d], from: 2026-0%d-01", u, v, 1 + w_pick(seed, 9));
            if (w_pick(seed, 3) == 0)
                buf_printf(&b, ", until: 2026-12-%02d", 1 + w_pick(seed, 31));
            w_differences(&b, seed);
            if (w_pick(seed, 3) == 0) {
                buf_printf(&b, ", one_way: [{discloser: u%d, viewer: u%d", u, v);
                w_differences(&b, seed);
                buf_put_str(&b, "}]");
            }
            buf_put_str(&b, "}\n");
            snprintf(name, sizeof name, "agreements/%d-%d.yaml", u, v);
            kit_put(f, name, buf_str(&b));
            buf_done(&b);
        }
}

static inline void w_unions(policy_files *f, uint64_t *seed)
{
    int kind[W_PLACES], unions[W_PLACES], discloses[W_PLACES];
    for (int i = 0; i < W_PLACES; i++) {
        kind[i] = w_pick(seed, W_KINDS);
        unions[i] = i < W_UNIONS ? 1 << i : w_pick(seed, 1 << W_UNIONS);
        discloses[i] = i < W_UNIONS ? 1 << i : w_pick(seed, 3) ? 0 : unions[i] & w_pick(seed, 1 << W_UNIONS);
    }
    for (int u = 0; u < W_UNIONS; u++) {
        char name[64];
        buf b = {0};
        buf_printf(&b, "en: union %d\nja: 連%d\nsecretariat: s\nunion: u%d\n", u, u, u);
        for (int side = 0; side < 2; side++) {
            buf_printf(&b, "%s:\n", side ? "views" : "discloses");
            int n = 0;
            for (int i = 0; i < W_PLACES; i++)
                if ((unions[i] >> u & 1) && (discloses[i] >> u & 1) != side) {
                    buf_printf(&b, "  - {code: %010d, name: place %d, kind: k%d}\n", 1000 + i, i, kind[i]);
                    n++;
                }
            buf_put_str(&b, n ? "" : "  []\n");
        }
        snprintf(name, sizeof name, "unions/u%d.yaml", u);
        kit_put(f, name, buf_str(&b));
        buf_done(&b);
    }
}

// Each of the four may have a seed of its own: two rules can differ in one thing only.
static inline policy_files w_random(uint64_t rules, uint64_t agreements, uint64_t unions, uint64_t windows)
{
    policy_files f = {0};
    buf b = {0};
    kit_put(&f, "council.yaml", "version: 1\neffective_from: 2026-01-01\nstale_after: 2027-12-31\n");
    kit_put(&f, "hub.yaml", "host: h\n");
    kit_put(&f, "index.yaml", "grain: day\n");
    buf_put_str(&b, "categories:\n");
    for (int i = 0; i < W_CATS; i++)
        buf_printf(&b, "  - {id: c%d, number: %d, ja: 語c%d, en: word c%d, window: %dか月}\n", i, 2 * i + 1, i, i,
                   6 + w_pick(&windows, 3));
    kit_put(&f, "categories.yaml", buf_str(&b));
    buf_done(&b);
    w_words(&f, "kinds.yaml", "kinds", 'k', W_KINDS);
    w_words(&f, "roles.yaml", "roles", 'r', W_ROLES);
    w_words(&f, "purposes.yaml", "purposes", 'p', W_PURPOSES);
    w_rules(&f, &rules);
    w_agreements(&f, &agreements);
    w_unions(&f, &unions);
    return f;
}

static inline policy_files w_shipped(void)
{
    char dir[4096];
    snprintf(dir, sizeof dir, "%s/policies/sapporo", kit_source());
    diag d = {0};
    policy_files f = {0};
    assert_int_equal(policy_load_dir(dir, &d, &f), OK);
    diag_done(&d);
    return f;
}

#endif
