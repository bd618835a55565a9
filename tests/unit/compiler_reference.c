// SPDX-License-Identifier: Apache-2.0
// Random rules against a plain interpreter of the same rules: it reads rule by rule
// and agreement by agreement, with no masks and no tables. Then the laws: no order
// of files, lists or keys changes a byte; taking an allow away, adding a deny or
// narrowing a consent never widens.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "proto/base/utf8.h"
#include "tests/unit/compiler_kit.h"

#define CATS 6
#define KINDS 4
#define ROLES 4
#define PURPOSES 3
#define UNIONS 5
#define PLACES 12
#define RULES 14
#define PAIRS (UNIONS * (UNIONS - 1) / 2)

typedef struct m_rule {
    bool allow;
    int kinds, roles, purposes, cats; // masks; 0: not named
} m_rule;

typedef struct m_narrow {
    int cats, kinds; // masks that remain; -1: not named
    int months[CATS]; // 0: the council's
} m_narrow;

typedef struct m_pair {
    bool set, one_way;
    day from, until; // DAY_FOREVER: not named
    m_narrow both, back; // back: only when the higher union discloses to the lower
} m_pair;

typedef struct model {
    int bits[CATS], months[CATS];
    int rule_count, place_count;
    m_rule rules[RULES];
    m_pair pairs[UNIONS][UNIONS]; // [low][high]
    int unions[PLACES], discloses[PLACES], kind[PLACES];
    day from, until;
} model;

static uint64_t SEED;

static int pick(int n) { return (int)(kit_random(&SEED) % (uint64_t)n); }
static int mask_or_none(int n) { return pick(2) ? 0 : 1 + pick((1 << n) - 1); }

static m_narrow narrow_random(const model *m)
{
    m_narrow x = {.cats = pick(2) ? -1 : 1 + pick((1 << CATS) - 1),
                  .kinds = pick(3) ? -1 : 1 + pick((1 << KINDS) - 1)};
    for (int c = 0; c < CATS; c++)
        x.months[c] = pick(3) ? 0 : 1 + pick(m->months[c]);
    return x;
}

static model model_random(void)
{
    model m = {.from = day_of(2026, 1, 1), .until = day_of(2027, 12, 31)};
    int used = 0;
    for (int c = 0; c < CATS; c++) {
        do
            m.bits[c] = pick(POLICY_CATEGORIES);
        while (used >> m.bits[c] & 1);
        used |= 1 << m.bits[c];
        m.months[c] = 1 + pick(24);
    }
    m.rule_count = pick(RULES);
    for (int i = 0; i < m.rule_count; i++)
        m.rules[i] = (m_rule){pick(3) > 0, mask_or_none(KINDS), mask_or_none(ROLES), mask_or_none(PURPOSES),
                              mask_or_none(CATS)};
    for (int u = 0; u < UNIONS; u++)
        for (int v = u + 1; v < UNIONS; v++)
            m.pairs[u][v] = (m_pair){pick(4) > 0, pick(3) == 0, day_of(2026, 1 + pick(12), 1),
                                     pick(2) ? DAY_FOREVER : day_of(2027, 1 + pick(12), 1), narrow_random(&m),
                                     narrow_random(&m)};
    m.place_count = UNIONS + 1 + pick(PLACES - UNIONS);
    for (int i = 0; i < m.place_count; i++) {
        m.unions[i] = i < UNIONS ? 1 << i : 1 + pick((1 << UNIONS) - 1);
        m.discloses[i] = pick(2) ? m.unions[i] & pick(1 << UNIONS) : 0;
        m.kind[i] = pick(KINDS);
    }
    return m;
}

// ---- the plain interpreter ----------------------------------------------------

