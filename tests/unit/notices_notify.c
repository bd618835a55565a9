// SPDX-License-Identifier: Apache-2.0
// Where notices are sent: what notify.yaml may say, and that each mistake in it is told and nothing of it taken.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "node/notices/notify.h"

static char place[] = "/tmp/tsunagu-notify-XXXXXX";

static void put(const char *name, mode_t mode, const char *text)
{
    char path[96];
    snprintf(path, sizeof path, "%s/%s", place, name);
    (void)unlink(path);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static err load(const char *text, notify *ret)
{
    char path[96];
    diag d = {0};
    put("notify.yaml", 0600, text);
    snprintf(path, sizeof path, "%s/notify.yaml", place);
    err e = notify_load(path, &d, ret);
    assert_int_equal(e == OK, d.errors == 0); // no mistake without a word
    diag_done(&d);
    return e;
}

static int begin(void **state)
{
    (void)state;
    if (!mkdtemp(place))
        return -1;
    put("secret", 0600, "a word\n");
    put("login", 0600, "clerk:open: sesame\n");
    put("open", 0644, "everybody reads this\n");
    put("empty", 0600, "\n");
    put("nocolon", 0600, "clerk\n");
    put("control", 0600, "a\x01word\n");
    put("address", 0600, "https://hook.example/very-secret\n");
    return 0;
}

static int end(void **state)
{
    static const char *const names[] = {"secret", "login", "open", "empty", "nocolon", "control", "address", "notify.yaml"};
    char path[96];
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", place, names[i]);
        (void)unlink(path);
    }
    return rmdir(place);
}

#define WHO "- name: a\n  facility: \"0110113719\"\n"
#define HOOK "  webhook: {url: \"https://hook.example/x\"}\n"
#define MAIL "  mail: {url: \"smtp://mail.example\", from: a@example.jp, to: b@example.jp"

static void what_may_be_said_is_taken(void **state)
{
    (void)state;
    notify n = {0};
    assert_int_equal(load("", &n), OK);
    assert_int_equal(n.count, 0);
    assert_int_equal(load(WHO "  events: [arrived, enquired, left]\n  lang: en\n  deadline: 120s\n"
                          "  webhook: {url_file: address, template: line-works, header: X-Word, secret: secret}\n"
                          "- name: b\n  facility: secretariat\n" MAIL ", credentials: login}\n", &n), OK);
    assert_int_equal(n.count, 2);
    assert_string_equal(n.items[0].url, "https://hook.example/very-secret");
    assert_int_equal(n.items[0].kind, NOTIFY_LINE_WORKS);
    assert_string_equal(n.items[0].header, "X-Word");
    assert_string_equal(n.items[0].secret, "a word");
    assert_int_equal(n.items[0].events, 1u << FLOW_EVENT_ARRIVED | 1u << FLOW_EVENT_ENQUIRED | 1u << FLOW_EVENT_LEFT);
    assert_false(n.items[0].japanese);
    assert_int_equal(n.items[0].deadline_ms, 120000);
    assert_int_equal(n.items[1].facility, 0);
    assert_string_equal(n.items[1].user, "clerk");
    assert_string_equal(n.items[1].password, "open: sesame"); // only the first colon parts them
    assert_true(n.items[1].japanese);
    assert_int_equal(n.items[1].events, UINT32_MAX);
    notify_done(&n);
    assert_int_equal(load(WHO "  webhook: {url: \"http://127.0.0.1:8080/\"}\n", &n), OK); // this machine itself
    assert_true(n.items[0].here);
    notify_done(&n);
}

static void each_mistake_is_told(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "name: a\n", "- a\n", WHO, WHO HOOK MAIL "}\n", WHO "  colour: red\n" HOOK, "- facility: \"0110113719\"\n" HOOK,
        "- name: a\n  facility: \"12345\"\n" HOOK, "- name: a\n" HOOK,
        "- name: " "0123456789012345678901234567890123456789012345678901234567890123456789\n  facility: secretariat\n" HOOK,
        WHO HOOK WHO HOOK, // one name twice
        WHO "  lang: fr\n" HOOK, WHO "  deadline: 0s\n" HOOK, WHO "  deadline: 121s\n" HOOK, WHO "  deadline: 9\n" HOOK,
        WHO "  deadline: 99999999999999999999s\n" HOOK, WHO "  events: []\n" HOOK, WHO "  events: arrived\n" HOOK,
        WHO "  events: [arived]\n" HOOK, WHO "  webhook: {}\n", WHO "  webhook: https://hook.example\n",
        WHO "  webhook: {url: \"http://hook.example/\"}\n", WHO "  webhook: {url: \"https://u:p@hook.example/\"}\n",
        WHO "  webhook: {url: \"http://localhost.example/\"}\n", WHO "  webhook: {url: \"file:///etc/passwd\"}\n",
        WHO "  webhook: {url: \"https://a/\", url_file: address}\n", WHO "  webhook: {url_file: nowhere}\n",
        WHO "  webhook: {url_file: open}\n", WHO "  webhook: {url_file: empty}\n", WHO "  webhook: {url_file: .}\n",
        WHO "  webhook: {url: \"https://a/\", template: xml}\n", WHO "  webhook: {url: \"https://a/\", header: X-A}\n",
        WHO "  webhook: {url: \"https://a/\", header: \"X: A\", secret: secret}\n",
        WHO "  webhook: {url: \"https://a/\", secret: control}\n", WHO "  webhook: {url: \"https://a/\", ca: nowhere}\n",
        WHO "  mail: {url: \"https://a/\", from: a@b.jp, to: b@b.jp}\n", WHO "  mail: {url: \"smtp://a\", to: b@b.jp}\n",
        WHO "  mail: {url: \"smtp://a\", from: a@b.jp}\n", WHO "  mail: {url: \"smtp://a\", from: a@b.jp, to: []}\n",
        WHO "  mail: {url: \"smtp://a\", from: \"a@b.jp>\", to: b@b.jp}\n",
        WHO "  mail: {url: \"smtp://a\", from: a@b.jp, to: [b@b.jp, \"c@b.jp\\nBcc: d@b.jp\"]}\n",
        WHO MAIL ", credentials: nocolon}\n", WHO MAIL ", credentials: open}\n",
        WHO "  webhook: {url: \"https://a/\n", // cut off
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        notify n = {.count = 77};
        if (load(texts[i], &n) == OK)
            fail_msg("taken: %s", texts[i]);
        assert_int_equal(n.count, 77); // untouched
    }
}

static void cut_off_anywhere_it_never_crashes(void **state)
{
    (void)state;
    static const char whole[] = WHO "  events: [arrived, left]\n  lang: ja\n  deadline: 5s\n"
                                "  webhook: {url_file: address, header: X-Word, secret: secret}\n"
                                "- name: b\n  facility: secretariat\n" MAIL ", credentials: login}\n";
    char text[sizeof whole];
    for (size_t len = 0; len < sizeof whole; len++) {
        notify n = {0};
        memcpy(text, whole, len);
        text[len] = '\0';
        if (load(text, &n) == OK)
            notify_done(&n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_may_be_said_is_taken),
        cmocka_unit_test(each_mistake_is_told),
        cmocka_unit_test(cut_off_anywhere_it_never_crashes),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
