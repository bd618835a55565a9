// SPDX-License-Identifier: Apache-2.0
// A registration request from a clinic's node over a real hub to a hospital's node: accepted by two people,
// completed, seen in the clinic's timeline; asked back, refused, cancelled; with the hub away, either node killed.
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

#include "node/daemon.h"
#include "proto/link/ipc.h"
#include "proto/wire/wire.h"
#include "tests/support/place.h"

enum { CLINIC, HOSPITAL, NODES, PATIENCE_MS = 60000 };
typedef struct daemon {
    char name[20];
    const place_node *as;
    node *n;
    pthread_t beat;
    int stop;
} daemon_t;

// Hub and node cannot be one program: the hub is the real one, in a process of its own.
static struct {
    place p;
    uint16_t port;
    pid_t hub;
} w;
static daemon_t d[NODES];
static const int place_of[NODES] = {PLACE_TMNIT, PLACE_SHIRITSU};
#define CHART "12345678"
#define CHILD "12345699" // of ten years, more or less

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

static pid_t spawn(const char *program, const char *config_name)
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

static void hub_up(void)
{
    w.hub = spawn("tsunagu-hub", "hub.yaml");
}

static void hub_kill(void)
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

static void node_up(int i)
{
    char name[80], path[128];
    snprintf(name, sizeof name, "%s.yaml", d[i].name);
    place_path(&w.p, name, path);
    assert_int_equal(node_open(path, &d[i].n), OK);
    d[i].stop = 0;
    assert_int_equal(pthread_create(&d[i].beat, NULL, beat_main, &d[i]), 0);
}

static void node_down(int i)
{
    __atomic_store_n(&d[i].stop, 1, __ATOMIC_RELEASE);
    pthread_join(d[i].beat, NULL);
    node_close(d[i].n);
    d[i].n = NULL;
}

// ---- asking a daemon -----------------------------------------------------------------------

static span beside; // bytes beside the arguments of the next command

typedef struct said {
    buf bytes;
    arena memory;
    Tsunagu__ControlReply *r;
} said;

static err say(int i, const char *command, const char *const *args, said *ret)
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

static void said_done(said *s)
{
    buf_done(&s->bytes);
    arena_done(&s->memory);
}

static const char *field(const said *s, const char *kind, size_t nth, const char *key)
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

static size_t count_of(const said *s, const char *kind)
{
    size_t n = 0;
    for (size_t i = 0; i < s->r->n_records; i++)
        n += strcmp(s->r->records[i]->kind, kind) == 0;
    return n;
}

#define SAY(i, command, s, ...) say(i, command, (const char *const[]){__VA_ARGS__, NULL}, s)
#define DO(i, command, ...) do_it(i, command, (const char *const[]){__VA_ARGS__, NULL})
static err do_it(int i, const char *command, const char *const *args)
{
    said s;
    err e = say(i, command, args, &s);
    if (e)
        printf("    %s: %s: %s\n", command, err_name(e), s.r->note);
    said_done(&s);
    return e;
}

static void nap(void)
{
    const struct timespec beat = {0, 20000000};
    nanosleep(&beat, NULL);
}

// Until that side's record of the request is in that state; its id at the clinic and the hospital is the same.
static void await(int i, const char *id, const char *state)
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

static int begin(void **state)
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

static int end(void **state)
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

static char hospital_code[11];

// A new request for the patient; its id.
static err ask(const char *number, const char *given, char id[static 33])
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

