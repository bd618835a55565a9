// SPDX-License-Identifier: Apache-2.0
#include "node/match/accept.h"

#include <assert.h>

static_assert((int)FLOW_KANA_FAMILY == (int)FIELD_KANA_FAMILY && (int)FLOW_KANA_GIVEN == (int)FIELD_KANA_GIVEN &&
                  (int)FLOW_KANJI == (int)FIELD_KANJI && (int)FLOW_BIRTH == (int)FIELD_BIRTH &&
                  (int)FLOW_SEX == (int)FIELD_SEX && (int)FLOW_POSTAL == (int)FIELD_POSTAL &&
                  (int)FLOW_INSURANCE == (int)FIELD_INSURANCE && (int)FLOW_BRANCH == (int)FIELD_BRANCH &&
                  (int)FLOW_TELEPHONE == (int)FIELD_TELEPHONE && (int)FLOW_ADDRESS == (int)FIELD_ADDRESS &&
                  (int)FLOW_EVIDENCES == (int)FIELD_COUNT,
              "the fields of a comparison in the order of the rules");

uint32_t match_agreeing(const identity_match *m)
{
    uint32_t agreeing = 0;
    for (int f = 0; f < FIELD_COUNT; f++)
        if (m->fields[f] == EVIDENCE_AGREES)
            agreeing |= 1u << f;
    return agreeing;
}

bool match_accepts(const policy *p, const identity_match *m)
{
    uint32_t agreeing = match_agreeing(m);
    int sets = policy_accept_count(p);
    bool enough = sets == 0;
    for (int i = 0; !enough && i < sets; i++)
        enough = (policy_accept_at(p, i) & ~agreeing) == 0;
    return enough && m->reasons[FIELD_BRANCH] != REASON_BRANCH;
}
