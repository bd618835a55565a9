// SPDX-License-Identifier: Apache-2.0
// Values made of words: texts, names, kana, and the words of the rules.
#include "policies/forms/value.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/diag.h"
#include "proto/base/luhn.h"
#include "proto/base/tongue.h"
#include "proto/base/utf8.h"
#include "proto/text/text.h"

#define WORDS 128

static void say(value_said *s, value_level level, const char *fmt, va_list args) __attribute__((format(printf, 3, 0)));

static void say(value_said *s, value_level level, const char *fmt, va_list args)
{
    char message[1200];
    s->level = level;
    vsnprintf(message, sizeof message, fmt, args);
    utf8_clean(message, s->text, sizeof s->text);
}

void value_bad(value_said *s, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    say(s, VALUE_BAD, fmt, args);
    va_end(args);
}

void value_warn(value_said *s, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    say(s, VALUE_WARNED, fmt, args);
    va_end(args);
}

// ---- words ------------------------------------------------------------------------

// A list of words to choose from: short names, or their labels.
typedef struct words {
    const char *id[WORDS], *ja[WORDS], *en[WORDS];
    size_t count;
} words;

static void word_add(words *w, const char *id, const char *ja, const char *en)
{
    if (!*id || w->count == WORDS)
        return;
    w->id[w->count] = id;
    w->ja[w->count] = ja;
    w->en[w->count++] = en;
}

static void texts_add(words *w, const policy *p, int count, policy_text (*at)(const policy *, int))
{
    for (int i = 0; i < count; i++)
        word_add(w, at(p, i).id, at(p, i).label_ja, at(p, i).label_en);
}

static const char *word_find(const words *w, const char *s)
{
    for (size_t i = 0; i < w->count; i++)
        if (strcmp(w->id[i], s) == 0 || strcmp(w->ja[i], s) == 0 || strcmp(w->en[i], s) == 0)
            return w->id[i];
    return NULL;
}

static void word_take(const words *w, const char *s, buf *normal, value_said *said)
{
    const char *id = word_find(w, s);
    char all[1000] = "";
    if (id) {
        buf_put_str(normal, id);
        return;
    }
    const char *near = diag_nearest(s, w->id, w->count);
    if (near) {
        value_bad(said, _("unknown \"%.60s\"; did you mean \"%s\"?"), s, near);
        return;
    }
    bool ja = tongue_is_japanese();
    for (size_t i = 0, at = 0; i < w->count && at < sizeof all; i++)
        at += (size_t)snprintf(all + at, sizeof all - at, "%s%s%s%.60s%s", i ? ", " : "", w->id[i], ja ? "(" : "",
                               ja ? w->ja[i] : "", ja ? ")" : "");
    value_bad(said, _("unknown \"%.60s\"; it is one of: %s"), s, all); // cut where there are very many
}

static bool is_all(const char *s)
{
    return strcmp(s, "all") == 0 || strcmp(s, "すべて") == 0 || strcmp(s, "全て") == 0;
}

static void yes_value(const char *s, buf *normal, value_said *said)
{
    words w = {0};
    word_add(&w, "yes", "はい", "true");
    word_add(&w, "no", "いいえ", "false");
    const char *id = word_find(&w, s);
    if (id)
        buf_put_str(normal, id);
    else
        value_bad(said, _("\"%.60s\" is neither yes (はい) nor no (いいえ); write one of them"), s);
}

// ---- facilities and unions -----------------------------------------------------------

static bool facility_take(const policy *p, const char *s, buf *normal)
{
    uint64_t code;
    char text[11];
    int f = POLICY_NONE;
    if (institution_parse(span_str(s), &code) == OK)
        f = policy_facility(p, code);
    for (int i = 0; f == POLICY_NONE && i < policy_facility_count(p); i++)
        if (strcmp(policy_facility_at(p, i).name, s) == 0)
            f = i;
    if (f == POLICY_NONE)
        return false;
    institution_format(policy_facility_at(p, f).code, text);
    buf_put_str(normal, text);
    return true;
}

