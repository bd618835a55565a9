// SPDX-License-Identifier: Apache-2.0
// SS-MIX2 storages: file names, layout, scanning (field-facts §1).
// The file name tells almost all of an index entry; only ADT-00 is opened, and only
// for patients who are being registered or looked for.
// Owner: see each. Thread: one scan at a time per index. Fails: a dirty file is counted
// and named to `dirty` (path relative to its root, no patient data beyond the chart number's last two
// digits), and skipped; only an unreadable root is an error, and that only after the others were scanned.
#ifndef TSUNAGU_SSMIX_SSMIX_H
#define TSUNAGU_SSMIX_SSMIX_H

#include "proto/base/date.h"
#include "proto/base/span.h"
#include "proto/store/store.h"
#include "proto/store/writer.h"

#define SSMIX_CHART_MAX 32
#define SSMIX_TYPE_MAX 64 // a standard type, or the extended one's code or `local:CODE`
#define SSMIX_PATH_MAX 640 // bytes of a path below its root
#define SSMIX_ROOTS_MAX 64

typedef enum ssmix_kind { SSMIX_STANDARD = 0, SSMIX_EXTENDED = 1 } ssmix_kind;

// One live (`_1`) file of the standardized storage or folder of the extended one.
typedef struct ssmix_name {
    span chart, type, order, department; // borrow from the name
    day date;       // DAY_FOREVER for "-"
    time_ms time;   // 発生日時, Japan's clock; 0 if unreadable
    int flag;       // 0 deleted, 1 valid, 2 history
} ssmix_name;
// `PID_診療日_種別_オーダNo_発生日時_診療科_flag`. Chart numbers and types may not hold "_"; order numbers any length.
MUST_CHECK err ssmix_name_parse(span name, ssmix_name *ret);
// Which data have no clinical day: `-` in any other name would pass every window, so there it is dirt.
bool ssmix_undated(ssmix_kind kind, span type);
// `local^name^localSys^stdCode^stdName^LN` (a level-5 folder of the extended storage): the code to map by, and a title.
typedef struct ssmix_extended { span local_code, local_name, local_system, code, code_name, system; } ssmix_extended;
MUST_CHECK err ssmix_extended_parse(span name, ssmix_extended *ret);

typedef struct ssmix_root { const char *path; ssmix_kind kind; } ssmix_root;

// An entry of a patient's index record.
typedef struct ssmix_entry {
    uint8_t id[16];          // of the document: from id_of; stable over rescans
    int root;                // index into the configured roots
    ssmix_kind kind;
    day date;
    time_ms time;
    char type[SSMIX_TYPE_MAX + 1];
    char title[128];         // extended: name of the code; standard: ""
    char order[64];          // cut if longer; the path has all of it
    char department[16];
    char folder[SSMIX_PATH_MAX]; // path of the file (standard) or folder (extended), relative to its root
} ssmix_entry;

typedef struct ssmix_counts {
    uint64_t files, live, history, deleted, patients, folders, listed; // listed: folders read this time
    uint64_t dirty_name, dirty_place, vanished, unreadable;            // skipped, and why
    uint64_t new_entries, gone_entries;
    uint64_t lost_roots; // not readable: what was known of them is kept, and counted
    time_ms took_ms;
} ssmix_counts;

typedef struct ssmix_index ssmix_index; // over tables of an open store, in memory: nothing but a handle
typedef struct ssmix_options {
    const ssmix_root *roots; size_t root_count;
    store *keep; writer *write;
    int table_patient;       // chart and root → its folders' times and its live entries, packed, split when long
    int table_folder;        // root, and root + PID[0:3]/PID[3:6] → times and names of the upper levels
    uint8_t secret[32];      // handed to id_of: document ids must not be guessable from chart numbers
    // A keyed function, say the first 16 bytes of an HMAC. `place` is the root's index in decimal, `/`, and the path
    // relative to the root without the trailing `_flag`. Called when entries are read, never by a scan.
    void (*id_of)(const uint8_t secret[32], span place, uint8_t ret[16]);
    // progress: called about ten times a second from the scanning thread; may be NULL
    void (*progress)(void *ctx, const ssmix_counts *now);
    // path: relative to the root, chart number masked; why: "name", "place", "vanished", "unreadable". A root that
    // cannot be read is told by its own path, and to `lost` with errno; both may be NULL.
    void (*lost)(void *ctx, const char *path, int why);
    void (*dirty)(void *ctx, const char *path, const char *why);
    bool (*stop)(void *ctx); // true: give up early
    void *ctx;
} ssmix_options;
MUST_CHECK err ssmix_index_open(const ssmix_options *o, ssmix_index **ret);
void ssmix_index_close(ssmix_index *x);
// full: list every folder; otherwise only folders whose time changed (and those changed within
// two seconds before the last scan). Charts that changed are given to `changed` (may be NULL) after they are durable.
// Up to four threads of its own read folders; every callback comes on the caller's thread. Reads the clocks.
// counts are of the whole index, except listed, vanished, unreadable, new and gone entries: of this scan.
// ERR_IO with ret->lost_roots above 0: those roots could not be read, all others were scanned, the counts are set.
// Any other failure leaves *ret as it was.
// ERR_CLOSED: `stop` said so (what was read is kept). Not to be called on the writer's thread.
MUST_CHECK err ssmix_scan(ssmix_index *x, bool full, void (*changed)(void *ctx, span chart), ssmix_counts *ret);

typedef err (*ssmix_visit)(void *ctx, const ssmix_entry *e);
MUST_CHECK err ssmix_entries(ssmix_index *x, store_txn *t, span chart, ssmix_visit visit, void *ctx);
// An entry's path as `dirty` tells paths.
void ssmix_mask(const ssmix_entry *e, char *out, size_t cap);
MUST_CHECK err ssmix_charts(ssmix_index *x, store_txn *t, err (*visit)(void *ctx, span chart), void *ctx);
// Those behind `after` in order: a long walk need not hold its transaction.
MUST_CHECK err ssmix_charts_after(ssmix_index *x, store_txn *t, span after, err (*visit)(void *ctx, span chart), void *ctx);
// Opens an entry's file for reading; renamed or moved under us: lists the folder again (ERR_NOT_FOUND: gone,
// superseded or deleted). For an extended entry, part names the file inside ("" if there is only one). The path
// never leaves the root (no symlinks, no ..). *ret_fd is the caller's.
MUST_CHECK err ssmix_file_open(ssmix_index *x, const ssmix_entry *e, const char *part, int *ret_fd, uint64_t *ret_bytes);
// The files inside an extended entry's folder.
MUST_CHECK err ssmix_parts(ssmix_index *x, const ssmix_entry *e, err (*visit)(void *ctx, const char *part, uint64_t bytes), void *ctx);

#endif
