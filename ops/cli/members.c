// SPDX-License-Identifier: Apache-2.0
// members draft, add, remove, node: writing the next list of a union's members.
#include "ops/cli/members.h"

#include <stdlib.h>
#include <string.h>

#include "proto/base/diag.h"
#include "proto/base/luhn.h"
#include "proto/base/tongue.h"
#include "proto/yaml/yaml.h"

err list_read(const invocation *v, const char *path, members *ret)
{
    buf bytes = {0};
    err e = paper_bytes(path, MEMBERS_BYTES, &bytes);
    if (e == OK)
        e = members_read(buf_span(&bytes), ret);
    buf_done(&bytes);
    if (e)
        complain(v, e, path);
    return e;
}

err list_write(const invocation *v, const char *path, members *m)
{
    buf bytes = {0};
    err e = members_put(m, &bytes);
    if (e == OK && bytes.len > MEMBERS_BYTES)
        e = ERR_LIMIT;
    if (e)
        complain(v, e, path);
    else
        e = paper_write(v, path, buf_span(&bytes));
    buf_done(&bytes);
    return e;
}

// ---- a draft -----------------------------------------------------------------------

static err draft_of_bundle(const invocation *v, const char *path, members *ret)
{
    const char *id = option_value(v, "union");
    rules *r = NULL;
    if (!id) {
        complain(v, ERR_USAGE, _("--union says whose list it is"));
        return ERR_USAGE;
    }
    err e = paper_bundle(v, path, &r);
    if (e)
        return e;
    int u = policy_union(r->p, id);
    e = u == POLICY_NONE ? ERR_NOT_FOUND : members_of(r->p, u, ret);
    if (e)
        complain(v, e, e == ERR_NOT_FOUND ? members_why_text(MEMBERS_NO_UNION) : path);
    else if (!policy_union_key(r->p, u))
        fprintf(stderr, "%s: %s\n", id, members_why_text(MEMBERS_NO_KEY));
    rules_drop(r);
    return e;
}

static err draft_of_list(const invocation *v, const char *path, members *ret)
{
    members before;
    err e = list_read(v, path, &before);
    if (e)
        return e;
    e = before.is_signed ? members_next(&before, ret) : ERR_USAGE;
    if (e)
        complain(v, e, e == ERR_USAGE ? members_why_text(MEMBERS_UNSIGNED) : path);
    members_done(&before);
    return e;
}

int members_draft_run(invocation *v)
{
    const char *path = option_value(v, "@FILE"), *out = option_value(v, "out");
    buf start = {0};
    members m;
    err e = paper_bytes(path, BUNDLE_BYTES, &start);
    bool list = e == OK && members_is(buf_span(&start));
    buf_done(&start);
    e = list ? draft_of_list(v, path, &m) : draft_of_bundle(v, path, &m);
    if (e)
        return exit_of(e);
    e = list_write(v, out, &m);
    if (e == OK && v->json)
        printf("{\"ok\":true,\"union\":\"%s\",\"serial\":%u}\n", m.union_id, m.serial);
    else if (e == OK)
        printf(_("%s: a draft of list %u of %s, with %zu facilities and %zu nodes\n"), out, m.serial, m.union_id,
               m.facility_count, m.node_count);
    members_done(&m);
    return exit_of(e);
}

// Reads a draft, changes it, writes it back; `change` complains itself.
static int draft_change(invocation *v, err (*change)(invocation *, members *))
{
    const char *path = option_value(v, "@LIST");
    members m;
    err e = list_read(v, path, &m);
    if (e)
        return exit_of(e);
    if (m.is_signed)
        complain(v, e = ERR_DENIED, _("it is signed already; begin the next one with `tsunagu members draft`"));
    if (e == OK)
        e = change(v, &m);
    if (e == OK)
        e = list_write(v, path, &m);
    if (e == OK && v->json)
        printf("{\"ok\":true,\"union\":\"%s\",\"serial\":%u,\"facilities\":%zu,\"nodes\":%zu}\n", m.union_id, m.serial,
               m.facility_count, m.node_count);
    else if (e == OK)
        printf(_("%s: %zu facilities, %zu nodes\n"), path, m.facility_count, m.node_count);
    members_done(&m);
    return exit_of(e);
}

