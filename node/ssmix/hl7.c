// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>
#include "node/ssmix/hl7.h"
#include "proto/base/utf8.h"
#include "proto/text/text.h"

#define HL7_BYTES_MAX ((size_t)8 << 20)
#define HL7_SEGMENTS_MAX 20000

struct hl7 {
    buf text;            // UTF-8, segments joined by '\n'
    span *segments;      // into text, without the '\n'
    size_t count, cap;
    uint8_t field, component, repeat, escape, sub;
};

static const char KNOWN[][4] = {
    "ACC", "AL1", "BLG", "CTD", "CTI", "DB1", "DG1", "DRG", "DSC", "EVN", "FT1", "GT1", "IAM", "IN1", "IN2", "IN3",
    "IPC", "MRG", "MSH", "NK1", "NTE", "OBR", "OBX", "ODS", "ODT", "OH1", "ORC", "PD1", "PDA", "PID", "PR1", "PRB",
    "PRD", "PV1", "PV2", "ROL", "RXA", "RXC", "RXE", "RXO", "RXR", "SAC", "SFT", "SPM", "TQ1", "TQ2", "ZD1", "ZE1",
    "ZE2", "ZI1", "ZPR",
};

static bool known(span name)
{
    for (size_t i = 0; i < sizeof KNOWN / sizeof KNOWN[0]; i++)
        if (memcmp(KNOWN[i], name.at, 3) == 0)
            return true;
    return false;
}

static bool has(span s, uint8_t c)
{
    return s.len > 0 && memchr(s.at, c, s.len) != NULL;
}

static bool high(span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.at[i] >= 0x80)
            return true;
    return false;
}

// What the guideline prescribes is ISO-2022-JP; a file without any escape but with high bytes was written by a
// system that did not follow it.
static err decode(span bytes, buf *out, hl7_dirt *dirt)
{
    if (!has(bytes, 0x1B) && high(bytes)) {
        if (utf8_valid(bytes)) {
            dirt->bad_characters++;
            return buf_put_span(out, bytes);
        }
        size_t before = out->len;
        err e = cp932_decode(bytes, out);
        if (e == OK)
            dirt->bad_characters++;
        if (e != ERR_FORMAT)
            return e;
        out->len = before;
    }
    iso2022_report report = {0};
    err e = iso2022_decode(bytes, out, &report);
    if (e == OK) {
        dirt->bad_characters += report.bad;
        dirt->shifted = report.shifted_at_end;
    }
    return e;
}

static bool name_char(uint8_t c, bool first)
{
    return (c >= 'A' && c <= 'Z') || (!first && c >= '0' && c <= '9');
}

static bool looks_named(span line)
{
    return line.len >= 3 && name_char(line.at[0], true) && name_char(line.at[1], false) &&
           name_char(line.at[2], false);
}

// Lines of bare segment names ("MSH", "PID,PV1,{OBR}"): somebody's notes pasted behind the message.
static bool list_of_names(span line)
{
    size_t word = 0;
    for (size_t i = 0; i <= line.len; i++) {
        uint8_t c = i < line.len ? line.at[i] : ' ';
        if (name_char(c, word == 0) && word < 3) {
            word++;
        } else if (strchr(" \t,;{}[]<>|-+", c) && c && (word == 0 || word == 3)) {
            word = 0;
        } else {
            return false;
        }
    }
    return true;
}

static bool blank(span line)
{
    for (size_t i = 0; i < line.len; i++)
        if (line.at[i] > ' ' && line.at[i] != 0x1C && line.at[i] != 0x1A)
            return false;
    return true;
}

static err add_segment(hl7 *m, span line)
{
    if (m->count == HL7_SEGMENTS_MAX)
        return ERR_LIMIT;
    if (m->count == m->cap) {
        size_t cap = m->cap ? m->cap * 2 : 32;
        span *grown = realloc(m->segments, cap * sizeof *grown);
        if (!grown)
            return ERR_MEM;
        m->segments = grown;
        m->cap = cap;
    }
    m->segments[m->count++] = line;
    return OK;
}

// A line that is no segment: text of the segment before that somebody broke, or nothing at all.
static bool continues(hl7 *m, span line, const hl7_dirt *dirt)
{
    return m->count > 0 && dirt->trailing == 0 && !looks_named(line) && !list_of_names(line);
}

