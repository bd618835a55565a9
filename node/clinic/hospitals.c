// SPDX-License-Identifier: Apache-2.0
// Where a request goes: the hospitals that flags or the form name, or all that may disclose to this clinic.
#include <stdio.h>
#include <string.h>

#include "node/clinic/asking.h"
#include "policies/engine/table.h"
#include "proto/base/luhn.h"

static bool could_disclose(const policy *p, int hospital, int clinic, day today)
{
    return policy_facility_at(p, hospital).discloses && hospital != clinic &&
           policy_related(p, policy_facility_at(p, hospital).unions, policy_facility_at(p, clinic).unions, today) &&
           policy_discloser(p, hospital) != POLICY_NONE;
}

static err hospitals_named(job *j, asking *k, const char *list)
{
    const policy *p = j->rules->r->p;
    char *words[FLOW_WORDS];
    size_t count = 0;
    err e = flow_words(j, list, words, &count);
    for (size_t i = 0; e == OK && i < count; i++) {
        uint64_t code;
        int f = institution_parse(span_str(words[i]), &code) == OK ? policy_facility(p, code) : POLICY_NONE;
        int clinic = policy_facility(p, k->who.facility);
        if (f == POLICY_NONE || clinic == POLICY_NONE || !could_disclose(p, f, clinic, day_of_time(j->now))) {
            snprintf(j->note, sizeof j->note, "to: %.20s is no hospital that discloses to this clinic's unions", words[i]);
            return ERR_USAGE;
        }
        k->to[k->to_count++] = code;
    }
    return e;
}

static err hospitals_all(job *j, asking *k)
{
    const policy *p = j->rules->r->p;
    int clinic = policy_facility(p, k->who.facility);
    for (int f = 0; clinic != POLICY_NONE && f < policy_facility_count(p) && k->to_count < HOSPITALS; f++)
        if (could_disclose(p, f, clinic, day_of_time(j->now)))
            k->to[k->to_count++] = policy_facility_at(p, f).code;
    if (k->to_count)
        return OK;
    snprintf(j->note, sizeof j->note, "no hospital discloses to this clinic's unions");
    return ERR_NOT_FOUND;
}

static err hospitals_full(job *j)
{
    snprintf(j->note, sizeof j->note, "to more than %d hospitals: ask first who may hold records", HOSPITALS);
    return ERR_LIMIT;
}

// A union on the form stands for its hospitals.
static err hospital_add(job *j, asking *k, const char *word)
{
    const policy *p = j->rules->r->p;
    int clinic = policy_facility(p, k->who.facility);
    bool found = false;
    grantee g;
    if (grantee_parse(word, &g) != OK || g.kind == GRANTEE_FEDERATION || clinic == POLICY_NONE) {
        snprintf(j->note, sizeof j->note, "the form names all as hospitals: let it ask first who may hold records");
        return ERR_USAGE;
    }
    int u = g.kind == GRANTEE_UNION ? policy_union(p, g.union_id) : POLICY_NONE;
    for (int f = 0; f < policy_facility_count(p); f++) {
        policy_facility_view v = policy_facility_at(p, f);
        bool meant = g.kind == GRANTEE_FACILITY ? v.code == g.facility : u != POLICY_NONE && (v.unions >> u & 1);
        bool twice = false;
        for (size_t i = 0; i < k->to_count; i++)
            twice = twice || k->to[i] == v.code;
        if (!meant || !could_disclose(p, f, clinic, day_of_time(j->now)))
            continue;
        found = true;
        if (!twice && k->to_count == HOSPITALS)
            return hospitals_full(j);
        if (!twice)
            k->to[k->to_count++] = v.code;
    }
    if (found)
        return OK;
    snprintf(j->note, sizeof j->note, "hospitals: %.40s is no hospital that discloses to this clinic's unions", word);
    return ERR_USAGE;
}

err hospitals_said(job *j, asking *k, control_in *in)
{
    const char *to = control_arg(in, "to");
    k->enquire = control_arg(in, "ask_all") && strcmp(control_arg(in, "ask_all"), "yes") == 0;
    if (to && !to[0])
        to = NULL;
    if (!to && !k->enquire)
        k->enquire = k->form_asks;
    else
        k->form_to_count = 0;
    if ((to && k->enquire) || (!to && !k->enquire && !k->form_to_count)) {
        snprintf(j->note, sizeof j->note, "say to (which hospitals) or ask_all, one of the two, or let the form say it");
        return ERR_USAGE;
    }
    k->ask_first = strcmp(control_word(in, "ask_first"), "yes") == 0;
    if (k->ask_first && !k->enquire) {
        snprintf(j->note, sizeof j->note, "ask_first belongs to ask_all: the form goes where to says");
        return ERR_USAGE;
    }
    if (k->enquire)
        return hospitals_all(j, k);
    err e = to ? hospitals_named(j, k, to) : OK;
    for (size_t i = 0; e == OK && i < k->form_to_count; i++)
        e = hospital_add(j, k, k->form_to[i]);
    return e;
}
