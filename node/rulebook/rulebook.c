// SPDX-License-Identifier: Apache-2.0
#include "node/rulebook/rulebook_in.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/line/uplink.h"
#include "policies/rules/folder.h"
#include "proto/base/log.h"
#include "proto/base/tongue.h"

// ---- what was refused -----------------------------------------------------------------------

err rulebook_err(const chain_verdict *v)
{
    switch (v->why) {
    case CHAIN_GOOD: return OK;
    case CHAIN_BYTES:
    case CHAIN_LIST:
    case CHAIN_RECORD: return ERR_FORMAT;
    case CHAIN_SECRETARIAT:
    case CHAIN_SIGNATURE:
    case CHAIN_FIRST: return ERR_AUTH;
    default: return v->why == CHAIN_STEP && v->step == STEP_FEW ? ERR_DENIED : ERR_CONFLICT;
    }
}

// The same bytes refused for the same reason are written down once, however often they come.
void rulebook_refused(node *n, err e, uint32_t version, const char *name, const char *text, const hash32 *what)
{
    rulebook *b = n->versions;
    char note[TROUBLE_BYTES];
    snprintf(note, sizeof note, "version %u refused: %s: %.180s", version, name, text);
    pthread_mutex_lock(&b->lock);
    bool again = b->trouble_why == e && strcmp(b->trouble, note) == 0 &&
                 memcmp(b->trouble_hash.at, what->at, HASH_BYTES) == 0;
    strcpy(b->trouble, note);
    b->trouble_why = e;
    b->trouble_hash = *what;
    pthread_mutex_unlock(&b->lock);
    if (again)
        return;
    log_line(LOG_WARN, "rules: %s; the rules in force stay", note);
    if (n->write)
        node_note(n, EVENT_RULES, e, note);
}

// ---- the folder ---------------------------------------------------------------------------------

// One version from the folder behind the newest. ERR_NOT_FOUND: there is none, or none that holds.
static err folder_next(node *n, buf *bundle, buf *record)
{
    rulebook *b = n->versions;
    chain_verdict v;
    uint32_t next = policy_version(chain_newest(b->held)->p) + 1;
    err e = folder_get(n->config.rules_dir, next, FOLDER_BUNDLE, bundle);
    if (e == ERR_NOT_FOUND || e == ERR_MEM)
        return e;
    if (e == OK) {
        e = folder_get(n->config.rules_dir, next, FOLDER_RECORD, record);
        if (e == ERR_NOT_FOUND)
            buf_clear(record);
        e = e == ERR_NOT_FOUND ? OK : e;
    }
    if (e) { // unreadable: the hub is asked for it again
        rulebook_refused(n, e, next, err_name(e), err_text(e), &(hash32){{0}});
        return ERR_NOT_FOUND;
    }
    pthread_mutex_lock(&b->lock);
    e = chain_push(b->held, buf_span(bundle), buf_span(record), day_of_time(clock_now_ms()), &v);
    pthread_mutex_unlock(&b->lock);
    if (e == OK && v.why != CHAIN_GOOD) {
        rulebook_refused(n, rulebook_err(&v), next, v.name, v.text, &v.hash);
        e = ERR_NOT_FOUND;
    }
    return e;
}

static err folder_load(node *n)
{
    buf bundle = {.max = RULES_BYTES_MAX}, record = {.max = FOLDER_RECORD_MAX};
    err e = OK;
    while (e == OK)
        e = folder_next(n, &bundle, &record);
    buf_done(&bundle);
    buf_done(&record);
    return e == ERR_NOT_FOUND ? OK : e;
}

static err first_load(node *n)
{
    const node_config *c = &n->config;
    rulebook *b = n->versions;
    buf bundle = {.max = RULES_BYTES_MAX};
    chain_verdict v = {.why = CHAIN_GOOD};
    hash32 first;
    uint32_t version;
    err e = hex_get(span_str(c->rules_first), first.at, HASH_BYTES);
    if (e == OK)
        e = folder_find(c->rules_dir, &first, &version, &bundle);
    if (e)
        log_line(LOG_ERROR, _("%s: no bundle here has the pinned hash %.16s... (rules_first): put the first version "
                              "here as 1.bundle"), c->rules_dir, c->rules_first);
    if (e == OK)
        e = chain_open(&first, &b->held);
    if (e == OK)
        e = chain_push(b->held, buf_span(&bundle), (span){0}, day_of_time(clock_now_ms()), &v);
    if (e == OK && v.why != CHAIN_GOOD) {
        log_line(LOG_ERROR, "%s: %s", c->rules_dir, v.text);
        e = rulebook_err(&v);
    }
    buf_done(&bundle);
    return e;
}

