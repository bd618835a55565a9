# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The story's words on forms, requests, emergencies, contributions and notices: English and Japanese. Sourced by
# words.sh.

word step_paper 'The patient agrees at the clinic: the forms' '診療所で患者さんが同意する: 用紙'
word paper_printed 'the clerk prints the consent form on one A4 page; its number is %s, nothing of the patient is in it' \
    '事務の人が参加同意書を A4 一枚に印刷します。番号は %s。患者さんのことは何も入っていません'
word form_wrong 'the form could not be made: %s' '用紙を作れません: %s'
word form_slip 'kanji written where kana belong: the check names the line and what would be right' \
    'カナの欄に漢字: 検査が、行と正しい書きかたを示します'
word form_good 'checked, nothing is missing: %s' '検査しました。もれはありません: %s'
word form_consent 'the consent form' '参加同意書'
word form_registration 'the registration request' '患者登録依頼書'

word step_request 'The clinic asks who may hold records, without naming the patient' \
    '診療所が、名前を出さずに、どこに記録があるかをたずねる'
word asked_all '%s asks under its own number %s: %d hospitals get a pseudonym, and nothing else' \
    '%s が自院の番号 %s でたずねます: %d か所の病院に届くのは仮名だけ'
word may_hold '%d may hold records; only to them the form went, sealed (%d ms until all had answered)' \
    '%d か所の病院に記録がありそう。依頼書は封をして、そこにだけ送られました (全部の答えまで %d ミリ秒)'
word answer_received 'form received ' '依頼書を受け取った'
word answer_rejected 'no such records' '記録なし          '
word answer_enquiring 'no answer yet ' 'まだ答えなし      '
word answer_sent 'form on its way' '依頼書を送っている'
word none_elsewhere '%d know no such patient: they have seen a pseudonym that means nothing to them' \
    '%d か所の病院に該当者なし。受け取ったのは、そこでは意味のない仮名だけ'
word request_cancelled 'not needed from %s: the request is cancelled' '%s には頼まないことにし、取り消しました'
word asked_named 'the patient may have been at %s as a child: that hospital is asked by name, and has the form' \
    '%s にも子どものころ行ったかもしれない: 名指しで頼み、依頼書が届きました'

word step_inbox 'The hospitals'\'' liaison offices look, ask back, refuse' '病院の地域連携室が見て、問い返し、断る'
word inbox_has '%s has the request of %s in its inbox, marked "soon"' '%s の受信箱に %s の依頼 (急ぎ) があります'
word beside '%s sees its own patient %s beside the form, and what agrees and what differs (%s)' \
    '%s では、依頼書の横に自院の患者 %s が並び、合うところと違うところがわかります (%s)'
word match_finds 'forms with mistakes find their patient too; of 100 forms, and of those shown as possible:' \
    '誤りのある依頼書でも本人が見つかります。100 枚のうち、また示された人のうち:'
word match_line '%3d %% found, %3d %% right: %s' '%3d %% 見つかり、%3d %% が本人: %s'
word dirt_small_kana 'small kana written large' '小書きのかなが大きい'
word dirt_old_character 'old characters' '旧字体'
word dirt_moved 'moved house' '転居'
word dirt_married 'married, with another name' '結婚で姓が変わった'
word dirt_two_at_once 'two mistakes at once' '誤りが二つ'
word inbox_closed 'a clinic'\''s clerk cannot look into the hospital'\''s inbox' '診療所の事務の人は病院の受信箱を見られません'
word asks_back '%s asks back' '%s が問い返します'
word clinic_reads 'the clinic reads: %s' '診療所に届いた問い: %s'
word clinic_replies 'it answers, and the request is in the inbox again' '答えると、依頼は受信箱に戻ります'
word nobody_like_that '%s finds nobody like that among its patients' '%s には似た患者さんがいません'
word rejects '%s refuses with a reason of the common list; the clinic knows' '%s が共通の理由から選んで断り、診療所に伝わりました'

word step_accept 'A person accepts; a node is killed before it could publish' '人が受け付け、公開の前にノードが落ちる'
word accepts 'the hub is down; at %s the officer accepts all the same: it is chart %s' \
    'ハブが落ちているときに、%s の担当者が受け付けました。患者番号 %s'
word node_killed 'then %s'\''s node is killed (SIGKILL); the hub is back, without its card (%d cards there)' \
    '続いて %s のノードも強制終了 (SIGKILL)。ハブは戻りましたが、カードはまだ届いていません (カード %d 枚)'
word completes_itself 'started again, %s publishes by itself; the clinic has the completion notice (%d ms after the start)' \
    '起動しなおすと、%s がひとりでに公開し、診療所に登録完了通知が届きました (起動から %d ミリ秒)'
word knows_itself '%s itself has it as completed' '%s 自身でも完了になりました'
word accepts_too '%s accepts chart %s: completed at the clinic after %d ms' '%s が患者番号 %s で受け付け: 診療所で完了まで %d ミリ秒'
word history_kept 'the request'\''s whole history is kept at both ends; the clinic'\''s, with %d steps:' \
    '依頼の経過は両側に残ります。診療所側の %d 段:'

word state_enquiring 'asks who may hold records' '記録がありそうかをたずねる'
word state_sent 'may hold records: the form is sent' 'ありそう: 依頼書を送る'
word state_received 'in the inbox' '受信箱にある'
word state_asked-back 'asked back' '問い返し'
word state_completed 'completed' '登録完了'

word step_second 'A second clinic joins later' 'あとから二つ目の診療所が加わる'
word second_asks '%s of another union asks under its number %s; %s has the form' \
    '別のユニオンの %s が、自院の番号 %s で頼み、%s に届きました'
