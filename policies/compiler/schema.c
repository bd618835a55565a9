// SPDX-License-Identifier: Apache-2.0
#include "policies/compiler/schema.h"

#include <string.h>

#include "policies/compiler/draft.h"

#define DATE "^([0-9]{4}-[0-9]{1,2}-[0-9]{1,2}|[0-9]{8}|(明治|大正|昭和|平成|令和)(元|[0-9]{1,2})年[0-9]{1,2}月[0-9]{1,2}日|[MTSHR][0-9.]+)$"
#define DURATION "^(P([0-9]+Y)?([0-9]+M)?|([0-9]+年)?([0-9]+(か|ヶ|ヵ|カ|ケ|箇)月)?)$"

typedef struct writer {
    buf *out;
    const draft *d;
} writer;

static void text_put(buf *b, const char *s)
{
    buf_put_u8(b, '"');
    for (; *s; s++) {
        if (*s == '"' || *s == '\\')
            buf_put_u8(b, '\\');
        buf_put_u8(b, (uint8_t)*s);
    }
    buf_put_u8(b, '"');
}

static const draft_terms *terms_of(const draft *d, field_words w)
{
    const draft_terms *const ALL[WORDS_COUNT] = {&d->categories, &d->kinds, &d->roles, &d->purposes, &d->unions};
    return ALL[w];
}

// One word. Where none could be read, any text will do.
static void word_put(writer *w, field_words words, bool labels, const char *more)
{
    const draft_terms *t = terms_of(w->d, words);
    if (t->count == 0) {
        buf_put_str(w->out, "{\"type\":\"string\"}");
        return;
    }
    buf_put_str(w->out, "{\"enum\":[");
    for (size_t i = 0; i < t->count; i++) {
        buf_put_str(w->out, i ? "," : "");
        text_put(w->out, t->ids[i]);
        if (labels && strcmp(t->items[i].ja, t->ids[i]) != 0) {
            buf_put_str(w->out, ",");
            text_put(w->out, t->items[i].ja);
        }
    }
    if (more)
        buf_printf(w->out, ",\"%s\"", more);
    buf_put_str(w->out, "]}");
}

static void words_put(writer *w, field_words words, bool labels)
{
    buf_put_str(w->out, "{\"anyOf\":[");
    word_put(w, words, labels, labels ? "all\",\"すべて" : "all");
    buf_put_str(w->out, ",{\"type\":\"array\",\"minItems\":1,\"uniqueItems\":true,\"items\":");
    word_put(w, words, labels, NULL);
    buf_put_str(w->out, "}]}");
}

static void choice_put(writer *w, const draft_choices *c)
{
    buf_put_str(w->out, "{\"enum\":[");
    for (size_t i = 0; i < c->count; i++) {
        buf_put_str(w->out, i ? "," : "");
        text_put(w->out, c->items[i].name);
        if (c->items[i].ja) {
            buf_put_str(w->out, ",");
            text_put(w->out, c->items[i].ja);
        }
    }
    buf_put_str(w->out, "]}");
}

static void choices_put(writer *w, const draft_choices *c)
{
    buf_put_str(w->out, "{\"type\":\"array\",\"items\":");
    choice_put(w, c);
    buf_put_str(w->out, "}");
}

static void windows_put(writer *w)
{
    const draft_terms *t = &w->d->categories;
    buf_put_str(w->out, "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{");
    for (size_t i = 0; i < t->count; i++) {
        buf_put_str(w->out, i ? "," : "");
        text_put(w->out, t->ids[i]);
        buf_put_str(w->out, ":{\"type\":\"string\",\"pattern\":\"" DURATION "\"}");
    }
    buf_put_str(w->out, "}}");
}

static void shape_put(writer *w, const draft_shape *s);

