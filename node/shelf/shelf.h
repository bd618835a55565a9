// SPDX-License-Identifier: Apache-2.0
// The shelf: notes and documents that a facility without a storage files for its own registered patients.
// A file lies under the SHA-256 of its bytes; what it is stands in a table of the store. As in SS-MIX2 a
// document is valid (1), history (2: another version replaced it) or taken back (0); only valid ones leave.
// Files come first and rows after: a kill in between leaves a file without a row, which the next start
// takes away; a row without its file cannot come about.
// What a file is, its first and last bytes say, never its name.
// Owner: shelf_open/_close. Thread: uploads and reading any; what takes a write transaction is the writer's.
// Fails: ERR_FULL (disk), ERR_LIMIT (size, quota, number of documents), ERR_FORMAT (no kind that is taken),
// ERR_CORRUPT (a file is not what was filed).
#ifndef TSUNAGU_NODE_SHELF_H
#define TSUNAGU_NODE_SHELF_H

#include "proto/base/date.h"
#include "proto/crypto/hash.h"
#include "proto/pact/pseudonym.h"
#include "proto/store/store.h"

#define SHELF_FILE_MAX (64u << 20)
#define SHELF_TEXT_MAX (16u << 20) // of text and CDA, which are read as a whole
#define SHELF_NUMBER_MAX 63        // bytes of a facility's own patient number
#define SHELF_PATIENT_MAX 2000     // versions of documents of one patient
#define SHELF_ID 16

typedef enum shelf_media { SHELF_UNKNOWN, SHELF_PDF, SHELF_JPEG, SHELF_PNG, SHELF_TEXT, SHELF_CDA } shelf_media;
typedef enum shelf_state { SHELF_TAKEN_BACK = 0, SHELF_VALID = 1, SHELF_HISTORY = 2 } shelf_state;

typedef struct shelf_document {
    uint64_t facility;
    char number[SHELF_NUMBER_MAX + 1];
    uint64_t place;          // rises with each filing at that facility
    uint8_t id[SHELF_ID];    // of this version; random
    uint8_t first[SHELF_ID]; // of the first version
    uint32_t revision;       // 1, 2, ...
    shelf_state state;
    shelf_media media;
    hash32 hash;
    uint64_t bytes;
    day date;                // the clinical day
    time_ms filed, ended;    // ended: replaced or taken back, 0 while valid
    pseudonym who;           // as the number was registered when it was filed
    char category[64];       // the council's id
    char title[128];
    char by[64], ended_by[64];
} shelf_document;

typedef struct shelf_options {
    const char *dir;         // made with mode 0700
    store *keep;
    int table;               // facility | length | number | place -> document; facility | 0 -> what it uses
    uint64_t quota;          // bytes a facility, all versions counted
} shelf_options;

typedef struct shelf shelf;
MUST_CHECK err shelf_open(const shelf_options *o, shelf **ret); // also takes away what no row knows
void shelf_close(shelf *s);

// ---- a file on its way in ------------------------------------------------------
typedef struct shelf_upload shelf_upload;
MUST_CHECK err shelf_upload_new(shelf *s, uint64_t total, shelf_upload **ret);
// at: how many bytes came before, else ERR_CONFLICT.
MUST_CHECK err shelf_upload_put(shelf_upload *u, uint64_t at, span piece);
bool shelf_upload_whole(const shelf_upload *u);
// Durable under a name of its own, hashed and recognised. ret_why: a word for what is wrong with it.
MUST_CHECK err shelf_upload_seal(shelf_upload *u, const char **ret_why);
shelf_media shelf_upload_media(const shelf_upload *u);
bool shelf_upload_filed(const shelf_upload *u); // shelf_file has written: only a store's error may follow
void shelf_upload_free(shelf_upload *u); // what was not filed is gone

// ---- the index -------------------------------------------------------------------
// Files a sealed upload: facility, number, date, who, category, title, by and filed are the caller's, the rest is
// filled in. replaces: id of a valid document of that patient, or NULL. ERR_EXISTS: the same bytes are valid there
// already (*d is that document). Before anything is written every check is done.
MUST_CHECK err shelf_file(shelf *s, store_txn *t, shelf_upload *u, const uint8_t *replaces, shelf_document *d);
// The transaction of shelf_file did not come to be.
void shelf_unfile(shelf_upload *u);
MUST_CHECK err shelf_retract(shelf *s, store_txn *t, const uint8_t id[static SHELF_ID], const char *by, time_ms now,
                             shelf_document *d); // d: facility and number given, all of it out
typedef err (*shelf_visit)(void *ctx, const shelf_document *d);
// In the order of filing, whatever the state.
MUST_CHECK err shelf_walk(shelf *s, store_txn *t, uint64_t facility, const char *number, shelf_visit visit, void *ctx);
MUST_CHECK err shelf_get(shelf *s, store_txn *t, uint64_t facility, const char *number,
                          const uint8_t id[static SHELF_ID], shelf_document *ret); // ERR_NOT_FOUND
typedef struct shelf_use { uint64_t bytes, documents, places; } shelf_use;
MUST_CHECK err shelf_used(shelf *s, store_txn *t, uint64_t facility, shelf_use *ret);

// Its bytes, verified first. *ret_fd is the caller's and stands at the beginning.
MUST_CHECK err shelf_read(shelf *s, const shelf_document *d, int *ret_fd);
const char *shelf_media_name(shelf_media m); // "application/pdf"

// What a file is, by its bytes: `head` and `tail` of it, or for text the whole in `head`.
shelf_media shelf_media_head(span head);                        // SHELF_UNKNOWN: perhaps text
bool shelf_media_ends(shelf_media m, span tail);                // it was not cut off
shelf_media shelf_media_text(span whole, const char **ret_why); // SHELF_TEXT, SHELF_CDA or SHELF_UNKNOWN

// The name under which a patient of a facility stands where charts do (consents): "0110113719_K-118". Chart
// numbers of storages hold no "_". false: too long for a chart (cap bytes), or no such name.
bool shelf_chart(uint64_t facility, const char *number, char *out, size_t cap);
bool shelf_chart_read(const char *chart, uint64_t *ret_facility, const char **ret_number);

#endif
