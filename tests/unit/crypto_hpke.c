// SPDX-License-Identifier: Apache-2.0
// HPKE against RFC 9180 appendix A (shared vectors), and against abuse.
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "proto/crypto/hash.h"
#include "proto/crypto/hpke.h"

// ---- the vectors: "name: hex", the hex wrapped over lines, in sections ----

typedef struct field {
    char name[24];
    uint8_t at[128];
    size_t len;
    unsigned long number; // as decimal
} field;

typedef struct vector {
    field f[32];
    size_t count;
} vector;

static const field *get(const vector *v, const char *name) {
    for (size_t i = 0; i < v->count; i++)
        if (strcmp(v->f[i].name, name) == 0)
            return &v->f[i];
    return NULL;
}

static const field *must(const vector *v, const char *name) {
    const field *f = get(v, name);
    if (!f)
        fail_msg("the vector has no %s", name);
    return f;
}

static span bytes(const vector *v, const char *name) {
    const field *f = get(v, name);
    return f ? span_of(f->at, f->len) : (span){0};
}

typedef struct file {
    char *text;
    char *next; // line
} file;

// Digits may wrap anywhere: they are collected and read at the end of the field.
static void field_hex(field *f, char *digits) {
    f->number = strtoul(digits, NULL, 10);
    size_t len = strlen(digits);
    assert_true(len / 2 <= sizeof f->at);
    if (len % 2 == 0 && hex_get(span_of(digits, len), f->at, len / 2) == OK)
        f->len = len / 2;
}

// Reads fields up to an empty line, "~~~" or "#". False when there were none.
static bool block(vector *v, char **next) {
    char digits[300] = "";
    v->count = 0;
    for (char *line; (line = strsep(next, "\n"));) {
        if (*line == '\0' || *line == '#' || *line == '~')
            break;
        char *value = line, *colon = strchr(line, ':');
        if (colon) {
            if (v->count)
                field_hex(&v->f[v->count - 1], digits);
            assert_true(v->count < 32);
            field *f = &v->f[v->count++];
            memset(f, 0, sizeof *f);
            snprintf(f->name, sizeof f->name, "%.*s", (int)(colon - line), line);
            digits[0] = '\0';
            value = colon + 1;
        }
        while (isspace((unsigned char)*value))
            value++;
        assert_true(strlen(digits) + strlen(value) < sizeof digits);
        strcat(digits, value);
    }
    if (v->count)
        field_hex(&v->f[v->count - 1], digits);
    return v->count > 0;
}

static char *vectors_text(void) {
    char path[4096];
    const char *dir = getenv("TSUNAGU_VECTORS"), *source = getenv("TSUNAGU_SOURCE");
    if (dir && *dir)
        snprintf(path, sizeof path, "%s/hpke-x25519.txt", dir);
    else
        snprintf(path, sizeof path, "%s/../shared/vectors/hpke-x25519.txt", source && *source ? source : ".");
    FILE *f = fopen(path, "r");
    if (!f) {
        print_message("SKIPPED: no vectors at %s\n", path);
        return NULL;
    }
    char *text = calloc(1, 1 << 16);
    size_t len = fread(text, 1, (1 << 16) - 1, f);
    fclose(f);
    assert_true(len > 0 && len < (1 << 16) - 1);
    return text;
}

typedef struct ends {
    hpke out, in;
} ends;

static seal_key *derived(const vector *v, const char *ikm, const char *priv, const char *pub) {
    seal_key *k, *same;
    uint8_t a[32], b[32];
    assert_int_equal(hpke_derive(bytes(v, ikm), &k), OK);
    assert_int_equal(seal_key_of(must(v, priv)->at, &same), OK);
    seal_key_public(k, a);
    seal_key_public(same, b);
    assert_memory_equal(a, b, 32);
    assert_memory_equal(a, must(v, pub)->at, 32);
    seal_key_free(same);
    return k;
}

