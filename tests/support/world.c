// SPDX-License-Identifier: Apache-2.0
#include "tests/support/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "hub/roster.h"
#include "proto/link/ipc.h"

enum { CONTROL_MS = 30000, HOUR_MS = 3600000 };

static void hub_start(world *w)
{
    char path[128];
    place_path(&w->p, "hub.yaml", path);
    place_must(hub_open(path, &w->h), path);
    w->port = link_port_of(w->h->line);
}

void world_open(world *w)
{
    world_open_with(w, NULL);
}

void world_open_with(world *w, void (*prepare)(place *p))
{
    *w = (world){0};
    place_make(&w->p);
    if (prepare)
        prepare(&w->p);
    hub_start(w);
}

void world_reopen(world *w)
{
    hub_close(w->h);
    hub_start(w);
}

void world_close(world *w)
{
    hub_close(w->h);
    place_done(&w->p);
}

peer *world_peer(world *w, int node)
{
    reply r;
    peer *n = peer_open(&w->p, node, w->port);
    assert_non_null(n);
    hello_ask(n, n->as->name, WIRE_VERSION, 0, &r);
    assert_int_equal(r.e, OK);
    assert_int_equal(r.status, OK);
    const Tsunagu__HelloReply *h = REPLY_AS(&r, Tsunagu__HelloReply, tsunagu__hello_reply__descriptor);
    assert_non_null(h);
    n->publish_seq = h->publish_seq;
    reply_done(&r);
    return n;
}

// ---- messages ----------------------------------------------------------------------

pseudonym who_of(uint32_t number)
{
    pseudonym who = {.at = {1}};
    memset(who.at + 1, 0x5a, PSEUDONYM_BYTES - 1);
    be32_put(who.at + 1, number);
    return who;
}

card card_of(const world *w, int node, const pseudonym *who, uint64_t revision)
{
    time_ms now = clock_now_ms();
    day today = day_of_time(now);
    card c = {.who = *who, .facility = w->p.nodes[node].discloses, .registered_on = today,
              .grain = GRAIN_MONTH};
    c.scope = (consent_scope){.revision = revision, .at = now - HOUR_MS, .from = today - 30,
                              .until = today + 365,
                              .grantee_count = 1, .grantees = {{.kind = GRANTEE_FEDERATION}}};
    memset(c.scope.id, 0x11 + node, sizeof c.scope.id);
    for (int bit = 0; bit < CARD_CATEGORIES; bit++) {
        if (!policy_category_text(w->p.rules->p, bit).id[0])
            continue;
        c.scope.categories |= (uint16_t)(1u << bit);
        card_mark(&c, bit, today);
        card_mark(&c, bit, month_first(month_of(today) - 1));
    }
    return c;
}

void hello_ask(peer *n, const char *name, uint32_t version, uint64_t stop_seq, reply *ret)
{
    Tsunagu__HelloRequest q = TSUNAGU__HELLO_REQUEST__INIT;
    q.version = version;
    q.node = (char *)name;
    q.software = (char *)"test";
    q.stop_seq = stop_seq;
    peer_send(n, METHOD_HELLO, (const ProtobufCMessage *)&q, ret);
}

void publish_ask(peer *n, uint64_t first_seq, const card *cards, size_t count, reply *ret)
{
    Tsunagu__PublishRequest q = TSUNAGU__PUBLISH_REQUEST__INIT;
    ProtobufCBinaryData *list = calloc(count + 1, sizeof *list);
    buf *bytes = calloc(count + 1, sizeof *bytes);
    assert_true(list && bytes);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(card_pack(&cards[i], &bytes[i]), OK);
        list[i] = wire_bytes(buf_span(&bytes[i]));
    }
    q.first_seq = first_seq;
    q.cards = list;
    q.n_cards = count;
    peer_send(n, METHOD_PUBLISH, (const ProtobufCMessage *)&q, ret);
    for (size_t i = 0; i < count; i++)
        buf_done(&bytes[i]);
    free(bytes);
    free(list);
}

