# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The story's steps in which something ends: a patient withdraws; an old version of the rules gives way to the next.
# Sourced after joining.sh.

# ---- withdraw ----------------------------------------------------------------------

# The clinic's clerk withdraws while a hospital's node is away; then the patient withdraws at the other hospital.
step_withdraw() {
    local mine other u document day type start
    try "$A" timeline --as "dr-$A" --number "$OWN_NUMBER" --json
    mine=$OUT
    TIMELINE=$mine
    IFS=$'\t' read -r u document day type < <(document_of prescriptions) || true
    try "$A" open --as "dr-$A" --ticket "$(ticket_of "$mine" "$u")" --document "$document" --json
    judge "$( ((CODE == 0)) && echo yes)" before_withdrawal "$type" "$day" "${NAME_OF[$u]}"
    try "$D" timeline --as "dr-$D" --number "$OTHER_NUMBER" --json
    other=$OUT
    stop_daemon "$C"
    note hospital_away "${NAME_OF[$C]}"
    start=$EPOCHREALTIME
    try "$A" own-withdraw --as "dr-$A" --number "$OWN_NUMBER" --json
    judge "$( ((CODE == 0)) && echo yes)" withdrawn_own "${CLINIC_NAME[$A]}" "$(pick '.[0].seq')" "$(since_ms "$start")"
    try "$A" lookup --as "dr-$A" --number "$OWN_NUMBER" --json
    judge "$(holds 'map(select(.kind == "facility")) | length == 0' && echo yes)" lookup_nothing
    for u in "$B" "$C"; do
        try "$A" manifest --as "dr-$A" --ticket "$(ticket_of "$mine" "$u")"
        refused 7 read_after "${NAME_OF[$u]}"
    done
    start=$EPOCHREALTIME
    start_node "$C"
    wait_ready "$C" || { OUT='' ERR='' && bad node_connected "${NAME_OF[$C]}"; return; }
    judge "$(request_await "$C" "office-$C" "${REQUEST[$C]}" withdrawn && echo yes)" hospital_knows "${NAME_OF[$C]}" \
        "$(since_ms "$start")"
    judge "$(request_await "$B" "office-$B" "${REQUEST[$B]}" withdrawn && echo yes)" hospital_knows_too "${NAME_OF[$B]}"
    # What the patient agreed to at the other clinic is another matter, until it is ended at the hospital.
    try "$D" lookup --as "dr-$D" --number "$OTHER_NUMBER" --json
    judge "$(holds --arg f "${CODE_OF[$B]}" 'any(.[]; .kind == "facility" and (.facility | tostring) == $f and .status == "ok")' &&
        echo yes)" other_still "${CLINIC_NAME[$D]}" "${NAME_OF[$B]}"
    try "$D" timeline --as "dr-$D" --number "$OTHER_NUMBER" --json
    other=$OUT
    try "$B" withdraw --chart "$CHART_B" --by "office-$B" --json
    judge "$( ((CODE == 0)) && echo yes)" withdrawn_at "${NAME_OF[$B]}" "$(pick '.[0].revision')"
    try "$D" manifest --as "dr-$D" --ticket "$(ticket_of "$other" "$B")"
    refused 7 read_after "${NAME_OF[$B]}"
    try "$B" publish wait --timeout-ms 10000 --json
    try "$D" lookup --as "dr-$D" --number "$OTHER_NUMBER" --json
    judge "$(holds --arg f "${CODE_OF[$B]}" 'any(.[]; (.facility | tostring) == $f) | not' && echo yes)" lookup_after "${NAME_OF[$B]}"
    judge "$(request_await "$D" "clerk-$D" "${SECOND[$B]}" withdrawn && echo yes)" clinic_knows "${CLINIC_NAME[$D]}"
}

# ---- council -----------------------------------------------------------------------

# Five of seven seats are not three quarters; six are. The federation runs on meanwhile.
step_council() {
    local u n=0 until seats
    mapfile -t seats < <(cd "$FEDERATION/seats" && printf '%s\n' *.key | sed 's/\.key$//')
    next_rules 2 's/^ticket_minutes: .*/ticket_minutes: 5/' || { bad rules_made; return; }
    OUT=$(ratify_rules "${seats[@]:0:5}" 2>&1) && CODE=0 || CODE=$?
    judge "$( ((CODE)) && echo yes)" council_few 5 "${#seats[@]}"
    try hub policy publish "$FEDERATION/next.bundle" --json
    judge "$( ((CODE)) && echo yes)" hub_unsigned
    OUT=$(ratify_rules "${seats[@]:0:6}" 2>&1) && CODE=0 || CODE=$?
    judge "$( ((CODE == 0)) && echo yes)" council_enough 6 "${#seats[@]}"
    try hub policy publish "$FEDERATION/next.bundle" "$FEDERATION/next.record" --json
    judge "$( ((CODE == 0)) && echo yes)" hub_published
    until=$((SECONDS + READY_SECONDS))
    for u in "${UNIONS[@]}"; do
        while [[ $(at "$u" status --json | jq -r '.records[0].rules_version') != 2 ]] && ((SECONDS < until)); do
            sleep 0.1
        done
        try "$u" status --json
        [[ $(pick '.[0].rules_version') != 2 ]] || n=$((n + 1))
    done
    judge "$( ((n == ${#UNIONS[@]})) && echo yes)" nodes_switched "$n" "${#UNIONS[@]}"
    try "$A" lookup --as "dr-$A" --number "$OWN_NUMBER" --json
    judge "$( ((CODE == 0)) && echo yes)" lookup_goes_on
}
