// SPDX-License-Identifier: Apache-2.0
// tsunagu-hub: in the foreground, --config FILE. SIGTERM drains, SIGHUP reloads.
#include <argp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hub/hub.h"
#include "proto/base/log.h"
#include "proto/base/tongue.h"
#include "proto/control/process.h"

const char *argp_program_version = "tsunagu-hub 0.1.0";

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
    N_("The hub of a federation of hospital disclosure unions: resolves look-ups, relays what it cannot read, "
       "keeps the access log.\v"
       "Runs in the foreground. SIGTERM: finish open calls and stop. SIGHUP: read rules, revocation list and "
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
        hub_config_explain(stdout);
        return 0;
    }
    log_open("tsunagu-hub", LOG_INFO);
    if (o.check) {
        hub_config c;
        diag d = {0};
        err e = hub_config_load(o.config, &c, &d);
        diag_print(&d, stderr);
        if (e == OK) {
            printf(_("%s: the configuration is good\n"), o.config);
            hub_config_done(&c);
        }
        diag_done(&d);
        return e ? 1 : 0;
    }
    process_harden();
    process_signals();
    hub *h;
    if (hub_open(o.config, &h) != OK)
        return 1;
    process_notify("READY=1");
    hub_run(h, process_stopping, process_reloading);
    process_notify("STOPPING=1");
    log_line(LOG_INFO, "stopping");
    hub_close(h);
    return 0;
}