static bool ref_rule(const model *m, int kind, int role, int purpose, int cat)
{
    int best_allow = -1, best_deny = -1;
    for (int i = 0; i < m->rule_count; i++) {
        const m_rule *r = &m->rules[i];
        if ((r->kinds && !(r->kinds >> kind & 1)) || (r->roles && !(r->roles >> role & 1)) ||
            (r->purposes && !(r->purposes >> purpose & 1)) || (r->cats && !(r->cats >> cat & 1)))
            continue;
        int named = (r->kinds != 0) + (r->roles != 0) + (r->purposes != 0) + (r->cats != 0);
        int *best = r->allow ? &best_allow : &best_deny;
        *best = named > *best ? named : *best;
    }
    return best_allow > best_deny;
}

static int ref_narrowed(const m_narrow *n, int kind, int cat, int months)
{
    if ((n->cats != -1 && !(n->cats >> cat & 1)) || (n->kinds != -1 && !(n->kinds >> kind & 1)))
        return 0;
    return n->months[cat] && n->months[cat] < months ? n->months[cat] : months;
}

// Months that union `to` may see of union `from`; 0: nothing.
static int ref_agreed(const model *m, int from, int to, int kind, int cat, day today)
{
    if (from == to)
        return m->months[cat];
    const m_pair *p = from < to ? &m->pairs[from][to] : &m->pairs[to][from];
    if (!p->set || today < p->from || today > p->until)
        return 0;
    int months = ref_narrowed(&p->both, kind, cat, m->months[cat]);
    if (months && p->one_way && from > to)
        months = ref_narrowed(&p->back, kind, cat, months);
    return months;
}

static policy_why ref_decide(const model *m, const policy_question *q, int cat, day *ret_from)
{
    if (!(q->asked >> m->bits[cat] & 1))
        return WHY_NOT_ASKED;
    if (q->today < m->from || q->today > m->until)
        return WHY_RULES_STALE;
    if (!(m->unions[q->viewer] >> q->viewer_union & 1) || !m->discloses[q->source])
        return WHY_MEMBER;
    if (!q->consented || q->today < q->consent_from || q->today > q->consent_until)
        return WHY_CONSENT;
    if (!ref_rule(m, m->kind[q->viewer], q->role, q->purpose, cat))
        return WHY_RULE;
    int months = 0;
    for (int u = 0; u < UNIONS; u++)
        if (m->discloses[q->source] >> u & 1) {
            int x = ref_agreed(m, u, q->viewer_union, m->kind[q->viewer], cat, q->today);
            months = x > months ? x : months;
        }
    if (!months)
        return WHY_AGREEMENT;
    if (!(q->consent_categories >> m->bits[cat] & 1))
        return WHY_CONSENT;
    *ret_from = day_minus_months(q->registered_on, months);
    return WHY_GRANTED;
}

// ---- the same as YAML, in any order ------------------------------------------------

static void shuffle(int *order, int n, uint64_t *seed)
{
    for (int i = 0; i < n; i++)
        order[i] = i;
    for (int i = n - 1; i > 0; i--) {
        int k = (int)(kit_random(seed) % (uint64_t)(i + 1)), t = order[i];
        order[i] = order[k];
        order[k] = t;
    }
}

static void names_put(buf *b, const char *key, char letter, int mask, int n, uint64_t *seed)
{
    if (mask == 0)
        return;
    int order[16];
    shuffle(order, n, seed);
    buf_printf(b, "%s: [", key);
    bool first = true;
    for (int i = 0; i < n; i++)
        if (mask >> order[i] & 1) {
            buf_printf(b, "%s%c%d", first ? "" : ", ", letter, order[i]);
            first = false;
        }
    buf_put_str(b, "]");
}

static void entry_put(buf *b, bool *first, const char *key, char letter, int mask, int n, uint64_t *seed)
{
    if (mask <= 0)
        return;
    buf_put_str(b, *first ? "" : ", ");
    names_put(b, key, letter, mask, n, seed);
    *first = false;
}

