// SPDX-License-Identifier: Apache-2.0
// rooms: pact base
// The storages that synth writes, judged by rules that stand here and not in
// the generator: names, folders, character sets, promises, sameness.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <dirent.h>
#include <ftw.h>
#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ops/cli/synth/synth.h"
#include "proto/base/hash.h"
#include "proto/base/luhn.h"

#define PINNED 0x135869382b02870cu
#define UNTIL day_of(2026, 11, 20)

static char base[] = "/tmp/synth-test-XXXXXX";
static unsigned folders;

static int rm_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

static int setup(void **state)
{
    (void)state;
    return mkdtemp(base) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    return nftw(base, rm_one, 16, FTW_DEPTH | FTW_PHYS);
}

static synth_options options(uint32_t hospital, uint32_t patients)
{
    return (synth_options){.facility_code = "0110113719",
                           .facility_name = "仮の病院",
                           .seed = 42,
                           .hospital = hospital,
                           .patients = patients,
                           .shared = 24,
                           .until = UNTIL};
}

static void fresh(char out[static 128])
{
    snprintf(out, 128, "%s/%u", base, folders++);
}

static synth_counts press(synth_options o, char dir[static 128])
{
    synth_counts c = {0};
    fresh(dir);
    o.out_dir = dir;
    assert_int_equal(synth_write(&o, &c), OK);
    return c;
}

static span load(const char *path)
{
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    struct stat st;
    assert_int_equal(fstat(fileno(f), &st), 0);
    uint8_t *at = malloc((size_t)st.st_size + 1);
    assert_non_null(at);
    assert_int_equal(fread(at, 1, (size_t)st.st_size, f), (size_t)st.st_size);
    at[st.st_size] = 0;
    fclose(f);
    return span_of(at, (size_t)st.st_size);
}

// --- walking ---------------------------------------------------------------

typedef void visit_fn(const char *path, span content, void *arg);
static visit_fn *walk_fn;
static void *walk_arg;
static size_t walk_skip;

static int walk_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)ftw;
    if (type == FTW_F) {
        span s = load(path);
        walk_fn(path + walk_skip, s, walk_arg);
        free((void *)s.at);
    }
    return 0;
}

static void walk(const char *dir, const char *part, visit_fn *fn, void *arg)
{
    char root[256];
    snprintf(root, sizeof root, "%s/%s", dir, part);
    walk_fn = fn;
    walk_arg = arg;
    walk_skip = strlen(root) + 1;
    assert_int_equal(nftw(root, walk_one, 32, FTW_PHYS), 0);
}

// Folder order differs between file systems: sums do not care.
static void add_hash(const char *path, span content, void *arg)
{
    static const uint8_t key[16] = {1};
    uint64_t *sum = arg, h = siphash(key, span_str(path));
    sum[0] += h * 31 + siphash(key, content) * (h | 1);
    sum[1]++;
}

static void hash_of(const char *dir, const char *part, uint64_t sum[2])
{
    sum[0] = sum[1] = 0;
    walk(dir, part, add_hash, sum);
}

// --- the rules of names ------------------------------------------------------

typedef struct parts {
    char chart[32], clinical[16], type[128], order[32], stamp[32], department[16], flag[8];
} parts;

static bool digits(const char *s, size_t n)
{
    return strlen(s) == n && strspn(s, "0123456789") == n;
}

static void take(const char **p, char *out, size_t cap, char end)
{
    size_t n = 0;
    while (**p && **p != end && n + 1 < cap)
        out[n++] = *(*p)++;
    out[n] = '\0';
    if (**p == end && end)
        (*p)++;
}

