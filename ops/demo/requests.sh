# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The story's steps from the signed paper to the card: the clinic's forms, its requests, the hospitals' inboxes, a
# node that dies in between, a second clinic, a change. Sourced after steps.sh.

E=''                  # a third hospital, which does not know the patient
PAPER=''              # the number of the signed sheet
PAPER_HASH=''         # of its scan
declare -gA REQUEST=() # union of the hospital → the first clinic's request there
declare -gA SECOND=()  # the second clinic's
FORM_SECOND=()        # what the second clinic knows of the patient

# ---- paper -------------------------------------------------------------------------

# KEY of the identity as the form has it.
form_says() {
    local one
    for one in "${FORM[@]}"; do
        [[ $one != "--$1="* ]] || printf '%s' "${one#*=}"
    done
}

# Fills in what `form new` left empty, as a clerk does in an editor.
form_write() { # FILE KEY=VALUE...
    local file=$1 pair value
    for pair in "${@:2}"; do
        value=${pair#*=}
        [[ -n $value ]] || continue
        [[ $value == '['*']' ]] || value=$(yaml_quoted "$value")
        sed -i "s|^  ${pair%%=*}:\( .*\)\?\$|  ${pair%%=*}: $value|" "$file"
    done
}

form_patient() { # FILE: the patient's own lines, the same on every form
    local sex=unknown number branch
    case $(form_says sex) in M) sex=male ;; F) sex=female ;; esac
    number=$(form_says number-insured) branch=$(form_says branch)
    form_write "$1" "family-name=$(form_says kanji-family)" "given-name=$(form_says kanji-given)" \
        "family-kana=$(form_says kana-family)" "given-kana=$(form_says kana-given)" "birth=$(form_says birth)" \
        "sex=$sex" "postal=$(form_says postal)" "phone=$(form_says telephone)" "insurer=$(form_says insurer)" \
        "symbol=$(form_says symbol)" "number=$number${number:+${branch:+-$branch}}"
}

form_consent() { # FILE
    form_patient "$1"
    form_write "$1" "date=$(today)" whom=listed "grantees=${CLINIC_OF[$A]}" categories=すべて linked=いいえ emergency=いいえ \
        signature=はい "facility=${CLINIC_OF[$A]}" "chart=$OWN_NUMBER" "received-on=$(today)" 'staff=医事課 受付' \
        explained=はい copy-given=はい
}

form_registration() { # FILE
    form_patient "$1"
    form_write "$1" "date=$(today)" urgency=soon "facility=${CLINIC_OF[$A]}" 'staff=地域連携 受付' destination=ask \
        "chart=$OWN_NUMBER" "consent-date=$(today)" consent-version=1 consent-by=patient whom=listed \
        "grantees=${CLINIC_OF[$A]}" categories=すべて emergency=いいえ "paper-hash=$PAPER_HASH"
}

step_paper() {
    local page=$FEDERATION/consent.html file=$FEDERATION/consent.yaml registration=$FEDERATION/registration.yaml code
    cast || { OUT='' ERR='' && bad nobody_fits; return; }
    note cast_clinic "${CLINIC_NAME[$A]}" "$A"
    note cast_hospitals "${NAME_OF[$B]}" "$B" "${NAME_OF[$C]}" "$C"
    form_fill || { bad no_form; return; }
    note cast_patient "$FORM_NAME"
    export TSUNAGU_RULES=$FEDERATION/rules.bundle
    here_try form show consent --out "$page"
    PAPER=$(grep -oE '([0-9A-Z]{4}-){3}[0-9A-Z]{4}' <<<"$OUT" | head -n 1) || true
    judge "$( ((CODE == 0)) && [[ -n $PAPER ]] && ! grep -qF "$FORM_KANJI" "$page" && echo yes)" paper_printed "$PAPER"
    here_try form new consent --number "$PAPER" --out "$file"
    ((CODE == 0)) || { bad form_wrong consent; return; }
    form_consent "$file"
    # Somebody copies the kanji into the kana's line.
    sed "s|^  given-kana: .*|  given-kana: $(yaml_quoted "$(form_says kanji-given)誠")|" "$file" >"$file.slip"
    here_try form check "$file.slip"
    code=$CODE
    judge "$( ((code != 0)) && [[ $OUT$ERR == *given-kana* ]] && echo yes)" form_slip
    printf '%s\n' "$OUT$ERR" | sed "s|$FEDERATION/||" | head -n 3 | block 3
    rm -f "$file.slip"
    here_try form check "$file"
    judge "$( ((CODE == 0)) && echo yes)" form_good "$(text form_consent)"
    # The signed sheet goes through the scanner; what is filed is its hash.
    here_try form show consent --file "$file" --out "$FEDERATION/scan.html"
    PAPER_HASH=$(sha256sum <"$FEDERATION/scan.html")
    PAPER_HASH=${PAPER_HASH%% *}
    here_try form new registration --out "$registration"
    form_registration "$registration"
    here_try form check "$registration"
    judge "$( ((CODE == 0)) && echo yes)" form_good "$(text form_registration)"
}