// ---- the one in force ------------------------------------------------------------------------------

static rules *beside_at(rulebook *b, uint32_t version)
{
    const chain_version *x = chain_find(b->held, version);
    return x ? lists_over(&b->lists, x->r) : NULL;
}

// What today asks for: counted.
typedef struct wanted {
    rules *r, *beside[3];
} wanted;

// Never back to an older version, even if the clock goes back.
static wanted wanted_at(rulebook *b, time_ms at, const book *book_now)
{
    wanted w;
    pthread_mutex_lock(&b->lock);
    rules *due = chain_at(b->held, day_of_time(at)), *now = book_now ? book_now->r : NULL;
    const chain_version *later = now && policy_version(now->p) > policy_version(due->p)
                                     ? chain_find(b->held, policy_version(now->p)) : NULL;
    w.r = lists_over(&b->lists, later ? later->r : due);
    if (!w.r && now)
        w.r = rules_keep(now);
    uint32_t version = w.r ? policy_version(w.r->p) : 0;
    w.beside[0] = version ? beside_at(b, version - 1) : NULL;
    w.beside[1] = version ? beside_at(b, version + 1) : NULL;
    w.beside[2] = !now ? NULL : now != w.r ? rules_keep(now) : book_now->beside[2];
    if (now && now == w.r && w.beside[2])
        rules_keep(w.beside[2]);
    pthread_mutex_unlock(&b->lock);
    return w;
}

static void wanted_drop(wanted *w)
{
    rules_drop(w->r);
    rules_drop(w->beside[0]);
    rules_drop(w->beside[1]);
    rules_drop(w->beside[2]);
}

static err wanted_book(node *n, wanted *w, book **ret)
{
    char why[256] = "";
    err e = w->r ? book_of(&n->config, w->r, true, why, ret) : ERR_CONFLICT;
    if (e && !w->r)
        log_line(LOG_ERROR, "%s: no rules with these membership lists can be put in force", n->config.rules_dir);
    else if (e) {
        log_line(LOG_ERROR, "rules version %u could not be put in force: %s", policy_version(w->r->p),
                 why[0] ? why : err_text(e));
    }
    if (e)
        return e;
    (*ret)->behind = rulebook_behind(n);
    for (int i = 0; i < 3; i++) {
        (*ret)->beside[i] = w->beside[i];
        w->beside[i] = NULL;
    }
    return OK;
}

static void book_switch(node *n, book *fresh)
{
    bool other = node_switch(n, fresh);
    if (other)
        uplink_recheck(n);
    n->versions->switched(n, other);
}

void rulebook_turn(node *n, time_ms at, bool renew)
{
    rulebook *b = n->versions;
    book *now, *fresh;
    char note[64];
    pthread_mutex_lock(&b->turning);
    now = node_book(n);
    wanted w = wanted_at(b, at, now);
    bool other = now->r != w.r;
    renew = renew || now->behind != rulebook_behind(n); // what was lost is back
    if ((other || renew || now->beside[0] != w.beside[0] || now->beside[1] != w.beside[1]) &&
        wanted_book(n, &w, &fresh) == OK) {
        snprintf(note, sizeof note, "version %u in force", policy_version(w.r->p));
        book_switch(n, fresh);
        if (other) {
            node_note(n, EVENT_RULES, OK, note);
            rulebook_remember(n);
        }
        pthread_mutex_lock(&b->lock);
        b->tell = b->tell || other;
        pthread_mutex_unlock(&b->lock);
    }
    book_drop(now);
    wanted_drop(&w);
    pthread_mutex_unlock(&b->turning);
}

// ---- a single file -------------------------------------------------------------------------------

static err file_book(const node_config *c, char *why, book **ret)
{
    rules *r;
    err e = rules_load(c->rules, c->rules_pin, why, &r);
    if (e)
        return e;
    e = book_of(c, r, false, why, ret);
    rules_drop(r);
    return e;
}

