// SPDX-License-Identifier: Apache-2.0
#include "proto/pact/seal_in.h"

#include <string.h>

#include "proto/wire/limits.h"

#define PIECE_HEAD 1
#define INFO_MAX 96
#define SEALED_CHUNK_MAX (WIRE_CHUNK_MAX + SEAL_OVERHEAD)

enum { PIECE_MORE = 0, PIECE_LAST = 1 };

_Static_assert(SEAL_HEAD + PIECE_HEAD + HPKE_TAG_BYTES <= SEAL_OVERHEAD, "the first piece fits its overhead");

// Which key a message is for, without telling more of it than the membership list does.
static uint8_t index_of(const uint8_t pub[static KEY_BYTES])
{
    hash32 h;
    sha256(span_of(pub, KEY_BYTES), &h);
    return h.at[0];
}

static uint8_t own_index(const seal_key *k)
{
    uint8_t pub[KEY_BYTES];
    seal_key_public(k, pub);
    return index_of(pub);
}

// What both ends bind the context to: label, the ticket, and for an answer the ask.
typedef struct context_info {
    uint8_t at[INFO_MAX];
    size_t len;
} context_info;

static context_info info_of(span label, span ticket, const hash32 *ask)
{
    context_info i = {.len = label.len};
    hash32 h;
    memcpy(i.at, label.at, label.len);
    sha256(ticket, &h);
    memcpy(i.at + i.len, h.at, HASH_BYTES);
    i.len += HASH_BYTES;
    if (ask) {
        memcpy(i.at + i.len, ask->at, HASH_BYTES);
        i.len += HASH_BYTES;
    }
    return i;
}

#define ASK_LABEL SPAN_LIT("tsunagu ask v1")
#define ANSWER_LABEL SPAN_LIT("tsunagu answer v1")

static err send_context(span info, const seal_key *own, const uint8_t *to_pub, uint8_t *enc,
                        hpke *ret)
{
    const hpke_setup setup = {
        .aead = HPKE_CHACHA20POLY1305, .info = info, .sender = own};
    return hpke_sender(&setup, to_pub, enc, ret);
}

// Opens one message into the room behind `plain`; its length changes only on success.
static err open_into(hpke *h, span aad, span sealed, buf *plain)
{
    err e = buf_reserve(plain, sealed.len);
    size_t n = 0;
    if (!e)
        e = hpke_open(h, aad, sealed, plain->at + plain->len, &n);
    if (!e)
        plain->len += n;
    return e;
}

// Tries each own key that the message names with each key the sender may have:
// while keys are being replaced there are two of both. The context that opens is handed over.
typedef seal_reader opening;

static err open_first(const opening *o, span info, uint8_t index, const uint8_t *enc, span aad,
                      span sealed, buf *plain, hpke *ret, int *ret_from)
{
    for (int k = 0; k < o->own_count; k++) {
        if (own_index(o->own[k]) != index)
            continue;
        for (int f = 0; f < o->from_count; f++) {
            const hpke_setup setup = {.aead = HPKE_CHACHA20POLY1305,
                                      .info = info,
                                      .sender_pub = o->from[f]};
            hpke h = {0};
            err e = hpke_receiver(&setup, o->own[k], enc, &h);
            if (!e)
                e = open_into(&h, aad, sealed, plain);
            if (!e) {
                *ret = h;
                *ret_from = f;
                return OK;
            }
            hpke_done(&h);
            // A key that does not fit is tried no further; anything else is our own trouble.
            if (e == ERR_MEM || e == ERR_LIMIT)
                return e;
        }
    }
    return ERR_AUTH;
}

// ---- one message -----------------------------------------------------------------

err message_seal(const seal_key *own, const uint8_t to_pub[static KEY_BYTES], span info, span plain, size_t max,
                 buf *sealed, hpke *ret_context)
{
    size_t len = SEAL_HEAD + plain.len + HPKE_TAG_BYTES, n = 0, before = sealed->len;
    if (plain.len > max || len > max)
        return ERR_LIMIT;
    err e = buf_reserve(sealed, len);
    if (e)
        return e;
    uint8_t *p = sealed->at + before;
    hpke h = {0};
    p[0] = SEAL_VERSION;
    p[1] = index_of(to_pub);
    e = send_context(info, own, to_pub, p + 2, &h);
    if (!e)
        e = hpke_seal(&h, span_of(p, 2), plain, p + SEAL_HEAD, &n);
    if (!e)
        sealed->len = before + SEAL_HEAD + n;
    if (!e && ret_context)
        *ret_context = h;
    else
        hpke_done(&h);
    return e;
}

err message_open(const seal_reader *who, span info, span sealed, size_t max, buf *plain, hpke *ret_context,
                 int *ret_from)
{
    hpke h = {0};
    if (sealed.len > max)
        return ERR_LIMIT;
    if (sealed.len < SEAL_HEAD + HPKE_TAG_BYTES || sealed.at[0] != SEAL_VERSION)
        return ERR_FORMAT;
    err e = open_first(who, info, sealed.at[1], sealed.at + 2, span_of(sealed.at, 2), span_from(sealed, SEAL_HEAD),
                       plain, &h, ret_from);
    if (e)
        return e;
    if (ret_context)
        *ret_context = h;
    else
        hpke_done(&h);
    return OK;
}

// ---- the ask --------------------------------------------------------------------

