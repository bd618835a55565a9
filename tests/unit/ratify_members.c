// SPDX-License-Identifier: Apache-2.0
// rooms: compiler
// Membership lists: every reason for which one is refused; and whatever an accepted list
// holds, no right between two other unions changes, nor anything else of theirs.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "policies/engine/table.h"
#include "policies/ratify/members_lay.h"
#include "tests/unit/ratify_kit.h"

enum { KEY_A = 20 }; // a, b, c: 20, 21, 22

static day TODAY;

static void key_put(buf *b, int number)
{
    uint8_t pub[KEY_BYTES];
    sign_key *k = kit_key(number);
    sign_key_public(k, pub);
    sign_key_free(k);
    buf_put_hex(b, span_of(pub, sizeof pub));
}

static void union_put(policy_files *f, char u, const char *rows)
{
    char name[32];
    buf b = {0};
    buf_printf(&b, "union: %c\nja: 甲\nen: A\nsecretariat: 病院%c\nsecretariat_key: ", u, u);
    key_put(&b, KEY_A + u - 'a');
    buf_printf(&b, "\n%s", rows);
    snprintf(name, sizeof name, "unions/%c.yaml", u);
    kit_put(f, name, buf_str(&b));
    buf_done(&b);
}

static void node_put(policy_files *f, char u, const char *discloses)
{
    char name[32];
    buf b = {0};
    buf_printf(&b, "node: n%c\nunion: %c\nhost: n%c.example\ndiscloses: [%s]\nviews: all\nkeys: {", u, u, u, discloses);
    const char *kinds[3] = {"tls", "sign", "seal"};
    for (int i = 0; i < 3; i++) {
        buf_printf(&b, "%s%s: [%064x]", i ? ", " : "", kinds[i], (u - 'a') * 3 + i + 1);
    }
    buf_put_str(&b, "}\n");
    snprintf(name, sizeof name, "nodes/n%c.yaml", u);
    kit_put(f, name, buf_str(&b));
    buf_done(&b);
}

// The kit's rules, with keys, agreements between all and a machine each.
static policy *bundle_make(void)
{
    policy_files f = kit_rules();
    union_put(&f, 'a', "discloses:\n  - {code: 0110113719, name: 甲病院, kind: hospital}\n"
                       "views:\n  - {code: 1319999999, name: みき, ward: 東区, kind: clinic}\n"
                       "  - {code: 0119900066, name: 甲医院, kind: clinic}\n");
    union_put(&f, 'b', "discloses:\n  - {code: 0119900017, name: 乙病院, kind: hospital}\n"
                       "views:\n  - {code: 1319999999, name: みき, ward: 東区, kind: clinic}\n"
                       "  - {code: 0119900025, name: 丙医院, kind: clinic}\n");
    union_put(&f, 'c', "discloses:\n  - {code: 0119900033, name: 丁病院, kind: hospital}\n"
                       "views:\n  - {code: 0119900041, name: 戊医院, kind: clinic}\n");
    kit_put(&f, "rules.yaml", "rules:\n  - {allow: all, roles: physician, kinds: hospital}\n"
                              "  - {allow: [basics], kinds: clinic}\n");
    kit_put(&f, "agreements/bc.yaml", "between: [b, c]\nfrom: 2026-04-01\n");
    kit_put(&f, "agreements/ac.yaml", "between: [a, c]\nfrom: 2026-04-01\nkinds: [hospital]\n");
    node_put(&f, 'a', "0110113719");
    node_put(&f, 'b', "0119900017");
    node_put(&f, 'c', "0119900033");
    policy *p = kit_open(&f);
    policy_files_done(&f);
    return p;
}

static members draft_of(const policy *p, const char *u)
{
    members m;
    assert_int_equal(members_of(p, policy_union(p, u), &m), OK);
    return m;
}

static void signed_by(members *m, int key, day on)
{
    sign_key *k = kit_key(key);
    assert_int_equal(members_sign(m, k, on), OK);
    sign_key_free(k);
}

