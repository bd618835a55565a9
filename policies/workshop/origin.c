// SPDX-License-Identifier: Apache-2.0
#include "policies/workshop/origin.h"

#include <stdlib.h>
#include <string.h>

#include "policies/engine/table.h"

typedef struct origin_file {
    const char *name; // the policy_files' own
    yaml_doc *doc;
} origin_file;

struct origin {
    policy *p;
    origin_file *files;
    size_t count;
    char **names;
};

// ---- opening ---------------------------------------------------------------

static bool in_folder(const char *name, const char *folder)
{
    return strncmp(name, folder, strlen(folder)) == 0;
}

static bool is_read(const char *name)
{
    static const char *const WANTED[] = {"rules.yaml", "categories.yaml", "council.yaml"};
    for (size_t i = 0; i < sizeof WANTED / sizeof *WANTED; i++)
        if (strcmp(WANTED[i], name) == 0)
            return true;
    return in_folder(name, "unions/") || in_folder(name, "agreements/");
}

static err files_read(const policy_files *files, origin *o)
{
    o->files = calloc(files->count + 1, sizeof *o->files);
    o->names = calloc(files->count + 1, sizeof *o->names);
    if (!o->files || !o->names)
        return ERR_MEM;
    for (size_t i = 0; i < files->count; i++) {
        const policy_file *f = &files->items[i];
        if (!is_read(f->name))
            continue;
        diag quiet = {0};
        yaml_doc *doc = NULL;
        o->names[o->count] = strdup(f->name);
        // The compiler took a file of this size already.
        err e = yaml_read(buf_span(&f->text), f->name, f->text.len + 1, &quiet, &doc);
        diag_done(&quiet);
        if (e || !o->names[o->count])
            return e ? e : ERR_MEM;
        o->files[o->count] = (origin_file){o->names[o->count], doc};
        o->count++;
    }
    return OK;
}

err origin_open(const policy_files *files, diag *d, origin **ret)
{
    buf bundle = {0};
    origin *o = calloc(1, sizeof *o);
    err e = o ? policy_compile(files, d, &bundle) : ERR_MEM;
    if (e == OK)
        e = policy_open(buf_span(&bundle), &o->p);
    if (e == OK)
        e = files_read(files, o);
    buf_done(&bundle);
    if (e)
        origin_free(o);
    else
        *ret = o;
    return e;
}

void origin_free(origin *o)
{
    if (!o)
        return;
    for (size_t i = 0; i < o->count; i++)
        yaml_free(o->files[i].doc);
    for (size_t i = 0; o->names && o->names[i]; i++)
        free(o->names[i]);
    free(o->names);
    free(o->files);
    policy_free(o->p);
    free(o);
}

const policy *origin_policy(const origin *o)
{
    return o->p;
}

// ---- reading ---------------------------------------------------------------

static const yaml_node *root_of(const origin *o, const char *name)
{
    for (size_t i = 0; i < o->count; i++)
        if (strcmp(o->files[i].name, name) == 0)
            return o->files[i].doc->root;
    return NULL;
}

static const char *text_of(const yaml_node *map, const char *key)
{
    const yaml_node *n = map ? yaml_find(map, key) : NULL;
    return n && n->kind == YAML_SCALAR_KIND ? n->text : "";
}

static bool is_all(const yaml_node *n)
{
    return n->kind == YAML_SCALAR_KIND && strcmp(n->text, "all") == 0;
}

// A word, a list of words, or `all`.
static bool has(const yaml_node *n, const char *word)
{
    if (n->kind == YAML_SCALAR_KIND)
        return is_all(n) || strcmp(n->text, word) == 0;
    for (size_t i = 0; i < n->count; i++)
        if (strcmp(n->items[i]->text, word) == 0)
            return true;
    return false;
}

static origin_place place_of(const char *file, const yaml_node *n, const yaml_node *noted)
{
    return (origin_place){file, n->key_line ? n->key_line : n->line, text_of(noted, "note")};
}

// ---- rules -----------------------------------------------------------------

// How many of the four the rule names if it speaks of this question, else 0; one more
// than that, so that a rule which names nothing still counts.
static int rule_strength(const yaml_node *rule, const yaml_node *categories, const char *const words[4])
{
    static const char *const SIDES[] = {"kinds", "roles", "purposes"};
    if (!has(categories, words[3]))
        return 0;
    int named = 1 + !is_all(categories);
    for (int i = 0; i < 3; i++) {
        const yaml_node *side = yaml_find(rule, SIDES[i]);
        if (side && !has(side, words[i]))
            return 0;
        named += side && !is_all(side);
    }
    return named;
}

