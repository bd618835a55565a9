// SPDX-License-Identifier: Apache-2.0
// rooms: compiler engine crypto base
// The rules as a daemon loads them: pinned, cut, flipped, missing.
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "policies/rules/rules.h"
#include "tests/unit/compiler_kit.h"

static char dir[64], path[100], why[256];
static buf bundle;

static void file_put(span bytes)
{
    FILE *f = fopen(path, "we");
    assert_non_null(f);
    assert_true(!bytes.len || fwrite(bytes.at, 1, bytes.len, f) == bytes.len);
    assert_int_equal(fclose(f), 0);
}

static int begin(void **state)
{
    (void)state;
    policy_files files = kit_rules();
    diag d = {0};
    strcpy(dir, "/tmp/tsunagu-rules-XXXXXX");
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/rules.bundle", dir);
    err e = policy_compile(&files, &d, &bundle);
    diag_print(&d, stderr);
    assert_int_equal(e, OK);
    policy_files_done(&files);
    diag_done(&d);
    return 0;
}

static int end(void **state)
{
    (void)state;
    buf_done(&bundle);
    unlink(path);
    rmdir(dir);
    return 0;
}

static err load(const char *pin, rules **ret)
{
    memset(why, 0, sizeof why);
    return rules_load(path, pin, why, ret);
}

// What is refused says which file, and gives no rules.
static void refused(const char *pin, err want)
{
    rules *r = (rules *)(uintptr_t)1;
    err e = load(pin, &r);
    assert_int_equal(e, want);
    assert_ptr_equal(r, (void *)(uintptr_t)1);
    assert_true(why[0] && memchr(why, 0, sizeof why));
}

static void a_good_bundle_is_loaded_and_hashed(void **state)
{
    (void)state;
    rules *r;
    hash32 hash;
    char pin[65];
    file_put(buf_span(&bundle));
    sha256(buf_span(&bundle), &hash);
    assert_int_equal(load(NULL, &r), OK);
    assert_memory_equal(r->hash.at, hash.at, HASH_BYTES);
    assert_memory_equal(policy_hash(r->p), hash.at, HASH_BYTES);
    assert_int_equal(rules_short(r), be64_get(hash.at));
    assert_int_equal(r->emergency, policy_purpose(r->p, "emergency"));
    rules_drop(rules_keep(r));
    rules_drop(r);
    hex_put(pin, span_of(hash.at, HASH_BYTES));
    assert_int_equal(load(pin, &r), OK);
    rules_drop(r);
    rules_drop(NULL);
}

static void another_pin_is_refused(void **state)
{
    (void)state;
    hash32 hash;
    char pin[65];
    file_put(buf_span(&bundle));
    sha256(buf_span(&bundle), &hash);
    for (int i = 0; i < HASH_BYTES; i++) {
        hash.at[i] ^= 1;
        hex_put(pin, span_of(hash.at, HASH_BYTES));
        refused(pin, ERR_AUTH);
        assert_non_null(strstr(why, path));
        hash.at[i] ^= 1;
    }
    hex_put(pin, span_of(hash.at, HASH_BYTES));
    pin[63] = '\0';
    refused(pin, ERR_USAGE);
    refused("", ERR_USAGE);
    refused("not a hash", ERR_USAGE);
}

static void cut_at_every_byte_it_is_no_bundle(void **state)
{
    (void)state;
    for (size_t len = 1; len < bundle.len; len++) {
        file_put(span_cut(buf_span(&bundle), 0, len));
        refused(NULL, ERR_FORMAT);
    }
    file_put((span){0});
    refused(NULL, ERR_LIMIT);
    buf longer = {0};
    buf_put_span(&longer, buf_span(&bundle));
    buf_put_u8(&longer, 0);
    file_put(buf_span(&longer));
    refused(NULL, ERR_FORMAT);
    buf_done(&longer);
}

// A flipped bit is refused, or (in a name) another bundle: with another hash, which a pin finds.
static void a_flipped_bit_never_passes_the_pin(void **state)
{
    (void)state;
    hash32 hash;
    char pin[65];
    sha256(buf_span(&bundle), &hash);
    hex_put(pin, span_of(hash.at, HASH_BYTES));
    for (size_t i = 0; i < bundle.len; i += 3) {
        rules *r;
        bundle.at[i] ^= (uint8_t)(1u << i % 8);
        file_put(buf_span(&bundle));
        refused(pin, ERR_AUTH);
        if (load(NULL, &r) == OK)
            rules_drop(r);
        bundle.at[i] ^= (uint8_t)(1u << i % 8);
    }
}

static void what_is_not_there_or_no_file_is_told(void **state)
{
    (void)state;
    unlink(path);
    refused(NULL, ERR_IO);
    assert_non_null(strstr(why, path));
    assert_int_equal(mkdir(path, 0700), 0);
    rules *r;
    assert_true(load(NULL, &r) != OK);
    rmdir(path);
    FILE *f = fopen(path, "we"); // larger than any bundle, but takes no room
    assert_non_null(f);
    assert_int_equal(ftruncate(fileno(f), (off_t)RULES_BYTES_MAX + 1), 0);
    fclose(f);
    refused(NULL, ERR_LIMIT);
}

// A pipe that nobody writes to: refused at once, not waited for.
static void a_pipe_is_not_waited_for(void **state)
{
    (void)state;
    rules *r;
    unlink(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(rules_load(path, NULL, why, &r), ERR_LIMIT);
    assert_non_null(strstr(why, "cannot be a rules bundle"));
    unlink(path);
}

static void *hold(void *arg)
{
    for (int i = 0; i < 20000; i++)
        rules_drop(rules_keep(arg));
    rules_drop(arg);
    return NULL;
}

static void the_last_holder_frees(void **state)
{
    (void)state;
    enum { HOLDERS = 4 };
    rules *r;
    pthread_t t[HOLDERS];
    file_put(buf_span(&bundle));
    assert_int_equal(load(NULL, &r), OK);
    for (int i = 0; i < HOLDERS; i++)
        assert_int_equal(pthread_create(&t[i], NULL, hold, rules_keep(r)), 0);
    rules_drop(r);
    for (int i = 0; i < HOLDERS; i++)
        pthread_join(t[i], NULL);
}

// Each step begins the day after its last day, and never before the one ahead of it.
static void goes_stale_step_by_step(void **state)
{
    static const char *const names[] = {"", "warn", "no_registrations", "deny"};
    rules *r;
    (void)state;
    file_put(buf_span(&bundle));
    assert_int_equal(load(NULL, &r), OK);
    policy_stale_days last = policy_stale(r->p);
    day days[] = {last.warn, last.no_registrations, last.deny};
    for (int i = 0; i < 3; i++) {
        if (days[i] == DAY_FOREVER)
            continue;
        assert_true((int)rules_stale_on(r, days[i]) <= i);
        assert_true((int)rules_stale_on(r, days[i] + 1) >= i + 1);
    }
    for (int i = RULES_FRESH; i <= RULES_DENY; i++)
        assert_string_equal(rules_stale_name((rules_stale)i), names[i]);
    rules_drop(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_bundle_is_loaded_and_hashed),
        cmocka_unit_test(another_pin_is_refused),
        cmocka_unit_test(cut_at_every_byte_it_is_no_bundle),
        cmocka_unit_test(a_flipped_bit_never_passes_the_pin),
        cmocka_unit_test(what_is_not_there_or_no_file_is_told),
        cmocka_unit_test(a_pipe_is_not_waited_for),
        cmocka_unit_test(goes_stale_step_by_step),
        cmocka_unit_test(the_last_holder_frees),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
