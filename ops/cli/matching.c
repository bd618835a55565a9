// SPDX-License-Identifier: Apache-2.0
// match report, and synth --dirt --report: recall and precision of finding a patient, by kind of dirt.
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "ops/cli/command.h"
#include "ops/cli/matching.h"
#include "proto/base/tongue.h"
#include "proto/base/utf8.h"

static const char *const words[SLIP_COUNT] = {
    [SLIP_CLEAN] = N_("no mistake"),
    [SLIP_SMALL_KANA] = N_("small kana written large"),
    [SLIP_HALF_WIDTH] = N_("half-width kana, full-width digits"),
    [SLIP_HIRAGANA] = N_("hiragana"),
    [SLIP_LONG_VOWEL] = N_("long vowel by a mark or a hyphen"),
    [SLIP_SOUND_MARK] = N_("sound mark left out"),
    [SLIP_KANA_SLIP] = N_("one kana wrong or missing"),
    [SLIP_MISREAD] = N_("given name read otherwise"),
    [SLIP_NO_KANA] = N_("no kana on the form"),
    [SLIP_OLD_CHARACTER] = N_("old characters"),
    [SLIP_GAIJI] = N_("■ in the kanji name"),
    [SLIP_MARRIED] = N_("married: name, card, often address"),
    [SLIP_MOVED] = N_("moved house"),
    [SLIP_INSURANCE] = N_("changed insurance"),
    [SLIP_NO_INSURANCE] = N_("no insurance on the form"),
    [SLIP_NO_BRANCH] = N_("no branch"),
    [SLIP_CARD_CUT] = N_("symbol and number in one field"),
    [SLIP_CARD_DIGIT] = N_("one digit of the insured number"),
    [SLIP_NO_POSTAL] = N_("no postal code"),
    [SLIP_BIRTH_SWAPPED] = N_("month and day of birth swapped"),
    [SLIP_BIRTH_DIGIT] = N_("one digit of the birth"),
    [SLIP_ADDRESS] = N_("address written otherwise, kana only"),
    [SLIP_ERA] = N_("born where an era ends"),
    [SLIP_IN1] = N_("number in IN1-11, no branch"),
    [SLIP_TWO] = N_("two of these at once"),
    [SLIP_THREE] = N_("three of these at once"),
    [SLIP_TWIN] = N_("a twin, no branch"),
    [SLIP_FAMILY] = N_("one of a family, no branch"),
    [SLIP_NAMESAKE] = N_("somebody with a namesake here"),
    [SLIP_STRANGER] = N_("a stranger"),
};

enum { STRENGTHS = 4, COLUMN = 9 };
static const match_strength strengths[STRENGTHS] = {MATCH_WEAK, MATCH_POSSIBLE, MATCH_LIKELY, MATCH_STRONG};

static double share(uint64_t part, uint64_t whole)
{
    return whole ? (double)part / (double)whole : -1;
}

static json_t *share_json(double v)
{
    return v < 0 ? json_null() : json_real(v);
}

static json_t *row_json(const accuracy_row *r)
{
    bool known = r->kind != SLIP_STRANGER;
    json_t *recall = json_object(), *precision = json_object(), *counts = json_object();
    for (int s = 0; s < STRENGTHS; s++) {
        const char *name = match_strength_name(strengths[s]);
        uint64_t right = r->right[strengths[s]], shown = r->shown[strengths[s]];
        json_object_set_new(recall, name, share_json(known ? share(right, r->forms) : -1));
        json_object_set_new(precision, name, share_json(share(right, shown)));
        json_object_set_new(counts, name, json_integer((json_int_t)shown));
    }
    return json_pack("{s:s, s:s, s:I, s:I, s:o, s:o, s:o, s:o}", "kind", "dirt", "dirt", slip_name(r->kind), "forms",
                     (json_int_t)r->forms, "compared", (json_int_t)r->compared, "found",
                     share_json(known ? share(r->found, r->forms) : -1), "recall", recall, "precision", precision, "shown", counts);
}

static void report_json(const accuracy_row *rows)
{
    json_t *list = json_array();
    for (int k = 0; k < SLIP_COUNT; k++)
        if (rows[k].forms)
            json_array_append_new(list, row_json(&rows[k]));
    json_t *top = json_pack("{s:b, s:o}", "ok", 1, "records", list);
    json_dumpf(top, stdout, JSON_COMPACT | JSON_REAL_PRECISION(6));
    fputc('\n', stdout);
    json_decref(top);
}

static void cell(const char *text, size_t width)
{
    fputs(text, stdout);
    for (size_t w = utf8_width(span_str(text)); w < width; w++)
        fputc(' ', stdout);
}