static member_facility *add(members *m, uint64_t code, const char *name, const char *kind)
{
    member_facility *f = members_add(m);
    assert_non_null(f);
    f->code = code;
    f->name = name;
    f->kind = kind;
    return f;
}

// Signs as its own secretariat, judges, and frees the list.
static members_why judge_over(const policy *p, members *const *lists, size_t count, members *m, policy **ret)
{
    members_why why = MEMBERS_WHYS;
    members_issue issue;
    buf bytes = {0};
    signed_by(m, KEY_A + m->union_id[0] - 'a', TODAY);
    assert_int_equal(members_accept(p, lists, count, m, TODAY, false, &why, &issue, &bytes), OK);
    assert_int_equal(bytes.len > 0, why == MEMBERS_GOOD);
    if (ret && why == MEMBERS_GOOD)
        assert_int_equal(policy_open(buf_span(&bytes), ret), OK);
    buf_done(&bytes);
    return why;
}

static members_why judge(const policy *p, members *m)
{
    members_why why = judge_over(p, NULL, 0, m, NULL);
    members_done(m);
    return why;
}

static void same_bytes(void **state)
{
    (void)state;
    policy *p = bundle_make();
    const char *unions[] = {"a", "b", "c"};
    members lists[3], *all[3];
    buf laid = {0};
    members_issues issues = {0};
    for (int i = 0; i < 3; i++) {
        buf b = {0}, again = {0};
        lists[i] = draft_of(p, unions[i]);
        signed_by(&lists[i], KEY_A + i, TODAY);
        all[i] = &lists[i];
        members back;
        assert_int_equal(members_put(&lists[i], &b), OK);
        assert_true(members_is(buf_span(&b)));
        assert_int_equal(members_read(buf_span(&b), &back), OK);
        assert_int_equal(members_put(&back, &again), OK);
        assert_true(span_eq(buf_span(&b), buf_span(&again)));
        assert_int_equal(members_whose(p, &back), MEMBERS_GOOD);
        members_done(&back);
        for (size_t cut = 0; cut < b.len; cut++)
            assert_int_equal(members_read(span_of(b.at, cut), &back), ERR_FORMAT);
        for (size_t k = 0; k < b.len * 8; k++) { // any bit changed: refused, or no longer signed so
            b.at[k / 8] ^= (uint8_t)(1 << k % 8);
            if (members_read(buf_span(&b), &back) == OK) {
                assert_int_not_equal(members_step(p, NULL, &back, TODAY, false), MEMBERS_GOOD);
                members_done(&back);
            }
            b.at[k / 8] ^= (uint8_t)(1 << k % 8);
        }
        buf_done(&b);
        buf_done(&again);
    }
    // Lists that say what the bundle says change no byte of it.
    assert_int_equal(members_lay(p, all, 3, &issues, &laid), OK);
    assert_int_equal(issues.count, 0);
    assert_true(span_eq(buf_span(&laid), policy_bytes(p)));
    buf_done(&laid);
    members_issues_done(&issues);
    for (int i = 0; i < 3; i++)
        members_done(&lists[i]);
    policy_free(p);
}