static void from_the_form_to_the_timeline(void **state)
{
    (void)state;
    char id[33], again[33];
    said s;
    assert_int_equal(ask("C-1", "TARO", id), OK);
    await(HOSPITAL, id, "received");
    await(CLINIC, id, "received");
    assert_int_equal(ask("C-1", "TARO", again), ERR_EXISTS); // a second click
    // The office sees the form, and its own patient beside it.
    assert_int_equal(SAY(HOSPITAL, "inbox", &s, "as", "liaison"), OK);
    assert_int_equal(count_of(&s, "request"), 1);
    said_done(&s);
    assert_int_equal(SAY(HOSPITAL, "inbox.show", &s, "as", "liaison", "id", id), OK);
    assert_string_equal(field(&s, "form", 0, "kana_given"), "TARO");
    assert_string_equal(field(&s, "candidate", 0, "chart"), CHART);
    assert_string_equal(field(&s, "candidate", 0, "postal_evidence"), "agrees");
    said_done(&s);
    assert_int_equal(DO(HOSPITAL, "inbox", "as", "clerk"), ERR_DENIED); // of the clinic
    assert_int_equal(DO(HOSPITAL, "accept", "as", "liaison", "id", id, "chart", "00000000"), ERR_NOT_FOUND);
    assert_int_equal(DO(HOSPITAL, "accept", "as", "liaison", "id", id, "chart", CHART), OK);
    assert_int_equal(SAY(HOSPITAL, "inbox.show", &s, "as", "liaison", "id", id), OK);
    bool second = strcmp(field(&s, "request", 0, "state"), "checking") == 0;
    said_done(&s);
    if (second) {
        assert_int_equal(DO(HOSPITAL, "check", "as", "liaison", "id", id), ERR_DENIED); // not the same person
        assert_int_equal(DO(HOSPITAL, "check", "as", "second", "id", id, "disagree", "yes"), OK);
        assert_int_equal(DO(HOSPITAL, "accept", "as", "liaison", "id", id, "chart", CHART), OK);
        assert_int_equal(DO(HOSPITAL, "check", "as", "second", "id", id), OK);
    }
    await(HOSPITAL, id, "completed");
    await(CLINIC, id, "completed");
    assert_int_equal(DO(HOSPITAL, "accept", "as", "liaison", "id", id, "chart", CHART), ERR_CONFLICT);
    // Under the clinic's own number.
    assert_int_equal(SAY(CLINIC, "timeline", &s, "as", "dr", "number", "C-1"), OK);
    assert_string_equal(field(&s, "facility", 0, "status"), "ok");
    assert_true(count_of(&s, "document") >= 1);
    said_done(&s);
    // Its history, on both sides.
    assert_int_equal(SAY(CLINIC, "requests", &s, "as", "clerk", "id", id), OK);
    assert_string_equal(field(&s, "step", 0, "event"), "send");
    assert_string_equal(field(&s, "step", 0, "who"), "clerk");
    assert_string_equal(field(&s, "step", count_of(&s, "step") - 1, "event"), "complete");
    said_done(&s);
}

// The request of the first test stands completed all through these.
static void request_of(const char *number, const char *state, char id[static 33])
{
    said s;
    id[0] = '\0';
    assert_int_equal(SAY(CLINIC, "requests", &s, "as", "clerk", "number", number), OK);
    for (size_t i = 0; i < count_of(&s, "request"); i++)
        if (strcmp(field(&s, "request", i, "state"), state) == 0)
            snprintf(id, 33, "%s", field(&s, "request", i, "id"));
    said_done(&s);
    assert_true(id[0]);
}

static void consent_is(const char *key, const char *value)
{
    said s;
    assert_int_equal(SAY(HOSPITAL, "consents", &s, "chart", CHART), OK);
    assert_string_equal(field(&s, "consent", 0, key), value);
    said_done(&s);
}

