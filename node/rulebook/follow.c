// SPDX-License-Identifier: Apache-2.0
// Asking the hub for the next version, one at a time, and judging what came. The hub may be anybody:
// memory is bounded, nothing is believed, and after a refusal the node waits longer each time.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/line/uplink.h"
#include "node/rulebook/rulebook_in.h"
#include "policies/rules/folder.h"
#include "proto/base/log.h"

enum { ASK_DEADLINE_MS = 120000, WINDOW = 1 << 20 };

typedef struct asking {
    pool_task base; // first
    node *n;
    link_conn *conn;  // for credit, while the call is open
    uint32_t version; // 0: nothing is asked for but perhaps a list, only told
    list_want list;   // serial 0: none
    buf bytes;
    span bundle, record;
    const char *wrong; // why it is not listened to any more
} asking;

// ---- the end of one question ------------------------------------------------------------------

// What a union's list did is counted for that union alone: a bad list delays no version, and no other list.
static void asking_over(asking *a, bool good)
{
    rulebook *b = a->n->versions;
    pthread_mutex_lock(&b->lock);
    b->asking = false;
    if (a->list.serial)
        lists_waited(&b->lists, &a->list, good, clock_mono_ms());
    else
        backoff_count(&b->again, good, clock_mono_ms());
    pthread_mutex_unlock(&b->lock);
    __atomic_sub_fetch(&a->n->jobs_open, 1, __ATOMIC_SEQ_CST);
    if (a->conn)
        link_conn_drop(a->conn);
    buf_done(&a->bytes);
    free(a);
}

// It holds: on disk before it counts.
static err version_store(void *ctx, rules *r, span record)
{
    const asking *a = ctx;
    return folder_put(a->n->config.rules_dir, policy_version(r->p), policy_bytes(r->p), record);
}

static void version_taken(node *n, const chain_verdict *v)
{
    rulebook *b = n->versions;
    char note[TROUBLE_BYTES], from[11];
    pthread_mutex_lock(&b->lock);
    day_format(policy_effective_from(chain_find(b->held, v->version)->r->p), from);
    b->trouble[0] = '\0';
    b->trouble_why = OK;
    b->tell = true;
    lists_try(&b->lists); // what did not fit the version before may fit this one
    pthread_mutex_unlock(&b->lock);
    snprintf(note, sizeof note, "version %u taken: %u of %u seats signed, %u were needed; in force from %s",
             v->version, v->counted, v->seats, v->needed, from);
    log_line(LOG_INFO, "rules: %s", note);
    node_note(n, EVENT_RULES, OK, note);
    rulebook_turn(n, clock_now_ms(), false);
}

static void list_come(pool_task *base)
{
    asking *a = (asking *)base;
    node *n = a->n;
    bool good = lists_judge(n, &a->list, a->bundle);
    asking_over(a, good);
    if (good)
        follow_tick(n);
}

static void version_judge(pool_task *base)
{
    asking *a = (asking *)base;
    node *n = a->n;
    rulebook *b = n->versions;
    chain_verdict v = {0};
    pthread_mutex_lock(&b->lock);
    err e = chain_push_kept(b->held, a->bundle, a->record, day_of_time(clock_now_ms()), version_store, a, &v);
    pthread_mutex_unlock(&b->lock);
    bool good = e == OK && v.why == CHAIN_GOOD;
    if (good)
        version_taken(n, &v);
    else if (e == OK) // the same again is no answer either
        rulebook_refused(n, v.why == CHAIN_SAME ? ERR_CONFLICT : rulebook_err(&v), a->version, v.name, v.text, &v.hash);
    else
        rulebook_refused(n, e, a->version, err_name(e), "it could not be kept in rules_dir", &v.hash);
    asking_over(a, good);
    if (good)
        follow_tick(n);
}

// ---- what comes ------------------------------------------------------------------------------------

static size_t said_len(const asking *a, int part)
{
    return be32_get(a->bytes.at + 4 * part);
}

