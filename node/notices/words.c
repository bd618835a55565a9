// SPDX-License-Identifier: Apache-2.0
// Each event in words, in both tongues: whom a message goes to chooses the tongue, not the daemon's locale.
#include "node/notices/notices.h"

#include <string.h>

static const struct { const char *ja, *en; } words[FLOW_EVENT_COUNT] = {
    [FLOW_EVENT_ARRIVED] = {"登録依頼が届きました", "a registration request has arrived"},
    [FLOW_EVENT_ASKED_BACK] = {"依頼について問い合わせがあります", "a request was asked back"},
    [FLOW_EVENT_REPLIED] = {"問い合わせに返事がありました", "an answer to your question has come"},
    [FLOW_EVENT_COMPLETED] = {"登録が完了しました", "a registration is complete"},
    [FLOW_EVENT_REFUSED] = {"登録できないとの返事がありました", "a request was refused"},
    [FLOW_EVENT_CANCELLED] = {"依頼が取り消されました", "a request was cancelled"},
    [FLOW_EVENT_OVERDUE] = {"依頼が待っています(催促)", "a request is waiting (reminder)"},
    [FLOW_EVENT_DOCUMENTS] = {"新しい文書があります", "there are new documents"},
    [FLOW_EVENT_CHANGED] = {"同意の内容が変わりました", "a consent was changed"},
    [FLOW_EVENT_WITHDRAWN] = {"同意が撤回されました", "a consent was withdrawn"},
    [FLOW_EVENT_OBJECTED] = {"開示停止の申出がありました", "a patient objected to disclosure"},
    [FLOW_EVENT_EMERGENCY] = {"救急で記録が開かれました", "a record was opened in an emergency"},
    [FLOW_EVENT_REVIEW_DUE] = {"救急利用の確認が待っています", "the review of an emergency use is due"},
    [FLOW_EVENT_CONSENT_DUE] = {"救急利用のあとの同意を求めてください", "the consent after an emergency use is to be sought"},
    [FLOW_EVENT_EXPIRING] = {"同意がまもなく終わります", "a consent will end soon"},
    [FLOW_EVENT_ENDED] = {"同意の期間が終わりました", "a consent has ended"},
    [FLOW_EVENT_MAJORITY] = {"代理人が署名した患者が成年になります", "a patient whose proxy signed comes of age"},
    [FLOW_EVENT_APPLIED] = {"施設の利用申請が届きました", "a facility has applied to join"},
    [FLOW_EVENT_JOINED] = {"施設が加わりました", "a facility has joined"},
    [FLOW_EVENT_LEFT] = {"施設が退会しました", "a facility has left"},
    [FLOW_EVENT_ENQUIRED] = {"記録の有無の問い合わせが終わりました", "the enquiry who may hold records is over"},
};

const char *notice_words(notice_event e, bool japanese)
{
    if ((unsigned)e >= FLOW_EVENT_COUNT)
        return japanese ? "お知らせがあります" : "there is a notice";
    return japanese ? words[e].ja : words[e].en;
}

err notice_event_find(const char *name, notice_event *ret)
{
    for (int e = 0; e < FLOW_EVENT_COUNT; e++)
        if (strcmp(policy_flow_event_name((flow_event)e), name) == 0) {
            *ret = (notice_event)e;
            return OK;
        }
    return ERR_NOT_FOUND;
}
