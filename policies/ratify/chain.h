// SPDX-License-Identifier: Apache-2.0
// The chain of versions as hub, nodes and the command line walk it: the first is known by its pinned
// hash, each further one must follow the newest and be ratified by its council. What is refused
// changes nothing, and says why by a name (for logs and machines) and a sentence.
// Pure: no files, no clock. A record in which any signature does not count is refused as a whole:
// whoever hands it on should have left that signature out.
// Owner: chain_close; rules taken out are counted by rules_keep if they shall outlive it.
// Thread: one at a time. Fails: ERR_MEM; refusals are verdicts.
#ifndef TSUNAGU_RATIFY_CHAIN_H
#define TSUNAGU_RATIFY_CHAIN_H

#include "policies/ratify/ratify.h"
#include "policies/rules/rules.h"

enum { CHAIN_FUTURE_DAYS = 180, CHAIN_TEXT = 640 };

typedef enum chain_why {
    CHAIN_GOOD,
    CHAIN_SAME,        // the newest version again, byte for byte: nothing changes
    CHAIN_FIRST,       // not the pinned first version
    CHAIN_BYTES,       // no bundle, or other bytes of the same meaning
    CHAIN_LIST,        // a secretariat's members list where rules belong
    CHAIN_RECORD,      // the record of the ratification is not whole
    CHAIN_STEP,        // it does not follow the newest: ratify_step
    CHAIN_FUTURE,      // it would take effect too far ahead
    CHAIN_SECRETARIAT, // a union's secretariat signed where a seat must
    CHAIN_SIGNATURE    // a signature does not count: ratify_why
} chain_why;

typedef struct chain_verdict {
    chain_why why;
    ratify_step step;      // of CHAIN_STEP
    ratify_why signature;  // of CHAIN_SIGNATURE
    const char *name;      // "good", "same", "first", "few", "fork", "twice", "term-ended", ...; static
    char text[CHAIN_TEXT]; // a sentence in the asker's tongue, with the seat and the counts
    char seat[BUNDLE_TEXT + 1]; // whose signature it is about, or ""
    uint32_t version;      // of what was offered; 0: no bundle
    hash32 hash;
    uint32_t counted, seats, needed;
} chain_verdict;
static inline bool chain_taken(const chain_verdict *v) { return v->why <= CHAIN_SAME; }
// The sentence for a verdict's name, in the tongue of this program. signature: it is about a signature.
const char *chain_sentence(const char *name, bool signature);

typedef struct chain_version {
    rules *r;
    buf record;              // as it came; empty for the first
    ratification signatures; // read
} chain_version;

typedef struct chain chain;
MUST_CHECK err chain_open(const hash32 *first, chain **ret);
void chain_close(chain *c);
// record: empty for the first version. today: for days of signing and for what is too far ahead.
MUST_CHECK err chain_push(chain *c, span bundle, span record, day today, chain_verdict *ret);
// The same; a version that is good is handed to `keep` (say, to write it to disk) before it is taken.
// What `keep` fails with comes back, and nothing was taken; *ret says "good" all the same.
typedef err (*chain_keep)(void *ctx, rules *r, span record);
MUST_CHECK err chain_push_kept(chain *c, span bundle, span record, day today, chain_keep keep, void *ctx,
                               chain_verdict *ret);
// The same for what is read already; r is counted once more if taken. record: NULL for the first.
MUST_CHECK err chain_push_read(chain *c, rules *r, const ratification *record, day today, chain_verdict *ret);
// Judges only; nothing is taken.
MUST_CHECK err chain_weigh(const chain *c, rules *r, const ratification *record, day today, chain_verdict *ret);

size_t chain_count(const chain *c);
const chain_version *chain_get(const chain *c, size_t i);          // from the first on; i < count
const chain_version *chain_find(const chain *c, uint32_t version); // or NULL
rules *chain_newest(const chain *c);                               // borrowed; NULL: empty
// In force on that day: the newest that has taken effect, else the first. Borrowed; NULL: empty.
rules *chain_at(const chain *c, day today);
// The first day after `today` on which another version takes effect; DAY_NONE: none is waiting.
day chain_next_switch(const chain *c, day today);

#endif
