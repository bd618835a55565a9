// SPDX-License-Identifier: Apache-2.0
#include "policies/engine/emergency.h"

#include "policies/engine/flow.h"

enum { MINUTES_DEFAULT = 60, REVIEW_HOURS_DEFAULT = 24 }; // where no emergency.yaml says it

emergency_word emergency_word_of(const emergency_said *s)
{
    if (s->objected || s->stopped || (s->consent && (s->withdrawn || !s->includes)))
        return EMERGENCY_AGAINST;
    return s->consent && s->lasts ? EMERGENCY_AGREED : EMERGENCY_UNASKED;
}

bool emergency_opens(const policy *p, emergency_word w)
{
    policy_emergency_view v = policy_emergency(p);
    switch (w) {
    case EMERGENCY_AGREED:
        return true;
    case EMERGENCY_UNASKED:
        return v.present && v.without_consent;
    case EMERGENCY_AGAINST: // who may be opened against their word may be opened without it
        return v.present && v.without_consent && v.despite_objection;
    }
    return false;
}

uint32_t emergency_categories(const policy *p, int facility, int role)
{
    policy_emergency_view v = policy_emergency(p);
    if (facility < 0 || facility >= policy_facility_count(p) || role < 0 || role >= policy_role_count(p))
        return 0;
    if (!v.present)
        return (1u << POLICY_CATEGORIES) - 1;
    bool may = (v.kinds >> policy_facility_at(p, facility).kind & 1) && (v.roles >> role & 1);
    return may ? v.categories : 0;
}

bool emergency_reason(const policy *p, const char *id, uint8_t *ret_number)
{
    int found = id && id[0] ? policy_emergency_reason_find(p, id) : POLICY_NONE;
    if (found == POLICY_NONE || found >= UINT8_MAX)
        return false;
    *ret_number = (uint8_t)(found + 1);
    return true;
}

const char *emergency_reason_id(const policy *p, uint8_t number)
{
    return number ? policy_emergency_reason_at(p, number - 1).id : "";
}

int emergency_minutes(const policy *p)
{
    int minutes = policy_emergency(p).minutes;
    return minutes > 0 ? minutes : MINUTES_DEFAULT;
}

uint32_t emergency_ticket_ms(const policy *p)
{
    uint32_t opening = (uint32_t)emergency_minutes(p) * 60000u, usual = policy_ticket_ms(p);
    return opening < usual ? opening : usual;
}

int emergency_review_hours(const policy *p)
{
    int hours = policy_emergency(p).review_hours;
    return hours > 0 ? hours : REVIEW_HOURS_DEFAULT;
}
