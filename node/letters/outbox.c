// SPDX-License-Identifier: Apache-2.0
// What goes out. Table `out`: node 8 | order 8 -> next 8 | pause 4 | why 2 | name length 1 | name | letter;
// table `stream`: stream -> last number given 4 | last one settled 4. A letter is the head of its stream
// when its number follows the last settled one; only heads are sent.
#include "node/letters/inside.h"

#include <string.h>

enum { ROW_HEAD = 15, STREAM_BYTES = 8 };
static const uint8_t ORDER_KEY[] = "order"; // in table `stream`; shorter than any stream

typedef struct row {
    time_ms next;
    uint32_t pause_ms;
    err why;
    char node[LETTER_NODE_MAX + 1];
    letter l;
} row;

static span out_key(const char *node, uint64_t order, uint8_t out[static OUT_KEY])
{
    node_key(node, out);
    be64_put(out + NODE_KEY, order);
    return span_of(out, OUT_KEY);
}

static err row_unpack(letters *l, span value, row *ret)
{
    reader r = reader_of(value);
    row k = {.next = (time_ms)read_u64(&r)};
    k.pause_ms = read_u32(&r);
    k.why = (err)read_u16(&r);
    if (span_to_str(read_bytes(&r, read_u8(&r)), k.node, sizeof k.node) != OK || r.bad ||
        letter_unpack(r.rest, &k.l) != OK)
        return ERR_CORRUPT;
    *ret = k;
    ret->l.from_node = l->o.node;
    ret->l.to_node = ret->node;
    return OK;
}

static err row_put(letters *l, store_txn *t, span key, const row *k)
{
    buf value = {0};
    buf_put_u64(&value, (uint64_t)k->next);
    buf_put_u32(&value, k->pause_ms);
    buf_put_u16(&value, (uint16_t)k->why);
    buf_put_u8(&value, (uint8_t)strlen(k->node));
    buf_put_str(&value, k->node);
    err e = letter_pack(&k->l, &value);
    if (e == OK)
        e = store_put(t, l->o.table_out, key, buf_span(&value));
    buf_wipe(&value);
    return e;
}

typedef struct stream {
    uint32_t given, settled;
} stream;

static err stream_get(letters *l, store_txn *t, const uint8_t key[static STREAM_KEY], stream *ret)
{
    span value;
    err e = store_get(t, l->o.table_stream, span_of(key, STREAM_KEY), &value);
    if (e == ERR_NOT_FOUND) {
        *ret = (stream){0};
        return OK;
    }
    if (e == OK && value.len != STREAM_BYTES)
        e = ERR_CORRUPT;
    if (e == OK)
        *ret = (stream){be32_get(value.at), be32_get(value.at + 4)};
    return e;
}

static err stream_put(letters *l, store_txn *t, const uint8_t key[static STREAM_KEY], const stream *s)
{
    uint8_t value[STREAM_BYTES];
    be32_put(value, s->given);
    be32_put(value + 4, s->settled);
    return store_put(t, l->o.table_stream, span_of(key, STREAM_KEY), span_of(value, sizeof value));
}

static err order_next(letters *l, store_txn *t, uint64_t *ret)
{
    span key = span_of(ORDER_KEY, sizeof ORDER_KEY - 1), value;
    uint8_t bytes[8];
    uint64_t order = 0;
    err e = store_get(t, l->o.table_stream, key, &value);
    if (e == OK && value.len == 8)
        order = be64_get(value.at);
    else if (e != ERR_NOT_FOUND)
        return e ? e : ERR_CORRUPT;
    be64_put(bytes, ++order);
    e = store_put(t, l->o.table_stream, key, span_of(bytes, 8));
    if (e == OK)
        *ret = order;
    return e;
}

err letters_post(letters *l, store_txn *t, letter *say, time_ms now)
{
    uint8_t key[STREAM_KEY], out[OUT_KEY], id[LETTER_ID_BYTES];
    row k = {.l = *say};
    stream s;
    uint64_t order;
    size_t len = say->to_node ? strlen(say->to_node) : 0;
    if (len == 0 || len > LETTER_NODE_MAX || say->kind == LETTER_NONE)
        return ERR_USAGE;
    if (say->body.len > LETTER_BODY_MAX)
        return ERR_LIMIT;
    memcpy(k.node, say->to_node, len);
    k.l.from_node = l->o.node;
    k.l.at = now;
    stream_key(&k.l, say->to_node, key);
    err e = crypto_random(id, sizeof id);
    if (e == OK)
        e = stream_get(l, t, key, &s);
    if (e == OK && s.given == UINT32_MAX)
        e = ERR_LIMIT;
    if (e)
        return e;
    memcpy(k.l.id, id, sizeof id);
    k.l.seq = ++s.given;
    e = order_next(l, t, &order);
    if (e == OK)
        e = row_put(l, t, out_key(k.node, order, out), &k);
    if (e == OK)
        e = stream_put(l, t, key, &s);
    if (e == OK) {
        memcpy(say->id, id, sizeof id);
        say->seq = k.l.seq;
        say->at = now;
        say->from_node = l->o.node;
    }
    return e;
}

