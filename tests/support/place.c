// SPDX-License-Identifier: Apache-2.0
#include "tests/support/place.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proto/base/luhn.h"
#include "policies/compiler/compile.h"
#include "proto/crypto/cert.h"

enum { HOUR_MS = 3600000, DAY_MS = 86400000 };

void place_must(err e, const char *what)
{
    if (!e)
        return;
    fprintf(stderr, "%s: %s\n", what, err_text(e));
    abort();
}

void place_path(const place *p, const char *name, char out[static 128])
{
    snprintf(out, 128, "%s/%s", p->dir, name);
}

void place_write(const place *p, const char *name, span bytes)
{
    char path[128];
    place_path(p, name, path);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, bytes.at, bytes.len) != (ssize_t)bytes.len)
        place_must(ERR_IO, path);
    close(fd);
}

static void issue(const place *p, const char *name, const char *host, bool server, hash32 *ret_spki)
{
    char ca[128], file[64], cert[128], key[128];
    place_path(p, "ca", ca);
    snprintf(file, sizeof file, "%s.pem", name);
    place_path(p, file, cert);
    snprintf(file, sizeof file, "%s.key", name);
    place_path(p, file, key);
    time_ms now = clock_now_ms();
    cert_request r = {.name = host, .cert_path = cert, .key_path = key, .server = server, .client = !server,
                      .from = now - HOUR_MS, .until = now + 30LL * DAY_MS};
    place_must(ca_issue(ca, &r), cert);
    place_must(cert_spki(cert, ret_spki), cert);
}

static tls_ctx *tls_of(const place *p, const char *name)
{
    char ca[128], crl[128], file[64], cert[128], key[128], why[TLS_WHY_BYTES] = "";
    tls_ctx *ret = NULL;
    place_path(p, "ca/ca.pem", ca);
    place_path(p, "ca/crl.pem", crl);
    snprintf(file, sizeof file, "%s.pem", name);
    place_path(p, file, cert);
    snprintf(file, sizeof file, "%s.key", name);
    place_path(p, file, key);
    tls_files f = {ca, crl, cert, key};
    place_must(tls_ctx_new(&f, false, why, &ret), why);
    return ret;
}

// The hospital that a union's own file lists first.
static uint64_t discloses_of(const policy_files *files, const char *union_id)
{
    char name[80];
    uint64_t code = 0;
    snprintf(name, sizeof name, "unions/%s.yaml", union_id);
    for (size_t i = 0; i < files->count; i++) {
        if (strcmp(files->items[i].name, name) != 0)
            continue;
        const char *at = strstr(buf_str(&files->items[i].text), "discloses:");
        at = at ? strstr(at, "code: ") : NULL;
        code = at ? strtoull(at + 6, NULL, 10) : 0;
    }
    return code;
}

static void hex_line(buf *text, const char *key, const uint8_t bytes[static 32])
{
    buf_printf(text, "  %s: [\"", key);
    buf_put_hex(text, span_of(bytes, 32));
    buf_put_str(text, "\"]\n");
}

static void add_file(policy_files *f, const char *name, buf *text)
{
    f->items = realloc(f->items, (f->count + 1) * sizeof *f->items);
    place_must(f->items ? OK : ERR_MEM, name);
    f->items[f->count++] = (policy_file){.path = strdup(name), .name = strdup(name), .text = *text};
    *text = (buf){0};
}

uint64_t place_more_code(int i)
{
    char body[10];
    snprintf(body, sizeof body, "%09d", 11980000 + i);
    return strtoull(body, NULL, 10) * 10 + (uint64_t)(luhn_digit(span_str(body)) - '0');
}

// Behind the hospital that its union lists first.
static void more_hospitals(const place *p, policy_files *files)
{
    static const char mark[] = "\nviews:\n";
    for (size_t i = 0; p->more && i < files->count; i++) {
        buf changed = {0};
        const char *text = buf_str(&files->items[i].text), *at = strstr(text, mark);
        if (strcmp(files->items[i].name, "unions/shiritsu.yaml") != 0)
            continue;
        place_must(at ? OK : ERR_FORMAT, "shiritsu.yaml");
        buf_put(&changed, text, (size_t)(at - text));
        for (int k = 0; k < p->more; k++)
            buf_printf(&changed, "\n  - {code: %010llu, name: 中央区見本大病院%03d, ward: 中央区, kind: hospital}",
                       (unsigned long long)place_more_code(k), k);
        buf_put_str(&changed, at);
        buf_done(&files->items[i].text);
        files->items[i].text = changed;
    }
}

