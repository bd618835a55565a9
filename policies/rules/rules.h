// SPDX-License-Identifier: Apache-2.0
// The rules as a daemon holds them: the bundle read from its file, verified, hashed,
// checked against the pin, with the hub's ticket keys prepared. Counted, so that
// a reload can switch while others still decide under the old ones.
// Owner: rules_load gives one reference; rules_drop the last frees. Thread: any.
// Fails: with a sentence in `why` (256 bytes) that names the file and what to do.
#ifndef TSUNAGU_RULES_RULES_H
#define TSUNAGU_RULES_RULES_H

#include "policies/engine/decide.h"
#include "proto/crypto/hash.h"
#include "proto/crypto/key.h"

#define RULES_BYTES_MAX (32u << 20)

typedef struct rules {
    policy *p;
    hash32 hash;
    verify_key *hub_keys[2];
    int hub_key_count;
    int emergency; // number of the purpose "emergency", or POLICY_NONE
    int count;     // references; rules_keep and rules_drop only
} rules;

// pin: 64 hex digits, or NULL.
MUST_CHECK err rules_load(const char *path, const char *pin, char *why, rules **ret);
// The same from bytes already in hand (copied). ERR_FORMAT, ERR_MEM.
MUST_CHECK err rules_of(span bundle, rules **ret);
rules *rules_keep(rules *r);
void rules_drop(rules *r);
// How stale: each step begins the day after the last one that the rules name for it. What a step
// forbids, the steps behind it forbid too; the last is the engine's own.
typedef enum rules_stale { RULES_FRESH, RULES_WARN, RULES_NO_REGISTRATIONS, RULES_DENY } rules_stale;
rules_stale rules_stale_on(const rules *r, day today);
const char *rules_stale_name(rules_stale s); // "" (fresh), "warn", "no_registrations", "deny"
// The first 8 bytes of the hash, as access log entries name the rules.
uint64_t rules_short(const rules *r);

#endif
