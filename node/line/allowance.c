// SPDX-License-Identifier: Apache-2.0
#include "node/line/allowance.h"

#include <stdlib.h>
#include <string.h>

enum { DAY_MS = 86400000, FIRST_CAP = 16 };

// One facility through one node, for one sort of letter.
struct allowance_sender {
    char by[LETTER_NODE_MAX + 1];
    uint64_t from;
    uint32_t sort; // the letter's kind; LETTER_NONE: all that have no measure of their own
    uint32_t left;
    time_ms at;    // up to when `left` is reckoned
    bool told;     // that nothing is left
};

static uint32_t most_of(uint32_t sort)
{
    switch (sort) {
    case LETTER_ENQUIRY: return ALLOWANCE_ENQUIRIES;
    case LETTER_REQUEST: return ALLOWANCE_REQUESTS;
    case LETTER_EMERGENCY_TOLD: return ALLOWANCE_ALARMS;
    default: return ALLOWANCE_WORDS;
    }
}

static uint32_t sort_of(uint32_t kind)
{
    return kind == LETTER_ENQUIRY || kind == LETTER_REQUEST || kind == LETTER_EMERGENCY_TOLD ? kind : LETTER_NONE;
}

void allowance_done(allowance *a)
{
    free(a->senders);
    *a = (allowance){0};
}

static void refill(allowance_sender *s, time_ms now)
{
    uint32_t most = most_of(s->sort);
    time_ms each = DAY_MS / most, more;
    if (now < s->at || now - s->at >= DAY_MS) { // a clock set back gives a fresh day, not none for ever
        s->left = most;
        s->at = now;
        return;
    }
    more = (now - s->at) / each;
    s->left = s->left + more > most ? most : s->left + (uint32_t)more;
    s->at += more * each;
}

static bool grow(allowance *a)
{
    if (a->count < a->cap)
        return true;
    size_t cap = a->cap ? 2 * a->cap : FIRST_CAP;
    allowance_sender *more = realloc(a->senders, cap * sizeof *more);
    if (!more)
        return false;
    a->senders = more;
    a->cap = cap;
    return true;
}

static allowance_sender *sender_of(allowance *a, const letter *l, time_ms now)
{
    uint32_t sort = sort_of(l->kind);
    size_t silent = 0;
    for (size_t i = 0; i < a->count; i++) {
        allowance_sender *s = &a->senders[i];
        if (s->from == l->from && s->sort == sort && strcmp(s->by, l->from_node) == 0)
            return s;
        if (s->at < a->senders[silent].at)
            silent = i;
    }
    bool full = a->count == ALLOWANCE_SENDERS;
    size_t len = strlen(l->from_node);
    if (len > LETTER_NODE_MAX || (!full && !grow(a)))
        return NULL;
    allowance_sender *s = &a->senders[full ? silent : a->count++];
    *s = (allowance_sender){.from = l->from, .sort = sort, .left = most_of(sort), .at = now};
    memcpy(s->by, l->from_node, len);
    return s;
}

bool allowance_take(allowance *a, const letter *l, time_ms now, bool *ret_first)
{
    allowance_sender *s = sender_of(a, l, now);
    *ret_first = false;
    if (!s)
        return false;
    refill(s, now);
    if (!s->left) {
        *ret_first = !s->told;
        s->told = true;
        return false;
    }
    s->left--;
    if (s->left > most_of(s->sort) / 2) // told once, and again only after a pause
        s->told = false;
    return true;
}
