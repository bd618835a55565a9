// SPDX-License-Identifier: Apache-2.0
#include "ops/cli/papers.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ops/cli/show.h"
#include "policies/compiler/compile.h"
#include "proto/base/tongue.h"

err paper_bundle(const invocation *v, const char *path, rules **ret)
{
    char why[256] = "";
    err e = rules_load(path, NULL, why, ret);
    if (e)
        complain(v, e, why);
    return e;
}

err paper_rules(const invocation *v, const char *path, policy **ret)
{
    struct stat st;
    diag d = {0};
    policy_files files = {0};
    buf bundle = {0};
    if (stat(path, &st) == 0 && !S_ISDIR(st.st_mode)) {
        char why[256] = "";
        rules *r = NULL;
        err failed = rules_load(path, NULL, why, &r);
        if (failed == OK)
            failed = policy_open(policy_bytes(r->p), ret);
        if (failed)
            complain(v, failed, why);
        rules_drop(r);
        return failed;
    }
    err e = policy_load_dir(path, &d, &files);
    if (e == OK) {
        e = policy_compile(&files, &d, &bundle);
        policy_files_done(&files);
    }
    if (e == OK)
        e = policy_open(buf_span(&bundle), ret);
    if (e)
        show_mistakes(v, &d, e, path);
    buf_done(&bundle);
    diag_done(&d);
    return e;
}

// At most `most` bytes of a file; *ret_whole: that was all.
static err head_read(const char *path, size_t most, buf *ret, bool *ret_whole)
{
    FILE *f = fopen(path, "re");
    if (!f)
        return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
    err e = buf_reserve(ret, most);
    if (e == OK) {
        ret->len = fread(ret->at, 1, most, f);
        *ret_whole = fgetc(f) == EOF;
        e = ferror(f) ? ERR_IO : OK;
    }
    fclose(f);
    return e;
}

err paper_bytes(const char *path, size_t most, buf *ret)
{
    bool whole = false;
    err e = head_read(path, most, ret, &whole);
    return e == OK && !whole ? ERR_LIMIT : e;
}

err paper_record(const char *path, ratification *ret)
{
    buf text = {0};
    bool whole = false;
    err e = head_read(path, RATIFICATION_BYTES, &text, &whole);
    if (e == OK)
        e = whole ? ratification_read(buf_span(&text), ret) : ERR_LIMIT;
    buf_done(&text);
    return e;
}

static err paper_read(const invocation *v, const char *path, paper *ret)
{
    buf start = {0};
    bool whole;
    ret->path = path;
    err e = head_read(path, 64, &start, &whole);
    bool record = e == OK && ratification_is(buf_span(&start));
    buf_done(&start);
    if (!record)
        return paper_bundle(v, path, &ret->bundle);
    e = paper_record(path, &ret->record);
    if (e)
        complain(v, e, path);
    return e;
}

err papers_read(const invocation *v, const char *first, papers *ret)
{
    papers p = {0};
    p.items = calloc(v->rest_count + 1, sizeof *p.items);
    if (!p.items)
        return ERR_MEM;
    err e = OK;
    for (size_t i = 0; e == OK && i <= v->rest_count; i++) {
        e = paper_read(v, i ? v->rest[i - 1] : option_value(v, first), &p.items[i]);
        p.count += e == OK;
    }
    if (e)
        papers_done(&p);
    else
        *ret = p;
    return e;
}

void papers_done(papers *p)
{
    for (size_t i = 0; i < p->count; i++) {
        if (p->items[i].bundle)
            rules_drop(p->items[i].bundle);
        ratification_done(&p->items[i].record);
    }
    free(p->items);
    *p = (papers){0};
}

void hash_aloud(const hash32 *h, char out[static HASH_ALOUD_BYTES])
{
    snprintf(out, HASH_ALOUD_BYTES, "%02x%02x %02x%02x %02x%02x %02x%02x", h->at[0], h->at[1], h->at[2], h->at[3],
             h->at[4], h->at[5], h->at[6], h->at[7]);
}

bool hash_heard(const hash32 *h, const char *said)
{
    char heard[HASH_BYTES * 2 + 1], all[HASH_BYTES * 2 + 1];
    size_t n = 0;
    for (; *said; said++) {
        if (*said == ' ' || *said == '-' || *said == '\n')
            continue;
        if (n == HASH_BYTES * 2)
            return false;
        heard[n++] = (char)tolower((unsigned char)*said);
    }
    hex_put(all, span_of(h->at, HASH_BYTES));
    return (n == 16 || n == HASH_BYTES * 2) && memcmp(heard, all, n) == 0;
}

// A file beside `path` that nobody else writes: two that write one paper at once must not share it.
static err beside_open(const char *path, char *temporary, size_t room, FILE **ret)
{
    for (int i = 0; i < 100; i++) {
        int n = snprintf(temporary, room, "%s.%ld-%d.new", path, (long)getpid(), i);
        if (n < 0 || (size_t)n >= room)
            return ERR_LIMIT;
        int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
        if (fd < 0 && errno == EEXIST)
            continue; // left behind by one that was killed
        *ret = fd < 0 ? NULL : fdopen(fd, "w");
        if (*ret)
            return OK;
        if (fd >= 0) {
            close(fd);
            unlink(temporary);
        }
        return ERR_IO;
    }
    return ERR_EXISTS;
}

err paper_put(const char *path, span bytes)
{
    char temporary[4096];
    FILE *f;
    err e = beside_open(path, temporary, sizeof temporary, &f);
    if (e)
        return e;
    bool good = fwrite(bytes.at, 1, bytes.len, f) == bytes.len && fflush(f) == 0 && fsync(fileno(f)) == 0;
    bool full = !good && (errno == ENOSPC || errno == EDQUOT);
    good = fclose(f) == 0 && good;
    if (good && rename(temporary, path) == 0)
        return OK;
    unlink(temporary);
    return full ? ERR_FULL : ERR_IO;
}

err paper_write(const invocation *v, const char *path, span text)
{
    err e = paper_put(path, text);
    if (e)
        complain(v, e, path);
    return e;
}