// PID[0:3]/PID[3:6]/PID/day/folder/NAME: folder is the type or the level-5 name.
static void check_path(const char *path, parts *p, char *folder, size_t cap)
{
    char a[16], b[16], c[32], d[16];
    take(&path, a, sizeof a, '/');
    take(&path, b, sizeof b, '/');
    take(&path, c, sizeof c, '/');
    take(&path, d, sizeof d, '/');
    take(&path, folder, cap, '/');
    take(&path, p->chart, sizeof p->chart, '_');
    take(&path, p->clinical, sizeof p->clinical, '_');
    take(&path, p->type, sizeof p->type, '_');
    take(&path, p->order, sizeof p->order, '_');
    take(&path, p->stamp, sizeof p->stamp, '_');
    take(&path, p->department, sizeof p->department, '_');
    take(&path, p->flag, sizeof p->flag, '/');
    assert_string_equal(p->chart, c);
    assert_string_equal(p->clinical, d);
    assert_memory_equal(a, c, 3);
    assert_memory_equal(b, c + 3, 3);
    assert_int_equal(strlen(a), 3);
    assert_int_equal(strlen(b), 3);
    assert_true(digits(p->order, 15));
    assert_true(digits(p->stamp, 17));
    assert_true(strlen(p->flag) == 1 && strchr("012", p->flag[0]));
    assert_true(!strcmp(p->department, "-") || strlen(p->department) == 2 || strlen(p->department) == 3);
}

static bool undated(const char *type)
{
    return !strcmp(type, "ADT-00") || !strcmp(type, "ADT-61") || !strcmp(type, "PPR-01");
}

static void check_days(const parts *p)
{
    day sent, clinical;
    assert_int_equal(day_parse(span_of(p->stamp, 8), &sent), OK);
    assert_true(atoi((char[]){p->stamp[8], p->stamp[9], 0}) < 24);
    if (undated(p->type)) {
        assert_string_equal(p->clinical, "-");
        return;
    }
    assert_int_equal(day_parse(span_str(p->clinical), &clinical), OK);
    assert_true(clinical <= UNTIL && clinical > day_minus_months(UNTIL, 24));
    assert_true(sent >= clinical && sent <= clinical + 7);
}

// --- character set: a decoder of its own, by way of EUC-JP-MS ------------------

static bool to_euc(span in, char *out, size_t *len)
{
    bool two = false;
    size_t n = 0;
    for (size_t i = 0; i < in.len;) {
        if (in.at[i] == 0x1b) {
            if (i + 2 < in.len && !memcmp(in.at + i, "\x1b$B", 3))
                two = true;
            else if (i + 2 < in.len && !memcmp(in.at + i, "\x1b(B", 3))
                two = false;
            else
                return false;
            i += 3;
        } else if (two) {
            if (i + 1 >= in.len || in.at[i] < 0x21 || in.at[i] > 0x7e || in.at[i + 1] < 0x21 ||
                in.at[i + 1] > 0x7e)
                return false;
            out[n++] = (char)(in.at[i++] | 0x80);
            out[n++] = (char)(in.at[i++] | 0x80);
        } else {
            if (in.at[i] >= 0x80)
                return false;
            out[n++] = (char)in.at[i++];
        }
    }
    *len = n;
    return !two;
}

static bool decode(span in, char *out, size_t cap)
{
    char *euc = malloc(in.len + 1), *from = euc, *to = out;
    size_t len = 0, room = cap - 1;
    bool ok = to_euc(in, euc, &len);
    iconv_t cd = iconv_open("UTF-8", "EUC-JP-MS");
    assert_true(cd != (iconv_t)-1);
    ok = ok && iconv(cd, &from, &len, &to, &room) != (size_t)-1;
    iconv_close(cd);
    free(euc);
    *to = '\0';
    return ok;
}

static const char *const messages[][2] = {
    {"ADT-00", "ADT^A08"}, {"ADT-12", "ADT^A04"}, {"ADT-22", "ADT^A01"}, {"ADT-52", "ADT^A03"},
    {"ADT-61", "ADT^A60"}, {"PPR-01", "PPR^ZD1"}, {"OMP-01", "RDE^O11"}, {"OMP-02", "RDE^O11"},
    {"OML-11", "OUL^R22"}, {"OMG-11", "OMI^Z23"}, {"OMG-12", "OMI^Z23"}, {"OMG-13", "ORU^R01"}};
#define TYPES (sizeof messages / sizeof *messages)

static size_t type_index(const char *type)
{
    for (size_t i = 0; i < TYPES; i++)
        if (!strcmp(messages[i][0], type))
            return i;
    fail_msg("unknown type %s", type);
    return 0;
}

