// SPDX-License-Identifier: Apache-2.0
// The bundle: the rules as canonical bytes. One meaning has exactly one spelling,
// so that a hash names a meaning; policy_open refuses every other spelling.
//
// All numbers are big-endian. A head, a directory, then the sections one right
// after the other in the order of bundle_section, to the last byte:
//
//   head       8 magic "TSNGRULE", u16 format, u16 sections, u32 bytes in all
//   directory  per section: u32 offset from the first byte, u32 length
//   COUNCIL    u32 version, i32 effective from, i32 stale after (DAY_FOREVER: never),
//              u32 ticket ms, u32 told (bit per policy_why), u8 grain
//   HUB        text name, text host, keys tls, keys sign
//   CATEGORIES u8 n, each: u8 bit (rising), text id, ja, en, u16 months
//   KINDS ROLES PURPOSES  u8 n, each: text id (rising), ja, en
//   RULES      kinds x roles x purposes: u16 categories allowed
//   UNIONS     u8 n, each: text id (rising), ja, en, secretariat, keys (0 or 1: its secretariat's)
//   FACILITIES u32 n, each: u64 code (rising), text name, ward ("" if unknown), u8 kind,
//              u64 unions it is registered with, u64 those of them it discloses under
//   AGREEMENTS u16 n, each: u8 disclosing union, u8 viewing union (pairs rising, never the
//              same twice), i32 from, i32 until, u16 categories, u32 viewing kinds,
//              then u16 months per category of the mask, lowest bit first
//   NODES      u16 n, each: text name (rising), host, u8 union, u32 n + u32 facilities it
//              discloses for, u32 n + u32 facilities it views for (rising),
//              keys tls, keys sign, keys seal
//   SEATS      u8 numerator, u8 denominator (reduced), i32 warn after, i32 no registrations
//              after (DAY_FOREVER: never), u8 meetings a year, u8 month its year begins
//              (0, 0: not said), u8 0 or 1 and then 32 bytes: hash of the version before,
//              u8 n observers, each: text (rising), u8 n seats, each: text id (rising),
//              institution, office, i32 from, i32 until, keys (0 or 1)
//   EMERGENCY  empty (nothing is said), or: u32 kinds, u64 roles, u16 categories, u16 minutes,
//              u8 told (bit per policy_audience), u16 review hours, u8 1: opened to patients
//              who did not agree, 2: to those who objected
//   FORMS      u8 n, each: text id (rising), ja, en, code, u32 version, u8 filed by (bit per
//              form_hand), u8 n sections, each: text id, ja, en, u8 n fields, each: text name,
//              ja, en, hint ja, hint en ("": none), u8 type (form_type), u8 filled by, u8 need
//              (form_need), for needs from FILLED on: u8 number of an earlier field of the form,
//              for IS: text value, u16 max (0 where the type has none), for CHOICE: u8 n choices,
//              each: text id, ja, en; then u8 n sentences, each: long ja, en. Names, ids and codes
//              are never the same twice where they are looked up; the order is the paper's
//   FLOW       empty (nothing is said), or: u8 n deadlines, each: u8 flow_state (rising), u16 days,
//              u16 remind (less; 0: never), u8 cancels; u8 n reasons, each: text id, ja, en,
//              u8 explain; u8 n relations, each: text id, ja, en, u8 until majority; u8 n emergency
//              reasons like reasons; u8 second check (bit per flow_second; ALWAYS alone), u8 shown
//              (bit per flow_strength), u8 n sets to accept by, each: u16 bit per flow_evidence
//              (rising, none within another), u16 retention months, u16 valid months, u16 notice
//              days, u8 majority age, u64 review roles, u8 review by (bit per flow_audience),
//              u16 consent days, then per flow_event: u8 told (bit per flow_audience; of the events
//              after BUNDLE_EVENTS_FIRST none behind the last that anybody is told of); then, unless
//              there are none, u8 BUNDLE_FLOW_MORE, u8 n reasons against an application (at least one)
//
//   text       u8 length, UTF-8 without control characters, one NUL
//   long       u16 length, the same, at most BUNDLE_LONG
//   keys       u8 n (0 to 2), 32 bytes each, rising
//
// A fact that changes nothing is left out (an agreement that grants nothing, a
// month count of a category outside the mask).
#ifndef TSUNAGU_ENGINE_BUNDLE_H
#define TSUNAGU_ENGINE_BUNDLE_H

#include "proto/base/span.h"

#define BUNDLE_MAGIC "TSNGRULE"
#define BUNDLE_FORMAT 3
#define BUNDLE_BYTES (16u << 20)
#define BUNDLE_HEAD (16 + 8 * SECTION_COUNT)

#define BUNDLE_TEXT 255       // bytes of a text, without its NUL
#define BUNDLE_KINDS 32
#define BUNDLE_ROLES 64
#define BUNDLE_PURPOSES 16
#define BUNDLE_UNIONS 64
#define BUNDLE_FACILITIES 65536
#define BUNDLE_NODES 1024
#define BUNDLE_KEYS 2
#define BUNDLE_SEATS 255
#define BUNDLE_OBSERVERS 255
#define BUNDLE_QUORUM 100     // the largest denominator
#define BUNDLE_EMERGENCY_MINUTES 60
#define BUNDLE_REVIEW_HOURS 720
#define BUNDLE_LONG 2000
#define BUNDLE_FORMS 32
#define BUNDLE_FORM_SECTIONS 16
#define BUNDLE_FORM_FIELDS 64 // of a form
#define BUNDLE_FORM_CHOICES 32
#define BUNDLE_FORM_SENTENCES 32
#define BUNDLE_FORM_CODE 8
#define BUNDLE_REASONS 32
#define BUNDLE_RELATIONS 32
#define BUNDLE_ACCEPT_SETS 16
#define BUNDLE_EVENTS_FIRST 20 // events that a flow section always says who is told of; those after it came later
#define BUNDLE_FLOW_MORE 0xff  // no set of audiences: behind it stands what came later
#define BUNDLE_DEADLINE_DAYS 366
#define BUNDLE_RETENTION_MIN 36 // months: the third-party record's three years
#define BUNDLE_AGE_MIN 15
#define BUNDLE_AGE_MAX 25
#define BUNDLE_CONSENT_DAYS 30
#define BUNDLE_MONTHS 1200    // a hundred years
#define BUNDLE_TICKET_MS 600000
#define BUNDLE_CODE_MAX 9999999999u // ten digits
// Days a rule may name, 1900-01-01 to 2299-12-31: arithmetic on them cannot overflow.
#define BUNDLE_DAY_MIN (-25567)
#define BUNDLE_DAY_MAX 120529

typedef enum bundle_section {
    SECTION_COUNCIL,
    SECTION_HUB,
    SECTION_CATEGORIES,
    SECTION_KINDS,
    SECTION_ROLES,
    SECTION_PURPOSES,
    SECTION_RULES,
    SECTION_UNIONS,
    SECTION_FACILITIES,
    SECTION_AGREEMENTS,
    SECTION_NODES,
    SECTION_SEATS,
    SECTION_EMERGENCY,
    SECTION_FORMS,
    SECTION_FLOW,
    SECTION_COUNT
} bundle_section;

#endif
