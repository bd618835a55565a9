// SPDX-License-Identifier: Apache-2.0
#include "ops/measure/place.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "hub/hub.h"
#include "policies/compiler/compile.h"
#include "proto/crypto/cert.h"
#include "proto/store/store.h"

static const char *const unions[] = {"tmnit",  "shiritsu",   "ntt-east", "hokudai",
                                     "tenshi", "gan-center", "kkr"};
enum { UNIONS = sizeof unions / sizeof unions[0], DAY_MS = 86400000, FILL_BATCH = 200000 };

static void path_of(char out[static 1200], const place *p, const char *fmt, ...) PRINTF_LIKE(3, 4);
static void path_of(char out[static 1200], const place *p, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int n = snprintf(out, 1200, "%s/", p->dir);
    vsnprintf(out + n, 1200 - (size_t)n, fmt, args);
    va_end(args);
}

static void write_file(const char *path, const void *at, size_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, at, len) != (ssize_t)len)
        die("%s: cannot be written", path);
    close(fd);
}

static void issue(const place *p, const char *name, const char *host, bool server, hash32 *ret_spki)
{
    char ca[1200], cert[1200], key[1200];
    path_of(ca, p, "ca");
    path_of(cert, p, "%s.pem", name);
    path_of(key, p, "%s.key", name);
    time_ms now = clock_now_ms();
    cert_request r = {.name = host,
                      .cert_path = cert,
                      .key_path = key,
                      .server = server,
                      .client = !server,
                      .from = now - 3600000,
                      .until = now + 30LL * DAY_MS};
    must(ca_issue(ca, &r), cert);
    must(cert_spki(cert, ret_spki), cert);
}

static tls_ctx *tls_of(const place *p, const char *name, bool server)
{
    char ca[1200], crl[1200], cert[1200], key[1200], why[TLS_WHY_BYTES] = "";
    tls_ctx *ret = NULL;
    path_of(ca, p, "ca/ca.pem");
    path_of(crl, p, "ca/crl.pem");
    path_of(cert, p, "%s.pem", name);
    path_of(key, p, "%s.key", name);
    tls_files f = {ca, crl, cert, key};
    if (tls_ctx_new(&f, server, why, &ret))
        die("%s", why);
    return ret;
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
    if (!f->items)
        die("out of memory");
    f->items[f->count++] = (policy_file){.path = strdup(name), .name = strdup(name), .text = *text};
    *text = (buf){0};
}

static void hub_keys(const place *p, policy_files *files)
{
    char path[1200];
    sign_key *sign;
    uint8_t pub[KEY_BYTES];
    hash32 spki;
    buf text = {0};
    path_of(path, p, "hub-sign.key");
    must(sign_key_new(&sign), "sign_key_new");
    must(sign_key_save(sign, path), path);
    sign_key_public(sign, pub);
    sign_key_free(sign);
    issue(p, "hub", PLACE_HUB_HOST, true, &spki);
    buf_put_str(&text, "keys:\n");
    hex_line(&text, "tls", spki.at);
    hex_line(&text, "sign", pub);
    add_file(files, "hub-keys.yaml", &text);
}

// The hospital a union's own file lists first; found in the text, before anything is compiled.
static uint64_t discloses_of(const policy_files *files, const char *union_id)
{
    char name[80];
    snprintf(name, sizeof name, "unions/%s.yaml", union_id);
    for (size_t i = 0; i < files->count; i++) {
        if (strcmp(files->items[i].name, name) != 0)
            continue;
        buf text = {0};
        buf_put_span(&text, buf_span(&files->items[i].text));
        const char *at = strstr(buf_str(&text), "discloses:");
        at = at ? strstr(at, "code: ") : NULL;
        uint64_t code = at ? strtoull(at + 6, NULL, 10) : 0;
        buf_done(&text);
        return code;
    }
    return 0;
}