static void percent(double v)
{
    if (v < 0)
        printf("%*s", COLUMN, "-");
    else
        printf("%*.1f", COLUMN, 100 * v);
}

static void report_words(const accuracy_row *rows)
{
    static const int columns = 36;
    cell("", columns);
    printf("%8s%*s", "", COLUMN, "");
    cell(_("   recall, percent, at least"), STRENGTHS * COLUMN);
    cell(_("   precision, percent, at least"), STRENGTHS * COLUMN);
    putchar('\n');
    cell(_("dirt"), columns);
    printf("%8s%*s", "n", COLUMN, "index");
    for (int s = 0; s < 2 * STRENGTHS; s++)
        printf("%*s", COLUMN + (int)strlen(match_strength_name(strengths[s % STRENGTHS])) -
                          (int)utf8_width(span_str(match_strength_name(strengths[s % STRENGTHS]))),
               match_strength_name(strengths[s % STRENGTHS]));
    putchar('\n');
    for (int k = 0; k < SLIP_COUNT; k++) {
        const accuracy_row *r = &rows[k];
        if (!r->forms)
            continue;
        bool known = k != SLIP_STRANGER;
        cell(_(words[k]), columns);
        printf("%8llu", (unsigned long long)r->forms);
        percent(known ? share(r->found, r->forms) : -1);
        for (int s = 0; s < STRENGTHS; s++)
            percent(known ? share(r->right[strengths[s]], r->forms) : -1);
        for (int s = 0; s < STRENGTHS; s++)
            percent(share(r->right[strengths[s]], r->shown[strengths[s]]));
        putchar('\n');
    }
    printf("%s\n", _("index: the right patient is among those that the search gives to the comparison, in percent. n: forms."));
}

static void form_write(void *ctx, slip_kind kind, uint32_t index, const identity *i)
{
    char birth[11], sex[2] = {i->sex, 0};
    day_format(i->birth, birth);
    json_t *o = json_pack("{s:s, s:I, s:b, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "dirt",
                          slip_name(kind), "person", (json_int_t)index, "known", kind != SLIP_STRANGER, "kanji_family",
                          i->kanji_family, "kanji_given", i->kanji_given, "kana_family", i->kana_family, "kana_given",
                          i->kana_given, "birth", birth, "sex", sex, "postal", i->postal, "telephone", i->telephone,
                          "insurer", i->insurer, "symbol", i->symbol, "number", i->number, "branch", i->branch);
    json_dumpf(o, ctx, JSON_COMPACT);
    fputc('\n', ctx);
    json_decref(o);
}

bool matching_kind(const invocation *v, const char *option, slip_kind *ret)
{
    const char *kind = option_value(v, option);
    slip_kind found = kind ? slip_find(kind) : SLIP_COUNT;
    if (kind && found == SLIP_COUNT) {
        buf note = {0};
        buf_printf(&note, _("--%s: no such kind; there are"), option);
        for (int k = 0; k < SLIP_COUNT; k++)
            buf_printf(&note, "%s %s", k ? "," : "", slip_name((slip_kind)k));
        complain(v, ERR_USAGE, note.sticky ? "" : buf_str(&note));
        buf_done(&note);
        return false;
    }
    *ret = found;
    return true;
}

int matching_report(const invocation *v, const accuracy_options *o)
{
    accuracy_row rows[SLIP_COUNT] = {0};
    err e = accuracy_measure(o, rows);
    if (e) {
        complain(v, e, "");
        return exit_of(e);
    }
    if (v->json)
        report_json(rows);
    else
        report_words(rows);
    return EXIT_OK;
}

int match_report_run(invocation *v)
{
    long long people = 20000, forms = 500, seed = 1;
    const char *out = option_value(v, "out");
    if (!option_number(v, "people", 1, ACCURACY_PEOPLE_MAX, &people) || !option_number(v, "forms", 1, 1000000, &forms) ||
        !option_number(v, "seed", 0, INT64_MAX, &seed))
        return EXIT_USAGE;
    accuracy_options o = {.seed = (uint64_t)seed, .people = (uint32_t)people, .forms = (uint32_t)forms};
    if (!matching_kind(v, "dirt", &o.only))
        return EXIT_USAGE;
    FILE *f = out ? fopen(out, "w") : NULL;
    if (out && !f) {
        complain(v, ERR_IO, strerror(errno));
        return EXIT_FAILED;
    }
    o.form = f ? form_write : NULL;
    o.ctx = f;
    int code = matching_report(v, &o);
    if (f && fclose(f) != 0 && code == EXIT_OK) {
        complain(v, ERR_IO, out);
        code = EXIT_FAILED;
    }
    return code;
}
