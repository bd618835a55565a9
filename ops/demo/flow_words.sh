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
word form_good 'corrected and complete: %s' '直して、もれなし: %s'
word form_consent 'the consent form' '参加同意書'
word form_registration 'the registration request' '患者登録依頼書'

word step_request 'The clinic asks who may hold records, without naming the patient' \
    '診療所が、名前を出さずに、どこに記録があるかをたずねる'
word asked_all '%s asks under its own number %s: %d hospitals get a pseudonym, and nothing else' \
    '%s が自院の番号 %s でたずねます: %d の病院に届くのは仮名だけ'
word may_hold '%d may hold records; only to them the form went, sealed (%d ms until all had answered)' \
    '%d の病院に記録がありそう。依頼書は封をして、そこにだけ送られました (全部の答えまで %d ミリ秒)'
word answer_received 'form received ' '依頼書を受け取った'
word answer_rejected 'no such records' '記録なし          '
word answer_enquiring 'no answer yet ' 'まだ答えなし      '
word answer_sent 'form on its way' '依頼書を送っている'
word none_elsewhere '%d know no such patient: they have seen a pseudonym that means nothing to them' \
    '%d の病院に該当者なし。受け取ったのは、そこでは意味のない仮名だけ'
word request_cancelled 'not needed from %s: the request is cancelled' '%s には頼まないことにし、取り消しました'
word asked_named 'the patient may have been at %s as a child: that hospital is asked by name, and has the form' \
    '%s にも子どものころ行ったかもしれない: 名指しで頼み、依頼書が届きました'

word step_inbox 'The hospitals'\'' liaison offices look, ask back, refuse' '病院の地域連携室が見て、問い返し、断る'
word inbox_has '%s has the request of %s in its inbox, marked "soon"' '%s の受信箱に %s の依頼 (急ぎ) があります'
word beside '%s sees its own patient %s beside the form, and what agrees and what differs (%s)' \
    '%s では、依頼書の横に自院の患者 %s が並び、合うところと違うところがわかります (%s)'
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

word step_second 'A second clinic joins later' 'あとから二つ目の診療所が加わる'
word second_asks '%s of another union asks under its number %s; %s has the form' \
    '別のユニオンの %s が、自院の番号 %s で頼み、%s に届きました'
word second_person 'no insurance card, and the patient has moved: the rules want a second person' \
    '保険証がなく、転居もある: 規約により二人目の確認が要ります'
word not_oneself 'who accepted cannot be the second person' '受け付けた本人は二人目になれません'
word second_completed 'a second officer agrees: %s has its completion notice' '別の担当者が確かめ、%s に登録完了通知が届きました'
word second_sees '%s sees %d documents under its own number, of %s alone' '%s が自院の番号で見られる文書 %d 件、%s のものだけ'
