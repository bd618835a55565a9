// SPDX-License-Identifier: Apache-2.0
// Filled forms as YAML files.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policies/forms/filled.h"
#include "policies/forms/number.h"
#include "proto/base/tongue.h"
#include "proto/yaml/yaml.h"

static const char *text_of(const yaml_doc *doc, const yaml_node *n, const char *key, diag *d)
{
    if (!n)
        yaml_complain(d, doc, doc->root, DIAG_ERROR, _("\"%s\" is missing here"), key);
    else if (n->kind != YAML_SCALAR_KIND || !*n->text)
        yaml_complain(d, doc, n, DIAG_ERROR, _("expected one text, not a list or a map"));
    else
        return n->text;
    return NULL;
}

static uint32_t version_of(const yaml_doc *doc, const yaml_node *n, diag *d)
{
    const char *s = n ? text_of(doc, n, "version", d) : "1"; // left out: the first
    char *end = NULL;
    unsigned long v = s ? strtoul(s, &end, 10) : 1;
    if (s && (*s < '0' || *s > '9' || *end || v == 0 || v > UINT32_MAX)) {
        yaml_complain(d, doc, n, DIAG_ERROR, _("expected a whole number from %lld to %lld"), 1LL,
                      (long long)UINT32_MAX);
        return 1;
    }
    return (uint32_t)v;
}

static err empty_note(const yaml_node *n, filled *f)
{
    if (f->empty_count == FILLED_FIELDS)
        return OK; // then messages point at "fields:"
    const char *name = arena_str(&f->arena, span_str(n->key));
    if (!name)
        return ERR_MEM;
    f->empty[f->empty_count++] = (filled_place){name, n->key_line, n->key_col};
    return OK;
}

static filled_place key_place(const yaml_node *n)
{
    return n ? (filled_place){NULL, n->key_line, n->key_col} : (filled_place){0};
}

static err values_read(const yaml_doc *doc, const yaml_node *n, diag *d, filled *f)
{
    size_t count = n->kind == YAML_LIST ? n->count : 1;
    err e = OK;
    if (n->kind == YAML_MAP) {
        yaml_complain(d, doc, n, DIAG_ERROR, _("expected one text or a list of texts"));
        return OK;
    }
    for (size_t i = 0; !e && i < count; i++) {
        const yaml_node *v = n->kind == YAML_LIST ? n->items[i] : n;
        if (v->kind != YAML_SCALAR_KIND)
            yaml_complain(d, doc, v, DIAG_ERROR, _("expected one text or a list of texts"));
        else if (strlen(v->text) > FILLED_TEXT)
            yaml_complain(d, doc, v, DIAG_ERROR, _("too long: at most %d bytes"), FILLED_TEXT);
        else if (*v->text) // an empty field of a blank form is none
            e = filled_add(f, n->key, v->text);
    }
    filled_field *field = e ? NULL : (filled_field *)filled_find(f, n->key);
    if (field) {
        field->line = n->line;
        field->col = n->col;
    } else if (!e) {
        e = empty_note(n, f);
    }
    if (e == ERR_LIMIT) {
        yaml_complain(d, doc, n, DIAG_ERROR, _("too many entries, or a name too long"));
        e = OK;
    }
    return e;
}

static void number_read(const yaml_doc *doc, diag *d, filled *f)
{
    const yaml_node *n = yaml_find(doc->root, "number");
    if (n && n->kind == YAML_SCALAR_KIND && !*n->text)
        return; // left empty in a blank form
    const char *text = n ? text_of(doc, n, "number", d) : NULL;
    if (text && form_number_parse(text, f->number) != OK)
        yaml_complain(d, doc, n, DIAG_ERROR, _("\"%.60s\" is not the number of a paper, or a character of it is mistyped; "
                      "it stands under the QR code: 7K3M-9QXD-4N2P-0RX2"), text);
}