// The closest name, for "did you mean"; the list may be long.
static const char *facility_near(const policy *p, const char *s, const words *more)
{
    const char *batch[64], *best = diag_nearest(s, more->ja, more->count);
    size_t n = 0;
    if (best)
        batch[n++] = best;
    for (int i = 0; i < policy_facility_count(p); i++) {
        batch[n++] = policy_facility_at(p, i).name;
        if (n < sizeof batch / sizeof *batch && i + 1 < policy_facility_count(p))
            continue;
        best = diag_nearest(s, batch, n);
        n = 0;
        if (best)
            batch[n++] = best;
    }
    return best;
}

static void facility_unknown(const policy *p, const char *s, const words *more, value_said *said)
{
    const char *near = facility_near(p, s, more);
    if (near)
        value_bad(said, _("\"%.60s\" is not on the membership list; did you mean \"%s\"?"), s, near);
    else if (more->count)
        value_bad(said, _("\"%.60s\" is no facility (code or name) and no union of the membership list"), s);
    else
        value_bad(said, _("\"%.60s\" is no facility (code or name) of the membership list"), s);
}

static void grantee_value(const policy *p, const char *s, buf *normal, value_said *said)
{
    words w = {0};
    texts_add(&w, p, policy_union_count(p), policy_union_text);
    const char *u = word_find(&w, s);
    if (is_all(s))
        buf_put_str(normal, "all");
    else if (u)
        buf_put_str(normal, u);
    else if (!facility_take(p, s, normal))
        facility_unknown(p, s, &w, said);
}

static void words_value(const policy *p, int form, int field, const policy_form_field *f, const char *s, buf *normal,
                        value_said *said)
{
    words w = {0};
    if (f->type == FORM_CATEGORIES && is_all(s)) {
        buf_put_str(normal, "all");
        return;
    }
    switch (f->type) {
    case FORM_CHOICE:
        for (int i = 0; i < f->choice_count; i++) {
            policy_text t = policy_form_choice_at(p, form, field, i);
            word_add(&w, t.id, t.label_ja, t.label_en);
        }
        break;
    case FORM_RELATION:
        for (int i = 0; i < policy_relation_count(p); i++)
            word_add(&w, policy_relation_at(p, i).id, policy_relation_at(p, i).label_ja, policy_relation_at(p, i).label_en);
        break;
    case FORM_REASON:
        for (int i = 0; i < policy_reason_count(p); i++)
            word_add(&w, policy_reason_at(p, i).id, policy_reason_at(p, i).label_ja, policy_reason_at(p, i).label_en);
        break;
    case FORM_CATEGORIES:
        texts_add(&w, p, policy_category_count(p), policy_category_text);
        break;
    case FORM_UNION:
        texts_add(&w, p, policy_union_count(p), policy_union_text);
        break;
    default:
        texts_add(&w, p, policy_kind_count(p), policy_kind_text);
    }
    word_take(&w, s, normal, said);
}

// ---- texts --------------------------------------------------------------------------

static void length_check(const policy_form_field *f, span s, value_said *said)
{
    int chars = 0;
    while (s.len) {
        (void)utf8_next(&s);
        chars++;
    }
    if (f->max && chars > f->max)
        value_bad(said, _("%d characters are too long: at most %d"), chars, f->max);
}

static bool kana_letter(uint32_t c)
{
    return (c >= 0x30a1 && c <= 0x30fa) || c == 0x30fc || c == 0x30fb || c == 0x30fd || c == 0x30fe;
}

static bool line_of_kana(uint32_t c)
{
    return c == '-' || (c >= 0x2010 && c <= 0x2015) || c == 0x2212;
}

