# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Everything that ops/run, ops/test and ops/install say, in English and Japanese, in
# one table. Sourced. `say KEY ARGS...` prints a line of it.

# POSIX's order; LANGUAGE as gettext has it, but not under plain C.
tongue_choose() {
    local base=${LC_ALL:-${LC_MESSAGES:-${LANG:-}}} asked
    asked=$base
    case $base in
    C | POSIX) ;;
    *) asked=${LANGUAGE:-$base} ;;
    esac
    TONGUE=en
    [[ $asked != ja* ]] || TONGUE=ja
    # The locale itself need not be installed: the programs take their words by LANGUAGE.
    export LC_ALL=C.UTF-8 LANGUAGE=$TONGUE
}

declare -gA WORDS=()
word() { # KEY ENGLISH JAPANESE
    if [[ $TONGUE == ja ]]; then WORDS[$1]=$3; else WORDS[$1]=$2; fi
}
text() { # KEY ARGS...
    local key=$1
    shift
    # shellcheck disable=SC2059 # the table holds the formats
    printf -- "${WORDS[$key]}" "$@"
}
say() {
    text "$@"
    printf '\n'
}
tongue_choose

# ---- ops/install ------------------------------------------------------------
word install_help \
    'Usage: ops/install [--tests] [--check]

Installs by apt-get the packages that the project needs and this machine lacks.

  --tests   also those that only the tests need
  --check   only list what is missing; exit 1 if anything is' \
    '使いかた: ops/install [--tests] [--check]

必要なのに入っていないパッケージを apt-get で入れます。

  --tests   試験だけに要るものも入れる
  --check   足りないものを並べるだけ。あれば終了コード 1'
word install_not_debian \
    'This is not a Debian system: please see to it that these are there: %s' \
    'Debian ではないようです。次のものをご用意ください: %s'
word install_no_root \
    'Some packages are missing, and this user may not install them (no sudo here). As root, please:

  apt-get install --no-install-recommends %s
' \
    '足りないパッケージがあり、この利用者では入れられません (sudo もありません)。root で次をお願いします。

  apt-get install --no-install-recommends %s
'
word install_begin 'Installing %d packages: %s' '%d 個のパッケージを入れます: %s'
word install_failed \
    'The packages could not be installed. Is the network there, and may this user install?
Missing: %s' \
    'パッケージを入れられませんでした。ネットワークと権限をお確かめください。
足りないもの: %s'
word install_done 'Packages are installed.' 'パッケージが入りました。'
word unknown_option 'There is no option "%s". Try: %s' '「%s」という指定はありません。こちらをどうぞ: %s'

# ---- ops/test -----------------------------------------------------------------
word test_help \
    'Usage: ops/test [--long] [-R REGEX] [--no-install]

Builds into build-test/ with AddressSanitizer and UndefinedBehaviorSanitizer and runs
every test. The last line is "N passed, N failed".

  -R, --only REGEX  only the tests whose names fit
  --long            also the long modes, threads under ThreadSanitizer (build-tsan/), and every fuzz target
                    for 20 seconds (clang, build-fuzz/)
  --no-install      do not look for missing packages' \
    '使いかた: ops/test [--long] [-R 正規表現] [--no-install]

AddressSanitizer と UndefinedBehaviorSanitizer つきで build-test/ に作り、すべての試験を
行います。最後の行は「N passed, N failed」です。

  -R, --only 正規表現  名前の合う試験だけ
  --long               長い試験、スレッドの検査 (build-tsan/)、ファズ試験を 20 秒ずつ (clang、build-fuzz/)
  --no-install         足りないパッケージを調べない'
word test_needs '%s: a regular expression is needed' '%s: 正規表現が要ります'
word test_build '== building into %s (with sanitizers)' '== %s に作ります (検査つき)'
word test_no_build 'The build failed: see above.' '作れませんでした。上をご覧ください。'
word test_run '== running the tests' '== 試験をします'
word test_threads '== threads, under ThreadSanitizer' '== スレッドの検査'
word test_fuzz '== fuzzing %s for %d seconds' '== ファズ試験 %s (%d 秒)'
word test_fuzz_found 'fuzzing %s found something: see %s' 'ファズ試験 %s で見つかりました: %s'

