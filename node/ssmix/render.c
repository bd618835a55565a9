// SPDX-License-Identifier: Apache-2.0
#include <string.h>
#include "node/ssmix/page.h"
#include "node/ssmix/render.h"

static const struct { const char *type, *ja, *en; } TITLES[] = {
    {"ADT-00", "患者基本情報", "Patient basics"},
    {"ADT-01", "担当医", "Attending doctor"},
    {"ADT-12", "外来診察の受付", "Outpatient reception"},
    {"ADT-21", "入院予定", "Admission plan"},
    {"ADT-22", "入院", "Admission"},
    {"ADT-31", "外出・外泊", "Leave of absence"},
    {"ADT-32", "外出・外泊からの帰院", "Return from leave"},
    {"ADT-41", "転科・転棟予定", "Transfer plan"},
    {"ADT-42", "転科・転棟", "Transfer"},
    {"ADT-51", "退院予定", "Discharge plan"},
    {"ADT-52", "退院", "Discharge"},
    {"ADT-61", "アレルギー情報", "Allergies"},
    {"PPR-01", "病名", "Problem list"},
    {"OMD", "食事オーダ", "Meal order"},
    {"OMP-01", "処方オーダ", "Prescription order"},
    {"OMP-11", "処方実施", "Prescription done"},
    {"OMP-02", "注射オーダ", "Injection order"},
    {"OMP-12", "注射実施", "Injection done"},
    {"OML-01", "検体検査オーダ", "Laboratory order"},
    {"OML-11", "検体検査結果", "Laboratory result"},
    {"OMG-01", "放射線検査オーダ", "Radiology order"},
    {"OMG-11", "放射線検査の実施", "Radiology examination done"},
    {"OMG-02", "内視鏡検査オーダ", "Endoscopy order"},
    {"OMG-12", "内視鏡検査の実施", "Endoscopy done"},
    {"OMG-03", "生理検査オーダ", "Physiology order"},
    {"OMG-13", "生理検査結果", "Physiology result"},
};

const char *render_type_title(const char *type, bool japanese)
{
    for (size_t i = 0; i < sizeof TITLES / sizeof TITLES[0]; i++)
        if (strcmp(TITLES[i].type, type) == 0)
            return japanese ? TITLES[i].ja : TITLES[i].en;
    return type;
}

static bool view_of(page *p, const char *type)
{
    if (strcmp(type, "ADT-00") == 0)
        return view_basics(p);
    if (strcmp(type, "ADT-22") == 0 || strcmp(type, "ADT-52") == 0)
        return view_stay(p, type[4] == '5');
    if (strcmp(type, "OMP-01") == 0)
        return view_prescription(p);
    if (strcmp(type, "OMP-02") == 0)
        return view_injection(p);
    if (strcmp(type, "OML-11") == 0)
        return view_laboratory(p);
    if (strcmp(type, "PPR-01") == 0)
        return view_problems(p);
    if (strcmp(type, "OMG-11") == 0 || strcmp(type, "OMG-12") == 0)
        return view_exam(p, false);
    if (strcmp(type, "OMG-13") == 0)
        return view_exam(p, true);
    return false;
}

err render_hl7(const char *type, span bytes, bool japanese, buf *out)
{
    hl7 *m = NULL;
    hl7_dirt dirt;
    err e = hl7_read(bytes, &m, &dirt);
    if (e != OK)
        return e;
    buf text = {0};
    page p = {m, japanese, &text};
    page_clean(&text, span_str(render_type_title(type, japanese)));
    buf_put_u8(&text, '\n');
    view_patient(&p);
    size_t head = text.len;
    if (!view_of(&p, type)) { // no view for it, or a message of another kind: the text as it is
        text.len = head;
        page_heading(&p, "原文", "Text of the message");
        page_clean(&text, hl7_text(m));
        buf_put_u8(&text, '\n');
    }
    if (dirt.bad_characters || dirt.trailing) {
        buf_put_u8(&text, '\n');
        page_note(&p, page_word(&p, "※ 原本に規格外の文字または余分な行があります。原本も確認してください。",
                                "Note: the original has characters or lines outside the standard; see it too."));
    }
    e = text.sticky;
    if (e == OK)
        e = buf_put_span(out, buf_span(&text));
    buf_wipe(&text);
    hl7_free(m);
    return e;
}