// The same with full-width digits, as the Japanese keyboard writes them.
static void wide_put(buf *b, const char *text)
{
    for (; *text; text++)
        if (*text >= '0' && *text <= '9')
            utf8_put(b, 0xff10u + (uint32_t)(*text - '0'));
        else
            buf_put_u8(b, (uint8_t)*text);
}

// A duration in one of the ways it may be written.
static void months_put(buf *b, int months, uint64_t *seed)
{
    static const char *const UNITS[] = {"か月", "ヶ月", "カ月", "箇月"};
    char number[16];
    snprintf(number, sizeof number, "%d", months);
    if (months % 12 == 0 && (kit_random(seed) & 1)) {
        buf_printf(b, kit_random(seed) & 1 ? "%d年" : "P%dY", months / 12);
    } else if (kit_random(seed) & 1) {
        buf_printf(b, "P%dM", months);
    } else {
        wide_put(b, number);
        buf_put_str(b, UNITS[kit_random(seed) % 4]);
    }
}

static void narrow_put(buf *b, const m_narrow *x, bool *first, uint64_t *seed)
{
    int order[CATS];
    bool inner = true;
    if (kit_random(seed) & 1) {
        entry_put(b, first, "categories", 'c', x->cats, CATS, seed);
        entry_put(b, first, "without_kinds", 'k', x->kinds < 0 ? 0 : ~x->kinds & ((1 << KINDS) - 1), KINDS,
                  seed);
    } else { // the same, said the other way round
        entry_put(b, first, "without_categories", 'c', x->cats < 0 ? 0 : ~x->cats & ((1 << CATS) - 1), CATS,
                  seed);
        entry_put(b, first, "kinds", 'k', x->kinds, KINDS, seed);
    }
    shuffle(order, CATS, seed);
    for (int i = 0; i < CATS; i++) {
        int c = order[i];
        if (!x->months[c])
            continue;
        buf_printf(b, "%sc%d: ", inner ? (*first ? "windows: {" : ", windows: {") : ", ", c);
        months_put(b, x->months[c], seed);
        inner = *first = false;
    }
    if (!inner)
        buf_put_str(b, "}");
}

static void date_put(buf *b, day d, uint64_t *seed)
{
    int y, mo, dom;
    char iso[11];
    day_split(d, &y, &mo, &dom);
    day_format(d, iso);
    switch (kit_random(seed) % 5) {
    case 0: buf_put_str(b, iso); break;
    case 1: buf_printf(b, "令和%d年%d月%d日", y - 2018, mo, dom); break;
    case 2: buf_printf(b, "R%d.%d.%d", y - 2018, mo, dom); break;
    case 3: buf_printf(b, "%04d%02d%02d", y, mo, dom); break;
    default: wide_put(b, iso); break;
    }
}

static void words_file(policy_files *f, const char *name, const char *list, char letter, int n,
                       uint64_t *seed)
{
    int order[16];
    buf b = {0};
    shuffle(order, n, seed);
    buf_printf(&b, "# %d\n%s:\n", (int)(kit_random(seed) % 100), list);
    for (int i = 0; i < n; i++)
        buf_printf(&b, kit_random(seed) & 1 ? "  - {id: %c%d, ja: 語, en: w}\n"
                                            : "  - {en: w, ja: 語, id: %c%d}\n", letter, order[i]);
    kit_put(f, name, buf_str(&b));
    buf_done(&b);
}

static void rules_file(policy_files *f, const model *m, uint64_t *seed)
{
    int order[RULES];
    buf b = {0};
    shuffle(order, m->rule_count, seed);
    buf_put_str(&b, m->rule_count ? "rules:\n" : "rules: []\n");
    for (int i = 0; i < m->rule_count; i++) {
        const m_rule *r = &m->rules[order[i]];
        bool first = false;
        buf_put_str(&b, "  - {");
        if (r->cats)
            names_put(&b, r->allow ? "allow" : "deny", 'c', r->cats, CATS, seed);
        else
            buf_put_str(&b, r->allow ? "allow: all" : "deny: all");
        entry_put(&b, &first, "kinds", 'k', r->kinds, KINDS, seed);
        entry_put(&b, &first, "roles", 'r', r->roles, ROLES, seed);
        entry_put(&b, &first, "purposes", 'p', r->purposes, PURPOSES, seed);
        buf_put_str(&b, "}\n");
    }
    kit_put(f, "rules.yaml", buf_str(&b));
    buf_done(&b);
}

