// SPDX-License-Identifier: Apache-2.0
// A clinic's node and a hospital's node in the test's own process, and a real hub in a process of its own: hub and
// node cannot be one program. One patient's chart at the hospital; who is asked over the control sockets.
// Owner: begin and end, as a group's setup and teardown. Thread: the test's. Fails: the test.
#ifndef TSUNAGU_TESTS_PAIR_H
#define TSUNAGU_TESTS_PAIR_H

#include <pthread.h>
#include <sys/types.h>

#include "node/daemon.h"
#include "proto/wire/wire.h"
#include "tests/support/place.h"

enum { CLINIC, HOSPITAL, NODES, PATIENCE_MS = 60000 };
typedef struct daemon {
    char name[20];
    const place_node *as;
    node *n;
    pthread_t beat;
    int stop;
} daemon_t;

struct pair {
    place p;
    uint16_t port;
    pid_t hub;
};
extern struct pair w;
extern daemon_t d[NODES];
#define CHART "12345678"
#define CHILD "12345699" // of ten years, more or less

int begin(void **state);
int end(void **state);
pid_t spawn(const char *program, const char *config_name); // a program beside this one
void hub_up(void);
void hub_kill(void);
void node_up(int i);
void node_down(int i);

// ---- asking a daemon ----
extern span beside; // bytes beside the arguments of the next command
typedef struct said {
    buf bytes;
    arena memory;
    Tsunagu__ControlReply *r;
} said;
err say(int i, const char *command, const char *const *args, said *ret);
void said_done(said *s);
const char *field(const said *s, const char *kind, size_t nth, const char *key);
size_t count_of(const said *s, const char *kind);
#define SAY(i, command, s, ...) say(i, command, (const char *const[]){__VA_ARGS__, NULL}, s)
#define DO(i, command, ...) do_it(i, command, (const char *const[]){__VA_ARGS__, NULL})
err do_it(int i, const char *command, const char *const *args);
void nap(void);
// Until that side's record of the request is in that state; its id at the clinic and the hospital is the same.
void await(int i, const char *id, const char *state);

// ---- what is told ----
extern char hospital_code[11]; // once somebody asked
// A new request for the patient; its id.
err ask(const char *number, const char *given, char id[static 33]);
// That number's request in that state.
void request_of(const char *number, const char *state, char id[static 33]);
void consent_is(const char *key, const char *value);
void consent_await(const char *key, const char *value); // what the hub or a letter brings about

#endif