origin_rule origin_rule_of(const origin *o, int kind, int role, int purpose, int category)
{
    origin_rule r = {0};
    const yaml_node *root = root_of(o, "rules.yaml"), *list = root ? yaml_find(root, "rules") : NULL;
    const char *const words[4] = {policy_kind_text(o->p, kind).id, policy_role_text(o->p, role).id,
                                  policy_purpose_text(o->p, purpose).id,
                                  policy_category_text(o->p, category).id};
    for (size_t i = 0; list && i < list->count; i++) {
        const yaml_node *rule = list->items[i], *allow = yaml_find(rule, "allow");
        const yaml_node *deny = yaml_find(rule, "deny");
        int strength = rule_strength(rule, allow ? allow : deny, words);
        int *best = allow ? &r.allow_named : &r.deny_named;
        if (strength <= *best)
            continue;
        *best = strength;
        *(allow ? &r.allow : &r.deny) = (origin_place){"rules.yaml", rule->line, text_of(rule, "note")};
    }
    r.allowed = r.allow_named > r.deny_named;
    r.allow_named -= r.allow_named > 0;
    r.deny_named -= r.deny_named > 0;
    return r;
}

// ---- agreements --------------------------------------------------------------

typedef struct sides {
    const char *source, *viewer, *kind, *category;
} sides;

static bool pact_is_between(const origin_file *f, const sides *s)
{
    const yaml_node *root = f->doc->root;
    const yaml_node *between = root && in_folder(f->name, "agreements/") ? yaml_find(root, "between") : NULL;
    return between && has(between, s->source) && has(between, s->viewer);
}

// The line of a difference that takes a word away, or NULL.
static const yaml_node *taken(const yaml_node *map, const char *only, const char *without, const char *word)
{
    const yaml_node *o = yaml_find(map, only), *w = yaml_find(map, without);
    if (o && !has(o, word))
        return o;
    return w && has(w, word) ? w : NULL;
}

// One set of differences: the whole agreement's, or one direction's.
static void difference(const char *file, const yaml_node *map, const sides *s, origin_pact *ret)
{
    const yaml_node *line = taken(map, "kinds", "without_kinds", s->kind);
    if (line && ret->verdict > PACT_KIND) {
        ret->verdict = PACT_KIND;
        ret->decides = place_of(file, line, map);
    }
    line = taken(map, "categories", "without_categories", s->category);
    if (line && ret->verdict > PACT_CATEGORY) {
        ret->verdict = PACT_CATEGORY;
        ret->decides = place_of(file, line, map);
    }
    const yaml_node *windows = yaml_find(map, "windows");
    const yaml_node *w = windows ? yaml_find(windows, s->category) : NULL;
    if (w)
        ret->window = place_of(file, w, map);
}

static void differences(const origin_file *f, const sides *s, origin_pact *ret)
{
    const yaml_node *root = f->doc->root, *one_way = yaml_find(root, "one_way");
    difference(f->name, root, s, ret);
    for (size_t i = 0; one_way && i < one_way->count; i++) {
        const yaml_node *item = one_way->items[i];
        if (strcmp(text_of(item, "discloser"), s->source) == 0 &&
            strcmp(text_of(item, "viewer"), s->viewer) == 0)
            difference(f->name, item, s, ret);
    }
}

static void pact_dates(const origin_file *f, day today, origin_pact *ret)
{
    const yaml_node *root = f->doc->root, *from = yaml_find(root, "from"), *until = yaml_find(root, "until");
    if (!from || day_parse(span_str(from->text), &ret->from))
        ret->from = DAY_NONE;
    if (!until || day_parse(span_str(until->text), &ret->until))
        ret->until = DAY_FOREVER;
    if (today < ret->from) {
        ret->verdict = PACT_NOT_YET;
        ret->decides = place_of(f->name, from, root);
    } else if (today > ret->until) {
        ret->verdict = PACT_OVER;
        ret->decides = place_of(f->name, until, root);
    }
}

static origin_pact pact_read(const origin_file *f, const sides *s, day today)
{
    const yaml_node *root = f->doc->root;
    origin_pact r = {.verdict = PACT_COVERS};
    r.pact = place_of(f->name, yaml_find(root, "between"), root);
    r.decides = r.pact;
    differences(f, s, &r);
    pact_dates(f, today, &r);
    return r;
}

