// SPDX-License-Identifier: Apache-2.0
// A membership list as bytes: one spelling only, so that a hash names a list.
#include "policies/ratify/members.h"

#include <stdlib.h>
#include <string.h>

#include "proto/base/utf8.h"

static const char SIGNED_PREFIX[] = "tsunagu members v1\n";

bool members_is(span bytes)
{
    span magic = SPAN_LIT(MEMBERS_MAGIC);
    return bytes.len > magic.len && span_eq(span_cut(bytes, 0, magic.len), magic);
}

void members_done(members *m)
{
    arena_done(&m->mem);
    *m = (members){0};
}

// ---- reading -----------------------------------------------------------------------

// Memory for `count` rows of `size` bytes, each of which took at least `least` bytes to
// write: a large count in a short list cannot make us allocate much.
static void *rows_get(reader *r, members *m, size_t count, size_t size, size_t least)
{
    if (r->bad || count > r->rest.len / least) {
        r->bad = true;
        return NULL;
    }
    void *rows = arena_get(&m->mem, (count ? count : 1) * size);
    if (!rows)
        r->bad = true;
    return rows;
}

static const char *text_read(reader *r, members *m, bool filled)
{
    size_t len = read_u8(r);
    span s = read_bytes(r, len + 1); // with its NUL
    if (r->bad || s.len != len + 1 || s.at[len] != 0 || (filled && len == 0) || !utf8_valid(span_cut(s, 0, len)))
        goto bad;
    for (size_t i = 0; i < len; i++)
        if (s.at[i] < 0x20 || s.at[i] == 0x7f)
            goto bad;
    const char *copy = arena_str(&m->mem, span_cut(s, 0, len));
    if (copy)
        return copy;
bad:
    r->bad = true;
    return "";
}

static bool flag_read(reader *r)
{
    uint8_t flag = read_u8(r);
    if (flag > 1)
        r->bad = true;
    return flag == 1;
}

static void facility_read(reader *r, members *m, member_facility *f)
{
    f->code = read_u64(r);
    f->name = text_read(r, m, true);
    f->ward = text_read(r, m, false);
    f->kind = text_read(r, m, true);
    f->discloses = flag_read(r);
    f->also_count = read_u8(r);
    if (f->code > BUNDLE_CODE_MAX || f->also_count > MEMBERS_ALSO) {
        r->bad = true;
        return;
    }
    for (int i = 0; i < f->also_count && !r->bad; i++) {
        f->also[i] = text_read(r, m, true);
        if (i && strcmp(f->also[i - 1], f->also[i]) >= 0)
            r->bad = true;
    }
}

static uint64_t *codes_read(reader *r, members *m, size_t *ret_count)
{
    size_t count = read_u32(r);
    uint64_t *codes = count > MEMBERS_FACILITIES ? NULL : rows_get(r, m, count, sizeof *codes, 8);
    if (!codes) {
        r->bad = true;
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        codes[i] = read_u64(r);
        if (codes[i] > BUNDLE_CODE_MAX || (i && codes[i - 1] >= codes[i]))
            r->bad = true;
    }
    *ret_count = count;
    return codes;
}

static void keys_read(reader *r, member_keys *k)
{
    int count = read_u8(r);
    if (count > BUNDLE_KEYS) {
        r->bad = true;
        return;
    }
    for (k->count = 0; k->count < count; k->count++) {
        read_into(r, k->at[k->count], KEY_BYTES);
        if (k->count && memcmp(k->at[k->count - 1], k->at[k->count], KEY_BYTES) >= 0)
            r->bad = true;
    }
}

static void node_read(reader *r, members *m, member_node *n)
{
    n->name = text_read(r, m, true);
    n->host = text_read(r, m, true);
    n->discloses = codes_read(r, m, &n->disclose_count);
    n->views_all = flag_read(r);
    n->views = codes_read(r, m, &n->view_count);
    if (n->views_all && n->view_count)
        r->bad = true;
    keys_read(r, &n->tls);
    keys_read(r, &n->sign);
    keys_read(r, &n->seal);
}

static void head_read(reader *r, members *m)
{
    span magic = read_bytes(r, 8);
    if (r->bad || !span_eq(magic, SPAN_LIT(MEMBERS_MAGIC)) || read_u16(r) != MEMBERS_FORMAT) {
        r->bad = true;
        return;
    }
    m->union_id = text_read(r, m, true);
    m->serial = read_u32(r);
    m->has_previous = flag_read(r);
    if (m->has_previous)
        read_into(r, m->previous.at, HASH_BYTES);
    m->on = (day)read_u32(r);
    if (m->serial == 0 || m->has_previous != (m->serial > 1) || m->on < BUNDLE_DAY_MIN || m->on > BUNDLE_DAY_MAX)
        r->bad = true;
}

static void rows_read(reader *r, members *m)
{
    m->facility_count = read_u32(r);
    if (m->facility_count > MEMBERS_FACILITIES)
        r->bad = true;
    m->facilities = rows_get(r, m, m->facility_count, sizeof *m->facilities, 15);
    for (size_t i = 0; i < m->facility_count && !r->bad; i++) {
        facility_read(r, m, &m->facilities[i]);
        if (i && m->facilities[i - 1].code >= m->facilities[i].code)
            r->bad = true;
    }
    m->facility_cap = m->facility_count;
    m->node_count = read_u16(r);
    if (m->node_count > MEMBERS_NODES)
        r->bad = true;
    m->nodes = rows_get(r, m, m->node_count, sizeof *m->nodes, 15);
    for (size_t i = 0; i < m->node_count && !r->bad; i++) {
        node_read(r, m, &m->nodes[i]);
        if (i && strcmp(m->nodes[i - 1].name, m->nodes[i].name) >= 0)
            r->bad = true;
    }
    m->node_cap = m->node_count;
}

