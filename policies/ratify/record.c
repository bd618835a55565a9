// SPDX-License-Identifier: Apache-2.0
// The record as lines, and one signature.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policies/ratify/message.h"

static const char SIGNED_PREFIX[] = "tsunagu rules v1\n";

bool ratification_is(span bytes)
{
    span magic = SPAN_LIT(RATIFICATION_MAGIC);
    return bytes.len > magic.len && span_eq(span_cut(bytes, 0, magic.len), magic);
}

void ratification_done(ratification *r)
{
    free(r->signatures);
    *r = (ratification){0};
}

err ratification_add(ratification *r, const ratify_signature *s)
{
    if (r->count == RATIFICATION_SIGNATURES)
        return ERR_LIMIT;
    if (r->count == r->cap) {
        size_t cap = r->cap ? 2 * r->cap : 8;
        ratify_signature *more = realloc(r->signatures, cap * sizeof *more);
        if (!more)
            return ERR_MEM;
        r->signatures = more;
        r->cap = cap;
    }
    r->signatures[r->count++] = *s;
    return OK;
}

// ---- reading: one spelling only ----------------------------------------------------

// The next line without its end. A line that is not ended is not whole.
static bool line_next(span *rest, span *ret)
{
    const uint8_t *end = rest->len ? memchr(rest->at, '\n', rest->len) : NULL;
    if (!end)
        return false;
    *ret = span_of(rest->at, (size_t)(end - rest->at));
    *rest = span_from(*rest, ret->len + 1);
    return true;
}

// Takes the word `key` and the space behind it off the front.
static bool word_take(span *line, span key)
{
    if (line->len <= key.len || !span_eq(span_cut(*line, 0, key.len), key) || line->at[key.len] != ' ')
        return false;
    *line = span_from(*line, key.len + 1);
    return true;
}

// Digits in lower case, and nothing else.
static bool hex_take(span text, uint8_t *out, size_t len)
{
    if (text.len != 2 * len)
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (text.at[i] >= 'A' && text.at[i] <= 'F')
            return false;
    return hex_get(text, out, len) == OK;
}

static bool version_take(span text, uint32_t *ret)
{
    uint64_t n = 0;
    if (text.len == 0 || text.len > 10 || text.at[0] == '0')
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] < '0' || text.at[i] > '9')
            return false;
        n = n * 10 + (uint64_t)(text.at[i] - '0');
    }
    if (n > UINT32_MAX)
        return false;
    *ret = (uint32_t)n;
    return true;
}

