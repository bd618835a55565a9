# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The story's steps around one patient who never agreed: an emergency and its review; and what everybody was told.
# Sourced after requests.sh.

OTHER_PATIENT=K-20881 # the first clinic's number of that patient
ER_NUMBER=ER-0007     # the emergency hospital's
CHART_OTHER=''
RESCUED=()            # that patient's identity, as options
AMBULANCE=0199900119  # the emergency service, of two unions
AMBULANCES=(shiritsu ntt-east) # not every agreement names its kind of facility
RUN_NUMBER=119-0412   # the number of its run
V=''                  # the node that it asks through

# Somebody whom the first hospital knows, with something to see, and who agreed to nothing.
other_patient() {
    local chart counts rx inside from
    from=$(date -u -d "$(today) - 170 days" +%F) # nobody registered anything: windows count from today
    while read -r chart; do
        counts=$(chart_counts "$B" "$chart" "$from" "$from") || continue
        read -r rx _ inside _ <<<"$counts"
        ((rx > 0 && inside > 2)) || continue
        try "$B" identity --chart "$chart" --json
        mapfile -t RESCUED < <(pick '.[0] | to_entries[] | select(.key | IN("kanji_family", "kanji_given", "kana_family",
            "kana_given", "birth", "sex", "postal")) | select(.value != "") | "--\(.key | gsub("_"; "-"))=\(.value)"')
        CHART_OTHER=$chart
        return 0
    done < <(awk -F '\t' -v u="$B" -v c="$CHART_B" '$2 == u && $3 != c { print $1 "\t" $3 }' "$FEDERATION/charts" |
        sort | awk -F '\t' '{ n[$1]++; chart[$1] = $2 } END { for (p in n) if (n[p] == 1) print chart[p] }' | sort)
    return 1
}

# Until a notice of that event is there: its number.
notice_await() { # DAEMON USER EVENT [AFTER-NUMBER]
    local until=$((SECONDS + READY_SECONDS)) number
    while ((SECONDS < until)); do
        try "$1" notices --as "$2" --json
        number=$(pick --arg e "$3" --argjson n "${4:-0}" \
            'map(select(.kind == "notice" and .event == $e and .number > $n))[-1].number // ""')
        [[ -z $number ]] || { printf '%s' "$number" && return 0; }
        sleep 0.1
    done
    return 1
}

step_emergency() {
    local u
    other_patient || { OUT='' ERR='' && note no_emergency "${NAME_OF[$B]}"; return; }
    for u in "${AMBULANCES[@]}"; do
        [[ $u == "$B" || -n $V ]] || V=$u
    done
    # The patient's own clinic knows the patient, and was never asked for a consent.
    try "$A" register --as "clerk-$A" --number "$OTHER_PATIENT" "${RESCUED[@]}" --json
    judge "$( ((CODE == 0)) && echo yes)" registered "${CLINIC_NAME[$A]}" "$OTHER_PATIENT"
    emergency_asked "$V" "ems-$V" "$RUN_NUMBER" "$(text ambulance)" 'basics|prescriptions' || return 0
    emergency_asked "$E" "er-$E" "$ER_NUMBER" "$(text physician_of "${NAME_OF[$E]}")" '' || return 0
    emergency_reviewed
    emergency_consent "$V" "ems-$V" "$(text ambulance)"
    emergency_consent "$E" "er-$E" "${NAME_OF[$E]}"
    emergency_followed
}

declare -gA TOLD_LAST=() # who → the number of the last notice of an emergency
emergency_told() { # DAEMON USER START NAME KEY
    local number
    number=$(notice_await "$1" "$2" emergency "${TOLD_LAST[$2]:-0}") || { bad not_told "$4"; return; }
    TOLD_LAST[$2]=$number
    judge "$( (($(since_ms "$3") < 60000)) && echo yes)" "$5" "$4" "$number" "$(since_ms "$3")"
}

# Somebody asks at the bedside; ONLY: the categories that role may see at all.
emergency_asked() { # NODE USER NUMBER WHO ONLY
    local start seen ask=(timeline --as "$2" --number "$3" --purpose emergency)
    try "$1" register --as "$2" --number "$3" "${RESCUED[@]}" --json
    ((CODE == 0)) || { bad registered "$4" "$3"; return 1; }
    try "$1" lookup --as "$2" --number "$3" --json
    judge "$( ! holds 'any(.[]; (.ticket // "") != "")' && echo yes)" usual_nothing "$4"
    try "$1" "${ask[@]}" --json
    judge "$( ((CODE != 0)) && echo yes)" no_reason
    start=$EPOCHREALTIME
    try "$1" "${ask[@]}" --reason unconscious --words '自宅で倒れているところを搬送' --json
    judge "$( ((CODE == 0)) && holds --arg b "${CODE_OF[$B]}" 'any(.[]; .kind == "document" and (.facility | tostring) == $b)' &&
        echo yes)" opened_in_emergency "$4" "$(pick 'map(select(.kind == "document")) | length')" \
        "$(pick 'map(select(.kind == "document").label) | unique | join(", ")')"
    seen=$(pick 'map(select(.kind == "document").category) | unique[]')
    [[ -z $5 ]] || judge "$(grep -qvxE "$5" <<<"$seen" || echo yes)" ambulance_little
    timeline_lines | block 5
    emergency_told "$B" "office-$B" "$start" "${NAME_OF[$B]}" hospital_told
    emergency_told "$A" "clerk-$A" "$start" "${CLINIC_NAME[$A]}" clinic_told
    [[ $STEP_GOOD == yes ]]
}