static void node_file(const place *p, const place_node *n, policy_files *files)
{
    buf text = {0};
    char name[80];
    buf_printf(&text, "node: %s\nunion: %s\nhost: %s\n", n->name, n->union_id, n->host);
    buf_printf(&text, "discloses: [\"%010llu\"", (unsigned long long)n->discloses);
    if (n == &p->nodes[PLACE_SHIRITSU])
        buf_printf(&text, ", \"%010llu\"", PLACE_SHELF);
    for (int k = 0; n == &p->nodes[PLACE_SHIRITSU] && k < p->more; k++)
        buf_printf(&text, ", \"%010llu\"", (unsigned long long)place_more_code(k));
    buf_put_str(&text, "]\nviews: all\nkeys:\n");
    hex_line(&text, "tls", n->spki.at);
    hex_line(&text, "sign", n->sign);
    hex_line(&text, "seal", n->seal);
    snprintf(name, sizeof name, "nodes/%s.yaml", n->name);
    add_file(files, name, &text);
}

static void hub_file(const place *p, policy_files *files)
{
    uint8_t pub[KEY_BYTES];
    char cert[128];
    hash32 spki;
    buf text = {0};
    place_path(p, "hub.pem", cert);
    place_must(cert_spki(cert, &spki), cert);
    sign_key_public(p->hub_sign, pub);
    buf_put_str(&text, "keys:\n");
    hex_line(&text, "tls", spki.at);
    hex_line(&text, "sign", pub);
    add_file(files, "hub-keys.yaml", &text);
}

// The council's version, raised.
static void version_set(policy_files *files, int version)
{
    for (size_t i = 0; i < files->count; i++) {
        if (strcmp(files->items[i].name, "council.yaml") != 0)
            continue;
        buf changed = {0};
        const char *text = buf_str(&files->items[i].text), *at = strstr(text, "version: 1\n");
        place_must(at ? OK : ERR_FORMAT, "council.yaml");
        buf_put(&changed, text, (size_t)(at - text));
        buf_printf(&changed, "version: %d\n%s", version, at + 11);
        buf_done(&files->items[i].text);
        files->items[i].text = changed;
    }
}

// One clinic more, which contributes: last of those that disclose.
static void shelf_set(policy_files *files)
{
    for (size_t i = 0; i < files->count; i++) {
        if (strcmp(files->items[i].name, "unions/shiritsu.yaml") != 0)
            continue;
        buf changed = {0};
        const char *text = buf_str(&files->items[i].text), *at = strstr(text, "\nviews:\n");
        place_must(at ? OK : ERR_FORMAT, "unions/shiritsu.yaml");
        buf_put(&changed, text, (size_t)(at - text));
        buf_printf(&changed, "\n  - {code: \"%010llu\", name: 棚のある診療所, ward: 中央区, kind: clinic}%s", PLACE_SHELF, at);
        buf_done(&files->items[i].text);
        files->items[i].text = changed;
    }
}

sign_key *place_secretariat_key(void)
{
    uint8_t seed[KEY_BYTES] = {200, 99};
    sign_key *k = NULL;
    place_must(sign_key_of(seed, &k), "sign_key_of");
    return k;
}

// One union whose secretariat may sign lists.
static void secretariat_set(policy_files *files)
{
    uint8_t pub[KEY_BYTES];
    sign_key *k = place_secretariat_key();
    sign_key_public(k, pub);
    sign_key_free(k);
    for (size_t i = 0; i < files->count; i++)
        if (strcmp(files->items[i].name, "unions/tmnit.yaml") == 0) {
            buf_put_str(&files->items[i].text, "\nsecretariat_key: ");
            buf_put_hex(&files->items[i].text, span_of(pub, sizeof pub));
            buf_put_str(&files->items[i].text, "\n");
        }
}