// ---- what is to be sent -------------------------------------------------------------------

// A node that failed gets one letter to try with: the slow may not have all the attempts there are.
static bool full(const destination *d)
{
    return d->flying >= (d->pause_ms ? 1 : LETTERS_PARALLEL);
}

// Under the lock.
static destination *destination_of(letters *l, const uint8_t key[static NODE_KEY], bool make)
{
    for (size_t i = 0; i < l->node_count; i++)
        if (memcmp(l->nodes[i].key, key, NODE_KEY) == 0)
            return &l->nodes[i];
    if (!make || l->node_count == LETTERS_NODES)
        return NULL;
    destination *d = &l->nodes[l->node_count++];
    *d = (destination){0};
    memcpy(d->key, key, NODE_KEY);
    return d;
}

// One that has nothing to remember gives its place back. Under the lock.
static void destination_trim(letters *l, destination *d)
{
    if (!d->flying && !d->pause_ms)
        *d = l->nodes[--l->node_count];
}

static int flying_at(const letters *l, uint64_t order)
{
    for (int i = 0; i < LETTERS_ATTEMPTS; i++)
        if (l->flying[i] == order)
            return i;
    return -1;
}

typedef struct picking {
    letters *l;
    store_txn *t;
    arena *a;
    time_ms now, next; // next: the earliest that is not due yet
    letters_item *items;
    size_t room, count;
    uint8_t node[NODE_KEY];
} picking;

static void not_before(picking *p, time_ms when)
{
    if (when < p->next)
        p->next = when;
}

// May this node be sent another one now? Counts it.
static bool slot_take(picking *p, uint64_t order)
{
    letters *l = p->l;
    bool may = false;
    pthread_mutex_lock(&l->lock);
    destination *d = destination_of(l, p->node, true);
    int free_at = flying_at(l, 0);
    if (d && free_at >= 0 && !full(d)) {
        d->flying++;
        l->flying[free_at] = order;
        may = true;
    }
    pthread_mutex_unlock(&l->lock);
    return may;
}

static bool on_its_way(letters *l, uint64_t order)
{
    pthread_mutex_lock(&l->lock);
    bool is = flying_at(l, order) >= 0;
    pthread_mutex_unlock(&l->lock);
    return is;
}

static err item_take(picking *p, const row *k, uint64_t order)
{
    letters_item *i = &p->items[p->count];
    span body = arena_copy(p->a, k->l.body);
    char *node = arena_str(p->a, span_str(k->node));
    if ((k->l.body.len && !body.at) || !node) {
        letters_undo(p->l, k->node, order);
        return ERR_MEM;
    }
    *i = (letters_item){.l = k->l, .order = order};
    i->l.body = body;
    i->l.to_node = node;
    p->count++;
    return OK;
}

static err pick_one(void *ctx, span key, span value)
{
    picking *p = ctx;
    uint8_t stream_at[STREAM_KEY];
    stream s;
    row k;
    if (key.len != OUT_KEY)
        return ERR_CORRUPT;
    if (p->count == p->room)
        return ERR_CLOSED;
    uint64_t order = be64_get(key.at + NODE_KEY);
    err e = row_unpack(p->l, value, &k);
    if (e)
        return e;
    stream_key(&k.l, k.node, stream_at);
    e = stream_get(p->l, p->t, stream_at, &s);
    if (e || k.l.seq != s.settled + 1 || on_its_way(p->l, order))
        return e;
    if (k.next > p->now) {
        not_before(p, k.next);
        return OK;
    }
    return slot_take(p, order) ? item_take(p, &k, order) : ERR_CLOSED;
}

// Whether letters of this node may go now; else when.
static bool node_ready(picking *p)
{
    letters *l = p->l;
    time_ms next = 0;
    pthread_mutex_lock(&l->lock);
    destination *d = destination_of(l, p->node, false);
    if (d)
        next = d->next;
    bool busy = d && full(d);
    pthread_mutex_unlock(&l->lock);
    if (next > p->now)
        not_before(p, next);
    return next <= p->now && !busy;
}

