// SPDX-License-Identifier: Apache-2.0
// node.yaml, as a table. Owner: node_config_done frees. Thread: read-only after start.
#ifndef TSUNAGU_NODE_DUTY_CONFIG_H
#define TSUNAGU_NODE_DUTY_CONFIG_H

#include <stdio.h>

#include "proto/yaml/config.h"

typedef struct node_config {
    char *name, *facility, *hub_address, *hub_host, *rules, *rules_pin, *rules_dir, *rules_first, *data,
        *socket;
    char *tls_ca, *tls_crl, *tls_cert, *tls_key, *sign_key, *secret, *federation, *people, *notify;
    config_list seal_keys, storages, storages_extended, mapping;
    int64_t epoch, scan_every, contents_rate, map_size, log_level, shelf_quota;
    int64_t contents; // 0: off
    int64_t notices_keep;
} node_config;

MUST_CHECK err node_config_load(const char *path, node_config *ret, diag *d);
void node_config_done(node_config *c);
void node_config_explain(FILE *out); // every option with default and help, as commented YAML

#endif
