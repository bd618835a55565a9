// SPDX-License-Identifier: Apache-2.0
// How long the council's files take to check and to compile, as the federation grows; beside
// reading the same YAML and doing nothing with it. The words and rules are those of
// policies/sapporo, unions and agreements are invented.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ops/measure/bench.h"
#include "policies/compiler/draft.h"
#include "proto/base/luhn.h"

typedef struct size_row {
    int facilities, unions, agreements;
} size_row;
static const size_row SIZES[] = {{10, 3, 3}, {1000, 20, 100}, {10000, 60, 1000}};

static bool is_invented(const char *name)
{
    return strncmp(name, "unions/", 7) == 0 || strncmp(name, "agreements/", 11) == 0 || strncmp(name, "tests/", 6) == 0;
}

static void file_put(policy_files *f, const char *name, buf *text)
{
    policy_file *items = realloc(f->items, (f->count + 1) * sizeof *items);
    if (!items)
        die("out of memory");
    f->items = items;
    f->items[f->count++] = (policy_file){.path = strdup(name), .name = strdup(name), .text = *text};
    *text = (buf){0};
}

static void facility_put(buf *b, int number)
{
    static const char *const KINDS[] = {"clinic", "clinic", "hospital", "pharmacy", "dental", "visiting-nursing", "care"};
    char nine[10];
    snprintf(nine, sizeof nine, "01%07d", number);
    buf_printf(b, "  - {code: %s%c, name: 見本施設%05d, ward: 東区, kind: %s}\n", nine, luhn_digit(span_str(nine)), number,
               KINDS[number % 7]);
}

static void union_put(policy_files *f, const size_row *s, int u)
{
    char name[64];
    buf b = {0};
    buf_printf(&b, "union: u%02d\nja: 見本ユニオン%02d\nen: Sample %02d\nsecretariat: 見本施設%05d\ndiscloses:\n", u, u, u, u);
    facility_put(&b, u);
    buf_put_str(&b, "views:\n");
    for (int i = s->unions + u; i < s->facilities; i += s->unions)
        facility_put(&b, i);
    snprintf(name, sizeof name, "unions/u%02d.yaml", u);
    file_put(f, name, &b);
}

static void agreement_put(policy_files *f, int u, int v)
{
    static const char *const DIFFERENCES[] = {
        "", "without_categories: [referrals]\n", "windows: {imaging: 6か月, laboratory: 3か月}\n",
        "kinds: [hospital, clinic]\n", NULL};
    char name[64];
    buf b = {0};
    buf_printf(&b, "# 協定書\nbetween: [u%02d, u%02d]\nfrom: 令和8年4月1日\nuntil: 2030-03-31\nnote: 見本\n", u, v);
    const char *difference = DIFFERENCES[(u + v) % 5];
    if (difference)
        buf_put_str(&b, difference);
    else
        buf_printf(&b, "one_way:\n  - {discloser: u%02d, viewer: u%02d, without_categories: [reports]}\n", u, v);
    snprintf(name, sizeof name, "agreements/u%02d-u%02d.yaml", u, v);
    file_put(f, name, &b);
}

static policy_files files_of(const bench *b, const size_row *s)
{
    char dir[1100];
    diag d = {0};
    policy_files shipped = {0}, f = {0};
    snprintf(dir, sizeof dir, "%s/policies/sapporo", b->source);
    must(policy_load_dir(dir, &d, &shipped), dir);
    for (size_t i = 0; i < shipped.count; i++)
        if (!is_invented(shipped.items[i].name))
            file_put(&f, shipped.items[i].name, &shipped.items[i].text);
    for (int u = 0; u < s->unions; u++)
        union_put(&f, s, u);
    int left = s->agreements;
    for (int apart = 1; apart < s->unions && left > 0; apart++) // so that every union has some
        for (int u = 0; u + apart < s->unions && left > 0; u++, left--)
            agreement_put(&f, u, u + apart);
    policy_files_done(&shipped);
    diag_done(&d);
    return f;
}

static double timed_parse(const policy_files *f)
{
    uint64_t start = now_ns();
    diag d = {0};
    for (size_t i = 0; i < f->count; i++) {
        yaml_doc *doc = NULL;
        must(yaml_read(buf_span(&f->items[i].text), f->items[i].path, COMPILE_FILE_BYTES, &d, &doc), f->items[i].path);
        yaml_free(doc);
    }
    diag_done(&d);
    return since(start) * 1e3;
}

static double timed_council(const policy_files *f, bool check)
{
    diag d = {0};
    buf bytes = {0};
    uint64_t start = now_ns();
    err e = check ? policy_check(f, day_of(2026, 6, 1), &d, &bytes) : policy_compile(f, &d, &bytes);
    double took = since(start) * 1e3;
    if (e)
        diag_print(&d, stderr);
    must(e, "the invented rules");
    buf_done(&bytes);
    diag_done(&d);
    return took;
}

static void size_bench(const bench *b, const size_row *s, bool check)
{
    char name[40];
    samples ours = {0}, parse = {0};
    policy_files f = files_of(b, s);
    size_t bytes = 0;
    for (size_t i = 0; i < f.count; i++)
        bytes += f.items[i].text.len;
    for (int i = 0; i < b->rounds; i++) {
        samples_add(&ours, timed_council(&f, check));
        samples_add(&parse, timed_parse(&f));
    }
    snprintf(name, sizeof name, "%s_%d", check ? "check" : "compile", s->facilities);
    result r = {.name = name, .unit = "ms", .value = samples_at(&ours, 0.5), .beside = "the same YAML parsed only",
                .beside_value = samples_at(&parse, 0.5), .of_value = true, .at_most = true,
                .aim = check && s->facilities == 10000 ? 1000 : NAN};
    snprintf(r.note, sizeof r.note, "%d facilities, %d unions, %d agreements: %zu files, %zu KiB", s->facilities, s->unions,
             s->agreements, f.count, bytes >> 10);
    report(&r);
    samples_done(&ours);
    samples_done(&parse);
    policy_files_done(&f);
}

void check_bench(const bench *b)
{
    for (size_t i = 0; i < COUNT_OF(SIZES); i++)
        size_bench(b, &SIZES[i], true);
}

void compile_bench(const bench *b)
{
    for (size_t i = 0; i < COUNT_OF(SIZES); i++)
        size_bench(b, &SIZES[i], false);
}
