// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "proto/crypto/key.h"
#include "proto/pact/pseudonym.h"

static identity person(void)
{
    return (identity){.kana_family = "ヤマダ", .kana_given = "ハナコ", .birth = day_of(1980, 4, 1), .sex = 'F'};
}

static const pseudonym_key KEY = {.epoch = 3, .at = {1, 2, 3}};

static pseudonym of(const pseudonym_key *k, identity i)
{
    pseudonym p;
    const char *field = NULL;
    assert_int_equal(pseudonym_of(k, &i, &p, &field), OK);
    assert_null(field);
    return p;
}

static void the_same_for_the_same_person(void **state)
{
    (void)state;
    identity other = person();
    strcpy(other.kana_family, "ﾔﾏﾀﾞ　");
    strcpy(other.kana_given, "はなこ");
    strcpy(other.postal, "060-0000"); // addresses and cards change, pseudonyms do not
    strcpy(other.number, "9");
    pseudonym a = of(&KEY, person()), b = of(&KEY, other);
    assert_true(pseudonym_same(&a, &b));
    assert_int_equal(a.at[0], 3);
}

// The bytes themselves, computed apart from this code: a change would orphan every card there is.
static void the_bytes_are_fixed(void **state)
{
    (void)state;
    pseudonym p = of(&KEY, person());
    char hex[2 * PSEUDONYM_BYTES + 1];
    hex_put(hex, span_of(p.at, sizeof p.at));
    assert_string_equal(hex, "035e931241655621c2ae0ccfec65e512306c0fa3062d7ebe55a075d997dc30c8f8");
}

static void another_for_anyone_else(void **state)
{
    (void)state;
    identity who[6];
    for (int i = 0; i < 6; i++)
        who[i] = person();
    strcpy(who[1].kana_given, "ハナヨ");
    strcpy(who[2].kana_family, "ヤマモト");
    who[3].birth++;
    who[4].sex = 'M';
    // The same letters cut elsewhere are another person.
    strcpy(who[5].kana_family, "ヤマダハ");
    strcpy(who[5].kana_given, "ナコ");
    pseudonym p[8];
    for (int i = 0; i < 6; i++)
        p[i] = of(&KEY, who[i]);
    pseudonym_key epoch = KEY, secret = KEY;
    epoch.epoch = 4;
    secret.at[31] = 1;
    p[6] = of(&epoch, person());
    p[7] = of(&secret, person());
    for (int i = 0; i < 8; i++)
        for (int j = 0; j < i; j++)
            assert_false(pseudonym_same(&p[i], &p[j]));
    // Another epoch is another value, not only another first byte.
    assert_memory_not_equal(p[0].at + 1, p[6].at + 1, 32);
}

static void what_is_missing_is_named(void **state)
{
    (void)state;
    static const struct { const char *family, *given; bool born; char sex; const char *field; } rows[] = {
        {"", "ハナコ", true, 'F', "kana_family"},     {"　・", "ハナコ", true, 'F', "kana_family"},
        {"ヤ■ダ", "ハナコ", true, 'F', "kana_family"}, {"\xff", "ハナコ", true, 'F', "kana_family"},
        {"ヤマダ", "", true, 'F', "kana_given"},       {"ヤマダ", "■", true, 'F', "kana_given"},
        {"ヤマダ", "ハナコ", false, 'F', "birth"},     {"ヤマダ", "ハナコ", true, 0, "sex"},
        {"ヤマダ", "ハナコ", true, 'U', "sex"},        {"ヤマダ", "ハナコ", true, 'f', "sex"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        identity who = {.birth = rows[i].born ? 100 : DAY_NONE, .sex = rows[i].sex};
        strcpy(who.kana_family, rows[i].family);
        strcpy(who.kana_given, rows[i].given);
        pseudonym p = {{7}}, before = p;
        const char *field = NULL;
        assert_int_equal(pseudonym_of(&KEY, &who, &p, &field), ERR_FORMAT);
        assert_string_equal(field, rows[i].field);
        assert_true(pseudonym_same(&p, &before));
        assert_int_equal(pseudonym_of(&KEY, &who, &p, NULL), ERR_FORMAT);
    }
}

static void from_the_wire(void **state)
{
    (void)state;
    uint8_t bytes[PSEUDONYM_BYTES + 1] = {3, 9};
    pseudonym p = {{0}};
    for (size_t n = 0; n <= sizeof bytes; n++)
        assert_int_equal(pseudonym_parse(span_of(bytes, n), &p), n == PSEUDONYM_BYTES ? OK : ERR_FORMAT);
    assert_memory_equal(p.at, bytes, PSEUDONYM_BYTES);
}

static void keys_come_from_private_files(void **state)
{
    (void)state;
    char path[] = "/tmp/tsunagu-pact-XXXXXX";
    assert_non_null(mkdtemp(path));
    char file[64];
    snprintf(file, sizeof file, "%s/key", path);
    uint8_t secret[KEY_BYTES];
    assert_int_equal(secret_new(file, secret), OK);
    pseudonym_key k;
    assert_int_equal(pseudonym_key_load(file, 5, &k), OK);
    assert_int_equal(k.epoch, 5);
    assert_memory_equal(k.at, secret, sizeof secret);
    pseudonym_key_done(&k);
    const pseudonym_key empty = {0};
    assert_memory_equal(&k, &empty, sizeof k);
    pseudonym_key_done(NULL);
    assert_int_equal(chmod(file, 0640), 0);
    assert_int_not_equal(pseudonym_key_load(file, 5, &k), OK);
    assert_memory_equal(&k, &empty, sizeof k);
    unlink(file);
    assert_int_not_equal(pseudonym_key_load(file, 5, &k), OK);
    rmdir(path);
}

static void user_ids(void **state)
{
    (void)state;
    uint8_t node[32] = {1}, other[32] = {2};
    uint8_t id[6][USER_ID_BYTES];
    user_id_of(node, 110000001, "sato", id[0]);
    user_id_of(node, 110000001, "sato", id[1]);
    assert_memory_equal(id[0], id[1], USER_ID_BYTES);
    user_id_of(node, 110000001, "satou", id[1]);
    user_id_of(node, 110000002, "sato", id[2]);
    user_id_of(other, 110000001, "sato", id[3]);
    user_id_of(node, 110000001, "", id[4]);
    for (int i = 0; i < 5; i++)
        for (int j = 0; j < i; j++)
            assert_memory_not_equal(id[i], id[j], USER_ID_BYTES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_for_the_same_person),
        cmocka_unit_test(the_bytes_are_fixed),
        cmocka_unit_test(another_for_anyone_else),
        cmocka_unit_test(what_is_missing_is_named),
        cmocka_unit_test(from_the_wire),
        cmocka_unit_test(keys_come_from_private_files),
        cmocka_unit_test(user_ids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
