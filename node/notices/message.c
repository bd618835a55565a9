// SPDX-License-Identifier: Apache-2.0
// Only our own words, numbers and checked addresses come together here: nothing needs escaping.
#include "node/notices/message.h"

#include <inttypes.h>
#include <string.h>

#include "proto/crypto/hash.h"

static void sentence_put(const notify_target *t, const notice *k, buf *out)
{
    if (!k)
        buf_put_str(out, t->japanese ? "これは tsunagu の試しのお知らせです。" : "This is a trial notice of tsunagu.");
    else if (t->japanese)
        buf_printf(out, "お知らせ %" PRIu64 "番: %s。見るところ: tsunagu notices --number %" PRIu64, k->number,
                   notice_words(k->event, true), k->number);
    else
        buf_printf(out, "Notice %" PRIu64 ": %s. Where to look: tsunagu notices --number %" PRIu64, k->number,
                   notice_words(k->event, false), k->number);
}

static void base64_put(buf *out, span s)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < s.len; i += 3) {
        uint32_t v = (uint32_t)s.at[i] << 16;
        if (i + 1 < s.len)
            v |= (uint32_t)s.at[i + 1] << 8;
        if (i + 2 < s.len)
            v |= s.at[i + 2];
        const char four[4] = {digits[v >> 18], digits[v >> 12 & 63], i + 1 < s.len ? digits[v >> 6 & 63] : '=',
                              i + 2 < s.len ? digits[v & 63] : '='};
        if (i && i % 57 == 0)
            buf_put_str(out, "\r\n");
        buf_put(out, four, 4);
    }
}

// RFC 5322, in Japan's time; strftime would speak the locale's tongue.
static void date_put(buf *out, time_ms now)
{
    static const char *const days[] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    int y, m, d, s = (int)((now / 1000 + 9 * 3600) % 86400);
    day at = day_of_time(now);
    day_split(at, &y, &m, &d);
    buf_printf(out, "Date: %s, %d %s %d %02d:%02d:%02d +0900\r\n", days[(at % 7 + 7) % 7], d, months[m - 1], y,
               s / 3600, s / 60 % 60, s % 60);
}

// The same notice sent twice has the same id, so that whoever reads it sees one.
static void id_put(const notify_target *t, const notice *k, time_ms now, buf *out)
{
    uint8_t what[24];
    hash32 h;
    be64_put(what, k ? k->facility : t->facility);
    be64_put(what + 8, k ? k->number : 0);
    be64_put(what + 16, (uint64_t)(k ? k->at : now));
    span parts[2] = {span_str(t->name), span_of(what, sizeof what)};
    sha256_parts(parts, 2, &h);
    buf_put_str(out, "Message-ID: <");
    buf_put_hex(out, span_of(h.at, 16));
    buf_printf(out, "@%s>\r\n", strchr(t->from, '@') + 1);
}

static void mail_put(const notify_target *t, const notice *k, time_ms now, const buf *sentence, buf *out)
{
    const char *subject = !k ? t->japanese ? "tsunagu 試し" : "tsunagu trial"
                             : t->japanese ? "tsunagu お知らせ" : "tsunagu notice";
    buf_printf(out, "From: <%s>\r\nTo: ", t->from);
    for (size_t i = 0; i < t->to_count; i++)
        buf_printf(out, "%s<%s>", i ? ", " : "", t->to[i]);
    buf_put_str(out, "\r\nSubject: =?UTF-8?B?");
    base64_put(out, span_str(subject));
    buf_put_str(out, "?=\r\n");
    date_put(out, now);
    id_put(t, k, now, out);
    buf_put_str(out, "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\n"
                     "Content-Transfer-Encoding: base64\r\n\r\n");
    base64_put(out, buf_span(sentence));
    buf_put_str(out, "\r\n");
}

err message_make(const notify_target *t, const notice *k, time_ms now, buf *out)
{
    buf sentence = {0};
    sentence_put(t, k, &sentence);
    const char *text = buf_str(&sentence);
    if (sentence.sticky)
        out->sticky = sentence.sticky;
    else if (t->kind == NOTIFY_MAIL)
        mail_put(t, k, now, &sentence, out);
    else if (t->kind == NOTIFY_LINE_WORKS)
        buf_printf(out, "{\"title\":\"tsunagu\",\"body\":{\"text\":\"%s\"}}", text);
    else if (k)
        buf_printf(out, "{\"event\":\"%s\",\"text\":\"%s\",\"number\":%" PRIu64 ",\"look\":\"tsunagu notices --number %"
                   PRIu64 "\"}", policy_flow_event_name(k->event), text, k->number, k->number);
    else
        buf_printf(out, "{\"event\":\"test\",\"text\":\"%s\"}", text);
    err e = out->sticky;
    buf_done(&sentence);
    return e;
}