// Segments are spans into one text; a continuation is moved up to the segment it belongs to.
static err add_line(hl7 *m, span line, hl7_dirt *dirt)
{
    if (blank(line))
        return OK;
    bool segment = looks_named(line) && line.len > 3 && line.at[3] == m->field;
    bool again = segment && m->count > 0 && memcmp(line.at, "MSH", 3) == 0;
    if (dirt->trailing > 0 || again || (!segment && !continues(m, line, dirt))) {
        dirt->trailing++;
        return OK;
    }
    if (m->text.len && segment)
        buf_put_u8(&m->text, '\n');
    else if (m->text.len)
        buf_put_u8(&m->text, ' ');
    size_t at = m->text.len;
    err e = buf_put_span(&m->text, line);
    if (e != OK)
        return e;
    if (!segment) {
        m->segments[m->count - 1].len += 1 + line.len;
        return OK;
    }
    if (!known(line))
        dirt->unknown_segments++;
    return add_segment(m, span_of((const uint8_t *)(uintptr_t)at, line.len)); // an offset until the text stands still
}

static err split(hl7 *m, span text, hl7_dirt *dirt)
{
    err e = OK;
    while (text.len && e == OK) {
        size_t n = 0;
        while (n < text.len && text.at[n] != '\r' && text.at[n] != '\n' && text.at[n] != 0x1C)
            n++;
        e = add_line(m, span_of(text.at, n), dirt);
        bool end = n < text.len && text.at[n] == 0x1C;
        text = span_from(text, n + 1);
        if (end && !blank(text)) // whatever stands behind the end mark is not the message
            dirt->trailing++;
        if (end)
            break;
    }
    return e;
}

static bool delimiter(uint8_t c)
{
    return c > ' ' && c < 0x7F && !(c >= '0' && c <= '9') && !(c >= 'A' && c <= 'Z') && !(c >= 'a' && c <= 'z');
}

static err read_delimiters(hl7 *m, span text)
{
    if (text.len < 4 || memcmp(text.at, "MSH", 3) != 0 || !delimiter(text.at[3]))
        return ERR_FORMAT;
    m->field = text.at[3];
    m->component = '^', m->repeat = '~', m->escape = '\\', m->sub = '&';
    uint8_t *const into[] = {&m->component, &m->repeat, &m->escape, &m->sub};
    for (size_t i = 0; i < 4 && 4 + i < text.len; i++) {
        uint8_t c = text.at[4 + i];
        if (c == m->field || !delimiter(c))
            break;
        *into[i] = c;
    }
    return OK;
}

err hl7_read(span bytes, hl7 **ret, hl7_dirt *ret_dirt)
{
    if (bytes.len > HL7_BYTES_MAX)
        return ERR_LIMIT;
    hl7_dirt dirt = {0};
    buf decoded = {0};
    hl7 *m = calloc(1, sizeof *m);
    if (!m)
        return ERR_MEM;
    err e = decode(bytes, &decoded, &dirt);
    if (e != OK)
        goto out;
    span text = buf_span(&decoded);
    if (text.len >= 3 && memcmp(text.at, "\xEF\xBB\xBF", 3) == 0)
        text = span_from(text, 3);
    while (text.len && (text.at[0] <= ' ')) // the start mark 0x0B of a transmission, empty lines
        text = span_from(text, 1);
    e = read_delimiters(m, text);
    if (e == OK)
        e = split(m, text, &dirt);
    if (e == OK)
        e = m->text.sticky;
    if (e == OK && m->count == 0)
        e = ERR_FORMAT;
    if (e != OK)
        goto out;
    for (size_t i = 0; i < m->count; i++)
        m->segments[i].at = &m->text.at[(uintptr_t)m->segments[i].at];
    *ret = m;
    *ret_dirt = dirt;
    m = NULL;
out:
    buf_done(&decoded);
    hl7_free(m);
    return e;
}

void hl7_free(hl7 *m)
{
    if (!m)
        return;
    buf_wipe(&m->text);
    free(m->segments);
    free(m);
}

span hl7_text(const hl7 *m)
{
    return buf_span(&m->text);
}

size_t hl7_count(const hl7 *m)
{
    return m->count;
}

span hl7_name(const hl7 *m, size_t segment)
{
    return segment < m->count ? span_cut(m->segments[segment], 0, 3) : (span){0};
}

// The n-th (from 0) of the parts of s between separators.
static span part_of(span s, uint8_t by, int n)
{
    while (n-- > 0) {
        const uint8_t *at = s.len ? memchr(s.at, by, s.len) : NULL;
        if (!at)
            return (span){0};
        s = span_from(s, (size_t)(at - s.at) + 1);
    }
    const uint8_t *end = s.len ? memchr(s.at, by, s.len) : NULL;
    return end ? span_of(s.at, (size_t)(end - s.at)) : s;
}

