// SPDX-License-Identifier: Apache-2.0
// rooms: compiler
// The chain from the pinned first version: what follows is taken, and every refusal has its
// name and leaves the chain as it was.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "policies/ratify/chain.h"
#include "tests/unit/ratify_kit.h"

static day TODAY;

static chain *chain_of(const policy *first)
{
    chain *c = NULL;
    hash32 pin;
    sha256(policy_bytes(first), &pin);
    assert_int_equal(chain_open(&pin, &c), OK);
    return c;
}

// A record of the seats s0 to s(count-1), as `policy ratify` writes it.
static buf record_of(const policy *a, const policy *b, int count, day on)
{
    ratification r = {0};
    buf out = {0};
    ratify_head_of(a, b, &r.head);
    for (int i = 0; i < count; i++) {
        char seat[16];
        snprintf(seat, sizeof seat, "s%d", i);
        ratify_signature s = kit_sign(&r.head, i, seat, on);
        assert_int_equal(ratification_add(&r, &s), OK);
    }
    assert_int_equal(ratification_put(&r, &out), OK);
    ratification_done(&r);
    return out;
}

// Pushes; the name of the verdict must be this one, and the chain must be as long as said.
static void push_bytes(chain *c, span bundle, span record, day today, const char *name, size_t count)
{
    chain_verdict v = {0};
    assert_int_equal(chain_push(c, bundle, record, today, &v), OK);
    assert_string_equal(v.name, name);
    assert_true(v.text[0]);
    assert_int_equal(chain_taken(&v), !strcmp(name, "good") || !strcmp(name, "same"));
    assert_int_equal(chain_count(c), count);
}

static void push(chain *c, const policy *p, buf *record, const char *name, size_t count)
{
    push_bytes(c, policy_bytes(p), record ? buf_span(record) : (span){0}, TODAY, name, count);
    if (record)
        buf_done(record);
}

static void versions_follow(void **state)
{
    (void)state;
    policy *a = kit_version(3, NULL, 7, true), *b = kit_version(4, a, 7, true), *d = kit_version(5, b, 7, true);
    chain *c = chain_of(a);
    assert_null(chain_newest(c));
    assert_null(chain_at(c, TODAY));
    push(c, a, NULL, "good", 1);
    assert_int_equal(chain_get(c, 0)->record.len, 0);
    push(c, a, NULL, "same", 1);
    buf record = record_of(a, b, 6, TODAY), kept = record_of(a, b, 6, TODAY);
    push(c, b, &record, "good", 2);
    push(c, b, NULL, "same", 2); // the same bytes again are no news, whatever comes with them
    push(c, a, NULL, "rollback", 2);
    assert_true(span_eq(buf_span(&chain_find(c, 4)->record), buf_span(&kept)));
    assert_int_equal(chain_find(c, 4)->signatures.count, 6);
    assert_null(chain_find(c, 5));
    buf_done(&kept);
    // In force from its day on, and not before; the first also before its own.
    assert_int_equal(policy_version(chain_at(c, day_of(2026, 11, 30))->p), 3);
    assert_int_equal(policy_version(chain_at(c, day_of(2026, 12, 1))->p), 4);
    assert_int_equal(policy_version(chain_at(c, day_of(2026, 3, 31))->p), 3);
    assert_int_equal(chain_next_switch(c, TODAY), day_of(2026, 12, 1));
    assert_int_equal(chain_next_switch(c, day_of(2026, 12, 1)), DAY_NONE);
    // Its council is not in office before.
    record = record_of(b, d, 6, TODAY);
    push(c, d, &record, "too-early", 2);
    record = record_of(b, d, 6, day_of(2026, 12, 1));
    push_bytes(c, policy_bytes(d), buf_span(&record), day_of(2026, 12, 1), "good", 3);
    assert_int_equal(policy_version(chain_at(c, day_of(2026, 12, 1))->p), 5);
    buf_done(&record);
    chain_close(c);
    policy_free(a);
    policy_free(b);
    policy_free(d);
}

static void pin_holds(void **state)
{
    (void)state;
    policy *a = kit_version(3, NULL, 7, true), *other = kit_version(3, NULL, 6, true), *b = kit_version(4, a, 7, true);
    chain *c = chain_of(a);
    push(c, other, NULL, "first", 0);
    buf record = record_of(a, b, 7, TODAY);
    push(c, b, &record, "first", 0);
    push(c, a, NULL, "good", 1);
    chain_close(c);
    policy_free(a);
    policy_free(other);
    policy_free(b);
}