static void rules_chunk(void *ctx, link_out *call, span data)
{
    asking *a = ctx;
    if (a->wrong)
        return;
    a->bytes.max = WIRE_RULES_HEAD + (size_t)WIRE_RULES_MAX + WIRE_RECORD_MAX;
    if (buf_put_span(&a->bytes, data) != OK)
        a->wrong = "too-long";
    else if (a->bytes.len >= WIRE_RULES_HEAD &&
             (said_len(a, 0) > WIRE_RULES_MAX || said_len(a, 1) > WIRE_RECORD_MAX ||
              a->bytes.len > WIRE_RULES_HEAD + said_len(a, 0) + said_len(a, 1)))
        a->wrong = "too-long";
    if (a->wrong)
        link_cancel(a->conn, link_out_id(call));
    else
        link_credit(a->conn, link_out_id(call), (uint32_t)data.len);
}

static bool parts_cut(asking *a)
{
    if (a->bytes.len < WIRE_RULES_HEAD || a->bytes.len != WIRE_RULES_HEAD + said_len(a, 0) + said_len(a, 1))
        return false;
    a->bundle = span_cut(buf_span(&a->bytes), WIRE_RULES_HEAD, said_len(a, 0));
    a->record = span_from(buf_span(&a->bytes), WIRE_RULES_HEAD + said_len(a, 0));
    return true;
}

static void reply_hear(node *n, span body)
{
    Tsunagu__RulesReply *r;
    arena a;
    arena_init(&a, 1 << 18);
    if (WIRE_DECODE(body, Tsunagu__RulesReply, tsunagu__rules_reply__descriptor, WIRE_BODY_MAX, &a, &r) == OK) {
        lists_hear(n, r->lists, r->n_lists);
        rulebook_hear(n, r->newest_version, wire_span(r->newest_hash), false);
    }
    arena_done(&a);
}

static void rules_done(void *ctx, link_out *call, err e, uint32_t status, span body, const char *note)
{
    asking *a = ctx;
    (void)call;
    if (a->wrong) {
        rulebook_refused(a->n, ERR_LIMIT, a->version, a->wrong, "longer than it may be or than it said",
                         &(hash32){{0}});
        asking_over(a, false);
        return;
    }
    if (e == OK && status != OK)
        e = status < ERR_COUNT ? (err)status : ERR_FORMAT;
    if (e == OK)
        reply_hear(a->n, body);
    if (e == OK && a->version == 0 && !a->list.serial) {
        asking_over(a, true);
    } else if (e == OK && parts_cut(a)) {
        a->base.run = a->version ? version_judge : list_come;
        pool_submit(a->n->hands, &a->base); // signatures and the disk: not on the line's thread
    } else if (e == OK) {
        rulebook_refused(a->n, ERR_FORMAT, a->version, "cut", "shorter than it said", &(hash32){{0}});
        asking_over(a, false);
    } else {
        if (e != ERR_CLOSED)
            log_line(LOG_WARN, "rules: the hub did not hand out version %u: %s%s%.150s", a->version, err_text(e),
                     note && note[0] ? ": " : "", note ? note : "");
        asking_over(a, false);
    }
}

// ---- asking ------------------------------------------------------------------------------------------

// Takes the turn: what is to be asked for now, 0 for only telling.
static bool turn_take(rulebook *b, uint32_t *ret_version, list_want *ret_list)
{
    uint32_t next = policy_version(chain_newest(b->held)->p) + 1;
    time_ms now = clock_mono_ms();
    bool due = now >= b->again.at, behind = due && b->hub_newest >= next;
    if (b->asking)
        return false;
    if (!behind && !lists_behind(&b->lists, now, ret_list) && !(due && b->tell))
        return false;
    b->asking = true;
    if (!behind)
        b->tell = false;
    *ret_version = behind ? next : 0;
    return true;
}