void publish_one(peer *n, const card *c)
{
    reply r;
    uint64_t seq = n->publish_seq + 1;
    publish_ask(n, seq, c, 1, &r);
    const Tsunagu__PublishReply *p = REPLY_AS(&r, Tsunagu__PublishReply, tsunagu__publish_reply__descriptor);
    assert_int_equal(r.status, OK);
    assert_non_null(p);
    if (p->n_refused_why)
        fail_msg("refused: %s", p->refused_why[0]);
    assert_int_equal(p->publish_seq, seq);
    n->publish_seq = seq;
    reply_done(&r);
}

void lookup_ask(peer *n, const question *q, reply *ret)
{
    Tsunagu__LookupRequest m = TSUNAGU__LOOKUP_REQUEST__INIT;
    static const uint8_t user[USER_ID_BYTES] = "user of a clinic";
    m.facility = q->facility;
    m.user = wire_bytes(span_of(user, sizeof user));
    m.role = (char *)q->role;
    m.purpose = (char *)q->purpose;
    m.pseudonym = wire_bytes(span_of(q->who.at, PSEUDONYM_BYTES));
    m.categories = q->categories;
    m.reason = (char *)(q->reason ? q->reason : "");
    peer_send(n, METHOD_LOOKUP, (const ProtobufCMessage *)&m, ret);
}

question question_of(const world *w, int node, const pseudonym *who)
{
    return (question){w->p.nodes[node].clinic, "physician", "treatment", *who, 0, NULL};
}

const Tsunagu__FacilityAnswer *answer_of(reply *r, uint64_t facility)
{
    assert_int_equal(r->e, OK);
    assert_int_equal(r->status, OK);
    const Tsunagu__LookupReply *l = REPLY_AS(r, Tsunagu__LookupReply, tsunagu__lookup_reply__descriptor);
    assert_non_null(l);
    for (size_t i = 0; i < l->n_facilities; i++)
        if (l->facilities[i]->facility == facility)
            return l->facilities[i];
    return NULL;
}

span ticket_for(world *w, peer *asker, int asking, int disclosing, const pseudonym *who, reply *keep)
{
    question q = question_of(w, asking, who);
    lookup_ask(asker, &q, keep);
    const Tsunagu__FacilityAnswer *a = answer_of(keep, w->p.nodes[disclosing].discloses);
    assert_non_null(a);
    assert_int_equal(a->status, OK);
    assert_true(a->ticket.len > 0);
    return wire_span(a->ticket);
}

void withdraw_ask(peer *n, uint64_t facility, const pseudonym *who, reply *ret)
{
    withdraw_late(n, facility, who, 0, ret);
}

void withdraw_late(peer *n, uint64_t facility, const pseudonym *who, uint64_t age_ms, reply *ret)
{
    static const uint8_t user[USER_ID_BYTES] = "user of a clinic";
    Tsunagu__WithdrawRequest q = TSUNAGU__WITHDRAW_REQUEST__INIT;
    q.facility = facility;
    q.user = wire_bytes(span_of(user, sizeof user));
    q.pseudonym = wire_bytes(span_of(who->at, PSEUDONYM_BYTES));
    q.role = (char *)"physician";
    q.age_ms = age_ms;
    peer_send(n, METHOD_WITHDRAW, (const ProtobufCMessage *)&q, ret);
}

// ---- the control socket and the log --------------------------------------------------

void control_ask(const world *w, const char *command, const char *const *args, control_answer *ret)
{
    control_send(w, command, args, (span){0}, ret);
}

void control_send(const world *w, const char *command, const char *const *args, span data, control_answer *ret)
{
    Tsunagu__ControlRequest q = TSUNAGU__CONTROL_REQUEST__INIT;
    Tsunagu__ControlField fields[8], *list[8];
    buf body = {0};
    char path[128];
    *ret = (control_answer){0};
    arena_init(&ret->memory, 0);
    q.version = WIRE_VERSION;
    q.data = wire_bytes(data);
    q.command = (char *)command;
    q.args = list;
    for (; args && args[q.n_args * 2]; q.n_args++) {
        tsunagu__control_field__init(&fields[q.n_args]);
        fields[q.n_args].key = (char *)args[q.n_args * 2];
        fields[q.n_args].value = (char *)args[q.n_args * 2 + 1];
        list[q.n_args] = &fields[q.n_args];
    }
    place_must(wire_encode((const ProtobufCMessage *)&q, &body), command);
    place_path(&w->p, "hub.sock", path);
    place_must(ipc_call(path, buf_span(&body), CONTROL_MS, &ret->bytes), command);
    buf_done(&body);
    place_must(WIRE_DECODE(buf_span(&ret->bytes), Tsunagu__ControlReply, tsunagu__control_reply__descriptor,
                           WIRE_CONTROL_MAX, &ret->memory, &ret->reply), command);
}