static void a_change_narrows_at_once_and_widens_by_a_person(void **state)
{
    (void)state;
    char id[33];
    said s;
    request_of("C-1", "completed", id);
    assert_int_equal(DO(HOSPITAL, "change.accept", "as", "liaison", "id", id), ERR_CONFLICT); // none waits
    assert_int_equal(DO(CLINIC, "request.change", "as", "clerk", "id", id, "categories", "basics,laboratory"), OK);
    await(CLINIC, id, "completed"); // nobody was asked
    await(HOSPITAL, id, "completed");
    consent_is("categories", "basics,laboratory");
    consent_is("state", "published");
    assert_int_equal(DO(CLINIC, "request.change", "as", "clerk", "id", id, "categories", "basics,prescriptions"), OK);
    assert_int_equal(DO(CLINIC, "request.change", "as", "clerk", "id", id, "categories", "basics"), ERR_CONFLICT);
    await(HOSPITAL, id, "changed");
    consent_is("categories", "basics"); // what narrows holds, what widens waits
    assert_int_equal(SAY(HOSPITAL, "inbox", &s, "as", "liaison"), OK);
    assert_int_equal(count_of(&s, "request"), 1);
    said_done(&s);
    assert_int_equal(DO(HOSPITAL, "change.keep", "as", "clerk", "id", id), ERR_DENIED);
    assert_int_equal(DO(HOSPITAL, "change.keep", "as", "liaison", "id", id, "text", "not today"), OK);
    await(CLINIC, id, "completed");
    consent_is("categories", "basics");
    assert_int_equal(DO(CLINIC, "request.change", "as", "clerk", "id", id, "categories", ""), OK); // all
    await(HOSPITAL, id, "changed");
    // These rules want two people for so weak a match: what widens is no exception.
    assert_int_equal(DO(HOSPITAL, "change.accept", "as", "liaison", "id", id), OK);
    await(HOSPITAL, id, "changed");
    assert_int_equal(DO(HOSPITAL, "change.accept", "as", "liaison", "id", id), ERR_DENIED);
    consent_is("categories", "basics");
    assert_int_equal(DO(HOSPITAL, "change.accept", "as", "second", "id", id), OK);
    await(CLINIC, id, "completed");
    await(HOSPITAL, id, "completed");
    assert_int_equal(SAY(HOSPITAL, "inbox", &s, "as", "liaison"), OK);
    assert_int_equal(count_of(&s, "request"), 0);
    said_done(&s);
    assert_int_equal(SAY(CLINIC, "timeline", &s, "as", "dr", "number", "C-1"), OK);
    assert_string_equal(field(&s, "facility", 0, "status"), "ok");
    assert_true(count_of(&s, "document") >= 1);
    said_done(&s);
}

static void asked_back_and_refused(void **state)
{
    (void)state;
    char id[33];
    said s;
    assert_int_equal(ask("C-2", "JIRO", id), OK);
    await(HOSPITAL, id, "received");
    assert_int_equal(DO(CLINIC, "request.reply", "as", "clerk", "id", id, "text", "too early"), ERR_CONFLICT);
    assert_int_equal(DO(HOSPITAL, "ask-back", "as", "liaison", "id", id, "text", "which address?"), OK);
    await(CLINIC, id, "asked-back");
    assert_int_equal(SAY(CLINIC, "requests", &s, "as", "clerk", "id", id), OK);
    assert_string_equal(field(&s, "request", 0, "said"), "which address?");
    said_done(&s);
    assert_int_equal(DO(CLINIC, "request.reply", "as", "clerk", "id", id, "text", "Chuo-ku"), OK);
    await(HOSPITAL, id, "received");
    assert_int_equal(DO(HOSPITAL, "accept", "as", "liaison", "id", id, "chart", CHART), ERR_DENIED);
    assert_int_equal(DO(HOSPITAL, "reject", "as", "liaison", "id", id, "reason", "because"), ERR_USAGE);
    assert_int_equal(DO(HOSPITAL, "reject", "as", "liaison", "id", id, "reason", "not-found"), OK);
    await(CLINIC, id, "rejected");
    assert_int_equal(SAY(CLINIC, "requests", &s, "as", "clerk", "id", id), OK);
    assert_string_equal(field(&s, "request", 0, "reason"), "not-found");
    said_done(&s);
}

static void cancelled_with_the_other_side_away(void **state)
{
    (void)state;
    char id[33];
    assert_int_equal(ask("C-3", "SABURO", id), OK);
    await(HOSPITAL, id, "received");
    await(CLINIC, id, "received");
    node_down(HOSPITAL);
    assert_int_equal(DO(CLINIC, "request.cancel", "as", "clerk", "id", id), OK);
    await(CLINIC, id, "cancelled");
    node_down(CLINIC); // both were away: the letter is durable
    node_up(HOSPITAL);
    node_up(CLINIC);
    await(HOSPITAL, id, "cancelled");
}