// Field n of the first segment `name`; n counts as HL7 does.
static void field(const char *text, const char *name, int n, char *out, size_t cap)
{
    char mark[8];
    snprintf(mark, sizeof mark, "\r%s|", name);
    const char *p = strstr(text, mark);
    assert_non_null(p);
    p += 5;
    if (!strcmp(name, "MSH"))
        n--; // the bar itself is MSH-1
    for (; n > 1; n--) {
        p += strcspn(p, "|\r");
        p += *p == '|';
    }
    size_t len = strcspn(p, "|\r");
    snprintf(out, cap, "%.*s", (int)len, p);
}

typedef struct survey {
    size_t seen[TYPES][3]; // by flag
    size_t files, fine_departments, gaiji;
    bool id_type;
} survey;

static void check_clean(const char *path, span content, void *arg)
{
    static char text[1 << 18];
    survey *s = arg;
    parts p;
    char folder[128], got[512];
    check_path(path, &p, folder, sizeof folder);
    assert_string_equal(folder, p.type);
    assert_null(strchr(path, ' '));
    check_days(&p);
    size_t t = type_index(p.type);
    s->seen[t][p.flag[0] - '0']++;
    s->files++;
    s->fine_departments += strlen(p.department) == 3;
    text[0] = '\r';
    assert_true(decode(content, text + 1, sizeof text - 1));
    assert_memory_equal(text + 1, "MSH|^~\\&|", 9);
    assert_null(strchr(text, '\n'));
    assert_true(content.len > 2 && content.at[content.len - 1] == 0x1c &&
                content.at[content.len - 2] == '\r');
    s->gaiji += strstr(text, "■") != NULL;
    field(text, "MSH", 9, got, sizeof got);
    if (p.flag[0] != '0')
        assert_memory_equal(got, messages[t][1], 7);
    field(text, "MSH", 18, got, sizeof got);
    assert_string_equal(got, "~ISO IR87");
    field(text, "PID", 3, got, sizeof got);
    assert_memory_equal(got, p.chart, strlen(p.chart));
    field(text, "PID", 5, got, sizeof got);
    assert_memory_equal(got, "仮", 3);
    assert_non_null(strstr(got, "^^^^^L^I~カリ"));
    field(text, "PID", 7, got, sizeof got);
    assert_true(digits(got, 8));
    if (strcmp(p.order, "999999999999999") && !strcmp(p.type, "OMP-01")) {
        field(text, "ORC", 2, got, sizeof got);
        assert_string_equal(got, p.order);
        field(text, "ORC", 29, got, sizeof got);
        assert_non_null(strstr(got, "HL70482"));
        field(text, "ORC", 9, got, sizeof got);
        assert_memory_equal(got, p.clinical, 8); // the clinical day's source
    }
    if (!strcmp(p.type, "ADT-22") || !strcmp(p.type, "ADT-12")) {
        field(text, "PV1", 44, got, sizeof got);
        assert_memory_equal(got, p.clinical, 8);
    }
    if (!strcmp(p.type, "ADT-52")) {
        field(text, "PV1", 45, got, sizeof got);
        assert_memory_equal(got, p.clinical, 8);
    }
    if (!strcmp(p.type, "OML-11")) {
        if (strstr(text, "\rSPM|")) {
            field(text, "SPM", 17, got, sizeof got);
            assert_memory_equal(got, p.clinical, 8);
        }
    }
    if (!strncmp(p.type, "OMG", 3)) {
        field(text, "OBR", 7, got, sizeof got);
        assert_memory_equal(got, p.clinical, 8);
    }
}

