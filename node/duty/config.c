// SPDX-License-Identifier: Apache-2.0
#include "node/duty/config.h"

#include <stddef.h>

#include "proto/base/tongue.h"
#include "proto/yaml/checks.h"

static const char *const levels[] = {"debug", "info", "warn", "error", NULL};
static const char *const switches[] = {"off", "on", NULL};

#define AT(field) offsetof(node_config, field)
static const config_row rows[] = {
    {"node", CONFIG_STRING, AT(name), true, NULL, 0, 0, NULL,
     N_("this node's name in the membership list"), check_name},
    {"facility", CONFIG_STRING, AT(facility), false, NULL, 0, 0, NULL,
     N_("the 10-digit code of the hospital it discloses for; leave out at a node that only views"), check_facility},
    {"hub.address", CONFIG_STRING, AT(hub_address), true, NULL, 0, 0, NULL,
     N_("host:port of the hub to dial"), check_dial},
    {"hub.host", CONFIG_STRING, AT(hub_host), true, NULL, 0, 0, NULL,
     N_("the name that the hub's certificate must carry"), NULL},
    {"rules_dir", CONFIG_PATH, AT(rules_dir), false, NULL, 0, 0, NULL,
     N_("folder of all versions of the rules; the first lies there at installation, as 1.bundle"),
     NULL},
    {"rules_first", CONFIG_STRING, AT(rules_first), false, NULL, 0, 0, NULL,
     N_("SHA-256 of the first version (64 hex digits): only what follows from it is believed"), check_sha256},
    {"rules", CONFIG_FILE, AT(rules), false, NULL, 0, 0, NULL,
     N_("instead of rules_dir: one bundle that never changes by itself (tsunagu policy compile)"), NULL},
    {"rules_pin", CONFIG_STRING, AT(rules_pin), false, NULL, 0, 0, NULL,
     N_("with rules: accept only the bundle with this SHA-256 (64 hex digits)"), check_sha256},
    {"data", CONFIG_PATH, AT(data), true, NULL, 0, 0, NULL, N_("folder of the store"), NULL},
    {"socket", CONFIG_PATH, AT(socket), false, "node.sock", 0, 0, NULL,
     N_("the command line's socket"), NULL},
    {"tls.ca", CONFIG_FILE, AT(tls_ca), true, NULL, 0, 0, NULL,
     N_("the federation's CA certificates (PEM)"), NULL},
    {"tls.crl", CONFIG_FILE, AT(tls_crl), true, NULL, 0, 0, NULL, N_("its revocation list (PEM)"), NULL},
    {"tls.cert", CONFIG_FILE, AT(tls_cert), true, NULL, 0, 0, NULL,
     N_("this node's certificate (PEM)"), NULL},
    {"tls.key", CONFIG_FILE, AT(tls_key), true, NULL, 0, 0, NULL,
     N_("its private key (PEM, mode 0600)"), NULL},
    {"keys.sign", CONFIG_FILE, AT(sign_key), true, NULL, 0, 0, NULL, N_("the signing key (mode 0600)"), NULL},
    {"keys.seal", CONFIG_FILES, AT(seal_keys), true, NULL, 1, 2, NULL,
     N_("one or two sealing keys (mode 0600); two while one is being replaced"), NULL},
    {"keys.secret", CONFIG_FILE, AT(secret), true, NULL, 0, 0, NULL,
     N_("this node's secret, 64 hex digits (mode 0600): document ids, user ids"), NULL},
    {"keys.federation", CONFIG_FILE, AT(federation), true, NULL, 0, 0, NULL,
     N_("the key for pseudonyms that nodes share (mode 0600); the hub must never have it"), NULL},
    {"keys.epoch", CONFIG_INT, AT(epoch), false, "1", 1, 255, NULL, N_("the number of that key"), NULL},
    {"storages", CONFIG_PATHS, AT(storages), false, NULL, 0, 0, NULL,
     N_("SS-MIX2 standardized storages"), NULL},
    {"storages_extended", CONFIG_PATHS, AT(storages_extended), false, NULL, 0, 0, NULL,
     N_("SS-MIX2 extended storages"), NULL},
    {"mapping", CONFIG_MAP, AT(mapping), false, NULL, 0, 0, NULL,
     N_("data type or document code: category, or none; added to the built-in table"), NULL},
    {"people", CONFIG_FILE, AT(people), false, NULL, 0, 0, NULL,
     N_("who may ask through this node: a list of {user, facility, role, uids}"), NULL},
    {"notify", CONFIG_FILE, AT(notify), false, NULL, 0, 0, NULL,
     N_("where notices are sent to: a list of {name, facility, webhook or mail}"), NULL},
    {"notices_keep", CONFIG_SPAN, AT(notices_keep), false, "30d", 0, 366 * 86400000LL, NULL,
     N_("how long a notice is kept after somebody took it"), NULL},
    {"scan_every", CONFIG_SPAN, AT(scan_every), false, "10m", 0, 86400000, NULL,
     N_("how often the storages are read anew; 0s: only when told"), NULL},
    {"contents", CONFIG_CHOICE, AT(contents), false, "on", 0, 0, switches,
     N_("whether documents are opened, slowly and in the background, to find damaged ones"), NULL},
    {"contents_rate", CONFIG_INT, AT(contents_rate), false, "50", 1, 100000, NULL,
     N_("at most how many documents a second that opens"), NULL},
    {"map_size", CONFIG_BYTES, AT(map_size), false, "64GiB", 16 << 20, 1LL << 44, NULL,
     N_("address space for the store; the file grows as needed"), NULL},
    {"shelf_quota", CONFIG_BYTES, AT(shelf_quota), false, "10GiB", 0, 1LL << 44, NULL,
     N_("how much each facility without a storage may file on its shelf, older versions counted"), NULL},
    {"log_level", CONFIG_CHOICE, AT(log_level), false, "info", 0, 0, levels,
     N_("least level of the running log"), NULL},
};
enum { ROWS = sizeof rows / sizeof rows[0], STORAGES_MAX = 64 };

