// SPDX-License-Identifier: Apache-2.0
#include "node/flow/patient.h"

#include <stdio.h>
#include <string.h>

#include "node/charts/charts.h"
#include "node/charts/consent.h"
#include "node/charts/own.h"
#include "node/charts/person.h"
#include "node/shelf/shelf.h"

static bool on_shelf(const node *n, uint64_t facility)
{
    return facility != n->facility;
}

uint64_t patient_owner(const node *n, const char *chart)
{
    uint64_t facility;
    const char *number;
    return shelf_chart_read(chart, &facility, &number) ? facility : n->facility;
}

err patient_chart(job *j, uint64_t facility, const char *said, char ret[static SSMIX_CHART_MAX + 1])
{
    bool good = said[0] && (on_shelf(j->n, facility) ? shelf_chart(facility, said, ret, SSMIX_CHART_MAX + 1)
                                                     : strlen(said) <= SSMIX_CHART_MAX);
    if (!good) {
        snprintf(j->note, sizeof j->note, "say which chart was found");
        return ERR_USAGE;
    }
    if (!on_shelf(j->n, facility))
        strcpy(ret, said);
    return OK;
}

static err registered(job *j, store_txn *t, const char *chart, const request *r)
{
    uint64_t facility;
    const char *number;
    pseudonym own, asked;
    if (!shelf_chart_read(chart, &facility, &number) || pseudonym_parse(wire_span(r->body->pseudonym), &asked) != OK)
        return ERR_FORMAT;
    err e = own_find(t, facility, number, &own);
    if (e == ERR_NOT_FOUND)
        snprintf(j->note, sizeof j->note, "this number is not registered here: register it first");
    if (e == OK && !pseudonym_same(&own, &asked)) {
        snprintf(j->note, sizeof j->note, "this number was registered with another name, birth or sex than the form's");
        e = ERR_DENIED;
    }
    return e;
}

err patient_check(job *j, store_txn *t, const request *r)
{
    return on_shelf(j->n, r->own) ? registered(j, t, r->chart, r) : OK;
}

// Of a registered number nothing is kept but its pseudonym: where that is the form's, the names as they sound,
// the birth and the sex are, and nothing is known of the rest.
err patient_identity(job *j, store_txn *t, const request *r, const char *chart, const identity *form, identity *ret)
{
    if (!on_shelf(j->n, r->own)) {
        err e = person_identity(j->n, t, chart, ret, NULL);
        if (e)
            snprintf(j->note, sizeof j->note, "no such chart, or its ADT-00 cannot be read");
        return e;
    }
    err e = registered(j, t, chart, r);
    if (e == OK) {
        *ret = (identity){.birth = form->birth, .sex = form->sex};
        memcpy(ret->kana_family, form->kana_family, sizeof ret->kana_family);
        memcpy(ret->kana_given, form->kana_given, sizeof ret->kana_given);
    }
    return e;
}

err patient_held(store_txn *t, const node *n, uint64_t facility, const pseudonym *who, bool *ret)
{
    char number[OWN_NUMBER_MAX + 1];
    if (!on_shelf(n, facility))
        return person_known(t, who, ret);
    err e = own_number(t, facility, who, number, sizeof number);
    if (e == OK || e == ERR_NOT_FOUND)
        *ret = e == OK;
    return e == ERR_NOT_FOUND ? OK : e;
}

err patient_candidates_show(job *j, control_in *in, store_txn *t, const request *r, const identity *form)
{
    char number[OWN_NUMBER_MAX + 1], chart[SSMIX_CHART_MAX + 1];
    pseudonym who;
    consent c;
    if (!on_shelf(j->n, r->own))
        return charts_candidates_show(j, in, t, form);
    err e = pseudonym_parse(wire_span(r->body->pseudonym), &who);
    if (e == OK)
        e = own_number(t, r->own, &who, number, sizeof number);
    if (e == ERR_NOT_FOUND)
        control_note(in, "%s", "no number is registered here with this name, birth and sex");
    if (e)
        return e == ERR_NOT_FOUND ? OK : e;
    bool open = shelf_chart(r->own, number, chart, sizeof chart) && consent_get(t, span_str(chart), &c) == OK &&
                !c.card.scope.withdrawn;
    control_record(in, "candidate");
    control_text(in, "chart", number);
    control_text(in, "strength", match_strength_name(MATCH_LIKELY));
    control_text(in, "consented", open ? "yes" : "no");
    return OK;
}
