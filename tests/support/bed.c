// SPDX-License-Identifier: Apache-2.0
#include "tests/support/bed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "proto/link/ipc.h"
#include "proto/pact/seal.h"

enum { SAY_MS = 60000 };
static bed *beating; // node_run's questions carry no context

static bool asked_stop(void)
{
    return __atomic_load_n(&beating->stop, __ATOMIC_ACQUIRE);
}

static bool asked_reload(void)
{
    int one = 1;
    return __atomic_compare_exchange_n(&beating->reload, &one, 2, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

static void *beat_main(void *arg)
{
    bed *b = arg;
    node_run(b->n, asked_stop, asked_reload);
    return NULL;
}

// ---- the node's files --------------------------------------------------------------------

static void secret_write(const bed *b, const char *name, uint8_t fill)
{
    uint8_t bytes[32];
    char text[66];
    memset(bytes, fill, sizeof bytes);
    hex_put(text, span_of(bytes, sizeof bytes));
    strcat(text, "\n");
    place_write(&b->p, name, span_str(text));
}

void bed_config(bed *b, const char *hub_name)
{
    const place_node *m = &b->p.nodes[BED_NODE];
    buf t = {0};
    buf_printf(&t, "node: %s\nfacility: \"%010llu\"\nhub: {address: \"127.0.0.1:%u\", host: %s}\n", m->name,
               (unsigned long long)m->discloses, b->h.port, hub_name);
    buf_printf(&t, "rules: rules.bundle\ndata: node-data\nsocket: node.sock\n"
                   "tls: {ca: ca/ca.pem, crl: ca/crl.pem, cert: %s.pem, key: %s.key}\n", m->name, m->name);
    buf_printf(&t, "keys: {sign: %s-sign.key, seal: [%s-seal.key], secret: secret.key, "
                   "federation: federation.key}\nstorages: [storage]\npeople: people.yaml\nscan_every: 0s\n"
                   "map_size: 256MiB\nlog_level: error\n",
               m->name, m->name);
    place_write(&b->p, "node.yaml", buf_span(&t));
    buf_clear(&t);
    buf_printf(&t, "- {user: dr, facility: \"%010llu\", role: physician}\n"
                   "- {user: nurse, facility: \"%010llu\", role: nurse, uids: [65534]}\n"
                   "- {user: filer, facility: \"%010llu\", role: physician}\n",
               (unsigned long long)m->clinic, (unsigned long long)m->clinic, PLACE_SHELF);
    place_write(&b->p, "people.yaml", buf_span(&t));
    buf_done(&t);
}

static void today_text(char out[static 9])
{
    char iso[11];
    day_format(day_of_time(clock_now_ms()), iso);
    snprintf(out, 9, "%.4s%.2s%.2s", iso, iso + 5, iso + 8);
}

void bed_path(bed *b, const char *chart, const char *date, const char *type, const char *order,
              char out[static 400])
{
    char today[9], first[4], second[4], dir[128];
    today_text(today);
    if (strcmp(date, "today") == 0)
        date = today;
    snprintf(first, sizeof first, "%.3s", chart);
    snprintf(second, sizeof second, "%.3s", chart + 3);
    place_path(&b->p, "storage", dir);
    const char *parts[] = {"", first, second, chart, date, type};
    int n = 0;
    for (int i = 0; i < 6; i++) {
        n += snprintf(out + n, 400 - (size_t)n, "%s%s", i ? "/" : dir, parts[i]);
        (void)mkdir(out, 0700);
    }
    snprintf(out + n, 400 - (size_t)n, "/%s_%s_%s_%s_%s090000000_%s_1", chart, date, type, order, today,
             date[0] == '-' ? "-" : "01");
}

void bed_file(bed *b, const char *chart, const char *date, const char *type, const char *order, span bytes)
{
    char path[400];
    bed_path(b, chart, date, type, order, path);
    FILE *f = fopen(path, "w");
    place_must(f && fwrite(bytes.at, 1, bytes.len, f) == bytes.len && fclose(f) == 0 ? OK : ERR_IO, path);
}

static void patient_file(bed *b, const char *chart, const char *family, const char *given,
                         const char *birth, char sex)
{
    char text[800];
    snprintf(text, sizeof text,
             "MSH|^~\\&|HIS|S|G|R|20260101000000||ADT^A08^ADT_A01|1|P|2.5||||||~ISO IR87||ISO 2022-1994|SS\r"
             "EVN||20260101\r"
             "PID|0001||%s^^^^PI||%s^%s^^^^^L^I~%s^%s^^^^^L^P||%s|%c|||^^^^060-0001^JPN^H^Sapporo\r",
             chart, family, given, family, given, birth, sex);
    bed_file(b, chart, "-", "ADT-00", "999999999999999", span_str(text));
}

static void storage_make(bed *b)
{
    static uint8_t bytes[BED_LONG];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)('a' + i * 7 % 23);
    patient_file(b, BED_CHART, "YAMADA", "TARO", "19650415", 'M');
    patient_file(b, BED_OTHER, "SATO", "HANA", "19700101", 'F');
    bed_file(b, BED_CHART, "today", "OMP-01", "000000000000001", span_of(bytes, sizeof bytes));
    bed_file(b, BED_CHART, "today", "OMP-01", "000000000000002", span_of(bytes, sizeof bytes - 1));
    bed_file(b, BED_CHART, "today", "OML-11", "000000000000003", SPAN_LIT("MSH|^~\\&|x\r"));
    bed_file(b, BED_OTHER, "today", "OMP-01", "000000000000004", SPAN_LIT("MSH|^~\\&|y\r"));
}

// ---- life -----------------------------------------------------------------------------------

void bed_start(bed *b)
{
    char path[128];
    place_path(&b->p, "node.yaml", path);
    place_must(node_open(path, &b->n), path);
    beating = b;
    b->stop = 0;
    place_must(pthread_create(&b->beat, NULL, beat_main, b) ? ERR_MEM : OK, "beat");
}

void bed_halt(bed *b)
{
    __atomic_store_n(&b->stop, 1, __ATOMIC_RELEASE);
    pthread_join(b->beat, NULL);
    place_must(node_close(b->n) ? OK : ERR_DEADLINE, "node_close");
    b->n = NULL;
}

static void wait_a_little(void)
{
    const struct timespec beat = {0, 10000000};
    nanosleep(&beat, NULL);
}

void bed_reload(bed *b)
{
    time_ms until = clock_mono_ms() + SAY_MS;
    __atomic_store_n(&b->reload, 1, __ATOMIC_RELEASE);
    while (__atomic_load_n(&b->reload, __ATOMIC_ACQUIRE) == 1) {
        place_must(clock_mono_ms() < until ? OK : ERR_DEADLINE, "bed_reload");
        wait_a_little();
    }
}

void bed_scan(bed *b)
{
    time_ms until = clock_mono_ms() + SAY_MS;
    const char *full[] = {"full", "yes", NULL};
    bool running = true;
    place_must(bed_do(b, "scan", full), "scan");
    while (running) {
        said s;
        bed_say(b, "scan.progress", NULL, &s);
        running = strcmp(said_field(&s, "scan", 0, "running"), "yes") == 0;
        said_done(&s);
        place_must(clock_mono_ms() < until ? OK : ERR_DEADLINE, "bed_scan");
        wait_a_little();
    }
}

void bed_open(bed *b)
{
    char path[128];
    *b = (bed){0};
    place_make(&b->p);
    host_open(&b->h, &b->p, BED_NODE, "hub");
    secret_write(b, "secret.key", 0x31);
    secret_write(b, "federation.key", 0x32);
    bed_config(b, PLACE_HUB_HOST);
    storage_make(b);
    place_path(&b->p, "tmnit-seal.key", path);
    place_must(seal_key_load(path, &b->asker), path);
    bed_start(b);
    host_wait(&b->h, &b->h.hellos, 1);
    bed_scan(b);
}

void bed_close(bed *b)
{
    if (b->n)
        bed_halt(b);
    host_close(&b->h);
    seal_key_free(b->asker);
    place_done(&b->p);
}

// ---- the control socket ---------------------------------------------------------------------

void bed_say(bed *b, const char *command, const char *const *args, said *ret)
{
    Tsunagu__ControlRequest q = TSUNAGU__CONTROL_REQUEST__INIT;
    Tsunagu__ControlField fields[16], *list[16];
    buf body = {0};
    char path[128];
    *ret = (said){0};
    arena_init(&ret->memory, 0);
    q.version = WIRE_VERSION;
    q.command = (char *)command;
    q.args = list;
    for (; args && args[q.n_args * 2]; q.n_args++) {
        tsunagu__control_field__init(&fields[q.n_args]);
        fields[q.n_args].key = (char *)args[q.n_args * 2];
        fields[q.n_args].value = (char *)args[q.n_args * 2 + 1];
        list[q.n_args] = &fields[q.n_args];
    }
    place_must(wire_encode((const ProtobufCMessage *)&q, &body), command);
    place_path(&b->p, "node.sock", path);
    place_must(ipc_call(path, buf_span(&body), SAY_MS, &ret->bytes), command);
    buf_done(&body);
    place_must(WIRE_DECODE(buf_span(&ret->bytes), Tsunagu__ControlReply, tsunagu__control_reply__descriptor,
                           WIRE_CONTROL_MAX, &ret->memory, &ret->r), command);
}

err bed_do(bed *b, const char *command, const char *const *args)
{
    said s;
    bed_say(b, command, args, &s);
    err e = (err)s.r->status;
    said_done(&s);
    return e;
}

void said_done(said *s)
{
    buf_done(&s->bytes);
    arena_done(&s->memory);
}

size_t said_count(const said *s, const char *kind)
{
    size_t count = 0;
    for (size_t i = 0; i < s->r->n_records; i++)
        count += strcmp(s->r->records[i]->kind, kind) == 0;
    return count;
}

const char *said_field(const said *s, const char *kind, size_t nth, const char *key)
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

// ---- consents, tickets, asks ----------------------------------------------------------------------

pseudonym bed_confirm(bed *b, const char *chart, const char *by)
{
    const char *args[] = {"chart", chart, "by", by, "to", "federation", "emergency", "yes", NULL};
    const char *which[] = {"chart", chart, NULL};
    pseudonym who;
    said s;
    bed_say(b, "confirm", args, &s);
    place_must((err)s.r->status, s.r->note);
    b->seq = strtoull(said_field(&s, "consent", 0, "seq"), NULL, 10);
    said_done(&s);
    bed_say(b, "charts", which, &s);
    const char *hex = said_field(&s, "chart", 0, "pseudonym");
    place_must(hex_get(span_str(hex), who.at, sizeof who.at), "pseudonym");
    said_done(&s);
    return who;
}

ticket bed_ticket(bed *b, const pseudonym *who, int asking)
{
    const host_card *hc = host_card_of(&b->h, who);
    const policy *p = b->p.rules->p;
    place_must(hc ? OK : ERR_NOT_FOUND, "card");
    const card *c = &hc->c;
    time_ms now = clock_now_ms();
    ticket k = {.issued = now, .expires = now + 600000, .facility = b->p.nodes[asking].clinic,
                .source = c->facility, .who = *who, .role = (uint8_t)policy_role(p, "physician"),
                .purpose = (uint8_t)policy_purpose(p, "treatment"), .registered_on = c->registered_on,
                .consent_revision = c->scope.revision, .log_seq = 5, .rules = b->p.rules->hash,
                .categories = c->scope.categories};
    strcpy(k.node, b->p.nodes[asking].name);
    memcpy(k.consent_id, c->scope.id, sizeof k.consent_id);
    for (int i = 0; i < CARD_CATEGORIES; i++)
        k.from[i] = DAY_NONE;
    return k;
}

void bed_sign(const ticket *k, const sign_key *with, buf *out)
{
    ticket_batch batch;
    buf body = {0};
    uint32_t index;
    ticket_batch_init(&batch);
    place_must(ticket_pack(k, &body), "ticket_pack");
    place_must(ticket_batch_add(&batch, buf_span(&body), &index), "ticket_batch_add");
    place_must(ticket_batch_sign(&batch, with), "ticket_batch_sign");
    place_must(ticket_batch_take(&batch, index, buf_span(&body), out), "ticket_batch_take");
    ticket_batch_done(&batch);
    buf_done(&body);
}

void bed_request(bed *b, span bytes, bed_ask *a, buf *body)
{
    Tsunagu__SealedAsk q = TSUNAGU__SEALED_ASK__INIT;
    Tsunagu__ReleaseRequest r = TSUNAGU__RELEASE_REQUEST__INIT;
    buf plain = {0}, sealed = {0};
    uint8_t nonce[16];
    memset(nonce, a->nonce, sizeof nonce);
    q.what = a->document ? 2 : 1;
    if (a->document)
        q.document = wire_bytes(span_of(a->document, 16));
    q.nonce = wire_bytes(span_of(nonce, sizeof nonce));
    q.time_ms = clock_now_ms() + a->off;
    place_must(wire_encode((const ProtobufCMessage *)&q, &plain), "ask");
    place_must(ask_seal(a->from ? a->from : b->asker, a->to ? a->to : b->p.nodes[BED_NODE].seal, bytes,
                        buf_span(&plain), &sealed, &a->ask), "ask_seal");
    r.ticket = wire_bytes(bytes);
    r.sealed = wire_bytes(buf_span(&sealed));
    r.asker = (char *)(a->asker ? a->asker : "tmnit");
    r.nothing = a->nothing;
    place_must(wire_encode((const ProtobufCMessage *)&r, body), "release");
    buf_done(&plain);
    buf_done(&sealed);
}

err bed_unseal(bed *b, span bytes, const hash32 *ask, const host_reply *r, buf *plain)
{
    seal_stream s;
    const uint8_t *pubs[1] = {b->p.nodes[BED_NODE].seal};
    bool last = false;
    err e = open_stream_begin(&s, ask);
    for (size_t i = 0; e == OK && i < r->count; i++)
        e = open_stream_take(&s, &b->asker, 1, pubs, 1, bytes, buf_span(&r->pieces[i]), plain, &last);
    seal_stream_done(&s);
    return e ? e : last ? OK : ERR_CLOSED;
}

void bed_document(bed *b, const char *chart, const char *type, uint64_t bytes, uint8_t ret[16])
{
    const char *args[] = {"chart", chart, NULL};
    said s;
    bed_say(b, "documents", args, &s);
    for (size_t i = 0; i < said_count(&s, "document"); i++)
        if (strcmp(said_field(&s, "document", i, "type"), type) == 0 &&
            (!bytes || strtoull(said_field(&s, "document", i, "bytes"), NULL, 10) == bytes)) {
            place_must(hex_get(span_str(said_field(&s, "document", i, "document")), ret, 16), type);
            said_done(&s);
            return;
        }
    place_must(ERR_NOT_FOUND, type);
}
