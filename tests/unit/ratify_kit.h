// SPDX-License-Identifier: Apache-2.0
// A council of seven whose keys come from seeds, version 3 (theirs) and a version 4 after it.
// Included after cmocka.
#ifndef TSUNAGU_TESTS_RATIFY_KIT_H
#define TSUNAGU_TESTS_RATIFY_KIT_H

#include "policies/ratify/ratify.h"
#include "tests/unit/compiler_kit.h"

enum { KIT_SEATS = 7 };

static inline sign_key *kit_key(int seat)
{
    uint8_t seed[KEY_BYTES] = {(uint8_t)(seat + 1), 77};
    sign_key *k = NULL;
    assert_int_equal(sign_key_of(seed, &k), OK);
    return k;
}

// Terms end on 2027-10-30; unless plain, s5's ended on 2026-09-30 and s6 has no key.
// Versions 3 and 9 take effect on 2026-04-01, the others later.
static inline void kit_council(buf *out, int version, const hash32 *previous, int seats, bool plain)
{
    buf_printf(out, "version: %d\neffective_from: %s\nticket_minutes: 10\ntold: [rule]\nquorum: 3/4\n", version,
               version % 6 == 3 ? "2026-04-01" : "2026-12-01");
    if (previous) {
        buf_put_str(out, "previous: ");
        buf_put_hex(out, span_of(previous->at, HASH_BYTES));
        buf_put_str(out, "\n");
    }
    buf_put_str(out, seats ? "seats:\n" : "");
    for (int i = 0; i < seats; i++) {
        uint8_t pub[KEY_BYTES];
        sign_key *k = kit_key(i);
        sign_key_public(k, pub);
        sign_key_free(k);
        buf_printf(out, "  - {id: s%d, institution: 病院%d, office: 世話人, from: 2025-10-31, until: %s", i, i,
                   !plain && i == 5 ? "2026-09-30" : "2027-10-30");
        if (plain || i != 6) {
            buf_put_str(out, ", key: ");
            buf_put_hex(out, span_of(pub, sizeof pub));
        }
        buf_put_str(out, "}\n");
    }
}

static inline policy *kit_version(int version, const policy *before, int seats, bool plain)
{
    policy_files f = kit_rules();
    buf text = {0};
    hash32 previous;
    if (before)
        sha256(policy_bytes(before), &previous);
    kit_council(&text, version, before ? &previous : NULL, seats, plain);
    kit_put(&f, "council.yaml", buf_str(&text));
    policy *p = kit_open(&f);
    buf_done(&text);
    policy_files_done(&f);
    return p;
}

static inline ratify_signature kit_sign(const ratify_head *h, int key, const char *seat, day on)
{
    ratify_signature s;
    sign_key *k = kit_key(key);
    assert_int_equal(ratify_sign(k, h, seat, on, &s), OK);
    sign_key_free(k);
    return s;
}

#endif
