// SPDX-License-Identifier: Apache-2.0
// Invented SS-MIX2 storages, for tests, demonstrations and measurements. The
// people are the seed's: every hospital of one seed draws from one population,
// each under its own chart numbers, spelling habits and records. Family names
// begin with 仮 (カリ): nobody can take one of these people for a real one.
// The same options give the same bytes, at any speed and into any folder.
// Owner: the caller of everything passed in. Thread: one call at a time a
// folder, no shared state. Fails: ERR_USAGE (a bad option), ERR_EXISTS (a
// storage is already there), ERR_FORMAT (people_path), ERR_LIMIT, ERR_IO, ERR_FULL, ERR_MEM.
#ifndef TSUNAGU_SYNTH_H
#define TSUNAGU_SYNTH_H

#include "ops/cli/synth/slips.h"

#define SYNTH_HOSPITALS 16        // hospital is below this
#define SYNTH_FEDERATION 7        // among the first seven the promise on shared people holds
#define SYNTH_SHARED_LEAST 7      // with so many shared people any two of the seven share two or more
#define SYNTH_PATIENTS_MAX 300000
#define SYNTH_PEOPLE_MAX 10000    // lines of people_path
#define SYNTH_CHART 16            // a chart number with its NUL

typedef struct synth_counts {
    uint64_t patients, shared; // people with a chart here; those of the first `shared` among them
    uint64_t files, bytes;     // standardized storage
    uint64_t history;          // of these flagged _2 (superseded)
    uint64_t deleted;          // of these flagged _0
    uint64_t damaged;          // of these damaged on purpose
    uint64_t dirty;            // patients written with dirt on who they are
    uint64_t documents;        // folders of the extended storage
    uint64_t document_bytes;
} synth_counts;

typedef struct synth_told {
    uint32_t index;            // of the seed; UINT32_MAX: from people_path
    const char *chart;
    slip_kind dirt;
    const identity *truth, *written; // as on the insurance card, and as this hospital's ADT-00 has it
} synth_told;

typedef struct synth_options {
    const char *out_dir;       // made if need be; gets standard/ and, if asked for, extended/
    const char *facility_code; // ten digits
    const char *facility_name; // UTF-8, in every order; at most 60 bytes
    uint64_t seed;
    uint32_t hospital;         // 0 to SYNTH_HOSPITALS-1
    uint32_t patients;         // at least so many; more if shared and people_path need it
    uint32_t shared;           // the first so many people of the seed may be known at several hospitals
    day until;                 // the last clinical day; records reach 24 months back
    bool extended;             // also write an extended storage
    uint64_t files_target;     // 0, or add visits until the standardized storage has about so many files
    uint64_t large_bytes;      // 0, or the size of one extra document of the first patient (extended)
    const char *people_path;   // NULL, or further people who must be known here, see below
    unsigned damage_percent;   // 0 to 50: files damaged as real storages are damaged
    bool dirt;                 // people known at several hospitals are written with dirt at all but the first (dirt.h)
    slip_kind only;            // with dirt: this kind, where somebody has what it touches; SLIP_COUNT: all
    void (*told)(void *arg, const synth_told *p); // NULL, or told each patient: the ground truth
    void *told_arg;
    void (*progress)(void *arg, const synth_counts *so_far); // NULL, or called after each patient
    void *progress_arg;
} synth_options;

// people_path: UTF-8, a person a line, tabs between: kanji family, kanji given, kana family, kana
// given, birth (as day_parse), sex, postal, address, telephone, insurer, symbol, number, branch, and
// optionally the chart number (else synth_extra_chart). Fields after sex may be empty; # begins a remark.
MUST_CHECK err synth_write(const synth_options *options, synth_counts *ret);

// Person `index` of the seed, as on the insurance card; the same in every hospital.
void synth_person(uint64_t seed, uint32_t index, identity *ret);
// The same person as that hospital spells it (large kana for small, old characters, no branch...).
void synth_person_at(uint64_t seed, uint32_t index, uint32_t hospital, identity *ret);
// Whether that hospital knows the person when the first `shared` people are shared. Each of
// these is known at two to four of the first seven; everybody else at one hospital at most.
bool synth_known(uint64_t seed, uint32_t shared, uint32_t index, uint32_t hospital);
void synth_chart(uint64_t seed, uint32_t index, uint32_t hospital, char out[static SYNTH_CHART]);
void synth_extra_chart(uint64_t seed, uint32_t line, uint32_t hospital, char out[static SYNTH_CHART]);

#endif
