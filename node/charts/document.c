// SPDX-License-Identifier: Apache-2.0
#include "node/charts/document.h"

#include <string.h>
#include <strings.h>

#include "node/ssmix/render.h"
#include "proto/base/luhn.h"

static const struct { const char *ending, *media; } medias[] = {
    {".pdf", "application/pdf"}, {".txt", "text/plain"},   {".xml", "application/xml"}, {".html", "text/html"},
    {".htm", "text/html"},       {".jpg", "image/jpeg"},   {".jpeg", "image/jpeg"},     {".png", "image/png"},
    {".tif", "image/tiff"},      {".tiff", "image/tiff"},  {".hl7", "hl7v2"},           {".dcm", "application/dicom"},
};

const char *document_media(ssmix_kind kind, const char *part)
{
    const char *dot = strrchr(part, '.');
    if (kind == SSMIX_STANDARD)
        return "hl7v2";
    for (size_t i = 0; dot && i < sizeof medias / sizeof medias[0]; i++)
        if (strcasecmp(dot, medias[i].ending) == 0)
            return medias[i].media;
    return "application/octet-stream";
}

void document_part_id(const node *n, const ssmix_entry *e, const char *part, uint8_t ret[16])
{
    hash32 h;
    span parts[3] = {SPAN_LIT("tsunagu part v1"), span_of(e->id, sizeof e->id), span_str(part)};
    hmac_sha256(span_of(n->secret, sizeof n->secret), parts, 3, &h);
    memcpy(ret, h.at, 16);
}

const char *document_category(const policy *p, uint32_t bit, bool japanese, bool id)
{
    if (bit == DOCUMENT_UNMAPPED || bit >= (uint32_t)policy_category_count(p))
        return bit == DOCUMENT_UNMAPPED ? "" : "?";
    policy_text t = policy_category_text(p, (int)bit);
    return id ? t.id : japanese ? t.label_ja : t.label_en;
}

void document_show(control_in *in, const policy *p, uint64_t facility, const Tsunagu__ManifestEntry *m)
{
    char text[30];
    bool ja = control_japanese(in);
    control_record(in, "document");
    institution_format(facility, text);
    control_text(in, "facility", text);
    control_bytes(in, "document", wire_span(m->document));
    control_text(in, "category", document_category(p, m->category, ja, true));
    control_text(in, "label", document_category(p, m->category, ja, false));
    day_format(m->day == DAY_FOREVER ? DAY_NONE : m->day, text);
    control_text(in, "day", text);
    if (m->time_ms)
        time_format(m->time_ms, text);
    control_text(in, "time", m->time_ms ? text : "");
    control_text(in, "type", m->type);
    control_text(in, "title", m->title[0] ? m->title : render_type_title(m->type, ja));
    control_text(in, "department", m->department);
    control_number(in, "bytes", (int64_t)m->bytes);
    control_text(in, "media", m->media);
    control_text(in, "part", m->part);
}
