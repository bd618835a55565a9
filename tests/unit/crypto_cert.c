// SPDX-License-Identifier: Apache-2.0
// The small certificate authority, and its files under `openssl verify` where there is one.
#include "proto/crypto/keyfile.h"
#include "tests/unit/crypto_pair.h"

static bool verifies(const char *cert, const char *purpose) {
    char command[800];
    snprintf(command, sizeof command,
             "openssl verify -x509_strict -crl_check -purpose %s -CAfile %s -CRLfile %s %s >/dev/null 2>&1",
             purpose, at("ca/ca.pem"), at("ca/crl.pem"), at(cert));
    return system(command) == 0;
}

static void openssl_agrees(void **state) {
    (void)state;
    if (system("openssl version >/dev/null 2>&1") != 0) {
        print_message("SKIPPED: no openssl command\n");
        skip();
    }
    assert_true(verifies("hub.pem", "sslserver"));
    assert_false(verifies("hub.pem", "sslclient"));
    assert_true(verifies("node.pem", "sslclient"));
    assert_false(verifies("node.pem", "sslserver"));
    assert_false(verifies("revoked.pem", "sslclient"));
    assert_false(verifies("expired.pem", "sslclient"));
    assert_false(verifies("stranger.pem", "sslclient"));
}

static void modes(void **state) {
    (void)state;
    struct stat st;
    assert_int_equal(stat(at("ca/ca.key"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(stat(at("hub.key"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(stat(at("ca/crl.pem.new"), &st), -1);
}

static void nothing_is_overwritten(void **state) {
    (void)state;
    buf before = {0}, after = {0};
    time_ms now = clock_now_ms();
    assert_int_equal(keyfile_read(at("ca/ca.key"), true, &before), OK);
    assert_int_equal(ca_new(at("ca"), "again", 30), ERR_EXISTS);
    assert_int_equal(keyfile_read(at("ca/ca.key"), true, &after), OK);
    assert_true(span_eq(buf_span(&before), buf_span(&after)));
    cert_request r = {"x.example", at("hub.pem"), at("fresh.key"), true, false, now, now + HOUR};
    assert_int_equal(ca_issue(at("ca"), &r), ERR_EXISTS);
    assert_int_not_equal(access(at("fresh.key"), F_OK), 0); // half a pair is not left
    r.cert_path = at("fresh.pem");
    r.key_path = at("hub.key");
    assert_int_equal(ca_issue(at("ca"), &r), ERR_EXISTS);
    assert_int_not_equal(access(at("fresh.pem"), F_OK), 0);
    assert_int_equal(access(at("hub.key"), F_OK), 0);
    buf_wipe(&before);
    buf_wipe(&after);
}

static void requests_refused(void **state) {
    (void)state;
    static const char *const bad[] = {"", ".example", "-x", "a,b", "a b", "a/b", "*.example", "a\nb", "病院",
                                      "DNS:evil"};
    static char longest[80];
    time_ms now = clock_now_ms();
    cert_request r = {"x.example", at("r.pem"), at("r.key"), true, false, now, now + HOUR};
    cert_request q = r;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        q.name = bad[i];
        assert_int_equal(ca_issue(at("ca"), &q), ERR_USAGE);
    }
    memset(longest, 'a', 65);
    q.name = longest;
    assert_int_equal(ca_issue(at("ca"), &q), ERR_USAGE);
    q = r, q.server = false;
    assert_int_equal(ca_issue(at("ca"), &q), ERR_USAGE);
    q = r, q.until = q.from;
    assert_int_equal(ca_issue(at("ca"), &q), ERR_USAGE);
    assert_int_equal(ca_issue(at("nowhere"), &r), ERR_NOT_FOUND);
    assert_int_equal(ca_new(at("b"), "", 30), ERR_USAGE);
    assert_int_equal(ca_new(at("b"), "b", 0), ERR_USAGE);
    assert_int_equal(ca_new(at("no/where"), "b", 30), ERR_NOT_FOUND);
    assert_int_equal(chmod(at("ca/ca.key"), 0644), 0);
    assert_int_equal(ca_issue(at("ca"), &r), ERR_DENIED);
    assert_int_equal(chmod(at("ca/ca.key"), 0600), 0);
}

static void revoking(void **state) {
    (void)state;
    buf once = {0}, twice = {0};
    assert_int_equal(keyfile_read(at("ca/crl.pem"), false, &once), OK);
    assert_int_equal(ca_revoke(at("ca"), at("revoked.pem")), OK);
    assert_int_equal(keyfile_read(at("ca/crl.pem"), false, &twice), OK);
    assert_true(span_eq(buf_span(&once), buf_span(&twice)));
    assert_int_equal(ca_revoke(at("ca"), at("stranger.pem")), ERR_AUTH);
    assert_int_equal(ca_revoke(at("ca"), at("none.pem")), ERR_NOT_FOUND);
    assert_int_equal(ca_revoke(at("ca"), at("hub.key")), ERR_FORMAT);
    buf_done(&once);
    buf_done(&twice);
}

static void reading(void **state) {
    (void)state;
    hash32 a, b;
    time_ms t = 0, now = clock_now_ms();
    time_ms until = (now / 1000 + 12345) * 1000;
    issue("ca", "dated", "dated.example", true, true, now, until);
    assert_int_equal(cert_until(at("dated.pem"), &t), OK);
    assert_int_equal(t, until);
    time_ms far = 4102444800000ll; // 2100: another form of time in the certificate
    issue("ca", "far", "far.example", true, true, now, far);
    assert_int_equal(cert_until(at("far.pem"), &t), OK);
    assert_int_equal(t, far);
    assert_int_equal(cert_spki(at("hub.pem"), &a), OK);
    assert_int_equal(cert_spki(at("node.pem"), &b), OK);
    assert_memory_not_equal(a.at, b.at, HASH_BYTES);
    assert_int_equal(cert_spki(at("hub.key"), &b), ERR_FORMAT);
    assert_int_equal(cert_until(at("none.pem"), &t), ERR_NOT_FOUND);
    assert_int_equal(t, far);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(openssl_agrees),   cmocka_unit_test(modes),    cmocka_unit_test(nothing_is_overwritten),
        cmocka_unit_test(requests_refused), cmocka_unit_test(revoking), cmocka_unit_test(reading),
    };
    return cmocka_run_group_tests(tests, yard_open, yard_close);
}