static void order_and_keys(void **state)
{
    (void)state;
    policy *p = bundle_make();
    members one = draft_of(p, "a"), two, three, m;
    assert_int_equal(members_step(p, NULL, &one, TODAY, false), MEMBERS_UNSIGNED);
    signed_by(&one, KEY_A + 1, TODAY);
    assert_int_equal(members_step(p, NULL, &one, TODAY, false), MEMBERS_OTHER_UNION);
    signed_by(&one, 3, TODAY);
    assert_int_equal(members_step(p, NULL, &one, TODAY, false), MEMBERS_WRONG_KEY);
    signed_by(&one, KEY_A, TODAY + 2);
    assert_int_equal(members_step(p, NULL, &one, TODAY, false), MEMBERS_FUTURE);
    signed_by(&one, KEY_A, TODAY);
    assert_int_equal(members_step(p, NULL, &one, TODAY, false), MEMBERS_GOOD);
    assert_int_equal(members_next(&one, &two), OK);
    add(&two, 119900074, "己医院", "clinic");
    signed_by(&two, KEY_A, TODAY);
    assert_int_equal(members_next(&two, &three), OK);
    signed_by(&three, KEY_A, TODAY);
    assert_int_equal(members_step(p, &one, &two, TODAY, false), MEMBERS_GOOD);
    assert_int_equal(members_step(p, &one, &one, TODAY, false), MEMBERS_SAME);
    assert_int_equal(members_step(p, &two, &one, TODAY, false), MEMBERS_ROLLBACK);
    assert_int_equal(members_step(p, &one, &three, TODAY, false), MEMBERS_GAP);
    assert_int_equal(members_step(p, NULL, &two, TODAY, false), MEMBERS_GAP);
    assert_int_equal(members_step(p, &one, &three, TODAY, true), MEMBERS_GOOD); // whoever only follows
    assert_int_equal(members_step(p, &three, &one, TODAY, true), MEMBERS_ROLLBACK);
    assert_int_equal(members_next(&one, &m), OK);
    signed_by(&m, KEY_A, TODAY);
    assert_int_equal(members_step(p, &two, &m, TODAY, false), MEMBERS_FORK);
    assert_int_equal(members_step(p, &m, &three, TODAY, false), MEMBERS_OTHER_PREVIOUS);
    m.union_id = "z";
    assert_int_equal(members_step(p, NULL, &m, TODAY, false), MEMBERS_NO_UNION);
    members_done(&one);
    members_done(&two);
    members_done(&three);
    members_done(&m);
    policy_free(p);
}

static void entries(void **state)
{
    (void)state;
    policy *p = bundle_make();
    members m = draft_of(p, "a");
    add(&m, 119900074, "己医院", "clinic")->discloses = true;
    assert_int_equal(judge(p, &m), MEMBERS_GOOD);
    m = draft_of(p, "a");
    add(&m, 119900074, "己医院", "palace");
    assert_int_equal(judge(p, &m), MEMBERS_KIND);
    m = draft_of(p, "a");
    members_find(&m, 1319999999)->kind = "hospital"; // also b's: the bundle's word holds
    assert_int_equal(judge(p, &m), MEMBERS_OTHER_DATA);
    m = draft_of(p, "a");
    members_find(&m, 119900066)->kind = "hospital"; // its own alone
    assert_int_equal(judge(p, &m), MEMBERS_GOOD);
    m = draft_of(p, "a");
    members_find(&m, 1319999999)->discloses = true; // would speak for b's clinic too
    assert_int_equal(judge(p, &m), MEMBERS_TAKES);
    m = draft_of(p, "a");
    add(&m, 119900041, "戊医院", "clinic"); // c's
    assert_int_equal(judge(p, &m), MEMBERS_ELSEWHERE);
    m = draft_of(p, "a");
    add(&m, 119900033, "丁病院", "hospital")->discloses = true;
    assert_int_equal(judge(p, &m), MEMBERS_ELSEWHERE);
    m = draft_of(p, "a");
    m.nodes[0].name = "nb";
    assert_int_equal(judge(p, &m), MEMBERS_NODE_NAME);
    m = draft_of(p, "a");
    m.nodes[0].tls.at[0][31] = 4; // b's TLS key
    assert_int_equal(judge(p, &m), MEMBERS_NODE_KEY);
    m = draft_of(p, "a");
    m.nodes[0].tls.at[0][31] = 5; // b's signing key
    assert_int_equal(judge(p, &m), MEMBERS_NODE_KEY);
    m = draft_of(p, "a");
    m.nodes[0].tls.at[0][31] = 2; // its own signing key
    assert_int_equal(judge(p, &m), MEMBERS_NODE_KEY);
    m = draft_of(p, "a");
    m.nodes[0].discloses[0] = 119900017; // b's hospital
    assert_int_equal(judge(p, &m), MEMBERS_NODE_FACILITY);
    m = draft_of(p, "a");
    m.nodes[0].views_all = false;
    m.nodes[0].views[0] = 119900025; // b's clinic
    m.nodes[0].view_count = 1;
    assert_int_equal(judge(p, &m), MEMBERS_NODE_FACILITY);
    policy_free(p);
}

