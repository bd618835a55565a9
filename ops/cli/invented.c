// SPDX-License-Identifier: Apache-2.0
// synth and person: invented storages and the invented people in them.
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ops/cli/command.h"
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

int synth_run(invocation *v)
{
    long long seed = 1, patients = 60, hospital = 0, shared = 30, files = 0, large = 0, dirt = 0;
    meter m = {.start = clock_mono_ms()};
    m.last = m.start;
    if (!option_number(v, "seed", 0, INT64_MAX, &seed) || !option_number(v, "patients", 1, SYNTH_PATIENTS_MAX, &patients) ||
        !option_number(v, "hospital", 0, SYNTH_HOSPITALS - 1, &hospital) ||
        !option_number(v, "shared", 0, 100000, &shared) || !option_number(v, "files", 0, 100000000, &files) ||
        !option_number(v, "large", 0, 1LL << 40, &large) || !option_number(v, "dirt", 0, 50, &dirt))
        return EXIT_USAGE;
    const char *code = option_value(v, "facility"), *name = option_value(v, "facility-name"),
               *until = option_value(v, "until");
    synth_options o = {.out_dir = option_value(v, "@DIR"),
                       .facility_code = code ? code : "0110000004",
                       .facility_name = name ? name : "仮想病院",
                       .seed = (uint64_t)seed,
                       .hospital = (uint32_t)hospital,
                       .patients = (uint32_t)patients,
                       .shared = (uint32_t)shared,
                       .until = day_of_time(clock_now_ms()),
                       .extended = option_value(v, "extended") != NULL,
                       .files_target = (uint64_t)files,
                       .large_bytes = (uint64_t)large,
                       .people_path = option_value(v, "people"),
                       .dirt_percent = (unsigned)dirt,
                       .progress = isatty(STDERR_FILENO) ? meter_show : NULL,
                       .progress_arg = &m};
    if (until && day_parse(span_str(until), &o.until) != OK) {
        complain(v, ERR_USAGE, _("--until: write a date as 2026-04-01"));
        return EXIT_USAGE;
    }
    synth_counts c = {0};
    err e = synth_write(&o, &c);
    if (m.shown)
        fputc('\n', stderr);
    if (e) {
        complain(v, e, o.out_dir);
        return exit_of(e);
    }
    if (v->json)
        printf("{\"ok\":true,\"patients\":%llu,\"files\":%llu,\"bytes\":%llu,\"documents\":%llu,\"dirty\":%llu}\n",
               (unsigned long long)c.patients, (unsigned long long)c.files, (unsigned long long)c.bytes,
               (unsigned long long)c.documents, (unsigned long long)c.dirty);
    else
        printf(_("%s: %llu patients, %llu files, %llu documents in the extended storage\n"), o.out_dir,
               (unsigned long long)c.patients, (unsigned long long)c.files, (unsigned long long)c.documents);
    return EXIT_OK;
}

static json_t *person_json(uint64_t seed, uint32_t index, uint32_t shared)
{
    identity i;
    char birth[11], sex[2] = {0};
    synth_person(seed, index, &i);
    day_format(i.birth, birth);
    sex[0] = i.sex;
    json_t *o = json_pack("{s:i, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "index", (int)index,
                          "kanji_family", i.kanji_family, "kanji_given", i.kanji_given, "kana_family", i.kana_family,
                          "kana_given", i.kana_given, "birth", birth, "sex", sex, "postal", i.postal, "address",
                          i.address, "telephone", i.telephone, "insurer", i.insurer, "symbol", i.symbol, "number",
                          i.number, "branch", i.branch);
    json_t *known = json_object();
    for (uint32_t h = 0; h < SYNTH_FEDERATION; h++) {
        char chart[SYNTH_CHART], key[8];
        if (!synth_known(seed, shared, index, h))
            continue;
        synth_chart(seed, index, h, chart);
        snprintf(key, sizeof key, "%u", h);
        json_object_set_new(known, key, json_string(chart));
    }
    json_object_set_new(o, "known", known);
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
