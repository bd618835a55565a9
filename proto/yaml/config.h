// SPDX-License-Identifier: Apache-2.0
// Configuration as a table: one row an option, with type, range and default.
// config_read fills a plain struct at the rows' offsets; every mistake (an
// unknown key with the nearest known one, a wrong type, out of range, a missing
// required key) goes to the diag, all in one pass.
// Owner: strings and lists are freed by config_done. Thread: one.
#ifndef TSUNAGU_YAML_CONFIG_H
#define TSUNAGU_YAML_CONFIG_H

#include "proto/yaml/yaml.h"

typedef enum config_type {
    CONFIG_STRING, // char *
    CONFIG_PATH,   // char *, relative ones are taken from the configuration file's folder
    CONFIG_INT,    // int64_t, min..max
    CONFIG_BOOL,   // bool: true/false/yes/no
    CONFIG_BYTES,  // int64_t: 64MiB, 1GiB, 4096
    CONFIG_SPAN,   // int64_t milliseconds: 10s, 5m, 2h, 250ms
    CONFIG_CHOICE, // int64_t: index into choices
    CONFIG_LIST,   // config_list of strings
    CONFIG_PATHS,  // config_list of paths
    CONFIG_MAP,    // config_list of strings "key\0value" pairs: any keys, scalar values
    CONFIG_FILE,   // char *, a path as CONFIG_PATH; there must be a readable file
    CONFIG_FILES   // config_list of such
} config_type;

typedef struct config_list {
    char **items;  // CONFIG_MAP: items[2*i] key, items[2*i+1] value
    size_t count;  // CONFIG_MAP: pairs
} config_list;

typedef struct config_row {
    const char *path;     // "link.idle": nested maps by dots
    config_type type;
    size_t offset;        // into the struct
    bool required;
    const char *fallback; // default, spelled as in the file; NULL: zero
    int64_t min, max;     // both 0: unlimited; of a list: how many entries
    const char *const *choices; // NULL-terminated
    const char *help;     // one line, for --help and the man page
    const char *(*check)(const char *value); // CONFIG_STRING: NULL, or what is wanted instead (checks.h)
} config_row;

// `out` must be zeroed. On ERR_FORMAT (some diag errors) it is emptied again.
MUST_CHECK err config_read(const char *path, const config_row *rows, size_t count, void *out, diag *d);
void config_done(const config_row *rows, size_t count, void *out);
// Prints every option with its default and help as commented YAML.
void config_explain(const config_row *rows, size_t count, FILE *out);

#endif
