// SPDX-License-Identifier: Apache-2.0
#include "proto/pact/letter.h"

#include <string.h>

#include "proto/pact/seal_in.h"
#include "proto/wire/limits.h"

#define LETTER_VERSION 1
#define LABEL "tsunagu letter v1"
#define RECEIPT_LABEL "tsunagu letter receipt v1"
enum { INFO_BYTES = sizeof LABEL - 1 + HASH_BYTES };

_Static_assert(LETTER_SEALED_MAX <= WIRE_LETTER_MAX, "a letter fits its field");
_Static_assert(WIRE_LETTER_MAX + 512 <= WIRE_BODY_MAX, "and with its envelope a call");

const char *letter_kind_name(uint32_t kind)
{
    static const char *const names[LETTER_KIND_COUNT] = {
        [LETTER_NONE] = "none",
        [LETTER_ENQUIRY] = "enquiry",
        [LETTER_MAY_HOLD] = "may_hold",
        [LETTER_REQUEST] = "request",
        [LETTER_RECEIVED] = "received",
        [LETTER_ASK_BACK] = "ask_back",
        [LETTER_REPLY] = "reply",
        [LETTER_ACCEPTED] = "accepted",
        [LETTER_REJECTED] = "rejected",
        [LETTER_CANCELLED] = "cancelled",
        [LETTER_CHANGE] = "change",
        [LETTER_WITHDRAWAL] = "withdrawal",
        [LETTER_OBJECTION] = "objection",
        [LETTER_ENDED] = "ended",
        [LETTER_EMERGENCY_TOLD] = "emergency_told",
        [LETTER_JOIN] = "join",
        [LETTER_JOIN_ANSWER] = "join_answer",
        [LETTER_LEAVE] = "leave",
        [LETTER_TOLD] = "told",
    };
    return kind < LETTER_KIND_COUNT ? names[kind] : "?";
}

static bool node_fits(const char *name)
{
    return name && name[0] && strlen(name) <= LETTER_NODE_MAX;
}

err letter_pack(const letter *l, buf *out)
{
    if (l->kind == LETTER_NONE || l->kind > UINT16_MAX || l->seq == 0)
        return ERR_USAGE;
    if (l->body.len > LETTER_BODY_MAX)
        return ERR_LIMIT;
    buf_put_u8(out, LETTER_VERSION);
    buf_put(out, l->id, sizeof l->id);
    buf_put(out, l->thread, sizeof l->thread);
    buf_put_u32(out, l->seq);
    buf_put_u16(out, (uint16_t)l->kind);
    buf_put_u64(out, l->from);
    buf_put_u64(out, l->to);
    buf_put_u64(out, (uint64_t)l->at);
    buf_put_u32(out, (uint32_t)l->body.len);
    return buf_put_span(out, l->body);
}

err letter_unpack(span bytes, letter *l)
{
    reader r = reader_of(bytes);
    letter k = *l;
    if (read_u8(&r) != LETTER_VERSION)
        return ERR_FORMAT;
    read_into(&r, k.id, sizeof k.id);
    read_into(&r, k.thread, sizeof k.thread);
    k.seq = read_u32(&r);
    k.kind = read_u16(&r);
    k.from = read_u64(&r);
    k.to = read_u64(&r);
    k.at = (time_ms)read_u64(&r);
    k.body = read_bytes(&r, read_u32(&r));
    // A kind that only a later build knows is a letter all the same: it is refused where it arrives.
    if (!read_at_end(&r) || k.kind == LETTER_NONE || k.seq == 0)
        return ERR_FORMAT;
    if (k.body.len > LETTER_BODY_MAX)
        return ERR_LIMIT;
    *l = k;
    return OK;
}

