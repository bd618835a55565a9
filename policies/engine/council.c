// SPDX-License-Identifier: Apache-2.0
// The council's part of the bundle: who may ratify, what the version before was, when
// the rules go stale, and what holds in emergencies.
#include <stdlib.h>
#include <string.h>

#include "policies/engine/members.h"

static uint32_t common_divisor(uint32_t a, uint32_t b)
{
    while (b) {
        uint32_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static err observers_read(reader *r, policy *p)
{
    int count = read_u8(r);
    p->observers = calloc(count ? (size_t)count : 1, sizeof *p->observers);
    if (!p->observers)
        return ERR_MEM;
    p->observer_count = count;
    for (int i = 0; i < count; i++) {
        p->observers[i] = bundle_text(r);
        if (r->bad || !*p->observers[i] || (i && strcmp(p->observers[i - 1], p->observers[i]) >= 0))
            return ERR_FORMAT;
    }
    return OK;
}

static err seat_read(reader *r, policy *p, int number)
{
    policy_seat *s = &p->seats[number];
    key_set key = {0};
    s->id = bundle_text(r);
    s->institution = bundle_text(r);
    s->office = bundle_text(r);
    s->term_from = bundle_day(r, false);
    s->term_until = bundle_day(r, false);
    bundle_keys(r, &key);
    if (r->bad || !*s->id || !*s->institution || !*s->office || s->term_until < s->term_from || key.count > 1 ||
        (number && strcmp(s[-1].id, s->id) >= 0))
        return ERR_FORMAT;
    s->key = key.count ? key.at[0] : NULL;
    // One key is one seat: a signature cannot count twice.
    for (int i = 0; s->key && i < number; i++)
        if (p->seats[i].key && memcmp(p->seats[i].key, s->key, 32) == 0)
            return ERR_FORMAT;
    return OK;
}

err seats_read(reader *r, policy *p)
{
    p->quorum.numerator = read_u8(r);
    p->quorum.denominator = read_u8(r);
    p->warn_after = bundle_day(r, true);
    p->no_registrations_after = bundle_day(r, true);
    p->meetings.a_year = read_u8(r);
    p->meetings.year_begins = read_u8(r);
    uint8_t previous = read_u8(r);
    if (r->bad || p->quorum.numerator == 0 || p->quorum.numerator > p->quorum.denominator ||
        p->quorum.denominator > BUNDLE_QUORUM ||
        common_divisor(p->quorum.numerator, p->quorum.denominator) != 1 || p->warn_after < p->effective_from ||
        p->no_registrations_after < p->warn_after || p->stale_after < p->no_registrations_after ||
        p->meetings.year_begins > 12 || previous > 1 || (previous && p->version == 1))
        return ERR_FORMAT;
    if (previous)
        p->previous = read_bytes(r, 32).at;
    err e = observers_read(r, p);
    if (e)
        return e;
    int count = read_u8(r);
    p->seats = calloc(count ? (size_t)count : 1, sizeof *p->seats);
    if (!p->seats)
        return ERR_MEM;
    p->seat_count = count;
    for (int i = 0; i < count; i++) {
        e = seat_read(r, p, i);
        if (e)
            return e;
    }
    return OK;
}

err emergency_read(reader *r, policy *p)
{
    policy_emergency_view *v = &p->emergency;
    if (r->rest.len == 0)
        return OK;
    v->present = true;
    v->kinds = read_u32(r);
    v->roles = read_u64(r);
    v->categories = read_u16(r);
    v->minutes = read_u16(r);
    v->told = read_u8(r);
    v->review_hours = read_u16(r);
    uint8_t opened = read_u8(r);
    v->without_consent = opened & 1;
    v->despite_objection = opened & 2;
    if (r->bad || v->kinds == 0 || v->roles == 0 || v->categories == 0 || (v->categories & ~p->used) ||
        (uint64_t)v->kinds >> p->kinds.count || (p->roles.count < 64 && v->roles >> p->roles.count) ||
        v->minutes == 0 || v->minutes > BUNDLE_EMERGENCY_MINUTES || v->told >> AUDIENCE_COUNT ||
        v->review_hours == 0 || v->review_hours > BUNDLE_REVIEW_HOURS || opened > 3)
        return ERR_FORMAT;
    return OK;
}

int policy_seat_count(const policy *p) { return p->seat_count; }

policy_seat policy_seat_at(const policy *p, int seat)
{
    if (seat < 0 || seat >= p->seat_count)
        return (policy_seat){.id = "", .institution = "", .office = "", .term_from = DAY_NONE, .term_until = DAY_NONE};
    return p->seats[seat];
}

int policy_seat_find(const policy *p, const char *id)
{
    for (int i = 0; id && i < p->seat_count; i++)
        if (strcmp(p->seats[i].id, id) == 0)
            return i;
    return POLICY_NONE;
}

int policy_observer_count(const policy *p) { return p->observer_count; }

const char *policy_observer_at(const policy *p, int observer)
{
    return observer >= 0 && observer < p->observer_count ? p->observers[observer] : "";
}

policy_fraction policy_quorum(const policy *p) { return p->quorum; }
const uint8_t *policy_previous_hash(const policy *p) { return p->previous; }

policy_stale_days policy_stale(const policy *p)
{
    return (policy_stale_days){p->warn_after, p->no_registrations_after, p->stale_after};
}

policy_meetings policy_council_meetings(const policy *p) { return p->meetings; }
policy_emergency_view policy_emergency(const policy *p) { return p->emergency; }

const char *policy_audience_name(policy_audience a)
{
    static const char *const NAMES[AUDIENCE_COUNT] = {"patient", "discloser", "secretariat", "council"};
    return (unsigned)a < AUDIENCE_COUNT ? NAMES[a] : "";
}
