// SPDX-License-Identifier: Apache-2.0
// The smallest PDF that readers open: one page, one built-in font, a correct
// cross-reference table (ISO 32000-1, 7.5).
#include "ops/cli/synth/chart.h"

#define OBJECTS 5

static void text_put(buf *b, const char *s)
{
    for (; *s; s++) {
        if (*s == '(' || *s == ')' || *s == '\\')
            buf_put_u8(b, '\\');
        buf_put_u8(b, (uint8_t)*s);
    }
}

static void page_text(buf *b, const char *title, const char *const *lines, size_t count)
{
    buf_put_str(b, "BT /F1 16 Tf 72 770 Td (");
    text_put(b, title);
    buf_put_str(b, ") Tj /F1 11 Tf\n");
    for (size_t i = 0; i < count; i++) {
        buf_put_str(b, "0 -22 Td (");
        text_put(b, lines[i]);
        buf_put_str(b, ") Tj\n");
    }
    buf_put_str(b, "ET\n");
}

void pdf_page(buf *out, const char *title, const char *const *lines, size_t count)
{
    static const char *const head[OBJECTS] = {
        "<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        "/Resources << /Font << /F1 5 0 R >> >> >>",
        NULL, "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"};
    size_t start = out->len, at[OBJECTS];
    buf text = {0};
    page_text(&text, title, lines, count);
    buf_put_str(out, "%PDF-1.4\n");
    for (int i = 0; i < OBJECTS; i++) {
        at[i] = out->len - start;
        buf_printf(out, "%d 0 obj\n", i + 1);
        if (head[i]) {
            buf_put_str(out, head[i]);
        } else {
            buf_printf(out, "<< /Length %zu >>\nstream\n", text.len);
            buf_put_span(out, buf_span(&text));
            buf_put_str(out, "endstream");
        }
        buf_put_str(out, "\nendobj\n");
    }
    size_t table = out->len - start;
    buf_printf(out, "xref\n0 %d\n0000000000 65535 f \n", OBJECTS + 1);
    for (int i = 0; i < OBJECTS; i++)
        buf_printf(out, "%010zu 00000 n \n", at[i]);
    buf_printf(out, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%zu\n%%%%EOF\n", OBJECTS + 1, table);
    if (text.sticky && !out->sticky)
        out->sticky = text.sticky;
    buf_done(&text);
}
