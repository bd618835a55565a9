// SPDX-License-Identifier: Apache-2.0
// tsunagu-node: in the foreground, --config FILE. SIGTERM drains, SIGHUP reloads.
#include <argp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/node.h"
#include "proto/base/log.h"
#include "proto/base/tongue.h"
#include "proto/control/process.h"

const char *argp_program_version = "tsunagu-node 0.1.0";

typedef struct options {
    const char *config;
    bool check, explain;
} options;

static error_t option_read(int key, char *arg, struct argp_state *state)
{
    options *o = state->input;
    switch (key) {
    case 'c': o->config = arg; return 0;
    case 'k': o->check = true; return 0;
    case 'e': o->explain = true; return 0;
    case ARGP_KEY_ARG: return ARGP_ERR_UNKNOWN;
    case ARGP_KEY_END:
        if (!o->config && !o->explain)
            argp_error(state, "%s", _("say which configuration: --config FILE"));
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option option_rows[] = {
    {"config", 'c', "FILE", 0, N_("the configuration (YAML)"), 0},
    {"check-config", 'k', 0, 0, N_("check the configuration and stop"), 0},
    {"explain-config", 'e', 0, 0, N_("print every option with its default"), 0},
    {0}};

static const char about[] =
    N_("A node of a federation of hospital disclosure unions: reads the hospital's storages, publishes what patients "
       "agreed to, asks for its own facilities, and is the gate that documents leave by.\v"
       "Runs in the foreground. SIGTERM: finish open calls and stop. SIGHUP: read rules, people, revocation list and "
       "certificates anew.\n"
       "Exit codes: 0 stopped as asked, 1 could not start, 2 wrong use, 74 the store failed (start again).");

int main(int argc, char **argv)
{
    options o = {0};
    struct argp argp = {option_rows, option_read, NULL, about, NULL, NULL, "tsunagu"};
    tongue_init();
    argp_err_exit_status = 2;
    argp_parse(&argp, argc, argv, 0, NULL, &o);
    if (o.explain) {
        node_config_explain(stdout);
        return 0;
    }
    log_open("tsunagu-node", LOG_INFO);
    if (o.check) {
        node_config c;
        diag d = {0};
        err e = node_config_load(o.config, &c, &d);
        diag_print(&d, stderr);
        if (e == OK) {
            printf(_("%s: the configuration is good\n"), o.config);
            node_config_done(&c);
        }
        diag_done(&d);
        return e ? 1 : 0;
    }
    process_harden();
    process_signals();
    node *n;
    if (node_open(o.config, &n) != OK)
        return 1;
    process_notify("READY=1");
    node_run(n, process_stopping, process_reloading);
    process_notify("STOPPING=1");
    log_line(LOG_INFO, "stopping");
    node_close(n);
    return 0;
}
