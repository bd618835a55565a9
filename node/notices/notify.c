// SPDX-License-Identifier: Apache-2.0
#include "node/notices/notify.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/base/luhn.h"
#include "proto/base/tongue.h"
#include "proto/crypto/hash.h"
#include "proto/yaml/yaml.h"

enum { TEXT_MAX = 2000, SECRET_MAX = 4096, DEADLINE_MS = 30000, DEADLINE_MOST_S = 120 };
_Static_assert(FLOW_EVENT_COUNT <= 32, "a bit per event");

typedef struct loading {
    const yaml_doc *doc;
    diag *d;
    const char *path; // of notify.yaml: other files lie beside it
    bool no_memory;
} loading;

static const char *const TARGET_KEYS[] = {"name", "facility", "events", "lang", "deadline", "webhook", "mail"};
static const char *const WEBHOOK_KEYS[] = {"url", "url_file", "template", "header", "secret", "ca"};
static const char *const MAIL_KEYS[] = {"url", "from", "to", "credentials", "ca"};

const char *notify_kind_name(notify_kind k)
{
    static const char *const names[] = {"webhook", "line-works", "mail"};
    return names[k];
}

static void wipe_free(char *text)
{
    if (text)
        crypto_wipe(text, strlen(text));
    free(text);
}

static void target_done(notify_target *t)
{
    wipe_free(t->url);
    wipe_free(t->secret);
    wipe_free(t->user);
    wipe_free(t->password);
    free(t->ca);
    free(t->header);
    free(t->from);
    for (size_t i = 0; i < t->to_count; i++)
        free(t->to[i]);
}

void notify_done(notify *n)
{
    for (size_t i = 0; i < n->count; i++)
        target_done(&n->items[i]);
    free(n->items);
    *n = (notify){0};
}

// ---- words ---------------------------------------------------------------------------------------

static void complain(loading *l, const yaml_node *n, const char *sentence)
{
    yaml_complain(l->d, l->doc, n, DIAG_ERROR, "%s", sentence);
}

static void keys_check(loading *l, const yaml_node *map, const char *const *keys, size_t count)
{
    for (size_t i = 0; i < map->count; i++) {
        const char *key = map->items[i]->key;
        bool known = false;
        for (size_t k = 0; k < count; k++)
            known = known || strcmp(key, keys[k]) == 0;
        if (known)
            continue;
        const char *near = diag_nearest(key, keys, count);
        yaml_complain_key(l->d, l->doc, map->items[i], DIAG_ERROR,
                          near ? _("unknown key \"%s\"; did you mean \"%s\"?") : _("unknown key \"%s\""), key, near);
    }
}

// One line of visible characters: nothing may break out of a header. NULL and said if it is none.
static const char *line_of(loading *l, const yaml_node *map, const char *key, bool needed)
{
    const yaml_node *n = yaml_find(map, key);
    if (!n) {
        if (needed)
            yaml_complain(l->d, l->doc, map, DIAG_ERROR, _("%s is missing"), key);
        return NULL;
    }
    bool good = n->kind == YAML_SCALAR_KIND && n->text[0] && strlen(n->text) <= TEXT_MAX;
    for (const char *p = n->text; good && *p; p++)
        good = (unsigned char)*p >= 0x20 && *p != 0x7f;
    if (!good)
        yaml_complain(l->d, l->doc, n, DIAG_ERROR, _("%s: one line of text is needed"), key);
    return good ? n->text : NULL;
}

static char *copy_of(loading *l, const char *text)
{
    char *copy = text ? strdup(text) : NULL;
    l->no_memory = l->no_memory || (text && !copy);
    return copy;
}

static char *beside(loading *l, const char *text)
{
    const char *slash = strrchr(l->path, '/');
    char *out = NULL;
    if (!text || text[0] == '/' || !slash)
        return copy_of(l, text);
    if (asprintf(&out, "%.*s/%s", (int)(slash - l->path), l->path, text) < 0) {
        l->no_memory = true;
        return NULL;
    }
    return out;
}

