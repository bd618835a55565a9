// SPDX-License-Identifier: Apache-2.0
// What the files of this room share; nobody outside includes it.
// The store's records, each split into pieces of RECORD_PIECE bytes:
//   table_patient  chart 0x00 root            a chart folder: times of its folders, then its live entries
//   table_folder   root 'R'                   a root: times of the first level, names of the second
//   table_folder   root '2' PID[0:3] / PID[3:6]   a second-level folder: its time and charts
// Owner: tree and names are scratch memory of one thread (_done). Fails: ERR_MEM, ERR_IO, ERR_CORRUPT.
#ifndef TSUNAGU_SSMIX_INSIDE_H
#define TSUNAGU_SSMIX_INSIDE_H

#include "node/ssmix/ssmix.h"

#define RECORD_PIECE 32768
#define RECORD_KEY_MAX 64

struct ssmix_index {
    ssmix_options o;
    ssmix_root *roots; // own copies
};

// Names read from one folder, sorted.
typedef struct names_item { uint32_t at; uint8_t len, type; } names_item; // type: DT_*
typedef struct names { char *bytes; names_item *items; size_t len, cap, count, items_cap; } names;
void names_clear(names *n);
void names_done(names *n);
MUST_CHECK err names_add(names *n, span name, uint8_t type);
void names_sort(names *n);
span names_at(const names *n, size_t i);
bool names_has(const names *n, span name); // sorted only
// Reads an open folder; "." and ".." left out; a type the file system does not tell is asked for.
// ERR_NOT_FOUND: removed meanwhile; ERR_IO: errno tells.
MUST_CHECK err names_read(int dir, names *n);

// Opens below dir without ever leaving it: no symbolic links, no "..". errno tells: -1.
int beneath_open(int dir, const char *path, int flags);
int beneath_walk(int dir, const char *path, int flags); // the same where the kernel has no openat2
#define BENEATH_DIR (O_RDONLY | O_DIRECTORY | O_NONBLOCK)
MUST_CHECK err folder_open(int dir, const char *path, int *ret); // ERR_NOT_FOUND, ERR_IO

// One chart folder as listed.
typedef struct tree_folder { uint32_t name, first, count; int64_t mtime; uint8_t len; } tree_folder;
typedef struct tree_file { uint32_t at; uint8_t type, order, time, department; } tree_file; // lengths, in a row
typedef struct tree {
    int64_t mtime;
    ssmix_counts counts;
    buf text;
    tree_folder *days, *types;
    tree_file *files;
    size_t day_count, day_cap, type_count, type_cap, file_count, file_cap;
} tree;
void tree_clear(tree *t);
void tree_done(tree *t);

// What one thread lists with. Dirt is told by its masked path.
typedef struct lister {
    ssmix_kind kind;
    int64_t recent;    // folders changed at or after this are not to be believed next time (written as 0)
    void (*dirty)(void *ctx, const char *path, const char *why);
    void *ctx;
    names days, types, files;
    char where[64]; // the chart's masked folder
} lister;
void lister_dirty(lister *l, span day_name, span type_name, span name, const char *why);
void lister_done(lister *l);
// ERR_NOT_FOUND: no such chart any more. ERR_IO: not readable.
MUST_CHECK err tree_read(lister *l, int parent, span chart, tree *t);
MUST_CHECK err folder_time(int fd, int64_t recent, int64_t *ret);
// What may be said of a name: a parsed one with the chart number hidden but for its last two characters; any
// other one only by its shape.
void mask_chart(span chart, char *out, size_t cap);
void mask_name(span name, char *out, size_t cap);

// Records.
void pack_number(buf *b, uint64_t v);
void pack_text(buf *b, span s);
uint64_t unpack_number(reader *r);
span unpack_text(reader *r, char room[static 256]); // digits are written short: borrowed or in room
void pack_counts(buf *b, const ssmix_counts *c);
void unpack_counts(reader *r, ssmix_counts *c);
void counts_add(ssmix_counts *to, const ssmix_counts *c);

MUST_CHECK err tree_pack(const tree *t, ssmix_kind kind, buf *out);
typedef struct record_entry { span day, folder, type, order, time, department; } record_entry;
typedef err (*record_visit)(void *ctx, const record_entry *e);
MUST_CHECK err record_entries(span record, ssmix_kind kind, record_visit visit, void *ctx); // ERR_CORRUPT
MUST_CHECK err record_counts(span record, ssmix_kind kind, ssmix_counts *ret);
// True if every folder of the record still has its time.
bool record_fresh(span record, ssmix_kind kind, int parent, span chart);

size_t key_patient(span chart, int root, uint8_t out[static RECORD_KEY_MAX]);
size_t key_root(int root, uint8_t out[static RECORD_KEY_MAX]);
size_t key_second(int root, const char *first, const char *second, uint8_t out[static RECORD_KEY_MAX]);
// ERR_NOT_FOUND; pieces tells how many there were.
MUST_CHECK err record_load(store_txn *t, int table, span key, buf *out, unsigned *ret_pieces);

#endif