void control_answer_done(control_answer *a)
{
    buf_done(&a->bytes);
    arena_done(&a->memory);
}

const char *record_field(const Tsunagu__ControlRecord *r, const char *key)
{
    for (size_t i = 0; i < r->n_fields; i++)
        if (strcmp(r->fields[i]->key, key) == 0)
            return r->fields[i]->value;
    return "";
}

#define TAKE(field) snprintf(ret->field, sizeof ret->field, "%s", record_field(r, #field))
static void entry_take(const Tsunagu__ControlRecord *r, entry *ret)
{
    TAKE(status), TAKE(note), TAKE(facility), TAKE(source), TAKE(sources), TAKE(ticket), TAKE(pseudonym),
        TAKE(user);
    TAKE(role), TAKE(purpose), TAKE(reason);
    ret->asked = (uint32_t)strtoul(record_field(r, "asked"), NULL, 10);
    ret->granted = (uint32_t)strtoul(record_field(r, "granted"), NULL, 10);
    ret->seq = strtoull(record_field(r, "seq"), NULL, 10);
}

// One page from `from` on; false: nothing there.
static bool log_page(const world *w, uint64_t from, control_answer *ret)
{
    char text[24];
    snprintf(text, sizeof text, "%llu", (unsigned long long)from);
    const char *args[] = {"from", text, "limit", "100", NULL};
    control_ask(w, "log.list", args, ret);
    assert_int_equal(ret->reply->status, OK);
    return ret->reply->n_records > 0;
}

bool log_find(world *w, const char *event, const char *node, entry *ret)
{
    uint64_t at = w->seen + 1;
    bool found = false, more = true;
    while (!found && more) {
        control_answer a;
        more = log_page(w, at, &a);
        for (size_t i = 0; i < a.reply->n_records && !found; i++) {
            const Tsunagu__ControlRecord *r = a.reply->records[i];
            at = strtoull(record_field(r, "seq"), NULL, 10) + 1;
            if (strcmp(record_field(r, "event"), event) || (node && strcmp(record_field(r, "node"), node)))
                continue;
            entry_take(r, ret);
            w->seen = ret->seq;
            found = true;
        }
        control_answer_done(&a);
    }
    return found;
}

void log_expect(world *w, const char *event, const char *node, const char *status, entry *ret)
{
    entry own;
    entry *e = ret ? ret : &own;
    if (!log_find(w, event, node, e))
        fail_msg("no entry \"%s\" of %s", event, node ? node : "anyone");
    assert_string_equal(e->status, status);
}

void log_await(world *w, const char *event, const char *node, const char *status, entry *ret)
{
    entry own;
    entry *e = ret ? ret : &own;
    time_ms until = clock_mono_ms() + CONTROL_MS;
    while (!log_find(w, event, node, e))
        if (clock_mono_ms() > until)
            fail_msg("no entry \"%s\" of %s comes", event, node ? node : "anyone");
    assert_string_equal(e->status, status);
}

size_t log_count(world *w, const char *event)
{
    size_t count = 0;
    uint64_t at = 1;
    bool more = true;
    while (more) {
        control_answer a;
        more = log_page(w, at, &a);
        for (size_t i = 0; i < a.reply->n_records; i++) {
            at = strtoull(record_field(a.reply->records[i], "seq"), NULL, 10) + 1;
            count += strcmp(record_field(a.reply->records[i], "event"), event) == 0;
        }
        control_answer_done(&a);
    }
    return count;
}

void log_verified(world *w)
{
    control_answer a;
    control_ask(w, "log.verify", NULL, &a);
    assert_int_equal(a.reply->status, OK);
    assert_string_equal(record_field(a.reply->records[0], "verified"), "yes");
    control_answer_done(&a);
}
