// SPDX-License-Identifier: Apache-2.0
// policy keygen, sign, ratify: how a council turns a draft into the next version.
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ops/cli/papers.h"
#include "ops/cli/passphrase.h"
#include "ops/cli/show.h"
#include "policies/workshop/diff.h"
#include "proto/base/tongue.h"

// ---- the key of a seat -------------------------------------------------------------

int policy_keygen_run(invocation *v)
{
    const char *seat = option_value(v, "@SEAT"), *path = option_value(v, "out");
    uint8_t pub[KEY_BYTES];
    char hex[2 * KEY_BYTES + 1];
    sign_key *k = NULL;
    buf passphrase = {0};
    int fd;
    if (!passphrase_fd(v, &fd))
        return EXIT_USAGE;
    err e = passphrase_read(v, fd, true, &passphrase);
    if (e)
        goto out;
    e = sign_key_new(&k);
    if (e == OK)
        e = sign_key_save_locked(k, buf_span(&passphrase), path);
    if (e) {
        complain(v, e, path);
        goto out;
    }
    sign_key_public(k, pub);
    hex_put(hex, span_of(pub, sizeof pub));
    if (v->json)
        printf("{\"ok\":true,\"seat\":\"%s\",\"key\":\"%s\"}\n", seat, hex);
    else if (option_value(v, "secretariat"))
        printf(_("%s: the key of the secretariat; keep it on your own machine, and its passphrase elsewhere\n"
                 "for the union %s in unions/%s.yaml:\nsecretariat_key: %s\n"), path, seat, seat, hex);
    else
        printf(_("%s: the key of the seat; keep it on your own machine, and its passphrase elsewhere\n"
                 "for the seat %s in council.yaml:\n  key: %s\n"), path, seat, hex);
out:
    buf_wipe(&passphrase);
    sign_key_free(k);
    return exit_of(e);
}

// ---- sign --------------------------------------------------------------------------

// All that would change, in words: rights, members, and the council itself.
static err change_show(const invocation *v, const rules *a, const rules *b, FILE *out)
{
    buf words = {0}, council = {0};
    diff *d = NULL;
    char aloud[HASH_ALOUD_BYTES];
    err e = diff_run(a->p, b->p, &d);
    if (e == OK)
        e = diff_put(d, v->japanese, &words);
    if (e == OK)
        e = ratify_change_put(a->p, b->p, &council);
    if (e == OK) {
        hash_aloud(&b->hash, aloud);
        fprintf(out, _("Rules version %u → %u\n\n"), policy_version(a->p), policy_version(b->p));
        show_safe(out, buf_str(&words), true);
        if (council.len) {
            fputs(_("\nBeside the rights:\n"), out);
            show_safe(out, buf_str(&council), true);
        }
        fprintf(out, _("\nhash to compare with the others: %s\n"), aloud);
        fflush(out);
    } else {
        complain(v, e, NULL);
    }
    buf_done(&words);
    buf_done(&council);
    diff_free(d);
    return e;
}

static err consent_ask(const invocation *v, const hash32 *hash)
{
    const char *yes = option_value(v, "yes");
    char line[200] = "";
    if (!yes) {
        if (!isatty(STDIN_FILENO)) {
            complain(v, ERR_USAGE, _("there is no terminal to ask at; give the hash with --yes"));
            return ERR_USAGE;
        }
        fputs(_("Type these four groups to sign, or anything else to leave it: "), v->json ? stderr : stdout);
        fflush(NULL);
        if (!fgets(line, sizeof line, stdin))
            line[0] = '\0';
        yes = line;
    }
    if (hash_heard(hash, yes))
        return OK;
    complain(v, ERR_CONFLICT, _("that is not the hash of these rules; nothing was signed"));
    return ERR_CONFLICT;
}

// Signs and judges it as everyone else will: nothing leaves this desk that would not count.
static err signature_make(const invocation *v, ratify_tally *t, const char *seat, const sign_key *k, day today)
{
    ratify_signature s;
    ratify_why why = SIGNED_COUNTS;
    err e = ratify_sign(k, &t->record.head, seat, today, &s);
    if (e == OK)
        e = tally_add(t, &t->record.head, &s, &why);
    if (e == OK && why != SIGNED_COUNTS) {
        char note[512];
        snprintf(note, sizeof note, "%s: %s", seat, ratify_why_text(why));
        e = why == SIGNED_WRONG ? ERR_AUTH : ERR_DENIED;
        complain(v, e, note);
    } else if (e) {
        complain(v, e, seat);
    }
    return e;
}

static err step_demand(const invocation *v, const policy *a, const policy *b)
{
    ratify_step step = ratify_step_of(a, b);
    if (step == STEP_GOOD)
        return OK;
    complain(v, ERR_DENIED, ratify_step_text(step));
    return ERR_DENIED;
}

