// SPDX-License-Identifier: Apache-2.0
// The bare line: a listener in a process of its own that answers every request with so
// many bytes, or streams so many bytes in chunks, and does nothing else. What a
// request wants stands in its method number.
// Owner: echo_start/_stop. Thread: one. Fails: die.
#ifndef TSUNAGU_BENCH_ECHO_H
#define TSUNAGU_BENCH_ECHO_H

#include "ops/measure/place.h"

#define ECHO_METHOD 1000u       // + bytes of the answer
#define ECHO_STREAM 1000000000u // + bytes of the stream

typedef struct echo {
    pid_t pid;
    char address[40];
} echo;
void echo_start(const place *p, echo *ret);
void echo_stop(echo *e);
int echo_main(const char *dir); // the child

#endif
