// SPDX-License-Identifier: Apache-2.0
// Inside the sheets: one look-up or manifest from the question (lookup.c) over what is fetched (sheet.c) to the last
// page told (page.c).
// Owner: whoever holds it: the call on its way, its fetches, or the viewer's list between two pages.
#ifndef TSUNAGU_NODE_VIEWING_SHEET_IN_H
#define TSUNAGU_NODE_VIEWING_SHEET_IN_H

#include "node/viewing/narrowed.h"
#include "node/viewing/viewer.h"

enum { SOURCES_MAX = 1024 };

// One disclosing facility's manifest as it comes.
typedef struct source {
    sheet *s;
    uint64_t facility;
    fetch *f;
    buf plain;
    err result;
    char note[160];
    Tsunagu__PatientFacts *facts;
    bool older;
} source;

typedef struct item {
    uint64_t facility;
    const Tsunagu__ManifestEntry *m;
} item;

struct sheet {
    sheet *next;
    node *n;
    book *rules;
    control_in *in;      // until the first page is told
    person who;
    uint8_t user_id[USER_ID_BYTES];
    bool timeline, manifest;
    char handle[HANDLE_MAX + 1];
    time_ms used, since; // since: when it was asked; both by clock_mono_ms
    narrowed left;       // what the patient's newest word at this facility leaves of it
    int waiting;         // atomic: fetches not yet done, and one for starting them
    arena memory;
    Tsunagu__LookupRequest q;
    span ticket;         // of a manifest
    const char *words;   // to the hospital, in an emergency; or NULL
    uint64_t opening;    // its number here, or 0
    Tsunagu__LookupReply *reply;
    char tickets[SOURCES_MAX][HANDLE_MAX + 1];
    err refused[SOURCES_MAX]; // why its ticket is none for us
    size_t held;         // atomic: bytes of all manifests together
    ticket says[SOURCES_MAX];
    source sources[SOURCES_MAX];
    size_t source_count;
    item *items;
    size_t item_count, item_room;
    size_t told_facilities, told_facts, told; // where the next page begins
};

sheet *sheet_new(node *n, control_in *in, const person *who);
void sheet_refuse(sheet *s, err e, const char *note);
void sheet_free(sheet *s);
// Does the patient, by the newest word here, let it be seen? And what of it? Asked before anything is told.
MUST_CHECK err sheet_look(sheet *s);
// Starts fetching one manifest; sheet_end comes once for each, and once more for who started them.
void source_start(sheet *s, span bytes, const ticket *says);
void sheet_end(sheet *s);
// Between two pages: takes it off the list, and keeps it there. ret_oldest: one that has to go for it, or NULL.
sheet *sheet_take(viewer *v, const char *handle);
void sheet_keep(viewer *v, sheet *s, sheet **ret_oldest);

// The next page into `in`; the sheet ends with the last one.
void page_show(sheet *s, control_in *in, err status);
void page_next(node *n, control_in *in, const char *handle);

#endif