# ---- ops/run: how it is called --------------------------------------------------
word run_help \
    'Usage: ops/run [OPTION...]

Installs what is missing, builds into build/, and plays the whole story on loopback: one
hub, seven nodes, a patient whom two hospitals know, clinics that ask and read, from the
consent form to the withdrawal, an emergency, a clinic that joins and leaves its union.
Everything is done by `tsunagu` commands, as clerks, officers and hospital IT would do it.
The last line is "story: N steps, N passed, 0 failed".

  --storage UNION=DIR  that hospital reads the SS-MIX2 standardized storage in DIR (it is
                       only read); may be given several times. DIR is the folder that holds
                       the folders of three characters.
                       Unions: %s
  --stay               leave everything running and say how to go on by hand
  --work DIR           play in this (new or empty) folder and keep it
  --seed N             invent other people (default 1)
  --patients N         at least so many patients in each invented storage (default 60)
  --no-install         do not look for missing packages
  --help               this text

Exit codes: 0 the story passed, 1 it failed, 2 wrong use, 130 interrupted.' \
    '使いかた: ops/run [指定...]

足りないものを入れ、build/ に作り、この一台の中で物語をひととおり演じます。ハブ一つ、
ノード七つ、二つの病院にかかっている患者さん、頼んで見る診療所。同意書から撤回まで、
救急、ユニオンに加わり退会する診療所。すべて事務、地域連携室、病院の担当者がするのと
同じく tsunagu コマンドで行います。最後の行は
「story: N steps, N passed, 0 failed」です。

  --storage UNION=DIR  その病院が DIR の SS-MIX2 標準化ストレージを読む (読むだけ)。
                       何度でも指定できます。DIR は三文字のフォルダーが並ぶところ。
                       ユニオン: %s
  --stay               動かしたままにして、続きを手で試す方法を示す
  --work DIR           この (新しいか空の) フォルダーで行い、残す
  --seed N             別の人々をつくる (既定 1)
  --patients N         つくるストレージの患者数の下限 (既定 60)
  --no-install         足りないパッケージを調べない
  --help               この説明

終了コード: 0 すべて成功、1 失敗、2 使いかたの誤り、130 中断。'
word option_value '%s: a value is needed' '%s: 値が要ります'
word option_no_value '%s takes no value' '%s に値はつきません'
word option_number '%s: a number from %d to %d is needed, not "%s"' '%s: %d から %d の数が要ります (「%s」ではなく)'
word work_not_empty '%s: a new or an empty folder is needed' '%s: 新しいか空のフォルダーが要ります'
word storage_form '--storage %s: write UNION=DIR, say tmnit=/srv/ssmix2' '--storage %s: tmnit=/srv/ssmix2 のように書いてください'
word storage_union '--storage: there is no union "%s"; there are: %s' '--storage: ユニオン「%s」はありません。あるのは: %s'
word storage_twice '--storage: %s was given twice' '--storage: %s が二度あります'
word storage_no_folder '--storage: %s is not a folder that can be read' '--storage: %s は読めるフォルダーではありません'
word storage_no_root \
    '--storage: %s is not the root of a standardized storage: there is no patient in it,
such as ROOT/298/834/2988348553/20260619/OML-11/...' \
    '--storage: %s は標準化ストレージの根ではないようです。患者さんのフォルダーが
ありません (ROOT/298/834/2988348553/20260619/OML-11/...)'
word storage_perhaps '  did you mean --storage %s ?' '  もしかすると --storage %s でしょうか'
word interrupted 'Interrupted: stopping what was started.' '中断します。動かしたものを止めています。'
word work_kept 'The folder is kept for looking into: %s' '調べられるようにフォルダーを残します: %s'
word tidying 'Stopping everything, and removing what was written.' 'すべて止め、書いたものを消しています。'
word daemon_gone '%s is no longer running' '%s は動いていません'
word log_tail 'The end of the log of %s:' '%s の記録の終わり:'