static void rules_files(const place *p, policy_files *files, diag *d)
{
    char dir[512];
    const char *source = getenv("TSUNAGU_SOURCE");
    snprintf(dir, sizeof dir, "%s/policies/sapporo", source ? source : ".");
    err e = policy_load_dir(dir, d, files);
    diag_print(d, stderr);
    place_must(e, dir);
    shelf_set(files);
    secretariat_set(files);
    more_hospitals(p, files);
    hub_file(p, files);
}

void place_rules(place *p, int version, int without)
{
    policy_files files = {0};
    diag d = {0};
    buf bundle = {0};
    char path[128], why[256] = "";
    rules_files(p, &files, &d);
    version_set(&files, version);
    for (int i = 0; i < PLACE_STRANGER; i++)
        if (i != without)
            node_file(p, &p->nodes[i], &files);
    err e = policy_compile(&files, &d, &bundle);
    diag_print(&d, stderr);
    place_must(e, "policy_compile");
    place_write(p, "rules.bundle", buf_span(&bundle));
    place_path(p, "rules.bundle", path);
    rules_drop(p->rules);
    place_must(rules_load(path, NULL, why, &p->rules), why);
    policy_files_done(&files);
    diag_done(&d);
    buf_done(&bundle);
}

sign_key *place_seat_key(int seat)
{
    uint8_t seed[KEY_BYTES] = {(uint8_t)(seat + 1), 99};
    sign_key *k = NULL;
    place_must(sign_key_of(seed, &k), "sign_key_of");
    return k;
}

static void day_line(buf *text, const char *key, day d)
{
    char said[11];
    day_format(d, said);
    if (d)
        buf_printf(text, "%s: %s\n", key, said);
}

static void council_put(const place_version *v, buf *text)
{
    day today = day_of_time(clock_now_ms());
    char from[11], until[11];
    buf_printf(text, "version: %d\nticket_minutes: %d\ntold: [rule, agreement, not-asked, rules-stale]\n"
                     "quorum: 3/4\n", v->version, v->minutes ? v->minutes : 10);
    day_line(text, "effective_from", v->from);
    day_line(text, "warn_after", v->warn);
    day_line(text, "no_registrations_after", v->no_registrations);
    day_line(text, "deny_after", v->deny);
    if (v->previous) {
        buf_put_str(text, "previous: ");
        buf_put_hex(text, span_of(v->previous->at, HASH_BYTES));
        buf_put_str(text, "\n");
    }
    buf_put_str(text, "seats:\n");
    for (int i = 0; i < PLACE_SEATS; i++) {
        uint8_t pub[KEY_BYTES];
        sign_key *k = place_seat_key(i);
        sign_key_public(k, pub);
        sign_key_free(k);
        day_format(today - 300, from);
        day_format(i == v->lapsed ? today - 1 : today + 300, until);
        buf_printf(text, "  - {id: s%d, institution: h%d, office: o, from: %s, until: %s, key: ", i, i, from, until);
        buf_put_hex(text, span_of(pub, sizeof pub));
        buf_put_str(text, "}\n");
    }
}

void place_compile(const place *p, const place_version *v, buf *ret)
{
    policy_files files = {0};
    diag d = {0};
    rules_files(p, &files, &d);
    for (size_t i = 0; i < files.count; i++) {
        if (strcmp(files.items[i].name, "council.yaml") == 0) {
            buf_clear(&files.items[i].text);
            council_put(v, &files.items[i].text);
        } else if (v->presence && strcmp(files.items[i].name, "index.yaml") == 0) {
            buf_clear(&files.items[i].text);
            buf_put_str(&files.items[i].text, "grain: presence\n");
        } else if (v->other_hub && strcmp(files.items[i].name, "hub-keys.yaml") == 0) {
            uint8_t other[KEY_BYTES] = {7};
            buf_clear(&files.items[i].text);
            buf_put_str(&files.items[i].text, "keys:\n");
            hex_line(&files.items[i].text, "tls", other);
            hex_line(&files.items[i].text, "sign", p->nodes[PLACE_STRANGER].sign);
        }
    }
    for (int i = 0; i < PLACE_STRANGER; i++)
        if (i != v->without)
            node_file(p, &p->nodes[i], &files);
    err e = policy_compile(&files, &d, ret);
    if (e)
        diag_print(&d, stderr);
    place_must(e, "policy_compile");
    policy_files_done(&files);
    diag_done(&d);
}

