// SPDX-License-Identifier: Apache-2.0
// council.yaml, index.yaml, hub.yaml, hub-keys.yaml, emergency.yaml.
#include <stdio.h>

#include "policies/writer/page.h"

static value version(page *g) { return said_number(policy_version(g->p)); }
static value effective(page *g) { return said_day(policy_effective_from(g->p)); }
static value warn(page *g) { return said_day(policy_stale(g->p).warn); }
static value no_registrations(page *g) { return said_day(policy_stale(g->p).no_registrations); }
static value deny(page *g) { return said_day(policy_stale(g->p).deny); }
static value ticket(page *g) { return said_number(policy_ticket_ms(g->p) / 60000); }
static value told(page *g) { return said_mask(policy_told(g->p) >> WHY_RULE, UINT64_MAX); }

static value previous(page *g)
{
    const uint8_t *hash = policy_previous_hash(g->p);
    return (value){.set = hash != NULL, .keys = {hash, NULL}};
}

static value quorum(page *g)
{
    static _Thread_local char text[32]; // until the next page is written
    policy_fraction f = policy_quorum(g->p);
    snprintf(text, sizeof text, "%u/%u", f.numerator, f.denominator);
    return said_text(text);
}

static value meetings(page *g) { return (value){.set = policy_council_meetings(g->p).a_year > 0}; }
static value a_year(page *g) { return said_number(policy_council_meetings(g->p).a_year); }
static value year_begins(page *g) { return said_number(policy_council_meetings(g->p).year_begins); }

static value observers(page *g)
{
    int count = policy_observer_count(g->p);
    return (value){.set = count > 0, .number = count, .text_at = policy_observer_at};
}

static value seats(page *g)
{
    int count = policy_seat_count(g->p);
    return (value){.set = count > 0, .number = count};
}

static policy_seat seat(const page *g) { return policy_seat_at(g->p, page_entry(g)); }
static value seat_id(page *g) { return said_text(seat(g).id); }
static value seat_institution(page *g) { return said_text(seat(g).institution); }
static value seat_office(page *g) { return said_text(seat(g).office); }
static value seat_from(page *g) { return said_day(seat(g).term_from); }
static value seat_until(page *g) { return said_day(seat(g).term_until); }

static value seat_key(page *g)
{
    const uint8_t *key = seat(g).key;
    return (value){.set = key != NULL, .keys = {key, NULL}};
}

static value grain(page *g) { return said_number(policy_index_grain(g->p)); }
static value hub_name(page *g) { return said_text(policy_hub(g->p).name); }
static value hub_host(page *g) { return said_text(policy_hub(g->p).host); }
static value hub_keys(page *g) { return (value){.set = policy_hub(g->p).tls_count > 0}; }

static value hub_tls(page *g)
{
    policy_hub_view h = policy_hub(g->p);
    return said_keys(h.tls_count, h.tls);
}

static value hub_sign(page *g)
{
    policy_hub_view h = policy_hub(g->p);
    return said_keys(h.sign_count, h.sign);
}

static uint64_t below(int count) { return count >= 64 ? UINT64_MAX : (1ull << count) - 1; }

static value emergency_kinds(page *g) { return said_mask(policy_emergency(g->p).kinds, below(policy_kind_count(g->p))); }
static value emergency_roles(page *g) { return said_mask(policy_emergency(g->p).roles, below(policy_role_count(g->p))); }

static value emergency_categories(page *g)
{
    return said_mask(policy_emergency(g->p).categories, policy_categories(g->p));
}

static value minutes(page *g) { return said_number(policy_emergency(g->p).minutes); }
static value audiences(page *g) { return said_mask(policy_emergency(g->p).told, UINT64_MAX); }
static value review_hours(page *g) { return said_number(policy_emergency(g->p).review_hours); }
static value without_consent(page *g) { return said_number(policy_emergency(g->p).without_consent); }
static value despite_objection(page *g) { return said_number(policy_emergency(g->p).despite_objection); }

#define NOTE "a note is for people and is no part of a version"
static const value_row ROWS[] = {
    {&SHAPE_COUNCIL, "version", version, NULL},
    {&SHAPE_COUNCIL, "effective_from", effective, NULL},
    {&SHAPE_COUNCIL, "warn_after", warn, NULL},
    {&SHAPE_COUNCIL, "no_registrations_after", no_registrations, NULL},
    {&SHAPE_COUNCIL, "deny_after", deny, NULL},
    {&SHAPE_COUNCIL, "stale_after", NULL, "the older name of deny_after"},
    {&SHAPE_COUNCIL, "ticket_minutes", ticket, NULL},
    {&SHAPE_COUNCIL, "told", told, NULL},
    {&SHAPE_COUNCIL, "previous", previous, NULL},
    {&SHAPE_COUNCIL, "quorum", quorum, NULL},
    {&SHAPE_COUNCIL, "meetings", meetings, NULL},
    {&SHAPE_COUNCIL, "observers", observers, NULL},
    {&SHAPE_COUNCIL, "seats", seats, NULL},
    {&SHAPE_MEETINGS, "a_year", a_year, NULL},
    {&SHAPE_MEETINGS, "year_begins", year_begins, NULL},
    {&SHAPE_SEAT, "id", seat_id, NULL},
    {&SHAPE_SEAT, "institution", seat_institution, NULL},
    {&SHAPE_SEAT, "office", seat_office, NULL},
    {&SHAPE_SEAT, "from", seat_from, NULL},
    {&SHAPE_SEAT, "until", seat_until, NULL},
    {&SHAPE_SEAT, "key", seat_key, NULL},
    {&SHAPE_SEAT, "note", NULL, NOTE},
    {&SHAPE_INDEX, "grain", grain, NULL},
    {&SHAPE_HUB, "name", hub_name, NULL},
    {&SHAPE_HUB, "host", hub_host, NULL},
    {&SHAPE_HUB_KEYS, "keys", hub_keys, NULL},
    {&SHAPE_HUB_KEY_LISTS, "tls", hub_tls, NULL},
    {&SHAPE_HUB_KEY_LISTS, "sign", hub_sign, NULL},
    {&SHAPE_EMERGENCY, "kinds", emergency_kinds, NULL},
    {&SHAPE_EMERGENCY, "roles", emergency_roles, NULL},
    {&SHAPE_EMERGENCY, "categories", emergency_categories, NULL},
    {&SHAPE_EMERGENCY, "minutes", minutes, NULL},
    {&SHAPE_EMERGENCY, "told", audiences, NULL},
    {&SHAPE_EMERGENCY, "review_hours", review_hours, NULL},
    {&SHAPE_EMERGENCY, "without_consent", without_consent, NULL},
    {&SHAPE_EMERGENCY, "despite_objection", despite_objection, NULL},
    {&SHAPE_EMERGENCY, "note", NULL, NOTE},
};
const value_rows COUNCIL_ROWS = {ROWS, sizeof ROWS / sizeof *ROWS};
