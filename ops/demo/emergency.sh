# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The story's steps around one patient who never agreed: an emergency and its review; and what everybody was told.
# Sourced after requests.sh.

OTHER_PATIENT=K-20881 # the first clinic's number of that patient
ER_NUMBER=ER-0007     # the emergency hospital's
CHART_OTHER=''
RESCUED=()            # that patient's identity, as options

# Somebody whom the first hospital knows, with something to see, and who agreed to nothing.
other_patient() {
    local chart counts inside from until=$REGISTERED
    from=$(date -u -d "$until - 170 days" +%F)
    while read -r chart; do
        counts=$(chart_counts "$B" "$chart" "$from" "$from") || continue
        read -r _ _ inside _ <<<"$counts"
        ((inside > 2)) || continue
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
notice_await() { # DAEMON USER EVENT
    local until=$((SECONDS + READY_SECONDS)) number
    while ((SECONDS < until)); do
        try "$1" notices --as "$2" --json
        number=$(pick --arg e "$3" 'map(select(.kind == "notice" and .event == $e))[-1].number // ""')
        [[ -z $number ]] || { printf '%s' "$number" && return 0; }
        sleep 0.1
    done
    return 1
}

step_emergency() {
    local start told number ask=(timeline --as "er-$E" --number "$ER_NUMBER" --purpose emergency)
    other_patient || { OUT='' ERR='' && note no_emergency "${NAME_OF[$B]}"; return; }
    # The patient's own clinic knows the patient, and was never asked for a consent.
    try "$A" register --as "clerk-$A" --number "$OTHER_PATIENT" "${RESCUED[@]}" --json
    judge "$( ((CODE == 0)) && echo yes)" registered "${CLINIC_NAME[$A]}" "$OTHER_PATIENT"
    try "$E" register --as "er-$E" --number "$ER_NUMBER" "${RESCUED[@]}" --json
    ((CODE == 0)) || { bad registered "${NAME_OF[$E]}" "$ER_NUMBER"; return; }
    try "$E" lookup --as "er-$E" --number "$ER_NUMBER" --json
    judge "$(holds 'map(select((.ticket // "") != "")) | length == 0' && echo yes)" usual_nothing "${NAME_OF[$E]}"
    try "$E" "${ask[@]}" --json
    judge "$( ((CODE != 0)) && echo yes)" no_reason
    start=$EPOCHREALTIME
    try "$E" "${ask[@]}" --reason unconscious --words '自宅で倒れているところを搬送' --json
    told=$OUT
    judge "$( ((CODE == 0)) && holds --arg b "${CODE_OF[$B]}" 'any(.[]; .kind == "document" and (.facility | tostring) == $b)' &&
        echo yes)" opened_in_emergency "${NAME_OF[$E]}" "$(pick 'map(select(.kind == "document")) | length')"
    timeline_lines | block 5
    number=$(notice_await "$B" "office-$B" emergency) || { OUT=$told && bad not_told "${NAME_OF[$B]}"; return; }
    good hospital_told "${NAME_OF[$B]}" "$number" "$(since_ms "$start")"
    number=$(notice_await "$A" "clerk-$A" emergency) || { OUT=$told && bad not_told "${CLINIC_NAME[$A]}"; return; }
    good clinic_told "${CLINIC_NAME[$A]}" "$number" "$(since_ms "$start")"
    emergency_reviewed
}

emergency_reviewed() {
    local number
    try "$B" reviews --as "office-$B" --json
    number=$(pick 'map(select(.kind == "opening" and .review == "waits"))[0].number // ""')
    judge "$([[ -n $number ]] && holds '.[0].reason == "unconscious"' && echo yes)" review_waits "$number" \
        "$(pick '.[0].label')" "$(pick '.[0].due[0:16]')"
    try "$B" review "$number" --by "office-$B" --finding ok --json
    judge "$( ((CODE == 0)) && echo yes)" review_closed "${NAME_OF[$B]}"
    try "$B" review "$number" --by "office-$B" --finding not-justified --json
    judge "$( ((CODE != 0)) && echo yes)" review_once
    try "$E" reviews --as "er-$E" --json
    number=$(pick 'map(select(.kind == "opening" and .consent == "waits"))[0].number // ""')
    judge "$([[ -n $number ]] && echo yes)" consent_sought "${NAME_OF[$E]}" "$(pick '.[0].consent_due[0:10]')"
    try "$E" review "$number" --by "er-$E" --consent given --json
    judge "$( ((CODE == 0)) && echo yes)" consent_noted
}

# ---- notices -----------------------------------------------------------------------

# What nobody may find in a notice: names, telephone and insured numbers, charts, clinics' numbers, pseudonyms.
notice_secrets() {
    local one
    for one in "${FORM[@]}" "${RESCUED[@]}"; do
        case $one in --sex=* | --branch=*) continue ;; esac
        printf '%s\n' "${one#*=}"
    done
    printf '%s\n' "$CHART_B" "$CHART_C" "$CHART_OTHER" "$OWN_NUMBER" "$OTHER_NUMBER" "$OTHER_PATIENT" "$ER_NUMBER" |
        grep .
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
