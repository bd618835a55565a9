// SPDX-License-Identifier: Apache-2.0
// What the files of this room share, and nobody else sees.
#ifndef TSUNAGU_YAML_ROOM_H
#define TSUNAGU_YAML_ROOM_H

#include "proto/base/arena.h"
#include "proto/yaml/config.h"

// A document with the memory behind it.
typedef struct yaml_owned {
    yaml_doc doc; // first: a yaml_doc * is a yaml_owned *
    arena mem;
} yaml_owned;

// Size, UTF-8 and characters that a person cannot see: before libyaml sees any of it.
MUST_CHECK err bytes_check(span text, const char *file, size_t max_bytes, diag *d);
// Runs libyaml over doc.text and fills doc.root.
MUST_CHECK err tree_build(yaml_owned *own, diag *d);

// What a person did where libyaml says `problem` at *at, of a thing that began at `began`; moves
// *at to the place to look. NULL: no better words than libyaml's.
struct yaml_mark_s;
const char *slip_of(span text, const char *problem, struct yaml_mark_s began, struct yaml_mark_s *at);

// The value of one option, from the node, into its field. False after a complaint.
bool value_set(const config_row *row, const yaml_doc *doc, const yaml_node *n, const char *folder,
               void *field, diag *d);
void value_clear(const config_row *row, void *field);
void value_format(const config_row *row, int64_t v, char out[static 32]); // "30s", "64MiB", "7"

#endif