static void field_put(writer *w, const draft_field *f)
{
    static const char CODE[] = "{\"type\":[\"string\",\"integer\"],\"pattern\":\"^[0-9]{10}$\"}";
    static const char HEX[] = "{\"type\":\"string\",\"pattern\":\"^[0-9A-Fa-f]{64}$\"}";
    buf *b = w->out;
    switch (f->type) {
    case FIELD_TEXT: buf_put_str(b, "{\"type\":[\"string\",\"number\"],\"minLength\":1}"); break;
    case FIELD_TEXTS: buf_put_str(b, "{\"type\":\"array\",\"items\":{\"type\":\"string\"}}"); break;
    case FIELD_ID: buf_put_str(b, "{\"type\":\"string\",\"pattern\":\"^[a-z0-9-]{1,63}$\"}"); break;
    case FIELD_HOST: buf_put_str(b, "{\"type\":\"string\",\"pattern\":\"^[a-z0-9.-]+$\"}"); break;
    case FIELD_NUMBER:
        buf_printf(b, "{\"type\":\"integer\",\"minimum\":%lld,\"maximum\":%lld}", (long long)f->least, (long long)f->most);
        break;
    case FIELD_DATE: buf_put_str(b, "{\"type\":\"string\",\"pattern\":\"" DATE "\"}"); break;
    case FIELD_DATE_NEVER:
        buf_put_str(b, "{\"anyOf\":[{\"enum\":[\"never\",\"期限なし\"]},{\"type\":\"string\",\"pattern\":\"" DATE "\"}]}");
        break;
    case FIELD_DURATION: buf_put_str(b, "{\"type\":\"string\",\"pattern\":\"" DURATION "\"}"); break;
    case FIELD_CODE: buf_put_str(b, CODE); break;
    case FIELD_PLACE: buf_put_str(b, "{\"type\":[\"string\",\"integer\"]}"); break;
    case FIELD_CODES: buf_printf(b, "{\"type\":\"array\",\"items\":%s}", CODE); break;
    case FIELD_CODES_ALL:
        buf_printf(b, "{\"anyOf\":[{\"enum\":[\"all\"]},{\"type\":\"array\",\"items\":%s}]}", CODE);
        break;
    case FIELD_FRACTION: buf_put_str(b, "{\"type\":\"string\",\"pattern\":\"^[0-9]{1,3}/[0-9]{1,3}$\"}"); break;
    case FIELD_YES: buf_put_str(b, "{\"enum\":[\"はい\",\"いいえ\",\"yes\",\"no\"]}"); break;
    case FIELD_HEX: buf_put_str(b, HEX); break;
    case FIELD_HEXES:
        buf_printf(b, "{\"anyOf\":[%s,{\"type\":\"array\",\"minItems\":1,\"maxItems\":2,\"items\":%s}]}", HEX, HEX);
        break;
    case FIELD_WORD: word_put(w, f->words, false, NULL); break;
    case FIELD_LABEL: word_put(w, f->words, true, NULL); break;
    case FIELD_WORDS: words_put(w, f->words, false); break;
    case FIELD_LABELS: words_put(w, f->words, true); break;
    case FIELD_CHOICE: choice_put(w, f->choices); break;
    case FIELD_CHOICES: choices_put(w, f->choices); break;
    case FIELD_CHOICE_SETS:
        buf_put_str(b, "{\"type\":\"array\",\"items\":");
        choices_put(w, f->choices);
        buf_put_str(b, "}");
        break;
    case FIELD_MAP: shape_put(w, f->shape); break;
    case FIELD_LIST:
        buf_put_str(b, "{\"type\":\"array\",\"items\":");
        shape_put(w, f->shape);
        buf_put_str(b, "}");
        break;
    case FIELD_LONG: buf_put_str(b, "{\"type\":\"string\",\"minLength\":1}"); break;
    case FIELD_CONSENT:
    case FIELD_NEED:
        buf_put_str(b, "{\"anyOf\":[{\"enum\":[\"はい\",\"いいえ\",\"yes\",\"no\"]},");
        shape_put(w, f->shape);
        buf_put_str(b, "]}");
        break;
    case FIELD_WINDOWS: windows_put(w); break;
    }
}

static void shape_put(writer *w, const draft_shape *s)
{
    bool first = true;
    buf_put_str(w->out, "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{");
    for (size_t i = 0; i < s->count; i++) {
        buf_put_str(w->out, i ? "," : "");
        text_put(w->out, s->fields[i].name);
        buf_put_str(w->out, ":");
        field_put(w, &s->fields[i]);
    }
    buf_put_str(w->out, "},\"required\":[");
    for (size_t i = 0; i < s->count; i++) {
        if (!s->fields[i].required)
            continue;
        buf_put_str(w->out, first ? "" : ",");
        text_put(w->out, s->fields[i].name);
        first = false;
    }
    buf_put_str(w->out, "]}");
}

size_t schema_names(const char *ret[], size_t max)
{
    size_t n = FILE_SHAPE_COUNT < max ? FILE_SHAPE_COUNT : max;
    for (size_t i = 0; i < n; i++)
        ret[i] = FILE_SHAPES[i].name;
    return n;
}

static void all_put(writer *w)
{
    buf_put_str(w->out, ",\"anyOf\":[");
    for (size_t i = 0; i < FILE_SHAPE_COUNT; i++)
        buf_printf(w->out, "%s{\"$ref\":\"#/definitions/%s\"}", i ? "," : "", FILE_SHAPES[i].name);
    buf_put_str(w->out, "],\"definitions\":{");
    for (size_t i = 0; i < FILE_SHAPE_COUNT; i++) {
        buf_printf(w->out, "%s\"%s\":", i ? "," : "", FILE_SHAPES[i].name);
        shape_put(w, FILE_SHAPES[i].shape);
    }
    buf_put_str(w->out, "}");
}

err schema_write(const policy_files *files, const char *file, buf *ret)
{
    const file_shape *one = NULL;
    for (size_t i = 0; file && i < FILE_SHAPE_COUNT; i++)
        if (strcmp(FILE_SHAPES[i].name, file) == 0 || strcmp(FILE_SHAPES[i].file, file) == 0)
            one = &FILE_SHAPES[i];
    if (file && !one)
        return ERR_NOT_FOUND;
    // Mistakes in the rules do not matter here: what can be read gives the words.
    diag quiet = {0};
    draft d;
    buf out = {0};
    writer w = {&out, &d};
    err e = draft_read(files, &quiet, &d);
    buf_put_str(&out, "{\"$schema\":\"http://json-schema.org/draft-07/schema#\",\"title\":\"tsunagu");
    buf_printf(&out, "%s%s\"", one ? ": " : "", one ? one->file : "");
    if (one) {
        buf shape = {0};
        w.out = &shape;
        shape_put(&w, one->shape);
        buf_put_str(&out, ",");
        if (!shape.sticky)
            buf_put_span(&out, span_from(buf_span(&shape), 1)); // without its brace
        else
            out.sticky = shape.sticky;
        buf_done(&shape);
    } else {
        all_put(&w);
        buf_put_str(&out, "}");
    }
    buf_put_str(&out, "\n");
    e = e == ERR_MEM ? e : out.sticky;
    draft_done(&d);
    diag_done(&quiet);
    if (e)
        buf_done(&out);
    else
        *ret = out;
    return e;
}
