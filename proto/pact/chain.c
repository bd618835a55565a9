// SPDX-License-Identifier: Apache-2.0
#include "proto/pact/chain.h"

void chain_next(chain_head *h, span entry)
{
    uint8_t seq[8];
    h->seq++;
    be64_put(seq, h->seq);
    const span parts[] = {
        SPAN_LIT("tsunagu log v1"),
        span_of(h->hash.at, sizeof h->hash.at),
        span_of(seq, sizeof seq),
        entry,
    };
    hash32 next;
    sha256_parts(parts, sizeof parts / sizeof *parts, &next);
    h->hash = next;
}

err chain_check(const chain_head *before, span stored, span *ret_entry, chain_head *ret_after)
{
    if (stored.len < HASH_BYTES)
        return ERR_CORRUPT;
    span entry = {stored.at + HASH_BYTES, stored.len - HASH_BYTES};
    chain_head after = *before;
    chain_next(&after, entry);
    if (!crypto_same(after.hash.at, stored.at, HASH_BYTES))
        return ERR_CORRUPT;
    *ret_entry = entry;
    *ret_after = after;
    return OK;
}

const char *log_event_name(uint32_t e)
{
    static const char *const names[EVENT_COUNT] = {
        [EVENT_NONE] = "none",           [EVENT_START] = "start",         [EVENT_STOP] = "stop",
        [EVENT_CONNECT] = "connect",     [EVENT_REFUSE] = "refuse",       [EVENT_DISCONNECT] = "disconnect",
        [EVENT_PUBLISH] = "publish",     [EVENT_TOMBSTONE] = "tombstone", [EVENT_LOOKUP] = "lookup",
        [EVENT_FETCH] = "fetch",         [EVENT_FETCH_END] = "fetch_end", [EVENT_WITHDRAW] = "withdraw",
        [EVENT_STOP_TOLD] = "stop_told", [EVENT_RULES] = "rules",         [EVENT_RELEASE] = "release",
        [EVENT_CONSENT] = "consent",     [EVENT_REGISTER] = "register",   [EVENT_READ] = "read",
        [EVENT_ASK] = "ask",             [EVENT_CONTROL] = "control",     [EVENT_CUT] = "cut",
        [EVENT_LETTER] = "letter",       [EVENT_MEMBERS] = "members",
    };
    return e < EVENT_COUNT ? names[e] : "?";
}
