// SPDX-License-Identifier: Apache-2.0
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "ops/measure/bench.h"

void samples_add(samples *s, double v)
{
    if (s->count == s->cap) {
        size_t cap = s->cap ? s->cap * 2 : 1024;
        double *at = realloc(s->at, cap * sizeof *at);
        if (!at)
            die("out of memory");
        s->at = at;
        s->cap = cap;
    }
    s->at[s->count++] = v;
}

void samples_join(samples *s, const samples *more)
{
    for (size_t i = 0; i < more->count; i++)
        samples_add(s, more->at[i]);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double samples_at(samples *s, double share)
{
    if (!s->count)
        return 0;
    qsort(s->at, s->count, sizeof *s->at, by_size);
    double place = share * (double)(s->count - 1);
    size_t low = (size_t)place, high = low + 1 < s->count ? low + 1 : low;
    return s->at[low] + (s->at[high] - s->at[low]) * (place - (double)low);
}

void samples_done(samples *s)
{
    free(s->at);
    *s = (samples){0};
}

uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

double since(uint64_t start_ns)
{
    return (double)(now_ns() - start_ns) / 1e9;
}

uint64_t mix64(uint64_t x)
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

noreturn void die(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    fputs("tsunagu-bench: ", stderr);
    vfprintf(stderr, fmt, args);
    fputc('\n', stderr);
    va_end(args);
    _Exit(1); // children go with us; no atexit of a library may wait for its threads
}

void must(err e, const char *what)
{
    if (e)
        die("%s: %s", what, err_text(e));
}

void say(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    fputs("  ", stderr);
    vfprintf(stderr, fmt, args);
    fputc('\n', stderr);
    va_end(args);
}

static int drop(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st, (void)kind, (void)at;
    return remove(path);
}

void folder_remove(const char *path)
{
    if (!strstr(path, "bench"))
        die("%s: not a folder of ours to remove", path);
    nftw(path, drop, 32, FTW_DEPTH | FTW_PHYS);
}

void folder_make(const char *path)
{
    char step[1200];
    snprintf(step, sizeof step, "%s", path);
    for (char *p = step + 1; *p; p++)
        if (*p == '/') {
            *p = '\0';
            mkdir(step, 0700);
            *p = '/';
        }
    mkdir(step, 0700);
    struct stat st;
    if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode))
        die("%s: cannot be made", path);
}

uint64_t file_bytes(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
}
