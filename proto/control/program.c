// SPDX-License-Identifier: Apache-2.0
#include "proto/control/program.h"

#include <argp.h>

#include "proto/base/log.h"
#include "proto/base/tongue.h"
#include "proto/control/process.h"

typedef struct options {
    const char *name, *config;
    bool check, explain, version;
} options;

static error_t option_read(int key, char *arg, struct argp_state *state)
{
    options *o = state->input;
    switch (key) {
    case 'c': o->config = arg; return 0;
    case 'k': o->check = true; return 0;
    case 'e': o->explain = true; return 0;
    case 'V': o->version = true; return 0;
    case ARGP_KEY_ARG: return ARGP_ERR_UNKNOWN;
    case ARGP_KEY_END:
        if (!o->config && !o->explain && !o->version)
            argp_error(state, "%s", _("say which configuration: --config FILE"));
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option option_rows[] = {
    {"config", 'c', "FILE", 0, N_("the configuration (YAML)"), 0},
    {"check-config", 'k', 0, 0, N_("check the configuration and stop"), 0},
    {"explain-config", 'e', 0, 0, N_("print every option with its default"), 0},
    {"version", 'V', 0, 0, N_("print the version"), 0},
    {0}};

static int config_check(const program *p, const char *config)
{
    diag d = {0};
    err e = p->check(config, &d);
    diag_print(&d, stderr);
    diag_done(&d);
    if (e == OK)
        printf(_("%s: the configuration is good\n"), config);
    return e ? 1 : 0;
}

int program_main(const program *p, int argc, char **argv)
{
    options o = {.name = p->name};
    struct argp argp = {option_rows, option_read, NULL, p->about, NULL, NULL, "tsunagu"};
    void *daemon;
    tongue_init();
    argp_err_exit_status = 2;
    argp_parse(&argp, argc, argv, 0, NULL, &o);
    if (o.version) {
        printf("%s 0.1.0\n", p->name);
        return 0;
    }
    if (o.explain) {
        p->explain(stdout);
        return 0;
    }
    log_open(p->name, LOG_INFO);
    if (o.check)
        return config_check(p, o.config);
    process_harden();
    process_signals();
    if (p->open(o.config, &daemon) != OK)
        return 1;
    process_notify("READY=1");
    p->run(daemon, process_stopping, process_reloading);
    process_notify("STOPPING=1");
    log_line(LOG_INFO, "stopping");
    p->close(daemon);
    return 0;
}
