// SPDX-License-Identifier: Apache-2.0
// The one error type of the project.
// Owner: none (values). Thread: any. A function that can fail returns `err`,
// leaves its ret_ outputs untouched on failure, and must be checked.
#ifndef TSUNAGU_BASE_ERR_H
#define TSUNAGU_BASE_ERR_H

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))

// The numbers travel on the wire as a reply's status (proto/PROTOCOL.md): only append.
typedef enum err {
    OK = 0,
    ERR_MEM = 1,          // out of memory
    ERR_IO = 2,           // the operating system said no (errno tells)
    ERR_LIMIT = 3,        // larger, deeper or more than a stated limit
    ERR_FORMAT = 4,       // bytes that are not what they claim to be
    ERR_NOT_FOUND = 5,
    ERR_EXISTS = 6,
    ERR_DENIED = 7,       // the rules, the consent or the membership do not allow it
    ERR_AUTH = 8,         // a signature, a seal, a certificate or a key does not fit
    ERR_EXPIRED = 9,      // past its deadline, validity or window
    ERR_STALE = 10,       // older than what is already held
    ERR_BUSY = 11,        // a budget or window is used up: try later
    ERR_CLOSED = 12,      // the other end is gone
    ERR_DEADLINE = 13,    // no answer in time
    ERR_CORRUPT = 14,     // a stored value fails its check
    ERR_UNREACHABLE = 15, // the one to ask is not connected
    ERR_UNSUPPORTED = 16, // a version or method this build does not speak
    ERR_USAGE = 17,       // the caller's arguments are wrong
    ERR_FULL = 18,        // disk or map full
    ERR_CONFLICT = 19,    // it contradicts something already recorded
    ERR_INTERNAL = 20,
    ERR_WITHDRAWN = 21,   // the patient withdrew
    ERR_COUNT
} err;

// A short lower-case English phrase ("not found"); never NULL, also for numbers from outside.
const char *err_text(err e);
// A stable machine name ("not_found") for --json; never NULL.
const char *err_name(err e);

#endif
