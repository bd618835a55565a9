// SPDX-License-Identifier: Apache-2.0
// tsunagu-node: in the foreground, --config FILE. SIGTERM drains, SIGHUP reloads.
#include <stdlib.h>

#include "node/daemon.h"
#include "node/notices/notify.h"
#include "proto/base/tongue.h"
#include "proto/control/program.h"

static const char about[] =
    N_("A node of a federation of hospital disclosure unions: reads the hospital's storages, publishes what patients "
       "agreed to, asks for its own facilities, and is the gate that documents leave by.\v"
       "Runs in the foreground. SIGTERM: finish open calls and stop. SIGHUP: read rules, people, revocation list and "
       "certificates anew.\n"
       "Exit codes: 0 stopped as asked, 1 could not start, 2 wrong use, 74 the store failed (start again).");

static err check(const char *config, diag *d)
{
    node_config c;
    notify targets = {0};
    err e = node_config_load(config, &c, d);
    if (e)
        return e;
    if (c.notify)
        e = notify_load(c.notify, d, &targets);
    notify_done(&targets);
    node_config_done(&c);
    return e;
}

static err open_daemon(const char *config, void **ret)
{
    node *opened;
    err e = node_open(config, &opened);
    if (e == OK)
        *ret = opened;
    return e;
}

static void run(void *daemon, bool (*stop)(void), bool (*reload)(void))
{
    node_run(daemon, stop, reload);
}

static void close_daemon(void *daemon)
{
    if (!node_close(daemon))
        _Exit(EXIT_SUCCESS); // stopped as asked, only sooner
}

int main(int argc, char **argv)
{
    const program p = {"tsunagu-node", about, check, node_config_explain, open_daemon, run, close_daemon};
    return program_main(&p, argc, argv);
}