static void union_file(policy_files *f, const model *m, int u, uint64_t *seed)
{
    int order[PLACES];
    char name[64];
    buf b = {0};
    shuffle(order, m->place_count, seed);
    buf_printf(&b, "en: n\nja: 名\nsecretariat: s\nunion: u%d\n", u);
    for (int side = 0; side < 2; side++) {
        buf_printf(&b, "%s:\n", side ? "views" : "discloses");
        int n = 0;
        for (int i = 0; i < m->place_count; i++) {
            int p = order[i];
            if (!(m->unions[p] >> u & 1) || (m->discloses[p] >> u & 1) == side)
                continue;
            buf_printf(&b, "  - {kind: k%d, code: %010d, name: f%d}\n", m->kind[p], 1000 + p, p);
            n++;
        }
        if (!n)
            buf_put_str(&b, "  []\n");
    }
    snprintf(name, sizeof name, "unions/%d.yaml", (int)(kit_random(seed) % 1000) * 10 + u);
    kit_put(f, name, buf_str(&b));
    buf_done(&b);
}

static void pair_file(policy_files *f, const model *m, int u, int v, uint64_t *seed)
{
    const m_pair *p = &m->pairs[u][v];
    char name[64];
    buf b = {0};
    bool first = false, swap = kit_random(seed) & 1;
    buf_printf(&b, "{between: [u%d, u%d], from: ", swap ? v : u, swap ? u : v);
    date_put(&b, p->from, seed);
    if (p->until != DAY_FOREVER) {
        buf_put_str(&b, ", until: ");
        date_put(&b, p->until, seed);
    }
    narrow_put(&b, &p->both, &first, seed);
    if (p->one_way) {
        buf_printf(&b, ", one_way: [{discloser: u%d, viewer: u%d", v, u);
        narrow_put(&b, &p->back, &first, seed);
        buf_put_str(&b, "}]");
    }
    buf_put_str(&b, "}\n");
    snprintf(name, sizeof name, "agreements/%d-%d-%d.yaml", (int)(kit_random(seed) % 1000), u, v);
    kit_put(f, name, buf_str(&b));
    buf_done(&b);
}

// What no reader sees: a comment at each end of a line, empty lines, Windows' line ends, a mark at the beginning.
static void dress(buf *text, uint64_t *seed)
{
    buf out = {0};
    bool windows = kit_random(seed) & 1;
    if (kit_random(seed) & 1)
        utf8_put(&out, 0xfeff);
    for (size_t i = 0; i < text->len; i++) {
        if (text->at[i] != '\n') {
            buf_put_u8(&out, text->at[i]);
            continue;
        }
        uint64_t r = kit_random(seed);
        buf_put_str(&out, r & 1 ? "   # 覚え書き: [a, {b" : "");
        buf_put_str(&out, windows ? "\r\n" : "\n");
        buf_put_str(&out, r & 6 ? "" : windows ? "\r\n# 行\r\n" : "\n      # 行\n");
    }
    buf_done(text);
    *text = out;
}