static err root_read(const yaml_doc *doc, diag *d, filled *f)
{
    static const char *const KEYS[] = {"form", "version", "number", "fields", "note"};
    const yaml_node *root = doc->root, *fields = yaml_find(root, "fields");
    err e = OK;
    for (size_t i = 0; i < root->count; i++) {
        const char *key = root->items[i]->key;
        bool known = false;
        for (size_t k = 0; k < 5; k++)
            known = known || strcmp(KEYS[k], key) == 0;
        const char *near = known ? NULL : diag_nearest(key, KEYS, 5);
        if (near)
            yaml_complain_key(d, doc, root->items[i], DIAG_ERROR, _("unknown key \"%.60s\"; did you mean \"%s\"?"),
                              key, near);
        else if (!known)
            yaml_complain_key(d, doc, root->items[i], DIAG_ERROR, _("unknown key \"%.60s\""), key);
    }
    if (!fields)
        yaml_complain(d, doc, root, DIAG_ERROR, _("\"%s\" is missing here"), "fields");
    else if (fields->kind != YAML_MAP)
        yaml_complain(d, doc, fields, DIAG_ERROR, _("expected entries of the form \"key: value\""));
    else
        for (size_t i = 0; !e && i < fields->count; i++)
            e = values_read(doc, fields->items[i], d, f);
    return e;
}

err form_read(span text, const char *file, diag *d, filled *ret)
{
    yaml_doc *doc = NULL;
    size_t errors = d->errors;
    err e = yaml_read(text, file, FILLED_BYTES, d, &doc);
    if (e)
        return e;
    filled *f = calloc(1, sizeof *f);
    e = f ? OK : ERR_MEM;
    if (f && (!doc->root || doc->root->kind != YAML_MAP)) {
        yaml_complain(d, doc, doc->root, DIAG_ERROR, _("expected entries of the form \"key: value\""));
        e = ERR_FORMAT;
    }
    if (!e) {
        const char *form = text_of(doc, yaml_find(doc->root, "form"), "form", d);
        if (form && strlen(form) > FILLED_NAME)
            yaml_complain(d, doc, yaml_find(doc->root, "form"), DIAG_ERROR,
                          _("the rules have no form \"%.60s\""), form);
        bool named = form && strlen(form) <= FILLED_NAME;
        e = filled_init(f, named ? form : "", version_of(doc, yaml_find(doc->root, "version"), d));
    }
    if (!e) {
        f->title = key_place(yaml_find(doc->root, "form"));
        f->whole = key_place(yaml_find(doc->root, "fields"));
        f->edition = key_place(yaml_find(doc->root, "version"));
        number_read(doc, d, f);
    }
    if (!e)
        e = root_read(doc, d, f);
    if (!e && d->errors > errors)
        e = ERR_FORMAT;
    if (!e)
        *ret = *f;
    else if (f)
        filled_done(f);
    free(f);
    yaml_free(doc);
    return e;
}

// Always quoted: then no value can be taken for anything else.
static void quoted_put(buf *out, const char *s)
{
    buf_put_u8(out, '"');
    for (; *s; s++) {
        if (*s == '\n')
            buf_put_str(out, "\\n");
        else if (*s == '"' || *s == '\\')
            buf_printf(out, "\\%c", *s);
        else
            buf_put_u8(out, (uint8_t)*s);
    }
    buf_put_u8(out, '"');
}

err form_write(const filled *f, buf *out)
{
    char number[FORM_NUMBER_TEXT];
    buf_printf(out, "form: %s\nversion: %u\n", f->form, f->version);
    if (form_numbered(f->number)) {
        form_number_format(f->number, number);
        buf_printf(out, "number: %s\n", number);
    }
    buf_printf(out, "fields:%s\n", f->count ? "" : " {}");
    for (size_t i = 0; i < f->count; i++) {
        const filled_field *field = &f->fields[i];
        buf_printf(out, "  %s: %s", field->name, field->count > 1 ? "[" : "");
        for (size_t k = 0; k < field->count; k++) {
            buf_put_str(out, k ? ", " : "");
            quoted_put(out, field->values[k]);
        }
        buf_put_str(out, field->count > 1 ? "]\n" : "\n");
    }
    return out->sticky;
}