int policy_sign_run(invocation *v)
{
    const char *seat = option_value(v, "seat"), *path = option_value(v, "out");
    rules *a = NULL, *b = NULL;
    ratify_tally t = {0};
    sign_key *k = NULL;
    buf text = {0};
    day today = day_of_time(clock_now_ms());
    err e = paper_bundle(v, option_value(v, "old"), &a);
    if (e == OK)
        e = paper_bundle(v, option_value(v, "@NEW"), &b);
    if (e == OK)
        e = step_demand(v, a->p, b->p);
    if (e)
        goto out;
    tally_init(&t, a->p, b->p, today);
    if (policy_seat_find(a->p, seat) == POLICY_NONE) {
        complain(v, e = ERR_NOT_FOUND, ratify_why_text(SIGNED_NO_SEAT));
        goto out;
    }
    e = change_show(v, a, b, v->json ? stderr : stdout);
    if (e == OK)
        e = consent_ask(v, &b->hash);
    if (e == OK)
        e = locked_key_open(v, option_value(v, "key"), &k);
    if (e == OK)
        e = signature_make(v, &t, seat, k, today);
    if (e == OK)
        e = ratification_put(&t.record, &text);
    if (e == OK)
        e = paper_write(v, path, buf_span(&text));
    if (e == OK && v->json)
        printf("{\"ok\":true,\"seat\":\"%s\",\"version\":%u}\n", seat, policy_version(b->p));
    else if (e == OK)
        printf(_("%s: signed for the seat %s; send it to whoever gathers the signatures\n"), path, seat);
out:
    buf_done(&text);
    sign_key_free(k);
    tally_done(&t);
    if (a)
        rules_drop(a);
    if (b)
        rules_drop(b);
    return exit_of(e);
}

// ---- ratify ------------------------------------------------------------------------

static void refused_tell(const invocation *v, json_t *list, const char *path, const char *seat, const char *name,
                         const char *text)
{
    json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s}", "file", path, "seat", seat, "why", name,
                                          "text", text));
    if (!v->json)
        printf(_("  refused  %s%s%s: %s\n"), path, seat[0] ? ": " : "", seat, text);
}

static err file_count(const invocation *v, const char *path, ratify_tally *t, json_t *refused)
{
    ratification r = {0};
    err e = paper_record(path, &r);
    if (e == ERR_MEM)
        return e;
    if (e) {
        refused_tell(v, refused, path, "", err_name(e), _("it is no whole signature file"));
        return OK;
    }
    for (size_t i = 0; e == OK && i < r.count; i++) {
        ratify_why why;
        e = tally_add(t, &r.head, &r.signatures[i], &why);
        if (e == OK && why != SIGNED_COUNTS)
            refused_tell(v, refused, path, r.signatures[i].seat, ratify_why_name(why), ratify_why_text(why));
    }
    ratification_done(&r);
    return e;
}

static void seats_tell(const invocation *v, const ratify_tally *t, json_t *have, json_t *lack)
{
    for (int i = 0; i < (int)t->seats; i++) {
        policy_seat s = policy_seat_at(t->old_rules, i);
        json_array_append_new(t->signed_by[i] ? have : lack,
                              json_pack("{s:s, s:s}", "seat", s.id, "institution", s.institution));
        if (v->json)
            continue;
        if (t->signed_by[i])
            printf(_("  signed   %s (%s)\n"), s.id, s.institution);
        else
            printf(_("  missing  %s (%s)\n"), s.id, s.institution);
    }
}

static err verdict_tell(const invocation *v, const ratify_tally *t, json_t *refused)
{
    json_t *have = json_array(), *lack = json_array();
    ratify_step step = tally_step(t);
    policy_fraction q = policy_quorum(t->old_rules);
    uint32_t needed = ratify_needed(t->seats, q);
    bool good = step == STEP_GOOD;
    seats_tell(v, t, have, lack);
    json_t *top = json_pack("{s:b, s:s, s:i, s:i, s:i, s:i, s:O, s:o, s:o}", "ok", good, "step",
                            ratify_step_name(step), "version", (int)policy_version(t->new_rules), "seats",
                            (int)t->seats, "counted", (int)t->counted, "needed", (int)needed, "refused", refused,
                            "signed", have, "missing", lack);
    if (v->json) {
        if (!good)
            show_refused();
        json_dumpf(top, stdout, JSON_COMPACT);
        fputc('\n', stdout);
    } else if (good) {
        printf(_("%u of %u seats have signed, %u are needed: version %u is ratified\n"), t->counted, t->seats, needed,
               policy_version(t->new_rules));
    } else {
        fprintf(stderr, _("%u of %u seats have signed, %u are needed: version %u is not ratified: %s\n"), t->counted,
                t->seats, needed, policy_version(t->new_rules), ratify_step_text(step));
    }
    json_decref(top);
    return good ? OK : ERR_CONFLICT;
}

int policy_ratify_run(invocation *v)
{
    const char *path = option_value(v, "out");
    rules *a = NULL, *b = NULL;
    ratify_tally t = {0};
    json_t *refused = json_array();
    buf text = {0};
    err e = paper_bundle(v, option_value(v, "old"), &a);
    if (e == OK)
        e = paper_bundle(v, option_value(v, "@NEW"), &b);
    if (e == OK)
        e = step_demand(v, a->p, b->p);
    if (e)
        goto out;
    tally_init(&t, a->p, b->p, day_of_time(clock_now_ms()));
    for (size_t i = 0; e == OK && i <= v->rest_count; i++)
        e = file_count(v, i ? v->rest[i - 1] : option_value(v, "@SIGNATURE..."), &t, refused);
    if (e) {
        complain(v, e, NULL);
        goto out;
    }
    e = verdict_tell(v, &t, refused);
    if (e == OK && path) {
        e = ratification_put(&t.record, &text);
        if (e == OK)
            e = paper_write(v, path, buf_span(&text));
    }
out:
    buf_done(&text);
    json_decref(refused);
    tally_done(&t);
    if (a)
        rules_drop(a);
    if (b)
        rules_drop(b);
    return exit_of(e);
}