// Where the storages are given: the file is read once more, for its lines.
static void complain_at_storages(const char *path, diag *d, const char *sentence)
{
    yaml_doc *doc = NULL;
    const yaml_node *n = NULL;
    if (yaml_load(path, YAML_BYTES, d, &doc) == OK) {
        n = yaml_find(doc->root, "storages");
        n = n && n->count ? n : yaml_find(doc->root, "storages_extended");
        yaml_complain_key(d, doc, n, DIAG_ERROR, "%s", sentence);
    }
    yaml_free(doc);
}

static void complain_at(const char *path, diag *d, const char *key, const char *sentence)
{
    yaml_doc *doc = NULL;
    if (yaml_load(path, YAML_BYTES, d, &doc) == OK) {
        const yaml_node *n = yaml_find(doc->root, key);
        if (n)
            yaml_complain_key(d, doc, n, DIAG_ERROR, "%s", sentence);
        else
            yaml_complain(d, doc, doc->root, DIAG_ERROR, "%s", sentence);
    }
    yaml_free(doc);
}

static void rules_fit(const char *path, const node_config *c, diag *d)
{
    if (!c->rules && !c->rules_dir)
        complain_at(path, d, "rules_first", _("rules_dir is missing: where are the rules?"));
    else if (c->rules && c->rules_dir)
        complain_at(path, d, "rules", _("rules or rules_dir, not both"));
    else if (c->rules_dir && !c->rules_first)
        complain_at(path, d, "rules_dir", _("rules_first is missing: the hash of the first version, read out by "
                                            "whoever runs the hub"));
    else if (c->rules && c->rules_first)
        complain_at(path, d, "rules_first", _("rules_first belongs to rules_dir; for one file it is rules_pin"));
    else if (c->rules_dir && c->rules_pin)
        complain_at(path, d, "rules_pin", _("rules_pin belongs to rules; for rules_dir it is rules_first"));
}

// What a single row cannot say.
static bool config_fits(const char *path, const node_config *c, diag *d)
{
    size_t before = d->errors, roots = c->storages.count + c->storages_extended.count;
    rules_fit(path, c, d);
    if (roots > 0 && !c->facility)
        complain_at_storages(path, d, _("facility: a node with storages must say which hospital they belong to"));
    if (roots > STORAGES_MAX)
        complain_at_storages(path, d, _("storages: at most 64"));
    return d->errors == before;
}

err node_config_load(const char *path, node_config *ret, diag *d)
{
    node_config c = {0};
    err e = config_read(path, rows, ROWS, &c, d);
    if (e)
        return e;
    if (!config_fits(path, &c, d)) {
        node_config_done(&c);
        return ERR_FORMAT;
    }
    *ret = c;
    return OK;
}

void node_config_done(node_config *c)
{
    config_done(rows, ROWS, c);
}

void node_config_explain(FILE *out)
{
    config_explain(rows, ROWS, out);
}