// Hiragana and half-width kana become katakana; a hyphen behind kana is a long vowel. Small
// kana stay small: comparing makes them large (pact), writing does not.
static void kana_value(const char *s, buf *normal, value_said *said)
{
    uint32_t before = 0;
    for (span rest = span_str(s); rest.len;) {
        uint32_t c = utf8_next(&rest);
        if (c >= 0x3041 && c <= 0x3096)
            c += 0x60;
        if (line_of_kana(c) && kana_letter(before))
            c = 0x30fc;
        if (!kana_letter(c) && c != ' ') {
            value_bad(said, _("\"%.60s\" is not all kana; write ヤマダ, やまだ or ﾔﾏﾀﾞ"), s);
            return;
        }
        utf8_put(normal, c);
        before = c;
    }
}

static void name_check(const char *s, value_said *said)
{
    if (strpbrk(s, "0123456789@#$%&*+=<>?!;:{}[]\\/|\"_"))
        value_warn(said, _("\"%.60s\" does not look like a name"), s);
    else if (strstr(s, "■"))
        value_warn(said, _("■ stands for a character that could not be written; write it as on the insurance card"));
}

static void text_value(const policy_form_field *f, const char *text, const char *folded, buf *normal, value_said *said)
{
    switch (f->type) {
    case FORM_KANA:
        kana_value(folded, normal, said);
        break;
    case FORM_SYMBOL:
    case FORM_CHART:
        for (const char *c = folded; *c; c++)
            if (*c != ' ')
                buf_put_u8(normal, (uint8_t)*c);
        break;
    case FORM_NAME:
        name_check(text, said);
        buf_put_str(normal, text);
        break;
    default:
        buf_put_str(normal, text);
    }
    length_check(f, buf_span(normal), said);
}

static bool written_well(const char *text, bool lines, value_said *said)
{
    if (!utf8_valid(span_str(text))) {
        value_bad(said, _("this is no UTF-8 text"));
        return false;
    }
    for (const char *c = text; *c; c++)
        if (((unsigned char)*c < 0x20 && !(lines && *c == '\n')) || *c == 0x7f) {
            value_bad(said, _("line breaks and control characters may not stand here"));
            return false;
        }
    return true;
}

// Without blanks, also wide ones, before and behind.
static void trim(const char *text, buf *out)
{
    size_t len = strlen(text);
    for (;;) {
        if (*text == ' ' || *text == '\n')
            text++, len--;
        else if (strncmp(text, "　", 3) == 0)
            text += 3, len -= 3;
        else if (len && (text[len - 1] == ' ' || text[len - 1] == '\n'))
            len--;
        else if (len >= 3 && memcmp(text + len - 3, "　", 3) == 0)
            len -= 3;
        else
            break;
    }
    buf_put(out, text, len);
}

void form_value(const policy *p, int form, int field, const char *text, day today, buf *normal, value_said *ret)
{
    policy_form_field f = policy_form_field_at(p, form, field);
    buf trimmed = {0}, folded = {0};
    *ret = (value_said){0};
    buf_clear(normal);
    if (!written_well(text, f.type == FORM_NOTE, ret))
        return;
    trim(text, &trimmed);
    if (text_nfkc(buf_span(&trimmed), &folded))
        value_bad(ret, _("this is no UTF-8 text"));
    const char *s = buf_str(&trimmed), *n = buf_str(&folded);
    if (ret->level == VALUE_BAD || value_number(&f, n, today, normal, ret)) {
        // said, or done
    } else if (f.type == FORM_YES || f.type == FORM_SIGNATURE) {
        yes_value(s, normal, ret);
    } else if (f.type == FORM_GRANTEES) {
        grantee_value(p, s, normal, ret);
    } else if (f.type == FORM_FACILITY) {
        if (!facility_take(p, s, normal))
            facility_unknown(p, s, &(words){0}, ret);
    } else if (f.type >= FORM_CHOICE && f.type <= FORM_KIND) {
        words_value(p, form, field, &f, s, normal, ret);
    } else {
        text_value(&f, s, n, normal, ret);
    }
    if (ret->level == VALUE_BAD)
        buf_clear(normal);
    if (trimmed.sticky || folded.sticky)
        normal->sticky = trimmed.sticky ? trimmed.sticky : folded.sticky;
    buf_done(&trimmed);
    buf_done(&folded);
}
