// SPDX-License-Identifier: Apache-2.0
#include "policies/rules/rules.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/base/tongue.h"

enum { WHY_BYTES = 256 };

static err file_read(const char *path, char *why, buf *out)
{
    err e = ERR_IO;
    struct stat st;
    // Not blocking: a pipe in the bundle's place must not hold up a reload.
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &st) != 0) {
        snprintf(why, WHY_BYTES, _("%s: %s; write it with `tsunagu policy compile`"), path, strerror(errno));
        goto out;
    }
    if (!S_ISREG(st.st_mode) || st.st_size <= 0 || st.st_size > (off_t)RULES_BYTES_MAX) {
        snprintf(why, WHY_BYTES, _("%s: %lld bytes cannot be a rules bundle"), path, (long long)st.st_size);
        e = ERR_LIMIT;
        goto out;
    }
    e = buf_reserve(out, (size_t)st.st_size);
    while (e == OK && out->len < (size_t)st.st_size) {
        ssize_t n = read(fd, out->at + out->len, (size_t)st.st_size - out->len);
        if (n <= 0) {
            snprintf(why, WHY_BYTES, _("%s: ended early"), path);
            e = ERR_IO;
        } else {
            out->len += (size_t)n;
        }
    }
out:
    if (fd >= 0)
        close(fd);
    return e;
}

static err pin_check(const char *path, const char *pin, const hash32 *hash, char *why)
{
    uint8_t want[HASH_BYTES];
    char have[HASH_BYTES * 2 + 1];
    if (!pin)
        return OK;
    if (hex_get(span_str(pin), want, sizeof want) != OK) {
        snprintf(why, WHY_BYTES, _("rules_pin: 64 hex digits are needed"));
        return ERR_USAGE;
    }
    if (crypto_same(want, hash->at, sizeof want))
        return OK;
    hex_put(have, span_of(hash->at, sizeof hash->at));
    snprintf(why, WHY_BYTES, _("%s: its hash %.16s... is not the pinned one %.16s..."), path, have, pin);
    return ERR_AUTH;
}

static err keys_prepare(rules *r)
{
    policy_hub_view hub = policy_hub(r->p);
    for (int i = 0; i < hub.sign_count && i < 2; i++) {
        err e = verify_key_of(hub.sign[i], &r->hub_keys[i]);
        if (e)
            return e;
        r->hub_key_count++;
    }
    return OK;
}

err rules_load(const char *path, const char *pin, char *why, rules **ret)
{
    buf bytes = {.max = RULES_BYTES_MAX};
    rules *r = calloc(1, sizeof *r);
    err e = r ? OK : ERR_MEM;
    if (e == OK) {
        r->count = 1;
        e = file_read(path, why, &bytes);
    }
    if (e)
        goto out;
    sha256(buf_span(&bytes), &r->hash);
    e = pin_check(path, pin, &r->hash, why);
    if (e)
        goto out;
    e = policy_open(buf_span(&bytes), &r->p);
    if (e) {
        snprintf(why, WHY_BYTES, _("%s: is no rules bundle (%s); write it anew with `tsunagu policy compile`"), path,
                 err_text(e));
        goto out;
    }
    policy_set_hash(r->p, r->hash.at);
    r->emergency = policy_purpose(r->p, "emergency");
    e = keys_prepare(r);
    if (e) {
        snprintf(why, WHY_BYTES, _("%s: the hub's signing key in it cannot be used"), path);
        goto out;
    }
    *ret = r;
    r = NULL;
out:
    rules_drop(r);
    buf_done(&bytes);
    return e;
}

err rules_of(span bundle, rules **ret)
{
    rules *r = bundle.len > RULES_BYTES_MAX ? NULL : calloc(1, sizeof *r);
    if (!r)
        return bundle.len > RULES_BYTES_MAX ? ERR_LIMIT : ERR_MEM;
    r->count = 1;
    sha256(bundle, &r->hash);
    err e = policy_open(bundle, &r->p);
    if (e == OK) {
        policy_set_hash(r->p, r->hash.at);
        r->emergency = policy_purpose(r->p, "emergency");
        e = keys_prepare(r);
    }
    if (e)
        rules_drop(r);
    else
        *ret = r;
    return e;
}

rules *rules_keep(rules *r)
{
    __atomic_add_fetch(&r->count, 1, __ATOMIC_RELAXED);
    return r;
}

void rules_drop(rules *r)
{
    if (!r || __atomic_sub_fetch(&r->count, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    for (int i = 0; i < r->hub_key_count; i++)
        verify_key_free(r->hub_keys[i]);
    policy_free(r->p);
    free(r);
}

rules_stale rules_stale_on(const rules *r, day today)
{
    policy_stale_days last = policy_stale(r->p);
    return today > last.deny                 ? RULES_DENY
           : today > last.no_registrations ? RULES_NO_REGISTRATIONS
           : today > last.warn               ? RULES_WARN
                                             : RULES_FRESH;
}

const char *rules_stale_name(rules_stale s)
{
    static const char *const NAMES[] = {"", "warn", "no_registrations", "deny"};
    return (unsigned)s <= RULES_DENY ? NAMES[s] : "";
}

uint64_t rules_short(const rules *r)
{
    return be64_get(r->hash.at);
}
