// SPDX-License-Identifier: Apache-2.0
// What is explained is what is decided: over random rules and questions the layers
// and the lines they name agree with policy_decide. And the words, for the shipped rules.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "policies/workshop/explain.h"
#include "policies/workshop/names.h"
#include "tests/unit/workshop_kit.h"

static origin *opened(const policy_files *f)
{
    diag d = {0};
    origin *o = NULL;
    err e = origin_open(f, &d, &o);
    if (e)
        diag_print(&d, stderr);
    diag_done(&d);
    assert_int_equal(e, OK);
    return o;
}

static policy_question random_question(const policy *p, uint64_t *seed)
{
    return (policy_question){
        .viewer = w_pick(seed, policy_facility_count(p)), .viewer_union = w_pick(seed, W_UNIONS),
        .role = w_pick(seed, W_ROLES), .purpose = w_pick(seed, W_PURPOSES),
        .source = w_pick(seed, policy_facility_count(p)), .today = day_of(2025, 12, 1) + w_pick(seed, 800),
        .registered_on = w_pick(seed, 50) ? day_of(2026, 1, 1) + w_pick(seed, 300) : DAY_NONE,
        .consented = w_pick(seed, 6) > 0, .consent_categories = w_pick(seed, 3) ? 0xffff : kit_random(seed) & 0xffff,
        .consent_from = day_of(2026, 1, 1), .consent_until = day_of(2027, 1, 1) + w_pick(seed, 300)};
}

static bool layer_passes(const explanation *x, explain_layer l)
{
    for (size_t i = 0; i < x->count; i++)
        if (x->steps[i].layer == l)
            return x->steps[i].passes;
    return false;
}

// The first layer that refuses, in the engine's order, as the steps have it.
static policy_why why_of_steps(const explanation *x, const policy_question *q)
{
    bool period = q->consented && q->today >= q->consent_from && q->today <= q->consent_until;
    if (!layer_passes(x, LAYER_FORCE))
        return WHY_RULES_STALE;
    if (!layer_passes(x, LAYER_VIEWER) || !layer_passes(x, LAYER_SOURCE))
        return WHY_MEMBER;
    if (!layer_passes(x, LAYER_CONSENT) && !period)
        return WHY_CONSENT;
    if (!layer_passes(x, LAYER_RULE))
        return WHY_RULE;
    if (!layer_passes(x, LAYER_AGREEMENT))
        return WHY_AGREEMENT;
    if (!layer_passes(x, LAYER_CONSENT))
        return WHY_CONSENT;
    return layer_passes(x, LAYER_WINDOW) ? WHY_GRANTED : WHY_WINDOW;
}

static void one_question(const origin *o, uint64_t *seed, size_t seen[WHY_COUNT])
{
    const policy *p = origin_policy(o);
    arena a;
    arena_init(&a, 0);
    explain_question k = {.q = random_question(p, seed), .category = 2 * w_pick(seed, W_CATS)};
    explanation x;
    policy_answer want;
    assert_int_equal(explain_run(o, &k, &a, &x), OK);
    k.q.asked = 1u << k.category;
    policy_decide(p, &k.q, &want);
    assert_int_equal(x.granted, want.granted != 0);
    assert_int_equal(x.why, want.why[k.category]);
    assert_int_equal(x.from, want.from[k.category]);
    assert_int_equal(why_of_steps(&x, &k.q), x.why);
    seen[x.why]++;
    for (size_t i = 0; i < x.count; i++) {
        assert_true(x.steps[i].passes || x.steps[i].change);
        assert_false(x.steps[i].passes && !x.steps[i].place.file && x.steps[i].layer != LAYER_CONSENT);
    }

    // Without a union: as good as the best of them.
    bool any = false;
    for (int u = 0; u < W_UNIONS; u++) {
        if (!(policy_facility_at(p, k.q.viewer).unions >> u & 1))
            continue;
        k.q.viewer_union = u;
        policy_decide(p, &k.q, &want);
        any = any || want.granted;
    }
    k.q.viewer_union = POLICY_NONE;
    assert_int_equal(explain_run(o, &k, &a, &x), OK);
    assert_int_equal(x.granted, any);
    arena_done(&a);
}

static void test_agrees_with_decide(void **state)
{
    (void)state;
    size_t seen[WHY_COUNT] = {0};
    for (uint64_t round = 0; round < 60; round++) {
        uint64_t seed = round * 77;
        policy_files f = w_random(round, round + 1000, round + 2000, round);
        origin *o = opened(&f);
        for (int i = 0; i < 200; i++)
            one_question(o, &seed, seen);
        origin_free(o);
        policy_files_done(&f);
    }
    for (int w = 0; w < WHY_UNKNOWN; w++) // every reason was met
        assert_true(seen[w] > 5);
}

