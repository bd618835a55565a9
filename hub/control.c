// SPDX-License-Identifier: Apache-2.0
// The operator's commands at the hub (proto/control/COMMANDS.md). None of them can show a
// patient: the hub does not know one.
#include <stdio.h>
#include <string.h>

#include "hub/desk.h"
#include "hub/members.h"
#include "proto/control/logdesk.h"

// Which version waits for its day, and how old the one in force is.
static void rules_standing(hub *h, control_in *in, const rules *r)
{
    uint32_t newest;
    hash32 hash;
    char from[11];
    day today = day_of_time(clock_now_ms());
    policy_stale_days last = policy_stale(r->p);
    rules_stale s = rules_stale_on(r, today);
    day_format(policy_effective_from(r->p), from);
    book_newest(h, &newest, &hash);
    control_text(in, "rules_from", from);
    control_number(in, "rules_newest", newest ? newest : policy_version(r->p));
    control_text(in, "rules_stale", rules_stale_name(s));
    day_format(s < RULES_WARN ? last.warn : s < RULES_NO_REGISTRATIONS ? last.no_registrations : last.deny, from);
    control_text(in, "rules_next_step_after", from);
}

static void status_show(void *ctx, control_in *in)
{
    hub *h = ctx;
    rules *r = hub_rules(h);
    store_txn *t;
    uint64_t cards = 0;
    size_t used = 0, map = 0;
    char when[30];
    err e = store_read(h->keep, &t);
    if (e == OK) {
        e = store_count(t, TABLE_CARD, &cards);
        store_end(t);
    }
    if (e == OK)
        e = store_sizes(h->keep, &used, &map);
    time_format(h->since, when);
    control_record(in, "status");
    control_text(in, "program", "tsunagu-hub");
    control_text(in, "name", h->config.name);
    control_text(in, "version", "0.1.0");
    control_text(in, "state", "serving");
    control_number(in, "port", link_port_of(h->line));
    control_number(in, "rules_version", policy_version(r->p));
    control_bytes(in, "rules_hash", span_of(r->hash.at, HASH_BYTES));
    rules_standing(h, in, r);
    control_text(in, "since", when);
    control_number(in, "nodes", (int64_t)roster_count(h));
    control_number(in, "cards", (int64_t)cards);
    control_number(in, "store_used", (int64_t)used);
    control_number(in, "store_map", (int64_t)map);
    rules_drop(r);
    if (e == OK)
        e = logdesk_head(in, &h->log, h->keep);
    control_finish(in, e);
}

static void node_show(hub *h, control_in *in, const rules *r, store_txn *t, int node)
{
    policy_node_view v = policy_node_at(r->p, node);
    session *s = roster_find(h, v.name);
    uint64_t seq = 0;
    uint8_t *key = (uint8_t *)v.name;
    span value;
    char when[30] = "";
    if (store_get(t, TABLE_SEQUENCE, span_of(key, strlen(v.name)), &value) == OK && value.len == 8)
        seq = be64_get(value.at);
    session_state st = {0};
    if (s) {
        time_format(s->since, when);
        session_rules(s, &st);
    }
    control_record(in, "node");
    control_text(in, "name", v.name);
    control_text(in, "union", policy_union_text(r->p, v.union_no).id);
    control_text(in, "host", v.host);
    control_text(in, "state", s ? "connected" : "absent");
    control_text(in, "since", when);
    control_text(in, "address", s ? s->address : "");
    control_number(in, "publish_seq", (int64_t)seq);
    control_text(in, "rules", !s ? "" : memcmp(st.hash.at, r->hash.at, HASH_BYTES) == 0 ? "same" : "other");
    control_number(in, "rules_version", st.version);
    control_number(in, "rules_held", st.held);
    session_drop(s);
}

static void nodes_show(void *ctx, control_in *in)
{
    hub *h = ctx;
    rules *r = hub_rules(h);
    store_txn *t;
    err e = store_read(h->keep, &t);
    if (e == OK) {
        for (int i = 0; i < policy_node_count(r->p); i++)
            node_show(h, in, r, t, i);
        store_end(t);
    }
    rules_drop(r);
    control_finish(in, e);
}

static void publish_rules(void *ctx, control_in *in)
{
    rules_publish(ctx, in);
}

static void list_rules(void *ctx, control_in *in)
{
    rules_list(ctx, in);
}

static void publish_members(void *ctx, control_in *in)
{
    members_publish(ctx, in);
}

static void list_members(void *ctx, control_in *in)
{
    members_list(ctx, in);
}

static void log_list(void *ctx, control_in *in)
{
    hub *h = ctx;
    logdesk_list(in, &h->log, h->keep);
}

static void log_raw(void *ctx, control_in *in)
{
    hub *h = ctx;
    logdesk_raw(in, &h->log, h->keep);
}

static void log_verify(void *ctx, control_in *in)
{
    hub *h = ctx;
    logdesk_verify(in, &h->log, h->keep);
}

static void log_head(void *ctx, control_in *in)
{
    hub *h = ctx;
    control_finish(in, logdesk_head(in, &h->log, h->keep));
}

const control_row hub_commands[] = {
    {"status", status_show, false},  {"nodes", nodes_show, false},       {"log.list", log_list, true},
    {"rules.publish", publish_rules, false}, {"rules.list", list_rules, false},
    {"members.publish", publish_members, false}, {"members.list", list_members, false},
    {"log.raw", log_raw, true},      {"log.verify", log_verify, false},  {"log.head", log_head, false},
};
const size_t hub_command_count = sizeof hub_commands / sizeof hub_commands[0];
