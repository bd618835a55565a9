// SPDX-License-Identifier: Apache-2.0
// A chart's newest ADT-00, found and read: names pass through here and are not kept.
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/charts/person_in.h"

enum { ADT_MAX = 1 << 20 };

typedef struct newest {
    ssmix_entry entry;
    bool found;
} newest;

static err adt_one(void *ctx, const ssmix_entry *e)
{
    newest *n = ctx;
    if (e->kind == SSMIX_STANDARD && strcmp(e->type, "ADT-00") == 0 && (!n->found || e->time >= n->entry.time)) {
        n->entry = *e;
        n->found = true;
    }
    return OK;
}

err adt_find(node *n, store_txn *t, span chart, ssmix_entry *ret)
{
    newest found = {.found = false};
    err e = n->index ? ssmix_entries(n->index, t, chart, adt_one, &found) : OK;
    if (e == OK && !found.found)
        e = ERR_NOT_FOUND;
    if (e == OK)
        *ret = found.entry;
    return e;
}

static err file_read(node *n, const ssmix_entry *entry, buf *out)
{
    int fd;
    uint64_t bytes;
    err e = ssmix_file_open(n->index, entry, "", &fd, &bytes);
    if (e)
        return e;
    if (bytes > ADT_MAX)
        e = ERR_LIMIT;
    if (e == OK)
        e = buf_reserve(out, (size_t)bytes);
    while (e == OK && out->len < bytes) {
        ssize_t got = read(fd, out->at + out->len, (size_t)bytes - out->len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            e = ERR_IO;
        else
            out->len += (size_t)got;
    }
    close(fd);
    return e;
}

err adt_read(node *n, const ssmix_entry *entry, identity *ret)
{
    buf bytes = {.max = ADT_MAX + 1};
    hl7 *m = NULL;
    hl7_dirt dirt;
    char chart[128];
    err e = file_read(n, entry, &bytes);
    if (e == OK)
        e = hl7_read(buf_span(&bytes), &m, &dirt);
    if (e == OK)
        e = patient_of(m, ret, chart, sizeof chart);
    if (e)
        identity_wipe(ret); // what was read until then is somebody's
    hl7_free(m);
    buf_wipe(&bytes);
    return e;
}

err adt_mark(node *n, const ssmix_entry *entry, uint8_t ret[static 16])
{
    struct stat st;
    uint64_t bytes;
    hash32 h;
    uint8_t about[24];
    int fd;
    err e = ssmix_file_open(n->index, entry, "", &fd, &bytes);
    if (e)
        return e;
    e = fstat(fd, &st) == 0 ? OK : ERR_IO;
    close(fd);
    if (e)
        return e;
    be64_put(about, (uint64_t)st.st_size);
    be64_put(about + 8, (uint64_t)st.st_mtim.tv_sec);
    be64_put(about + 16, (uint64_t)st.st_mtim.tv_nsec);
    span parts[2] = {span_of(entry->id, sizeof entry->id), span_of(about, sizeof about)};
    sha256_parts(parts, 2, &h);
    memcpy(ret, h.at, 16);
    return OK;
}

err person_identity(node *n, store_txn *t, const char *chart, identity *ret, ssmix_entry *ret_entry)
{
    ssmix_entry entry;
    err e = adt_find(n, t, span_str(chart), &entry);
    if (e == OK)
        e = adt_read(n, &entry, ret);
    if (e == OK && ret_entry)
        *ret_entry = entry;
    return e;
}

void person_name(const char *family, const char *given, char out[static IDENTITY_TEXT * 2 + 2])
{
    snprintf(out, IDENTITY_TEXT * 2 + 2, "%s%s%s", family, family[0] && given[0] ? " " : "", given);
}
