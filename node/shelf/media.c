// SPDX-License-Identifier: Apache-2.0
// What a file is, by its own bytes.
#include <string.h>

#include "node/shelf/shelf.h"
#include "proto/base/utf8.h"

static const uint8_t PNG_HEAD[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n', 0, 0, 0, 13, 'I', 'H', 'D', 'R'};
static const uint8_t PNG_TAIL[] = {0, 0, 0, 0, 'I', 'E', 'N', 'D', 0xae, 0x42, 0x60, 0x82};

const char *shelf_media_name(shelf_media m)
{
    switch (m) {
    case SHELF_PDF: return "application/pdf";
    case SHELF_JPEG: return "image/jpeg";
    case SHELF_PNG: return "image/png";
    case SHELF_TEXT: return "text/plain";
    case SHELF_CDA: return "application/xml";
    default: return "";
    }
}

static bool begins(span s, const void *with, size_t len)
{
    return s.len >= len && memcmp(s.at, with, len) == 0;
}

static const uint8_t *find(span in, const void *what, size_t len)
{
    return in.len ? memmem(in.at, in.len, what, len) : NULL;
}

shelf_media shelf_media_head(span head)
{
    if (begins(head, "%PDF-1.", 7) || begins(head, "%PDF-2.", 7))
        return SHELF_PDF;
    if (begins(head, "\xff\xd8\xff", 3))
        return SHELF_JPEG;
    if (begins(head, PNG_HEAD, sizeof PNG_HEAD))
        return SHELF_PNG;
    return SHELF_UNKNOWN;
}

bool shelf_media_ends(shelf_media m, span tail)
{
    switch (m) {
    case SHELF_PDF: return find(tail, "%%EOF", 5) != NULL;
    case SHELF_JPEG: return find(tail, "\xff\xd9", 2) != NULL; // some cameras add a little
    case SHELF_PNG: return find(tail, PNG_TAIL, sizeof PNG_TAIL) != NULL;
    default: return false;
    }
}

static span blanks_skip(span s)
{
    while (s.len && strchr(" \t\r\n", s.at[0]) && s.at[0])
        s = span_from(s, 1);
    return s;
}

// Behind declaration, processing instructions and comments: where the root element begins. A document type
// is refused: an entity could draw in files of whoever reads it.
static bool root_find(span s, span *ret)
{
    for (;;) {
        const char *end;
        s = blanks_skip(s);
        if (begins(s, "<?", 2))
            end = "?>";
        else if (begins(s, "<!--", 4))
            end = "-->";
        else
            break;
        span rest = span_from(s, 2);
        const uint8_t *at = find(rest, end, strlen(end));
        if (!at)
            return false;
        s = span_from(s, (size_t)(at - s.at) + strlen(end));
    }
    *ret = s;
    return begins(s, "<", 1) && !begins(s, "<!", 2);
}

// <ClinicalDocument or <prefix:ClinicalDocument, and nothing but blanks behind its end.
static bool is_cda(span whole)
{
    static const char NAME[] = "ClinicalDocument";
    span root;
    size_t n = 1, len = sizeof NAME - 1;
    if (!root_find(whole, &root) || find(root, "<!DOCTYPE", 9) || find(root, "<!ENTITY", 8))
        return false;
    while (n < root.len && n < 64 && root.at[n] && !strchr(" \t\r\n/>:<\"'", root.at[n]))
        n++;
    size_t name = n < root.len && root.at[n] == ':' ? n + 1 : 1;
    span found = span_cut(root, name, len);
    uint8_t after = root.len > name + len ? root.at[name + len] : 0;
    if (!span_eq(found, span_of(NAME, len)) || !after || !strchr(" \t\r\n>", after))
        return false;
    while (whole.len && whole.at[whole.len - 1] && strchr(" \t\r\n", whole.at[whole.len - 1]))
        whole.len--;
    return whole.len > len + 1 && memcmp(whole.at + whole.len - len - 1, "ClinicalDocument>", len + 1) == 0;
}

shelf_media shelf_media_text(span whole, const char **ret_why)
{
    if (begins(whole, "\xef\xbb\xbf", 3))
        whole = span_from(whole, 3);
    if (!utf8_valid(whole)) {
        *ret_why = "neither PDF, JPEG nor PNG, nor text in UTF-8";
        return SHELF_UNKNOWN;
    }
    for (size_t i = 0; i < whole.len; i++)
        if ((whole.at[i] < 0x20 && !strchr("\t\n\r\f", whole.at[i])) || whole.at[i] == 0 || whole.at[i] == 0x7f) {
            *ret_why = "text with control characters";
            return SHELF_UNKNOWN;
        }
    span start = blanks_skip(whole);
    if (start.len == 0) {
        *ret_why = "a file without content";
        return SHELF_UNKNOWN;
    }
    if (begins(start, "<", 1)) {
        bool cda = is_cda(whole);
        if (!cda)
            *ret_why = "XML or HTML that is no whole CDA document";
        return cda ? SHELF_CDA : SHELF_UNKNOWN;
    }
    return SHELF_TEXT;
}
