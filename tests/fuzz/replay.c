// SPDX-License-Identifier: Apache-2.0
// Replays a folder of seeds through a fuzz target, each also cut at every
// length up to 2 KiB, so that the normal test run covers truncation too.
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return 0;
    static uint8_t bytes[1 << 20];
    size_t n = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    for (size_t cut = 0; cut <= n; cut = cut < 2048 || cut == n ? cut + 1 : n) {
        // An exact allocation, so that the sanitizer sees one byte too many.
        uint8_t *copy = malloc(cut ? cut : 1);
        if (!copy)
            abort();
        memcpy(copy, bytes, cut);
        LLVMFuzzerTestOneInput(copy, cut);
        free(copy);
    }
    return 1;
}

int main(int argc, char **argv)
{
    int files = 0;
    for (int i = 1; i < argc; i++) {
        DIR *d = opendir(argv[i]);
        if (!d) {
            files += replay(argv[i]);
            continue;
        }
        for (struct dirent *e; (e = readdir(d));) {
            char path[4096];
            if (e->d_name[0] == '.')
                continue;
            snprintf(path, sizeof path, "%s/%s", argv[i], e->d_name);
            files += replay(path);
        }
        closedir(d);
    }
    printf("%d seeds replayed\n", files);
    return files ? 0 : 1;
}