// What both ends bind the seal to: whoever changes the envelope on the way makes it unreadable.
static err info_of(uint64_t from, uint64_t to, const char *from_node, const char *to_node,
                   uint8_t ret[static INFO_BYTES])
{
    uint8_t numbers[16], lengths[2];
    hash32 h;
    if (!node_fits(from_node) || !node_fits(to_node))
        return ERR_USAGE;
    be64_put(numbers, from);
    be64_put(numbers + 8, to);
    lengths[0] = (uint8_t)strlen(from_node);
    lengths[1] = (uint8_t)strlen(to_node);
    const span parts[] = {span_of(numbers, sizeof numbers), span_of(lengths, 1), span_str(from_node),
                          span_of(lengths + 1, 1), span_str(to_node)};
    sha256_parts(parts, sizeof parts / sizeof *parts, &h);
    memcpy(ret, LABEL, sizeof LABEL - 1);
    memcpy(ret + sizeof LABEL - 1, h.at, HASH_BYTES);
    return OK;
}

err letter_seal(const letter *l, const seal_key *own, const uint8_t to_pub[static KEY_BYTES], buf *sealed,
                hash32 *ret_secret)
{
    uint8_t info[INFO_BYTES];
    buf plain = {0};
    hpke h = {0};
    hash32 secret;
    size_t before = sealed->len;
    err e = info_of(l->from, l->to, l->from_node, l->to_node, info);
    if (e == OK)
        e = letter_pack(l, &plain);
    if (e == OK)
        e = message_seal(own, to_pub, span_of(info, sizeof info), buf_span(&plain), LETTER_SEALED_MAX, sealed, &h);
    if (e == OK) {
        e = hpke_export(&h, SPAN_LIT(RECEIPT_LABEL), secret.at, sizeof secret.at);
        hpke_done(&h);
    }
    if (e == OK)
        *ret_secret = secret;
    else
        sealed->len = before;
    buf_wipe(&plain);
    return e;
}

err letter_open(const letter_envelope *env, seal_key *const *own, int own_count, const uint8_t *const *from_pubs,
                int from_count, span sealed, buf *plain, letter *ret, hash32 *ret_secret)
{
    const seal_reader who = {own, own_count, from_pubs, from_count};
    uint8_t info[INFO_BYTES];
    letter l = {.from_node = env->from_node, .to_node = env->to_node};
    hash32 secret;
    hpke h = {0};
    int from;
    err e = info_of(env->from, env->to, env->from_node, env->to_node, info);
    if (e)
        return ERR_FORMAT;
    buf_clear(plain);
    e = message_open(&who, span_of(info, sizeof info), sealed, LETTER_SEALED_MAX, plain, &h, &from);
    if (e)
        return e;
    e = hpke_export(&h, SPAN_LIT(RECEIPT_LABEL), secret.at, sizeof secret.at);
    hpke_done(&h);
    if (e == OK)
        e = letter_unpack(buf_span(plain), &l);
    if (e == OK && (l.from != env->from || l.to != env->to))
        e = ERR_FORMAT;
    if (e == OK) {
        *ret = l;
        *ret_secret = secret;
    }
    return e;
}

static void receipt_mac(const hash32 *secret, const uint8_t status[static 2], hash32 *ret)
{
    const span parts[] = {SPAN_LIT(RECEIPT_LABEL), span_of(status, 2)};
    hmac_sha256(span_of(secret->at, HASH_BYTES), parts, 2, ret);
}

void letter_receipt(const hash32 *secret, err status, uint8_t ret[static LETTER_RECEIPT_BYTES])
{
    hash32 mac;
    be16_put(ret, (uint16_t)status);
    receipt_mac(secret, ret, &mac);
    memcpy(ret + 2, mac.at, HASH_BYTES);
}

err letter_receipt_open(const hash32 *secret, span receipt, err *ret_status)
{
    hash32 mac;
    if (receipt.len != LETTER_RECEIPT_BYTES)
        return ERR_AUTH;
    receipt_mac(secret, receipt.at, &mac);
    if (!crypto_same(mac.at, receipt.at + 2, HASH_BYTES))
        return ERR_AUTH;
    uint16_t status = be16_get(receipt.at);
    if (status >= ERR_COUNT)
        return ERR_FORMAT;
    *ret_status = (err)status;
    return OK;
}
