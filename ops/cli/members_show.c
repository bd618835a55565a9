// SPDX-License-Identifier: Apache-2.0
// members show: a membership list as a table, as JSON, or as YAML.
#include <jansson.h>
#include <string.h>

#include "ops/cli/members.h"
#include "ops/cli/show.h"
#include "proto/base/luhn.h"
#include "proto/base/tongue.h"
#include "proto/base/utf8.h"

static void text_json(json_t *o, const char *key, const char *text)
{
    json_object_set_new(o, key, json_string(text));
}

static json_t *codes_json(const uint64_t *codes, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        char code[11];
        institution_format(codes[i], code);
        json_array_append_new(list, json_string(code));
    }
    return list;
}

static json_t *keys_json(const member_keys *k)
{
    json_t *list = json_array();
    for (int i = 0; i < k->count; i++) {
        char hex[2 * KEY_BYTES + 1];
        hex_put(hex, span_of(k->at[i], KEY_BYTES));
        json_array_append_new(list, json_string(hex));
    }
    return list;
}

static json_t *facility_json(const member_facility *f)
{
    char code[11];
    json_t *o = json_object(), *also = json_array();
    institution_format(f->code, code);
    text_json(o, "code", code);
    text_json(o, "name", f->name);
    text_json(o, "ward", f->ward);
    text_json(o, "kind", f->kind);
    json_object_set_new(o, "discloses", json_boolean(f->discloses));
    for (int i = 0; i < f->also_count; i++)
        json_array_append_new(also, json_string(f->also[i]));
    json_object_set_new(o, "also", also);
    return o;
}

static json_t *node_json(const member_node *n)
{
    json_t *o = json_object();
    text_json(o, "node", n->name);
    text_json(o, "host", n->host);
    json_object_set_new(o, "discloses", codes_json(n->discloses, n->disclose_count));
    json_object_set_new(o, "views", n->views_all ? json_string("all") : codes_json(n->views, n->view_count));
    json_object_set_new(o, "tls", keys_json(&n->tls));
    json_object_set_new(o, "sign", keys_json(&n->sign));
    json_object_set_new(o, "seal", keys_json(&n->seal));
    return o;
}