# ---- request -----------------------------------------------------------------------

# The state of a request where it was made, or at the hospital.
request_state() { # DAEMON USER ID
    local command=(requests "$3")
    [[ $2 != office-* ]] || command=(inbox show "$3")
    try "$1" "${command[@]}" --as "$2" --json
    pick 'map(select(.kind == "request"))[0].state // ""'
}

# What is under way arrives by itself; it is asked for ten times a second.
request_await() { # DAEMON USER ID STATE
    local until=$((SECONDS + READY_SECONDS))
    while [[ $(request_state "$1" "$2" "$3") != "$4" ]]; do
        ((SECONDS < until)) || return 1
        sleep 0.1
    done
    try "$1" status --json
}

since_ms() { # START, as of EPOCHREALTIME
    local now=${EPOCHREALTIME/./}
    printf '%d' $(((now - ${1/./}) / 1000))
}

step_request() {
    local u asked states start=$EPOCHREALTIME until=$((SECONDS + READY_SECONDS)) others id
    try "$A" request "$OWN_NUMBER" --as "clerk-$A" --ask-all --form "$FEDERATION/registration.yaml" \
        --consent "$FEDERATION/consent.yaml" --json
    asked=$(pick 'map(select(.kind == "request")) | length')
    judge "$( ((CODE == 0 && asked >= 3)) && echo yes)" asked_all "${CLINIC_NAME[$A]}" "$OWN_NUMBER" "$asked"
    for u in "${UNIONS[@]}"; do
        REQUEST[$u]=$(pick --arg f "${CODE_OF[$u]}" 'map(select((.other | tostring) == $f))[0].id // ""')
    done
    # Every hospital answers by itself, from its own index.
    while :; do
        try "$A" requests --as "clerk-$A" --json
        ! holds 'any(.[]; .state == "enquiring" or .state == "sent")' || ((SECONDS >= until)) || { sleep 0.1 && continue; }
        break
    done
    states=$OUT
    judge "$(holds --arg b "${CODE_OF[$B]}" --arg c "${CODE_OF[$C]}" 'map(select(.state == "received").other | tostring) |
        contains([$b, $c])' && echo yes)" may_hold "$(pick 'map(select(.state == "received")) | length')" "$(since_ms "$start")"
    pick '.[] | "\(.state)\t\(.other_name)"' | sort | while IFS=$'\t' read -r state name; do
        printf '        %s  %s\n' "$(text "answer_$state")" "$name"
    done
    OUT=$states
    judge "$(holds 'map(select(.state == "rejected")) | length > 0' && echo yes)" none_elsewhere \
        "$(pick 'map(select(.state == "rejected")) | length')"
    # The paper names two hospitals: whoever else may hold something is told that it is not needed.
    others=$(pick --arg b "${CODE_OF[$B]}" --arg c "${CODE_OF[$C]}" 'map(select(.state == "received" and
        ((.other | tostring) | . != $b and . != $c)))[] | "\(.id) \(.other_name)"')
    while read -r id u; do
        [[ -n $id ]] || continue
        try "$A" request cancel "$id" --as "clerk-$A" --text '紙にない病院のため' --json
        judge "$( ((CODE == 0)) && echo yes)" request_cancelled "$u"
    done <<<"$others"
    # A third hospital is asked by name: the patient believes to have been there.
    for u in "${UNIONS[@]}"; do
        if OUT=$states holds --arg f "${CODE_OF[$u]}" 'any(.[]; (.other | tostring) == $f and .state == "rejected")'; then
            [[ -n $E && ($u == "$A" || $u == "$D") ]] || E=$u
        fi
    done
    [[ -n $E ]] || { bad none_elsewhere 0; return; }
    try "$A" request "$OWN_NUMBER" --as "clerk-$A" --to "${CODE_OF[$E]}" "${FORM[@]}" --agreed "$(today)" \
        --paper "$PAPER_HASH" --text '本人は、こどものころ受診したかもしれないと話しています' --json
    REQUEST[$E]=$(pick '.[0].id // ""')
    judge "$( ((CODE == 0)) && request_await "$A" "clerk-$A" "${REQUEST[$E]}" received && echo yes)" asked_named "${NAME_OF[$E]}"
    hub_knows_no_name
}