// The first line of a file that only its owner may read, as a string to wipe. NULL and said otherwise.
static char *secret_of(loading *l, const yaml_node *map, const char *key)
{
    const yaml_node *n = yaml_find(map, key);
    char text[SECRET_MAX + 2], *path = n ? beside(l, line_of(l, map, key, true)) : NULL, *ret = NULL;
    struct stat st;
    if (!path)
        return NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ssize_t got = -1;
    if (fd < 0 || fstat(fd, &st) != 0)
        yaml_complain(l->d, l->doc, n, DIAG_ERROR, "%s: %s", path, strerror(errno));
    else if (!S_ISREG(st.st_mode))
        yaml_complain(l->d, l->doc, n, DIAG_ERROR, _("%s: this is no file"), path);
    else if (st.st_mode & 077)
        yaml_complain(l->d, l->doc, n, DIAG_ERROR, _("%s: others may read this secret: chmod 600"), path);
    else if ((got = read(fd, text, sizeof text - 1)) < 0)
        yaml_complain(l->d, l->doc, n, DIAG_ERROR, "%s: %s", path, strerror(errno));
    if (got >= 0) {
        text[got] = '\0';
        size_t len = strcspn(text, "\r\n");
        bool good = len > 0 && len <= SECRET_MAX && memchr(text, 0, len) == NULL;
        for (size_t i = 0; good && i < len; i++)
            good = (unsigned char)text[i] >= 0x20 && text[i] != 0x7f;
        text[len <= SECRET_MAX ? len : 0] = '\0';
        if (good)
            ret = copy_of(l, text);
        else
            yaml_complain(l->d, l->doc, n, DIAG_ERROR, _("%s: one line of text is needed"), path);
    }
    if (fd >= 0)
        close(fd);
    crypto_wipe(text, sizeof text);
    free(path);
    return ret;
}

// ---- addresses -------------------------------------------------------------------------------------

static bool is_here(const char *host)
{
    return strcmp(host, "localhost") == 0 || strcmp(host, "127.0.0.1") == 0 || strcmp(host, "[::1]") == 0;
}