// What is proposed for a yes gives one: the line is put into the rules, and the rule layer passes.
static void test_proposal_helps(void **state)
{
    (void)state;
    int tried = 0;
    uint64_t seed = 9;
    for (uint64_t round = 0; round < 400 && tried < 25; round++) {
        policy_files f = w_random(round, round, round, round);
        origin *o = opened(&f);
        arena a;
        arena_init(&a, 0);
        explain_question k = {.q = random_question(origin_policy(o), &seed), .category = 2 * w_pick(&seed, W_CATS)};
        explanation x;
        assert_int_equal(explain_run(o, &k, &a, &x), OK);
        const char *line = NULL;
        for (size_t i = 0; i < x.count; i++)
            if (x.steps[i].layer == LAYER_RULE && !x.steps[i].passes)
                line = strstr(x.steps[i].change, "- {");
        if (line) {
            tried++;
            for (size_t i = 0; i < f.count; i++)
                if (strcmp(f.items[i].name, "rules.yaml") == 0)
                    assert_int_equal(buf_printf(&f.items[i].text, "  %s\n", line), OK);
            origin *changed = opened(&f);
            assert_int_equal(explain_run(changed, &k, &a, &x), OK);
            assert_true(layer_passes(&x, LAYER_RULE));
            origin_free(changed);
        }
        arena_done(&a);
        origin_free(o);
        policy_files_done(&f);
    }
    assert_int_equal(tried, 25);
}

static void ask(const origin *o, buf *out, const char *viewer, const char *role, const char *source,
                const char *category, const char *purpose, bool consented)
{
    const policy *p = origin_policy(o);
    arena a;
    buf why = {0};
    explanation x;
    explain_question k = {.q = {.viewer_union = POLICY_NONE, .today = day_of(2026, 6, 1),
                                .registered_on = day_of(2026, 6, 1), .consented = consented,
                                .consent_categories = 0xffff, .consent_from = day_of(2026, 1, 1),
                                .consent_until = DAY_FOREVER},
                          .japanese = tongue_is_japanese()};
    arena_init(&a, 0);
    assert_int_equal(name_find(p, NAME_FACILITY, viewer, &why, &k.q.viewer), OK);
    assert_int_equal(name_find(p, NAME_ROLE, role, &why, &k.q.role), OK);
    assert_int_equal(name_find(p, NAME_FACILITY, source, &why, &k.q.source), OK);
    assert_int_equal(name_find(p, NAME_CATEGORY, category, &why, &k.category), OK);
    assert_int_equal(name_find(p, NAME_PURPOSE, purpose, &why, &k.q.purpose), OK);
    assert_int_equal(explain_run(o, &k, &a, &x), OK);
    assert_int_equal(explain_put(&x, out), OK);
    buf_put_str(out, "\n");
    arena_done(&a);
    buf_done(&why);
}

static void shipped_answers(const char *golden)
{
    policy_files f = w_shipped();
    origin *o = opened(&f);
    buf out = {0};
    ask(o, &out, "みきクリニック", "看護師", "天使病院", "検査レポート", "treatment", true);
    ask(o, &out, "0119900827", "physician", "天使病院", "reports", "treatment", true);
    ask(o, &out, "みきクリニック", "nurse", "天使病院", "看護サマリ", "診療", false);
    ask(o, &out, "手稲区見本クリニック01", "physician", "北海道大学病院", "reports", "treatment", true);
    ask(o, &out, "東区見本介護センター01", "care-manager", "北海道がんセンター", "stays", "coordination", true);
    ask(o, &out, "北区見本クリニック01", "physician", "北海道がんセンター", "imaging", "treatment", true);
    ask(o, &out, "みきクリニック", "clerk", "東区見本クリニック02", "basics", "treatment", true);
    kit_golden(golden, buf_str(&out));
    buf_done(&out);
    origin_free(o);
    policy_files_done(&f);
}

static void test_shipped(void **state)
{
    (void)state;
    shipped_answers("sapporo.explain.txt");
}

static void test_shipped_in_japanese(void **state)
{
    (void)state;
    if (!kit_speaks_japanese())
        skip();
    shipped_answers("sapporo.explain.ja.txt");
    kit_speaks_english();
}

static void test_names(void **state)
{
    (void)state;
    static const struct { name_noun noun; const char *text, *why; } WRONG[] = {
        {NAME_ROLE, "nurze", "unknown role \"nurze\"; did you mean \"nurse\"?"},
        {NAME_FACILITY, "みきクリニッグ", "unknown facility \"みきクリニッグ\"; did you mean \"みきクリニック\"?"},
        {NAME_FACILITY, "9999999999", "no facility has the code 9999999999"},
        {NAME_CATEGORY, "検査", "\"検査\" fits more than one category: 検体検査結果, 放射線・内視鏡等検査結果, "
                                "検査レポート（放射線・エコー・内視鏡）"},
        {NAME_PURPOSE, "", "unknown purpose \"\""},
    };
    policy_files f = w_shipped();
    policy *p = kit_open(&f);
    for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++) {
        buf why = {0};
        int n = 77;
        assert_int_equal(name_find(p, WRONG[i].noun, WRONG[i].text, &why, &n), ERR_NOT_FOUND);
        assert_string_equal(buf_str(&why), WRONG[i].why);
        assert_int_equal(n, 77);
        buf_done(&why);
    }
    policy_free(p);
    policy_files_done(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_agrees_with_decide),
        cmocka_unit_test(test_proposal_helps),
        cmocka_unit_test(test_shipped),
        cmocka_unit_test(test_shipped_in_japanese),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
