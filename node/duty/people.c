// SPDX-License-Identifier: Apache-2.0
#include "node/duty/people.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proto/base/luhn.h"
#include "proto/base/tongue.h"
#include "proto/yaml/yaml.h"

static const char *const KEYS[] = {"user", "facility", "role", "uids"};
enum { KEY_COUNT = 4, PEOPLE_MAX = 100000, PEOPLE_BYTES = 16 << 20 };

// NULL and said, if the text is missing, empty or too long.
static const char *text_of(const yaml_doc *doc, const yaml_node *map, const char *key, diag *d)
{
    const yaml_node *n = yaml_find(map, key);
    if (!n) {
        yaml_complain(d, doc, map, DIAG_ERROR, _("%s is missing"), key);
        return NULL;
    }
    if (n->kind != YAML_SCALAR_KIND || !n->text[0] || strlen(n->text) >= PEOPLE_TEXT) {
        yaml_complain(d, doc, n, DIAG_ERROR, _("%s: a word of at most %d bytes is needed"), key, PEOPLE_TEXT - 1);
        return NULL;
    }
    return n->text;
}

static void uids_read(const yaml_doc *doc, const yaml_node *map, diag *d, person *ret)
{
    const yaml_node *list = yaml_find(map, "uids");
    if (!list)
        return;
    if (list->kind != YAML_LIST || list->count > PEOPLE_UIDS) {
        yaml_complain(d, doc, list, DIAG_ERROR, _("uids: a list of at most %d numbers is needed"), PEOPLE_UIDS);
        return;
    }
    for (size_t i = 0; i < list->count; i++) {
        const yaml_node *n = list->items[i];
        char *end = NULL;
        errno = 0;
        unsigned long v = n->kind == YAML_SCALAR_KIND && n->text[0] ? strtoul(n->text, &end, 10) : 0;
        if (!end || *end || errno || n->text[0] == '-' || v >= UINT32_MAX)
            yaml_complain(d, doc, n, DIAG_ERROR, "%s", _("uids: expected a user's number (id -u)"));
        else
            ret->uids[ret->uid_count++] = (uint32_t)v;
    }
}

static void keys_check(const yaml_doc *doc, const yaml_node *map, diag *d)
{
    for (size_t i = 0; i < map->count; i++) {
        const char *key = map->items[i]->key;
        bool known = false;
        for (int k = 0; k < KEY_COUNT; k++)
            known = known || strcmp(key, KEYS[k]) == 0;
        if (known)
            continue;
        const char *near = diag_nearest(key, KEYS, KEY_COUNT);
        yaml_complain_key(d, doc, map->items[i], DIAG_ERROR, near ? _("unknown key \"%s\"; did you mean \"%s\"?")
                                                                  : _("unknown key \"%s\""), key, near);
    }
}

static void person_read(const yaml_doc *doc, const yaml_node *map, const policy *p, diag_level unknown, diag *d,
                        person *ret)
{
    if (map->kind != YAML_MAP) {
        yaml_complain(d, doc, map, DIAG_ERROR, "%s", _("expected {user: ..., facility: ..., role: ..., uids: [...]}"));
        return;
    }
    keys_check(doc, map, d);
    const char *user = text_of(doc, map, "user", d), *code = text_of(doc, map, "facility", d),
               *role = text_of(doc, map, "role", d);
    if (user)
        strcpy(ret->user, user);
    if (role) {
        strcpy(ret->role, role);
        if (policy_role(p, role) == POLICY_NONE)
            yaml_complain(d, doc, yaml_find(map, "role"), unknown, _("the rules know no role \"%s\""), role);
    }
    if (code && institution_parse(span_str(code), &ret->facility) != OK)
        yaml_complain(d, doc, yaml_find(map, "facility"), DIAG_ERROR, _("\"%s\" is no 10-digit institution code"),
                      code);
    else if (code && policy_facility(p, ret->facility) == POLICY_NONE)
        yaml_complain(d, doc, yaml_find(map, "facility"), unknown, _("%s is registered with no union"), code);
    uids_read(doc, map, d, ret);
}

static void twice_check(const yaml_doc *doc, const people *all, size_t at, diag *d)
{
    for (size_t i = 0; i < at; i++)
        if (all->items[at].user[0] && strcmp(all->items[i].user, all->items[at].user) == 0)
            yaml_complain(d, doc, doc->root->items[at], DIAG_ERROR, _("user \"%s\" stands here twice"),
                          all->items[at].user);
}

err people_load(const char *path, const policy *p, bool moving, diag *d, people *ret)
{
    people all = {0};
    yaml_doc *doc = NULL;
    size_t before = d->errors;
    err e = yaml_load(path, PEOPLE_BYTES, d, &doc);
    if (e)
        return e;
    if (doc->root && (doc->root->kind != YAML_LIST || doc->root->count > PEOPLE_MAX)) {
        yaml_complain(d, doc, doc->root, DIAG_ERROR, "%s", _("expected a list of people"));
        e = ERR_FORMAT;
        goto out;
    }
    size_t count = doc->root ? doc->root->count : 0;
    all.items = calloc(count + 1, sizeof *all.items);
    if (!all.items) {
        e = ERR_MEM;
        goto out;
    }
    for (; all.count < count; all.count++) {
        person_read(doc, doc->root->items[all.count], p, moving ? DIAG_WARNING : DIAG_ERROR, d, &all.items[all.count]);
        twice_check(doc, &all, all.count, d);
    }
    if (d->errors != before) {
        e = ERR_FORMAT;
        goto out;
    }
    *ret = all;
    all = (people){0};
out:
    people_done(&all);
    yaml_free(doc);
    return e;
}

void people_done(people *p)
{
    free(p->items);
    *p = (people){0};
}

err people_find(const people *p, const char *user, uint32_t uid, person *ret)
{
    for (size_t i = 0; i < p->count; i++) {
        const person *who = &p->items[i];
        if (strcmp(who->user, user) != 0)
            continue;
        bool may = uid == 0 || uid == geteuid();
        for (size_t k = 0; k < who->uid_count; k++)
            may = may || who->uids[k] == uid;
        if (!may)
            return ERR_DENIED;
        *ret = *who;
        return OK;
    }
    return ERR_NOT_FOUND;
}
