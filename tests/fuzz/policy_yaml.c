// SPDX-License-Identifier: Apache-2.0
// rooms: compiler
// Rules as people (and others) write them. The input is cut at lines "=== NAME" into
// files. What compiles must open, and compile to the same bytes again; looking for what
// is suspicious and running the tests must not change them.
#include <stdlib.h>
#include <string.h>

#include "policies/compiler/compile.h"
#include "policies/compiler/schema.h"
#include "policies/compiler/trial.h"
#include "policies/engine/decide.h"

static void cut(const uint8_t *data, size_t size, policy_files *f)
{
    size_t at = 0;
    policy_file *file = NULL;
    while (at < size) {
        const uint8_t *nl = memchr(data + at, '\n', size - at);
        size_t len = nl ? (size_t)(nl - data) - at + 1 : size - at;
        if (len > 5 && len < 200 && memcmp(data + at, "=== ", 4) == 0 && f->count < 40) {
            f->items = realloc(f->items, (f->count + 1) * sizeof *f->items);
            if (!f->items)
                abort();
            file = &f->items[f->count++];
            *file = (policy_file){0};
            file->name = strndup((const char *)data + at + 4, len - 5);
            file->path = strdup(file->name);
        } else if (file && buf_put(&file->text, data + at, len)) {
            abort();
        }
        at += len;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    policy_files f = {0};
    diag d = {0};
    buf one = {0}, two = {0};
    cut(data, size, &f);
    err e = policy_compile(&f, &d, &one);
    if (e == ERR_INTERNAL)
        abort(); // the compiler made what its own verifier refuses
    if (!e) {
        if (policy_compile(&f, &d, &two) || !span_eq(buf_span(&one), buf_span(&two)))
            abort();
        buf checked = {0};
        trials t = {0};
        if (policy_check(&f, day_of(2026, 6, 1), &d, &checked) == OK && !span_eq(buf_span(&one), buf_span(&checked)))
            abort();
        if (trials_run(&f, &d, &t) == OK)
            trials_done(&t);
        buf_done(&checked);
    } else if (d.errors == 0) {
        abort(); // refused, and nobody told why
    }
    buf schema = {0};
    if (schema_write(&f, NULL, &schema) == OK)
        buf_done(&schema);
    buf_done(&one);
    buf_done(&two);
    diag_done(&d);
    policy_files_done(&f);
    return 0;
}
