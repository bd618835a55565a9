// SPDX-License-Identifier: Apache-2.0
// The papers of a ratification on disk: bundles and records, told apart by how they begin;
// and hashes as one reads them aloud.
// Owner: papers_done. Thread: one. Fails: complains itself.
#ifndef TSUNAGU_CLI_PAPERS_H
#define TSUNAGU_CLI_PAPERS_H

#include "ops/cli/command.h"
#include "policies/ratify/ratify.h"
#include "policies/rules/rules.h"

typedef struct paper {
    const char *path;
    rules *bundle;       // or NULL: it is a record
    ratification record;
    bool used;           // a record that belonged to one of the versions
} paper;
typedef struct papers { paper *items; size_t count; } papers;

MUST_CHECK err paper_bundle(const invocation *v, const char *path, rules **ret);
// A folder of YAML, compiled, or a bundle.
MUST_CHECK err paper_rules(const invocation *v, const char *path, policy **ret);
// A whole file of at most so many bytes; without a complaint.
MUST_CHECK err paper_bytes(const char *path, size_t most, buf *ret);
// ERR_FORMAT and the like without a complaint: one bad signature file does not stop the others.
MUST_CHECK err paper_record(const char *path, ratification *ret);
// The positional `first` and all behind it.
MUST_CHECK err papers_read(const invocation *v, const char *first, papers *ret);
void papers_done(papers *p);

// "3f2a 91c0 77de 0b12": the first 8 bytes, for a telephone.
#define HASH_ALOUD_BYTES 20
void hash_aloud(const hash32 *h, char out[static HASH_ALOUD_BYTES]);
bool hash_heard(const hash32 *h, const char *said); // those, or all of it; spaces and hyphens do not matter
// Writes a file whole or not at all, over an old one: a daemon may be reading that. The last of several wins.
MUST_CHECK err paper_put(const char *path, span bytes); // without a complaint
MUST_CHECK err paper_write(const invocation *v, const char *path, span text);

#endif
