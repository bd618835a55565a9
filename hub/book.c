// SPDX-License-Identifier: Apache-2.0
#include "hub/book.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "hub/handout.h"
#include "hub/job.h"
#include "hub/members.h"
#include "policies/rules/folder.h"
#include "proto/base/log.h"
#include "proto/base/tongue.h"

// Whether tickets signed with our key will be believed under these rules.
static bool key_named(const hub *h, const rules *r)
{
    uint8_t pub[KEY_BYTES];
    policy_hub_view v = policy_hub(r->p);
    sign_key_public(h->ticket_key, pub);
    for (int i = 0; i < v.sign_count; i++)
        if (memcmp(v.sign[i], pub, KEY_BYTES) == 0)
            return true;
    return false;
}

// ---- what is in force ----------------------------------------------------------------

// Under book.lock. What the council's version becomes with what else is in force.
static err effective_of(hub *h, rules *version, rules **ret)
{
    return lists_effective(h, version, ret);
}

static void before_keep(hub *h, const rules *old, time_ms now)
{
    unsigned at = h->book.before_at++ % BOOK_BEFORE;
    h->book.before[at].hash = old->hash;
    h->book.before[at].until = now + policy_ticket_ms(old->p) + TICKET_SKEW_MS;
}

bool book_honours(hub *h, const hash32 *ticket_rules, time_ms now)
{
    pthread_mutex_lock(&h->rules_lock);
    bool good = crypto_same(ticket_rules->at, h->rules_now->hash.at, HASH_BYTES);
    for (unsigned i = 0; !good && i < BOOK_BEFORE; i++)
        good = now <= h->book.before[i].until && crypto_same(ticket_rules->at, h->book.before[i].hash.at, HASH_BYTES);
    pthread_mutex_unlock(&h->rules_lock);
    return good;
}

// Under book.lock. From here on new requests are decided by `fresh` (taken over); those that run keep theirs.
static void rules_swap(hub *h, rules *fresh, time_ms now)
{
    pthread_mutex_lock(&h->rules_lock);
    rules *old = h->rules_now;
    if (old)
        before_keep(h, old, now);
    h->rules_now = fresh;
    pthread_mutex_unlock(&h->rules_lock);
    rules_drop(old);
}

// Under book.lock; true: other rules are in force now. Never backwards, even if the clock went so.
static bool force_set(hub *h, time_ms now)
{
    rules *due = chain_at(h->book.versions, day_of_time(now)), *fresh;
    const rules *newest = chain_newest(h->book.versions);
    pthread_mutex_lock(&h->rules_lock);
    h->book.newest_version = policy_version(newest->p);
    h->book.newest_hash = newest->hash;
    pthread_mutex_unlock(&h->rules_lock);
    if (!due || (h->rules_now && policy_version(due->p) < policy_version(h->rules_now->p)))
        return false;
    err e = effective_of(h, due, &fresh);
    if (e) {
        log_line(LOG_ERROR, "rules version %u cannot take force: %s", policy_version(due->p), err_text(e));
        return false;
    }
    if (h->rules_now && crypto_same(fresh->hash.at, h->rules_now->hash.at, HASH_BYTES)) {
        rules_drop(fresh);
        return false;
    }
    rules_swap(h, fresh, now);
    return true;
}

// Without a lock: what follows from other rules in force.
static void force_follow(hub *h, const char *how)
{
    char text[80];
    rules *r = hub_rules(h);
    snprintf(text, sizeof text, "version %u in force, %s", policy_version(r->p), how);
    log_line(LOG_INFO, "rules %s", text);
    rules_drop(r);
    book_remember(h);
    hub_note(h, EVENT_RULES, OK, h->config.name, text);
    roster_recheck(h);
}

bool book_force(hub *h, time_ms now)
{
    return force_set(h, now);
}

void book_follow(hub *h, const char *how)
{
    force_follow(h, how);
}

// ---- how stale ------------------------------------------------------------------------

static void stale_tell(hub *h, day today)
{
    static const char *const SAID[] = {
        "", "the rules are getting old: the council should ratify their next version",
        "the rules are old: nothing new is registered any more, until their next version is in force",
        "the rules are out of force: every look-up is denied until their next version is in force"};
    rules *r = hub_rules(h);
    rules_stale now = rules_stale_on(r, today);
    pthread_mutex_lock(&h->book.lock);
    bool changed = now != h->book.stale;
    h->book.stale = now;
    pthread_mutex_unlock(&h->book.lock);
    if (now != RULES_FRESH)
        log_line(now == RULES_WARN ? LOG_WARN : LOG_ERROR, "%s", SAID[now]);
    if (changed) {
        char text[80];
        snprintf(text, sizeof text, "version %u: %s", policy_version(r->p),
                 now == RULES_FRESH ? "not stale any more" : rules_stale_name(now));
        hub_note(h, EVENT_RULES, now == RULES_FRESH ? OK : ERR_STALE, h->config.name, text);
    }
    rules_drop(r);
}

