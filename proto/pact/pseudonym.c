// SPDX-License-Identifier: Apache-2.0
#include "proto/pact/pseudonym.h"

#include <string.h>

#include "proto/base/utf8.h"
#include "proto/crypto/hash.h"
#include "proto/crypto/key.h"

#define GETA 0x25a0u

err pseudonym_key_load(const char *path, uint8_t epoch, pseudonym_key *ret)
{
    pseudonym_key k = {.epoch = epoch};
    err e = secret_load(path, k.at);
    if (!e)
        *ret = k;
    pseudonym_key_done(&k);
    return e;
}

void pseudonym_key_done(pseudonym_key *k)
{
    if (k)
        crypto_wipe(k, sizeof *k);
}

// A normalised name; empty or with a character that could not be written is none.
static err name_of(const char *kana, buf *out)
{
    err e = identity_kana(span_str(kana), out);
    if (e == ERR_MEM)
        return e;
    if (e || out->len == 0 || out->len > UINT16_MAX)
        return ERR_FORMAT;
    for (span s = buf_span(out); s.len;)
        if (utf8_next(&s) == GETA)
            return ERR_FORMAT;
    return OK;
}

// Unknown (U) is not a sex: two hospitals of which one knows it would never meet.
static bool sex_known(char sex)
{
    return sex && strchr("MFOAN", sex);
}

err pseudonym_of(const pseudonym_key *k, const identity *i, pseudonym *ret, const char **ret_field)
{
    buf family = {0}, given = {0};
    hash32 mac;
    const char *field = identity_field_name(FIELD_KANA_FAMILY);
    err e = name_of(i->kana_family, &family);
    if (e)
        goto out;
    field = identity_field_name(FIELD_KANA_GIVEN);
    e = name_of(i->kana_given, &given);
    if (e)
        goto out;
    e = ERR_FORMAT;
    field = identity_field_name(FIELD_BIRTH);
    if (i->birth == DAY_NONE || i->birth == DAY_FOREVER)
        goto out;
    field = identity_field_name(FIELD_SEX);
    if (!sex_known(i->sex))
        goto out;
    // Lengths go before the names, so that no two people write the same bytes.
    uint8_t family_len[2], given_len[2], rest[5];
    be16_put(family_len, (uint16_t)family.len);
    be16_put(given_len, (uint16_t)given.len);
    be32_put(rest, (uint32_t)i->birth);
    rest[4] = (uint8_t)i->sex;
    const span parts[] = {
        SPAN_LIT("tsunagu pseudonym v1"), span_of(&k->epoch, 1),
        span_of(family_len, 2),           buf_span(&family),
        span_of(given_len, 2),            buf_span(&given),
        span_of(rest, sizeof rest),
    };
    hmac_sha256(span_of(k->at, sizeof k->at), parts, sizeof parts / sizeof *parts, &mac);
    ret->at[0] = k->epoch;
    memcpy(ret->at + 1, mac.at, sizeof mac.at);
    crypto_wipe(&mac, sizeof mac);
    crypto_wipe(rest, sizeof rest);
    e = OK;
out:
    if (e == ERR_FORMAT && ret_field)
        *ret_field = field;
    buf_wipe(&family);
    buf_wipe(&given);
    return e;
}

err pseudonym_parse(span bytes, pseudonym *ret)
{
    if (bytes.len != PSEUDONYM_BYTES)
        return ERR_FORMAT;
    memcpy(ret->at, bytes.at, PSEUDONYM_BYTES);
    return OK;
}

bool pseudonym_same(const pseudonym *a, const pseudonym *b)
{
    return crypto_same(a->at, b->at, PSEUDONYM_BYTES);
}

void user_id_of(const uint8_t node_secret[static 32], uint64_t facility, const char *user,
                uint8_t ret[static USER_ID_BYTES])
{
    uint8_t at[8];
    be64_put(at, facility);
    // The user comes last and alone has a free length: nothing to confuse.
    const span parts[] = {SPAN_LIT("tsunagu user v1"), span_of(at, sizeof at), span_str(user)};
    hash32 mac;
    hmac_sha256(span_of(node_secret, 32), parts, sizeof parts / sizeof *parts, &mac);
    memcpy(ret, mac.at, USER_ID_BYTES);
    crypto_wipe(&mac, sizeof mac);
}
