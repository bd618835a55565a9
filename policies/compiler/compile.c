// SPDX-License-Identifier: Apache-2.0
// The compiler's order: files, words, then what is said with them. Each step
// reads on after a mistake; only when all is read does an error end it.
#include <stdlib.h>
#include <string.h>

#include "policies/compiler/draft.h"
#include "policies/compiler/trial.h"

static bool has_prefix(const char *name, const char *prefix)
{
    return strncmp(name, prefix, strlen(prefix)) == 0;
}

static bool has_suffix(const char *name, const char *suffix)
{
    size_t n = strlen(name), s = strlen(suffix);
    return n > s && strcmp(name + n - s, suffix) == 0;
}

bool draft_in_folder(const draft_file *f, const char *folder)
{
    return has_prefix(f->name, folder);
}

size_t draft_folder_count(const draft *d, const char *folder)
{
    size_t count = 0;
    for (size_t i = 0; i < d->file_count; i++)
        count += draft_in_folder(&d->files[i], folder);
    return count;
}

const yaml_doc *draft_doc(draft *d, const char *name, bool required)
{
    for (size_t i = 0; i < d->file_count; i++)
        if (strcmp(d->files[i].name, name) == 0)
            return d->files[i].doc;
    if (required)
        diag_add(d->diag, DIAG_ERROR, name, span_str(""), 0, 0, _("this file is missing"));
    return NULL;
}

// Whether the compiler reads a file of this name; a name nobody reads is said.
static bool file_known(draft *d, const policy_file *f)
{
    const char *single[32];
    size_t count = 0;
    for (size_t i = 0; i < FILE_SHAPE_COUNT; i++) {
        const char *known = FILE_SHAPES[i].file;
        bool folder = known[strlen(known) - 1] == '/';
        if (folder ? has_prefix(f->name, known) && has_suffix(f->name, ".yaml") : strcmp(known, f->name) == 0)
            return true;
        if (!folder)
            single[count++] = known;
    }
    const char *near = diag_nearest(f->name, single, count);
    size_t len = strlen(f->name);
    if (has_suffix(f->name, ".yml"))
        diag_add(d->diag, DIAG_ERROR, f->path, span_str(""), 0, 0,
                 _("the name ends in .yml; rename it to %.*syaml"), (int)(len - 3), f->name);
    else if (near)
        diag_add(d->diag, DIAG_ERROR, f->path, span_str(""), 0, 0,
                 _("no file of this name belongs here; did you mean %s?"), near);
    else
        diag_add(d->diag, DIAG_ERROR, f->path, span_str(""), 0, 0,
                 _("no file of this name belongs here "
                   "(files end in .yaml; folders are unions, agreements, nodes, forms, tests)"));
    return false;
}

static int file_cmp(const void *a, const void *b)
{
    return strcmp((*(const policy_file *const *)a)->name, (*(const policy_file *const *)b)->name);
}

static void files_read(draft *d, const policy_files *files)
{
    const policy_file **order = draft_get(d, files->count, sizeof *order);
    d->files = draft_get(d, files->count, sizeof *d->files);
    if (d->broken)
        return;
    for (size_t i = 0; i < files->count; i++)
        order[i] = &files->items[i];
    qsort(order, files->count, sizeof *order, file_cmp);
    for (size_t i = 0; i < files->count && !d->broken; i++) {
        const policy_file *f = order[i];
        if (i && strcmp(order[i - 1]->name, f->name) == 0) {
            diag_add(d->diag, DIAG_ERROR, f->path, span_str(""), 0, 0, _("this file was given twice"));
            continue;
        }
        if (!file_known(d, f))
            continue;
        draft_file *slot = &d->files[d->file_count++];
        slot->name = f->name;
        err e = yaml_read(buf_span(&f->text), f->path, COMPILE_FILE_BYTES, d->diag, &slot->doc);
        d->broken |= e == ERR_MEM;
        if (!e && !slot->doc->root) {
            diag_add(d->diag, DIAG_ERROR, f->path, span_str(""), 0, 0, _("this file is empty"));
            yaml_free(slot->doc);
            slot->doc = NULL;
        }
    }
}

void draft_done(draft *d)
{
    for (size_t i = 0; i < d->file_count; i++)
        yaml_free(d->files[i].doc);
    arena_done(&d->arena);
}

// The engine's own verifier has the last word on what leaves the compiler.
static err bytes_check(const buf *bytes)
{
    policy *p = NULL;
    err e = policy_open(buf_span(bytes), &p);
    if (e)
        return e == ERR_MEM ? e : ERR_INTERNAL;
    policy_free(p);
    return OK;
}

err draft_read(const policy_files *files, diag *diagnosis, draft *ret)
{
    static void (*const STEPS[])(draft *) = {council_draft, hub_draft, terms_draft, rules_draft, emergency_draft,
                                             requests_draft, forms_draft, unions_draft, agreements_draft, nodes_draft, hub_keys_draft,
                                             keys_check};
    *ret = (draft){.diag = diagnosis, .errors = diagnosis->errors};
    arena_init(&ret->arena, 0);
    if (files->count > COMPILE_FILES) {
        diag_add(diagnosis, DIAG_ERROR, ".", span_str(""), 0, 0, _("too many files: at most %d"),
                 COMPILE_FILES);
        return ERR_FORMAT;
    }
    files_read(ret, files);
    for (size_t i = 0; i < COUNT_OF(STEPS) && !ret->broken; i++)
        STEPS[i](ret);
    if (ret->broken)
        return ERR_MEM;
    return diagnosis->errors > ret->errors ? ERR_FORMAT : OK;
}

static err bytes_of(const draft *d, buf *ret)
{
    buf bytes = {0};
    err e = draft_emit(d, &bytes);
    if (!e)
        e = bytes_check(&bytes);
    if (e)
        buf_done(&bytes);
    else
        *ret = bytes;
    return e;
}

err policy_compile(const policy_files *files, diag *diagnosis, buf *ret_bundle)
{
    draft d;
    err e = draft_read(files, diagnosis, &d);
    if (!e)
        e = bytes_of(&d, ret_bundle);
    draft_done(&d);
    return e;
}

err policy_check(const policy_files *files, day today, diag *diagnosis, buf *ret_bundle)
{
    draft d;
    buf bytes = {0};
    err e = draft_read(files, diagnosis, &d);
    if (!e) {
        rules_suspect(&d);
        members_suspect(&d);
        forms_suspect(&d);
        seats_suspect(&d, today);
        e = d.broken ? ERR_MEM : bytes_of(&d, &bytes);
    }
    if (!e)
        e = trials_suspect(&d, buf_span(&bytes));
    draft_done(&d);
    if (e)
        buf_done(&bytes);
    else
        *ret_bundle = bytes;
    return e;
}
