// SPDX-License-Identifier: Apache-2.0
#include "ops/cli/synth/reread.h"

#include "node/ssmix/patient.h"
#include "ops/cli/synth/chart.h"

static err read_back(const chart *c, identity *ret)
{
    hl7 *m = NULL;
    hl7_dirt dirt;
    char number[SYNTH_CHART];
    err e = hl7_read(buf_span(&c->bytes), &m, &dirt);
    e = e ? e : patient_of(m, ret, number, sizeof number);
    hl7_free(m);
    return e;
}

err reread_split(identity *io)
{
    static const house split = {.digits = 8, .split_in1 = true, .msh20 = "ISO 2022-1994", .maker = "REREAD"};
    chart c = {.house = &split, .number = "00000017", .who = *io};
    filing f = {.type = "ADT-00", .sent = day_of(2026, 1, 5), .sent_ms = 10 * HOUR_MS};
    identity who;
    c.who.branch[0] = '\0'; // this layout has no place for it
    seg_msh(&c, &f, "ADT^A08^ADT_A01");
    seg_pid_build(&c);
    seg_pid(&c);
    seg_in1(&c, f.sent);
    buf_put_u8(&c.text, 0x1c);
    err e = jis_new(&c.jis);
    e = e ? e : c.pid.sticky ? c.pid.sticky : c.text.sticky;
    e = e ? e : jis_encode(c.jis, buf_span(&c.text), &c.bytes);
    e = e ? e : read_back(&c, &who);
    jis_free(c.jis);
    chart_done(&c);
    if (!e)
        *io = who;
    return e;
}