err members_read(span bytes, members *ret)
{
    members m = {0};
    if (bytes.len > MEMBERS_BYTES)
        return ERR_LIMIT;
    arena_init(&m.mem, 0);
    reader r = reader_of(bytes);
    head_read(&r, &m);
    if (!r.bad)
        rows_read(&r, &m);
    m.is_signed = flag_read(&r);
    if (m.is_signed)
        read_into(&r, m.signature, sizeof m.signature);
    if (!read_at_end(&r)) {
        members_done(&m);
        return ERR_FORMAT;
    }
    *ret = m;
    return OK;
}

// ---- writing -----------------------------------------------------------------------

static int facility_cmp(const void *a, const void *b)
{
    uint64_t x = ((const member_facility *)a)->code, y = ((const member_facility *)b)->code;
    return (x > y) - (x < y);
}

static int node_cmp(const void *a, const void *b)
{
    return strcmp(((const member_node *)a)->name, ((const member_node *)b)->name);
}

static int code_cmp(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static int text_cmp(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int key_cmp(const void *a, const void *b)
{
    return memcmp(a, b, KEY_BYTES);
}

static void sort(void *rows, size_t count, size_t size, int (*cmp)(const void *, const void *))
{
    if (count > 1)
        qsort(rows, count, size, cmp);
}

static void members_sort(members *m)
{
    sort(m->facilities, m->facility_count, sizeof *m->facilities, facility_cmp);
    sort(m->nodes, m->node_count, sizeof *m->nodes, node_cmp);
    for (size_t i = 0; i < m->facility_count; i++)
        sort(m->facilities[i].also, (size_t)m->facilities[i].also_count, sizeof(char *), text_cmp);
    for (size_t i = 0; i < m->node_count; i++) {
        member_node *n = &m->nodes[i];
        sort(n->discloses, n->disclose_count, sizeof *n->discloses, code_cmp);
        sort(n->views, n->view_count, sizeof *n->views, code_cmp);
        sort(n->tls.at, (size_t)n->tls.count, KEY_BYTES, key_cmp);
        sort(n->sign.at, (size_t)n->sign.count, KEY_BYTES, key_cmp);
        sort(n->seal.at, (size_t)n->seal.count, KEY_BYTES, key_cmp);
    }
}

static void text_put(buf *b, const char *s)
{
    size_t len = strlen(s);
    if (len > BUNDLE_TEXT) {
        b->sticky = b->sticky ? b->sticky : ERR_LIMIT;
        return;
    }
    buf_put_u8(b, (uint8_t)len);
    buf_put(b, s, len + 1);
}

static void codes_put(buf *b, const uint64_t *codes, size_t count)
{
    buf_put_u32(b, (uint32_t)count);
    for (size_t i = 0; i < count; i++)
        buf_put_u64(b, codes[i]);
}

static void keys_put(buf *b, const member_keys *k)
{
    buf_put_u8(b, (uint8_t)k->count);
    for (int i = 0; i < k->count; i++)
        buf_put(b, k->at[i], KEY_BYTES);
}

static void facility_put(buf *b, const member_facility *f)
{
    buf_put_u64(b, f->code);
    text_put(b, f->name);
    text_put(b, f->ward);
    text_put(b, f->kind);
    buf_put_u8(b, f->discloses);
    buf_put_u8(b, (uint8_t)f->also_count);
    for (int i = 0; i < f->also_count; i++)
        text_put(b, f->also[i]);
}

static void node_put(buf *b, const member_node *n)
{
    text_put(b, n->name);
    text_put(b, n->host);
    codes_put(b, n->discloses, n->disclose_count);
    buf_put_u8(b, n->views_all);
    codes_put(b, n->views, n->views_all ? 0 : n->view_count);
    keys_put(b, &n->tls);
    keys_put(b, &n->sign);
    keys_put(b, &n->seal);
}

static err content_put(members *m, buf *b)
{
    members_sort(m);
    buf_put(b, MEMBERS_MAGIC, 8);
    buf_put_u16(b, MEMBERS_FORMAT);
    text_put(b, m->union_id);
    buf_put_u32(b, m->serial);
    buf_put_u8(b, m->has_previous);
    if (m->has_previous)
        buf_put(b, m->previous.at, HASH_BYTES);
    buf_put_u32(b, (uint32_t)m->on);
    buf_put_u32(b, (uint32_t)m->facility_count);
    for (size_t i = 0; i < m->facility_count; i++)
        facility_put(b, &m->facilities[i]);
    buf_put_u16(b, (uint16_t)m->node_count);
    for (size_t i = 0; i < m->node_count; i++)
        node_put(b, &m->nodes[i]);
    return b->sticky;
}

err members_put(members *m, buf *out)
{
    err e = content_put(m, out);
    buf_put_u8(out, m->is_signed);
    if (m->is_signed)
        buf_put(out, m->signature, sizeof m->signature);
    return e ? e : out->sticky;
}

err members_hash(members *m, hash32 *ret)
{
    buf b = {0};
    err e = content_put(m, &b);
    if (e == OK)
        sha256(buf_span(&b), ret);
    buf_done(&b);
    return e;
}

err members_message(members *m, buf *out)
{
    buf_put_str(out, SIGNED_PREFIX);
    return content_put(m, out);
}

err members_sign(members *m, const sign_key *k, day on)
{
    buf message = {0};
    m->on = on;
    err e = members_message(m, &message);
    if (e == OK)
        e = sign(k, buf_span(&message), m->signature);
    m->is_signed = e == OK;
    buf_done(&message);
    return e;
}