void book_tick(hub *h, time_ms now)
{
    day today = day_of_time(now);
    bool other = false;
    pthread_mutex_lock(&h->book.lock);
    bool new_day = h->book.today != today;
    h->book.today = today;
    if (new_day && h->book.versions)
        other = force_set(h, now);
    pthread_mutex_unlock(&h->book.lock);
    if (other)
        force_follow(h, "its day has come");
    if (new_day || other)
        stale_tell(h, today);
}

// ---- the folder -------------------------------------------------------------------------

static err first_read(hub *h, day today)
{
    uint8_t pin[HASH_BYTES];
    hash32 first;
    uint32_t version = 0;
    buf bytes = {0};
    chain_verdict v;
    if (hex_get(span_str(h->config.rules_first), pin, sizeof pin) != OK)
        return ERR_USAGE;
    memcpy(first.at, pin, sizeof pin);
    err e = folder_find(h->config.rules_dir, &first, &version, &bytes);
    if (e == OK)
        e = chain_open(&first, &h->book.versions);
    if (e == OK)
        e = chain_push(h->book.versions, buf_span(&bytes), (span){0}, today, &v);
    if (e == OK && !chain_taken(&v)) {
        log_line(LOG_ERROR, "%s: %s", h->config.rules_dir, v.text);
        e = ERR_AUTH;
    } else if (e == ERR_NOT_FOUND) {
        log_line(LOG_ERROR, _("%s: no bundle here is the pinned first version (rules_first)"), h->config.rules_dir);
    } else if (e) {
        log_line(LOG_ERROR, "%s: %s", h->config.rules_dir, err_text(e));
    }
    buf_done(&bytes);
    return e;
}

// Under book.lock. Each version behind the newest; stops at the first that is not there or does not hold.
// ret_why: 256 bytes, "" if nothing was refused.
static err more_read(hub *h, day today, size_t *ret_taken, char *ret_why)
{
    buf bundle = {0}, record = {0};
    err e = OK;
    *ret_taken = 0;
    *ret_why = '\0';
    for (bool on = true; e == OK && on;) {
        uint32_t next = policy_version(chain_newest(h->book.versions)->p) + 1;
        chain_verdict v = {0};
        buf_clear(&record);
        on = folder_get(h->config.rules_dir, next, FOLDER_BUNDLE, &bundle) == OK;
        if (on && folder_get(h->config.rules_dir, next, FOLDER_RECORD, &record) != OK)
            buf_clear(&record);
        if (on)
            e = chain_push(h->book.versions, buf_span(&bundle), buf_span(&record), today, &v);
        if (e == OK && on && v.why != CHAIN_GOOD) {
            snprintf(ret_why, 256, "%s: %u.%s: %.180s", v.name, next, FOLDER_BUNDLE, v.text);
            on = false;
        }
        *ret_taken += e == OK && on;
    }
    buf_done(&bundle);
    buf_done(&record);
    return e;
}

static err folder_open(hub *h, time_ms now)
{
    size_t taken;
    char why[256];
    day today = day_of_time(now);
    folder_tidy(h->config.rules_dir);
    err e = first_read(h, today);
    if (e == OK)
        e = lists_open(h);
    if (e == OK)
        e = more_read(h, today, &taken, why);
    if (e)
        return e;
    if (why[0])
        log_line(LOG_ERROR, "%s: refused: %s; version %u is the last that holds", h->config.rules_dir, why,
                 policy_version(chain_newest(h->book.versions)->p));
    return force_set(h, now) ? OK : ERR_INTERNAL;
}

static err file_open(hub *h)
{
    char why[256] = "";
    err e = rules_load(h->config.rules, h->config.rules_pin, why, &h->rules_now);
    if (e)
        log_line(LOG_ERROR, "%s", why[0] ? why : err_text(e));
    return e;
}

err book_open(hub *h, time_ms now)
{
    h->book.today = DAY_NONE;
    err e = h->config.rules_dir ? folder_open(h, now) : file_open(h);
    if (e)
        return e;
    if (h->rules_now->hub_key_count == 0) {
        log_line(LOG_ERROR, "%s", _("the rules name no key of the hub: nodes could not trust its tickets; add "
                                    "hub-keys.yaml and compile again"));
        return ERR_USAGE;
    }
    if (key_named(h, h->rules_now))
        return OK;
    log_line(LOG_ERROR, _("%s: this is not a key that the rules name for the hub"), h->config.sign_key);
    return ERR_AUTH;
}

void book_close(hub *h)
{
    chain_close(h->book.versions);
    shelf_done(&h->book.lists);
}

void book_started(hub *h)
{
    char text[160], hex[HASH_BYTES * 2 + 1];
    if (h->book.versions) {
        const rules *newest = chain_newest(h->book.versions);
        hex_put(hex, span_of(newest->hash.at, HASH_BYTES));
        snprintf(text, sizeof text, "version %u in force, newest %u %.16s", policy_version(h->rules_now->p),
                 policy_version(newest->p), hex);
        hub_note(h, EVENT_RULES, OK, h->config.name, text);
        book_remember(h);
    }
    book_tick(h, h->since);
}