// ---- facilities --------------------------------------------------------------------

static err code_take(const invocation *v, uint64_t *ret)
{
    const char *text = option_value(v, "code");
    err e = institution_parse(span_str(text), ret);
    if (e) {
        complain(v, ERR_USAGE, _("--code: an institution code has ten digits"));
        return ERR_USAGE;
    }
    if (!luhn_ok(span_str(text)))
        fprintf(stderr, _("warning: the check digit of %s does not fit\n"), text);
    return OK;
}

static bool text_fits(const char *s)
{
    size_t len = strlen(s);
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
            return false;
    return len <= BUNDLE_TEXT;
}

static err text_take(const invocation *v, const char *option, const char **at)
{
    const char *s = option_value(v, option);
    if (!s)
        return OK;
    if (!text_fits(s)) {
        complain(v, ERR_USAGE, _("a text has at most 255 bytes and no control characters"));
        return ERR_USAGE;
    }
    *at = s;
    return OK;
}

static err also_take(const invocation *v, members *m, member_facility *f)
{
    const char *said = option_value(v, "also");
    if (!said)
        return OK;
    f->also_count = 0;
    for (const char *at = said; *at && strcmp(said, "-") != 0;) {
        size_t len = strcspn(at, ",");
        if (f->also_count == MEMBERS_ALSO || len == 0 || len > BUNDLE_TEXT) {
            complain(v, ERR_USAGE, _("--also: at most eight unions' short names, joined by commas"));
            return ERR_USAGE;
        }
        const char *id = arena_str(&m->mem, span_of(at, len));
        if (!id)
            return ERR_MEM;
        f->also[f->also_count++] = id;
        at += len + (at[len] == ',');
    }
    return OK;
}

static err facility_change(invocation *v, members *m)
{
    uint64_t code = 0;
    err e = code_take(v, &code);
    if (e)
        return e;
    member_facility *f = members_find(m, code);
    if (!f && (!option_value(v, "name") || !option_value(v, "kind"))) {
        complain(v, ERR_USAGE, _("a new facility needs --name and --kind"));
        return ERR_USAGE;
    }
    if (!f)
        f = members_add(m);
    if (!f) {
        complain(v, ERR_LIMIT, NULL);
        return ERR_LIMIT;
    }
    f->code = code;
    e = text_take(v, "name", &f->name);
    if (e == OK)
        e = text_take(v, "ward", &f->ward);
    if (e == OK)
        e = text_take(v, "kind", &f->kind);
    if (e == OK)
        e = also_take(v, m, f);
    if (option_value(v, "discloses"))
        f->discloses = true;
    return e;
}

int members_add_run(invocation *v)
{
    return draft_change(v, facility_change);
}

static err facility_remove(invocation *v, members *m)
{
    uint64_t code = 0;
    err e = code_take(v, &code);
    if (e)
        return e;
    if (!members_drop(m, code)) {
        complain(v, ERR_NOT_FOUND, option_value(v, "code"));
        return ERR_NOT_FOUND;
    }
    return OK;
}

int members_remove_run(invocation *v)
{
    return draft_change(v, facility_remove);
}

// ---- nodes -------------------------------------------------------------------------

static err keys_take(const yaml_node *keys, const char *name, member_keys *ret)
{
    const yaml_node *list = yaml_find(keys, name);
    size_t count = !list ? 0 : list->kind == YAML_LIST ? list->count : 1;
    if (count == 0 || count > BUNDLE_KEYS)
        return ERR_FORMAT;
    for (size_t i = 0; i < count; i++) {
        const yaml_node *key = list->kind == YAML_LIST ? list->items[i] : list;
        if (hex_get(span_str(key->text), ret->at[i], KEY_BYTES))
            return ERR_FORMAT;
        ret->count++;
    }
    return count == 2 && memcmp(ret->at[0], ret->at[1], KEY_BYTES) == 0 ? ERR_FORMAT : OK;
}