static void rules_ask(node *n, uint32_t version, const list_want *list)
{
    Tsunagu__RulesRequest q = TSUNAGU__RULES_REQUEST__INIT;
    asking *a = calloc(1, sizeof *a);
    book *k = node_book(n);
    err e = a ? OK : ERR_MEM;
    __atomic_add_fetch(&n->jobs_open, 1, __ATOMIC_SEQ_CST);
    if (e == OK) {
        *a = (asking){.n = n, .version = version, .list = *list};
        q.union_id = a->list.union_id;
        q.serial = a->list.serial;
        q.version = version;
        q.rules_version = policy_version(k->r->p);
        q.rules_held = rulebook_held(n);
        q.rules_hash = wire_bytes(span_of(k->r->hash.at, HASH_BYTES));
        link_out_events ev = {.ctx = a, .chunk = rules_chunk, .done = rules_done};
        e = uplink_call(n->up, METHOD_RULES, (const ProtobufCMessage *)&q, ASK_DEADLINE_MS, version || list->serial ? WINDOW : 0, &ev,
                        &a->conn, NULL);
    }
    book_drop(k);
    if (e && a) {
        asking_over(a, false);
    } else if (e) {
        pthread_mutex_lock(&n->versions->lock);
        n->versions->asking = false;
        n->versions->again.at = clock_mono_ms() + AGAIN_MAX_MS;
        pthread_mutex_unlock(&n->versions->lock);
        __atomic_sub_fetch(&n->jobs_open, 1, __ATOMIC_SEQ_CST);
    }
}

void follow_tick(node *n)
{
    uint32_t version;
    list_want list = {.serial = 0};
    if (!n->up || __atomic_load_n(&n->closing, __ATOMIC_SEQ_CST))
        return;
    link_conn *c = uplink_conn(n->up);
    if (!c)
        return;
    link_conn_drop(c);
    pthread_mutex_lock(&n->versions->lock);
    bool turn = turn_take(n->versions, &version, &list);
    pthread_mutex_unlock(&n->versions->lock);
    if (turn)
        rules_ask(n, version, &list);
}

// The same number under another hash is a fork that somebody must look into; fetching would not help.
static void fork_tell(node *n, uint32_t newest, const hash32 *hash)
{
    rulebook_refused(n, ERR_CONFLICT, newest, ratify_step_name(STEP_FORK), ratify_step_text(STEP_FORK), hash);
}

void rulebook_hear(node *n, uint32_t newest, span hash, bool met)
{
    rulebook *b = n->versions;
    hash32 theirs = {{0}};
    if (!b->held || !newest || hash.len != HASH_BYTES)
        return;
    memcpy(theirs.at, hash.at, HASH_BYTES);
    pthread_mutex_lock(&b->lock);
    const chain_version *mine = chain_find(b->held, newest);
    bool fork = mine && !crypto_same(mine->r->hash.at, theirs.at, HASH_BYTES);
    bool behind = newest < policy_version(chain_newest(b->held)->p) && b->hub_newest != newest;
    b->hub_newest = newest;
    b->hub_hash = theirs;
    if (met && !b->trouble[0]) // a line that broke is no refusal: begin at once
        b->again.at = 0;
    pthread_mutex_unlock(&b->lock);
    if (fork)
        fork_tell(n, newest, &theirs);
    else if (behind)
        log_line(LOG_WARN, "the hub holds only version %u of the rules; this node keeps its newer ones", newest);
    follow_tick(n);
}

void rules_new_begin(job *j)
{
    const Tsunagu__RulesNewRequest *q = j->request;
    Tsunagu__RulesNewReply r = TSUNAGU__RULES_NEW_REPLY__INIT;
    buf body = {0};
    err e = wire_encode((const ProtobufCMessage *)&r, &body);
    lists_hear(j->n, q->lists, q->n_lists);
    rulebook_hear(j->n, q->newest_version, wire_span(q->newest_hash), false);
    job_reply(j, e, buf_span(&body));
    buf_done(&body);
    job_free(j);
}