static void enquiring_everywhere(void **state)
{
    (void)state;
    said s;
    char id[33] = "";
    // The pseudonym first; only who may hold records gets the form.
    assert_int_equal(SAY(CLINIC, "request", &s, "as", "clerk", "number", "C-1", "ask_all", "yes", "kana_family",
                         "YAMADA", "kana_given", "TARO", "birth", "1965-04-15", "sex", "M"), OK);
    for (size_t i = 0; i < count_of(&s, "request"); i++)
        if (strcmp(field(&s, "request", i, "other"), hospital_code) == 0)
            snprintf(id, sizeof id, "%s", field(&s, "request", i, "id"));
    assert_true(count_of(&s, "request") > 1);
    said_done(&s);
    assert_true(id[0]);
    await(CLINIC, id, "received");
    await(HOSPITAL, id, "received");
    assert_int_equal(SAY(CLINIC, "request", &s, "as", "clerk", "number", "C-9", "ask_all", "yes", "kana_family",
                         "NOBODY", "kana_given", "ATALL", "birth", "1965-04-15", "sex", "M"), OK);
    for (size_t i = 0; i < count_of(&s, "request"); i++)
        if (strcmp(field(&s, "request", i, "other"), hospital_code) == 0)
            snprintf(id, sizeof id, "%s", field(&s, "request", i, "id"));
    said_done(&s);
    await(CLINIC, id, "rejected");
}

static void the_hub_was_away(void **state)
{
    (void)state;
    char id[33];
    hub_kill();
    assert_int_equal(ask("C-4", "SHIRO", id), OK); // it waits
    node_down(CLINIC);
    node_up(CLINIC);
    hub_up();
    await(HOSPITAL, id, "received");
    await(CLINIC, id, "received");
}

// As the command line sends it: the form beside the arguments.
static span form_beside(buf *data, const char *destination, const char *given_kana, const char *chart)
{
    static const char FORM[] = "form: registration\nversion: 1\nfields:\n"
        "  date: 2026-11-01\n  urgency: soon\n  facility: \"%010llu\"\n  staff: clerk\n%s"
        "  family-name: 山田\n  given-name: 五郎\n  family-kana: ヤマダ\n  given-kana: %s\n"
        "  birth: 昭和40年4月15日\n  sex: male\n  number: 187-05\n  chart: %s\n  consent-date: 2026-11-01\n"
        "  consent-version: 1\n  consent-by: patient\n  whom: everyone\n  categories: [basics, laboratory]\n"
        "  emergency: はい\n";
    buf_clear(data);
    buf_put(data, "form", 5);
    buf_printf(data, FORM, (unsigned long long)d[CLINIC].as->clinic, destination, given_kana, chart);
    buf_put_u8(data, 0);
    return buf_span(data);
}

static char named[80]; // that form, to the hospital

static void by_a_filled_form(void **state)
{
    (void)state;
    char id[33] = "";
    said s;
    buf data = {0};
    snprintf(named, sizeof named, "  destination: named\n  hospitals: [\"%s\"]\n", hospital_code);
    beside = form_beside(&data, named, "ゴロウ", "C-5");
    assert_int_equal(SAY(CLINIC, "request", &s, "as", "clerk", "number", "C-5", "to", hospital_code, "sex", "M"), ERR_USAGE);
    said_done(&s); // the form says it
    beside = buf_span(&data);
    assert_int_equal(SAY(CLINIC, "request", &s, "as", "clerk", "number", "C-6", "to", hospital_code), ERR_USAGE);
    said_done(&s); // another number
    beside = form_beside(&data, "  destination: named\n  hospitals: [all]\n", "ゴロウ", "C-5");
    assert_int_equal(SAY(CLINIC, "request", &s, "as", "clerk", "number", "C-5"), ERR_USAGE);
    said_done(&s); // a name is not sent to everybody
    beside = form_beside(&data, named, "ゴロウ", "C-5");
    err e = SAY(CLINIC, "request", &s, "as", "clerk", "number", "C-5"); // where to: the form says it, too
    if (e)
        printf("    request: %s: %s\n", err_name(e), s.r->note);
    assert_int_equal(e, OK);
    assert_int_equal(count_of(&s, "request"), 1);
    assert_string_equal(field(&s, "request", 0, "other"), hospital_code);
    snprintf(id, sizeof id, "%s", field(&s, "request", 0, "id"));
    said_done(&s);
    await(HOSPITAL, id, "received");
    assert_int_equal(SAY(HOSPITAL, "inbox.show", &s, "as", "liaison", "id", id), OK);
    assert_string_equal(field(&s, "paper", 0, "form"), "registration");
    assert_string_equal(field(&s, "form", 0, "kanji_given"), "五郎");
    assert_string_equal(field(&s, "form", 0, "branch"), "05");
    assert_string_equal(field(&s, "form", 0, "consent_to"), "federation");
    assert_string_equal(field(&s, "form", 0, "emergency"), "yes");
    assert_string_equal(field(&s, "request", 0, "urgency"), "soon");
    said_done(&s);
    await(CLINIC, id, "received");
    // A field that is wrong never leaves the clinic.
    char *birth = strstr((char *)data.at + 5, "昭和40");
    memcpy(birth, "昭和99", strlen("昭和99"));
    beside = buf_span(&data);
    assert_int_equal(SAY(CLINIC, "request", &s, "as", "clerk", "number", "C-5", "to", hospital_code), ERR_USAGE);
    assert_non_null(strstr(s.r->note, "birth"));
    said_done(&s);
    // A form that asks all first.
    beside = form_beside(&data, "  destination: ask\n", "ロクロウ", "C-7");
    assert_int_equal(SAY(CLINIC, "request", &s, "as", "clerk", "number", "C-7"), OK);
    assert_true(count_of(&s, "request") > 1);
    assert_string_equal(field(&s, "request", 0, "state"), "enquiring");
    said_done(&s);
    buf_done(&data);
}

