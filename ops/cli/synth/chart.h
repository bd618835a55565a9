// SPDX-License-Identifier: Apache-2.0
// One patient at one hospital while their records are being written.
// Owner: synth_write. Thread: one. Fails: encoders keep their failure in
// text.sticky, chart_file returns it.
#ifndef TSUNAGU_SYNTH_CHART_H
#define TSUNAGU_SYNTH_CHART_H

#include "ops/cli/synth/catalog.h"
#include "ops/cli/synth/draw.h"
#include "ops/cli/synth/house.h"
#include "ops/cli/synth/jis.h"
#include "ops/cli/synth/synth.h"
#include "ops/cli/synth/tree.h"

#define CHART_PROBLEMS 3
#define CHART_ORDER 16
#define CHART_DOCTOR 160
#define ALLERGY_PENICILLIN 1u // bits of allergies, in the order of segment.c
#define ALLERGY_NSAID 2u
#define ORDER_NONE "999999999999999"
#define MINUTE_MS 60000u
#define HOUR_MS (60 * MINUTE_MS)

typedef struct chart {
    const synth_options *options;
    const house *house;
    jis *jis;
    tree *standard, *extended; // extended NULL: none
    synth_counts *counts;
    identity who;              // as this hospital spells it
    char number[SYNTH_CHART];
    uint64_t ordinal;          // makes order numbers unique
    uint32_t orders;
    bool kept;                 // somebody who must be known here: never damaged where it counts
    draw story;
    const problem *problems[CHART_PROBLEMS];
    size_t problem_count;
    unsigned allergies;        // bits
    day last;                  // last visit
    buf pid, text, bytes;      // PID segment; message in UTF-8; encoded
} chart;

// One encounter: who sees the patient where.
typedef struct visit {
    day on;
    uint32_t ms;
    const problem *problem;
    char department[4];
    const char *department_name;
    char doctor[CHART_DOCTOR]; // XCN
    bool inpatient;
    char place[24];            // PV1-3
    bool must;                 // a promised visit: undamaged, live
} visit;

// Where one message is filed.
typedef struct filing {
    const char *type, *order, *department;
    day clinical, sent;
    uint32_t sent_ms;
    char flag;
    bool must;
} filing;

void chart_new_order(chart *c, char out[static CHART_ORDER]);
void chart_visit(chart *c, day on, uint32_t ms, const problem *p, visit *ret);
MUST_CHECK err chart_file(chart *c, const filing *f); // the message in c->text
void chart_done(chart *c);

// Segments (segment.c); seg_msh empties c->text first.
void seg_msh(chart *c, const filing *f, const char *message);
void seg_evn(chart *c, day d, uint32_t ms);
void seg_pid_build(chart *c); // once, after `who` is spelled
void seg_pid(chart *c);
void seg_pv1(chart *c, const visit *v);
// Discharge and reception carry times as well: in PV1-44, out PV1-45 (NULL: none).
void seg_pv1_times(chart *c, const visit *v, const char *in, const char *out);
void seg_al1(chart *c);
void seg_iam(chart *c);
void seg_in1(chart *c, day from);
void seg_orc(chart *c, const visit *v, const char *control, const char *order, const char *group, day d,
             uint32_t ms);
void stamp_cut(day d, uint32_t ms, size_t len, char out[static 18]); // the first len characters

// Messages.
MUST_CHECK err adt_basic(chart *c);                     // ADT-00
MUST_CHECK err adt_allergies(chart *c);                 // ADT-61
MUST_CHECK err adt_reception(chart *c, const visit *v); // ADT-12
MUST_CHECK err adt_admission(chart *c, const visit *v);
MUST_CHECK err adt_admission_deleted(chart *c, const visit *v);
MUST_CHECK err adt_discharge(chart *c, const visit *v, day admitted);
MUST_CHECK err order_prescription(chart *c, const visit *v); // OMP-01
MUST_CHECK err order_injection(chart *c, const visit *v);    // OMP-02
MUST_CHECK err order_problems(chart *c);                     // PPR-01
MUST_CHECK err lab_result(chart *c, const visit *v);         // OML-11
MUST_CHECK err exam_done(chart *c, const visit *v, unsigned exam_bit); // OMG-11, -12, -13 and its report
MUST_CHECK err stay_write(chart *c, day admitted, int nights);
MUST_CHECK err story_write(chart *c, uint64_t files_wanted);

// Documents of the extended storage; nothing where there is none.
MUST_CHECK err document_report(chart *c, const visit *v, const char *exam, const char *finding);
MUST_CHECK err document_endoscopy(chart *c, const visit *v, const char *exam, const char *finding);
MUST_CHECK err document_referral(chart *c, const visit *v);
MUST_CHECK err document_nursing(chart *c, const visit *v, day admitted);
MUST_CHECK err document_discharge(chart *c, const visit *v, day admitted);
MUST_CHECK err document_memo(chart *c, const visit *v);
MUST_CHECK err document_large(chart *c, uint64_t bytes);

// Damage (damage.c): before and after encoding. A kind is 0 to DAMAGE_KINDS-1.
#define DAMAGE_KINDS 7
void damage_message(unsigned kind, chart *c);
void damage_bytes(unsigned kind, chart *c);

// A one-page PDF of ASCII lines (pdf.c).
void pdf_page(buf *out, const char *title, const char *const *lines, size_t count);

#endif
