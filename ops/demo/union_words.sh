# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The story's words on joining a union, filing documents and leaving: English and Japanese. Sourced by words.sh.

word form_application 'the application to join' '利用申請書'
word form_pledge 'the pledge' '誓約書'
word form_leaving 'the notice of leaving' '退会届'
word form_change 'the change of consent' '同意内容変更書'

word step_join 'A new clinic joins a union by its forms' '新しい診療所が、用紙でユニオンに加わる'
word cast_new '%s has no storage, and wants to read and to file documents; its union is to be that of %s.' \
    '%s にはストレージがありません。閲覧と文書の登録を望み、%s のユニオンに申し込みます。'
word new_nobody '%s is of no union yet: it may ask nothing' '%s はまだどのユニオンにも属さず、何も照会できません'
word new_applies 'application and pledge are handed in at the node of %s, of another union: sealed, they find the secretariat' \
    '申請書と誓約書を、別のユニオンの %s のノードから出します。封をして事務局へ届きます'
word office_not_told 'the secretariat of %s was not told' '%s の事務局に届いていません'
word office_told 'the secretariat at %s is told, and finds it in its list as no. %s' \
    '%s の事務局に知らされ、一覧に第 %s 番としてあります'
word office_reads 'it reads the form, field by field' '事務局は用紙を一欄ずつ読みます'
word office_approves 'it approves no. %s; a draft of its next membership list is written' \
    '第 %s 番を認めると、次の名簿の下書きができます'
word next_printed 'printed as the next command: %s' '次に打つコマンドも表示されます: %s'
word office_signs 'the secretariat signs the list with its own key, without any network' \
    '事務局が、ネットワークにつながずに、自分の鍵で名簿に署名します'
word list_holds 'handed to the hub, it holds at once: %d of %d nodes have it, each verified it' \
    'ハブに渡すとすぐ有効になり、%d / %d ノードがそれぞれ確かめて持っています'
word new_asks '%s, now a member, asks under its number %s; %s has the form' \
    '会員になった %s が、自院の番号 %s で頼み、%s に届きました'
word new_completed 'the officer there accepts: %s has its completion notice' '担当者が受け付け、%s に登録完了通知が届きました'
word new_sees '%s sees %d documents of %s' '%s に文書 %d 件が見えます (%s のもの)'

word step_contribute 'The new clinic, without a storage, files documents of its own' \
    'ストレージのない新しい診療所が、自分の文書を登録する (双方向)'
word shelf_files '%s files a PDF, an image, a note and a CDA document on the shelf of its union'\''s node (%s)' \
    '%s が、PDF、画像、メモ、CDA 文書を、ユニオンのノードの棚に置きます (%s)'
word shelf_no_page 'a web page that calls itself a PDF is not taken' 'PDF を名のるウェブページは受け付けません'
word shelf_closed 'filed is not disclosed: without a consent %s sees nothing of it' \
    '置いただけでは開示されません。同意がなければ、%s には何も見えません'
word shelf_consent 'the patient agrees, for %s: basics, laboratory, imaging, reports' \
    '患者さんが同意します。相手は %s、区分は基本情報・検体検査・画像・レポート'
word shelf_seen '%s has the four on its timeline, beside those of the hospitals:' \
    '%s の時系列に、病院の文書とならんで四件があらわれます:'
word shelf_pdf 'the PDF' 'PDF'
word shelf_image 'the image' '画像'
word shelf_note 'the note' 'メモ'
word shelf_cda 'the CDA document' 'CDA 文書'
word shelf_opened 'opened: %s, byte for byte what was filed (%d bytes)' '開きました: %s。登録したものと同じです (%d バイト)'
word shelf_not_agreed 'what the patient did not agree to (nursing) does not open' '同意していない区分 (看護) は開けません'
word shelf_too_old 'a report of three years ago is older than the window: it does not open' \
    '三年前の報告は期間の外にあり、開けません'
word shelf_nurse 'a nurse asking for the report by its id is refused, as at a hospital' \
    '看護師がレポートを番号で求めても、病院のときと同じく断られます'
word shelf_not_for '%s, to whom the patient did not agree, has none of it' '同意の相手でない %s には、どれもあらわれません'
word shelf_retracted 'the clinic takes the PDF back' '診療所が PDF を取り下げます'
word shelf_gone 'and it does not open any more' 'もう開けません'

word step_leave 'The new clinic leaves, and its rights end' '新しい診療所が退会し、権利がなくなる'
word new_leaves '%s hands in its notice of leaving' '%s が退会届を出します'
word until_then 'until the list says so, %s still reads' '名簿が変わるまでは、%s はまだ見られます'
word left_nobody '%s may ask nothing any more' '%s は、もう何も照会できません'
word left_ticket 'nor does the ticket of a moment ago open anything at %s' '直前の閲覧券でも、%s の何も開けません'
word left_shelf 'and what it had on its shelf, nobody opens any more' '棚に置いてあった文書も、だれも開けません'
word left_absent 'a new look-up of %s does not name it' '%s の新しい照会にも出てきません'
word left_told '%s, which disclosed to it, is told (notice %s)' '開示していた %s に知らされました (お知らせ %s 番)'
word left_request 'and its request at %s has ended by itself' '%s にあった依頼は、ひとりでに終わりました'
word left_office 'the secretariat at %s has it on record: who joined, who left' \
    '%s の事務局にも、加入と退会の両方が知らされています'
