// SPDX-License-Identifier: Apache-2.0
// Inside the shelf room only: paths and the state. Owner: shelf_open. Thread: read-only after it.
#ifndef TSUNAGU_NODE_SHELF_INSIDE_H
#define TSUNAGU_NODE_SHELF_INSIDE_H

#include "node/shelf/shelf.h"

struct shelf {
    store *keep;
    int table;
    uint64_t quota;
    int dir, incoming; // folders, open
};

struct shelf_upload {
    shelf *s;
    int fd;
    char name[33];     // in incoming
    uint64_t total, have;
    sha256_run run;
    hash32 hash;
    shelf_media media;
    bool sealed, filed; // filed: its file carries the name of its content
    bool made;          // and that name is ours: nobody else's file stood there
};

#define SHELF_PATH 70 // "ab/" and 64 hex digits
void shelf_path(const hash32 *h, char out[static SHELF_PATH]);
// The upload's file gets the name of its content; the folder is durable when it returns.
MUST_CHECK err shelf_upload_place(shelf_upload *u);
MUST_CHECK err shelf_errno(void); // ERR_FULL, ERR_NOT_FOUND or ERR_IO
MUST_CHECK err shelf_sweep(shelf *s);
// The row's value.
MUST_CHECK err shelf_document_unpack(span key, span value, shelf_document *ret);

#endif