err ask_seal(const seal_key *own, const uint8_t to_pub[static KEY_BYTES], span ticket, span plain,
             buf *sealed, hash32 *ret_ask)
{
    size_t before = sealed->len;
    context_info info = info_of(ASK_LABEL, ticket, NULL);
    err e = message_seal(own, to_pub, span_of(info.at, info.len), plain, WIRE_SEALED_MAX, sealed, NULL);
    if (!e)
        sha256(span_from(buf_span(sealed), before), ret_ask);
    return e;
}

err ask_open(seal_key *const *own, int own_count, const uint8_t *const *from_pubs, int from_count,
             span ticket, span sealed, buf *plain, hash32 *ret_ask, int *ret_from)
{
    const opening o = {own, own_count, from_pubs, from_count};
    context_info info = info_of(ASK_LABEL, ticket, NULL);
    err e = message_open(&o, span_of(info.at, info.len), sealed, WIRE_SEALED_MAX, plain, NULL, ret_from);
    if (!e)
        sha256(sealed, ret_ask);
    return e;
}

// ---- the answer, discloser's end -------------------------------------------------

err seal_stream_begin(seal_stream *s, const seal_key *own, const uint8_t to_pub[static KEY_BYTES],
                      span ticket, const hash32 *ask)
{
    seal_stream fresh = {.first = true, .key_index = index_of(to_pub), .ask = *ask};
    context_info info = info_of(ANSWER_LABEL, ticket, ask);
    err e = send_context(span_of(info.at, info.len), own, to_pub, fresh.enc, &fresh.context);
    if (e)
        hpke_done(&fresh.context);
    else
        *s = fresh;
    crypto_wipe(&fresh, sizeof fresh); // the keys live on in *s
    return e;
}

err seal_stream_put(seal_stream *s, span plain, bool last, buf *out)
{
    if (s->failed || s->ended)
        return s->failed ? s->failed : ERR_CLOSED;
    if (plain.len > WIRE_CHUNK_MAX)
        return ERR_LIMIT;
    size_t head = s->first ? SEAL_HEAD : 0, n = 0;
    err e = buf_reserve(out, head + PIECE_HEAD + plain.len + HPKE_TAG_BYTES);
    if (e)
        return e;
    uint8_t *p = out->at + out->len;
    if (s->first) {
        p[0] = SEAL_VERSION;
        p[1] = s->key_index;
        memcpy(p + 2, s->enc, HPKE_ENC_BYTES);
    }
    uint8_t *piece = p + head;
    piece[0] = last ? PIECE_LAST : PIECE_MORE;
    e = hpke_seal(&s->context, span_of(piece, PIECE_HEAD), plain, piece + PIECE_HEAD, &n);
    if (e) {
        s->failed = e; // whether the counter moved is not ours to know
        return e;
    }
    out->len += head + PIECE_HEAD + n;
    s->first = false;
    s->ended = last;
    return OK;
}

void seal_stream_done(seal_stream *s)
{
    if (!s)
        return;
    hpke_done(&s->context);
    crypto_wipe(s, sizeof *s);
    s->failed = ERR_CLOSED;
}

// ---- the answer, asker's end -----------------------------------------------------

err open_stream_begin(seal_stream *s, const hash32 *ask)
{
    *s = (seal_stream){.first = true, .ask = *ask};
    return OK;
}

static err take_first(seal_stream *s, const opening *o, span ticket, span chunk, buf *plain)
{
    if (chunk.len < SEAL_HEAD + PIECE_HEAD + HPKE_TAG_BYTES || chunk.at[0] != SEAL_VERSION ||
        chunk.at[SEAL_HEAD] > PIECE_LAST)
        return ERR_FORMAT;
    int from = 0;
    context_info info = info_of(ANSWER_LABEL, ticket, &s->ask);
    span piece = span_from(chunk, SEAL_HEAD);
    err e = open_first(o, span_of(info.at, info.len), chunk.at[1], chunk.at + 2, span_cut(piece, 0, PIECE_HEAD),
                       span_from(piece, PIECE_HEAD), plain, &s->context, &from);
    if (e)
        return e;
    s->key_index = chunk.at[1];
    memcpy(s->enc, chunk.at + 2, HPKE_ENC_BYTES);
    s->first = false;
    s->ended = piece.at[0] == PIECE_LAST;
    return OK;
}

static err take_next(seal_stream *s, span piece, buf *plain)
{
    if (piece.len < PIECE_HEAD + HPKE_TAG_BYTES || piece.at[0] > PIECE_LAST)
        return ERR_FORMAT;
    err e = open_into(&s->context, span_cut(piece, 0, PIECE_HEAD), span_from(piece, PIECE_HEAD), plain);
    if (!e)
        s->ended = piece.at[0] == PIECE_LAST;
    return e;
}

err open_stream_take(seal_stream *s, seal_key *const *own, int own_count, const uint8_t *const *from_pubs,
                     int from_count, span ticket, span chunk, buf *plain, bool *ret_last)
{
    if (s->failed || s->ended)
        return s->failed ? s->failed : ERR_CLOSED;
    const opening o = {own, own_count, from_pubs, from_count};
    err e = chunk.len > SEALED_CHUNK_MAX ? ERR_LIMIT
            : s->first                   ? take_first(s, &o, ticket, chunk, plain)
                                         : take_next(s, chunk, plain);
    // What comes after a piece that does not fit cannot be trusted to be in its place.
    if (e)
        s->failed = e;
    else
        *ret_last = s->ended;
    return e;
}