# ---- ops/run: building and preparing -----------------------------------------------
word building 'Building into %s' '%s に作ります'
word build_place '%s cannot be written: the checkout must belong to you and its disk have room' \
    '%s に書けません。チェックアウトが自分のもので、空きがあるかお確かめください。'
word build_failed 'The build failed; its words are in %s' '作れませんでした。詳しくは %s'
word title 'A clinic of one union reads what hospitals of two other unions hold' \
    'あるユニオンの診療所が、ほかの二つのユニオンの病院の記録を見る'
word preparing 'Preparing: keys, rules, storages' '準備: 鍵と規約とストレージ'
word preparing_name 'the preparation' '準備'
word step_name 'step %d' '第 %d 段'
word prepare_failed 'The preparation failed: see above.' '準備ができませんでした。上をご覧ください。'
word keys_made 'a demonstration CA, the hub and %d nodes with their keys; the rules are compiled (hash %s…)' \
    '見本の認証局、ハブ、%d のノードの鍵を作り、規約をまとめました (ハッシュ %s…)'
word given_storage '%s reads the storage given: %s' '%s は渡されたストレージを読みます: %s'
word given_shared 'people whom several of the given storages know: %d' '渡された複数のストレージに共通する人: %d 人'
word given_bridged \
    'The given storages share nobody, so %d of their people are also written into the invented storages.' \
    '渡されたストレージに共通する人がいないので、そのうち %d 人を、つくるストレージにも書き入れます。'
word invented '%s: an invented storage, %d patients, %d files, %d further documents' \
    '%s: つくったストレージ、患者 %d 人、ファイル %d、文書 %d'
word nobody_fits \
    'No patient has a prescription at one hospital and laboratory results there or at another, in the last six months
of the storages: this story cannot be told over them.' \
    '直近六か月に、一つの病院に処方があり、そこか別の病院に検査結果がある患者さんが見つかりません。
このストレージではこの物語を演じられません。'
word disk_full 'The disk that holds %s is full (%d MiB left). The story needs some 300 MiB: make room, or play elsewhere by
--work DIR or TMPDIR.' \
    '%s のあるディスクがいっぱいです (残り %d MiB)。物語には 300 MiB ほど要ります。空けるか、--work DIR または TMPDIR で
別の場所を指定してください。'
word registered_earlier 'The storages end long ago: the disclosure is registered as of %s.' \
    'ストレージが以前に終わっているため、公開登録の日を %s とします。'

# ---- ops/run: the steps --------------------------------------------------------------
word step 'Step %d of %d' '第 %d 段 (全 %d 段)'
word failed_in 'The story ends here. Failed: %s.' '物語はここで終わりです。失敗した段: %s'
word more_lines '… and %s more lines' '… ほか %s 行'
word step_took 'took %d s' '%d 秒'
word story_took 'The story took %d s.' '物語は %d 秒でした。'

word step_start 'Hub and nodes start' 'ハブとノードが動きはじめる'
word hub_started 'the hub serves on 127.0.0.1:%s, TLS 1.3 with client certificates' \
    'ハブが 127.0.0.1:%s で待っています (TLS 1.3、相互認証)'
word node_connected '%s: its node is connected' '%s: ノードがつながりました'
word nodes_connected '%d of %d nodes have dialled in; each is known by its listed key' \
    '%d / %d のノードがつながり、名簿の鍵で確かめられました'
word nodes_rules 'all %d hold the same rules as the hub (%s…)' '%d のノードすべてがハブと同じ規約を持っています (%s…)'

word step_scan 'Each node reads its storage' '各ノードがストレージを読む'
word scanned '%s: %d patients, %d files (%d a second); passed over: %d superseded, %d deleted, %d not fit' \
    '%s: 患者 %d 人、ファイル %d (毎秒 %d)。除いたもの: 旧版 %d、削除 %d、不備 %d'