static void test_every_hospital_obeys_the_rules(void **state)
{
    (void)state;
    survey all = {0};
    for (uint32_t h = 0; h < SYNTH_FEDERATION; h++) {
        char dir[128];
        survey s = {0};
        synth_counts c = press(options(h, 60), dir);
        walk(dir, "standard", check_clean, &s);
        assert_int_equal(s.files, c.files);
        assert_int_equal(c.patients, 60);
        assert_int_equal(c.damaged, 0);
        uint64_t history = 0, deleted = 0;
        for (size_t t = 0; t < TYPES; t++) {
            history += s.seen[t][2];
            deleted += s.seen[t][0];
            for (int f = 0; f < 3; f++)
                all.seen[t][f] += s.seen[t][f];
        }
        assert_int_equal(history, c.history);
        assert_int_equal(deleted, c.deleted);
        assert_int_equal(s.gaiji, 0);
        all.fine_departments += s.fine_departments;
        all.files += s.files;
    }
    for (size_t t = 0; t < TYPES; t++)
        assert_true(all.seen[t][1] > 0);
    assert_true(all.fine_departments > 0 && all.fine_departments < all.files);
    assert_true(all.seen[type_index("OMP-01")][0] && all.seen[type_index("OMP-01")][2]);
    assert_true(all.seen[type_index("ADT-22")][0] > 0);
    assert_int_equal(all.seen[type_index("ADT-52")][1], all.seen[type_index("ADT-22")][1]);
}

// --- sameness ----------------------------------------------------------------

static void test_same_options_same_bytes(void **state)
{
    (void)state;
    char a[128], b[128], x[128], y[128];
    uint64_t ha[2], hb[2], hx[2], hy[2];
    synth_options o = options(3, 20);
    o.extended = true;
    o.damage_percent = 5;
    synth_counts ca = press(o, a), cb = press(o, b);
    assert_memory_equal(&ca, &cb, sizeof ca);
    for (int part = 0; part < 2; part++) {
        const char *name = part ? "extended" : "standard";
        hash_of(a, name, ha);
        hash_of(b, name, hb);
        assert_memory_equal(ha, hb, sizeof ha);
        assert_true(ha[1] > 20);
    }
    hash_of(a, "standard", ha);
    o.seed++;
    press(o, x);
    hash_of(x, "standard", hx);
    assert_true(ha[0] != hx[0]);
    o.seed--;
    o.hospital = 4;
    press(o, y);
    hash_of(y, "standard", hy);
    assert_true(ha[0] != hy[0] && hx[0] != hy[0]);
}

// Pinned, so that compilers, optimisation and later edits cannot drift apart
// unnoticed. A wanted change of the records changes this number.
static void test_bytes_are_pinned(void **state)
{
    (void)state;
    char dir[128];
    uint64_t h[2];
    synth_options o = options(4, 12);
    o.damage_percent = 3;
    press(o, dir);
    hash_of(dir, "standard", h);
    assert_int_equal(h[0], PINNED);
}

// --- people ------------------------------------------------------------------

static void test_people(void **state)
{
    (void)state;
    unsigned namesakes = 0, twins = 0, families = 0;
    for (uint32_t i = 0; i < 600; i++) {
        identity p, q;
        synth_person(7, i, &p);
        assert_true(luhn_ok(span_str(p.insurer)));
        assert_true(strlen(p.insurer) == 6 || strlen(p.insurer) == 8);
        assert_memory_equal(p.kanji_family, "仮", 3);
        assert_memory_equal(p.kana_family, "カリ", 6);
        assert_true(p.birth != DAY_NONE && (p.sex == 'M' || p.sex == 'F'));
        assert_true(p.postal[0] == '0' && strlen(p.postal) == 8 && p.telephone[0]);
        for (uint32_t k = i + 1; k < i / 10 * 10 + 10; k++) {
            synth_person(7, k, &q);
            bool kana = !strcmp(p.kana_family, q.kana_family) && !strcmp(p.kana_given, q.kana_given);
            bool card =
                !strcmp(p.insurer, q.insurer) && !strcmp(p.symbol, q.symbol) && !strcmp(p.number, q.number);
            namesakes += kana && p.birth != q.birth && !card;
            twins += card && p.birth == q.birth && p.sex == q.sex && strcmp(p.kana_given, q.kana_given);
            families += card && p.birth != q.birth && strcmp(p.branch, q.branch);
            assert_false(kana && p.birth == q.birth);
        }
    }
    assert_true(namesakes >= 30 && twins >= 15 && families >= 100);
}