static uint64_t viewer_of(const policy *p, const char *node, const char *kind_id)
{
    int kind = policy_kind(p, kind_id), no = policy_node(p, node);
    for (int i = 0; i < policy_facility_count(p); i++) {
        policy_facility_view v = policy_facility_at(p, i);
        if (v.kind == kind && !v.discloses && policy_node_serves(p, no, i))
            return v.code;
    }
    return 0;
}

static void node_make(const place *p, place_node *n, const char *union_id, const char *name,
                      const char *cert_host)
{
    sign_key *sign;
    seal_key *seal;
    snprintf(n->name, sizeof n->name, "%s", name);
    snprintf(n->union_id, sizeof n->union_id, "%s", union_id);
    snprintf(n->host, sizeof n->host, "%s.node.tsunagu.example", name);
    issue(p, name, cert_host ? cert_host : n->host, false, &n->spki);
    place_must(sign_key_new(&sign), "sign_key_new");
    place_must(seal_key_new(&seal), "seal_key_new");
    sign_key_public(sign, n->sign);
    seal_key_public(seal, n->seal);
    char file[64], path[128];
    snprintf(file, sizeof file, "%s-sign.key", name);
    place_path(p, file, path);
    place_must(sign_key_save(sign, path), path);
    snprintf(file, sizeof file, "%s-seal.key", name);
    place_path(p, file, path);
    place_must(seal_key_save(seal, path), path);
    sign_key_free(sign);
    seal_key_free(seal);
    n->tls = tls_of(p, name);
}

static void config_write(const place *p)
{
    static const char text[] = "listen: \"127.0.0.1:0\"\nrules: rules.bundle\ndata: data\nsocket: hub.sock\n"
                               "log_level: error\nmap_size: 1GiB\n"
                               "tls: {ca: ca/ca.pem, crl: ca/crl.pem, cert: hub.pem, key: hub.key}\n"
                               "keys: {sign: hub-sign.key}\n";
    place_write(p, "hub.yaml", SPAN_LIT(text));
}

void place_make(place *p)
{
    static const char *const unions[] = {"tmnit", "shiritsu", "hokudai", "ntt-east", "kkr", "tenshi",
                                         "gan-center"};
    char path[128];
    policy_files files = {0};
    diag d = {0};
    hash32 spki;
    *p = (place){.dir = "/tmp/tsunagu-hub-XXXXXX"};
    if (!mkdtemp(p->dir))
        place_must(ERR_IO, p->dir);
    place_path(p, "ca", path);
    place_must(ca_new(path, "test federation", 30), path);
    issue(p, "hub", PLACE_HUB_HOST, true, &spki);
    place_must(sign_key_new(&p->hub_sign), "sign_key_new");
    place_path(p, "hub-sign.key", path);
    place_must(sign_key_save(p->hub_sign, path), path);
    for (int i = 0; i < PLACE_NODES; i++)
        node_make(p, &p->nodes[i], unions[i], unions[i], i == PLACE_ELSEWHERE ? "elsewhere.example" : NULL);
    rules_files(p, &files, &d);
    for (int i = 0; i < PLACE_NODES; i++)
        p->nodes[i].discloses = discloses_of(&files, unions[i]);
    policy_files_done(&files);
    diag_done(&d);
    place_rules(p, 1, -1);
    for (int i = 0; i < PLACE_STRANGER; i++) {
        p->nodes[i].clinic = viewer_of(p->rules->p, p->nodes[i].name, "clinic");
        p->nodes[i].hospital = viewer_of(p->rules->p, p->nodes[i].name, "hospital");
    }
    config_write(p);
}

static int drop(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st, (void)kind, (void)at;
    return remove(path);
}

void place_done(place *p)
{
    for (int i = 0; i < PLACE_NODES; i++)
        tls_ctx_free(p->nodes[i].tls);
    sign_key_free(p->hub_sign);
    rules_drop(p->rules);
    nftw(p->dir, drop, 8, FTW_DEPTH | FTW_PHYS);
}
