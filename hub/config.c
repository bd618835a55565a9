// SPDX-License-Identifier: Apache-2.0
#include "hub/config.h"

#include <stddef.h>

#include "proto/base/tongue.h"
#include "proto/yaml/checks.h"
#include "proto/yaml/config.h"

static const char *const levels[] = {"debug", "info", "warn", "error", NULL};

#define AT(field) offsetof(hub_config, field)
static const config_row rows[] = {
    {"name", CONFIG_STRING, AT(name), false, "hub", 0, 0, NULL, N_("the hub's name in logs"), NULL},
    {"listen", CONFIG_STRING, AT(listen), false, "0.0.0.0:7443", 0, 0, NULL,
     N_("address and port that nodes dial"), check_listen},
    {"rules_dir", CONFIG_PATH, AT(rules_dir), false, NULL, 0, 0, NULL,
     N_("folder of all versions of the rules; the first lies there at installation, as 1.bundle"), NULL},
    {"rules_first", CONFIG_STRING, AT(rules_first), false, NULL, 0, 0, NULL,
     N_("SHA-256 of the first version (64 hex digits): only what follows from it is believed"), check_sha256},
    {"rules", CONFIG_FILE, AT(rules), false, NULL, 0, 0, NULL,
     N_("instead of rules_dir: one bundle that never changes by itself (tsunagu policy compile)"), NULL},
    {"rules_pin", CONFIG_STRING, AT(rules_pin), false, NULL, 0, 0, NULL,
     N_("with rules: accept only the bundle with this SHA-256 (64 hex digits)"), check_sha256},
    {"data", CONFIG_PATH, AT(data), true, NULL, 0, 0, NULL, N_("folder of the store"), NULL},
    {"socket", CONFIG_PATH, AT(socket), false, "hub.sock", 0, 0, NULL, N_("the command line's socket"), NULL},
    {"tls.ca", CONFIG_FILE, AT(tls_ca), true, NULL, 0, 0, NULL,
     N_("the federation's CA certificates (PEM)"), NULL},
    {"tls.crl", CONFIG_FILE, AT(tls_crl), true, NULL, 0, 0, NULL, N_("its revocation list (PEM)"), NULL},
    {"tls.cert", CONFIG_FILE, AT(tls_cert), true, NULL, 0, 0, NULL, N_("the hub's certificate (PEM)"), NULL},
    {"tls.key", CONFIG_FILE, AT(tls_key), true, NULL, 0, 0, NULL,
     N_("its private key (PEM, mode 0600)"), NULL},
    {"keys.sign", CONFIG_FILE, AT(sign_key), true, NULL, 0, 0, NULL,
     N_("the key that signs tickets (mode 0600)"), NULL},
    {"map_size", CONFIG_BYTES, AT(map_size), false, "64GiB", 16 << 20, 1LL << 44, NULL,
     N_("address space for the store; the file grows as needed"), NULL},
    {"log_level", CONFIG_CHOICE, AT(log_level), false, "info", 0, 0, levels,
     N_("least level of the running log"), NULL},
    {"link.handshake", CONFIG_SPAN, AT(handshake_ms), false, "10s", 100, 600000, NULL,
     N_("time for a TLS handshake"), NULL},
    {"link.frame", CONFIG_SPAN, AT(frame_ms), false, "15s", 100, 600000, NULL,
     N_("time for one frame to arrive"), NULL},
    {"link.idle", CONFIG_SPAN, AT(idle_ms), false, "90s", 300, 3600000, NULL,
     N_("silence after which a node is taken for gone"), NULL},
    {"link.write", CONFIG_SPAN, AT(write_ms), false, "30s", 100, 600000, NULL,
     N_("time for one write to leave"), NULL},
    {"link.connections", CONFIG_INT, AT(conns), false, "4096", 1, 100000, NULL,
     N_("connections in all"), NULL},
    {"link.half_open", CONFIG_INT, AT(conns_address), false, "64", 1, 100000, NULL,
     N_("connections from one address that have not proved themselves yet"), NULL},
    {"link.calls", CONFIG_INT, AT(calls_peer), false, "256", 1, 65536, NULL,
     N_("calls a node may have open"), NULL},
};
enum { ROWS = sizeof rows / sizeof rows[0] };

// Where the rules come from must be said once, and fully.
static err rules_check(const char *path, const hub_config *c, diag *d)
{
    const char *wrong = !c->rules == !c->rules_dir      ? _("one of \"rules_dir\" and \"rules\" is needed")
                        : !c->rules_dir != !c->rules_first ? _("\"rules_dir\" and \"rules_first\" belong together")
                        : c->rules_pin && !c->rules        ? _("\"rules_pin\" belongs to \"rules\"") : NULL;
    if (!wrong)
        return OK;
    diag_add(d, DIAG_ERROR, path, (span){0}, 0, 0, "%s", wrong);
    return ERR_FORMAT;
}

err hub_config_load(const char *path, hub_config *ret, diag *d)
{
    hub_config c = {0};
    err e = config_read(path, rows, ROWS, &c, d);
    if (e)
        return e;
    e = rules_check(path, &c, d);
    if (e)
        config_done(rows, ROWS, &c);
    else
        *ret = c;
    return e;
}

void hub_config_done(hub_config *c)
{
    config_done(rows, ROWS, c);
}

void hub_config_explain(FILE *out)
{
    config_explain(rows, ROWS, out);
}
