# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Steps of the story. Each plays by `tsunagu` commands only, says what it sees and
# judges it. Sourced by ops/run, after words, tell, federation and storages.

OWN_NUMBER=K-10293    # the clinic's own patient number
OTHER_NUMBER=Z-00417  # another clinic's
STRANGER=uninvited
A='' B='' C='' D=''   # unions: the clinic's, two hospitals', another clinic's
CHART_B='' CHART_C=''
REGISTERED=''
FORM_NAME='' FORM_KANJI=''
FORM=()               # the patient, as the registration form has it: options of `tsunagu`
TIMELINE=''           # the physician's, as JSON
NURSE_AT=''           # the hospital that refused the nurse
OLDER_ASKED=no        # whether there was anything older than the window to ask for

# ---- start -------------------------------------------------------------------------

step_start() {
    local u seconds=$SECONDS
    start_hub || { bad hub_started "$HUB_PORT"; return; }
    good hub_started "$HUB_PORT"
    nodes_rewrite # the hub may have had to take another port
    for u in "${UNIONS[@]}"; do
        start_node "$u"
    done
    for u in "${UNIONS[@]}"; do
        wait_ready "$u" || { OUT='' ERR='' && bad node_connected "${NAME_OF[$u]}"; return; }
    done
    try hub nodes --json
    local connected same
    connected=$(pick 'map(select(.kind == "node" and .state == "connected")) | length')
    same=$(pick 'map(select(.kind == "node" and .state == "connected" and .rules == "same")) | length')
    judge "$([[ $connected == "${#UNIONS[@]}" ]] && echo yes)" nodes_connected "$connected" "${#UNIONS[@]}"
    judge "$([[ $same == "$connected" ]] && echo yes)" nodes_rules "$same" "${RULES_HASH:0:16}"
    note step_took $((SECONDS - seconds))
}

# ---- scan --------------------------------------------------------------------------

step_scan() {
    local u said known least
    : >"$FEDERATION/charts"
    for u in "${UNIONS[@]}"; do
        try "$u" scan --full --json
        if ((CODE)) || ! holds 'map(select(.kind == "scan"))[0] | .running == "no" and .live > 0'; then
            bad scan_failed "${NAME_OF[$u]}"
            continue
        fi
        said=$(pick 'map(select(.kind == "scan"))[0] | [.files, (.files * 1000 / ([.took_ms, 1] | max) | floor),
            .history, .deleted, .dirty_name + .dirty_place + .vanished + .unreadable] | @tsv')
        charts_list "$u" >>"$FEDERATION/charts"
        # shellcheck disable=SC2086 # numbers
        good scanned "${NAME_OF[$u]}" "$(at "$u" charts --json | jq -s '[.[].records[]] | length')" $said
        pick 'map(select(.kind == "dirty")) | group_by(.why)[] | "\(.[0].why)\t\(length)\t\(.[0].path)"' |
            while IFS=$'\t' read -r why count path; do
                printf '        %s\n' "$(text scan_dirty "$count" "$(dirty_word "$why")" "$path")"
            done
    done
    OUT='' ERR=''
    charts_join <"$FEDERATION/charts" >"$FEDERATION/known"
    known=$(wc -l <"$FEDERATION/known")
    least=20
    ((${#GIVEN[@]} == 0)) || least=1
    judge "$( ((known >= least)) && echo yes)" known_twice "$known"
}

dirty_word() {
    case $1 in
    name | place | vanished | unreadable) text "dirty_$1" ;;
    *) printf '%s' "$1" ;;
    esac
}

# Given storages come first: two of them if they share somebody, else one and the one its people were told to.
allowed() { # UNION UNION
    ((${#GIVEN[@]})) || return 0
    if [[ $BRIDGED == yes ]]; then
        [[ -n ${GIVEN[$1]:-} && -z ${GIVEN[$2]:-} ]]
    else
        [[ -n ${GIVEN[$1]:-} && -n ${GIVEN[$2]:-} ]]
    fi
}

may_tell() { # UNION: whether it can be in an allowed pair at all
    ((${#GIVEN[@]} == 0)) || [[ $BRIDGED == yes || -n ${GIVEN[$1]:-} ]]
}

given_charts() {
    local u
    for u in "${!GIVEN[@]}"; do
        awk -F '\t' -v u="$u" '$2 == u' "$FEDERATION/charts"
    done
}

# The story's people: a patient whom two hospitals know, a clinic of a third union, another of a fourth.
cast() {
    local u
    REGISTERED=$(today)
    if ! patient_choose "$REGISTERED" <"$FEDERATION/known"; then
        # Storages that end long ago: the disclosure is registered on their last day.
        REGISTERED=$(given_charts | cut -f 4 | grep -E '^[0-9]{4}-' | sort | tail -n 1) || true
        [[ -n $REGISTERED ]] && patient_choose "$REGISTERED" <"$FEDERATION/known" || return 1
        note registered_earlier "$REGISTERED"
    fi
    for u in shiritsu kkr tenshi ntt-east tmnit hokudai gan-center; do
        [[ $u != "$B" && $u != "$C" ]] || continue
        if [[ -z $A ]]; then
            A=$u
        elif [[ -z $D ]]; then
            D=$u
        fi
    done
}

# ---- the patient -------------------------------------------------------------------

# What the clinic writes on the 患者登録依頼書, from the patient's own insurance card.
form_fill() {
    local key value option
    FORM=()
    try "$B" identity --chart "$CHART_B" --json
    while IFS=$'\t' read -r key value; do
        option=${key//_/-}
        [[ $key != number ]] || option=number-insured
        FORM+=("--$option=$value")
    done < <(pick '.[0] | to_entries[] | select(.key | IN("kanji_family", "kanji_given", "kana_family", "kana_given", "birth",
        "sex", "postal", "telephone", "insurer", "symbol", "number", "branch")) | select(.value != "") |
        [.key, (.value | tostring)] | @tsv')
    FORM_NAME=$(pick '.[0] | "\(.kanji_family) \(.kanji_given) (\(.kana_family) \(.kana_given)), \(.birth)"')
    FORM_KANJI=$(pick '.[0].kanji_family')
    ((${#FORM[@]} >= 5))
}

strength_word() {
    case $1 in
    weak | possible | likely | strong) text "strength_$1" ;;
    *) printf '%s' "$1" ;;
    esac
}

hub_cards() {
    at hub status --json | jq -r '.records[0].cards'
}

# The name in every spelling the hub could have kept it in: as on the form, and as the storage writes it.
hub_knows_no_name() {
    local part found=no words=()
    try "$B" identity --chart "$CHART_B" --json
    mapfile -t words < <(pick '.[0] | .kanji_family, .kana_family, .telephone | select(. != "" and . != null)')
    OUT='' ERR=''
    ((${#words[@]})) || found=unasked
    for part in "${words[@]}"; do
        if grep -rqaF -e "$part" "$FEDERATION/hub/data" "$FEDERATION/hub/log" ||
            grep -rqaF -e "$(iconv -f UTF-8 -t ISO-2022-JP <<<"$part" 2>/dev/null | head -c -1)" "$FEDERATION/hub/data"; then
            found=yes
        fi
    done
    judge "$([[ $found == no ]] && echo yes)" hub_blind
}

# ---- timeline ----------------------------------------------------------------------

# DAYS, types and labels of a timeline, told by day.
timeline_lines() {
    pick '(map(select(.kind == "facility")) | map({(.facility | tostring): .name}) | add) as $names |
        map(select(.kind == "document"))[] |
        "\(.day)  \(.label) / \(if (.title // "") == "" then .type else .title end)  \($names[.facility | tostring] // .facility)"'
}

step_timeline() {
    local u from early label rest
    try "$A" timeline --as "dr-$A" --number "$OWN_NUMBER" --json
    TIMELINE=$OUT
    judge "$( ((CODE == 0)) && holds --arg b "${CODE_OF[$B]}" --arg c "${CODE_OF[$C]}" \
        'map(select(.kind == "facility" and .status == "ok").facility | tostring) | sort == ([$b, $c] | sort)' && echo yes)" \
        both_answer "${NAME_OF[$B]}" "${NAME_OF[$C]}"
    for u in "$B" "$C"; do
        note may_see "${NAME_OF[$u]}"
        while IFS=$'\t' read -r label from rest; do
            if [[ $rest == – ]]; then
                printf '        %s\n' "$(text since_only "$label" "$from")"
            else
                printf '        %s\n' "$(text since_in "$label" "$from" "$rest")"
            fi
        done < <(pick --arg f "${CODE_OF[$u]}" 'map(select(.kind == "category" and (.facility | tostring) == $f))[] |
            if (.why // "") == "" or .why == "granted" then [.label, (.from // "" | tostring), ((.periods // "") | tostring)]
            else [.label, "–", "\(.why)"] end | map(if . == "" then "–" else . end) | @tsv')
    done
    judge "$(holds --arg b "${CODE_OF[$B]}" --arg c "${CODE_OF[$C]}" 'map(select(.kind == "document").facility | tostring) |
        unique == ([$b, $c] | sort)' && echo yes)" timeline_both "$(pick 'map(select(.kind == "document")) | length')"
    timeline_lines | block 14
    early=$(pick '(map(select(.kind == "category")) | map({"\(.facility)/\(.category)": .from}) | add) as $from |
        map(select(.kind == "document" and .day != "-" and .day != "" and .day < $from["\(.facility)/\(.category)"])) | length')
    judge "$([[ $early == 0 ]] && echo yes)" windows_hold
}

# ---- open --------------------------------------------------------------------------

ticket_of() { # JSON UNION
    OUT=$1 pick --arg f "${CODE_OF[$2]}" 'map(select(.kind == "facility" and (.facility | tostring) == $f))[0].ticket // ""'
}

# The newest document of a category, prescriptions before injections: "union<TAB>document<TAB>day<TAB>type".
document_of() { # CATEGORY
    local u found
    for u in "$B" "$C"; do
        found=$(OUT=$TIMELINE pick --arg f "${CODE_OF[$u]}" --arg c "$1" \
            'map(select(.kind == "document" and (.facility | tostring) == $f and .category == $c)) | sort_by([(.type | test("^OMP-[01]1")), .day]) |
             if length > 0 then .[-1] | [.document, .day, .type] | @tsv else empty end')
        if [[ -n $found ]]; then
            printf '%s\t%s\n' "$u" "$found"
            return
        fi
    done
}

# Byte for byte the hospital's own file: the chart's folder has one like it.
is_in_storage() { # UNION CHART FILE
    local root=${STANDARD[$1]} chart=$2 path
    while IFS= read -r path; do
        ! cmp -s "$path" "$3" || return 0
    done < <(find -H "$root/${chart:0:3}/${chart:3:3}/$chart" -type f 2>/dev/null)
    return 1
}

open_and_show() { # CATEGORY WHAT-KEY
    local u document day type chart out=$FEDERATION/opened.$1
    IFS=$'\t' read -r u document day type < <(document_of "$1") || true
    if [[ -z ${document:-} ]]; then
        bad nothing_to_open "$(text "$2")"
        return
    fi
    chart=$CHART_B
    [[ $u == "$B" ]] || chart=$CHART_C
    try "$A" open --as "dr-$A" --ticket "$(ticket_of "$TIMELINE" "$u")" --document "$document"
    judge "$( ((CODE == 0)) && [[ $OUT == *"$FORM_KANJI"* && $OUT != *$'\ufffd'* ]] && echo yes)" opened "$(text "$2")" "$type" "$day" "${NAME_OF[$u]}"
    ((CODE == 0)) || return 0
    block 34 <<<"$OUT"
    rm -f "$out"
    try "$A" open --as "dr-$A" --ticket "$(ticket_of "$TIMELINE" "$u")" --document "$document" --out "$out"
    [[ -e $out ]] || : >"$out"
    judge "$( ((CODE == 0)) && [[ -s $out ]] && is_in_storage "$u" "$chart" "$out" && echo yes)" same_bytes "$(wc -c <"$out")"
    ! [[ -s $out ]] || sealed_on_the_way "$out"
}

# A long enough piece of the document must not be anywhere at the hub.
sealed_on_the_way() {
    local piece
    piece=$(LC_ALL=C grep -aoE '[A-Za-z0-9^|.-]{24,60}' "$1" | LC_ALL=C awk 'length($0) > length(best) { best = $0 } END { print best }')
    OUT='' ERR=''
    [[ -n $piece ]] || return 0
    judge "$(grep -rqaF -e "$piece" "$FEDERATION/hub/data" "$FEDERATION/hub/log" || echo yes)" sealed
}

step_open() {
    open_and_show prescriptions a_prescription
    open_and_show laboratory a_result
}

# ---- refusals ----------------------------------------------------------------------

step_refusals() {
    refuse_other_clinic
    refuse_nurse
    refuse_older
    refuse_copied
    refuse_stranger
}

refuse_other_clinic() {
    try "$D" register --as "dr-$D" --number "$OTHER_NUMBER" "${FORM[@]}" --json
    ((CODE == 0)) || { bad registered "${CLINIC_NAME[$D]}" "$OTHER_NUMBER"; return; }
    try "$D" lookup --as "dr-$D" --number "$OTHER_NUMBER" --json
    judge "$(holds 'map(select((.ticket // "") != "" or ((.granted // "") != "" and .kind == "facility"))) | length == 0' && echo yes)" \
        other_clinic "${CLINIC_NAME[$D]}" "$(pick 'map(select(.kind == "facility")) | length')"
}

refuse_nurse() {
    local document seen u f
    try "$A" timeline --as "ns-$A" --number "$OWN_NUMBER" --json
    seen=$OUT
    judge "$( ((CODE == 0)) && holds 'any(.[]; .kind == "document" and .category == "prescriptions") and
        (any(.[]; .kind == "document" and (.category | IN("reports", "imaging", "referrals"))) | not)' && echo yes)" nurse_sees \
        "$(pick 'map(select(.kind == "document").label) | unique | join(", ")')"
    try "$A" lookup --as "ns-$A" --number "$OWN_NUMBER" --categories reports --json
    judge "$(holds 'map(select((.ticket // "") != "")) | length == 0' && echo yes)" nurse_refused \
        "$(pick 'map(select(.kind == "category" and .category == "reports"))[0].label')" \
        "$(why_word "$(pick 'map(select(.kind == "category" and .category == "reports"))[0].why')")"
    # And if her program asked for a report all the same, by the id that the physician saw: the hospital refuses.
    IFS=$'\t' read -r u document f < <(document_of reports) || true
    [[ -n ${document:-} ]] || return 0
    try "$A" open --as "ns-$A" --ticket "$(ticket_of "$seen" "$u")" --document "$document"
    NURSE_AT=$u
    refused 4 nurse_open "${NAME_OF[$u]}" "${f%%$'\t'*}"
}

why_word() {
    case $1 in
    rule | agreement | not-asked) text "why_$1" ;;
    *) printf '%s' "$1" ;;
    esac
}

refuse_older() {
    local from document day type
    from=$(OUT=$TIMELINE pick --arg f "${CODE_OF[$B]}" \
        'map(select(.kind == "category" and (.facility | tostring) == $f and .category == "prescriptions"))[0].from')
    try "$B" documents --chart "$CHART_B" --json
    # The newest of those before the window: the hardest case.
    IFS=$'\t' read -r document day type < <(pick --arg from "$from" \
        'map(select(.kind == "document" and (.category | IN("prescriptions", "laboratory")) and .day != "-" and .day < $from)) |
         sort_by(.day) | if length > 0 then .[-1] | [.document, .day, .type] | @tsv else empty end') || true
    if [[ -z ${document:-} ]]; then
        note nothing_older "${NAME_OF[$B]}"
        return
    fi
    try "$A" open --as "dr-$A" --ticket "$(ticket_of "$TIMELINE" "$B")" --document "$document"
    OLDER_ASKED=yes
    refused 6 older_refused "$type" "$day" "$from"
}

refuse_copied() {
    local handle bytes
    handle=$(ticket_of "$TIMELINE" "$B")
    try "$A" ticket --as "dr-$A" --ticket "$handle" --json
    bytes=$(pick '.[0].bytes')
    if [[ ! $bytes =~ ^[0-9a-f]{100,}$ ]]; then
        bad ticket_bytes
        return
    fi
    # The same bytes are good at the node they were issued to: it is the place that makes the difference.
    try "$A" manifest --as "dr-$A" --ticket "$bytes" --json
    judge "$( ((CODE == 0)) && echo yes)" ticket_own $((${#bytes} / 2))
    try "$D" manifest --as "dr-$D" --ticket "$bytes"
    refused 4 ticket_copied "$D"
}

refuse_stranger() {
    local i log=''
    note stranger_tries
    start_node "$STRANGER"
    for ((i = 0; i < READY_SECONDS * 10; i++)); do
        try hub log list --event refuse --json
        log=$(pick 'map(select(.kind == "entry"))[-1].note // ""')
        [[ -z $log ]] || break
        sleep 0.1
    done
    try hub log list --event refuse # the same in words
    judge "$([[ $log == *"membership list"* ]] && echo yes)" stranger_refused "${OUT##*note=}"
    # Its own status tells its operator why. It may have ended: then its log does.
    for ((i = 0; i < 50; i++)); do
        try "$STRANGER" status --json
        [[ $(pick '.[0].state // ""') != connecting || -z $(pick '.[0].detail // ""') ]] || break
        daemon_alive "$STRANGER" || break
        sleep 0.1
    done
    log=$(pick '.[0].state // ""')
    try "$STRANGER" status
    judge "$([[ $log == connecting ]] && echo yes)" stranger_status "$(sed -n "s/^$(text status_detail)  *//p" <<<"$OUT")"
    try hub nodes --json
    judge "$(holds --arg n "$STRANGER" 'any(.[]; .name == $n) | not' && echo yes)" stranger_absent
    stop_daemon "$STRANGER"
}