// Keys on disk as a node would have them (the real node of rss_node uses them), public ones in the rules.
static void node_keys(const place *p, place_node *n, const char *union_id, policy_files *files)
{
    char path[1200], name[80];
    sign_key *sign;
    seal_key *seal;
    uint8_t pub[KEY_BYTES], secret[KEY_BYTES];
    hash32 spki;
    buf text = {0};
    issue(p, n->name, n->host, false, &spki);
    buf_printf(&text, "node: %s\nunion: %s\nhost: %s\n", n->name, union_id, n->host);
    if (n->discloses)
        buf_printf(&text, "discloses: [\"%010llu\"]\n", (unsigned long long)n->discloses);
    buf_put_str(&text, "views: all\nkeys:\n");
    hex_line(&text, "tls", spki.at);
    path_of(path, p, "%s-sign.key", n->name);
    must(sign_key_new(&sign), "sign_key_new");
    must(sign_key_save(sign, path), path);
    sign_key_public(sign, pub);
    hex_line(&text, "sign", pub);
    path_of(path, p, "%s-seal.key", n->name);
    must(seal_key_new(&seal), "seal_key_new");
    must(seal_key_save(seal, path), path);
    seal_key_public(seal, pub);
    hex_line(&text, "seal", pub);
    path_of(path, p, "%s-secret.hex", n->name);
    must(secret_new(path, secret), path);
    sign_key_free(sign);
    seal_key_free(seal);
    snprintf(name, sizeof name, "nodes/%s.yaml", n->name);
    add_file(files, name, &text);
}

static uint64_t viewer_of(const policy *p, const char *node)
{
    int kind = policy_kind(p, "clinic"), no = policy_node(p, node);
    for (int i = 0; i < policy_facility_count(p); i++) {
        policy_facility_view v = policy_facility_at(p, i);
        if (v.kind == kind && !v.discloses && policy_node_serves(p, no, i))
            return v.code;
    }
    die("%s: no clinic asks through it", node);
}

static void rules_make(place *p)
{
    char dir[1200], path[1200], why[256] = "";
    policy_files files = {0};
    diag d = {0};
    buf bundle = {0};
    snprintf(dir, sizeof dir, "%s/policies/sapporo", p->b->source);
    if (policy_load_dir(dir, &d, &files)) {
        diag_print(&d, stderr);
        die("%s: no rules there; say --source", dir);
    }
    hub_keys(p, &files);
    for (int i = 0; i < PLACE_NODES; i++) {
        place_node *n = &p->nodes[i];
        const char *u = unions[i % UNIONS];
        snprintf(n->name, sizeof n->name, i < UNIONS ? "%s" : "%s-two", u);
        snprintf(n->host, sizeof n->host, "%s.node.tsunagu.example", n->name);
        n->discloses = i < UNIONS ? discloses_of(&files, u) : 0;
        node_keys(p, n, u, &files);
    }
    if (policy_compile(&files, &d, &bundle)) {
        diag_print(&d, stderr);
        die("the rules do not compile");
    }
    path_of(path, p, "rules.bundle");
    write_file(path, bundle.at, bundle.len);
    if (rules_load(path, NULL, why, &p->rules))
        die("%s", why);
    policy_files_done(&files);
    diag_done(&d);
    buf_done(&bundle);
}

void place_make(const bench *b, const char *name, place *ret)
{
    char path[1200];
    uint8_t secret[KEY_BYTES];
    place p = {.b = b};
    snprintf(p.dir, sizeof p.dir, "%s/%s", b->data, name);
    folder_remove(p.dir);
    folder_make(p.dir);
    path_of(path, &p, "ca");
    must(ca_new(path, "bench federation", 30), path);
    path_of(path, &p, "federation.hex");
    must(secret_new(path, secret), path);
    rules_make(&p);
    p.server = tls_of(&p, "hub", true);
    for (int i = 0; i < PLACE_NODES; i++) {
        p.nodes[i].tls = tls_of(&p, p.nodes[i].name, false);
        p.nodes[i].viewer = viewer_of(p.rules->p, p.nodes[i].name);
    }
    p.discloser[1] = 1; // tmnit and shiritsu, whose codes rise
    *ret = p;
}

void place_done(place *p)
{
    for (int i = 0; i < PLACE_NODES; i++)
        tls_ctx_free(p->nodes[i].tls);
    tls_ctx_free(p->server);
    rules_drop(p->rules);
    folder_remove(p->dir);
}

crowd place_crowd(const place *p, uint64_t count)
{
    return (crowd){count, {p->nodes[0].discloses, p->nodes[1].discloses}};
}

static uint16_t port_free(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof a) || getsockname(fd, (struct sockaddr *)&a, &len))
        die("no free port");
    close(fd);
    return ntohs(a.sin_port);
}