static err answer_by(const char *id, span form)
{
    beside = form;
    return DO(CLINIC, "request.reply", "as", "clerk", "id", id, "text", "misspelt");
}

// Asked back, the clinic sends the form again as it should have been.
static void a_corrected_form_takes_the_place_of_the_first(void **state)
{
    (void)state;
    char id[33] = "";
    said s;
    buf data = {0};
    request_of("C-5", "received", id);
    assert_int_equal(DO(HOSPITAL, "ask-back", "as", "liaison", "id", id, "text", "is that the name?"), OK);
    await(CLINIC, id, "asked-back");
    assert_int_equal(answer_by(id, form_beside(&data, named, "イツオ", "C-8")), ERR_USAGE); // another number
    assert_int_equal(answer_by(id, form_beside(&data, named, "イツオ", "C-5")), ERR_CONFLICT); // another name: said first
    await(CLINIC, id, "asked-back");
    assert_int_equal(DO(CLINIC, "register", "as", "clerk", "number", "C-5", "kana_family", "ヤマダ", "kana_given",
                        "イツオ", "birth", "1965-04-15", "sex", "M"), OK);
    assert_int_equal(answer_by(id, form_beside(&data, named, "イツオ", "C-5")), OK);
    await(HOSPITAL, id, "received");
    assert_int_equal(SAY(HOSPITAL, "inbox.show", &s, "as", "liaison", "id", id), OK);
    assert_string_equal(field(&s, "form", 0, "kana_given"), "イツオ");
    assert_int_equal(count_of(&s, "paper"), 1); // in the old one's place
    assert_string_equal(field(&s, "request", 0, "said"), "misspelt");
    said_done(&s);
    assert_int_equal(answer_by(id, buf_span(&data)), ERR_CONFLICT); // nobody asks any more
    buf_done(&data);
}

// A parent's consent ends with the child's majority, also where the hospital records it by itself.
static void a_parent_speaks_until_the_child_is_of_age(void **state)
{
    (void)state;
    said s;
    char iso[11], last[11];
    day_format(day_of_time(clock_now_ms()), iso);
    assert_int_equal(DO(HOSPITAL, "confirm", "chart", CHART, "by", "desk", "to", "federation", "proxy", "parent", "also",
                        "yes"), ERR_USAGE); // of age since long
    assert_int_equal(SAY(HOSPITAL, "confirm", &s, "chart", CHILD, "by", "desk", "to", "federation", "proxy", "parent"), OK);
    snprintf(last, sizeof last, "%04d-02-14", atoi(iso) + 8);
    assert_string_equal(field(&s, "consent", 0, "until"), last);
    said_done(&s);
    assert_int_equal(SAY(HOSPITAL, "confirm", &s, "chart", CHILD, "by", "desk", "to", "federation", "proxy", "parent",
                         "until", iso), OK);
    assert_string_equal(field(&s, "consent", 0, "until"), iso); // sooner is sooner
    said_done(&s);
    assert_int_equal(SAY(HOSPITAL, "confirm", &s, "chart", CHILD, "by", "desk", "to", "federation"), OK);
    assert_string_not_equal(field(&s, "consent", 0, "until"), last); // the patient's own
    said_done(&s);
}

