// rooms: ssmix
// SPDX-License-Identifier: Apache-2.0
// A name a directory may hold: what is accepted must lie within it.
#include <stdlib.h>
#include "node/ssmix/inside.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void inside(span part, const uint8_t *data, size_t size)
{
    if (part.len && (part.at < data || part.at + part.len > data + size))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ssmix_name n;
    ssmix_extended x;
    char masked[64];
    if (ssmix_name_parse(span_of(data, size), &n) == OK) {
        inside(n.chart, data, size);
        inside(n.type, data, size);
        inside(n.order, data, size);
        inside(n.department, data, size);
        if (n.flag < 0 || n.flag > 2 || n.chart.len == 0 || n.chart.len > SSMIX_CHART_MAX)
            abort();
    }
    if (ssmix_extended_parse(span_of(data, size), &x) == OK) {
        inside(x.local_code, data, size);
        inside(x.code, data, size);
        inside(x.code_name, data, size);
        inside(x.system, data, size);
    }
    mask_name(span_of(data, size), masked, sizeof masked);
    for (const char *c = masked; *c; c++)
        if ((unsigned char)*c < 0x20 || (unsigned char)*c >= 0x7F)
            abort();
    return 0;
}