static policy_files model_files(const model *m, uint64_t seed)
{
    policy_files f = {0};
    buf b = {0};
    int order[64];
    kit_put(&f, "council.yaml", "version: 1\neffective_from: 2026-01-01\nstale_after: 令和9年12月31日\n");
    kit_put(&f, "hub.yaml", "host: h\n");
    kit_put(&f, "index.yaml", "grain: day\n");
    shuffle(order, CATS, &seed);
    buf_put_str(&b, "categories:\n");
    for (int i = 0; i < CATS; i++) {
        buf_printf(&b, "  - {id: c%d, number: %d, ja: 語, en: w, window: ", order[i], m->bits[order[i]] + 1);
        months_put(&b, m->months[order[i]], &seed);
        buf_put_str(&b, "}\n");
    }
    kit_put(&f, "categories.yaml", buf_str(&b));
    buf_done(&b);
    words_file(&f, "kinds.yaml", "kinds", 'k', KINDS, &seed);
    words_file(&f, "roles.yaml", "roles", 'r', ROLES, &seed);
    words_file(&f, "purposes.yaml", "purposes", 'p', PURPOSES, &seed);
    rules_file(&f, m, &seed);
    for (int u = 0; u < UNIONS; u++) {
        union_file(&f, m, u, &seed);
        for (int v = u + 1; v < UNIONS; v++)
            if (m->pairs[u][v].set)
                pair_file(&f, m, u, v, &seed);
    }
    for (size_t i = 0; i < f.count; i++)
        dress(&f.items[i].text, &seed);
    shuffle(order, (int)f.count, &seed);
    for (size_t i = 0; i < f.count; i++) {
        policy_file t = f.items[i];
        f.items[i] = f.items[order[i]];
        f.items[order[i]] = t;
    }
    return f;
}

static policy *model_open(const model *m, uint64_t seed)
{
    policy_files f = model_files(m, seed);
    policy *p = kit_open(&f);
    policy_files_done(&f);
    return p;
}

// ---- questions -------------------------------------------------------------------

// Numbers in the model and in the policy are the same: names are sorted by digit.
static policy_question question_random(const model *m)
{
    return (policy_question){
        .viewer = pick(m->place_count), .viewer_union = pick(UNIONS), .role = pick(ROLES),
        .purpose = pick(PURPOSES), .source = pick(m->place_count),
        .asked = pick(4) ? 0xffff : (uint32_t)pick(65536),
        .today = day_of(2025, 12, 25) + pick(750), .registered_on = day_of(2026, 1, 1) + pick(700),
        .consented = pick(8) > 0, .consent_categories = pick(2) ? 0xffff : (uint32_t)pick(65536),
        .consent_from = day_of(2025, 12, 1) + pick(60), .consent_until = day_of(2026, 12, 1) + pick(400)};
}

// A viewer and a source that are members most of the time, so that rules are reached.
static policy_question question_likely(const model *m)
{
    policy_question q = question_random(m);
    for (int i = 0; i < 20 && !(m->unions[q.viewer] >> q.viewer_union & 1); i++)
        q.viewer_union = pick(UNIONS);
    for (int i = 0; i < 20 && !m->discloses[q.source]; i++)
        q.source = pick(m->place_count);
    return q;
}

static void test_same_as_interpreter(void **state)
{
    (void)state;
    SEED = 1;
    size_t granted = 0, by_why[WHY_COUNT] = {0};
    for (int round = 0; round < 150; round++) {
        model m = model_random();
        policy *p = model_open(&m, (uint64_t)round);
        for (int i = 0; i < 400; i++) {
            policy_question q = question_likely(&m);
            policy_answer a;
            policy_decide(p, &q, &a);
            uint32_t expected = 0;
            for (int c = 0; c < CATS; c++) {
                day from = DAY_NONE;
                policy_why why = ref_decide(&m, &q, c, &from);
                assert_int_equal(a.why[m.bits[c]], why);
                assert_int_equal(a.from[m.bits[c]], from);
                expected |= (uint32_t)(why == WHY_GRANTED) << m.bits[c];
                by_why[why]++;
            }
            assert_int_equal(a.granted, expected);
            granted += expected != 0;
        }
        policy_free(p);
    }
    assert_true(granted > 1000); // a test in which everything is denied tests nothing
    assert_true(by_why[WHY_RULE] > 1000 && by_why[WHY_AGREEMENT] > 1000 && by_why[WHY_CONSENT] > 1000);
}