// Whether the address is one of those that may be called. *ret_here: only this machine itself.
static bool url_allowed(const char *url, bool mail, bool *ret_here)
{
    CURLU *u = curl_url();
    char *scheme = NULL, *host = NULL, *user = NULL;
    bool good = u && curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK &&
                curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
                curl_url_get(u, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
                curl_url_get(u, CURLUPART_USER, &user, 0) == CURLUE_NO_USER; // secrets stand in files
    if (good) {
        bool here = is_here(host);
        *ret_here = !mail && strcmp(scheme, "http") == 0;
        good = mail ? strcmp(scheme, "smtps") == 0 || strcmp(scheme, "smtp") == 0
                    : strcmp(scheme, "https") == 0 || (here && strcmp(scheme, "http") == 0);
    }
    curl_free(scheme);
    curl_free(host);
    curl_free(user);
    curl_url_cleanup(u);
    return good;
}

static bool address_good(const char *text)
{
    const char *at = strchr(text, '@');
    return at && at != text && at[1] && !strpbrk(text, " <>\"\\,;:()") && !strchr(at + 1, '@') && strlen(text) <= 254;
}

static void ca_read(loading *l, const yaml_node *map, notify_target *t)
{
    t->ca = beside(l, line_of(l, map, "ca", false));
    if (t->ca && access(t->ca, R_OK) != 0)
        yaml_complain(l->d, l->doc, yaml_find(map, "ca"), DIAG_ERROR, "%s: %s", t->ca, strerror(errno));
}

// ---- targets -----------------------------------------------------------------------------------------

static void webhook_read(loading *l, const yaml_node *map, notify_target *t)
{
    const yaml_node *file = yaml_find(map, "url_file");
    keys_check(l, map, WEBHOOK_KEYS, sizeof WEBHOOK_KEYS / sizeof *WEBHOOK_KEYS);
    if (file && yaml_find(map, "url"))
        complain(l, file, _("url or url_file, not both"));
    t->url = file ? secret_of(l, map, "url_file") : copy_of(l, line_of(l, map, "url", true));
    if (t->url && !url_allowed(t->url, false, &t->here))
        complain(l, file ? file : yaml_find(map, "url"),
                 _("an https:// address without a user in it is needed (http:// only to this machine itself)"));
    const char *template = line_of(l, map, "template", false), *header = line_of(l, map, "header", false);
    if (template && strcmp(template, "line-works") == 0)
        t->kind = NOTIFY_LINE_WORKS;
    else if (template && strcmp(template, "json") != 0)
        complain(l, yaml_find(map, "template"), _("template: json or line-works"));
    if (header && header[strspn(header, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-")])
        complain(l, yaml_find(map, "header"), _("header: letters, digits and - only"));
    if (header && !yaml_find(map, "secret"))
        complain(l, yaml_find(map, "header"), _("header: secret is missing, the file with what it says"));
    t->secret = secret_of(l, map, "secret");
    t->header = t->secret ? copy_of(l, header ? header : "Authorization") : NULL;
    ca_read(l, map, t);
}

static void recipients_read(loading *l, const yaml_node *list, notify_target *t)
{
    bool one = list && list->kind == YAML_SCALAR_KIND && list->text[0];
    if (!list || (!one && (list->kind != YAML_LIST || list->count == 0 || list->count > NOTIFY_RECIPIENTS))) {
        yaml_complain(l->d, l->doc, list, DIAG_ERROR, _("to: an address, or a list of at most %d, is needed"),
                      NOTIFY_RECIPIENTS);
        return;
    }
    for (size_t i = 0; i < (one ? 1 : list->count); i++) {
        const yaml_node *n = one ? list : list->items[i];
        if (!address_good(n->text))
            complain(l, n, _("an e-mail address is needed"));
        else if ((t->to[t->to_count] = copy_of(l, n->text)))
            t->to_count++;
    }
}

static void mail_read(loading *l, const yaml_node *map, notify_target *t)
{
    keys_check(l, map, MAIL_KEYS, sizeof MAIL_KEYS / sizeof *MAIL_KEYS);
    t->kind = NOTIFY_MAIL;
    t->url = copy_of(l, line_of(l, map, "url", true));
    if (t->url && !url_allowed(t->url, true, &t->here))
        complain(l, yaml_find(map, "url"), _("an smtps:// or smtp:// address without a user in it is needed"));
    t->from = copy_of(l, line_of(l, map, "from", true));
    if (t->from && !address_good(t->from))
        complain(l, yaml_find(map, "from"), _("an e-mail address is needed"));
    recipients_read(l, yaml_find(map, "to"), t);
    t->user = secret_of(l, map, "credentials");
    char *colon = t->user ? strchr(t->user, ':') : NULL;
    if (colon) {
        *colon = '\0';
        t->password = copy_of(l, colon + 1);
        crypto_wipe(colon + 1, strlen(colon + 1));
    } else if (t->user) {
        complain(l, yaml_find(map, "credentials"), _("credentials: the file holds one line, user:password"));
    }
    ca_read(l, map, t);
}

static void events_read(loading *l, const yaml_node *list, notify_target *t)
{
    t->events = list ? 0 : UINT32_MAX;
    if (list && (list->kind != YAML_LIST || list->count == 0)) {
        complain(l, list, _("events: a list of events is needed, as in the rules' requests.yaml"));
        return;
    }
    for (size_t i = 0; list && i < list->count; i++) {
        notice_event e;
        const char *names[FLOW_EVENT_COUNT], *text = list->items[i]->text;
        if (notice_event_find(text, &e) == OK) {
            t->events |= 1u << e;
            continue;
        }
        for (int k = 0; k < FLOW_EVENT_COUNT; k++)
            names[k] = policy_flow_event_name((flow_event)k);
        const char *near = diag_nearest(text, names, FLOW_EVENT_COUNT);
        yaml_complain(l->d, l->doc, list->items[i], DIAG_ERROR,
                      near ? _("there is no event \"%s\"; did you mean \"%s\"?") : _("there is no event \"%s\""), text, near);
    }
}

static void target_read(loading *l, const yaml_node *map, notify_target *t)
{
    if (map->kind != YAML_MAP) {
        complain(l, map, _("expected {name: ..., facility: ..., webhook: {...}} or mail: {...}"));
        return;
    }
    keys_check(l, map, TARGET_KEYS, sizeof TARGET_KEYS / sizeof *TARGET_KEYS);
    const char *name = line_of(l, map, "name", true), *code = line_of(l, map, "facility", true),
               *lang = line_of(l, map, "lang", false), *deadline = line_of(l, map, "deadline", false);
    if (name && strlen(name) >= sizeof t->name)
        yaml_complain(l->d, l->doc, yaml_find(map, "name"), DIAG_ERROR, _("name: at most %d bytes"), NOTIFY_NAME - 1);
    else if (name)
        strcpy(t->name, name);
    bool office = code && strcmp(code, "secretariat") == 0; // whose node this is: facility 0
    if (code && !office && institution_parse(span_str(code), &t->facility) != OK)
        yaml_complain(l->d, l->doc, yaml_find(map, "facility"), DIAG_ERROR, _("\"%s\" is no 10-digit institution code"),
                      code);
    t->japanese = !lang || strcmp(lang, "en") != 0;
    if (lang && strcmp(lang, "ja") != 0 && strcmp(lang, "en") != 0)
        complain(l, yaml_find(map, "lang"), _("lang: ja or en"));
    t->deadline_ms = DEADLINE_MS;
    if (deadline) {
        char *end;
        long s = strtol(deadline, &end, 10);
        if (end == deadline || strcmp(end, "s") != 0 || s < 1 || s > DEADLINE_MOST_S)
            complain(l, yaml_find(map, "deadline"), _("deadline: from 1s to 120s"));
        else
            t->deadline_ms = s * 1000;
    }
    events_read(l, yaml_find(map, "events"), t);
    const yaml_node *webhook = yaml_find(map, "webhook"), *mail = yaml_find(map, "mail");
    if (!webhook == !mail || (webhook ? webhook : mail)->kind != YAML_MAP)
        complain(l, map, _("either webhook: {...} or mail: {...} is needed"));
    else if (webhook)
        webhook_read(l, webhook, t);
    else
        mail_read(l, mail, t);
}

static void twice_check(loading *l, const notify *all, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (all->items[at].name[0] && strcmp(all->items[i].name, all->items[at].name) == 0)
            yaml_complain(l->d, l->doc, l->doc->root->items[at], DIAG_ERROR, _("the name \"%s\" stands here twice"),
                          all->items[at].name);
}

err notify_load(const char *path, diag *d, notify *ret)
{
    notify all = {0};
    yaml_doc *doc = NULL;
    size_t before = d->errors;
    err e = yaml_load(path, YAML_BYTES, d, &doc);
    if (e)
        return e;
    loading l = {.doc = doc, .d = d, .path = path};
    const yaml_node *root = doc->root;
    if (root && (root->kind != YAML_LIST || root->count > NOTIFY_TARGETS))
        yaml_complain(d, doc, root, DIAG_ERROR, _("expected a list of at most %d targets"), NOTIFY_TARGETS);
    else if (root && root->count && !(all.items = calloc(root->count, sizeof *all.items)))
        l.no_memory = true;
    for (size_t i = 0; all.items && i < root->count; i++) {
        target_read(&l, root->items[i], &all.items[all.count++]);
        twice_check(&l, &all, i);
    }
    yaml_free(doc);
    e = l.no_memory ? ERR_MEM : d->errors > before ? ERR_FORMAT : OK;
    if (e)
        notify_done(&all);
    else
        *ret = all;
    return e;
}
