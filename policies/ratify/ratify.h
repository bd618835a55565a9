// SPDX-License-Identifier: Apache-2.0
// Ratification: version n follows version n-1 when three quarters of ALL seats of
// version n-1 have signed it. A record is plain lines that can be mailed; one
// signature and a gathered record are the same kind of file:
//
//   tsunagu ratification 1
//   version 2
//   rules HEX              SHA-256 of the new bundle
//   previous HEX           SHA-256 of the bundle before
//   signed SEAT 2026-11-21 HEX
//   end
//
// Signed is "tsunagu rules v1\n", both hashes (new, previous), u32 version, i32 day,
// and the seat's id to the end.
// Pure: no files, no clock; the same at a councillor's desk, the hub and a node.
// Owner: ratification_done, tally_done; policies must outlive a tally. Thread: one
// at a time. Fails: ERR_MEM, ERR_FORMAT, ERR_LIMIT; refusals are values with a sentence.
#ifndef TSUNAGU_RATIFY_RATIFY_H
#define TSUNAGU_RATIFY_RATIFY_H

#include "policies/engine/bundle.h"
#include "policies/engine/decide.h"
#include "proto/crypto/hash.h"
#include "proto/crypto/key.h"

#define RATIFICATION_MAGIC "tsunagu ratification 1"
#define RATIFICATION_BYTES (512u << 10)
#define RATIFICATION_SIGNATURES 1024
#define RATIFY_SKEW_DAYS 1 // a signer's calendar may be so far ahead

// ---- the record --------------------------------------------------------------------
typedef struct ratify_head {
    uint32_t version;
    hash32 rules, previous;
} ratify_head;
typedef struct ratify_signature {
    char seat[BUNDLE_TEXT + 1];
    day on; // as the signer says, and signed
    uint8_t bytes[SIGNATURE_BYTES];
} ratify_signature;
typedef struct ratification {
    ratify_head head;
    ratify_signature *signatures;
    size_t count, cap;
} ratification;

bool ratification_is(span bytes); // begins like one
MUST_CHECK err ratification_read(span bytes, ratification *ret);
MUST_CHECK err ratification_add(ratification *r, const ratify_signature *s);
// Signatures rising by seat, so that what is the same reads the same.
MUST_CHECK err ratification_put(const ratification *r, buf *out);
void ratification_done(ratification *r);
// What a record of new_rules after old_rules begins with.
void ratify_head_of(const policy *old_rules, const policy *new_rules, ratify_head *ret);
MUST_CHECK err ratify_sign(const sign_key *k, const ratify_head *h, const char *seat, day on, ratify_signature *ret);

// ---- one version after another -----------------------------------------------------
typedef enum ratify_step { // may new_rules follow old_rules at all?
    STEP_GOOD,
    STEP_SAME,           // it is the version already in hand
    STEP_ROLLBACK,       // an older version
    STEP_FORK,           // another text of the same version
    STEP_GAP,            // versions are missing between
    STEP_NO_PREVIOUS,    // it does not name what it follows
    STEP_OTHER_PREVIOUS, // it follows another version n-1
    STEP_EFFECTIVE,      // it would take effect before the one it follows
    STEP_NO_SEATS,       // nobody can ratify
    STEP_FEW,            // too few signatures (tally_step only)
    STEP_COUNT
} ratify_step;
ratify_step ratify_step_of(const policy *old_rules, const policy *new_rules);
const char *ratify_step_text(ratify_step s); // a sentence in the asker's tongue
const char *ratify_step_name(ratify_step s);

typedef enum ratify_why { // why a signature does not count
    SIGNED_COUNTS,
    SIGNED_OTHER_RULES,    // other bytes
    SIGNED_OTHER_PREVIOUS,
    SIGNED_NO_SEAT,        // not of the version before
    SIGNED_NO_KEY,         // that seat has no key yet
    SIGNED_WRONG,          // the key does not fit
    SIGNED_TERM_BEFORE,
    SIGNED_TERM_ENDED,
    SIGNED_TOO_EARLY,      // the version that made the seat was not yet in force
    SIGNED_FUTURE,
    SIGNED_TWICE,
    SIGNED_WHYS
} ratify_why;
const char *ratify_why_text(ratify_why w);
const char *ratify_why_name(ratify_why w);

// count of seats are enough: the rules' share, and never less than the charter's 3/4.
bool ratify_enough(uint32_t count, uint32_t seats, policy_fraction quorum);
uint32_t ratify_needed(uint32_t seats, policy_fraction quorum); // the fewest that are enough

typedef struct ratify_tally {
    const policy *old_rules, *new_rules;
    day today;                // days after it (and the skew) are the future
    bool signed_by[BUNDLE_SEATS]; // by seat number of old_rules
    uint32_t counted, seats;
    ratification record;      // what counts
} ratify_tally;
void tally_init(ratify_tally *t, const policy *old_rules, const policy *new_rules, day today);
void tally_done(ratify_tally *t);
// Judges one signature that came under head `h`; keeps it if it counts. ERR_MEM.
MUST_CHECK err tally_add(ratify_tally *t, const ratify_head *h, const ratify_signature *s, ratify_why *ret);
// All of a record. ret_first: the first reason of a signature that did not count.
MUST_CHECK err tally_add_all(ratify_tally *t, const ratification *r, ratify_why *ret_first);
ratify_step tally_step(const ratify_tally *t); // STEP_GOOD: ratified

// What changes of the council itself, of days, keys, cards, tickets and emergencies, in lines
// for people: the part that a comparison of rights does not tell. Nothing changed: no lines.
MUST_CHECK err ratify_change_put(const policy *old_rules, const policy *new_rules, buf *out);

#endif
