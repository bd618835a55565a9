// SPDX-License-Identifier: Apache-2.0
#include "tests/support/pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <arpa/inet.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "proto/link/ipc.h"

struct pair w;
daemon_t d[NODES];
static const int place_of[NODES] = {PLACE_TMNIT, PLACE_SHIRITSU};
static bool stop0(void) { return __atomic_load_n(&d[0].stop, __ATOMIC_ACQUIRE); }
static bool stop1(void) { return __atomic_load_n(&d[1].stop, __ATOMIC_ACQUIRE); }
static bool never(void) { return false; }

static void *beat_main(void *arg)
{
    daemon_t *x = arg;
    node_run(x->n, x == &d[0] ? stop0 : stop1, never);
    return NULL;
}

static uint16_t port_free(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(fd >= 0 && bind(fd, (struct sockaddr *)&a, len) == 0 && getsockname(fd, (struct sockaddr *)&a, &len) == 0);
    close(fd);
    return ntohs(a.sin_port);
}

pid_t spawn(const char *program, const char *config_name)
{
    char self[256], config[128];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 20);
    assert_true(n > 0);
    self[n] = '\0';
    strcpy(strrchr(self, '/') + 1, program);
    place_path(&w.p, config_name, config);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        execl(self, self, "-c", config, (char *)NULL);
        _exit(127);
    }
    return pid;
}

void hub_up(void)
{
    w.hub = spawn("tsunagu-hub", "hub.yaml");
}

void hub_kill(void)
{
    if (w.hub > 0) {
        kill(w.hub, SIGKILL); // at any moment
        waitpid(w.hub, NULL, 0);
    }
    w.hub = 0;
}

// hub.yaml as the place made it, at a port that stays.
static void hub_config(void)
{
    char path[128], line[400];
    buf text = {0};
    w.port = port_free();
    place_path(&w.p, "hub.yaml", path);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f))
        if (strncmp(line, "listen:", 7) == 0)
            buf_printf(&text, "listen: \"127.0.0.1:%u\"\n", w.port);
        else
            buf_put_str(&text, line);
    fclose(f);
    place_write(&w.p, "hub.yaml", buf_span(&text));
    buf_done(&text);
}

void node_up(int i)
{
    char name[80], path[128];
    snprintf(name, sizeof name, "%s.yaml", d[i].name);
    place_path(&w.p, name, path);
    assert_int_equal(node_open(path, &d[i].n), OK);
    d[i].stop = 0;
    assert_int_equal(pthread_create(&d[i].beat, NULL, beat_main, &d[i]), 0);
}

void node_down(int i)
{
    __atomic_store_n(&d[i].stop, 1, __ATOMIC_RELEASE);
    pthread_join(d[i].beat, NULL);
    assert_true(node_close(d[i].n));
    d[i].n = NULL;
}

// ---- asking a daemon -----------------------------------------------------------------------

span beside; // bytes beside the arguments of the next command

err say(int i, const char *command, const char *const *args, said *ret)
{
    Tsunagu__ControlRequest q = TSUNAGU__CONTROL_REQUEST__INIT;
    Tsunagu__ControlField fields[24], *list[24];
    buf body = {0};
    char name[80], path[128];
    *ret = (said){0};
    arena_init(&ret->memory, 0);
    q.version = WIRE_VERSION;
    q.command = (char *)command;
    q.data = wire_bytes(beside); // for this once
    beside = (span){0};
    q.args = list;
    for (; args && args[q.n_args * 2]; q.n_args++) {
        tsunagu__control_field__init(&fields[q.n_args]);
        fields[q.n_args].key = (char *)args[q.n_args * 2];
        fields[q.n_args].value = (char *)args[q.n_args * 2 + 1];
        list[q.n_args] = &fields[q.n_args];
    }
    assert_int_equal(wire_encode((const ProtobufCMessage *)&q, &body), OK);
    snprintf(name, sizeof name, "%s.sock", d[i].name);
    place_path(&w.p, name, path);
    assert_int_equal(ipc_call(path, buf_span(&body), PATIENCE_MS, &ret->bytes), OK);
    buf_done(&body);
    assert_int_equal(WIRE_DECODE(buf_span(&ret->bytes), Tsunagu__ControlReply, tsunagu__control_reply__descriptor,
                                 WIRE_CONTROL_MAX, &ret->memory, &ret->r), OK);
    return (err)ret->r->status;
}

void said_done(said *s)
{
    buf_done(&s->bytes);
    arena_done(&s->memory);
}

const char *field(const said *s, const char *kind, size_t nth, const char *key)
{
    for (size_t i = 0; i < s->r->n_records; i++) {
        const Tsunagu__ControlRecord *r = s->r->records[i];
        if (strcmp(r->kind, kind) != 0 || nth-- > 0)
            continue;
        for (size_t f = 0; f < r->n_fields; f++)
            if (strcmp(r->fields[f]->key, key) == 0)
                return r->fields[f]->value;
        return "";
    }
    return "";
}