static void test_shared_people(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 50; seed++) {
        unsigned together[SYNTH_FEDERATION][SYNTH_FEDERATION] = {{0}};
        for (uint32_t i = 0; i < 24; i++) {
            unsigned known = 0;
            for (uint32_t a = 0; a < SYNTH_FEDERATION; a++)
                for (uint32_t b = 0; b < SYNTH_FEDERATION; b++)
                    together[a][b] += synth_known(seed, 24, i, a) && synth_known(seed, 24, i, b);
            for (uint32_t a = 0; a < SYNTH_HOSPITALS; a++)
                known += synth_known(seed, 24, i, a);
            assert_in_range(known, 2, 4);
        }
        for (uint32_t i = 24; i < 500; i++) {
            unsigned known = 0;
            for (uint32_t a = 0; a < SYNTH_HOSPITALS; a++)
                known += synth_known(seed, 24, i, a);
            assert_int_equal(known, 1);
        }
        for (uint32_t a = 0; a < SYNTH_FEDERATION; a++)
            for (uint32_t b = 0; b < a; b++)
                assert_true(together[a][b] >= 2);
    }
}

static int by_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void test_charts_are_unique(void **state)
{
    (void)state;
    enum { N = 20000, EXTRA = 1000 };
    static const size_t length[] = {10, 7, 8, 10, 8, 7, 10};
    char(*all)[SYNTH_CHART] = calloc(N + EXTRA, SYNTH_CHART);
    for (uint32_t h = 0; h < SYNTH_FEDERATION; h++) {
        for (uint32_t i = 0; i < N; i++)
            synth_chart(42, i, h, all[i]);
        for (uint32_t i = 0; i < EXTRA; i++)
            synth_extra_chart(42, i, h, all[N + i]);
        qsort(all, N + EXTRA, SYNTH_CHART, by_text);
        for (uint32_t i = 0; i < N + EXTRA; i++) {
            assert_true(digits(all[i], length[h]));
            assert_true(i == 0 || strcmp(all[i], all[i - 1]));
        }
    }
    free(all);
}

// Whatever two hospitals make of one person, the comparison must heal.
static void test_spellings_heal(void **state)
{
    (void)state;
    unsigned different = 0;
    for (uint32_t i = 0; i < 60; i++)
        for (uint32_t a = 0; a < SYNTH_FEDERATION; a++)
            for (uint32_t b = 0; b < a; b++) {
                identity p, q;
                identity_match m;
                synth_person_at(42, i, a, &p);
                synth_person_at(42, i, b, &q);
                different += strcmp(p.kana_given, q.kana_given) || strcmp(p.kanji_family, q.kanji_family) ||
                             strcmp(p.number, q.number);
                identity_compare(&p, &q, &m);
                assert_int_equal(m.strength, MATCH_STRONG);
                assert_int_not_equal(m.fields[FIELD_KANJI], EVIDENCE_DIFFERS);
            }
    assert_true(different > 500);
}

// --- windows -----------------------------------------------------------------

typedef struct window {
    const char *chart;
    bool near[2], far[2], basics;
} window;

static void check_window(const char *path, span content, void *arg)
{
    (void)content;
    window *w = arg;
    parts p;
    char folder[128];
    day on;
    check_path(path, &p, folder, sizeof folder);
    if (strcmp(p.chart, w->chart) || p.flag[0] != '1')
        return;
    w->basics |= !strcmp(p.type, "ADT-00");
    int which = !strcmp(p.type, "OMP-01") ? 0 : !strcmp(p.type, "OML-11") ? 1 : -1;
    if (which < 0 || day_parse(span_str(p.clinical), &on))
        return;
    w->near[which] |= on >= day_minus_months(UNTIL, 5);
    w->far[which] |= on < day_minus_months(UNTIL, 14);
}

static void test_shared_people_have_their_windows(void **state)
{
    (void)state;
    for (uint32_t h = 0; h < SYNTH_FEDERATION; h++) {
        char dir[128], chart[SYNTH_CHART];
        synth_counts c = press(options(h, 0), dir);
        uint64_t found = 0;
        for (uint32_t i = 0; i < 24; i++) {
            if (!synth_known(42, 24, i, h))
                continue;
            window w = {.chart = chart};
            synth_chart(42, i, h, chart);
            walk(dir, "standard", check_window, &w);
            assert_true(w.near[0] && w.near[1] && w.far[0] && w.far[1] && w.basics);
            found++;
        }
        assert_int_equal(found, c.shared);
        assert_int_equal(found, c.patients);
        assert_true(found >= 4);
    }
}