word second_person 'no insurance card, and the patient has moved: the rules want a second person' \
    '保険証がなく、転居もある: 規約により二人目の確認が要ります'
word not_oneself 'who accepted cannot be the second person' '受け付けた本人は二人目になれません'
word second_completed 'a second officer agrees: %s has its completion notice' '別の担当者が確かめ、%s に登録完了通知が届きました'
word second_sees '%s sees %d documents under its own number, of %s alone' '%s が自院の番号で見られる文書 %d 件、%s のものだけ'

word step_change 'The patient wants less to be seen, and later more again' '患者さんが、見せる範囲を狭め、あとでまた広げる'
word changed '%s files the form; it holds at %s and at the hub after %d ms, without anybody having to agree' \
    '%s が用紙を出すと、%s とハブで %d ミリ秒後に有効。だれの承認も要りません'
word fewer 'before, %d categories; now only: %s' '前は %d 区分、いまは: %s'
word ticket_of_before 'a ticket issued before the change opens nothing at %s any more' '変更の前に出た閲覧券では、%s の何も開けません'
word widening_waits '%s files another: everything again. What widens waits at %s for a person' \
    '%s がもう一枚、すべて見せるという用紙を出します。広げる変更は %s で人の確認を待ちます'
word not_yet_wider 'until then %s sees no more than before' 'それまで %s に見えるものは増えません'
word widened 'an officer of %s agrees' '%s の担当者が認めました'
word wider_now 'and %d categories may be seen' '見られる区分は %d になりました'

word step_emergency 'An emergency: a patient who never agreed' '救急: 同意していない患者さん'
word no_emergency '%s has no patient for this step: it is left out' '%s にこの段に合う患者さんがいないため、省きます'
word ambulance 'the ambulance crew' '救急隊'
word physician_of 'the physician on duty at %s' '%s の当直医'
word usual_nothing 'in the usual way %s sees nothing: there is no consent' '%s は、ふつうの照会では何も見られません (同意がないため)'
word no_reason 'without a reason of the rules'\'' list it is refused' '規約の一覧にある理由がなければ断られます'
word opened_in_emergency 'with a reason, %s opens what the rules allow in emergencies: %d documents (%s)' \
    '理由があれば、%s は規約が救急に許すものを開けます: 文書 %d 件 (%s)'
word ambulance_little 'for an ambulance that is what was prescribed and who it is, and nothing else' \
    '救急隊に見えるのは基本情報と処方だけで、ほかは見えません'
word not_told '%s was not told' '%s に知らされていません'
word hospital_told '%s is told: notice %s, within %d ms' '%s に知らされました: お知らせ %s 番、%d ミリ秒以内'
word clinic_told 'the patient'\''s own clinic, %s, is told: notice %s, within %d ms' \
    'かかりつけの %s に知らされました: お知らせ %s 番、%d ミリ秒以内'
word reviews_wait '%d openings stand in the hospital'\''s review list, to be closed by %s:' \
    '病院の点検の一覧に %d 件が残ります。期限 %s:'
word review_closed 'an officer of %s with that duty closes them: they were justified' \
    '%s の担当者が「必要だった」として閉じました'
word review_once 'and nobody changes that afterwards' 'あとからは変えられません'
word consent_sought '%s: the patient'\''s consent is still to be sought, by %s' '%s: %s までに本人の同意を求めることになっています'
word consent_noted 'the patient is awake, and agrees afterwards: recorded' '意識の戻った患者さんが、あとで同意しました: 記録しました'
word consent_follows 'with the consent %s sends the registration request; %s has it' \
    '同意をもとに、%s が患者登録依頼書を送り、%s に届きました'
word accepts_after '%s accepts: from now on it is a patient like others' '%s が受け付けました。これからはふつうの登録患者です'
word reviews_over 'nothing is left in the review list of %s: reviewed, and the consent is on record' \
    '%s の点検の一覧には何も残っていません: 点検も、同意の記録も済みました'

word hospital_away 'the node of %s is stopped' '%s のノードを止めました'
word withdrawn_own 'the patient withdraws at %s; durable at the hub (no. %s) after %d ms' \
    '患者さんが %s で撤回。ハブに記録されました (番号 %s、%d ミリ秒)'
word hospital_knows '%s is back and knows by itself: its request is withdrawn (%d ms after the start)' \
    '%s が戻ると、ひとりでに伝わりました: 依頼は撤回済み (起動から %d ミリ秒)'
word hospital_knows_too '%s knows as well' '%s にも伝わっています'
word other_still '%s, where the patient did not withdraw, still sees %s' '撤回していない %s には、%s がまだ見えます'
word clinic_knows 'and %s knows: its request is withdrawn' '%s にも伝わりました: 依頼は撤回済み'

word step_notices 'What everybody was told' 'だれに何が知らされたか'
word notices_unread 'the notices of %s cannot be read' '%s へのお知らせを読めません'
word notices_of '%s: %d notices' '%s: お知らせ %d 件'
word notices_complete '%d notices in all: arrived, completed, asked back, refused, emergency' \
    'あわせて %d 件: 依頼の到着、登録完了、問い返し、登録不可、救急'
word notices_blind 'none holds a name, a date of birth, a patient number or a pseudonym (%d words looked for)' \
    '名前も生年月日も患者番号も仮名も、どこにもありません (%d 語をさがしました)'
word notices_taken '%s has taken all of its notices: nothing waits' '%s はお知らせをすべて受け取りました: 残りなし'
word second_needed '%s: form and chart agree in little, so the rules ask for a second person, who agrees' \
    '%s: 依頼書と診療録の一致が少ないので、規約により別の人が確かめ、同意しました'
