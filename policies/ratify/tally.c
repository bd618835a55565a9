// SPDX-License-Identifier: Apache-2.0
// Who signed, what counts, and whether one version may follow another.
#include <string.h>

#include "policies/ratify/message.h"
#include "proto/base/tongue.h"

// The charter: three quarters of all seats. Rules that ask for less cannot lower it.
static const policy_fraction CHARTER = {3, 4};

static bool share_reached(uint32_t count, uint32_t seats, policy_fraction share)
{
    return (uint64_t)count * share.denominator >= (uint64_t)seats * share.numerator;
}

bool ratify_enough(uint32_t count, uint32_t seats, policy_fraction quorum)
{
    return seats > 0 && share_reached(count, seats, quorum) && share_reached(count, seats, CHARTER);
}

uint32_t ratify_needed(uint32_t seats, policy_fraction quorum)
{
    uint32_t n = 0;
    while (n < seats && !ratify_enough(n, seats, quorum))
        n++;
    return n;
}

// ---- one version after another -----------------------------------------------------

ratify_step ratify_step_of(const policy *old_rules, const policy *new_rules)
{
    uint32_t before = policy_version(old_rules), after = policy_version(new_rules);
    const uint8_t *previous = policy_previous_hash(new_rules);
    ratify_head h;
    ratify_head_of(old_rules, new_rules, &h);
    if (crypto_same(h.rules.at, h.previous.at, HASH_BYTES))
        return STEP_SAME;
    if (after < before)
        return STEP_ROLLBACK;
    if (after == before)
        return STEP_FORK;
    if (after - before > 1)
        return STEP_GAP;
    if (!previous)
        return STEP_NO_PREVIOUS;
    if (!crypto_same(previous, h.previous.at, HASH_BYTES))
        return STEP_OTHER_PREVIOUS;
    if (policy_effective_from(new_rules) < policy_effective_from(old_rules))
        return STEP_EFFECTIVE;
    return policy_seat_count(old_rules) ? STEP_GOOD : STEP_NO_SEATS;
}

const char *ratify_step_name(ratify_step s)
{
    static const char *const NAMES[STEP_COUNT] = {"good", "same", "rollback", "fork", "gap", "no-previous",
                                                  "other-previous", "effective", "no-seats", "few"};
    return (unsigned)s < STEP_COUNT ? NAMES[s] : "";
}

const char *ratify_step_text(ratify_step s)
{
    static const char *const TEXTS[STEP_COUNT] = {
        N_("ratified"),
        N_("it is the version already in hand"),
        N_("a rollback: its version is older than the one in hand"),
        N_("a fork: another text of the same version"),
        N_("a gap: versions between are missing"),
        N_("it does not say which version it follows (\"previous\" in council.yaml)"),
        N_("a fork: it follows another text of the version before"),
        N_("it would take effect before the version it follows"),
        N_("the version before has no seats: nobody can ratify"),
        N_("too few signatures")};
    return (unsigned)s < STEP_COUNT ? _(TEXTS[s]) : "";
}

// ---- one signature -----------------------------------------------------------------

const char *ratify_why_name(ratify_why w)
{
    static const char *const NAMES[SIGNED_WHYS] = {"counts", "other-rules", "other-previous", "no-seat", "no-key",
                                                   "wrong", "term-before", "term-ended", "too-early", "future",
                                                   "twice"};
    return (unsigned)w < SIGNED_WHYS ? NAMES[w] : "";
}

const char *ratify_why_text(ratify_why w)
{
    static const char *const TEXTS[SIGNED_WHYS] = {
        N_("counts"),
        N_("it is for other rules: other bytes were signed"),
        N_("it is for another version before"),
        N_("the version before has no such seat"),
        N_("this seat has no key in the version before"),
        N_("the seat's key does not fit the signature"),
        N_("the seat's term had not begun on the day of signing"),
        N_("the seat's term had ended on the day of signing"),
        N_("the version that made the seat was not in force on the day of signing"),
        N_("the day of signing lies in the future"),
        N_("this seat has signed already: a seat counts once")};
    return (unsigned)w < SIGNED_WHYS ? _(TEXTS[w]) : "";
}