size_t count_of(const said *s, const char *kind)
{
    size_t n = 0;
    for (size_t i = 0; i < s->r->n_records; i++)
        n += strcmp(s->r->records[i]->kind, kind) == 0;
    return n;
}

err do_it(int i, const char *command, const char *const *args)
{
    said s;
    err e = say(i, command, args, &s);
    if (e)
        printf("    %s: %s: %s\n", command, err_name(e), s.r->note);
    said_done(&s);
    return e;
}

void nap(void)
{
    const struct timespec beat = {0, 20000000};
    nanosleep(&beat, NULL);
}

// Until that side's record of the request is in that state; its id at the clinic and the hospital is the same.
void await(int i, const char *id, const char *state)
{
    time_ms until = clock_mono_ms() + PATIENCE_MS;
    char was[40] = "";
    for (;;) {
        said s;
        err e = i == CLINIC ? SAY(i, "requests", &s, "as", "clerk", "id", id)
                            : SAY(i, "inbox.show", &s, "as", "liaison", "id", id);
        snprintf(was, sizeof was, "%s", e == OK ? field(&s, "request", 0, "state") : err_name(e));
        said_done(&s);
        if (strcmp(was, state) == 0)
            return;
        if (clock_mono_ms() > until)
            fail_msg("%s: %s is %s, not %s", d[i].name, id, was, state);
        nap();
    }
}

// ---- the scene ------------------------------------------------------------------------------

static void file_fill(const char *name, uint8_t fill)
{
    uint8_t bytes[32];
    char text[66];
    memset(bytes, fill, sizeof bytes);
    hex_put(text, span_of(bytes, sizeof bytes));
    strcat(text, "\n");
    place_write(&w.p, name, span_str(text));
}

static void config_write(int i)
{
    const place_node *m = d[i].as;
    char name[80];
    buf t = {0};
    buf_printf(&t, "node: %s\nfacility: \"%010llu\"\nhub: {address: \"127.0.0.1:%u\", host: %s}\n", m->name,
               (unsigned long long)m->discloses, w.port, PLACE_HUB_HOST);
    buf_printf(&t, "rules: rules.bundle\ndata: %s-data\nsocket: %s.sock\n"
                   "tls: {ca: ca/ca.pem, crl: ca/crl.pem, cert: %s.pem, key: %s.key}\n", m->name, m->name, m->name,
               m->name);
    buf_printf(&t, "keys: {sign: %s-sign.key, seal: [%s-seal.key], secret: %s-secret.key, "
                   "federation: federation.key}\n%speople: %s-people.yaml\nscan_every: 0s\n"
                   "map_size: 256MiB\nlog_level: error\n",
               m->name, m->name, m->name, i == HOSPITAL ? "storages: [storage]\n" : "", m->name);
    snprintf(name, sizeof name, "%s.yaml", m->name);
    place_write(&w.p, name, buf_span(&t));
    buf_clear(&t);
    buf_printf(&t, "- {user: clerk, facility: \"%010llu\", role: clerk}\n"
                   "- {user: dr, facility: \"%010llu\", role: physician}\n"
                   "- {user: liaison, facility: \"%010llu\", role: clerk}\n"
                   "- {user: second, facility: \"%010llu\", role: clerk}\n",
               (unsigned long long)m->clinic, (unsigned long long)m->clinic, (unsigned long long)m->discloses,
               (unsigned long long)m->discloses);
    if (i == HOSPITAL) // a facility without a storage, whose shelf this node keeps
        buf_printf(&t, "- {user: filer, facility: \"%010llu\", role: clerk}\n"
                       "- {user: filer2, facility: \"%010llu\", role: clerk}\n", PLACE_SHELF, PLACE_SHELF);
    snprintf(name, sizeof name, "%s-people.yaml", m->name);
    place_write(&w.p, name, buf_span(&t));
    buf_done(&t);
    snprintf(name, sizeof name, "%s-secret.key", m->name);
    file_fill(name, (uint8_t)(0x31 + i));
}

