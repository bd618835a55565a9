# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The story's last step: what stands in the access logs, and that nobody can change it. Sourced after emergency.sh.

logged() { # DAEMON LABEL EVENT STATUS LEAST
    local n
    n=$(OUT=${LOGS[$1]} pick --arg e "$3" --arg s "$4" 'map(select(.kind == "entry" and .event == $e and .status == $s)) | length')
    if ((${n:-0} >= $5)); then
        printf '        %3d  %-12s %-14s %s\n' "$n" "$3" "$4" "$2"
    else
        OUT='' ERR=''
        bad log_lacks "$2" "$3" "$4"
    fi
}

# Both sides have every emergency, with its reason: the crew's and the physician's.
logged_emergency() {
    local name
    for name in "hub lookup" "$B release"; do
        OUT=${LOGS[${name% *}]}
        holds --arg e "${name#* }" 'map(select(.kind == "entry" and .event == $e and .status == "ok" and
            .purpose == "emergency" and .reason == "unconscious").role) | contains(["paramedic", "physician"])' ||
            bad log_lacks "${name% *}" "${name#* }" emergency
    done
}

# ---- log ---------------------------------------------------------------------------

declare -gA LOGS=()
step_log() {
    local name seq hash wrong clinic=${NAME_OF[$A]}
    for name in hub "${UNIONS[@]}"; do
        try "$name" log list --json
        ((CODE == 0)) || { bad log_unread "$name"; return; }
        LOGS[$name]=$OUT
    done
    note log_heads
    logged hub hub connect ok 7
    logged hub hub refuse denied 1
    logged hub hub publish ok 2
    logged hub hub lookup ok 3
    logged hub hub lookup denied 2
    logged hub hub fetch ok 5
    logged hub hub fetch denied 1
    logged hub hub fetch withdrawn 1
    logged hub hub tombstone ok 1
    logged hub hub withdraw ok 1
    logged hub hub letter ok 10
    logged hub hub rules ok 1
    logged hub hub rules denied 1
    logged hub hub members ok 2
    logged "$B" "${NAME_OF[$B]}" consent ok 1
    logged "$B" "${NAME_OF[$B]}" release ok 3
    [[ -z $NURSE_AT ]] || logged "$NURSE_AT" "${NAME_OF[$NURSE_AT]}" release denied 1
    [[ $OLDER_ASKED == no ]] || logged "$B" "${NAME_OF[$B]}" release expired 1
    logged "$C" "${NAME_OF[$C]}" consent ok 2
    logged "$C" "${NAME_OF[$C]}" stop_told ok 1
    logged "$A" "$clinic" register ok 1
    logged "$A" "$clinic" rules ok 2
    logged "$A" "$clinic" ask ok 2
    logged "$A" "$clinic" read ok 2
    logged "$D" "$NEW_NAME" release ok 4
    logged "$D" "$NEW_NAME" release denied 2
    logged "$D" "$NEW_NAME" release expired 1
    [[ -z $CHART_OTHER ]] || logged_emergency
    [[ $STEP_GOOD != yes ]] || good log_complete
    for name in hub "${UNIONS[@]}"; do
        try "$name" log verify --json
        ((CODE == 0)) || { bad log_broken "$name"; return; }
    done
    good log_verified $((${#UNIONS[@]} + 1))
    # Somebody else remembers what the hub's log was: a node, from the hub's own answers.
    try "$A" log head --json
    seq=$(pick 'map(select(.kind == "witness"))[0].seq // 0') hash=$(pick 'map(select(.kind == "witness"))[0].hash // ""')
    try hub log verify --seq "$seq" --hash "$hash" --json
    judge "$( ((CODE == 0 && seq > 0)) && echo yes)" witness_agrees "$A" "$seq" "${hash:0:16}"
    wrong=$(tr '0-9a-f' '1-9a-f0' <<<"$hash")
    try hub log verify --seq "$seq" --hash "$wrong" --json
    judge "$( ((CODE == 9)) && echo yes)" witness_differs
    rm -f "$FEDERATION/hub.log.jsonl"
    try hub log export --out "$FEDERATION/hub.log.jsonl"
    CODE=0
    OUT=$(tsunagu log check "$FEDERATION/hub.log.jsonl" --seq "$seq" --hash "$hash" 2>&1) || CODE=$?
    judge "$( ((CODE == 0)) && echo yes)" export_checks "$(wc -l <"$FEDERATION/hub.log.jsonl")"
}
