# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What ops/run --stay prints: each person's part, to be played by hand. English and Japanese. Sourced by words.sh.

word stay_begin 'Everything is still running, in %s' 'すべて動いたままです: %s'
word stay_place \
    '
Put the programs in reach, and go where forms of a further patient lie filled in:

  export PATH=%s:$PATH TSUNAGU_RULES=%s
  cd %s' \
    '
プログラムを使えるようにし、もう一人の患者さんの、記入ずみの用紙があるところへ移ります。

  export PATH=%s:$PATH TSUNAGU_RULES=%s
  cd %s'
word stay_clerk \
    '
The clinic'\''s clerk (%s):

  export TSUNAGU_SOCKET=%s
  tsunagu form check registration.yaml
  tsunagu form show consent --file consent.yaml --out consent.html
  tsunagu request %s --as %s --form registration.yaml --consent consent.yaml
  tsunagu requests --as %s' \
    '
診療所の事務の人 (%s):

  export TSUNAGU_SOCKET=%s
  tsunagu form check registration.yaml
  tsunagu form show consent --file consent.yaml --out consent.html
  tsunagu request %s --as %s --form registration.yaml --consent consent.yaml
  tsunagu requests --as %s'
word stay_officer \
    '
The hospital'\''s liaison officer (%s); ID is what the inbox lists, its first characters will do:

  export TSUNAGU_SOCKET=%s
  tsunagu inbox --as %s
  tsunagu inbox show ID --as %s
  tsunagu accept ID %s --as %s
  tsunagu check ID --as %s     # only where the answer says that a second person looks' \
    '
病院の地域連携室 (%s)。ID は受信箱にある識別番号で、はじめの数文字でかまいません。

  export TSUNAGU_SOCKET=%s
  tsunagu inbox --as %s
  tsunagu inbox show ID --as %s
  tsunagu accept ID %s --as %s
  tsunagu check ID --as %s     # 二人目の確認が要ると出たときだけ'
word stay_physician \
    '
The clinic again: the physician reads, the clerk files a change and the withdrawal:

  export TSUNAGU_SOCKET=%s
  tsunagu timeline --as %s --number %s
  tsunagu open --as %s --ticket TICKET --document DOCUMENT     # both stand in the timeline
  tsunagu request change ID --as %s --form change.yaml
  tsunagu own-withdraw --as %s --number %s
  tsunagu notices --as %s' \
    '
ふたたび診療所。医師が見て、事務の人が変更と撤回を出します。

  export TSUNAGU_SOCKET=%s
  tsunagu timeline --as %s --number %s
  tsunagu open --as %s --ticket TICKET --document DOCUMENT     # どちらも時系列にあります
  tsunagu request change ID --as %s --form change.yaml
  tsunagu own-withdraw --as %s --number %s
  tsunagu notices --as %s'
word stay_office \
    '
The union'\''s secretariat (%s), to which a clinic applies; N is what the list says:

  export TSUNAGU_SOCKET=%s
  tsunagu join --form application.yaml --pledge pledge.yaml
  tsunagu applications
  tsunagu applications show N
  tsunagu applications decide N --approve --by office-1     # writes %s and prints how to sign it:
                                                            # the key is %s here, its passphrase "%s"
  tsunagu members publish %s --socket %s
  tsunagu notices --facility secretariat' \
    '
ユニオンの事務局 (%s)。診療所が一つ申し込みます。N は一覧の番号です。

  export TSUNAGU_SOCKET=%s
  tsunagu join --form application.yaml --pledge pledge.yaml
  tsunagu applications
  tsunagu applications show N
  tsunagu applications decide N --approve --by office-1     # %s ができ、署名のしかたが表示されます
                                                            # 鍵はここの %s、合いことばは「%s」
  tsunagu members publish %s --socket %s
  tsunagu notices --facility secretariat'
word stay_end \
    '
The hub, and all there is:

  tsunagu log list --limit 20 --socket %s
  tsunagu --help

Stop everything, and remove what it wrote:

  %s
  rm -rf %s
' \
    '
ハブの記録と、コマンドの一覧。

  tsunagu log list --limit 20 --socket %s
  tsunagu --help

すべて止め、書いたものを消すには:

  %s
  rm -rf %s
'
