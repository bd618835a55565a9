// SPDX-License-Identifier: Apache-2.0
// node.yaml gone wrong: what the operator reads, word for word.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "node/duty/config.h"

static char folder[64];

static const char *const files[] = {"r.bundle", "ca.pem", "crl.pem", "n.pem", "n.key", "s.key", "x.key", "y.key",
                                    "z.key", "sec", "fed", "people.yaml"};

static int make_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/tsunagu-config-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", folder, files[i]);
        fclose(fopen(path, "w"));
    }
    return 0;
}

static int drop_folder(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", folder, files[i]);
        unlink(path);
    }
    return rmdir(folder);
}

// What is said about a file of these lines; the folder's name cut out.
static err load(const char *text, node_config *ret, char **ret_said)
{
    char path[128], *raw = NULL, *out;
    size_t len = 0;
    diag d = {0};
    snprintf(path, sizeof path, "%s/node.yaml", folder);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
    err e = node_config_load(path, ret, &d);
    f = open_memstream(&raw, &len);
    diag_print(&d, f);
    fclose(f);
    diag_done(&d);
    unlink(path);
    out = raw;
    for (char *at = raw; *at;) // in place: it only becomes shorter
        if (strncmp(at, folder, strlen(folder)) == 0)
            at += strlen(folder) + 1;
        else
            *out++ = *at++;
    *out = '\0';
    *ret_said = raw;
    return e;
}

#define GOOD \
    "node: a\nhub: {address: \"h:1\", host: h}\nrules: r.bundle\ndata: d\n" \
    "tls: {ca: ca.pem, crl: crl.pem, cert: n.pem, key: n.key}\n" \
    "keys: {sign: s.key, seal: [x.key], secret: sec, federation: fed}\n"

static const struct { const char *text, *said; } wrong[] = {
#include "tests/unit/node_config_said.h"
};

static void mistakes_are_told_word_for_word(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        node_config c;
        char *said;
        err e = load(wrong[i].text, &c, &said);
        assert_string_equal(said, wrong[i].said);
        assert_int_not_equal(e, OK);
        free(said);
    }
}

static void a_right_one_has_its_defaults(void **state)
{
    (void)state;
    node_config c;
    char *said, path[128];
    assert_int_equal(load(GOOD, &c, &said), OK);
    assert_string_equal(said, "");
    snprintf(path, sizeof path, "%s/node.sock", folder);
    assert_string_equal(c.socket, path); // beside the file, wherever the daemon was started
    assert_null(c.facility);
    assert_int_equal(c.epoch, 1);
    assert_int_equal(c.scan_every, 600000);
    assert_int_equal(c.map_size, 64LL << 30);
    assert_int_equal(c.storages.count + c.storages_extended.count + c.mapping.count, 0);
    node_config_done(&c);
    free(said);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mistakes_are_told_word_for_word),
        cmocka_unit_test(a_right_one_has_its_defaults),
    };
    return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
