// SPDX-License-Identifier: Apache-2.0
// synth and person: invented storages and the invented people in them.
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ops/cli/command.h"
#include "ops/cli/matching.h"
#include "ops/cli/synth/synth.h"
#include "proto/base/tongue.h"

typedef struct meter {
    time_ms start, last;
    bool shown;
} meter;

static void meter_show(void *arg, const synth_counts *c)
{
    meter *m = arg;
    time_ms now = clock_mono_ms();
    if (now - m->last < 200)
        return;
    m->last = now;
    m->shown = true;
    fprintf(stderr, _("\r%llu patients, %llu files (%llu a second) "), (unsigned long long)c->patients,
            (unsigned long long)c->files,
            (unsigned long long)(c->files * 1000 / (uint64_t)(now - m->start + 1)));
}

static json_t *identity_json(const identity *i)
{
    char birth[11], sex[2] = {i->sex, 0};
    day_format(i->birth, birth);
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "kanji_family",
                     i->kanji_family, "kanji_given", i->kanji_given, "kana_family", i->kana_family, "kana_given",
                     i->kana_given, "birth", birth, "sex", sex, "postal", i->postal, "address", i->address,
                     "telephone", i->telephone, "insurer", i->insurer, "symbol", i->symbol, "number", i->number,
                     "branch", i->branch);
}

static json_t *known_json(uint64_t seed, uint32_t index, uint32_t shared)
{
    json_t *known = json_object();
    for (uint32_t h = 0; h < SYNTH_FEDERATION; h++) {
        char chart[SYNTH_CHART], key[8];
        if (!synth_known(seed, shared, index, h))
            continue;
        synth_chart(seed, index, h, chart);
        snprintf(key, sizeof key, "%u", h);
        json_object_set_new(known, key, json_string(chart));
    }
    return known;
}

// people.json: who everybody in the storage really is.
typedef struct truth {
    const synth_options *options;
    json_t *people;
} truth;

static void truth_told(void *arg, const synth_told *p)
{
    truth *t = arg;
    const synth_options *o = t->options;
    bool of_seed = p->index != UINT32_MAX;
    json_array_append_new(t->people, json_pack("{s:o, s:s, s:s, s:o, s:o, s:o}", "person",
        of_seed ? json_integer((json_int_t)p->index) : json_null(), "chart", p->chart, "dirt", slip_name(p->dirt),
        "known", of_seed ? known_json(o->seed, p->index, o->shared) : json_object(), "truth", identity_json(p->truth),
        "written", identity_json(p->written)));
}

static err truth_write(const truth *t)
{
    char path[4096];
    const synth_options *o = t->options;
    json_t *top = json_pack("{s:I, s:i, s:O}", "seed", (json_int_t)o->seed, "hospital", (int)o->hospital, "people",
                            t->people);
    if (snprintf(path, sizeof path, "%s/people.json", o->out_dir) >= (int)sizeof path)
        return ERR_LIMIT;
    err e = top && json_dump_file(top, path, JSON_INDENT(1)) == 0 ? OK : ERR_IO;
    json_decref(top);
    return e;
}

// What belongs together, before anything is written.
static bool synth_fits(const invocation *v, bool *ret_report)
{
    bool dirt = option_value(v, "dirt") != NULL, report = option_value(v, "report") != NULL;
    const char *why = NULL;
    if (!dirt && (report || option_value(v, "kind")))
        why = _("--report and --kind are about people: they go with --dirt");
    else if (option_value(v, "forms") && !report)
        why = _("--forms goes with --report");
    else if (!option_value(v, "@DIR") && !report)
        why = _("DIR is missing: where to write the storage");
    else if (option_value(v, "@DIR") && report)
        why = _("--report writes no storage: leave DIR out");
    if (why)
        complain(v, ERR_USAGE, why);
    *ret_report = report;
    return !why;
}

static int synth_report(const invocation *v, uint64_t seed, slip_kind only)
{
    long long people = 20000, forms = 500;
    if (!option_number(v, "patients", 1, ACCURACY_PEOPLE_MAX, &people) || !option_number(v, "forms", 1, 1000000, &forms))
        return EXIT_USAGE;
    accuracy_options o = {.seed = seed, .people = (uint32_t)people, .forms = (uint32_t)forms, .only = only};
    return matching_report(v, &o);
}