// A guest comes only where the home list says `also`, and what it says is the home's.
static void guests(void **state)
{
    (void)state;
    policy *p = bundle_make(), *q = NULL;
    members c = draft_of(p, "c"), a = draft_of(p, "a"), next;
    members_find(&c, 119900041)->also[0] = "a";
    members_find(&c, 119900041)->also_count = 1;
    signed_by(&c, KEY_A + 2, TODAY);
    members *lists[2] = {&c, &a};
    add(&a, 119900041, "戊医院", "hospital");
    assert_int_equal(judge_over(p, lists, 1, &a, NULL), MEMBERS_OTHER_DATA);
    members_find(&a, 119900041)->kind = "clinic";
    members_find(&a, 119900041)->discloses = true;
    assert_int_equal(judge_over(p, lists, 1, &a, NULL), MEMBERS_TAKES);
    members_find(&a, 119900041)->discloses = false;
    assert_int_equal(judge_over(p, lists, 1, &a, &q), MEMBERS_GOOD);
    uint64_t unions = policy_facility_at(q, policy_facility(q, 119900041)).unions;
    assert_int_equal(unions, 1u << policy_union(q, "a") | 1u << policy_union(q, "c"));
    policy_free(q);
    // Now c cannot take the word back or change the kind while a's entry rests on it.
    assert_int_equal(members_next(&c, &next), OK);
    members_find(&next, 119900041)->also_count = 0;
    assert_int_equal(judge_over(p, lists, 2, &next, NULL), MEMBERS_DISTURBS);
    members_done(&next);
    assert_int_equal(members_next(&c, &next), OK);
    members_find(&next, 119900041)->kind = "hospital";
    assert_int_equal(judge_over(p, lists, 2, &next, NULL), MEMBERS_DISTURBS);
    // But the clinic may leave c: then it is a's alone.
    members_find(&next, 119900041)->code = 119900082;
    assert_int_equal(judge_over(p, lists, 2, &next, &q), MEMBERS_GOOD);
    assert_int_equal(policy_facility_at(q, policy_facility(q, 119900041)).unions, 1u << policy_union(q, "a"));
    policy_free(q);
    members_done(&next);
    members_done(&a);
    members_done(&c);
    policy_free(p);
}

// Whoever leaves is gone from the very bytes that decide.
static void leaving(void **state)
{
    (void)state;
    policy *p = bundle_make(), *q = NULL;
    members m = draft_of(p, "b");
    *members_find(&m, 119900025) = m.facilities[m.facility_count - 1];
    m.facility_count--;
    assert_int_equal(judge_over(p, NULL, 0, &m, &q), MEMBERS_GOOD);
    assert_int_equal(policy_facility(q, 119900025), POLICY_NONE);
    assert_int_not_equal(policy_facility(p, 119900025), POLICY_NONE);
    policy_free(q);
    members_done(&m);
    policy_free(p);
}

// Another key or no such union in the bundle in force: the list is left out, and it is said.
static void another_key(void **state)
{
    (void)state;
    policy *p = bundle_make();
    members m = draft_of(p, "a"), *lists[1] = {&m};
    members_issues issues = {0};
    buf laid = {0};
    add(&m, 119900074, "己医院", "clinic");
    signed_by(&m, KEY_A + 1, TODAY);
    assert_int_equal(members_lay(p, lists, 1, &issues, &laid), OK);
    assert_int_equal(issues.count, 1);
    assert_int_equal(issues.items[0].why, MEMBERS_OTHER_UNION);
    assert_true(span_eq(buf_span(&laid), policy_bytes(p)));
    members_issues_done(&issues);
    buf_done(&laid);
    members_done(&m);
    policy_free(p);
}

// ---- whatever a list holds -----------------------------------------------------------

static const uint64_t POOL[] = {110113719, 1319999999, 119900066, 119900017, 119900025, 119900033,
                                119900041, 119900074, 119900082, 119900090};
