// SPDX-License-Identifier: Apache-2.0
#include "proto/base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "proto/base/date.h"
#include "proto/base/utf8.h"

#define MESSAGE_BYTES 1000

static char program_name[32] = "tsunagu";
static _Atomic int least_level = LOG_INFO;

void log_open(const char *program, log_level least)
{
    snprintf(program_name, sizeof program_name, "%s", program ? program : "tsunagu");
    atomic_store(&least_level, (int)least);
}

// Escapes what could forge a line or steer a terminal. `out` holds 4*len bytes.
static size_t escape(span message, char *out)
{
    static const char digits[] = "0123456789abcdef";
    size_t n = 0;
    while (message.len) {
        span before = message;
        uint32_t cp = utf8_next(&message);
        size_t len = before.len - message.len;
        bool invalid = cp == 0xfffd && len == 1;
        if (!invalid && cp >= 0x20 && (cp < 0x7f || cp >= 0xa0)) {
            memcpy(out + n, before.at, len);
            n += len;
            continue;
        }
        for (size_t i = 0; i < len; i++) {
            out[n++] = '\\';
            out[n++] = 'x';
            out[n++] = digits[before.at[i] >> 4];
            out[n++] = digits[before.at[i] & 15];
        }
    }
    return n;
}

// The longest whole-character prefix of at most `max` bytes.
static size_t whole_prefix(const char *s, size_t len, size_t max)
{
    if (len <= max)
        return len;
    while (max > 0 && ((uint8_t)s[max] & 0xc0) == 0x80)
        max--;
    return max;
}

void log_line(log_level level, const char *fmt, ...)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};
    if ((unsigned)level > LOG_ERROR || (int)level < atomic_load(&least_level))
        return;
    int saved = errno;
    char message[MESSAGE_BYTES + 4];
    va_list args;
    va_start(args, fmt);
    int wrote = vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    if (wrote > 0) {
        size_t len = (size_t)wrote < sizeof message ? (size_t)wrote : sizeof message - 1;
        len = whole_prefix(message, len, MESSAGE_BYTES);
        char safe[4 * MESSAGE_BYTES];
        size_t safe_len = whole_prefix(safe, escape(span_of(message, len), safe), MESSAGE_BYTES);
        char when[30], line[MESSAGE_BYTES + 128];
        time_format(clock_now_ms(), when);
        int n = snprintf(line, sizeof line, "%s %s %s %.*s\n", when, program_name, names[level],
                         (int)safe_len, safe);
        // One write a line, so that lines of several threads do not mix. There is
        // nowhere to tell that standard error is gone.
        ssize_t gone = n > 0 ? write(STDERR_FILENO, line, (size_t)n) : 0;
        (void)gone;
    }
    errno = saved;
}