// The months that the tables have for a day; 0: nothing.
static int pact_months(const policy *p, int discloser, int viewer, int kind, int category, day today)
{
    for (int i = 0; i < policy_pact_count(p, discloser, viewer); i++) {
        policy_pact_view c = policy_pact_at(p, discloser, viewer, i);
        if (today >= c.from && today <= c.until && (c.kinds >> kind & 1) && (c.categories >> category & 1))
            return c.months[category];
    }
    return 0;
}

origin_pact origin_pact_of(const origin *o, int discloser, int viewer, int kind, int category, day today)
{
    const policy *p = o->p;
    int council = policy_category_window(p, category);
    if (discloser == viewer) {
        origin_place at = origin_union(o, viewer);
        return (origin_pact){.verdict = PACT_COVERS, .own = true, .pact = at, .decides = at, .from = DAY_NONE,
                             .until = DAY_FOREVER, .months = council};
    }
    sides s = {policy_union_text(p, discloser).id, policy_union_text(p, viewer).id,
               policy_kind_text(p, kind).id, policy_category_text(p, category).id};
    // A pair may have several agreements, one after the other: the one that helps most is told.
    origin_pact best = {.verdict = PACT_NONE};
    for (size_t i = 0; i < o->count; i++) {
        if (!pact_is_between(&o->files[i], &s))
            continue;
        origin_pact r = pact_read(&o->files[i], &s, today);
        if (!best.pact.file || r.verdict > best.verdict)
            best = r;
    }
    best.months = pact_months(p, discloser, viewer, kind, category, today);
    if (best.months == council)
        best.window = (origin_place){0};
    return best;
}

// ---- members and words ---------------------------------------------------------

static const origin_file *union_file(const origin *o, int union_no)
{
    const char *id = policy_union_text(o->p, union_no).id;
    for (size_t i = 0; i < o->count; i++)
        if (in_folder(o->files[i].name, "unions/") && o->files[i].doc->root &&
            strcmp(text_of(o->files[i].doc->root, "union"), id) == 0)
            return &o->files[i];
    return NULL;
}

// The same code whatever its digits' width and quotes: the compiler has read it already.
static bool code_is(const char *text, uint64_t code)
{
    uint64_t v = 0;
    int digits = 0;
    for (const unsigned char *s = (const unsigned char *)text; *s; s++) {
        if (*s >= '0' && *s <= '9') {
            v = v * 10 + (*s - '0');
        } else if (s[0] == 0xef && s[1] == 0xbc && s[2] >= 0x90 && s[2] <= 0x99) { // full-width
            v = v * 10 + (s[2] - 0x90);
            s += 2;
        } else {
            continue;
        }
        digits++;
    }
    return digits == 10 && v == code;
}

origin_place origin_member(const origin *o, uint64_t code, int union_no, bool discloses)
{
    const origin_file *f = union_file(o, union_no);
    const yaml_node *list = f ? yaml_find(f->doc->root, discloses ? "discloses" : "views") : NULL;
    for (size_t i = 0; list && i < list->count; i++)
        if (code_is(text_of(list->items[i], "code"), code))
            return (origin_place){f->name, list->items[i]->line, ""};
    return discloses || !f ? (origin_place){0} : origin_member(o, code, union_no, true);
}

origin_place origin_union(const origin *o, int union_no)
{
    const origin_file *f = union_file(o, union_no);
    return f ? place_of(f->name, yaml_find(f->doc->root, "union"), NULL) : (origin_place){0};
}

origin_place origin_category(const origin *o, int category)
{
    const yaml_node *root = root_of(o, "categories.yaml"), *list = root ? yaml_find(root, "categories") : NULL;
    const char *id = policy_category_text(o->p, category).id;
    for (size_t i = 0; list && i < list->count; i++)
        if (strcmp(text_of(list->items[i], "id"), id) == 0)
            return (origin_place){"categories.yaml", list->items[i]->line, ""};
    return (origin_place){0};
}

origin_place origin_council(const origin *o, const char *key)
{
    const yaml_node *root = root_of(o, "council.yaml"), *n = root ? yaml_find(root, key) : NULL;
    return n ? place_of("council.yaml", n, NULL) : (origin_place){0};
}
