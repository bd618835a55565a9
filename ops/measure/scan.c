// SPDX-License-Identifier: Apache-2.0
// A storage of so many files, scanned from nothing and again, beside find. The storage is
// kept between runs: making it takes minutes.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "node/ssmix/ssmix.h"
#include "ops/measure/bench.h"
#include "ops/cli/synth/synth.h"

enum { FILES = 1000000, FILES_QUICK = 100000, FILES_A_PATIENT = 100 };

static void storage_make(const bench *b, uint64_t files, char root[static 1200])
{
    char dir[1100], done[1200];
    snprintf(dir, sizeof dir, "%s/storage-%llu", b->data, (unsigned long long)files);
    snprintf(root, 1200, "%s/standard", dir);
    snprintf(done, sizeof done, "%s/complete", dir);
    if (access(done, R_OK) == 0)
        return;
    say("making a storage of %llu files in %s (kept for later runs)", (unsigned long long)files, dir);
    folder_remove(dir);
    folder_make(dir);
    synth_counts counts;
    uint64_t start = now_ns();
    synth_options o = {.out_dir = dir,
                       .facility_code = "0119900017",
                       .facility_name = "見本病院",
                       .seed = 1,
                       .patients = (uint32_t)(files / FILES_A_PATIENT),
                       .shared = 0,
                       .until = day_of_time(clock_now_ms()),
                       .files_target = files};
    must(synth_write(&o, &counts), dir);
    int fd = open(done, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0)
        close(fd);
    say("%llu files of %llu patients, %.0f s", (unsigned long long)counts.files,
        (unsigned long long)counts.patients, since(start));
}

static double find_timed(const char *root)
{
    uint64_t start = now_ns();
    pid_t pid = fork();
    if (pid == 0) {
        int null = open("/dev/null", O_WRONLY);
        dup2(null, 1);
        execlp("find", "find", root, "-type", "f", (char *)NULL);
        _exit(127);
    }
    int status = 1;
    if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
        die("find -type f failed");
    return since(start);
}

static void id_of(const uint8_t secret[32], span place, uint8_t ret[16])
{
    memcpy(ret, secret, 16); // never called by a scan
    (void)place;
}

typedef struct scanned {
    double full, again;
    ssmix_counts first, second;
} scanned;

static void scan_timed(const char *root, const char *data, scanned *ret)
{
    static const char *const tables[] = {"patient", "folder", NULL};
    store_options so = {.dir = data, .tables = tables};
    writer_options wo = {0};
    ssmix_root roots[] = {{root, SSMIX_STANDARD}};
    store *s;
    writer *w;
    ssmix_index *x;
    folder_remove(data);
    must(store_open(&so, &s), data);
    must(writer_start(s, &wo, &w), "writer_start");
    ssmix_options o = {.roots = roots,
                       .root_count = 1,
                       .keep = s,
                       .write = w,
                       .table_patient = 0,
                       .table_folder = 1,
                       .id_of = id_of};
    must(ssmix_index_open(&o, &x), "ssmix_index_open");
    uint64_t start = now_ns();
    must(ssmix_scan(x, true, NULL, &ret->first), "the full scan");
    ret->full = since(start);
    start = now_ns();
    must(ssmix_scan(x, false, NULL, &ret->second), "the rescan");
    ret->again = since(start);
    ssmix_index_close(x);
    writer_stop(w);
    store_close(s);
    folder_remove(data);
}

void scan_bench(const bench *b)
{
    char root[1200], data[1200];
    samples full = {0}, again = {0}, find = {0};
    scanned r = {0};
    storage_make(b, b->quick ? FILES_QUICK : FILES, root);
    snprintf(data, sizeof data, "%s/scan.data", b->data);
    find_timed(root); // both warm
    for (int i = 0; i < b->rounds; i++) {
        scan_timed(root, data, &r);
        samples_add(&full, r.full);
        samples_add(&again, r.again);
        samples_add(&find, find_timed(root));
    }
    result one = {.name = "scan",
                  .unit = "s",
                  .value = samples_at(&full, 0.5),
                  .beside = "find ROOT -type f",
                  .beside_value = samples_at(&find, 0.5),
                  .at_most = true,
                  .aim = 2};
    snprintf(one.note, sizeof one.note,
             "%llu files, %llu folders, %llu patients into an empty index: %.0f files/s",
             (unsigned long long)r.first.files, (unsigned long long)r.first.folders,
             (unsigned long long)r.first.patients, (double)r.first.files / samples_at(&full, 0.5));
    report(&one);
    result two = {.name = "rescan",
                  .unit = "s",
                  .value = samples_at(&again, 0.5),
                  .beside = "the full scan",
                  .beside_value = samples_at(&full, 0.5),
                  .at_most = true,
                  .aim = 0.25};
    snprintf(two.note, sizeof two.note, "incremental, nothing new: %llu of %llu folders were read again",
             (unsigned long long)r.second.listed, (unsigned long long)r.first.folders);
    report(&two);
    samples_done(&full);
    samples_done(&again);
    samples_done(&find);
}
