// SPDX-License-Identifier: Apache-2.0
// hub.yaml, as a table. Owner: hub_config_done frees. Thread: read-only after start.
#ifndef TSUNAGU_HUB_CONFIG_H
#define TSUNAGU_HUB_CONFIG_H

#include <stdio.h>

#include "proto/base/diag.h"

typedef struct hub_config {
    char *name, *listen, *rules, *rules_pin, *rules_dir, *rules_first, *data, *socket;
    char *tls_ca, *tls_crl, *tls_cert, *tls_key, *sign_key;
    int64_t map_size, log_level;
    int64_t handshake_ms, frame_ms, idle_ms, write_ms, conns, conns_address, calls_peer;
} hub_config;

MUST_CHECK err hub_config_load(const char *path, hub_config *ret, diag *d);
void hub_config_done(hub_config *c);
void hub_config_explain(FILE *out); // every option with default and help, as commented YAML

#endif
