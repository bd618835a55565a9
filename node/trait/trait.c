// SPDX-License-Identifier: Apache-2.0
#include "node/trait/trait.h"

#include <string.h>

#include "proto/base/utf8.h"
#include "proto/crypto/hash.h"

// Eight bytes of a hash: among 10^7 rows two meet by chance once in 10^5 hospitals, and then a
// comparison throws the row out. The index is half as large as with sixteen.
enum { HASHED = 8, GETA = 0x25a0, FIRST_VERSION_BYTES = 17, FIRST_VERSION_MAX = 3, INDEXED_MAX = 8 };

static void add(const uint8_t secret[static 32], trait_kind kind, const buf *text, traits *ret)
{
    hash32 h;
    uint8_t byte = (uint8_t)kind;
    span parts[3] = {SPAN_LIT("tsunagu trait v2"), span_of(&byte, 1), buf_span(text)};
    hmac_sha256(span_of(secret, 32), parts, 3, &h);
    uint8_t *out = ret->at[ret->count++];
    out[0] = byte;
    memcpy(out + 1, h.at, HASHED);
}

typedef err (*fold_function)(span, buf *);

// One folded field and a separator; false if there is nothing in it, or ■, which equals nothing.
static bool field(fold_function fold, const char *text, buf *out)
{
    size_t before = out->len;
    if (fold(span_str(text), out) != OK || out->len == before)
        return false;
    for (span s = span_from(buf_span(out), before); s.len;)
        if (utf8_next(&s) == GETA)
            return false;
    return buf_put_u8(out, 0) == OK;
}

static bool born(const identity *i)
{
    return i->birth != DAY_NONE && i->birth != DAY_FOREVER;
}

static bool birth(const identity *i, buf *out)
{
    return born(i) && buf_put_u32(out, (uint32_t)i->birth) == OK;
}

static bool birth_part(const identity *i, trait_kind kind, buf *out)
{
    int year, month, of_month;
    if (!born(i))
        return false;
    day_split(i->birth, &year, &month, &of_month);
    return buf_put_u32(out, (uint32_t)(kind == TRAIT_NAME_YEAR ? year : month * 100 + of_month)) == OK;
}

static bool name(const identity *i, buf *out)
{
    return field(identity_heard, i->kana_family, out) && field(identity_heard, i->kana_given, out);
}

// Symbol and number joined: senders cut them in different places. The aged have no symbol.
static bool card(const identity *i, buf *out)
{
    size_t before = out->len;
    return identity_symbol(span_str(i->symbol), out) == OK && i->number[0] &&
           identity_symbol(span_str(i->number), out) == OK && out->len > before && buf_put_u8(out, 0) == OK;
}

static bool text_of(const identity *i, trait_kind kind, buf *out)
{
    switch (kind) {
    case TRAIT_NAME_YEAR:
    case TRAIT_NAME_DAY: return name(i, out) && birth_part(i, kind, out);
    case TRAIT_GIVEN: return field(identity_heard, i->kana_given, out) && birth(i, out);
    case TRAIT_FAMILY: return field(identity_heard, i->kana_family, out) && birth(i, out);
    case TRAIT_KANJI:
        return field(identity_kanji, i->kanji_family, out) && field(identity_kanji, i->kanji_given, out) && birth(i, out);
    case TRAIT_CARD: return field(identity_insurer, i->insurer, out) && card(i, out);
    case TRAIT_CARD_BIRTH: return card(i, out) && birth(i, out);
    case TRAIT_TELEPHONE:
        return field(identity_telephone, i->telephone, out) && field(identity_heard, i->kana_given, out);
    }
    return false;
}

void traits_of(const uint8_t secret[static 32], const identity *i, traits *ret)
{
    buf text = {0};
    *ret = (traits){.version = TRAIT_VERSION, .bytes = 1 + HASHED};
    for (trait_kind kind = TRAIT_NAME_YEAR; kind <= TRAIT_TELEPHONE; kind++) {
        buf_clear(&text);
        if (text_of(i, kind, &text))
            add(secret, kind, &text, ret);
    }
    buf_wipe(&text);
}

void traits_asked(const uint8_t secret[static 32], const identity *form, traits *ret)
{
    // The other traits with a birth have only a part of it, which the right month and day cannot change.
    static const trait_kind swapped[] = {TRAIT_GIVEN, TRAIT_FAMILY, TRAIT_KANJI, TRAIT_CARD_BIRTH};
    int year, month, of_month;
    buf text = {0};
    traits_of(secret, form, ret);
    if (!born(form))
        return;
    day_split(form->birth, &year, &month, &of_month);
    if (of_month > 12 || month == of_month)
        return;
    identity other = *form;
    other.birth = day_of(year, of_month, month);
    for (size_t n = 0; n < sizeof swapped / sizeof swapped[0]; n++) {
        buf_clear(&text);
        if (text_of(&other, swapped[n], &text))
            add(secret, swapped[n], &text, ret);
    }
    buf_wipe(&text);
    identity_wipe(&other);
}

// The first version wrote a count of at most three; the second puts its number above the count.
err traits_pack(const traits *k, buf *out)
{
    buf_put_u8(out, (uint8_t)(k->version << 4 | k->count));
    for (int i = 0; i < k->count; i++)
        buf_put(out, k->at[i], k->bytes);
    return out->sticky;
}

err traits_unpack(reader *r, traits *ret)
{
    uint8_t head = read_u8(r);
    traits k = {.version = head >> 4, .count = head & 15};
    if (k.version == 0 && k.count <= FIRST_VERSION_MAX)
        k.bytes = FIRST_VERSION_BYTES;
    else if (k.version == TRAIT_VERSION && k.count <= INDEXED_MAX)
        k.bytes = 1 + HASHED;
    else
        return ERR_CORRUPT;
    for (int i = 0; i < k.count; i++)
        read_into(r, k.at[i], k.bytes);
    *ret = k;
    return OK;
}
