// SPDX-License-Identifier: Apache-2.0
#include "proto/base/err.h"

#include <stddef.h>
#include "proto/base/tongue.h"

static const struct {
    const char *name, *text;
} ERRORS[ERR_COUNT] = {
    [OK] = {"ok", N_("ok")},
    [ERR_MEM] = {"mem", N_("out of memory")},
    [ERR_IO] = {"io", N_("input or output failed")},
    [ERR_LIMIT] = {"limit", N_("over a stated limit")},
    [ERR_FORMAT] = {"format", N_("malformed")},
    [ERR_NOT_FOUND] = {"not_found", N_("not found")},
    [ERR_EXISTS] = {"exists", N_("already there")},
    [ERR_DENIED] = {"denied", N_("not allowed")},
    [ERR_AUTH] = {"auth", N_("not authentic")},
    [ERR_EXPIRED] = {"expired", N_("expired")},
    [ERR_STALE] = {"stale", N_("older than what is held")},
    [ERR_BUSY] = {"busy", N_("busy, try later")},
    [ERR_CLOSED] = {"closed", N_("closed by the other end")},
    [ERR_DEADLINE] = {"deadline", N_("no answer in time")},
    [ERR_CORRUPT] = {"corrupt", N_("stored value is damaged")},
    [ERR_UNREACHABLE] = {"unreachable", N_("not connected")},
    [ERR_UNSUPPORTED] = {"unsupported", N_("not supported")},
    [ERR_USAGE] = {"usage", N_("wrong arguments")},
    [ERR_FULL] = {"full", N_("storage is full")},
    [ERR_CONFLICT] = {"conflict", N_("contradicts what is recorded")},
    [ERR_INTERNAL] = {"internal", N_("internal error")},
    [ERR_WITHDRAWN] = {"withdrawn", N_("withdrawn by the patient")},
};

const char *err_text(err e)
{
    if ((unsigned)e >= ERR_COUNT)
        return N_("unknown error");
    return ERRORS[e].text;
}

const char *err_name(err e)
{
    if ((unsigned)e >= ERR_COUNT)
        return "unknown";
    return ERRORS[e].name;
}