static void file_reload(node *n)
{
    char why[256] = "";
    book *fresh, *now = node_book(n);
    err e = file_book(&n->config, why, &fresh);
    if (e) {
        log_line(LOG_ERROR, "rules not reloaded, the old ones stay in force: %s", why[0] ? why : err_text(e));
        node_note(n, EVENT_RULES, e, why);
    } else {
        bool other = memcmp(now->r->hash.at, fresh->r->hash.at, HASH_BYTES) != 0;
        book_switch(n, fresh);
        if (other)
            node_note(n, EVENT_RULES, OK, "reloaded");
    }
    book_drop(now);
}

err rulebook_first(node *n)
{
    book *fresh;
    wanted w = wanted_at(n->versions, clock_now_ms(), NULL);
    err e = wanted_book(n, &w, &fresh);
    wanted_drop(&w);
    if (e)
        return e;
    book_drop(n->book_now);
    n->book_now = fresh;
    return OK;
}

// ---- life --------------------------------------------------------------------------------------------

err rulebook_open(node *n, void (*switched)(node *n, bool other), rulebook **ret)
{
    char why[256] = "";
    rulebook *b = calloc(1, sizeof *b);
    if (!b)
        return ERR_MEM;
    b->n = n;
    b->switched = switched;
    b->stale_told = DAY_NONE;
    pthread_mutex_init(&b->turning, NULL);
    pthread_mutex_init(&b->lock, NULL);
    *ret = b;
    if (!n->config.rules_dir) {
        err e = file_book(&n->config, why, &n->book_now);
        if (e)
            log_line(LOG_ERROR, "%s", why[0] ? why : err_text(e));
        return e;
    }
    folder_tidy(n->config.rules_dir);
    err e = first_load(n);
    if (e == OK)
        e = folder_load(n);
    if (e)
        return e;
    e = shelf_load(&b->lists.shelf, n->config.rules_dir);
    return e ? e : rulebook_first(n);
}

void rulebook_free(rulebook *b)
{
    if (!b)
        return;
    chain_close(b->held);
    lists_done(&b->lists);
    pthread_mutex_destroy(&b->lock);
    pthread_mutex_destroy(&b->turning);
    free(b);
}

void rulebook_begin(node *n)
{
    rulebook *b = n->versions;
    if (b->trouble[0])
        node_note(n, EVENT_RULES, b->trouble_why, b->trouble);
    if (n->book_now->behind)
        node_note(n, EVENT_RULES, ERR_CONFLICT, "newer rules were in force here and are lost: nothing is granted");
    rulebook_remember(n);
}

void rulebook_reload(node *n)
{
    rulebook *b = n->versions;
    if (!b->held) {
        file_reload(n);
        return;
    }
    err e = folder_load(n);
    if (e)
        log_line(LOG_ERROR, "%s: %s", n->config.rules_dir, err_text(e));
    pthread_mutex_lock(&b->lock);
    b->again = (backoff){0}; // the operator says: now
    lists_try(&b->lists);
    pthread_mutex_unlock(&b->lock);
    rulebook_turn(n, clock_now_ms(), true);
}

uint32_t rulebook_held(node *n)
{
    rulebook *b = n->versions;
    if (!b->held)
        return 0;
    pthread_mutex_lock(&b->lock);
    uint32_t v = policy_version(chain_newest(b->held)->p);
    pthread_mutex_unlock(&b->lock);
    return v;
}

// ---- growing stale -------------------------------------------------------------------------------------

static void stale_say(rules_stale step, uint32_t version, char note[static 160])
{
    if (step == RULES_WARN)
        snprintf(note, 160, "rules version %u grow stale: the council must ratify newer ones", version);
    else if (step == RULES_NO_REGISTRATIONS)
        snprintf(note, 160, "rules version %u are stale: nothing new is registered", version);
    else
        snprintf(note, 160, "rules version %u are stale: everything is denied", version);
}