enum { POOL_SIZE = sizeof POOL / sizeof *POOL };

static int pick(uint64_t *seed, int n)
{
    return (int)(kit_random(seed) % (uint64_t)n);
}

static const char *id_at(uint64_t *seed)
{
    static const char *const IDS[] = {"a", "b", "c"};
    return IDS[pick(seed, 3)];
}

static void facility_spoil(members *m, uint64_t *seed)
{
    static const char *const KINDS[] = {"hospital", "clinic", "clinic"};
    static const char *const NAMES[] = {"みき", "戊医院", "己医院", "丙医院"};
    uint64_t code = POOL[pick(seed, POOL_SIZE)];
    member_facility *f = members_find(m, code);
    switch (pick(seed, 6)) {
    case 0:
        if (f && m->facility_count > 1)
            *f = m->facilities[--m->facility_count];
        break;
    case 1:
        if (f)
            f->kind = KINDS[pick(seed, 3)];
        break;
    case 2:
        if (f)
            f->discloses = !f->discloses;
        break;
    case 3:
        if (f) {
            f->also[0] = id_at(seed);
            f->also_count = pick(seed, 2);
        }
        break;
    default:
        if (!f) {
            f = add(m, code, NAMES[pick(seed, 4)], KINDS[pick(seed, 3)]);
            f->ward = code == 1319999999 ? "東区" : "";
            f->discloses = pick(seed, 4) == 0;
        }
    }
}

static void node_spoil(members *m, uint64_t *seed)
{
    static const char *const NAMES[] = {"na", "nb", "nc", "nd"};
    member_node *n = m->node_count ? &m->nodes[pick(seed, (int)m->node_count)] : NULL;
    switch (pick(seed, 5)) {
    case 0:
        n = members_find_node(m, "nd") ? NULL : members_add_node(m);
        if (n) {
            n->name = NAMES[3];
            n->host = "nd.example";
            n->views_all = true;
        }
        break;
    case 1:
        if (n && !members_find_node(m, "nd"))
            n->name = NAMES[pick(seed, 4)];
        break;
    case 2:
        if (n) {
            n->tls.count = 1;
            memset(n->tls.at[0], 0, KEY_BYTES);
            n->tls.at[0][31] = (uint8_t)(1 + pick(seed, 14));
        }
        break;
    case 3:
        if (n && n->disclose_count)
            n->discloses[0] = POOL[pick(seed, POOL_SIZE)];
        break;
    default:
        if (n)
            n->views_all = true, n->view_count = 0;
    }
}

// What of a facility concerns other unions than `u`.
static void facilities_same(const policy *p, const policy *q, uint64_t others)
{
    for (int i = 0; i < POOL_SIZE; i++) {
        int x = policy_facility(p, POOL[i]), y = policy_facility(q, POOL[i]);
        policy_facility_view v = policy_facility_at(p, x), w = policy_facility_at(q, y);
        assert_int_equal(v.unions & others, w.unions & others);
        assert_int_equal(policy_discloses(p, x) & others, policy_discloses(q, y) & others);
        if (v.unions & others) {
            assert_string_equal(v.name, w.name);
            assert_string_equal(v.ward, w.ward);
            assert_int_equal(v.kind, w.kind);
        }
    }
}

static void nodes_same(const policy *p, const policy *q, uint64_t others)
{
    int count = 0;
    for (int i = 0; i < policy_node_count(q); i++)
        count += others >> policy_node_at(q, i).union_no & 1;
    for (int i = 0; i < policy_node_count(p); i++) {
        policy_node_view v = policy_node_at(p, i);
        if (!(others >> v.union_no & 1))
            continue;
        int k = policy_node(q, v.name);
        policy_node_view w = policy_node_at(q, k);
        count--;
        assert_string_equal(v.host, w.host);
        assert_int_equal(v.union_no, w.union_no);
        assert_int_equal(v.tls_count, w.tls_count);
        for (int t = 0; t < v.tls_count; t++)
            assert_memory_equal(v.tls[t], w.tls[t], KEY_BYTES);
        for (int f = 0; f < POOL_SIZE; f++) {
            int x = policy_facility(p, POOL[f]), y = policy_facility(q, POOL[f]);
            assert_int_equal(policy_discloser(p, x) == i, policy_discloser(q, y) == k);
            assert_int_equal(policy_node_views(p, i, x), policy_node_views(q, k, y));
        }
    }
    assert_int_equal(count, 0);
}