word scan_failed '%s: the scan failed' '%s: 読み取りに失敗しました'
word scan_dirty '%d × %s, such as %s' '%d 件 %s (例 %s)'
word dirty_name 'not a storage'\''s file name' 'ファイル名が規格と違う'
word dirty_place 'in another patient'\''s folder' '別の患者のフォルダーにある'
word dirty_vanished 'vanished while being read' '読む間に消えた'
word dirty_unreadable 'not readable' '読めない'
word known_twice '%d people are known at two or more hospitals: their pseudonyms are the same, made without the hub' \
    '%d 人が二つ以上の病院にかかっています (仮名が一致。ハブは関わりません)'

word cast_clinic 'The clinic: %s (%s).' '診療所: %s (%s)'
word cast_hospitals 'The hospitals: %s (%s) and %s (%s).' '病院: %s (%s) と %s (%s)'
word cast_patient 'On the registration form: %s.' '登録依頼書: %s'
word no_form 'the patient'\''s identity could not be read' '患者さんの基本情報を読めませんでした'
word strength_weak 'weak' '弱い一致'
word strength_possible 'possible' '一致の可能性'
word strength_likely 'likely' 'おそらく一致'
word strength_strong 'strong match' '強い一致'
word hub_cards 'the hub holds %d cards before and %d after' 'ハブのカード: 前 %d 枚、後 %d 枚'
word hub_blind 'neither the patient'\''s name nor telephone number is anywhere in the hub'\''s store or log' \
    'ハブの保管庫にも記録にも、患者さんの名前や電話番号はどこにもありません'

word step_timeline 'The clinic looks the patient up by its own number' '診療所が自院の患者番号で調べる'
word registered '%s links its own patient number %s' '%s が自院の患者番号 %s を結びつけました'
word both_answer 'two hospitals answer: %s and %s' '二つの病院が答えました: %s と %s'
word may_see '%s allows, and in which months something exists:' '%s が許すものと、記録のある月:'
word since_in '%s: from %s on; in %s' '%s: %s から。%s'
word since_only '%s: from %s on' '%s: %s から'
word timeline_both 'a timeline of %d documents over both hospitals:' '両病院を通した時系列、文書 %d 件:'
word windows_hold 'nothing on it lies before its category'\''s window' '区分ごとの期間より前のものは一つもありません'

word step_open 'It opens a prescription and a laboratory result' '処方と検査結果を開く'
word a_prescription 'a prescription' '処方'
word a_result 'a laboratory result' '検体検査結果'
word opened 'opened: %s, %s of %s, from %s' '開きました: %s (%s、%s、%s)'
word nothing_to_open 'there is no document to open: %s' '開く文書がありません: %s'
word same_bytes 'its %d bytes are those of the file in the hospital'\''s storage' '%d バイトは病院のストレージのファイルと同じです'
word sealed 'what passed the hub was sealed: nothing of the document is in its store or log' \
    'ハブを通ったのは封をしたものだけで、文書の中身は保管庫にも記録にも残っていません'

word step_refusals 'What must not work does not' 'してはならないことは、できない'
word other_clinic 'another clinic without consent (%s): %d hospitals, no ticket' '同意のない別の診療所 (%s): 病院 %d、閲覧券なし'
word nurse_sees 'a nurse sees what nurses may: %s' '看護師には看護師に許されたものが見えます: %s'
word nurse_refused 'a nurse asking for reports gets none (%s: %s)' '看護師がレポートを求めても得られません (%s: %s)'
word why_rule 'no rule allows it' '規約が許していません'
word why_agreement 'the agreement leaves it out' '協定書に含まれません'
word why_not-asked 'not asked for' '求められていません'
word nurse_open 'and asking %s for the report of %s by its id is refused there' '%s に %s のレポートを番号で求めても断られます'
word nothing_older '%s holds nothing older than the window: not asked' '%s に期間より前のものがないため、試しません'
word older_refused 'a document older than the window (%s of %s; the window begins on %s) is refused by the hospital' \
    '期間より前の文書 (%s、%s。期間は %s から) は病院が断ります'