// The first key of the next node, if any: nodes are stepped over as a whole.
static err node_seek(picking *p, bool first)
{
    uint8_t from[NODE_KEY + 9];
    span key, value;
    memcpy(from, p->node, NODE_KEY);
    memset(from + NODE_KEY, 0xff, 9);
    err e = store_seek(p->t, p->l->o.table_out, first ? span_of("", 1) : span_of(from, sizeof from), &key, &value);
    if (e == OK && key.len != OUT_KEY)
        e = ERR_CORRUPT;
    if (e == OK)
        memcpy(p->node, key.at, NODE_KEY);
    return e;
}

err letters_due(letters *l, store_txn *t, time_ms now, arena *a, size_t room, letters_item **ret, size_t *ret_count)
{
    picking p = {.l = l, .t = t, .a = a, .now = now, .next = INT64_MAX, .room = room};
    pthread_mutex_lock(&l->lock);
    l->next = INT64_MAX; // what comes meanwhile sets it anew
    pthread_mutex_unlock(&l->lock);
    p.items = arena_get(a, (room + 1) * sizeof *p.items);
    if (!p.items)
        return ERR_MEM;
    err e = node_seek(&p, true);
    for (; e == OK && p.count < room; e = node_seek(&p, false)) {
        span node = span_of(p.node, NODE_KEY);
        uint8_t zero[OUT_KEY] = {0};
        memcpy(zero, p.node, NODE_KEY);
        if (!node_ready(&p))
            continue;
        e = store_walk(t, l->o.table_out, node, span_of(zero, sizeof zero), pick_one, &p);
        if (e)
            break;
    }
    if (e != OK && e != ERR_NOT_FOUND) {
        for (size_t i = 0; i < p.count; i++)
            letters_undo(l, p.items[i].l.to_node, p.items[i].order);
        return e;
    }
    pthread_mutex_lock(&l->lock);
    if (p.next < l->next)
        l->next = p.next;
    pthread_mutex_unlock(&l->lock);
    *ret = p.items;
    *ret_count = p.count;
    return OK;
}

// ---- what became of it ---------------------------------------------------------------------

static void landed(letters *l, const char *to_node, uint64_t order)
{
    uint8_t key[NODE_KEY];
    node_key(to_node, key);
    int at = flying_at(l, order);
    destination *d = destination_of(l, key, false);
    if (at >= 0)
        l->flying[at] = 0;
    if (at >= 0 && d && d->flying)
        d->flying--;
}

void letters_undo(letters *l, const char *to_node, uint64_t order)
{
    pthread_mutex_lock(&l->lock);
    landed(l, to_node, order);
    l->next = 0;
    pthread_mutex_unlock(&l->lock);
}

// The node itself could not be reached, or is busy: nothing else for it need be tried meanwhile.
static bool of_the_node(err why)
{
    return why == ERR_UNREACHABLE || why == ERR_CLOSED || why == ERR_DEADLINE || why == ERR_BUSY;
}

static void node_outcome(letters *l, const char *to_node, uint64_t order, bool received, err why, time_ms now)
{
    uint8_t key[NODE_KEY];
    node_key(to_node, key);
    pthread_mutex_lock(&l->lock);
    landed(l, to_node, order);
    destination *d = destination_of(l, key, !received && of_the_node(why));
    if (d && received) {
        d->next = 0;
        d->pause_ms = 0;
    } else if (d && of_the_node(why) && d->next <= now) { // of many that failed together one counts
        d->pause_ms = pause_next(d->pause_ms);
        d->next = now + letters_jitter(l, d->pause_ms);
    }
    if (d)
        destination_trim(l, d);
    l->next = 0;
    pthread_mutex_unlock(&l->lock);
}

static err settle(letters *l, store_txn *t, span key, row *k, err status, time_ms now)
{
    uint8_t at[STREAM_KEY];
    stream s;
    stream_key(&k->l, k->node, at);
    err e = stream_get(l, t, at, &s);
    if (e == OK && s.settled < k->l.seq) {
        s.settled = k->l.seq;
        e = stream_put(l, t, at, &s);
    }
    if (e == OK)
        e = store_delete(t, l->o.table_out, key);
    if (e == OK && l->o.settled)
        e = l->o.settled(l->o.ctx, t, &k->l, status, now);
    return e == OK || store_failed(e) ? e : ERR_IO;
}