// The cryptographic question last but one: it is the only one that costs.
static err signature_judge(const ratify_tally *t, const ratify_head *h, const ratify_signature *s, int *ret_seat,
                           ratify_why *ret)
{
    const ratify_head *want = &t->record.head;
    int number = policy_seat_find(t->old_rules, s->seat);
    policy_seat seat = policy_seat_at(t->old_rules, number);
    verify_key *key = NULL;
    buf message = {0};
    *ret_seat = number;
    *ret = SIGNED_COUNTS;
    if (h->version != want->version || !crypto_same(h->rules.at, want->rules.at, HASH_BYTES))
        *ret = SIGNED_OTHER_RULES;
    else if (!crypto_same(h->previous.at, want->previous.at, HASH_BYTES))
        *ret = SIGNED_OTHER_PREVIOUS;
    else if (number == POLICY_NONE)
        *ret = SIGNED_NO_SEAT;
    else if (!seat.key)
        *ret = SIGNED_NO_KEY;
    else if (s->on < seat.term_from)
        *ret = SIGNED_TERM_BEFORE;
    else if (s->on > seat.term_until)
        *ret = SIGNED_TERM_ENDED;
    else if (s->on < policy_effective_from(t->old_rules))
        *ret = SIGNED_TOO_EARLY;
    else if (s->on > t->today + RATIFY_SKEW_DAYS)
        *ret = SIGNED_FUTURE;
    if (*ret != SIGNED_COUNTS)
        return OK;
    err e = ratify_message(h, s->seat, s->on, &message);
    if (e == OK) {
        e = verify_key_of(seat.key, &key);
        if (e == OK)
            e = verify(key, buf_span(&message), s->bytes);
        if (e == ERR_AUTH) {
            *ret = SIGNED_WRONG;
            e = OK;
        } else if (e == OK && t->signed_by[number]) {
            *ret = SIGNED_TWICE;
        }
    }
    verify_key_free(key);
    buf_done(&message);
    return e;
}

void tally_init(ratify_tally *t, const policy *old_rules, const policy *new_rules, day today)
{
    *t = (ratify_tally){.old_rules = old_rules, .new_rules = new_rules, .today = today};
    t->seats = (uint32_t)policy_seat_count(old_rules);
    ratify_head_of(old_rules, new_rules, &t->record.head);
}

void tally_done(ratify_tally *t)
{
    ratification_done(&t->record);
}

err tally_add(ratify_tally *t, const ratify_head *h, const ratify_signature *s, ratify_why *ret)
{
    int seat;
    ratify_why why;
    err e = signature_judge(t, h, s, &seat, &why);
    if (e == OK && why == SIGNED_COUNTS)
        e = ratification_add(&t->record, s);
    if (e)
        return e;
    if (why == SIGNED_COUNTS) {
        t->signed_by[seat] = true;
        t->counted++;
    }
    *ret = why;
    return OK;
}

err tally_add_all(ratify_tally *t, const ratification *r, ratify_why *ret_first)
{
    ratify_why first = SIGNED_COUNTS;
    for (size_t i = 0; i < r->count; i++) {
        ratify_why why;
        err e = tally_add(t, &r->head, &r->signatures[i], &why);
        if (e)
            return e;
        if (first == SIGNED_COUNTS)
            first = why;
    }
    *ret_first = first;
    return OK;
}

ratify_step tally_step(const ratify_tally *t)
{
    ratify_step s = ratify_step_of(t->old_rules, t->new_rules);
    if (s == STEP_GOOD && !ratify_enough(t->counted, t->seats, policy_quorum(t->old_rules)))
        s = STEP_FEW;
    return s;
}