static void set_up(const vector *v, ends *e) {
    unsigned long mode = must(v, "mode")->number;
    seal_key *to = derived(v, "ikmR", "skRm", "pkRm"), *from = NULL;
    hpke_setup s = {.aead = (hpke_aead)must(v, "aead_id")->number,
                    .info = bytes(v, "info"),
                    .psk = bytes(v, "psk"),
                    .psk_id = bytes(v, "psk_id"),
                    .ephemeral = must(v, "ikmE")->at};
    uint8_t enc[32], from_pub[32];
    assert_int_equal(s.psk.len > 0, mode & 1);
    if (mode & 2) {
        from = derived(v, "ikmS", "skSm", "pkSm");
        seal_key_public(from, from_pub);
        s.sender = from;
        s.sender_pub = from_pub;
    }
    assert_int_equal(hpke_sender(&s, must(v, "pkRm")->at, enc, &e->out), OK);
    assert_memory_equal(enc, must(v, "enc")->at, 32);
    assert_int_equal(hpke_receiver(&s, to, enc, &e->in), OK);
    assert_memory_equal(e->out.key, must(v, "key")->at, must(v, "key")->len);
    assert_memory_equal(e->out.base_nonce, must(v, "base_nonce")->at, 12);
    assert_memory_equal(e->out.exporter, must(v, "exporter_secret")->at, 32);
    assert_memory_equal(e->in.key, e->out.key, 32);
    assert_memory_equal(e->in.exporter, e->out.exporter, 32);
    seal_key_free(to);
    seal_key_free(from);
}

static void check_encryption(const vector *v, ends *e) {
    span pt = bytes(v, "pt"), aad = bytes(v, "aad"), ct = bytes(v, "ct");
    uint8_t out[128];
    size_t len = 0;
    e->out.seq = e->in.seq = must(v, "sequence number")->number;
    assert_int_equal(hpke_seal(&e->out, aad, pt, out, &len), OK);
    assert_int_equal(len, ct.len);
    assert_memory_equal(out, ct.at, ct.len);
    assert_int_equal(hpke_open(&e->in, aad, ct, out, &len), OK);
    assert_int_equal(len, pt.len);
    assert_memory_equal(out, pt.at, pt.len);
}

static void check_export(const vector *v, ends *e) {
    uint8_t out[64];
    size_t len = must(v, "L")->number;
    span want = bytes(v, "exported_value");
    assert_int_equal(len, want.len);
    assert_int_equal(hpke_export(&e->out, bytes(v, "exporter_context"), out, len), OK);
    assert_memory_equal(out, want.at, len);
    assert_int_equal(hpke_export(&e->in, bytes(v, "exporter_context"), out, len), OK);
    assert_memory_equal(out, want.at, len);
}

static void rfc9180(void **state) {
    (void)state;
    char *text = vectors_text();
    if (!text)
        skip();
    vector *v = calloc(1, sizeof *v);
    ends e = {0};
    size_t setups = 0, encryptions = 0, exports = 0;
    for (char *next = text; next;) {
        if (!block(v, &next))
            continue;
        if (get(v, "mode")) {
            hpke_done(&e.out);
            hpke_done(&e.in);
            set_up(v, &e);
            setups++;
        } else if (get(v, "sequence number")) {
            check_encryption(v, &e);
            encryptions++;
        } else {
            check_export(v, &e);
            exports++;
        }
    }
    hpke_done(&e.out);
    hpke_done(&e.in);
    free(v);
    free(text);
    assert_int_equal(setups, 8);
    assert_int_equal(encryptions, 48);
    assert_int_equal(exports, 24);
}

// ---- abuse ----

typedef struct pair {
    seal_key *to, *from, *other;
    uint8_t to_pub[32], from_pub[32], other_pub[32], enc[32];
} pair;

static void pair_new(pair *p) {
    assert_int_equal(seal_key_new(&p->to), OK);
    assert_int_equal(seal_key_new(&p->from), OK);
    assert_int_equal(seal_key_new(&p->other), OK);
    seal_key_public(p->to, p->to_pub);
    seal_key_public(p->from, p->from_pub);
    seal_key_public(p->other, p->other_pub);
}

static void pair_free(pair *p) {
    seal_key_free(p->to);
    seal_key_free(p->from);
    seal_key_free(p->other);
}

#define PSK "0123456789abcdef0123456789abcdef"
static const hpke_setup plain_setup = {.aead = HPKE_CHACHA20POLY1305};

static err open_one(const hpke_setup *s, const seal_key *to, const uint8_t *enc, span aad, span sealed) {
    uint8_t out[256];
    size_t len;
    hpke h;
    err e = hpke_receiver(s, to, enc, &h);
    if (e)
        return e;
    e = hpke_open(&h, aad, sealed, out, &len);
    hpke_done(&h);
    return e;
}

