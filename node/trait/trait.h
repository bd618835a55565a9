// SPDX-License-Identifier: Apache-2.0
// Traits: keyed hashes of parts of an identity, by which a request form finds the charts it may
// mean among all of a hospital's. Each trait leaves out what one kind of mistake touches, so that a
// form with that mistake still meets its chart by the others. They only find; identity_compare judges.
// Owner: plain values. Thread: any; the index within the caller's transaction. Fails: as the store.
#ifndef TSUNAGU_NODE_TRAIT_H
#define TSUNAGU_NODE_TRAIT_H

#include "proto/pact/identity.h"
#include "proto/store/store.h"

#define TRAIT_CHART_MAX 32
#define TRAIT_VERSION 2   // of what a trait is made from: rises with every change, and all are read anew
#define TRAIT_MAX 12      // of one identity; 8 in the index
#define TRAIT_BYTES_MAX 17

// Numbers are for ever. 1 to 3 were version 1: name and birth, birth sex and given name, insurance.
// "Heard" is a kana name without what two clerks write differently: long vowels and sound marks.
typedef enum trait_kind {
    TRAIT_NAME_YEAR = 4, // both names heard, year of birth: month or day wrong, or swapped
    TRAIT_NAME_DAY,      // both names heard, month and day: the year is wrong, or an era
    TRAIT_GIVEN,         // given name heard, birth: married, or the family name written otherwise
    TRAIT_FAMILY,        // family name heard, birth: the given name read otherwise; also a twin
    TRAIT_KANJI,         // kanji with variants as one, birth: no kana, or quite another reading
    TRAIT_CARD,          // insurer, symbol and number: birth and name may both be wrong; a family too
    TRAIT_CARD_BIRTH,    // symbol, number, birth: the insurer is missing or wrong
    TRAIT_TELEPHONE      // telephone, given name heard: married, and a slip in the birth
} trait_kind;

typedef struct traits {
    uint8_t version;
    uint8_t bytes; // of each: kind, then a keyed hash
    int count;
    uint8_t at[TRAIT_MAX][TRAIT_BYTES_MAX];
} traits;

void traits_of(const uint8_t secret[static 32], const identity *i, traits *ret);
// What a form asks for: its traits, and those it would have with month and day of birth the other way round.
void traits_asked(const uint8_t secret[static 32], const identity *form, traits *ret);

// Packed into a record of the caller's, in the form of its version; version 1 is read as it was written.
MUST_CHECK err traits_pack(const traits *k, buf *out);
MUST_CHECK err traits_unpack(reader *r, traits *ret);

// The index is a table of the caller's: trait | chart -> "".
MUST_CHECK err traits_put(store_txn *t, int table, const traits *k, const char *chart);
MUST_CHECK err traits_drop(store_txn *t, int table, const traits *k, const char *chart);

typedef struct trait_hit {
    char chart[TRAIT_CHART_MAX + 1];
    unsigned shared; // so many traits in common
} trait_hit;
// Charts that share a trait with this identity, each once, those that share most first; of more than
// `max` the ones that share least are left out.
MUST_CHECK err traits_search(store_txn *t, int table, const traits *k, trait_hit *hits, size_t max,
                             size_t *ret_count);

#endif