word ticket_bytes 'the ticket'\''s bytes cannot be read' '閲覧券の中身を読めません'
word ticket_own 'a ticket (%d bytes) works at the node it was issued to' '閲覧券 (%d バイト) は、渡されたノードでは使えます'
word ticket_copied 'the same ticket copied to the node %s is refused' '同じ閲覧券をノード %s に写しても断られます'
word stranger_tries 'a node with a good certificate, which has written itself into its own copy of the rules, dials:' \
    '証明書は正しく、手元の規約の写しに自分を書き加えたノードが、つなごうとします:'
word stranger_refused 'without a place in the membership list it is not let in (hub'\''s log: %s)' \
    '名簿にないノードは入れません (ハブの記録: %s)'
word status_detail detail 詳細
word stranger_status 'its own status says so: %s' 'そのノード自身の状態表示: %s'
word stranger_absent 'and the hub lists no such node' 'ハブのノード一覧にもありません'

word step_withdraw 'The patient withdraws, while a hospital cannot be reached' '病院につながらないときに、患者さんが同意を撤回する'
word before_withdrawal 'a moment before, with a fresh ticket, the clinic can read: %s of %s, %s' \
    '直前には新しい閲覧券で読めます: %s、%s、%s'
word withdrawn_at '%s records the withdrawal (revision %s)' '%s が撤回を記録しました (第 %s 版)'
word read_after 'with the ticket of a moment ago nothing more comes from %s' '直前の閲覧券でも、%s からはもう何も来ません'
word lookup_after 'a new look-up no longer names %s' '新しい照会に %s はもう出てきません'
word lookup_nothing 'a new look-up finds nothing at all' '新しい照会では何も見つかりません'

word step_council 'The council ratifies a change, and the running federation switches' \
    '連絡会がルールの変更を批准し、動いたまま切り替わる'
word rules_made 'the next version could not be compiled' '次の版をコンパイルできません'
word council_few '%d of %d seats have signed: that is not three quarters, no record is written' \
    '%d 席の署名 (全 %d 席): 4分の3に足りず、批准の記録は作られません'
word hub_unsigned 'published without it, the hub refuses and keeps the old rules' '記録なしでは、ハブは断り、前のルールのままです'
word council_enough '%d of %d seats have signed: ratified' '%d 席の署名 (全 %d 席): 批准されました'
word hub_published 'the hub verifies every signature and takes it' 'ハブはすべての署名を確かめて受け入れました'
word nodes_switched '%d of %d nodes have verified it themselves and switched' '%d / %d ノードが自分で確かめて切り替わりました'
word lookup_goes_on 'and a look-up goes on under the new rules' '新しいルールのもとで照会も続きます'

word step_log 'Everything stands in the access log' 'すべてアクセス記録に残っている'
word log_unread 'the log of %s cannot be read' '%s の記録を読めません'
word log_heads 'entries, event, how it ended, where:' '件数、できごと、結果、場所:'
word log_lacks 'the log of %s has no entry: %s %s' '%s の記録にありません: %s %s'
word log_complete 'every event of this story is there, refusals included' 'この物語のできごとは、断られたものも含めてすべてあります'
word log_broken 'the log of %s does not verify' '%s の記録は検証できません'
word log_verified '%d logs verified: nothing was changed, cut or reordered' '%d の記録を検証: 改変も削除も入れ替えもありません'
word witness_agrees 'the node %s witnesses the hub'\''s log as of entry %s (%s…): they agree' \
    'ノード %s が証人: ハブの記録の第 %s 件まで (%s…)、一致しました'
word witness_differs 'against another hash it fails, as it must' '違うハッシュでは、しかるべく失敗します'
word export_checks 'the exported log (%d entries) verifies without the hub' '書き出した記録 (%d 件) は、ハブなしでも検証できます'

# shellcheck source=ops/demo/flow_words.sh
source "$(dirname "${BASH_SOURCE[0]}")/flow_words.sh"
# shellcheck source=ops/demo/union_words.sh
source "$(dirname "${BASH_SOURCE[0]}")/union_words.sh"
# shellcheck source=ops/demo/stay_words.sh
source "$(dirname "${BASH_SOURCE[0]}")/stay_words.sh"