static void file_reload(hub *h, time_ms now)
{
    char why[256] = "";
    rules *fresh;
    err e = rules_load(h->config.rules, h->config.rules_pin, why, &fresh);
    if (e == OK && !key_named(h, fresh)) {
        snprintf(why, sizeof why, "they do not name this hub's signing key: no ticket would be believed");
        rules_drop(fresh);
        e = ERR_AUTH;
    }
    if (e) {
        log_line(LOG_ERROR, "rules not reloaded, the old ones stay in force: %s", why);
        hub_note(h, EVENT_RULES, e, h->config.name, why);
        return;
    }
    pthread_mutex_lock(&h->book.lock);
    rules_swap(h, fresh, now);
    pthread_mutex_unlock(&h->book.lock);
    force_follow(h, "reloaded");
}

// Versions that somebody laid into the folder by hand.
static void folder_reload(hub *h, time_ms now)
{
    size_t taken = 0;
    char why[256] = "";
    bool other = false;
    pthread_mutex_lock(&h->book.lock);
    err e = more_read(h, day_of_time(now), &taken, why);
    if (taken)
        other = force_set(h, now);
    pthread_mutex_unlock(&h->book.lock);
    if (why[0] || e) {
        log_line(LOG_ERROR, "rules not taken: %s", e ? err_text(e) : why);
        hub_note(h, EVENT_RULES, e ? e : ERR_DENIED, h->config.name, why);
    }
    if (other)
        force_follow(h, "found in the folder");
    if (taken)
        handout_hint(h);
}

void book_reload(hub *h, time_ms now)
{
    if (h->config.rules_dir)
        folder_reload(h, now);
    else
        file_reload(h, now);
    stale_tell(h, day_of_time(now));
}

// ---- publishing --------------------------------------------------------------------------

static err version_keep(void *ctx, rules *r, span record)
{
    hub *h = ctx;
    if (!key_named(h, r))
        return ERR_AUTH;
    return folder_put(h->config.rules_dir, policy_version(r->p), policy_bytes(r->p), record);
}

static void verdict_judge(book_verdict *b)
{
    b->name = b->v.name;
    b->text = b->v.text;
    switch (b->v.why) {
    case CHAIN_GOOD:
    case CHAIN_SAME: b->status = OK; break;
    case CHAIN_BYTES:
    case CHAIN_RECORD: b->status = ERR_FORMAT; break;
    case CHAIN_STEP: b->status = b->v.step == STEP_FEW ? ERR_DENIED : ERR_CONFLICT; break;
    case CHAIN_SIGNATURE: b->status = b->v.signature == SIGNED_WRONG ? ERR_AUTH : ERR_DENIED; break;
    default: b->status = ERR_DENIED; break;
    }
}

err book_publish(hub *h, span bundle, span record, time_ms now, book_verdict *ret)
{
    book_verdict b = {0};
    bool other = false;
    if (!h->book.versions)
        return ERR_UNSUPPORTED;
    pthread_mutex_lock(&h->book.lock);
    err e = chain_push_kept(h->book.versions, bundle, record, day_of_time(now), version_keep, h, &b.v);
    if (e == OK || e == ERR_AUTH)
        verdict_judge(&b);
    if (e == ERR_AUTH) {
        b.status = e;
        b.name = "hub-key";
        b.text = "it does not name this hub's signing key: no ticket would be believed";
        e = OK;
    }
    bool taken = e == OK && b.status == OK && b.v.why == CHAIN_GOOD;
    if (taken)
        other = force_set(h, now);
    b.in_force = policy_version(h->rules_now->p);
    pthread_mutex_unlock(&h->book.lock);
    if (other)
        force_follow(h, "published");
    if (other)
        stale_tell(h, day_of_time(now));
    if (taken)
        handout_hint(h);
    if (e == OK) {
        bool own = b.text == b.v.text;
        *ret = b;
        if (own) // the sentence moved with the verdict
            ret->text = ret->v.text;
    }
    return e;
}

void book_verdict_note(const book_verdict *b, char out[static 256])
{
    char hex[HASH_BYTES * 2 + 1];
    hex_put(hex, span_of(b->v.hash.at, HASH_BYTES));
    snprintf(out, 256, "%s version %u %.16s: %s: %.150s", b->status ? "refused" : "accepted", b->v.version, hex,
             b->name, b->text);
}

// ---- handing out ----------------------------------------------------------------------------

void book_newest(hub *h, uint32_t *ret_version, hash32 *ret_hash)
{
    pthread_mutex_lock(&h->rules_lock);
    *ret_version = h->book.newest_version;
    *ret_hash = h->book.newest_hash;
    pthread_mutex_unlock(&h->rules_lock);
}

err book_version(hub *h, uint32_t version, rules **ret, buf *ret_record)
{
    err e = ERR_NOT_FOUND;
    pthread_mutex_lock(&h->book.lock);
    const chain_version *x = h->book.versions ? chain_find(h->book.versions, version) : NULL;
    if (x) {
        e = buf_put_span(ret_record, buf_span(&x->record));
        if (e == OK)
            *ret = rules_keep(x->r);
    }
    pthread_mutex_unlock(&h->book.lock);
    return e;
}