static void test_order_never_matters(void **state)
{
    (void)state;
    SEED = 2;
    for (int round = 0; round < 100; round++) {
        model m = model_random();
        policy *first = model_open(&m, 1000), *other = NULL;
        for (uint64_t s = 1001; s < 1004; s++) {
            other = model_open(&m, s);
            assert_true(span_eq(policy_bytes(first), policy_bytes(other)));
            policy_free(other);
        }
        m.months[0] = m.months[0] == 1 ? 2 : m.months[0] - 1; // and another meaning has other bytes
        for (int u = 0; u < UNIONS; u++)
            for (int v = 0; v < UNIONS; v++)
                m.pairs[u][v].both.months[0] = m.pairs[u][v].back.months[0] = 0;
        other = model_open(&m, 1000);
        assert_false(span_eq(policy_bytes(first), policy_bytes(other)));
        policy_free(other);
        policy_free(first);
    }
}

// Nothing is granted under `narrow` that is not granted, from as early, under `wide`.
static void assert_narrower(const policy *narrow, const policy_question *nq, const policy *wide,
                            const policy_question *wq)
{
    policy_answer n, w;
    policy_decide(narrow, nq, &n);
    policy_decide(wide, wq, &w);
    assert_int_equal(n.granted & ~w.granted, 0);
    for (int bit = 0; bit < POLICY_CATEGORIES; bit++)
        if (n.granted >> bit & 1)
            assert_true(n.from[bit] >= w.from[bit]);
}

static void compare(const model *narrow, const model *wide)
{
    policy *n = model_open(narrow, 5), *w = model_open(wide, 6);
    for (int i = 0; i < 200; i++) {
        policy_question q = question_likely(wide);
        assert_narrower(n, &q, w, &q);
    }
    policy_free(n);
    policy_free(w);
}

static void test_less_never_widens(void **state)
{
    (void)state;
    SEED = 3;
    for (int round = 0; round < 100; round++) {
        model wide = model_random(), narrow = wide;
        if (wide.rule_count == RULES)
            continue;
        // One more deny.
        narrow.rules[narrow.rule_count++] = (m_rule){false, mask_or_none(KINDS), mask_or_none(ROLES),
                                                     mask_or_none(PURPOSES), mask_or_none(CATS)};
        compare(&narrow, &wide);
        // One allow less.
        narrow = wide;
        for (int i = 0; i < narrow.rule_count; i++)
            if (narrow.rules[i].allow) {
                narrow.rules[i] = narrow.rules[--narrow.rule_count];
                compare(&narrow, &wide);
                break;
            }
        // One agreement less, and one difference more.
        narrow = wide;
        narrow.pairs[0][1].set = false;
        m_pair *pair = &narrow.pairs[1][2];
        pair->both.cats &= 0x15;
        pair->set &= pair->both.cats != 0; // an empty list may not be written
        compare(&narrow, &wide);
    }
}

static void test_consent_never_widens(void **state)
{
    (void)state;
    SEED = 4;
    for (int round = 0; round < 50; round++) {
        model m = model_random();
        policy *p = model_open(&m, 9);
        for (int i = 0; i < 400; i++) {
            policy_question wide = question_likely(&m), narrow = wide;
            narrow.consent_categories &= (uint32_t)kit_random(&SEED);
            narrow.consent_from += pick(30);
            narrow.consent_until -= pick(30);
            narrow.consented &= pick(4) > 0;
            assert_narrower(p, &narrow, p, &wide);
        }
        policy_free(p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_as_interpreter),
        cmocka_unit_test(test_order_never_matters),
        cmocka_unit_test(test_less_never_widens),
        cmocka_unit_test(test_consent_never_widens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