static void what_does_not_open(void **state) {
    (void)state;
    pair p;
    hpke h;
    uint8_t sealed[64], out[64];
    size_t len;
    pair_new(&p);
    hpke_setup s = {.aead = HPKE_CHACHA20POLY1305, .info = SPAN_LIT("form"), .psk = SPAN_LIT(PSK),
                    .psk_id = SPAN_LIT("id"), .sender = p.from};
    assert_int_equal(hpke_sender(&s, p.to_pub, p.enc, &h), OK);
    assert_int_equal(hpke_seal(&h, SPAN_LIT("aad"), SPAN_LIT("hello"), sealed, &len), OK);
    assert_int_equal(len, 21);
    span ct = span_of(sealed, len), aad = SPAN_LIT("aad");
    hpke_setup r = s;
    r.sender_pub = p.from_pub;
    assert_int_equal(open_one(&r, p.to, p.enc, aad, ct), OK);
    assert_int_equal(open_one(&r, p.other, p.enc, aad, ct), ERR_AUTH);
    assert_int_equal(open_one(&r, p.to, p.enc, SPAN_LIT("aae"), ct), ERR_AUTH);
    assert_int_equal(open_one(&r, p.to, p.other_pub, aad, ct), ERR_AUTH);
    r.sender_pub = p.other_pub;
    assert_int_equal(open_one(&r, p.to, p.enc, aad, ct), ERR_AUTH);
    r.sender_pub = NULL;
    assert_int_equal(open_one(&r, p.to, p.enc, aad, ct), ERR_AUTH);
    r.sender_pub = p.from_pub;
    r.info = SPAN_LIT("from");
    assert_int_equal(open_one(&r, p.to, p.enc, aad, ct), ERR_AUTH);
    r.info = s.info;
    r.psk_id = SPAN_LIT("ie");
    assert_int_equal(open_one(&r, p.to, p.enc, aad, ct), ERR_AUTH);
    r.psk = r.psk_id = (span){0};
    assert_int_equal(open_one(&r, p.to, p.enc, aad, ct), ERR_AUTH);
    r = s;
    r.sender_pub = p.from_pub;
    r.aead = HPKE_AES128GCM;
    assert_int_equal(open_one(&r, p.to, p.enc, aad, ct), ERR_AUTH);
    r.aead = HPKE_CHACHA20POLY1305;
    hpke in;
    assert_int_equal(hpke_receiver(&r, p.to, p.enc, &in), OK);
    for (size_t cut = 0; cut < len; cut++)
        assert_int_equal(hpke_open(&in, aad, span_of(sealed, cut), out, &len), ERR_AUTH);
    for (size_t bit = 0; bit < 8 * ct.len; bit++) {
        sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
        memset(out, 1, sizeof out);
        assert_int_equal(hpke_open(&in, aad, ct, out, &len), ERR_AUTH);
        for (size_t i = 0; i < 5; i++)
            assert_int_equal(out[i], 0); // nothing unvouched for is left
        sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_int_equal(in.seq, 0);
    assert_int_equal(hpke_open(&in, aad, ct, out, &len), OK); // failures cost no sequence number
    assert_int_equal(hpke_open(&in, aad, ct, out, &len), ERR_AUTH); // a replay is out of order
    hpke_done(&in);
    hpke_done(&h);
    pair_free(&p);
}

static void order_and_place(void **state) {
    (void)state;
    static uint8_t data[65536 + 16], want[65536];
    pair p;
    hpke out, in;
    size_t len;
    pair_new(&p);
    for (int kind = HPKE_AES128GCM; kind <= HPKE_CHACHA20POLY1305; kind += 2) {
        hpke_setup s = {.aead = (hpke_aead)kind};
        assert_int_equal(hpke_sender(&s, p.to_pub, p.enc, &out), OK);
        assert_int_equal(hpke_receiver(&s, p.to, p.enc, &in), OK);
        static const size_t sizes[] = {0, 1, 15, 16, 17, 4095, 65536, 3, 0, 65535};
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            for (size_t n = 0; n < sizes[i]; n++)
                want[n] = (uint8_t)(n * 31 + i);
            memcpy(data, want, sizes[i]);
            assert_int_equal(hpke_seal(&out, (span){0}, span_of(data, sizes[i]), data, &len), OK);
            assert_int_equal(len, sizes[i] + HPKE_TAG_BYTES);
            if (sizes[i] > 16)
                assert_memory_not_equal(data, want, sizes[i]);
            assert_int_equal(hpke_open(&in, (span){0}, span_of(data, len), data, &len), OK);
            assert_int_equal(len, sizes[i]);
            assert_memory_equal(data, want, sizes[i]);
            assert_int_equal(in.seq, i + 1);
        }
        hpke_done(&out);
        hpke_done(&in);
    }
    pair_free(&p);
}

