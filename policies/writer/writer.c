// SPDX-License-Identifier: Apache-2.0
// Which files there are, what stands above each, and the proof that they mean the same.
#include "policies/writer/writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policies/writer/page.h"
#include "proto/base/tongue.h"

// A short name becomes a file's name: only what the compiler takes as one (a bundle is anyone's bytes).
static bool name_fits(const char *s)
{
    return *s && strlen(s) <= 63 && strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(s);
}

static err file_add(policy_files *f, const char *name, buf *text)
{
    policy_file *items = realloc(f->items, (f->count + 1) * sizeof *items);
    if (!items)
        return ERR_MEM;
    f->items = items;
    policy_file *file = &items[f->count];
    *file = (policy_file){.path = strdup(name), .name = strdup(name)};
    f->count++;
    if (!file->path || !file->name)
        return ERR_MEM;
    file->text = *text;
    *text = (buf){0};
    return OK;
}

// What a reader should know before he takes this for the council's own file.
static void head_put(const page *g, const draft_shape *shape, buf *out)
{
    buf_put_str(out, "# ");
    buf_printf(out, _("Written from version %u of the rules. Comments, notes and tests are no part of a version."),
               policy_version(g->p));
    if (shape == &SHAPE_RULES)
        buf_printf(out, "\n# %s", _("What the rules come to, as permissions only: no denial is left to tell."));
    else if (shape == &SHAPE_AGREEMENT)
        buf_printf(out, "\n# %s", _("What is left of the agreement; one file for each two unions."));
    buf_put_str(out, "\n");
}

static err page_put(page *g, const draft_shape *shape, const char *name, policy_files *f)
{
    buf text = {0};
    head_put(g, shape, &text);
    layout_put(g, shape, &text);
    err e = text.sticky ? text.sticky : g->broken ? ERR_INTERNAL : file_add(f, name, &text);
    buf_done(&text);
    return e;
}

// One file a thing; its name is that of the thing.
static err folder_put(page *g, const file_shape *s, int count, const char *(*id)(const policy *, int), policy_files *f)
{
    err e = OK;
    for (g->file = 0; e == OK && g->file < count; g->file++) {
        char name[128];
        const char *word = id(g->p, g->file);
        snprintf(name, sizeof name, "%s%.64s.yaml", s->file, word);
        e = name_fits(word) ? page_put(g, s->shape, name, f) : ERR_UNSUPPORTED;
    }
    g->file = 0;
    return e;
}

static err agreements_put(page *g, const file_shape *s, policy_files *f)
{
    int n = policy_union_count(g->p);
    err e = OK;
    for (g->file = 0; g->file < n; g->file++)
        for (g->other = g->file + 1; e == OK && g->other < n; g->other++) {
            char name[160];
            const char *a = policy_union_text(g->p, g->file).id, *b = policy_union_text(g->p, g->other).id;
            if (!policy_pact_count(g->p, g->file, g->other) && !policy_pact_count(g->p, g->other, g->file))
                continue;
            // A sign between them that no short name has: a-b with c is not a with b-c.
            snprintf(name, sizeof name, "%s%.63s_%.63s.yaml", s->file, a, b);
            e = name_fits(a) && name_fits(b) ? page_put(g, s->shape, name, f) : ERR_UNSUPPORTED;
        }
    g->file = g->other = 0;
    return e;
}

static const char *union_name(const policy *p, int i) { return policy_union_text(p, i).id; }
static const char *form_name(const policy *p, int i) { return policy_form_at(p, i).id; }
static const char *node_name(const policy *p, int i) { return policy_node_at(p, i).name; }

static err shape_put(page *g, const file_shape *s, policy_files *f)
{
    if (s->shape == &SHAPE_UNION)
        return folder_put(g, s, policy_union_count(g->p), union_name, f);
    if (s->shape == &SHAPE_FORM)
        return folder_put(g, s, policy_form_count(g->p), form_name, f);
    if (s->shape == &SHAPE_NODE)
        return folder_put(g, s, policy_node_count(g->p), node_name, f);
    if (s->shape == &SHAPE_AGREEMENT)
        return agreements_put(g, s, f);
    if (s->shape == &SHAPE_TESTS || (s->shape == &SHAPE_EMERGENCY && !policy_emergency(g->p).present) ||
        (s->shape == &SHAPE_REQUESTS && !policy_flow(g->p).present) ||
        (s->shape == &SHAPE_HUB_KEYS && !policy_hub(g->p).tls_count))
        return OK;
    return s->file[strlen(s->file) - 1] == '/' ? ERR_INTERNAL : page_put(g, s->shape, s->file, f);
}

// The compiler has the last word: what was written must mean, to the byte, what it was written from.
static err same_meaning(const policy *p, const policy_files *f)
{
    diag d = {0};
    buf bytes = {0};
    err e = policy_compile(f, &d, &bytes);
    if (e == OK)
        e = span_eq(buf_span(&bytes), policy_bytes(p)) ? OK : ERR_UNSUPPORTED;
    else if (e != ERR_MEM)
        e = ERR_UNSUPPORTED;
    buf_done(&bytes);
    diag_done(&d);
    return e;
}

err policy_write(const policy *p, policy_files *ret)
{
    policy_files f = {0};
    buf memory = {0};
    rule_box *boxes = NULL;
    page g = {.p = p, .rows = calloc((size_t)policy_facility_count(p) + 1, sizeof *g.rows)};
    err e = g.rows ? OK : ERR_MEM;
    page_rules(&g, &boxes, &memory);
    g.boxes = boxes;
    if (e == OK)
        e = memory.sticky;
    for (size_t i = 0; e == OK && i < FILE_SHAPE_COUNT; i++)
        e = shape_put(&g, &FILE_SHAPES[i], &f);
    if (e == OK)
        e = same_meaning(p, &f);
    free(g.rows);
    buf_done(&memory);
    if (e)
        policy_files_done(&f);
    else
        *ret = f;
    return e;
}
