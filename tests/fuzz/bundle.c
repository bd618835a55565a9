// SPDX-License-Identifier: Apache-2.0
// rooms: engine
// The bundle verifier, and decisions over whatever it lets through. The last bytes
// of the input are also taken as the facts of a question.
#include <stdlib.h>
#include <string.h>

#include "policies/engine/decide.h"
#include "policies/engine/flow.h"
#include "policies/engine/forms.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    policy *p = NULL;
    if (policy_open(span_of(data, size), &p))
        return 0;
    policy_question q = {0};
    size_t n = size < sizeof q ? size : sizeof q;
    memcpy(&q, data + size - n, n);
    q.consented = data[size - 1] & 1;
    volatile size_t sink = 0; // so that the reads are not optimised away
    (void)sink;
    for (int round = 0; round < 64; round++) {
        policy_answer a;
        policy_decide(p, &q, &a);
        if (a.granted & ~q.asked)
            abort(); // more than was asked
        for (int bit = 0; bit < POLICY_CATEGORIES; bit++)
            if ((a.why[bit] == WHY_GRANTED) != (a.granted >> bit & 1))
                abort();
        q = (policy_question){.viewer = round % 8, .viewer_union = round % 3, .role = round % 5,
                              .purpose = round % 2, .source = round / 8, .asked = 0xffff,
                              .today = policy_effective_from(p), .registered_on = policy_effective_from(p),
                              .consented = true, .consent_categories = 0xffff,
                              .consent_from = INT32_MIN, .consent_until = INT32_MAX};
    }
    for (int i = 0; i < policy_facility_count(p) && i < 100; i++)
        sink += strlen(policy_facility_at(p, i).name) + (size_t)policy_discloser(p, i);
    for (int i = 0; i < policy_form_count(p); i++)
        for (int k = 0; k < policy_form_at(p, i).field_count; k++) {
            policy_form_field f = policy_form_field_at(p, i, k);
            sink += strlen(f.hint_ja) + strlen(policy_form_choice_at(p, i, k, f.choice_count - 1).id);
            if (f.when >= k || policy_form_field_find(p, i, f.name) != k)
                abort();
        }
    if (policy_flow(p).retention_months < 36)
        abort(); // the law's three years
    for (int i = 0; i < policy_node_count(p) && i < 100; i++)
        for (int k = 0; k < policy_node_at(p, i).tls_count; k++)
            if (policy_node_by_tls(p, policy_node_at(p, i).tls[k]) != i)
                abort();
    policy_free(p);
    return 0;
}
