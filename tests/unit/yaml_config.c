// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "proto/yaml/checks.h"
#include "proto/yaml/config.h"

typedef struct settings {
    char *name, *key, *listen;
    int64_t workers, cache, idle, level;
    bool strict;
    config_list peers, roots, labels;
} settings;

static const char *const LEVELS[] = {"debug", "info", "warn", NULL};

#define AT(f) offsetof(settings, f)
static const config_row ROWS[] = {
    {"name", CONFIG_STRING, AT(name), .required = true, .help = "Name of this hub"},
    {"key", CONFIG_PATH, AT(key), .fallback = "hub.key", .help = "Private key"},
    {"link.listen", CONFIG_STRING, AT(listen), .fallback = "tls://*:4433"},
    {"link.idle", CONFIG_SPAN, AT(idle), .fallback = "30s", .min = 1000, .max = 3600000, .help = "Idle time"},
    {"workers", CONFIG_INT, AT(workers), .fallback = "4", .min = 1, .max = 64},
    {"cache", CONFIG_BYTES, AT(cache), .fallback = "64MiB"},
    {"strict", CONFIG_BOOL, AT(strict), .fallback = "yes"},
    {"level", CONFIG_CHOICE, AT(level), .fallback = "info", .choices = LEVELS},
    {"peers", CONFIG_LIST, AT(peers), .fallback = "[a, b]"},
    {"roots", CONFIG_PATHS, AT(roots), .required = false},
    {"labels", CONFIG_MAP, AT(labels), .required = false},
};
#define COUNT (sizeof ROWS / sizeof *ROWS)

static char folder[64];

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/yaml_config_XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int drop_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

// Writes hub.yaml, reads it from inside its folder or from outside, returns what was complained.
static err read_text(const char *text, settings *s, char **ret)
{
    char path[128];
    snprintf(path, sizeof path, "%s/hub.yaml", folder);
    FILE *f = fopen(path, "w");
    fputs(text, f);
    fclose(f);
    diag d = {0};
    err e = config_read(path, ROWS, COUNT, s, &d);
    unlink(path);
    size_t len;
    FILE *out = open_memstream(ret, &len);
    // The golden texts name the file, not the folder of the day.
    for (size_t i = 0; i < d.kept; i++) {
        free(d.items[i].file);
        d.items[i].file = strdup("hub.yaml");
    }
    diag_print(&d, out);
    fclose(out);
    diag_done(&d);
    return e;
}

static void everything_is_read(void **state)
{
    (void)state;
    settings s = {0};
    char *said = NULL, want[128];
    err e = read_text("name: 札幌ハブ\nkey: keys/hub.key\nlink:\n  listen: \"tls://0.0.0.0:1\"\n  idle: 5m\n"
                      "workers: 8\ncache: 1GiB\nstrict: no\nlevel: warn\npeers: [x]\n"
                      "roots:\n  - /srv/a\n  - b\nlabels: {one: 1, 二: two}\n", &s, &said);
    assert_string_equal(said, "");
    assert_int_equal(e, OK);
    assert_string_equal(s.name, "札幌ハブ");
    snprintf(want, sizeof want, "%s/keys/hub.key", folder);
    assert_string_equal(s.key, want);
    assert_string_equal(s.listen, "tls://0.0.0.0:1");
    assert_int_equal(s.idle, 300000);
    assert_int_equal(s.workers, 8);
    assert_int_equal(s.cache, 1 << 30);
    assert_false(s.strict);
    assert_int_equal(s.level, 2);
    assert_int_equal(s.peers.count, 1);
    assert_int_equal(s.roots.count, 2);
    assert_string_equal(s.roots.items[0], "/srv/a");
    snprintf(want, sizeof want, "%s/b", folder);
    assert_string_equal(s.roots.items[1], want);
    assert_int_equal(s.labels.count, 2);
    assert_string_equal(s.labels.items[2], "二");
    assert_string_equal(s.labels.items[3], "two");
    config_done(ROWS, COUNT, &s);
    free(said);
    settings zero = {0};
    assert_memory_equal(&s, &zero, sizeof s);
}

static void defaults_are_taken(void **state)
{
    (void)state;
    settings s = {0};
    char *said = NULL, want[128];
    // A group and a list whose entries are all commented out are empty.
    assert_int_equal(read_text("name: x\nlink:\n  # idle: 1s\nroots:\n", &s, &said), OK);
    assert_string_equal(said, "");
    snprintf(want, sizeof want, "%s/hub.key", folder);
    assert_string_equal(s.key, want);
    assert_string_equal(s.listen, "tls://*:4433");
    assert_int_equal(s.idle, 30000);
    assert_int_equal(s.workers, 4);
    assert_int_equal(s.cache, 64 << 20);
    assert_true(s.strict);
    assert_int_equal(s.level, 1);
    assert_int_equal(s.peers.count, 2);
    assert_string_equal(s.peers.items[1], "b");
    assert_int_equal(s.roots.count, 0);
    config_done(ROWS, COUNT, &s);
    free(said);
}