// The options as given; those of people (dirt) are the caller's.
static bool synth_read(const invocation *v, synth_options *o)
{
    long long patients = 60, hospital = 0, shared = 30, files = 0, large = 0, damage = 0;
    const char *code = option_value(v, "facility"), *name = option_value(v, "facility-name"),
               *until = option_value(v, "until");
    if (!option_number(v, "patients", 1, SYNTH_PATIENTS_MAX, &patients))
        return false;
    if (o->dirt)
        shared = patients < 100000 ? patients : 100000;
    if (!option_number(v, "hospital", 0, SYNTH_HOSPITALS - 1, &hospital) ||
        !option_number(v, "shared", 0, 100000, &shared) || !option_number(v, "files", 0, 100000000, &files) ||
        !option_number(v, "large", 0, 1LL << 40, &large) || !option_number(v, "damage", 0, 50, &damage))
        return false;
    o->out_dir = option_value(v, "@DIR");
    o->facility_code = code ? code : "0110000004";
    o->facility_name = name ? name : "仮想病院";
    o->hospital = (uint32_t)hospital;
    o->patients = (uint32_t)patients;
    o->shared = (uint32_t)shared;
    o->until = day_of_time(clock_now_ms());
    o->extended = option_value(v, "extended") != NULL;
    o->files_target = (uint64_t)files;
    o->large_bytes = (uint64_t)large;
    o->people_path = option_value(v, "people");
    o->damage_percent = (unsigned)damage;
    if (until && day_parse(span_str(until), &o->until) != OK) {
        complain(v, ERR_USAGE, _("--until: write a date as 2026-04-01"));
        return false;
    }
    return true;
}

static void synth_tell(const invocation *v, const synth_options *o, const synth_counts *c)
{
    typedef unsigned long long big;
    if (v->json) {
        printf("{\"ok\":true,\"patients\":%llu,\"files\":%llu,\"bytes\":%llu,\"documents\":%llu,\"damaged\":%llu,"
               "\"dirty\":%llu}\n", (big)c->patients, (big)c->files, (big)c->bytes, (big)c->documents, (big)c->damaged,
               (big)c->dirty);
        return;
    }
    printf(_("%s: %llu patients, %llu files, %llu documents in the extended storage\n"), o->out_dir, (big)c->patients,
           (big)c->files, (big)c->documents);
    if (o->dirt)
        printf(_("%llu of them with dirt, the others as on their cards: %s/people.json\n"), (big)c->dirty, o->out_dir);
}

int synth_run(invocation *v)
{
    long long seed = 1;
    bool report;
    synth_counts c = {0};
    meter m = {.start = clock_mono_ms()};
    m.last = m.start;
    synth_options o = {.dirt = option_value(v, "dirt") != NULL, .progress = isatty(STDERR_FILENO) ? meter_show : NULL,
                       .progress_arg = &m};
    if (!synth_fits(v, &report) || !option_number(v, "seed", 0, INT64_MAX, &seed) || !matching_kind(v, "kind", &o.only))
        return EXIT_USAGE;
    if (report)
        return synth_report(v, (uint64_t)seed, o.only);
    o.seed = (uint64_t)seed;
    if (!synth_read(v, &o))
        return EXIT_USAGE;
    truth t = {.options = &o, .people = o.dirt ? json_array() : NULL};
    o.told = o.dirt ? truth_told : NULL;
    o.told_arg = &t;
    err e = synth_write(&o, &c);
    if (e == OK && o.dirt)
        e = truth_write(&t);
    json_decref(t.people);
    if (m.shown)
        fputc('\n', stderr);
    if (e) {
        complain(v, e, o.out_dir);
        return exit_of(e);
    }
    synth_tell(v, &o, &c);
    return EXIT_OK;
}

static json_t *person_json(uint64_t seed, uint32_t index, uint32_t shared)
{
    identity i;
    synth_person(seed, index, &i);
    json_t *o = json_pack("{s:i}", "index", (int)index), *who = identity_json(&i);
    json_object_update(o, who);
    json_decref(who);
    json_object_set_new(o, "known", known_json(seed, index, shared));
    identity_wipe(&i);
    return o;
}

int person_run(invocation *v)
{
    long long seed = 1, index = 0, shared = 30;
    if (!option_number(v, "seed", 0, INT64_MAX, &seed) || !option_number(v, "index", 0, UINT32_MAX, &index) ||
        !option_number(v, "shared", 0, 100000, &shared))
        return EXIT_USAGE;
    json_t *o = person_json((uint64_t)seed, (uint32_t)index, (uint32_t)shared);
    if (v->json) {
        json_dumpf(o, stdout, JSON_COMPACT);
        fputc('\n', stdout);
    } else {
        const char *key;
        json_t *value;
        json_object_foreach(o, key, value)
            if (json_is_string(value))
                printf("%-14s %s\n", key, json_string_value(value));
    }
    json_decref(o);
    return EXIT_OK;
}
