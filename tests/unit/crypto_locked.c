// SPDX-License-Identifier: Apache-2.0
// A key under a passphrase: it opens with that one only, and a file that is damaged, cut,
// open to others or not locked is refused.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "proto/crypto/key.h"

static char dir[64], path[128];

static int make(void **state) {
    (void)state;
    strcpy(dir, "/tmp/tsunagu-locked-XXXXXX");
    if (!mkdtemp(dir))
        return -1;
    snprintf(path, sizeof path, "%s/seat.key", dir);
    return 0;
}

static int drop(void **state) {
    (void)state;
    unlink(path);
    return rmdir(dir);
}

static void put(const char *text, size_t len) {
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, len, f), len);
    fclose(f);
}

static void locked(void **state) {
    (void)state;
    sign_key *k = NULL, *got = NULL;
    uint8_t a[KEY_BYTES], b[KEY_BYTES];
    span pass = span_str("正しい馬 battery");
    assert_int_equal(sign_key_new(&k), OK);
    assert_int_equal(sign_key_save_locked(k, span_str("1234567"), path), ERR_USAGE);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(sign_key_save_locked(k, pass, path), OK);
    assert_int_equal(sign_key_save_locked(k, pass, path), ERR_EXISTS);
    assert_int_equal(sign_key_load_locked(path, pass, &got), OK);
    sign_key_public(k, a);
    sign_key_public(got, b);
    assert_memory_equal(a, b, sizeof a);
    sign_key_free(got);
    got = NULL;
    assert_int_equal(sign_key_load_locked(path, span_str("正しい馬 batterx"), &got), ERR_AUTH);
    assert_int_equal(sign_key_load_locked(path, span_str(""), &got), ERR_AUTH);
    assert_int_equal(sign_key_load(path, &got), ERR_FORMAT); // not without it
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(sign_key_load_locked(path, pass, &got), ERR_DENIED);
    assert_int_equal(chmod(path, 0600), 0);

    char text[1000];
    FILE *f = fopen(path, "r");
    size_t len = fread(text, 1, sizeof text, f);
    fclose(f);
    assert_true(len > 100 && len < sizeof text);
    assert_null(memmem(text, len, "BEGIN PRIVATE", 13));
    for (size_t n = 0; n + 20 < len; n += 7) { // within the body; the end line may lack its newline
        put(text, n);
        assert_int_equal(sign_key_load_locked(path, pass, &got), ERR_FORMAT);
    }
    put(text, len);
    unlink(path);
    assert_int_equal(sign_key_save(k, path), OK); // a plain key is none of these
    assert_int_equal(sign_key_load_locked(path, pass, &got), ERR_FORMAT);
    unlink(path);
    assert_int_equal(sign_key_load_locked(path, pass, &got), ERR_NOT_FOUND);
    assert_null(got);
    sign_key_free(k);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(locked)};
    return cmocka_run_group_tests(tests, make, drop);
}
