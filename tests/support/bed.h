// SPDX-License-Identifier: Apache-2.0
// A real node in this process, with a storage, a store and a control socket, before a hub
// without honour (host.h). It is the node "shiritsu": it discloses, and asks for its clinic.
// Owner: bed_open/_close. Thread: one, and the node's own. Fails: aborts.
#ifndef TSUNAGU_TESTS_BED_H
#define TSUNAGU_TESTS_BED_H

#include "node/daemon.h"
#include "tests/support/host.h"

#define BED_NODE PLACE_SHIRITSU
#define BED_CHART "12345678"
#define BED_OTHER "87654321"
enum { BED_LONG = 150000 };

typedef struct bed {
    place p;
    host h;
    node *n;
    pthread_t beat;
    int stop, reload; // atomic
    seal_key *asker;  // of tmnit
    uint64_t seq;     // what was handed over last
} bed;

void bed_open(bed *b);            // the hub listens, the node is connected, its storage scanned
void bed_close(bed *b);
void bed_start(bed *b);           // the node
void bed_halt(bed *b);
void bed_reload(bed *b);          // as SIGHUP; returns when it was seen
void bed_config(bed *b, const char *hub_name); // writes node.yaml
// A live file of the storage; today: YYYYMMDD of today, or "-".
void bed_file(bed *b, const char *chart, const char *date, const char *type, const char *order, span bytes);
void bed_path(bed *b, const char *chart, const char *date, const char *type, const char *order,
              char out[static 400]);
void bed_scan(bed *b);

typedef struct said {
    buf bytes;
    arena memory;
    Tsunagu__ControlReply *r;
} said;
// args: key, value, ..., NULL.
void bed_say(bed *b, const char *command, const char *const *args, said *ret);
err bed_do(bed *b, const char *command, const char *const *args); // only the status
void said_done(said *s);
const char *said_field(const said *s, const char *kind, size_t nth, const char *key); // "" if absent
size_t said_count(const said *s, const char *kind);

pseudonym bed_confirm(bed *b, const char *chart, const char *by); // to the federation, everything
// A ticket as the hub would sign it, for tmnit's clinic over that chart's published card.
ticket bed_ticket(bed *b, const pseudonym *who, int asking);
void bed_sign(const ticket *k, const sign_key *with, buf *out);
typedef struct bed_ask {
    const char *asker;
    const uint8_t *document;   // NULL: the manifest
    const seal_key *from;      // NULL: the asker's
    const uint8_t *to;         // NULL: the node's
    uint8_t nonce;
    time_ms off;               // of its time
    bool nothing;              // marked by the hub: opens nothing
    hash32 ask;                // out
} bed_ask;
void bed_request(bed *b, span bytes, bed_ask *a, buf *body); // a ReleaseRequest
// Opens what came; the whole plain bytes. ERR_CLOSED: it was cut.
err bed_unseal(bed *b, span bytes, const hash32 *ask, const host_reply *r, buf *plain);
// The id of the chart's document of that type and length (0: any).
void bed_document(bed *b, const char *chart, const char *type, uint64_t bytes, uint8_t ret[16]);

#endif
