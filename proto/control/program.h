// SPDX-License-Identifier: Apache-2.0
// The main of a daemon: options, configuration check, signals, start, run, stop.
// Hub and node differ only in the row of functions they hand in.
// Thread: main. Fails: exit codes 1 (could not start), 2 (wrong use).
#ifndef TSUNAGU_CONTROL_PROGRAM_H
#define TSUNAGU_CONTROL_PROGRAM_H

#include <stdio.h>

#include "proto/base/diag.h"

typedef struct program {
    const char *name;  // "tsunagu-hub"
    const char *about; // for --help; what stands behind \v comes after the options
    err (*check)(const char *config, diag *d); // reads the configuration and lets it go again
    void (*explain)(FILE *out);
    err (*open)(const char *config, void **ret_daemon); // complains itself
    void (*run)(void *daemon, bool (*stop)(void), bool (*reload)(void));
    void (*close)(void *daemon);
} program;

int program_main(const program *p, int argc, char **argv);

#endif