static void limits(void **state) {
    (void)state;
    static uint8_t big[255 * 32 + 1];
    pair p;
    hpke out, in, none = {0};
    uint8_t data[64];
    size_t len = 77;
    pair_new(&p);
    assert_int_equal(hpke_sender(&plain_setup, p.to_pub, p.enc, &out), OK);
    assert_int_equal(hpke_receiver(&plain_setup, p.to, p.enc, &in), OK);
    // The wrong end would use a nonce twice.
    assert_int_equal(hpke_seal(&in, (span){0}, SPAN_LIT("x"), data, &len), ERR_USAGE);
    assert_int_equal(hpke_open(&out, (span){0}, span_of(data, 17), data, &len), ERR_USAGE);
    out.seq = in.seq = UINT64_MAX - 1;
    assert_int_equal(hpke_seal(&out, (span){0}, SPAN_LIT("x"), data, &len), OK);
    assert_int_equal(hpke_open(&in, (span){0}, span_of(data, 17), data, &len), OK);
    len = 77;
    assert_int_equal(hpke_seal(&out, (span){0}, SPAN_LIT("x"), data, &len), ERR_LIMIT);
    assert_int_equal(hpke_open(&in, (span){0}, span_of(data, 17), data, &len), ERR_LIMIT);
    assert_int_equal(len, 77);
    assert_int_equal(hpke_export(&out, (span){0}, big, sizeof big - 1), OK);
    assert_int_equal(hpke_export(&out, (span){0}, big, sizeof big), ERR_LIMIT);
    hpke_done(&out);
    hpke_done(&in);
    hpke_done(&in); // twice is harmless
    assert_int_equal(hpke_seal(&out, (span){0}, SPAN_LIT("x"), data, &len), ERR_USAGE);
    assert_int_equal(hpke_export(&out, (span){0}, data, 32), ERR_USAGE);
    for (size_t i = 0; i < sizeof out; i++)
        assert_int_equal(((uint8_t *)&out)[i], 0);
    // Setups that mean nothing.
    hpke_setup s = {.aead = HPKE_CHACHA20POLY1305, .psk = SPAN_LIT(PSK)};
    assert_int_equal(hpke_sender(&s, p.to_pub, p.enc, &none), ERR_USAGE);
    s = (hpke_setup){.aead = HPKE_CHACHA20POLY1305, .psk_id = SPAN_LIT("id")};
    assert_int_equal(hpke_receiver(&s, p.to, p.enc, &none), ERR_USAGE);
    s = (hpke_setup){.aead = HPKE_CHACHA20POLY1305, .psk = SPAN_LIT("short"), .psk_id = SPAN_LIT("id")};
    assert_int_equal(hpke_sender(&s, p.to_pub, p.enc, &none), ERR_USAGE);
    s = (hpke_setup){.aead = (hpke_aead)2};
    assert_int_equal(hpke_sender(&s, p.to_pub, p.enc, &none), ERR_UNSUPPORTED);
    static const uint8_t zero[32];
    assert_int_equal(hpke_sender(&plain_setup, zero, p.enc, &none), ERR_AUTH);
    assert_int_equal(hpke_receiver(&plain_setup, p.to, zero, &none), ERR_AUTH);
    s = plain_setup;
    s.sender_pub = zero;
    assert_int_equal(hpke_receiver(&s, p.to, p.to_pub, &none), ERR_AUTH);
    assert_null(none.cipher);
    pair_free(&p);
}

static void fresh_each_time(void **state) {
    (void)state;
    pair p;
    hpke a, b;
    uint8_t enc[32];
    pair_new(&p);
    assert_int_equal(hpke_sender(&plain_setup, p.to_pub, p.enc, &a), OK);
    assert_int_equal(hpke_sender(&plain_setup, p.to_pub, enc, &b), OK);
    assert_memory_not_equal(p.enc, enc, 32);
    assert_memory_not_equal(a.key, b.key, 32);
    hpke_done(&a);
    hpke_done(&b);
    pair_free(&p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rfc9180), cmocka_unit_test(what_does_not_open), cmocka_unit_test(order_and_place),
        cmocka_unit_test(limits),  cmocka_unit_test(fresh_each_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