// At the start, at each step, and once a day.
static void stale_tell(node *n, time_ms now)
{
    rulebook *b = n->versions;
    book *k = node_book(n);
    char note[160];
    day today = day_of_time(now);
    rules_stale step = rules_stale_on(k->r, today);
    pthread_mutex_lock(&b->lock);
    bool told = today == b->stale_told && step == b->stale, other = step != b->stale;
    b->stale = step;
    b->stale_told = today;
    pthread_mutex_unlock(&b->lock);
    if (step != RULES_FRESH && !told) {
        stale_say(step, policy_version(k->r->p), note);
        log_line(LOG_WARN, "%s", note);
        if (other)
            node_note(n, EVENT_RULES, ERR_STALE, note);
    }
    book_drop(k);
}

err rulebook_admits(const book *b, time_ms now, char *note)
{
    char from[11];
    if (b->behind) {
        snprintf(note, 160, "%s", "newer rules were in force here and are lost: nothing is registered until the hub "
                                  "has handed them out again");
        return ERR_STALE;
    }
    if (rules_stale_on(b->r, day_of_time(now)) < RULES_NO_REGISTRATIONS)
        return OK;
    day_format(policy_stale(b->r->p).no_registrations, from);
    snprintf(note, 160, "the rules are stale: nothing new is registered after %s; withdrawals are still taken", from);
    return ERR_STALE;
}

void rulebook_tick(node *n, time_ms now)
{
    if (n->versions->held) {
        rulebook_turn(n, now, false);
        follow_tick(n);
    }
    stale_tell(n, now);
}

// ---- shown ------------------------------------------------------------------------------------------------

// Which version waits for its day, and how old the one in force is: the words of the hub's status.
void rulebook_show(node *n, control_in *in)
{
    rulebook *b = n->versions;
    char from[11], step[11], next[11] = "";
    book *k = node_book(n);
    const policy *p = k->r->p;
    day today = day_of_time(clock_now_ms());
    policy_stale_days last = policy_stale(p);
    rules_stale s = rules_stale_on(k->r, today);
    day_format(policy_effective_from(p), from);
    day_format(s < RULES_WARN ? last.warn : s < RULES_NO_REGISTRATIONS ? last.no_registrations : last.deny, step);
    control_number(in, "rules_version", policy_version(p));
    control_bytes(in, "rules_hash", span_of(k->r->hash.at, HASH_BYTES));
    control_text(in, "rules_from", from);
    pthread_mutex_lock(&b->lock);
    day on = b->held ? chain_next_switch(b->held, today) : DAY_NONE;
    if (on != DAY_NONE)
        day_format(on, next);
    control_number(in, "rules_newest", policy_version(b->held ? chain_newest(b->held)->p : p));
    control_text(in, "rules_next", next);
    control_text(in, "rules_refused", b->trouble);
    pthread_mutex_unlock(&b->lock);
    control_text(in, "rules_stale", rules_stale_name(s));
    control_text(in, "rules_next_step_after", step);
    book_drop(k);
}

static void version_show(control_in *in, const rules *r, size_t signatures, uint32_t in_force)
{
    const policy *p = r->p;
    uint32_t version = policy_version(p);
    char from[11], until[11];
    day_format(policy_effective_from(p), from);
    day_format(policy_stale_after(p), until);
    control_record(in, "version");
    control_number(in, "version", version);
    control_text(in, "state", version == in_force ? "in_force" : version < in_force ? "past" : "waiting");
    control_text(in, "from", from);
    control_text(in, "until", until);
    control_number(in, "signatures", (int64_t)signatures);
    control_bytes(in, "hash", span_of(r->hash.at, HASH_BYTES));
}

void rulebook_list(node *n, control_in *in)
{
    enum { PAGE = 1000 };
    rulebook *b = n->versions;
    book *k = node_book(n);
    uint32_t in_force = policy_version(k->r->p);
    int64_t from = 0;
    err e = control_arg_int(in, "from", 0, UINT32_MAX, 0, &from);
    pthread_mutex_lock(&b->lock);
    size_t count = b->held ? chain_count(b->held) : 0, shown = 0;
    for (size_t i = 0; e == OK && i < count && shown < PAGE; i++) {
        const chain_version *x = chain_get(b->held, i);
        if (policy_version(x->r->p) < (uint64_t)from)
            continue;
        version_show(in, x->r, x->signatures.count, in_force);
        shown++;
    }
    if (!count && e == OK)
        version_show(in, k->r, 0, in_force);
    pthread_mutex_unlock(&b->lock);
    book_drop(k);
    control_finish(in, e);
}
