// rooms: ssmix
// SPDX-License-Identifier: Apache-2.0
// A document as some hospital's file may hold it: read, asked for everything, rendered as every type.
#include <stdlib.h>
#include "node/ssmix/patient.h"
#include "node/ssmix/render.h"
#include "proto/base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const types[] = {"ADT-00", "ADT-22", "ADT-52", "OMP-01", "OMP-02", "OML-11",
                                        "PPR-01", "OMG-11", "OMG-12", "OMG-13", "ADT-61"};
    hl7 *m = NULL;
    hl7_dirt dirt;
    identity who;
    char chart[33];
    if (hl7_read(span_of(data, size), &m, &dirt) != OK)
        return 0;
    if (!utf8_valid(hl7_text(m)))
        abort();
    (void)!patient_of(m, &who, chart, sizeof chart);
    hl7_free(m);
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        buf out = {0};
        err e = render_hl7(types[i], span_of(data, size), i % 2 == 0, &out);
        for (size_t n = 0; e == OK && n < out.len; n++)
            if (out.at[n] < 0x20 && out.at[n] != '\n')
                abort();
        if (e == OK && !utf8_valid(buf_span(&out)))
            abort();
        buf_done(&out);
    }
    return 0;
}
