// SPDX-License-Identifier: Apache-2.0
// The daemons' running log: one line an event on standard error, time first.
// Only duties log (hub/, node/); rooms below return errors. Never patient
// data: no name, birth, sex, address, chart or insurance number, no pseudonym.
#ifndef TSUNAGU_BASE_LOG_H
#define TSUNAGU_BASE_LOG_H

#include "proto/base/err.h"

typedef enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR } log_level;
void log_open(const char *program, log_level least); // once, at start
// Control characters in the message are written as \xNN; 1,000 bytes at most.
void log_line(log_level level, const char *fmt, ...) PRINTF_LIKE(2, 3);

#endif
