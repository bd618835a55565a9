// SPDX-License-Identifier: Apache-2.0
// What every daemon's process does alike: signals, hardening, telling systemd.
// Thread: main, before others start.
#ifndef TSUNAGU_CONTROL_PROCESS_H
#define TSUNAGU_CONTROL_PROCESS_H

#include <stdbool.h>

// umask 077, no core dumps, not dumpable (no debugger or core reads keys), descriptors to the hard limit.
void process_harden(void);
void process_signals(void);     // SIGTERM and SIGINT: stop; SIGHUP: reload; SIGPIPE: ignored
bool process_stopping(void);
bool process_reloading(void);   // true once per SIGHUP
void process_notify(const char *state); // one datagram to NOTIFY_SOCKET, if set (sd_notify(3))

#endif
