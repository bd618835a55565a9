// SPDX-License-Identifier: Apache-2.0
#include "proto/yaml/checks.h"

#include <string.h>
#include "proto/base/luhn.h"
#include "proto/base/tongue.h"

enum { NAME_MAX_CHARS = 32, SHA256_DIGITS = 64, PORT_DIGITS = 5 };

const char *check_name(const char *value)
{
    size_t len = strlen(value);
    if (len >= 1 && len <= NAME_MAX_CHARS && strspn(value, "abcdefghijklmnopqrstuvwxyz0123456789-") == len)
        return NULL;
    return _("1 to 32 characters are needed, of a-z, 0-9 and hyphen");
}

const char *check_facility(const char *value)
{
    uint64_t code;
    return institution_parse(span_str(value), &code) == OK ? NULL : _("a 10-digit institution code is needed");
}

const char *check_sha256(const char *value)
{
    size_t len = strlen(value);
    if (len == SHA256_DIGITS && strspn(value, "0123456789abcdefABCDEF") == len)
        return NULL;
    return _("64 hexadecimal digits are needed");
}

// The last colon parts host and port, as the line itself takes it.
static bool host_port(const char *value, unsigned least)
{
    const char *colon = strrchr(value, ':');
    if (!colon || colon == value || strcspn(value, " \t/") != strlen(value))
        return false;
    size_t digits = strspn(colon + 1, "0123456789");
    if (digits < 1 || digits > PORT_DIGITS || colon[1 + digits])
        return false;
    unsigned port = 0;
    for (const char *p = colon + 1; *p; p++)
        port = port * 10 + (unsigned)(*p - '0');
    return port >= least && port <= 65535;
}

const char *check_dial(const char *value)
{
    return host_port(value, 1) ? NULL : _("host:port is needed, with a port from 1 to 65535");
}

const char *check_listen(const char *value)
{
    return host_port(value, 0) ? NULL : _("address:port is needed, with a port from 0 to 65535");
}