static void rights_same(const policy *p, const policy *q, int u)
{
    for (int f = 0; f < POOL_SIZE; f++)
        for (int s = 0; s < POOL_SIZE; s++)
            for (int c = 0; c < 3 * 2 * 2; c++) {
                int through = c / 4, viewer[2] = {policy_facility(p, POOL[f]), policy_facility(q, POOL[f])};
                int source[2] = {policy_facility(p, POOL[s]), policy_facility(q, POOL[s])};
                uint64_t under = policy_discloses(p, source[0]) | policy_discloses(q, source[1]);
                if (through == u || (under >> u & 1))
                    continue;
                policy_answer a[2];
                for (int i = 0; i < 2; i++) {
                    policy_question x = {.viewer = viewer[i], .viewer_union = through, .role = c >> 1 & 1,
                                         .purpose = c & 1, .source = source[i], .asked = 0xffff,
                                         .today = TODAY, .registered_on = TODAY, .consented = true,
                                         .consent_categories = 0xffff, .consent_from = INT32_MIN,
                                         .consent_until = INT32_MAX};
                    policy_decide(i ? q : p, &x, &a[i]);
                }
                assert_int_equal(a[0].granted, a[1].granted);
                for (int bit = 0; bit < POLICY_CATEGORIES; bit++)
                    if (a[0].granted >> bit & 1)
                        assert_int_equal(a[0].from[bit], a[1].from[bit]);
            }
}

// One random walk: lists of all unions one after the other, each a few changes from the last.
static size_t walk(uint64_t *seed)
{
    policy *bundle = bundle_make(), *now = bundle_make();
    members held[3], *lists[3];
    size_t count = 0, accepted = 0;
    for (int round = 0; round < 30; round++) {
        const char *id = id_at(seed);
        members m, *before = NULL;
        for (size_t i = 0; i < count; i++)
            before = strcmp(lists[i]->union_id, id) == 0 ? lists[i] : before;
        if (before)
            assert_int_equal(members_next(before, &m), OK);
        else
            m = draft_of(bundle, id);
        for (int n = 1 + pick(seed, 3); n > 0; n--)
            if (pick(seed, 3))
                facility_spoil(&m, seed);
            else
                node_spoil(&m, seed);
        policy *next = NULL;
        if (judge_over(bundle, lists, count, &m, &next) != MEMBERS_GOOD) {
            members_done(&m);
            continue;
        }
        int u = policy_union(bundle, id);
        facilities_same(now, next, ~(1ull << u));
        nodes_same(now, next, ~(1ull << u));
        rights_same(now, next, u);
        policy_free(now);
        now = next;
        accepted++;
        if (before) {
            members_done(before);
            *before = m;
        } else {
            held[count] = m;
            lists[count] = &held[count];
            count++;
        }
    }
    for (size_t i = 0; i < count; i++)
        members_done(lists[i]);
    policy_free(now);
    policy_free(bundle);
    return accepted;
}

static void whatever_a_list_holds(void **state)
{
    (void)state;
    uint64_t seed = 20261121;
    size_t accepted = 0;
    for (int i = 0; i < 15; i++)
        accepted += walk(&seed);
    assert_true(accepted > 60); // the walks do walk
}

int main(void)
{
    TODAY = day_of(2026, 6, 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_bytes), cmocka_unit_test(order_and_keys), cmocka_unit_test(entries),
        cmocka_unit_test(guests),     cmocka_unit_test(leaving),        cmocka_unit_test(another_key),
        cmocka_unit_test(whatever_a_list_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
