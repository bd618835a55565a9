// SPDX-License-Identifier: Apache-2.0
#include "proto/pact/grantee.h"

#include <string.h>

#include "proto/base/luhn.h"

err grantee_parse(const char *word, grantee *ret)
{
    grantee g = {0};
    if (strcmp(word, "federation") == 0) {
        g.kind = GRANTEE_FEDERATION;
    } else if (strncmp(word, "facility:", 9) == 0 && institution_parse(span_str(word + 9), &g.facility) == OK) {
        g.kind = GRANTEE_FACILITY;
    } else if (strncmp(word, "union:", 6) == 0 && word[6] && strlen(word + 6) <= UNION_ID_MAX) {
        g.kind = GRANTEE_UNION;
        strcpy(g.union_id, word + 6);
    } else {
        return ERR_USAGE;
    }
    *ret = g;
    return OK;
}

void grantee_put(const grantee *g, buf *out)
{
    char code[11];
    if (g->kind == GRANTEE_FACILITY) {
        institution_format(g->facility, code);
        buf_printf(out, "facility:%s", code);
    } else if (g->kind == GRANTEE_UNION) {
        buf_printf(out, "union:%s", g->union_id);
    } else {
        buf_printf(out, "federation");
    }
}

bool grantee_same(const grantee *a, const grantee *b)
{
    return a->kind == b->kind && a->facility == b->facility && strcmp(a->union_id, b->union_id) == 0;
}

bool scope_has(const consent_scope *s, const grantee *g)
{
    for (int i = 0; i < s->grantee_count; i++)
        if (grantee_same(&s->grantees[i], g))
            return true;
    return false;
}

err scope_add(consent_scope *s, const grantee *g)
{
    if (scope_has(s, g))
        return OK;
    if (s->grantee_count == CARD_GRANTEES)
        return ERR_LIMIT;
    s->grantees[s->grantee_count++] = *g;
    return OK;
}