static void steps_refused(void **state)
{
    (void)state;
    policy *a = kit_version(3, NULL, 7, true), *b = kit_version(4, a, 7, true), *d = kit_version(5, b, 7, true);
    policy *fork = kit_version(4, a, 6, true), *after_fork = kit_version(5, fork, 7, true);
    policy *orphan = kit_version(4, NULL, 7, true), *older = kit_version(2, NULL, 7, true);
    chain *c = chain_of(a);
    push(c, a, NULL, "good", 1);
    push(c, orphan, NULL, "no-previous", 1);
    buf record = record_of(b, d, 7, TODAY);
    push(c, d, &record, "gap", 1);
    push(c, older, NULL, "rollback", 1);
    record = record_of(a, b, 7, TODAY);
    push(c, b, &record, "good", 2);
    record = record_of(a, fork, 7, TODAY);
    push(c, fork, &record, "fork", 2);
    record = record_of(fork, after_fork, 7, TODAY);
    push(c, after_fork, &record, "other-previous", 2);
    policy *all[] = {a, b, d, fork, after_fork, orphan, older};
    chain_close(c);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        policy_free(all[i]);
    // Without seats nobody can ratify.
    a = kit_version(3, NULL, 0, true);
    b = kit_version(4, a, 7, true);
    c = chain_of(a);
    push(c, a, NULL, "good", 1);
    push(c, b, NULL, "no-seats", 1);
    chain_close(c);
    policy_free(a);
    policy_free(b);
    // It may not take force before what it follows.
    a = kit_version(8, NULL, 7, true);
    b = kit_version(9, a, 7, true);
    c = chain_of(a);
    push(c, a, NULL, "good", 1);
    record = record_of(a, b, 7, TODAY);
    push(c, b, &record, "effective", 1);
    chain_close(c);
    policy_free(a);
    policy_free(b);
}

static void far_future_refused(void **state)
{
    (void)state;
    policy *a = kit_version(3, NULL, 7, true), *b = kit_version(4, a, 7, true);
    chain *c = chain_of(a);
    day from = day_of(2026, 12, 1);
    push(c, a, NULL, "good", 1);
    buf record = record_of(a, b, 6, day_of(2026, 5, 1));
    push_bytes(c, policy_bytes(b), buf_span(&record), from - CHAIN_FUTURE_DAYS - 1, "far-future", 1);
    push_bytes(c, policy_bytes(b), buf_span(&record), from - CHAIN_FUTURE_DAYS, "good", 2);
    buf_done(&record);
    chain_close(c);
    policy_free(a);
    policy_free(b);
}

// One signature put into a good record of six, in a place where none was.
static void with_signature(const policy *a, const policy *b, const ratify_signature *s, int good, const char *name)
{
    chain *c = chain_of(a);
    ratification r = {0};
    buf text = record_of(a, b, good, TODAY);
    assert_int_equal(ratification_read(buf_span(&text), &r), OK);
    buf_done(&text);
    assert_int_equal(ratification_add(&r, s), OK);
    assert_int_equal(ratification_put(&r, &text), OK);
    ratification_done(&r);
    push(c, a, NULL, "good", 1);
    push(c, b, &text, name, 1);
    chain_close(c);
}

static void signatures_refused(void **state)
{
    (void)state;
    policy *a = kit_version(3, NULL, 7, true), *b = kit_version(4, a, 7, true);
    ratify_head h;
    ratify_head_of(a, b, &h);
    ratify_signature s = kit_sign(&h, 2, "s2", TODAY - 1);
    with_signature(a, b, &s, 6, "twice");
    with_signature(a, b, &s, 5, "twice");
    s = kit_sign(&h, 6, "s6", day_of(2025, 10, 30));
    with_signature(a, b, &s, 6, "term-before");
    s = kit_sign(&h, 5, "s6", TODAY); // another seat's key
    with_signature(a, b, &s, 6, "wrong");
    s = kit_sign(&h, 6, "s6", TODAY + 2);
    with_signature(a, b, &s, 6, "future");
    s = kit_sign(&h, 6, "s9", TODAY);
    with_signature(a, b, &s, 6, "no-seat");
    policy_free(a);
    policy_free(b);
    a = kit_version(3, NULL, 7, false); // s5's term has ended, s6 has no key
    b = kit_version(4, a, 7, true);
    ratify_head_of(a, b, &h);
    s = kit_sign(&h, 5, "s5", day_of(2026, 10, 1));
    with_signature(a, b, &s, 5, "term-ended");
    s = kit_sign(&h, 6, "s6", TODAY);
    with_signature(a, b, &s, 5, "no-key");
    policy_free(a);
    policy_free(b);
}

