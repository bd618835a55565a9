// SPDX-License-Identifier: Apache-2.0
// tsunagu-hub: in the foreground, --config FILE. SIGTERM drains, SIGHUP reloads.
#include "hub/hub.h"
#include "proto/base/tongue.h"
#include "proto/control/program.h"

static const char about[] =
    N_("The hub of a federation of hospital disclosure unions: resolves look-ups, relays what it cannot read, "
       "keeps the access log.\v"
       "Runs in the foreground. SIGTERM: finish open calls and stop. SIGHUP: read rules, revocation list and "
       "certificates anew.\n"
       "Exit codes: 0 stopped as asked, 1 could not start, 2 wrong use, 74 the store failed (start again).");

static err check(const char *config, diag *d)
{
    hub_config c;
    err e = hub_config_load(config, &c, d);
    if (e == OK)
        hub_config_done(&c);
    return e;
}

static err open_daemon(const char *config, void **ret)
{
    hub *opened;
    err e = hub_open(config, &opened);
    if (e == OK)
        *ret = opened;
    return e;
}

static void run(void *daemon, bool (*stop)(void), bool (*reload)(void))
{
    hub_run(daemon, stop, reload);
}

static void close_daemon(void *daemon)
{
    hub_close(daemon);
}

int main(int argc, char **argv)
{
    const program p = {"tsunagu-hub", about, check, hub_config_explain, open_daemon, run, close_daemon};
    return program_main(&p, argc, argv);
}