static void every_mistake_is_told(void **state)
{
    (void)state;
    settings s = {0}, zero = {0};
    char *said = NULL;
    err e = read_text("link:\n"
                      "  lsiten: x\n"
                      "  idle: 2d\n"
                      "workers: many\n"
                      "cache: 10 MB\n"
                      "strict: maybe\n"
                      "level: wran\n"
                      "peers: one\n"
                      "roots: [[a]]\n"
                      "key:\n"
                      "labels: {a: [b]}\n"
                      "名前: x\n"
                      "link.idle: 5s\n", &s, &said);
    assert_int_equal(e, ERR_FORMAT);
    assert_string_equal(said,
        "hub.yaml:2:3: error: unknown key \"lsiten\"; did you mean \"listen\"?\n"
        "      lsiten: x\n"
        "      ^\n"
        "hub.yaml:3:9: error: \"link.idle\" must be between 1s and 1h, not 2d\n"
        "      idle: 2d\n"
        "            ^\n"
        "hub.yaml:4:10: error: \"workers\" must be a whole number, not \"many\"\n"
        "    workers: many\n"
        "             ^\n"
        "hub.yaml:5:8: error: \"cache\" must be a size such as 4096, 64KiB or 1GiB, not \"10 MB\"\n"
        "    cache: 10 MB\n"
        "           ^\n"
        "hub.yaml:6:9: error: \"strict\" must be true or false, not \"maybe\"\n"
        "    strict: maybe\n"
        "            ^\n"
        "hub.yaml:7:8: error: \"level\" must be one of debug, info, warn, not \"wran\"; did you mean \"warn\"?\n"
        "    level: wran\n"
        "           ^\n"
        "hub.yaml:8:8: error: \"peers\" must be a list\n"
        "    peers: one\n"
        "           ^\n"
        "hub.yaml:9:9: error: each entry of \"roots\" must be a single value\n"
        "    roots: [[a]]\n"
        "            ^\n"
        "hub.yaml:10:1: error: \"key\" has no value\n"
        "    key:\n"
        "    ^\n"
        "hub.yaml:11:10: error: each entry of \"labels\" must be a single value\n"
        "    labels: {a: [b]}\n"
        "             ^\n"
        "hub.yaml:12:1: error: unknown key \"名前\"\n"
        "    名前: x\n"
        "    ^\n"
        "hub.yaml:13:1: error: unknown key \"link.idle\"\n"
        "    link.idle: 5s\n"
        "    ^\n"
        "hub.yaml: error: the required key \"name\" is missing\n");
    assert_memory_equal(&s, &zero, sizeof s);
    free(said);
}

static void values_are_strict(void **state)
{
    (void)state;
    const char *bad[] = {
        "workers: 0", "workers: 65", "workers: -1", "workers: 4.0", "workers: 0x4", "workers: ' 4'",
        "workers: 99999999999999999999", "workers: +4", "workers: '-'", "workers: ''",
        "link: {idle: 10}", "link: {idle: s}", "link: {idle: 1.5s}", "link: {idle: 999ms}",
        "link: {idle: 9223372036854775807h}", "link: {idle: 10S}", "link: {idle: 61m}",
        "cache: 9223372036854775807KiB", "cache: -1", "cache: MiB", "cache: 1mib",
        "strict: True", "strict: 1", "level: ''", "link: x", "link: [a]", "name2: x", "peers: {a: b}",
        "labels: [a]", "labels: {a: }", "peers: [a, ]\nroots: ['', ~, [x]]", "key: [a]", "name: {a: b}",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        settings s = {0}, zero = {0};
        char *said = NULL, text[256];
        bool named = strncmp(bad[i], "name:", 5) == 0;
        snprintf(text, sizeof text, "%s%s\n", named ? "" : "name: x\n", bad[i]);
        if (read_text(text, &s, &said) != ERR_FORMAT)
            fail_msg("accepted: %s", bad[i]);
        if (strstr(said, "hub.yaml:") != said)
            fail_msg("%s: %s", bad[i], said);
        assert_memory_equal(&s, &zero, sizeof s);
        free(said);
    }
}