emergency_reviewed() {
    local number numbers
    try "$B" reviews --as "office-$B" --json
    mapfile -t numbers < <(pick 'map(select(.kind == "opening" and .review == "waits"))[].number')
    judge "$( ((${#numbers[@]} == 2)) && holds 'all(.[]; .reason == "unconscious")' && echo yes)" reviews_wait \
        "${#numbers[@]}" "$(pick '.[0].due[0:16]')"
    pick 'map(select(.kind == "opening"))[] | "\(.number)  \(.facility_name)  \(.role_name)  \(.reason_words)"' | block 4
    for number in "${numbers[@]}"; do
        try "$B" review "$number" --by "office-$B" --finding ok --json
        ((CODE == 0)) || bad review_closed "${NAME_OF[$B]}"
    done
    try "$B" reviews --as "office-$B" --json
    judge "$(holds 'any(.[]; .kind == "opening" and .review == "waits") | not' && echo yes)" review_closed "${NAME_OF[$B]}"
    try "$B" review "${numbers[0]}" --by "office-$B" --finding not-justified --json
    judge "$( ((CODE != 0)) && echo yes)" review_once
}

emergency_consent() { # NODE USER NAME
    local number
    try "$1" reviews --as "$2" --json
    number=$(pick 'map(select(.kind == "opening" and .consent == "waits"))[0].number // ""')
    judge "$([[ -n $number ]] && echo yes)" consent_sought "$3" "$(pick '.[0].consent_due[0:10]')"
    try "$1" review "$number" --by "$2" --consent given --json
    judge "$( ((CODE == 0)) && holds '.[0].consent == "given"' && echo yes)" consent_noted
}

# With the consent that was sought the patient is registered as everybody is; the hospital's list learns of it.
emergency_followed() {
    local id
    try "$E" request "$ER_NUMBER" --as "office-$E" --to "${CODE_OF[$B]}" "${RESCUED[@]}" --agreed "$(today)" --json
    id=$(pick '.[0].id // ""')
    judge "$( ((CODE == 0)) && request_await "$B" "office-$B" "$id" received && echo yes)" consent_follows "${NAME_OF[$E]}" \
        "${NAME_OF[$B]}"
    accept_at "$B" "$id" "$CHART_OTHER"
    judge "$( ((CODE == 0)) && request_await "$B" "office-$B" "$id" completed && echo yes)" accepts_after "${NAME_OF[$B]}"
    try "$B" reviews --as "office-$B" --json
    judge "$(holds 'any(.[]; .kind == "opening") | not' && echo yes)" reviews_over "${NAME_OF[$B]}"
}

# ---- notices -----------------------------------------------------------------------

# What nobody may find in a notice: names, telephone and insured numbers, charts, clinics' numbers, pseudonyms.
notice_secrets() {
    local one
    for one in "${FORM[@]}" "${RESCUED[@]}"; do
        case $one in --sex=* | --branch=*) continue ;; esac
        printf '%s\n' "${one#*=}"
    done
    printf '%s\n' "$CHART_B" "$CHART_C" "$CHART_OTHER" "$OWN_NUMBER" "$OTHER_NUMBER" "$OTHER_PATIENT" "$ER_NUMBER" \
        "$RUN_NUMBER" "$NEW_NUMBER" | grep .
    cut -f 1 "$FEDERATION/known"
}

step_notices() {
    local who u all='' found count=0 secrets
    for who in "$A clerk-$A" "$D clerk-$D" "$B office-$B" "$C office-$C" "$E office-$E"; do
        read -r u who <<<"$who"
        try "$u" notices --as "$who" --all --json
        ((CODE == 0)) || { bad notices_unread "$who"; return; }
        all+=$OUT
        found=$(pick 'map(select(.kind == "notice")) | length')
        count=$((count + found))
        note notices_of "$([[ $who == clerk-* ]] && echo "${CLINIC_NAME[$u]}" || echo "${NAME_OF[$u]}")" "$found"
        try "$u" notices --as "$who" --all
        printf '%s\n' "$OUT" | tail -n +2 | block 4
    done
    OUT=$all ERR=''
    judge "$(holds '[.[] | select(.kind == "notice").event] | contains(["arrived", "completed", "asked-back", "refused", "emergency"])' &&
        echo yes)" notices_complete "$count"
    secrets=$(notice_secrets)
    found=$(jq -rs '.[].records[]? | [.number, .event, .what, .look, .reference] | map(tostring) | join(" ")' <<<"$all" |
        grep -Ff <(printf '%s\n' "$secrets") | head -n 1) || true
    ERR=$found OUT=''
    judge "$([[ -z $found ]] && echo yes)" notices_blind "$(wc -l <<<"$secrets")"
    try "$A" notices --as "clerk-$A" --take-all --json
    try "$A" notices --as "clerk-$A" --json
    judge "$(holds 'any(.[]; .kind == "notice") | not' && echo yes)" notices_taken "${CLINIC_NAME[$A]}"
}