static bool seat_take(span id, char out[static BUNDLE_TEXT + 1])
{
    if (id.len == 0 || id.len > BUNDLE_TEXT)
        return false;
    for (size_t i = 0; i < id.len; i++) {
        uint8_t c = id.at[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'))
            return false;
    }
    memcpy(out, id.at, id.len);
    out[id.len] = '\0';
    return true;
}

// "2026-11-21" and no other spelling of that day.
static bool day_take(span text, day *ret)
{
    char again[11];
    if (text.len != 10 || day_parse(text, ret) != OK || *ret < BUNDLE_DAY_MIN || *ret > BUNDLE_DAY_MAX)
        return false;
    day_format(*ret, again);
    return span_eq(text, span_str(again));
}

static bool signature_take(span line, ratify_signature *ret)
{
    const uint8_t *space = line.len ? memchr(line.at, ' ', line.len) : NULL;
    size_t id = space ? (size_t)(space - line.at) : 0;
    *ret = (ratify_signature){0};
    return id && seat_take(span_cut(line, 0, id), ret->seat) && day_take(span_cut(line, id + 1, 10), &ret->on) &&
           line.len > id + 12 && line.at[id + 11] == ' ' &&
           hex_take(span_from(line, id + 12), ret->bytes, SIGNATURE_BYTES);
}

static bool head_take(span *rest, ratify_head *ret)
{
    span line;
    return line_next(rest, &line) && span_eq(line, SPAN_LIT(RATIFICATION_MAGIC)) && line_next(rest, &line) &&
           word_take(&line, SPAN_LIT("version")) && version_take(line, &ret->version) && line_next(rest, &line) &&
           word_take(&line, SPAN_LIT("rules")) && hex_take(line, ret->rules.at, HASH_BYTES) &&
           line_next(rest, &line) && word_take(&line, SPAN_LIT("previous")) &&
           hex_take(line, ret->previous.at, HASH_BYTES);
}

err ratification_read(span bytes, ratification *ret)
{
    ratification r = {0};
    span rest = bytes, line;
    if (bytes.len > RATIFICATION_BYTES)
        return ERR_LIMIT;
    err e = head_take(&rest, &r.head) ? OK : ERR_FORMAT;
    bool ended = false;
    while (e == OK && !ended) {
        ratify_signature s;
        if (!line_next(&rest, &line))
            e = ERR_FORMAT;
        else if (span_eq(line, SPAN_LIT("end")))
            ended = true;
        else if (!word_take(&line, SPAN_LIT("signed")) || !signature_take(line, &s))
            e = ERR_FORMAT;
        else
            e = ratification_add(&r, &s);
    }
    if (e == OK && rest.len)
        e = ERR_FORMAT;
    if (e)
        ratification_done(&r);
    else
        *ret = r;
    return e;
}

// ---- writing -----------------------------------------------------------------------

static int signature_cmp(const void *a, const void *b)
{
    const ratify_signature *x = a, *y = b;
    int c = strcmp(x->seat, y->seat);
    if (c == 0)
        c = (x->on > y->on) - (x->on < y->on);
    return c ? c : memcmp(x->bytes, y->bytes, sizeof x->bytes);
}

err ratification_put(const ratification *r, buf *out)
{
    ratify_signature *sorted = calloc(r->count ? r->count : 1, sizeof *sorted);
    if (!sorted)
        return ERR_MEM;
    if (r->count) {
        memcpy(sorted, r->signatures, r->count * sizeof *sorted);
        qsort(sorted, r->count, sizeof *sorted, signature_cmp);
    }
    buf_printf(out, "%s\nversion %u\nrules ", RATIFICATION_MAGIC, r->head.version);
    buf_put_hex(out, span_of(r->head.rules.at, HASH_BYTES));
    buf_put_str(out, "\nprevious ");
    buf_put_hex(out, span_of(r->head.previous.at, HASH_BYTES));
    buf_put_str(out, "\n");
    for (size_t i = 0; i < r->count; i++) {
        char on[11];
        day_format(sorted[i].on, on);
        buf_printf(out, "signed %s %s ", sorted[i].seat, on);
        buf_put_hex(out, span_of(sorted[i].bytes, SIGNATURE_BYTES));
        buf_put_str(out, "\n");
    }
    buf_put_str(out, "end\n");
    free(sorted);
    return out->sticky;
}

// ---- signing -----------------------------------------------------------------------

void ratify_head_of(const policy *old_rules, const policy *new_rules, ratify_head *ret)
{
    ret->version = policy_version(new_rules);
    sha256(policy_bytes(new_rules), &ret->rules);
    sha256(policy_bytes(old_rules), &ret->previous);
}

err ratify_message(const ratify_head *h, const char *seat, day on, buf *out)
{
    buf_put_str(out, SIGNED_PREFIX);
    buf_put(out, h->rules.at, HASH_BYTES);
    buf_put(out, h->previous.at, HASH_BYTES);
    buf_put_u32(out, h->version);
    buf_put_u32(out, (uint32_t)on);
    return buf_put_str(out, seat);
}

err ratify_sign(const sign_key *k, const ratify_head *h, const char *seat, day on, ratify_signature *ret)
{
    ratify_signature s = {.on = on};
    buf message = {0};
    if (!seat_take(span_str(seat), s.seat))
        return ERR_USAGE;
    err e = ratify_message(h, seat, on, &message);
    if (e == OK)
        e = sign(k, buf_span(&message), s.bytes);
    buf_done(&message);
    if (e == OK)
        *ret = s;
    return e;
}