void hub_make(const place *p, const char *name, hub_proc *ret)
{
    hub_proc h = {0};
    buf text = {0};
    snprintf(h.name, sizeof h.name, "%s", name);
    path_of(h.data, p, "%s.data", name);
    path_of(h.config, p, "%s.yaml", name);
    snprintf(h.address, sizeof h.address, "127.0.0.1:%u", port_free());
    buf_printf(&text,
               "listen: \"%s\"\nrules: rules.bundle\ndata: %s.data\nsocket: %s.sock\nlog_level: warn\n",
               h.address, name, name);
    buf_put_str(&text, "tls: {ca: ca/ca.pem, crl: ca/crl.pem, cert: hub.pem, key: hub.key}\n"
                       "keys: {sign: hub-sign.key}\n");
    write_file(h.config, text.at, text.len);
    buf_done(&text);
    *ret = h;
}

void hub_fill(const hub_proc *h, const crowd *who)
{
    static const char *const tables[] = {"meta", "card",       "log", "sequence",
                                         "stop", "stop_order", NULL}; // hub/hub.c
    store_options o = {.dir = h->data, .tables = tables};
    store *s;
    store_txn *t = NULL;
    buf value = {0};
    uint64_t start = now_ns();
    must(store_open(&o, &s), h->data);
    for (uint64_t i = 0; i < who->count; i++) {
        if (!t)
            must(store_write(s, &t), "store_write");
        for (int k = 0; k < 2; k++) {
            uint8_t key[CARD_KEY_BYTES];
            pseudonym name;
            crowd_who(who, i, &name);
            card_key(&name, who->hospital[k], key);
            buf_clear(&value);
            crowd_card(who, i, k, &value);
            must(store_append(t, TABLE_CARD, span_of(key, sizeof key), buf_span(&value)), "store_append");
        }
        if ((i + 1) % FILL_BATCH == 0 || i + 1 == who->count) {
            must(store_commit(t), "store_commit");
            t = NULL;
        }
    }
    store_close(s);
    buf_done(&value);
    say("%s: %llu cards put in, %.0f s", h->name, (unsigned long long)who->count * 2, since(start));
}

pid_t process_start(const char *const *argv, const char *log_path, int *ret_stdout)
{
    int ends[2] = {-1, -1};
    if (ret_stdout && pipe2(ends, O_CLOEXEC))
        die("pipe");
    pid_t pid = fork();
    if (pid < 0)
        die("fork");
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); // nothing of a bench that was cut off stays behind
        int log = open(log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        if (log >= 0)
            dup2(log, 2);
        dup2(ret_stdout ? ends[1] : log, 1);
        execv(argv[0], (char *const *)argv);
        _exit(127);
    }
    if (ret_stdout) {
        close(ends[1]);
        *ret_stdout = ends[0];
    }
    return pid;
}

void process_end(pid_t pid)
{
    if (pid <= 0)
        return;
    kill(pid, SIGTERM);
    waitpid(pid, NULL, 0);
}

void hub_start(const place *p, hub_proc *h)
{
    char program[1200], log[1300];
    snprintf(program, sizeof program, "%s/tsunagu-hub", p->b->bin);
    snprintf(log, sizeof log, "%s.log", h->config);
    if (access(program, X_OK))
        die("%s: is not built", program);
    const char *argv[] = {program, "--config", h->config, NULL};
    h->pid = process_start(argv, log, NULL);
}

void hub_stop(hub_proc *h)
{
    process_end(h->pid);
    h->pid = 0;
}

double process_cpu(pid_t pid)
{
    clockid_t id;
    struct timespec t = {0};
    if (clock_getcpuclockid(pid, &id) || clock_gettime(id, &t))
        return 0;
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

double process_rss(pid_t pid)
{
    char path[64], line[1024];
    snprintf(path, sizeof path, "/proc/%d/smaps", (int)pid);
    FILE *f = fopen(path, "re");
    double kib = 0;
    bool map = false, any = false;
    if (!f)
        return -1;
    while (fgets(line, sizeof line, f)) {
        unsigned long from, to, n;
        if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
            map = strstr(line, "data.mdb") != NULL;
        else if (sscanf(line, "Rss: %lu kB", &n) == 1) {
            any = true;
            kib += map ? 0 : (double)n;
        }
    }
    fclose(f);
    return any ? kib / 1024 : -1;
}