static err codes_take(members *m, const yaml_node *list, uint64_t **ret, size_t *ret_count)
{
    size_t count = list && list->kind == YAML_LIST ? list->count : 0;
    if ((list && list->kind != YAML_LIST) || count > MEMBERS_FACILITIES)
        return ERR_FORMAT;
    uint64_t *codes = arena_get(&m->mem, (count + 1) * sizeof *codes);
    if (!codes)
        return ERR_MEM;
    for (size_t i = 0; i < count; i++) {
        if (institution_parse(span_str(list->items[i]->text), &codes[i]))
            return ERR_FORMAT;
        for (size_t k = 0; k < i; k++)
            if (codes[k] == codes[i])
                return ERR_FORMAT;
    }
    *ret = codes;
    *ret_count = count;
    return OK;
}

static const char *word_take(members *m, const yaml_node *map, const char *key)
{
    const yaml_node *n = yaml_find(map, key);
    if (!n || n->kind != YAML_SCALAR_KIND || !n->text[0] || !text_fits(n->text))
        return NULL;
    return arena_str(&m->mem, span_str(n->text));
}

// The file is one of nodes/*.yaml, as `tsunagu keygen node` writes it.
static err node_take(members *m, const yaml_node *map)
{
    member_node n = {.name = word_take(m, map, "node"), .host = word_take(m, map, "host")};
    const char *whose = word_take(m, map, "union");
    const yaml_node *views = yaml_find(map, "views"), *keys = yaml_find(map, "keys");
    if (!n.name || !n.host || !whose || strcmp(whose, m->union_id) != 0)
        return ERR_FORMAT;
    n.views_all = views && views->kind == YAML_SCALAR_KIND && strcmp(views->text, "all") == 0;
    err e = codes_take(m, yaml_find(map, "discloses"), &n.discloses, &n.disclose_count);
    if (e == OK)
        e = codes_take(m, n.views_all ? NULL : views, &n.views, &n.view_count);
    if (e == OK)
        e = keys_take(keys, "tls", &n.tls);
    if (e == OK)
        e = keys_take(keys, "sign", &n.sign);
    if (e == OK)
        e = keys_take(keys, "seal", &n.seal);
    if (e)
        return e;
    member_node *place = members_find_node(m, n.name);
    if (!place)
        place = members_add_node(m);
    if (!place)
        return ERR_LIMIT;
    *place = n;
    return OK;
}

static err node_change(invocation *v, members *m)
{
    const char *file = option_value(v, "file"), *name = option_value(v, "remove");
    if (!file == !name) {
        complain(v, ERR_USAGE, _("either --file or --remove is needed"));
        return ERR_USAGE;
    }
    if (name) {
        member_node *n = members_find_node(m, name);
        if (n)
            *n = m->nodes[--m->node_count];
        else
            complain(v, ERR_NOT_FOUND, name);
        return n ? OK : ERR_NOT_FOUND;
    }
    diag d = {0};
    yaml_doc *doc = NULL;
    err e = yaml_load(file, 0, &d, &doc);
    if (e == OK)
        e = doc->root ? node_take(m, doc->root) : ERR_FORMAT;
    diag_print(&d, stderr);
    if (e == ERR_FORMAT && !d.errors)
        complain(v, e, _("it is no node of this union with its keys, as `tsunagu keygen node` writes it"));
    else if (e)
        complain(v, e, file);
    diag_done(&d);
    yaml_free(doc);
    return e;
}

int members_node_run(invocation *v)
{
    return draft_change(v, node_change);
}
