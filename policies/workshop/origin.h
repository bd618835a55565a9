// SPDX-License-Identifier: Apache-2.0
// Where in the council's files a fact of the compiled rules is written: the line
// that decides. The files have been compiled before, so their form is known to be
// right; what each line does is worked out here a second time, line by line, which
// also checks the compiler's tables (tests/unit/workshop_explain.c).
// Owner: origin_free; places point into it. Thread: one. Fails: ERR_MEM, or files
// that do not compile (ERR_FORMAT, the mistakes are in the diag).
#ifndef TSUNAGU_WORKSHOP_ORIGIN_H
#define TSUNAGU_WORKSHOP_ORIGIN_H

#include "policies/compiler/compile.h"
#include "policies/engine/decide.h"
#include "proto/yaml/yaml.h"

typedef struct origin origin;
MUST_CHECK err origin_open(const policy_files *files, diag *d, origin **ret);
void origin_free(origin *o);
const policy *origin_policy(const origin *o);

// One line of a file; file NULL: nowhere.
typedef struct origin_place {
    const char *file;  // within the folder: "rules.yaml"
    unsigned line;
    const char *note;  // what stands there as `note`, or ""
} origin_place;

typedef struct origin_rule {
    origin_place allow, deny; // the strongest of each, the first where several are
    int allow_named, deny_named; // how many of the four they name; 0: there is none
    bool allowed;
} origin_rule;
origin_rule origin_rule_of(const origin *o, int kind, int role, int purpose, int category);

typedef enum pact_verdict { // what a worse one lets through, a better one does too
    PACT_NONE, PACT_NOT_YET, PACT_OVER, PACT_KIND, PACT_CATEGORY, PACT_COVERS
} pact_verdict;
typedef struct origin_pact {
    pact_verdict verdict;
    bool own;             // one union: no agreement is needed
    origin_place pact;    // where the agreement says between whom
    origin_place decides; // the line that lets it through or not
    origin_place window;  // the line that shortens the window; file NULL: the council's holds
    day from, until;
    int months;
} origin_pact;
origin_pact origin_pact_of(const origin *o, int discloser, int viewer, int kind, int category, day today);

origin_place origin_member(const origin *o, uint64_t code, int union_no, bool discloses);
origin_place origin_union(const origin *o, int union_no);
origin_place origin_category(const origin *o, int category);
origin_place origin_council(const origin *o, const char *key);

#endif