// A file that is not there is a mistake at the line that names it, and nothing else is lost by it.
static void missing_files_are_told_where_they_are_named(void **state)
{
    (void)state;
    struct { char *one; config_list two; } files = {0};
    static const config_row rows[] = {
        {"one", CONFIG_FILE, 0, .required = true},
        {"keys.two", CONFIG_FILES, sizeof(char *), .required = true},
    };
    char path[128], *said = NULL;
    size_t len;
    snprintf(path, sizeof path, "%s/node.yaml", folder);
    FILE *f = fopen(path, "w");
    fputs("one: node.yaml\nkeys:\n  two: [node.yaml, \"nowhere.key\"]\n", f);
    fclose(f);
    diag d = {0};
    assert_int_equal(config_read(path, rows, 2, &files, &d), ERR_FORMAT);
    assert_int_equal(d.errors, 1);
    assert_int_equal(d.items[0].line, 3);
    assert_int_equal(d.items[0].col, 20);
    FILE *out = open_memstream(&said, &len);
    diag_print(&d, out);
    fclose(out);
    assert_non_null(strstr(said, "\"keys.two\" must name a file that can be read"));
    assert_non_null(strstr(said, "nowhere.key: No such file or directory"));
    free(said);
    diag_done(&d);
    f = fopen(path, "w");
    fputs("one: node.yaml\nkeys: {two: [node.yaml]}\n", f);
    fclose(f);
    assert_int_equal(config_read(path, rows, 2, &files, &d), OK);
    assert_int_equal(files.two.count, 1);
    config_done(rows, 2, &files);
    unlink(path);
}

static void checks_know_what_fits(void **state)
{
    (void)state;
    const char *dial[] = {"h:1", "hub.example.jp:7443", "[::1]:65535", "10.0.0.1:443"};
    const char *no_dial[] = {"", "h", ":1", "h:", "h:0", "h:65536", "h:99999999999", "h:1a", "h:-1", "h: 1", "tls://h:1"};
    for (size_t i = 0; i < sizeof dial / sizeof *dial; i++)
        assert_null(check_dial(dial[i]));
    for (size_t i = 0; i < sizeof no_dial / sizeof *no_dial; i++)
        assert_non_null(check_dial(no_dial[i]));
    assert_null(check_listen("127.0.0.1:0"));
    assert_null(check_listen("*:7443"));
    assert_non_null(check_listen("127.0.0.1"));
    assert_null(check_name("a"));
    assert_null(check_name("n-0123456789-0123456789-01234567"));
    assert_non_null(check_name("n-0123456789-0123456789-012345678"));
    assert_non_null(check_name(""));
    assert_non_null(check_name("札幌"));
    assert_null(check_sha256("0123456789abcdefABCDEF00000000000000000000000000000000000000000a"));
    assert_non_null(check_sha256("0123456789abcdefABCDEF00000000000000000000000000000000000000000"));
    assert_non_null(check_sha256("g123456789abcdefABCDEF00000000000000000000000000000000000000000a"));
    assert_null(check_facility("0110113719"));
    assert_non_null(check_facility("01101137190"));
}

static void no_options_at_all(void **state)
{
    (void)state;
    settings s = {0};
    char *said = NULL;
    assert_int_equal(read_text("", &s, &said), ERR_FORMAT);
    assert_string_equal(said, "hub.yaml: error: the required key \"name\" is missing\n");
    free(said);
    assert_int_equal(read_text("- a\n", &s, &said), ERR_FORMAT);
    free(said);
    assert_int_equal(read_text("name: 1\nname: 2\n", &s, &said), ERR_FORMAT);
    free(said);
    diag d = {0};
    assert_int_equal(config_read("/nonexistent/hub.yaml", ROWS, COUNT, &s, &d), ERR_NOT_FOUND);
    assert_string_equal(d.items[0].message, "cannot read the file: No such file or directory");
    diag_done(&d);
}

static void the_explanation_reads_back(void **state)
{
    (void)state;
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    config_explain(ROWS, COUNT, out);
    fclose(out);
    const char *begins = "# Name of this hub\n# (text, required)\nname:\n# Private key\n# (path)\n"
                         "# key: hub.key\nlink:\n  # (text)\n  # listen: tls://*:4433\n  # Idle time\n"
                         "  # (time, 1s - 1h)\n  # idle: 30s\n# (number, 1 - 64)\n# workers: 4\n";
    assert_memory_equal(text, begins, strlen(begins));
    assert_non_null(strstr(text, "# (one of debug, info, warn)\n# level: info\n"));
    // With the one required key filled in, it is a valid file.
    char *at = strstr(text, "name:\n"), *filled = NULL, *said = NULL;
    assert_true(asprintf(&filled, "%.*sname: x%s", (int)(at - text), text, at + 5) > 0);
    settings s = {0};
    err e = read_text(filled, &s, &said);
    assert_string_equal(said, "");
    assert_int_equal(e, OK);
    config_done(ROWS, COUNT, &s);
    free(said);
    free(filled);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_is_read), cmocka_unit_test(defaults_are_taken),
        cmocka_unit_test(every_mistake_is_told), cmocka_unit_test(values_are_strict),
        cmocka_unit_test(no_options_at_all),  cmocka_unit_test(the_explanation_reads_back),
        cmocka_unit_test(missing_files_are_told_where_they_are_named), cmocka_unit_test(checks_know_what_fits),
    };
    return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
