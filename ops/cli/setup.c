// SPDX-License-Identifier: Apache-2.0
// Keys and certificates: what an operator makes once, before the first start.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ops/cli/command.h"
#include "proto/base/luhn.h"
#include "proto/base/tongue.h"
#include "proto/crypto/cert.h"
#include "proto/crypto/key.h"

enum { DAY_MS = 86400000, PATH_BYTES = 4096 };

static int outcome(const invocation *v, err e, const char *what)
{
    if (e) {
        char note[PATH_BYTES + 128];
        if (e == ERR_IO)
            snprintf(note, sizeof note, "%s: %s", what, strerror(errno));
        else
            snprintf(note, sizeof note, "%s", what);
        complain(v, e, note);
    } else if (v->json) {
        puts("{\"ok\":true,\"status\":\"ok\"}");
    }
    return exit_of(e);
}

static err folder_make(const char *dir)
{
    return mkdir(dir, 0700) == 0 || errno == EEXIST ? OK : ERR_IO;
}

int ca_new_run(invocation *v)
{
    const char *dir = option_value(v, "@DIR"), *name = option_value(v, "name");
    long long days = 3650;
    if (!option_number(v, "days", 1, 36500, &days))
        return EXIT_USAGE;
    err e = folder_make(dir);
    if (e == OK)
        e = ca_new(dir, name ? name : "tsunagu CA", (int)days);
    if (e == OK && !v->json)
        printf(_("%s: a new authority, good for %lld days; keep ca.key offline\n"), dir, days);
    return outcome(v, e, dir);
}

int ca_issue_run(invocation *v)
{
    const char *dir = option_value(v, "@DIR");
    long long days = 825;
    if (!option_number(v, "days", -3650, 36500, &days))
        return EXIT_USAGE;
    time_ms now = clock_now_ms();
    bool server = option_value(v, "server") != NULL;
    cert_request r = {.name = option_value(v, "name"),
                      .cert_path = option_value(v, "cert"),
                      .key_path = option_value(v, "key"),
                      .server = server,
                      .client = !server,
                      .from = now - 3600000,
                      .until = now + days * DAY_MS};
    if (days < 0)
        r.from = r.until - DAY_MS;
    err e = ca_issue(dir, &r);
    if (e == OK && !v->json)
        printf(_("%s: a certificate for %s\n"), r.cert_path, r.name);
    return outcome(v, e, r.cert_path);
}

int ca_revoke_run(invocation *v)
{
    const char *cert = option_value(v, "@CERT");
    err e = ca_revoke(option_value(v, "@DIR"), cert);
    if (e == OK && !v->json)
        printf(_("%s: revoked; give the new crl.pem to the hub and the nodes and send them SIGHUP\n"), cert);
    return outcome(v, e, cert);
}

static err text_write(const char *path, buf *text)
{
    if (text->sticky)
        return text->sticky;
    FILE *f = fopen(path, "wxe");
    if (!f)
        return errno == EEXIST ? ERR_EXISTS : ERR_IO;
    bool good = fwrite(text->at, 1, text->len, f) == text->len;
    good = fclose(f) == 0 && good;
    return good ? OK : ERR_IO;
}

static void path_join(char out[static PATH_BYTES], const char *dir, const char *name)
{
    snprintf(out, PATH_BYTES, "%s/%s", dir, name);
}

static void hex_line(buf *text, const char *key, const uint8_t bytes[static 32])
{
    buf_printf(text, "  %s: [\"", key);
    buf_put_hex(text, span_of(bytes, 32));
    buf_put_str(text, "\"]\n");
}

int keygen_node_run(invocation *v)
{
    const char *dir = option_value(v, "@DIR"), *list = option_value(v, "list"), *code = option_value(v, "discloses");
    char sign_path[PATH_BYTES], seal_path[PATH_BYTES], secret_path[PATH_BYTES];
    uint8_t sign_pub[KEY_BYTES], seal_pub[KEY_BYTES], secret[KEY_BYTES];
    sign_key *s = NULL;
    seal_key *k = NULL;
    hash32 spki;
    buf text = {0};
    const char *at = dir;
    uint64_t number;
    if (code && institution_parse(span_str(code), &number) != OK) {
        complain(v, ERR_USAGE, _("--discloses: an institution code has ten digits"));
        return EXIT_USAGE;
    }
    path_join(sign_path, dir, "sign.key");
    path_join(seal_path, dir, "seal.key");
    path_join(secret_path, dir, "secret.hex");
    err e = folder_make(dir);
    if (e == OK)
        e = cert_spki(at = option_value(v, "cert"), &spki);
    if (e == OK)
        e = sign_key_new(&s);
    if (e == OK)
        e = seal_key_new(&k);
    if (e == OK)
        e = sign_key_save(s, at = sign_path);
    if (e == OK)
        e = seal_key_save(k, at = seal_path);
    if (e == OK)
        e = secret_new(at = secret_path, secret);
    if (e == OK) {
        sign_key_public(s, sign_pub);
        seal_key_public(k, seal_pub);
        buf_printf(&text, "# Public keys of a node, for the membership list of its union.\nnode: %s\nunion: %s\nhost: %s\n",
                   option_value(v, "node"), option_value(v, "union"), option_value(v, "host"));
        if (code)
            buf_printf(&text, "discloses: [\"%s\"]\n", code);
        buf_put_str(&text, "views: all\nkeys:\n");
        hex_line(&text, "tls", spki.at);
        hex_line(&text, "sign", sign_pub);
        hex_line(&text, "seal", seal_pub);
        e = text_write(at = list, &text);
    }
    if (e == OK && !v->json)
        printf(_("%s: keys made; give %s to your union's secretariat for policies/*/nodes/\n"), dir, list);
    buf_done(&text);
    crypto_wipe(secret, sizeof secret);
    sign_key_free(s);
    seal_key_free(k);
    return outcome(v, e, at);
}

int keygen_hub_run(invocation *v)
{
    const char *dir = option_value(v, "@DIR"), *list = option_value(v, "list"), *at = dir;
    char sign_path[PATH_BYTES];
    uint8_t sign_pub[KEY_BYTES];
    sign_key *s = NULL;
    hash32 spki;
    buf text = {0};
    path_join(sign_path, dir, "sign.key");
    err e = folder_make(dir);
    if (e == OK)
        e = cert_spki(at = option_value(v, "cert"), &spki);
    if (e == OK)
        e = sign_key_new(&s);
    if (e == OK)
        e = sign_key_save(s, at = sign_path);
    if (e == OK) {
        sign_key_public(s, sign_pub);
        buf_put_str(&text, "# Public keys of the hub: beside hub.yaml in the folder of the rules.\nkeys:\n");
        hex_line(&text, "tls", spki.at);
        hex_line(&text, "sign", sign_pub);
        e = text_write(at = list, &text);
    }
    if (e == OK && !v->json)
        printf(_("%s: the hub's key is made; put %s beside hub.yaml in the rules\n"), sign_path, list);
    buf_done(&text);
    sign_key_free(s);
    return outcome(v, e, at);
}

int keygen_federation_run(invocation *v)
{
    uint8_t key[KEY_BYTES];
    const char *path = option_value(v, "@FILE");
    err e = secret_new(path, key);
    crypto_wipe(key, sizeof key);
    if (e == OK && !v->json)
        printf(_("%s: give it to the nodes by hand, never to the hub\n"), path);
    return outcome(v, e, path);
}