err letters_outcome(letters *l, store_txn *t, const char *to_node, uint64_t order, bool received, err status,
                    time_ms now)
{
    uint8_t key[OUT_KEY];
    span value;
    buf bytes = {0};
    row k;
    node_outcome(l, to_node, order, received, status, now);
    err e = store_get(t, l->o.table_out, out_key(to_node, order, key), &value);
    if (e == OK)
        e = buf_put_span(&bytes, value); // what `settled` writes would take the bytes from under the letter
    if (e == OK)
        e = row_unpack(l, buf_span(&bytes), &k);
    if (e == OK && received && status != ERR_BUSY) {
        e = settle(l, t, span_of(key, sizeof key), &k, status, now);
    } else if (e == OK) {
        bool alone = received || !of_the_node(status);
        k.why = status;
        if (alone) {
            k.pause_ms = pause_next(k.pause_ms);
            pthread_mutex_lock(&l->lock);
            k.next = now + letters_jitter(l, k.pause_ms);
            pthread_mutex_unlock(&l->lock);
        }
        e = row_put(l, t, span_of(key, sizeof key), &k);
    }
    buf_wipe(&bytes);
    return e == ERR_NOT_FOUND ? OK : e; // forgotten meanwhile
}

// ---- looking, and forgetting ------------------------------------------------------------------

err letters_waiting(letters *l, store_txn *t, uint64_t *ret)
{
    return store_count(t, l->o.table_out, ret);
}

typedef struct listing {
    letters *l;
    letters_visit visit;
    void *ctx;
} listing;

static err list_one(void *ctx, span key, span value)
{
    listing *p = ctx;
    row k;
    err e = key.len == OUT_KEY ? row_unpack(p->l, value, &k) : ERR_CORRUPT;
    if (e)
        return e;
    time_ms next = k.next;
    pthread_mutex_lock(&p->l->lock);
    const destination *d = destination_of(p->l, key.at, false);
    if (d && d->next > next)
        next = d->next;
    pthread_mutex_unlock(&p->l->lock);
    return p->visit(p->ctx, &k.l, be64_get(key.at + NODE_KEY), k.why, next);
}

err letters_list(letters *l, store_txn *t, letters_visit visit, void *ctx)
{
    listing p = {l, visit, ctx};
    return store_walk(t, l->o.table_out, (span){0}, (span){0}, list_one, &p);
}

typedef struct forgetting {
    letters *l;
    const uint8_t *thread;
    buf nodes; // whose streams of the thread have letters that wait
    buf keys;
} forgetting;

static err forget_stream(void *ctx, span key, span value)
{
    forgetting *p = ctx;
    if (key.len != STREAM_KEY || value.len != STREAM_BYTES)
        return ERR_CORRUPT;
    bool waits = be32_get(value.at) > be32_get(value.at + 4);
    return waits ? buf_put_span(&p->nodes, span_from(key, STREAM_KEY - NODE_KEY)) : OK;
}

static err forget_one(void *ctx, span key, span value)
{
    forgetting *p = ctx;
    row k;
    err e = key.len == OUT_KEY ? row_unpack(p->l, value, &k) : ERR_CORRUPT;
    if (e || memcmp(k.l.thread, p->thread, LETTER_ID_BYTES) != 0)
        return e;
    return buf_put_span(&p->keys, key);
}

// Two streams to one node (another facility of it) are found in one walk: each key is deleted once.
static bool node_before(const buf *nodes, size_t at)
{
    for (size_t i = 0; i < at; i += NODE_KEY)
        if (memcmp(nodes->at + i, nodes->at + at, NODE_KEY) == 0)
            return true;
    return false;
}

err letters_forget(letters *l, store_txn *t, const uint8_t thread[static LETTER_ID_BYTES], uint64_t *ret_count)
{
    forgetting p = {.l = l, .thread = thread};
    // The outbox may be long: only what waits for a node that this thread still has something for is looked at.
    err e = store_walk(t, l->o.table_stream, span_of(thread, LETTER_ID_BYTES), (span){0}, forget_stream, &p);
    for (size_t i = 0; e == OK && i < p.nodes.len; i += NODE_KEY)
        if (!node_before(&p.nodes, i))
            e = store_walk(t, l->o.table_out, span_of(p.nodes.at + i, NODE_KEY), (span){0}, forget_one, &p);
    for (size_t i = 0; e == OK && i < p.keys.len; i += OUT_KEY)
        e = store_delete(t, l->o.table_out, span_of(p.keys.at + i, OUT_KEY));
    if (e == OK)
        *ret_count = p.keys.len / OUT_KEY;
    buf_done(&p.nodes);
    buf_done(&p.keys);
    return e;
}