static void storage_file(const char *chart, const char *date, const char *type, const char *order, const char *text)
{
    char path[400], dir[128];
    int n = 0;
    place_path(&w.p, "storage", dir);
    const char *parts[] = {"", "123", "456", chart, date, type};
    for (int i = 0; i < 6; i++) {
        n += snprintf(path + n, sizeof path - (size_t)n, "%s%s", i ? "/" : dir, parts[i]);
        (void)mkdir(path, 0700);
    }
    snprintf(path + n, sizeof path - (size_t)n, "/%s_%s_%s_%s_20260101090000000_%s_1", chart, date, type, order,
             date[0] == '-' ? "-" : "01");
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void storage_make(void)
{
    char iso[11], today[9];
    day_format(day_of_time(clock_now_ms()), iso);
    snprintf(today, sizeof today, "%.4s%.2s%.2s", iso, iso + 5, iso + 8);
    storage_file(CHART, "-", "ADT-00", "999999999999999",
                 "MSH|^~\\&|HIS|S|G|R|20260101000000||ADT^A08^ADT_A01|1|P|2.5||||||~ISO IR87||ISO 2022-1994|SS\r"
                 "EVN||20260101\r"
                 "PID|0001||" CHART "^^^^PI||YAMADA^TARO^^^^^L^I~YAMADA^TARO^^^^^L^P||19650415|M|||"
                 "^^^^060-0001^JPN^H^Sapporo\r");
    storage_file(CHART, today, "OML-11", "000000000000003", "MSH|^~\\&|x\r");
    char child[400];
    snprintf(child, sizeof child,
             "MSH|^~\\&|HIS|S|G|R|20260101000000||ADT^A08^ADT_A01|1|P|2.5||||||~ISO IR87||ISO 2022-1994|SS\r"
             "EVN||20260101\rPID|0001||" CHILD "^^^^PI||SATO^KO^^^^^L^I~SATO^KO^^^^^L^P||%04d0215|F\r",
             atoi(iso) - 10);
    storage_file(CHILD, "-", "ADT-00", "999999999999999", child);
}

static void hospital_scan(void)
{
    bool running = true;
    assert_int_equal(DO(HOSPITAL, "scan", "full", "yes"), OK);
    while (running) {
        said s;
        assert_int_equal(say(HOSPITAL, "scan.progress", NULL, &s), OK);
        running = strcmp(field(&s, "scan", 0, "running"), "yes") == 0;
        said_done(&s);
        nap();
    }
}

int begin(void **state)
{
    (void)state;
    place_make(&w.p);
    hub_config();
    hub_up();
    file_fill("federation.key", 0x77);
    storage_make();
    for (int i = 0; i < NODES; i++) {
        d[i].as = &w.p.nodes[place_of[i]];
        snprintf(d[i].name, sizeof d[i].name, "%s", d[i].as->name);
        config_write(i);
        node_up(i);
    }
    hospital_scan();
    return 0;
}

int end(void **state)
{
    (void)state;
    for (int i = 0; i < NODES; i++)
        if (d[i].n)
            node_down(i);
    hub_kill();
    place_done(&w.p);
    return 0;
}

// ---- what is told ----------------------------------------------------------------------------------

char hospital_code[11];

// A new request for the patient; its id.
err ask(const char *number, const char *given, char id[static 33])
{
    said s;
    snprintf(hospital_code, sizeof hospital_code, "%010llu", (unsigned long long)d[HOSPITAL].as->discloses);
    err e = SAY(CLINIC, "request", &s, "as", "clerk", "number", number, "to", hospital_code, "kana_family", "YAMADA",
                "kana_given", given, "birth", "1965-04-15", "sex", "M", "postal", "060-0001");
    if (e)
        printf("    request: %s: %s\n", err_name(e), s.r->note);
    snprintf(id, 33, "%s", field(&s, "request", 0, "id"));
    said_done(&s);
    return e;
}

// Waits: letters of the step before may still be on their way, and move the record once more.
void request_of(const char *number, const char *state, char id[static 33])
{
    time_ms until = clock_mono_ms() + PATIENCE_MS;
    id[0] = '\0';
    for (;;) {
        said s;
        assert_int_equal(SAY(CLINIC, "requests", &s, "as", "clerk", "number", number), OK);
        for (size_t i = 0; i < count_of(&s, "request"); i++)
            if (strcmp(field(&s, "request", i, "state"), state) == 0)
                snprintf(id, 33, "%s", field(&s, "request", i, "id"));
        said_done(&s);
        if (id[0])
            return;
        if (clock_mono_ms() > until)
            fail_msg("no request of %s is %s", number, state);
        nap();
    }
}

void consent_is(const char *key, const char *value)
{
    said s;
    assert_int_equal(SAY(HOSPITAL, "consents", &s, "chart", CHART), OK);
    assert_string_equal(field(&s, "consent", 0, key), value);
    said_done(&s);
}

void consent_await(const char *key, const char *value)
{
    time_ms until = clock_mono_ms() + PATIENCE_MS;
    for (;;) {
        said s;
        assert_int_equal(SAY(HOSPITAL, "consents", &s, "chart", CHART), OK);
        bool is = strcmp(field(&s, "consent", 0, key), value) == 0;
        said_done(&s);
        if (is)
            return;
        if (clock_mono_ms() > until)
            fail_msg("the consent's %s is not %s", key, value);
        nap();
    }
}