# ---- inbox -------------------------------------------------------------------------

# The form beside the hospital's own patient, as the liaison officer sees it.
beside() { # UNION ID CHART
    local strength
    try "$1" inbox show "$2" --as "office-$1" --json
    strength=$(pick --arg chart "$3" 'map(select(.kind == "candidate" and (.chart | tostring) == $chart))[0].strength // ""')
    judge "$([[ -n $strength && $strength != none ]] && echo yes)" beside "${NAME_OF[$1]}" "$3" \
        "$(strength_word "$strength")"
    try "$1" inbox show "$2" --as "office-$1"
    # Who it may be, and what is to be noted: the table itself is wider than a terminal.
    printf '%s\n' "$OUT" | awk -v RS= '{ last = $0 } END { print last }' | tail -n +2 |
        awk -F '   *' '{ printf "%s  %s  %s  %s\n", $1, $2, $3, $4; gsub(/; *|； */, "\n    ", $NF); print "    " $NF }' | block 12
}

# Forms with one mistake each, asked of 2,000 invented people by the same comparison.
match_told() {
    local kind recall precision
    here_try match report --people 2000 --forms 100 --json
    judge "$( ((CODE == 0)) && holds 'all(.[]; (.dirt | IN("small_kana", "old_character", "moved", "married") | not) or
        .recall.possible > 0.9)' && echo yes)" match_finds
    for kind in small_kana old_character moved married two_at_once; do
        IFS=$'\t' read -r recall precision < <(pick --arg k "$kind" \
            'map(select(.dirt == $k))[0] | [(.recall.possible, .precision.possible) * 100 | floor] | @tsv')
        printf '        %s\n' "$(text match_line "$recall" "$precision" "$(text "dirt_$kind")")"
    done
}

step_inbox() {
    try "$B" inbox --as "office-$B" --json
    judge "$(holds --arg id "${REQUEST[$B]}" 'any(.[]; .id == $id and .state == "received" and .urgency == "soon")' && echo yes)" \
        inbox_has "${NAME_OF[$B]}" "${CLINIC_NAME[$A]}"
    beside "$B" "${REQUEST[$B]}" "$CHART_B"
    match_told
    # The clinic's clerk has no business there.
    try "$B" inbox --as "clerk-$B"
    refused 4 inbox_closed
    # One hospital asks back.
    beside "$C" "${REQUEST[$C]}" "$CHART_C"
    try "$C" ask-back "${REQUEST[$C]}" --as "office-$C" --question '旧姓で受診されたことはありますか' --json
    judge "$( ((CODE == 0)) && request_await "$A" "clerk-$A" "${REQUEST[$C]}" asked-back && echo yes)" asks_back "${NAME_OF[$C]}"
    try "$A" requests "${REQUEST[$C]}" --as "clerk-$A" --json
    note clinic_reads "$(pick '.[0].said')"
    try "$A" request reply "${REQUEST[$C]}" --as "clerk-$A" --text 'ありません。保険証も変わっていません' --json
    judge "$( ((CODE == 0)) && request_await "$C" "office-$C" "${REQUEST[$C]}" received && echo yes)" clinic_replies
    # One finds nobody.
    try "$E" inbox show "${REQUEST[$E]}" --as "office-$E" --json
    judge "$(holds 'any(.[]; .kind == "candidate") | not' && echo yes)" nobody_like_that "${NAME_OF[$E]}"
    try "$E" reject "${REQUEST[$E]}" --as "office-$E" --reason not-found --json
    judge "$( ((CODE == 0)) && request_await "$A" "clerk-$A" "${REQUEST[$E]}" rejected && echo yes)" rejects "${NAME_OF[$E]}"
}

# ---- accept ------------------------------------------------------------------------

# Storages that end long ago: windows are to count from their last day. All who may read there, once more.
registered_earlier() { # UNION CHART FACILITY...
    local to=''
    [[ $REGISTERED != "$(today)" ]] || return 0
    to=$(printf ',facility:%s' "${@:3}")
    try "$1" confirm --chart "$2" --by "office-$1" --to "${to:1}" --registered-on "$REGISTERED" --json
    ((CODE == 0)) && try "$1" publish wait --timeout-ms 10000 --json && ((CODE == 0))
}