// The last of them: the hospital is away when the patient withdraws.
static void withdrawn_at_the_clinic_with_the_hospital_away(void **state)
{
    (void)state;
    char id[33];
    said s;
    request_of("C-1", "completed", id);
    node_down(HOSPITAL);
    time_ms until = clock_mono_ms() + PATIENCE_MS;
    err e = ERR_UNREACHABLE; // the hub was killed lately: the clinic's node may still be on its way back
    while ((e = DO(CLINIC, "own.withdraw", "as", "clerk", "number", "C-1")) == ERR_UNREACHABLE && clock_mono_ms() < until)
        nap();
    assert_int_equal(e, OK);
    await(CLINIC, id, "withdrawn");
    // From the acknowledgement on the hub refuses, whatever the hospital knows.
    assert_int_equal(SAY(CLINIC, "lookup", &s, "as", "dr", "number", "C-1"), OK);
    for (size_t i = 0; i < count_of(&s, "facility"); i++)
        assert_string_not_equal(field(&s, "facility", i, "status"), "ok");
    said_done(&s);
    node_up(HOSPITAL);
    await(HOSPITAL, id, "withdrawn");
    consent_is("withdrawn", "yes");
    await(CLINIC, id, "withdrawn");
    // The patient agrees anew: nothing stands in the way.
    char again[33];
    assert_int_equal(ask("C-1", "TARO", again), OK);
    await(HOSPITAL, again, "received");
    await(CLINIC, again, "received");
}

// The acceptance is durable and the hub has no card of it yet: kill -9.
static void killed_between_acceptance_and_publication(void **state)
{
    (void)state;
    char id[33], config[80], path[128];
    request_of("C-1", "received", id);
    node_down(HOSPITAL);
    hub_kill();
    snprintf(config, sizeof config, "%s.yaml", d[HOSPITAL].name);
    pid_t killed = spawn("tsunagu-node", config);
    snprintf(config, sizeof config, "%s.sock", d[HOSPITAL].name);
    place_path(&w.p, config, path);
    time_ms until = clock_mono_ms() + PATIENCE_MS;
    while (access(path, F_OK) != 0 && clock_mono_ms() < until)
        nap();
    await(HOSPITAL, id, "received");
    assert_int_equal(DO(HOSPITAL, "accept", "as", "liaison", "id", id, "chart", CHART), OK);
    assert_int_equal(DO(HOSPITAL, "check", "as", "second", "id", id), OK);
    kill(killed, SIGKILL);
    waitpid(killed, NULL, 0);
    node_up(HOSPITAL);
    await(HOSPITAL, id, "accepted"); // not a word of it is lost, and nothing is claimed
    hub_up();
    await(HOSPITAL, id, "completed");
    await(CLINIC, id, "completed");
    consent_is("state", "published");
}

// The hospital closes the consent while a clinic's change waits for a person: there is nothing to widen.
static void a_change_of_a_closed_consent_is_refused(void **state)
{
    (void)state;
    char id[33];
    request_of("C-1", "completed", id);
    assert_int_equal(DO(CLINIC, "request.change", "as", "clerk", "id", id, "consent_to", "federation"), OK);
    await(HOSPITAL, id, "changed");
    assert_int_equal(DO(HOSPITAL, "withdraw", "chart", CHART, "by", "desk"), OK);
    assert_int_equal(DO(HOSPITAL, "change.accept", "as", "liaison", "id", id), ERR_CONFLICT);
    consent_is("withdrawn", "yes");
    await(CLINIC, id, "withdrawn");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(from_the_form_to_the_timeline),
        cmocka_unit_test(a_change_narrows_at_once_and_widens_by_a_person),
        cmocka_unit_test(asked_back_and_refused),
        cmocka_unit_test(cancelled_with_the_other_side_away),
        cmocka_unit_test(enquiring_everywhere),
        cmocka_unit_test(by_a_filled_form),
        cmocka_unit_test(a_corrected_form_takes_the_place_of_the_first),
        cmocka_unit_test(a_parent_speaks_until_the_child_is_of_age),
        cmocka_unit_test(the_hub_was_away),
        cmocka_unit_test(withdrawn_at_the_clinic_with_the_hospital_away),
        cmocka_unit_test(killed_between_acceptance_and_publication),
        cmocka_unit_test(a_change_of_a_closed_consent_is_refused),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
