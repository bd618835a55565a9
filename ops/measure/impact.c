// SPDX-License-Identifier: Apache-2.0
// A year's log replayed under two rules by the command that the council uses; beside counting
// the lines of the same file. The log is invented, in the form that `log export` writes.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ops/measure/place.h"
#include "policies/compiler/compile.h"
#include "policies/engine/table.h"
#include "proto/pact/chain.h"
#include "proto/wire/wire.h"

enum { SOURCES_MOST = 3, DAY_MS = 86400000 };

static void bundle_write(const policy_files *f, const char *path)
{
    diag d = {0};
    buf bytes = {0};
    must(policy_compile(f, &d, &bytes), path);
    FILE *out = fopen(path, "we");
    if (!out || fwrite(bytes.at, 1, bytes.len, out) != bytes.len || fclose(out) != 0)
        die("%s: cannot be written", path);
    buf_done(&bytes);
    diag_done(&d);
}

// The rules in force, and a change: nurses may see reports.
static void bundles_make(const bench *b, const char *old_path, const char *new_path, policy **ret)
{
    static const char FROM[] = "deny: [imaging, reports, referrals]", TO[] = "deny: [imaging, referrals]         ";
    char dir[1100];
    diag d = {0};
    policy_files f = {0};
    buf bytes = {0};
    snprintf(dir, sizeof dir, "%s/policies/sapporo", b->source);
    must(policy_load_dir(dir, &d, &f), dir);
    bundle_write(&f, old_path);
    must(policy_compile(&f, &d, &bytes), dir);
    must(policy_open(buf_span(&bytes), ret), dir);
    for (size_t i = 0; i < f.count; i++) {
        buf *t = &f.items[i].text;
        uint8_t *at = t->len ? memmem(t->at, t->len, FROM, sizeof FROM - 1) : NULL;
        if (at)
            memcpy(at, TO, sizeof FROM - 1);
    }
    bundle_write(&f, new_path);
    buf_done(&bytes);
    policy_files_done(&f);
    diag_done(&d);
}

static int discloser_of(const policy *p, uint64_t r)
{
    int f = (int)(r % (uint64_t)policy_facility_count(p));
    for (int i = 0; i < policy_facility_count(p) && !policy_facility_at(p, f).discloses; i++)
        f = (f + 1) % policy_facility_count(p);
    return f;
}

static void entry_make(const policy *p, uint64_t seq, buf *out)
{
    uint8_t name[32] = {1}, user[16] = {2}, ticket[16] = {3};
    Tsunagu__LogSource source[SOURCES_MOST], *list[SOURCES_MOST];
    Tsunagu__LogEntry e = TSUNAGU__LOG_ENTRY__INIT;
    uint64_t r = mix64(seq), s = mix64(r);
    policy_facility_view viewer = policy_facility_at(p, (int)(r % (uint64_t)policy_facility_count(p)));
    e.version = 1;
    e.time_ms = (time_ms)policy_effective_from(p) * DAY_MS + (time_ms)(seq * 31557 % (365ull * DAY_MS));
    e.event = EVENT_LOOKUP;
    e.node = (char *)policy_union_text(p, __builtin_ctzll(viewer.unions)).id;
    e.facility = viewer.code;
    e.user = (ProtobufCBinaryData){sizeof user, user};
    e.role = (char *)(s & 1 ? "physician" : policy_role_text(p, (int)(s >> 8) % policy_role_count(p)).id);
    e.purpose = "treatment";
    memcpy(name, &r, sizeof r);
    e.pseudonym = (ProtobufCBinaryData){sizeof name, name};
    e.asked = 0xff;
    e.rules = 0x1234567890abcdef;
    e.n_sources = 1 + (s >> 24) % SOURCES_MOST;
    e.sources = list;
    for (size_t i = 0; i < e.n_sources; i++) {
        tsunagu__log_source__init(&source[i]);
        source[i].source = policy_facility_at(p, discloser_of(p, mix64(s + i))).code;
        source[i].granted = s >> 32 & 1 ? 0x1f : 0;
        source[i].status = source[i].granted ? OK : ERR_DENIED;
        source[i].ticket = (ProtobufCBinaryData){sizeof ticket, ticket};
        list[i] = &source[i];
    }
    buf_clear(out);
    must(wire_encode((const ProtobufCMessage *)&e, out), "an entry");
}

static void log_make(const policy *p, const char *path, uint64_t count)
{
    buf entry = {0}, line = {0};
    FILE *out = fopen(path, "we");
    if (!out)
        die("%s: cannot be written", path);
    for (uint64_t seq = 1; seq <= count; seq++) {
        entry_make(p, seq, &entry);
        buf_clear(&line);
        buf_printf(&line, "{\"seq\":%llu,\"hash\":\"%064llx\",\"bytes\":\"", (unsigned long long)seq,
                   (unsigned long long)mix64(seq));
        buf_put_hex(&line, buf_span(&entry));
        must(buf_put_str(&line, "\"}\n"), path);
        if (fwrite(line.at, 1, line.len, out) != line.len)
            die("%s: cannot be written", path);
    }
    if (fclose(out) != 0)
        die("%s: cannot be written", path);
    buf_done(&entry);
    buf_done(&line);
}

static double timed(const char *const *argv, const char *log)
{
    int status = 0;
    uint64_t start = now_ns();
    pid_t pid = process_start(argv, log, NULL);
    if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status))
        die("%s %s failed; see %s", argv[0], argv[1], log);
    return since(start);
}

void impact_bench(const bench *b)
{
    char dir[1200], old_path[1300], new_path[1300], log[1300], said[1300], tsunagu[1100];
    uint64_t count = b->quick ? 100000 : 1000000;
    policy *p = NULL;
    samples ours = {0}, lines = {0};
    snprintf(dir, sizeof dir, "%s/bench-impact", b->data);
    folder_make(dir);
    snprintf(old_path, sizeof old_path, "%s/old.bundle", dir);
    snprintf(new_path, sizeof new_path, "%s/new.bundle", dir);
    snprintf(log, sizeof log, "%s/log", dir);
    snprintf(said, sizeof said, "%s/said", dir);
    snprintf(tsunagu, sizeof tsunagu, "%s/tsunagu", b->bin);
    if (access(tsunagu, X_OK) != 0) {
        report_missing("impact", "the command tsunagu is not built");
        return;
    }
    bundles_make(b, old_path, new_path, &p);
    log_make(p, log, count);
    const char *const impact[] = {tsunagu, "policy", "impact", old_path, new_path, "--log", log, NULL};
    const char *const plain[] = {"/usr/bin/wc", "-l", log, NULL};
    for (int i = 0; i < b->rounds; i++) {
        samples_add(&ours, timed(impact, said));
        samples_add(&lines, timed(plain, said));
    }
    result r = {.name = "impact", .unit = "s", .value = samples_at(&ours, 0.5), .beside = "wc -l of the same file",
                .beside_value = samples_at(&lines, 0.5), .of_value = true, .at_most = true,
                .aim = b->quick ? 1 : 10};
    snprintf(r.note, sizeof r.note, "%llu look-ups, %llu MiB of log, by the command itself", (unsigned long long)count,
             (unsigned long long)file_bytes(log) >> 20);
    report(&r);
    samples_done(&ours);
    samples_done(&lines);
    policy_free(p);
    folder_remove(dir);
}