# Where form and chart agree in less than the rules ask for, a second person looks, by the rules.
accept_at() { # UNION ID CHART
    try "$1" accept "$2" "$3" --as "office-$1" --json
    ((CODE == 0)) && [[ $(pick '.[0].state // ""') == checking ]] || return 0
    note second_needed "${NAME_OF[$1]}"
    try "$1" check "$2" --as "second-$1" --json
}

step_accept() {
    local before start cards
    before=$(hub_cards)
    # The hub is down, the officer accepts, and then the hospital's machine goes down as well.
    kill_daemon hub
    accept_at "$B" "${REQUEST[$B]}" "$CHART_B"
    judge "$( ((CODE == 0)) && holds '.[0].state == "accepted"' && echo yes)" accepts "${NAME_OF[$B]}" "$CHART_B"
    kill_daemon "$B"
    start_hub || { OUT='' ERR='' && bad hub_started "$HUB_PORT"; return; }
    cards=$(hub_cards)
    OUT='' ERR=''
    judge "$( ((cards == before)) && echo yes)" node_killed "${NAME_OF[$B]}" "$cards"
    start=$EPOCHREALTIME
    start_node "$B"
    wait_ready "$B" || { OUT='' ERR='' && bad node_connected "${NAME_OF[$B]}"; return; }
    judge "$(request_await "$A" "clerk-$A" "${REQUEST[$B]}" completed && echo yes)" completes_itself "${NAME_OF[$B]}" \
        "$(since_ms "$start")"
    judge "$(request_await "$B" "office-$B" "${REQUEST[$B]}" completed && echo yes)" knows_itself "${NAME_OF[$B]}"
    start=$EPOCHREALTIME
    accept_at "$C" "${REQUEST[$C]}" "$CHART_C"
    judge "$( ((CODE == 0)) && request_await "$A" "clerk-$A" "${REQUEST[$C]}" completed && echo yes)" accepts_too \
        "${NAME_OF[$C]}" "$CHART_C" "$(since_ms "$start")"
    cards=$(hub_cards)
    OUT='' ERR=''
    judge "$( ((cards == before + 2)) && echo yes)" hub_cards "$before" "$cards"
    registered_earlier "$B" "$CHART_B" "${CLINIC_OF[$A]}" && registered_earlier "$C" "$CHART_C" "${CLINIC_OF[$A]}" || bad registered_earlier "$REGISTERED"
    hub_knows_no_name
    try "$A" requests "${REQUEST[$C]}" --as "clerk-$A" --json
    judge "$(holds 'any(.[]; .kind == "step" and .event == "complete")' && echo yes)" history_kept \
        "$(pick 'map(select(.kind == "step")) | length')"
    pick 'map(select(.kind == "step"))[] | "\(.time[11:19])\t\(.state)\t\(.text)"' | while IFS=$'\t' read -r time state said; do
        printf '        %s  %s  %s\n' "$time" "$(text "state_$state")" "$said"
    done
}

# ---- second ------------------------------------------------------------------------

# The second clinic knows less: another postal code, no insurance card at hand.
form_second() {
    local one
    FORM_SECOND=()
    for one in "${FORM[@]}"; do
        case $one in
        --insurer=* | --symbol=* | --number-insured=* | --branch=* | --telephone=* | --kanji-*) ;;
        --postal=*) FORM_SECOND+=(--postal=064-0824) ;;
        *) FORM_SECOND+=("$one") ;;
        esac
    done
}

step_second() {
    local state
    form_second
    try "$D" request "$OTHER_NUMBER" --as "clerk-$D" --to "${CODE_OF[$B]}" "${FORM_SECOND[@]}" --agreed "$(today)" --json
    SECOND[$B]=$(pick '.[0].id // ""')
    judge "$( ((CODE == 0)) && request_await "$B" "office-$B" "${SECOND[$B]}" received && echo yes)" second_asks \
        "${CLINIC_NAME[$D]}" "$OTHER_NUMBER" "${NAME_OF[$B]}"
    beside "$B" "${SECOND[$B]}" "$CHART_B"
    try "$B" accept "${SECOND[$B]}" "$CHART_B" --as "office-$B" --json
    state=$(pick '.[0].state // ""')
    judge "$( ((CODE == 0)) && [[ $state == checking ]] && echo yes)" second_person
    try "$B" check "${SECOND[$B]}" --as "office-$B" --json
    refused 4 not_oneself
    try "$B" check "${SECOND[$B]}" --as "second-$B" --json
    judge "$( ((CODE == 0)) && request_await "$D" "clerk-$D" "${SECOND[$B]}" completed && echo yes)" second_completed \
        "${CLINIC_NAME[$D]}"
    registered_earlier "$B" "$CHART_B" "${CLINIC_OF[$A]}" "${CLINIC_OF[$D]}" || bad registered_earlier "$REGISTERED"
    try "$D" timeline --as "dr-$D" --number "$OTHER_NUMBER" --json
    judge "$( ((CODE == 0)) && holds --arg b "${CODE_OF[$B]}" 'any(.[]; .kind == "document" and (.facility | tostring) == $b) and
        (any(.[]; .kind == "document" and (.facility | tostring) != $b) | not)' && echo yes)" second_sees \
        "${CLINIC_NAME[$D]}" "$(pick 'map(select(.kind == "document")) | length')" "${NAME_OF[$B]}"
}

