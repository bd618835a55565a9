// SPDX-License-Identifier: Apache-2.0
// A card: what the hub holds per (pseudonym, disclosing facility). Under 200
// bytes typically, WIRE_CARD_MAX at most. Packed by hand, big-endian, so that reading one
// allocates nothing; the layout stands in card.c and PROTOCOL.md.
// A consent's scope (to whom, what, when) is part of the card; the consent form is not.
// Owner: card is a plain value. Thread: any. Fails: card_unpack on bytes from outside
// (ERR_FORMAT, ERR_LIMIT): every field in range, no trailing bytes, canonical.
#ifndef TSUNAGU_PACT_CARD_H
#define TSUNAGU_PACT_CARD_H

#include "proto/pact/pseudonym.h"

#define CARD_GRANTEES 32
#define CARD_PERIOD_BYTES 64 // bits: months (or days) per category
#define CARD_CATEGORIES 16
#define UNION_ID_MAX 16      // characters of a union's id

typedef enum grantee_kind { GRANTEE_FACILITY = 1, GRANTEE_UNION = 2, GRANTEE_FEDERATION = 3 } grantee_kind;
typedef struct grantee {
    grantee_kind kind;
    uint64_t facility;             // GRANTEE_FACILITY
    char union_id[UNION_ID_MAX + 1]; // GRANTEE_UNION
} grantee;

// To whom, which categories, from when until when: the patient's consent as both sides compute it.
typedef struct consent_scope {
    uint8_t id[16];
    uint64_t revision;       // rises with every change; a withdrawal is a revision too
    time_ms at;              // when this revision was agreed
    day from, until;         // until: DAY_FOREVER if open
    uint16_t categories;     // bits
    bool emergency;          // includes emergencies
    bool proxy;              // given by a proxy (who and the relation stay at the hospital)
    bool withdrawn;          // a tombstone: everything above stays, nothing is granted
    uint8_t grantee_count;
    grantee grantees[CARD_GRANTEES];
} consent_scope;
// Does the scope cover this viewer (in any of these unions, NUL-terminated ids) on that day?
bool consent_covers(const consent_scope *s, uint64_t facility, const char *const *unions, int union_count,
                    day today);
// Order of two scopes of one patient at one facility: the higher revision wins.

typedef struct card_presence {
    uint8_t category;        // bit number
    uint16_t bytes;          // of bits in use, at most CARD_PERIOD_BYTES
    uint8_t bits[CARD_PERIOD_BYTES]; // bit i (LSB first): something exists in period base + i
    uint32_t base;           // months (or days) since 1970-01
} card_presence;

typedef struct card {
    pseudonym who;
    uint64_t facility;       // disclosing
    day registered_on;       // windows count back from this day
    uint8_t grain;           // 0 presence, 1 month, 2 day
    consent_scope scope;
    uint8_t presence_count;
    card_presence presence[CARD_CATEGORIES];
} card;

// Sorts and makes canonical: grantees are a set, presences are per category, bits begin at the first set one.
MUST_CHECK err card_pack(const card *c, buf *out); // ERR_LIMIT; ERR_FORMAT if it breaks the rules above
// Entries beyond the counts are left as they were.
MUST_CHECK err card_unpack(span bytes, card *ret);
// Adds the period a day falls into (DAY_NONE: it exists, when is not said: no bits); widens the bits,
// forgetting the oldest beyond CARD_PERIOD_BYTES.
void card_mark(card *c, int category, day d);
// Keys of the hub's card table: pseudonym (33) + facility (8): one range scan finds all of a patient's.
#define CARD_KEY_BYTES (PSEUDONYM_BYTES + 8)
void card_key(const pseudonym *who, uint64_t facility, uint8_t ret[static CARD_KEY_BYTES]);

#endif
