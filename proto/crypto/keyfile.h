// SPDX-License-Identifier: Apache-2.0
// Files that hold keys, certificates and lists, whole. For this room only.
// Owner: the buf is the caller's (buf_wipe for secrets). Thread: any.
// Fails: ERR_IO (errno tells), ERR_NOT_FOUND, ERR_EXISTS, ERR_DENIED, ERR_LIMIT.
#ifndef TSUNAGU_CRYPTO_KEYFILE_H
#define TSUNAGU_CRYPTO_KEYFILE_H

#include <sys/types.h>
#include "proto/base/span.h"

#define KEYFILE_SECRET_MAX (64u << 10)
#define KEYFILE_PUBLIC_MAX (16u << 20) // revocation lists grow

// Creates the file, writes all of it and makes file and name durable. Never overwrites.
MUST_CHECK err keyfile_create(const char *path, span bytes, mode_t mode);
// Puts a new file in the place of an old one: after a crash either the old or the new stands.
MUST_CHECK err keyfile_replace(const char *path, span bytes, mode_t mode);
// Appends the whole file to ret. secret: ERR_DENIED if group or others have any right to it.
MUST_CHECK err keyfile_read(const char *path, bool secret, buf *ret);

#endif
