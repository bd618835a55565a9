// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ops/measure/bench.h"

static bool as_json;

void report_open(const bench *b)
{
    as_json = b->json;
    if (!as_json)
        printf("%-18s %10s %-10s  %-40s %8s  %-12s %-7s %5s\n", "what", "ours", "", "beside", "ratio", "aim",
               "met", "load");
    fflush(stdout);
}

// How busy the machine is, ours included.
static double load_now(void)
{
    double one = NAN;
    return getloadavg(&one, 1) == 1 ? one : NAN;
}

static double ratio_of(const result *r)
{
    return r->beside && r->beside_value > 0 ? r->value / r->beside_value : NAN;
}

// The aim in words: what it is about, which way, how much.
static void aim_text(const result *r, char out[static 48])
{
    if (isnan(r->aim))
        snprintf(out, 48, "-");
    else
        snprintf(out, 48, "%s%s %g", r->of_value ? "value " : "", r->at_most ? "<=" : ">=", r->aim);
}

static const char *verdict(const result *r)
{
    double of = r->of_value ? r->value : ratio_of(r);
    if (isnan(r->aim) || isnan(of))
        return "-";
    return (r->at_most ? of <= r->aim : of >= r->aim) ? "yes" : "no";
}

static void number(char out[static 32], double v)
{
    snprintf(out, 32, v >= 1000 ? "%.0f" : v >= 10 ? "%.1f" : v >= 0.1 ? "%.3f" : "%.5f", v);
}

static void print_json(const result *r)
{
    char aim[48], beside[200] = "";
    double ratio = ratio_of(r);
    aim_text(r, aim);
    if (r->beside)
        snprintf(beside, sizeof beside, "%s", r->beside);
    printf("{\"name\":\"%s\",\"value\":%.6g,\"unit\":\"%s\",", r->name, r->value, r->unit);
    if (r->beside)
        printf("\"beside\":{\"what\":\"%s\",\"value\":%.6g,\"unit\":\"%s\"},", beside, r->beside_value,
               r->beside_unit ? r->beside_unit : r->unit);
    else
        printf("\"beside\":null,");
    if (isnan(ratio))
        printf("\"ratio\":null,");
    else
        printf("\"ratio\":%.4g,", ratio);
    if (isnan(r->aim))
        printf("\"aim\":null,\"met\":null");
    else
        printf("\"aim\":\"%s\",\"met\":%s", aim, strcmp(verdict(r), "yes") == 0 ? "true" : "false");
    if (!isnan(load_now()))
        printf(",\"load\":%.2f", load_now());
    if (r->p99 > 0)
        printf(",\"p50_us\":%.1f,\"p99_us\":%.1f", r->p50, r->p99);
    if (r->note[0])
        printf(",\"note\":\"%s\"", r->note);
    printf("}\n");
}

static void print_row(const result *r)
{
    char value[32], other[32], beside[120] = "-", ratio[32] = "-", aim[48], busy[16];
    number(value, r->value);
    aim_text(r, aim);
    if (r->beside) {
        number(other, r->beside_value);
        snprintf(beside, sizeof beside, "%s %s%s%s", r->beside, other, r->beside_unit ? " " : "",
                 r->beside_unit ? r->beside_unit : "");
        if (!isnan(ratio_of(r)))
            number(ratio, ratio_of(r));
    }
    snprintf(busy, sizeof busy, "%.2f", load_now());
    printf("%-18s %10s %-10s  %-40s %8s  %-12s %-7s %5s\n", r->name, value, r->unit, beside, ratio, aim, verdict(r),
           busy);
    if (r->p99 > 0)
        printf("%-18s   p50 %.0f us, p99 %.0f us\n", "", r->p50, r->p99);
    if (r->note[0])
        printf("%-18s   %s\n", "", r->note);
}

void report(const result *r)
{
    if (as_json)
        print_json(r);
    else
        print_row(r);
    fflush(stdout);
}

void report_missing(const char *name, const char *why)
{
    if (as_json)
        printf("{\"name\":\"%s\",\"value\":null,\"unit\":\"\",\"beside\":null,\"ratio\":null,\"aim\":null,\"met\":null,"
               "\"note\":\"%s\"}\n",
               name, why);
    else
        printf("%-18s %10s   not measured: %s\n", name, "-", why);
    fflush(stdout);
}
