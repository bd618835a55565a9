// SPDX-License-Identifier: Apache-2.0
// ADT-00: who the patient is, as the hospital wrote it.
#ifndef TSUNAGU_SSMIX_PATIENT_H
#define TSUNAGU_SSMIX_PATIENT_H

#include "node/ssmix/hl7.h"
#include "proto/pact/identity.h"

// Names in kanji (L^I) and kana (L^P), birth, sex (PID-7 and PID-8 swapped is mended), address, telephone, the
// first valid IN1 in both layouts (IN1-10 `symbol~number~branch`, or IN1-10 symbol and IN1-11 number).
// Missing pieces stay empty. ERR_FORMAT: no PID.
MUST_CHECK err patient_of(const hl7 *m, identity *ret, char *ret_chart, size_t chart_cap);

#endif
