// SPDX-License-Identifier: Apache-2.0
// The page's own words. Not by gettext: a page may be in another tongue than the program, or in both.
#include "policies/page/sheet.h"
#include "proto/base/html.h"

const char *words_pick(const sheet *s, const char *ja, const char *en)
{
    return s->ask.tongue == PAGE_EN ? en : ja;
}

void words_put(const sheet *s, const char *ja, const char *en, buf *out)
{
    html_text(out, words_pick(s, ja, en));
    if (s->ask.tongue == PAGE_BOTH)
        html_element(out, " <small>", en, "</small>");
}

void words_label(const sheet *s, const char *ja, const char *en, buf *out)
{
    words_put(s, ja, en, out);
}

// Whom it goes to follows from who hands it in, and from what it asks.
static void send_to(const sheet *s, buf *out)
{
    const uint32_t people = 1u << HAND_PATIENT | 1u << HAND_PROXY;
    bool union_asked = false;
    for (int i = 0; i < s->form.field_count; i++)
        union_asked = union_asked || policy_form_field_at(s->p, s->ask.form, i).type == FORM_UNION;
    if (s->form.filed_by & people)
        words_put(s, "参加施設(診療所・病院・薬局など)の窓口。原本は受け付けた施設が保管し、写しをお渡しします。",
                  "The desk of any member facility. It keeps the original; you are given a copy.", out);
    else if (union_asked)
        words_put(s, "所属するユニオンの事務局", "The secretariat of your union", out);
    else if (s->form.filed_by == 1u << HAND_HOSPITAL)
        words_put(s, "依頼した施設", "The facility that asked", out);
    else
        words_put(s, "依頼先の病院の地域医療連携の窓口", "The liaison office of the hospital that is asked", out);
}

void words_head(const sheet *s, buf *out)
{
    buf_put_str(out, "<p><b>");
    words_put(s, "提出先", "Hand in at", out);
    buf_put_str(out, "</b>　");
    send_to(s, out);
    buf_put_str(out, "</p><p>");
    words_put(s, "＊の欄は必ず書いてください。□には ✓ を付けます。", "Fields with * must be filled in. Tick the boxes that apply.", out);
    buf_put_str(out, "</p>");
}