static span whole_field(const hl7 *m, size_t segment, int field)
{
    if (segment >= m->count || field < 1)
        return (span){0};
    span s = m->segments[segment];
    if (segment == 0) { // MSH-1 is the separator itself
        if (field == 1)
            return span_cut(s, 3, 1);
        return part_of(s, m->field, field - 1);
    }
    return part_of(s, m->field, field);
}

span hl7_field(const hl7 *m, size_t segment, int field, int rep, int component, int sub)
{
    span s = whole_field(m, segment, field);
    if (segment == 0 && field <= 2) // MSH-1 and MSH-2 hold the delimiters: not split by them
        return rep == 0 && component <= 1 && sub <= 1 ? s : (span){0};
    if (rep < 0)
        return (span){0};
    s = part_of(s, m->repeat, rep);
    if (component > 0)
        s = part_of(s, m->component, component - 1);
    if (sub > 0)
        s = part_of(s, m->sub, sub - 1);
    return s;
}

int hl7_reps(const hl7 *m, size_t segment, int field)
{
    span s = whole_field(m, segment, field);
    if (s.len == 0)
        return 0;
    if (segment == 0 && field <= 2)
        return 1;
    int n = 1;
    for (size_t i = 0; i < s.len && n < HL7_REPS_MAX; i++)
        n += s.at[i] == m->repeat;
    return n;
}

size_t hl7_find(const hl7 *m, const char *name, size_t from)
{
    for (size_t i = from; i < m->count; i++)
        if (span_eq(hl7_name(m, i), span_str(name)))
            return i;
    return SIZE_MAX;
}

// \Xhh..\: bytes. Kept if they are text in themselves; otherwise one mark for the lot.
static err put_hex(span hex, buf *out)
{
    uint8_t bytes[256];
    size_t n = hex.len / 2;
    if (hex.len % 2 || n > sizeof bytes || hex_get(hex, bytes, n) != OK || !utf8_valid(span_of(bytes, n)))
        return utf8_put(out, 0xFFFD);
    return buf_put_span(out, span_of(bytes, n));
}

// One escape's body, without its delimiters. False: not an escape of the standard, to be left as it is.
static bool put_escape(const hl7 *m, span body, buf *out)
{
    if (body.len == 1) {
        switch (body.at[0]) {
        case 'F': buf_put_u8(out, m->field); return true;
        case 'S': buf_put_u8(out, m->component); return true;
        case 'R': buf_put_u8(out, m->repeat); return true;
        case 'E': buf_put_u8(out, m->escape); return true;
        case 'T': buf_put_u8(out, m->sub); return true;
        case 'H': case 'N': return true; // highlighting on and off
        default: return false;
        }
    }
    if (body.len >= 3 && body.at[0] == '.') {
        bool line = memcmp(body.at, ".br", 3) == 0 || memcmp(body.at, ".sp", 3) == 0 || memcmp(body.at, ".ce", 3) == 0;
        bool layout = memcmp(body.at, ".in", 3) == 0 || memcmp(body.at, ".ti", 3) == 0 ||
                      memcmp(body.at, ".fi", 3) == 0 || memcmp(body.at, ".nf", 3) == 0 || memcmp(body.at, ".sk", 3) == 0;
        if (line)
            buf_put_u8(out, '\n');
        return line || layout;
    }
    if (body.len >= 2 && body.at[0] == 'X') {
        (void)put_hex(span_from(body, 1), out); // failure sticks in out
        return true;
    }
    return body.len >= 3 && (body.at[0] == 'C' || body.at[0] == 'M'); // character sets: already decoded
}

err hl7_unescape(const hl7 *m, span raw, buf *out)
{
    while (raw.len) {
        const uint8_t *at = memchr(raw.at, m->escape, raw.len);
        size_t n = at ? (size_t)(at - raw.at) : raw.len;
        buf_put_span(out, span_cut(raw, 0, n));
        raw = span_from(raw, n);
        if (raw.len == 0)
            break;
        const uint8_t *end = raw.len > 1 ? memchr(raw.at + 1, m->escape, raw.len - 1) : NULL;
        span body = end ? span_of(raw.at + 1, (size_t)(end - raw.at) - 1) : (span){0};
        if (end && put_escape(m, body, out)) {
            raw = span_from(raw, body.len + 2);
        } else {
            buf_put_u8(out, raw.at[0]);
            raw = span_from(raw, 1);
        }
    }
    return out->sticky;
}