// --- extended storage ----------------------------------------------------------

typedef struct documents {
    size_t report, referral, nursing, discharge, memo, pdf, xml, files, large;
} documents;

static void check_document(const char *path, span content, void *arg)
{
    documents *d = arg;
    parts p;
    char folder[256];
    check_path(path, &p, folder, sizeof folder);
    size_t carets = 0;
    for (const char *s = folder; *s; s++)
        carets += *s == '^';
    assert_int_equal(carets, 5);
    assert_true(!strcmp(p.type, "L01") ? !strcmp(folder, "L01^院内メモ^99LOCAL^^^")
                                       : strstr(folder, p.type) != NULL && strstr(folder, "^LN") != NULL);
    d->files++;
    d->report += !strcmp(p.type, "18748-4");
    d->referral += !strcmp(p.type, "57133-1");
    d->nursing += !strcmp(p.type, "34746-8");
    d->discharge += !strcmp(p.type, "18842-5");
    d->memo += !strcmp(p.type, "L01");
    const char *dot = strrchr(path, '.');
    assert_non_null(dot);
    if (!strcmp(dot, ".pdf")) {
        d->pdf++;
        assert_memory_equal(content.at, "%PDF-1.4\n", 9);
        assert_memory_equal(content.at + content.len - 6, "%%EOF\n", 6);
        const char *start = strstr((const char *)content.at, "startxref\n");
        assert_non_null(start);
        assert_memory_equal(content.at + atoi(start + 10), "xref\n", 5);
    } else if (!strcmp(dot, ".xml")) {
        d->xml++;
        assert_non_null(strstr((const char *)content.at, p.type));
        assert_non_null(strstr((const char *)content.at, "</ClinicalDocument>"));
    } else if (!strcmp(dot, ".jpg")) {
        d->large = content.len;
        assert_memory_equal(content.at, "\xff\xd8\xff\xe0", 4);
        assert_memory_equal(content.at + content.len - 2, "\xff\xd9", 2);
    }
}

static void test_extended_storage(void **state)
{
    (void)state;
    char dir[128];
    documents d = {0};
    synth_options o = options(2, 40);
    o.extended = true;
    o.large_bytes = 1000003;
    synth_counts c = press(o, dir);
    walk(dir, "extended", check_document, &d);
    assert_true(d.report && d.referral && d.nursing && d.discharge && d.memo && d.pdf && d.xml);
    assert_int_equal(d.large, 1000003);
    assert_true(d.files >= c.documents && c.documents > 40);
}

// --- damage, targets, further people, refusals -------------------------------------

static void count_damage(const char *path, span content, void *arg)
{
    static char text[1 << 18];
    size_t *n = arg;
    (void)path;
    n[0] += content.len == 2 && !memcmp(content.at, "\xfb\xfc", 2);
    n[1] += memchr(content.at, '\n', content.len) != NULL;
    n[2] += content.len > 2 && !decode(content, text, sizeof text) && content.at[content.len - 1] == 0x1c;
    n[3] += content.len > 2 && content.at[content.len - 1] != 0x1c;
    n[4]++;
}

static void test_damage(void **state)
{
    (void)state;
    char dir[128];
    size_t n[5] = {0};
    synth_options o = options(1, 60);
    o.damage_percent = 10;
    synth_counts c = press(o, dir);
    walk(dir, "standard", count_damage, n);
    assert_int_equal(n[4], c.files);
    assert_true(c.damaged * 100 > c.files * 5 && c.damaged * 100 < c.files * 15);
    for (int i = 0; i < 4; i++)
        assert_in_range(n[i], c.damaged / 10, c.damaged / 5);
    // The promised records of shared people are clean and decode.
    for (uint32_t i = 0; i < 24; i++)
        if (synth_known(42, 24, i, 1)) {
            char chart[SYNTH_CHART];
            window w = {.chart = chart};
            synth_chart(42, i, 1, chart);
            walk(dir, "standard", check_window, &w);
            assert_true(w.near[0] && w.far[1] && w.basics);
        }
}