// The same rules, with a key for the secretariat of union b.
enum { SECRETARIAT = 40 };
static policy *version_with_secretariat(int version, const policy *before)
{
    policy_files f = kit_rules();
    buf text = {0};
    hash32 previous;
    uint8_t pub[KEY_BYTES];
    sign_key *k = kit_key(SECRETARIAT);
    sign_key_public(k, pub);
    sign_key_free(k);
    if (before)
        sha256(policy_bytes(before), &previous);
    kit_council(&text, version, before ? &previous : NULL, 7, true);
    kit_put(&f, "council.yaml", buf_str(&text));
    buf_clear(&text);
    buf_put_str(&text, "union: b\nja: 乙\nen: B\nsecretariat: 乙病院\nsecretariat_key: ");
    buf_put_hex(&text, span_of(pub, sizeof pub));
    buf_put_str(&text, "\ndiscloses:\n  - {code: 0119900017, name: 乙病院, kind: hospital}\n"
                       "views:\n  - {code: 1319999999, name: みき, ward: 東区, kind: clinic}\n");
    kit_put(&f, "unions/b.yaml", buf_str(&text));
    policy *p = kit_open(&f);
    buf_done(&text);
    policy_files_done(&f);
    return p;
}

// Whatever name it signs under.
static void secretariat_refused(void **state)
{
    (void)state;
    policy *a = version_with_secretariat(3, NULL), *b = version_with_secretariat(4, a);
    ratify_head h;
    ratify_head_of(a, b, &h);
    ratify_signature s = kit_sign(&h, SECRETARIAT, "s6", TODAY);
    with_signature(a, b, &s, 6, "secretariat");
    s = kit_sign(&h, SECRETARIAT, "b", TODAY);
    with_signature(a, b, &s, 6, "secretariat");
    s.bytes[0] ^= 1;
    with_signature(a, b, &s, 6, "no-seat");
    policy_free(a);
    policy_free(b);
}

static void records_refused(void **state)
{
    (void)state;
    policy *a = kit_version(3, NULL, 7, true), *b = kit_version(4, a, 7, true), *other = kit_version(4, a, 6, true);
    chain *c = chain_of(a);
    push(c, a, NULL, "good", 1);
    push(c, b, NULL, "few", 1);
    buf record = record_of(a, b, 5, TODAY);
    push(c, b, &record, "few", 1);
    record = record_of(a, other, 7, TODAY);
    push(c, b, &record, "other-rules", 1);
    record = (buf){0};
    assert_int_equal(buf_put_str(&record, "TSNMEMBR and more"), OK);
    push(c, b, &record, "secretariat", 1);
    // A record cut at any byte.
    buf whole = record_of(a, b, 6, TODAY);
    for (size_t n = 1; n < whole.len; n++)
        push_bytes(c, policy_bytes(b), span_cut(buf_span(&whole), 0, n), TODAY, "record", 1);
    push_bytes(c, policy_bytes(b), buf_span(&whole), TODAY, "good", 2);
    buf_done(&whole);
    chain_close(c);
    policy_free(a);
    policy_free(b);
    policy_free(other);
}

// Every other spelling of the bundle, and every piece of it, is no bundle.
static void bytes_refused(void **state)
{
    (void)state;
    policy *a = kit_version(3, NULL, 7, true), *b = kit_version(4, a, 7, true);
    chain *c = chain_of(a);
    push(c, a, NULL, "good", 1);
    buf record = record_of(a, b, 6, TODAY), more = {0};
    span bytes = policy_bytes(b);
    for (size_t n = 0; n < bytes.len; n += n < 64 ? 1 : 97)
        push_bytes(c, span_cut(bytes, 0, n), buf_span(&record), TODAY, "bytes", 1);
    buf_put_span(&more, bytes);
    assert_int_equal(buf_put_u8(&more, 0), OK);
    push_bytes(c, buf_span(&more), buf_span(&record), TODAY, "bytes", 1);
    // A changed byte is no bundle, or a text that nobody signed.
    for (size_t i = 0; i < bytes.len; i += 5) {
        chain_verdict v = {0};
        buf_clear(&more);
        assert_int_equal(buf_put_span(&more, bytes), OK);
        more.at[i] ^= 1;
        assert_int_equal(chain_push(c, buf_span(&more), buf_span(&record), TODAY, &v), OK);
        assert_false(chain_taken(&v));
        assert_int_equal(chain_count(c), 1);
    }
    push_bytes(c, SPAN_LIT("TSNMEMBR\0\1"), (span){0}, TODAY, "secretariat", 1);
    push_bytes(c, bytes, buf_span(&record), TODAY, "good", 2);
    buf_done(&record);
    buf_done(&more);
    chain_close(c);
    policy_free(a);
    policy_free(b);
}

int main(void)
{
    TODAY = day_of(2026, 11, 21);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(versions_follow), cmocka_unit_test(pin_holds), cmocka_unit_test(steps_refused),
        cmocka_unit_test(far_future_refused), cmocka_unit_test(signatures_refused), cmocka_unit_test(secretariat_refused), cmocka_unit_test(records_refused),
        cmocka_unit_test(bytes_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