# ---- change ------------------------------------------------------------------------

form_change() { # FILE KEY=VALUE...
    rm -f "$1"
    here_try form new change --out "$1"
    ((CODE == 0)) || { bad form_wrong change; return; }
    form_patient "$1"
    form_write "$1" "date=$(today)" signature=はい "facility=${CLINIC_OF[$A]}" "chart=$OWN_NUMBER" "received-on=$(today)" \
        'staff=医事課 受付' explained=はい copy-given=はい "${@:2}"
    here_try form check "$1"
    judge "$( ((CODE == 0)) && echo yes)" form_good "$(text form_change)"
}

# What is granted at the second hospital: ids in OUT's look-up, joined by blanks; labels with `label`.
granted_at_c() { # [label]
    pick --arg c "${CODE_OF[$C]}" "map(select(.kind == \"category\" and (.facility | tostring) == \$c and
        ((.why // \"\") == \"\" or .why == \"granted\")).${1:-category}) | join(\"${1:+,} \")"
}

# The patient no longer wants everything to be seen: that needs nobody at the hospital. Later more again: that does.
step_change() {
    local before ticket start granted file=$FEDERATION/change.yaml
    try "$A" timeline --as "dr-$A" --number "$OWN_NUMBER" --json
    ticket=$(ticket_of "$OUT" "$C")
    before=$(granted_at_c | wc -w)
    form_change "$file" 'categories=[basics, prescriptions, laboratory]'
    start=$EPOCHREALTIME
    try "$A" request change "${REQUEST[$C]}" --as "clerk-$A" --form "$file" --json
    judge "$( ((CODE == 0)) && request_await "$A" "clerk-$A" "${REQUEST[$C]}" completed && echo yes)" changed \
        "${CLINIC_NAME[$A]}" "${NAME_OF[$C]}" "$(since_ms "$start")"
    try "$A" lookup --as "dr-$A" --number "$OWN_NUMBER" --json
    granted=$(granted_at_c)
    judge "$([[ -n $granted && -z $(tr ' ' '\n' <<<"$granted" | grep -vxE 'basics|prescriptions|laboratory') ]] && echo yes)" \
        fewer "$before" "$(granted_at_c label)"
    try "$A" manifest --as "dr-$A" --ticket "$ticket"
    refused 7 ticket_of_before "${NAME_OF[$C]}"
    change_widens "$file"
}

change_widens() { # FILE
    local fewer more
    fewer=$(granted_at_c | wc -w)
    form_change "$1" 'categories=すべて'
    try "$A" request change "${REQUEST[$C]}" --as "clerk-$A" --form "$1" --json
    judge "$( ((CODE == 0)) && request_await "$C" "office-$C" "${REQUEST[$C]}" changed && echo yes)" widening_waits \
        "${CLINIC_NAME[$A]}" "${NAME_OF[$C]}"
    try "$A" lookup --as "dr-$A" --number "$OWN_NUMBER" --json
    judge "$( (($(granted_at_c | wc -w) <= fewer || fewer == 0)) && echo yes)" not_yet_wider "${CLINIC_NAME[$A]}"
    try "$C" change accept "${REQUEST[$C]}" --as "office-$C" --json
    if ((CODE == 0)) && [[ -n $(pick '.[0].trouble // ""') ]]; then # as for the acceptance itself
        note second_needed "${NAME_OF[$C]}"
        try "$C" change accept "${REQUEST[$C]}" --as "second-$C" --json
    fi
    judge "$( ((CODE == 0)) && request_await "$A" "clerk-$A" "${REQUEST[$C]}" completed && echo yes)" widened "${NAME_OF[$C]}"
    try "$A" lookup --as "dr-$A" --number "$OWN_NUMBER" --json
    more=$(granted_at_c | wc -w)
    judge "$( ((more > 3)) && echo yes)" wider_now "$more"
}