static void test_files_target(void **state)
{
    (void)state;
    char dir[128];
    synth_options o = options(5, 25);
    o.files_target = 4000;
    synth_counts c = press(o, dir);
    assert_in_range(c.files, 3990, 4100);
}

static void test_people_file(void **state)
{
    (void)state;
    char dir[128], path[128], chart[SYNTH_CHART];
    snprintf(path, sizeof path, "%s/people.tsv", base);
    FILE *f = fopen(path, "w");
    fputs("# further people\n仮試験\t花子\tカリシケン\tハナコ\t1960-05-04\tF\t064-9990\t北海道札幌市\t\t01016013\t12\t345\t01\n"
          "仮試験\t次郎\tカリシケン\tジロウ\tS50.1.2\tM\t\t\t\t\t\t\t\tAB123456\n", f);
    fclose(f);
    synth_options o = options(1, 0);
    o.people_path = path;
    synth_counts c = press(o, dir);
    assert_int_equal(c.patients, c.shared + 2);
    synth_extra_chart(42, 0, 1, chart);
    window w = {.chart = chart}, x = {.chart = "AB123456"};
    walk(dir, "standard", check_window, &w);
    walk(dir, "standard", check_window, &x);
    assert_true(w.near[0] && w.near[1] && w.far[0] && w.far[1] && w.basics);
    assert_true(x.near[0] && x.near[1] && x.far[0] && x.far[1] && x.basics);
    static const char *const bad[] = {"仮\tA\tカリ\n",
                                      "仮|x\ta\tカリ\tb\t19600101\tF\n",
                                      "仮\ta\tカリ\tb\t19601301\tF\n",
                                      "仮\ta\tカリ\tb\t19600101\tQ\n",
                                      "\xff\ta\tカリ\tb\t19600101\tF\n",
                                      "仮\ta\tカリ\tb\t19600101\tF\t\t\t\t\t\t\t\t../../x\n"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        f = fopen(path, "w");
        fputs(bad[i], f);
        fclose(f);
        o.out_dir = "/nonexistent/never";
        assert_int_equal(synth_write(&o, &c), ERR_FORMAT);
    }
}

static void test_refusals(void **state)
{
    (void)state;
    char dir[128];
    synth_counts c = {.files = 77};
    synth_options good = options(0, 3);
    press(good, dir);
    good.out_dir = dir;
    assert_int_equal(synth_write(&good, &c), ERR_EXISTS);
    good.out_dir = "/proc/nowhere/at/all";
    assert_int_equal(synth_write(&good, &c), ERR_IO);
    synth_options o = good;
    o.facility_code = "123";
    assert_int_equal(synth_write(&o, &c), ERR_USAGE);
    o = good;
    o.facility_name = "a|b";
    assert_int_equal(synth_write(&o, &c), ERR_USAGE);
    o = good;
    o.hospital = SYNTH_HOSPITALS;
    assert_int_equal(synth_write(&o, &c), ERR_USAGE);
    o = good;
    o.until = DAY_NONE;
    assert_int_equal(synth_write(&o, &c), ERR_USAGE);
    o = good;
    o.damage_percent = 51;
    assert_int_equal(synth_write(&o, &c), ERR_USAGE);
    o = good;
    o.patients = SYNTH_PATIENTS_MAX + 1;
    assert_int_equal(synth_write(&o, &c), ERR_LIMIT);
    o = good;
    o.people_path = "/nonexistent/people";
    assert_int_equal(synth_write(&o, &c), ERR_IO);
    assert_int_equal(c.files, 77); // untouched by failures
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_hospital_obeys_the_rules),
        cmocka_unit_test(test_same_options_same_bytes),
        cmocka_unit_test(test_bytes_are_pinned),
        cmocka_unit_test(test_people),
        cmocka_unit_test(test_shared_people),
        cmocka_unit_test(test_charts_are_unique),
        cmocka_unit_test(test_spellings_heal),
        cmocka_unit_test(test_shared_people_have_their_windows),
        cmocka_unit_test(test_extended_storage),
        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_files_target),
        cmocka_unit_test(test_people_file),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