static void list_json(const members *m, const char *hash, const char *on)
{
    json_t *top = json_object(), *facilities = json_array(), *nodes = json_array();
    json_object_set_new(top, "ok", json_true());
    text_json(top, "union", m->union_id);
    json_object_set_new(top, "serial", json_integer(m->serial));
    text_json(top, "hash", hash);
    json_object_set_new(top, "signed", json_boolean(m->is_signed));
    text_json(top, "on", m->is_signed ? on : "");
    for (size_t i = 0; i < m->facility_count; i++)
        json_array_append_new(facilities, facility_json(&m->facilities[i]));
    for (size_t i = 0; i < m->node_count; i++)
        json_array_append_new(nodes, node_json(&m->nodes[i]));
    json_object_set_new(top, "facilities", facilities);
    json_object_set_new(top, "nodes", nodes);
    json_dumpf(top, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(top);
}

// ---- YAML: in the words of unions/*.yaml and nodes/*.yaml ------------------------------

static void yaml_text(buf *b, const char *s)
{
    buf_put_u8(b, '"');
    for (; *s; s++) {
        if (*s == '"' || *s == '\\')
            buf_put_u8(b, '\\');
        buf_put_u8(b, (uint8_t)*s);
    }
    buf_put_u8(b, '"');
}

static void yaml_codes(buf *b, const char *key, const uint64_t *codes, size_t count)
{
    buf_printf(b, "    %s: [", key);
    for (size_t i = 0; i < count; i++)
        buf_printf(b, "%s\"%010llu\"", i ? ", " : "", (unsigned long long)codes[i]);
    buf_put_str(b, "]\n");
}

static void yaml_keys(buf *b, const char *key, const member_keys *k)
{
    buf_printf(b, "      %s: [", key);
    for (int i = 0; i < k->count; i++) {
        buf_put_str(b, i ? ", \"" : "\"");
        buf_put_hex(b, span_of(k->at[i], KEY_BYTES));
        buf_put_str(b, "\"");
    }
    buf_put_str(b, "]\n");
}

static void yaml_side(buf *b, const members *m, bool discloses)
{
    buf_put_str(b, discloses ? "discloses:\n" : "views:\n");
    bool any = false;
    for (size_t i = 0; i < m->facility_count; i++) {
        const member_facility *f = &m->facilities[i];
        if (f->discloses != discloses)
            continue;
        any = true;
        buf_printf(b, "  - {code: \"%010llu\", name: ", (unsigned long long)f->code);
        yaml_text(b, f->name);
        if (f->ward[0]) {
            buf_put_str(b, ", ward: ");
            yaml_text(b, f->ward);
        }
        buf_put_str(b, ", kind: ");
        yaml_text(b, f->kind);
        for (int k = 0; k < f->also_count; k++) {
            buf_put_str(b, k ? ", " : ", also: [");
            yaml_text(b, f->also[k]);
        }
        buf_put_str(b, f->also_count ? "]}\n" : "}\n");
    }
    if (!any)
        buf_put_str(b, "  []\n");
}

static void list_yaml(const members *m, const char *hash, const char *on)
{
    buf b = {0};
    buf_put_str(&b, "union: ");
    yaml_text(&b, m->union_id);
    buf_printf(&b, "\nserial: %u\nhash: \"%s\"\n", m->serial, hash);
    if (m->is_signed)
        buf_printf(&b, "signed_on: \"%s\"\n", on);
    yaml_side(&b, m, true);
    yaml_side(&b, m, false);
    buf_put_str(&b, m->node_count ? "nodes:\n" : "nodes: []\n");
    for (size_t i = 0; i < m->node_count; i++) {
        const member_node *n = &m->nodes[i];
        buf_put_str(&b, "  - node: ");
        yaml_text(&b, n->name);
        buf_put_str(&b, "\n    host: ");
        yaml_text(&b, n->host);
        buf_put_str(&b, "\n");
        yaml_codes(&b, "discloses", n->discloses, n->disclose_count);
        if (n->views_all)
            buf_put_str(&b, "    views: all\n");
        else
            yaml_codes(&b, "views", n->views, n->view_count);
        buf_put_str(&b, "    keys:\n");
        yaml_keys(&b, "tls", &n->tls);
        yaml_keys(&b, "sign", &n->sign);
        yaml_keys(&b, "seal", &n->seal);
    }
    fputs(buf_str(&b), stdout);
    buf_done(&b);
}

// ---- a table -----------------------------------------------------------------------

static void cell(const char *text, size_t width)
{
    show_safe(stdout, text, false);
    for (size_t w = utf8_width(span_str(text)); w < width; w++)
        putchar(' ');
}

static void list_table(const members *m, const hash32 *hash, const char *on)
{
    char aloud[HASH_ALOUD_BYTES];
    size_t name = 0, kind = 0;
    hash_aloud(hash, aloud);
    printf(_("%s, list %u  %s  signed on %s\n"), m->union_id, m->serial, aloud, m->is_signed ? on : "-");
    for (size_t i = 0; i < m->facility_count; i++) {
        size_t w = utf8_width(span_str(m->facilities[i].name)), k = utf8_width(span_str(m->facilities[i].kind));
        name = w > name ? w : name;
        kind = k > kind ? k : kind;
    }
    for (size_t i = 0; i < m->facility_count; i++) {
        const member_facility *f = &m->facilities[i];
        printf("  %010llu  ", (unsigned long long)f->code);
        cell(f->name, name + 2);
        cell(f->kind, kind + 2);
        cell(f->discloses ? _("discloses") : _("views"), 12);
        show_safe(stdout, f->ward, false);
        for (int k = 0; k < f->also_count; k++) {
            fputs(k ? "," : _("  also: "), stdout);
            show_safe(stdout, f->also[k], false);
        }
        putchar('\n');
    }
    for (size_t i = 0; i < m->node_count; i++) {
        const member_node *n = &m->nodes[i];
        printf(_("  node %s (%s): discloses for %zu, "), n->name, n->host, n->disclose_count);
        if (n->views_all)
            printf(_("views for all\n"));
        else
            printf(_("views for %zu\n"), n->view_count);
    }
}

int members_show_run(invocation *v)
{
    members m;
    hash32 hash;
    char on[11], hex[HASH_BYTES * 2 + 1];
    err e = list_read(v, option_value(v, "@LIST"), &m);
    if (e)
        return exit_of(e);
    e = members_hash(&m, &hash);
    day_format(m.on, on);
    hex_put(hex, span_of(hash.at, HASH_BYTES));
    if (e)
        complain(v, e, NULL);
    else if (v->json)
        list_json(&m, hex, on);
    else if (option_value(v, "yaml"))
        list_yaml(&m, hex, on);
    else
        list_table(&m, &hash, on);
    members_done(&m);
    return exit_of(e);
}
