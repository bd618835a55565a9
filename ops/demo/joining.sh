# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The story's steps around a clinic that joins a union by its forms, files documents on the union node's shelf, and
# leaves. Sourced after requests.sh.

NEW_CODE=0119800019   # of no union yet
NEW_NAME=東区見本新規内科
NEW_NUMBER=S-00052    # its own patient number
NEW_REQUEST=''        # what it asked the first hospital
NEW_LEFT=no
OFFICE_PHRASE='the office knows it'

# The secretariats' keys are theirs alone; the rules hold the public half.
make_offices() {
    local u line
    for u in "${UNIONS[@]}"; do
        mkdir -p "$FEDERATION/offices"
        line=$(tsunagu policy keygen "$u" --secretariat --out "$FEDERATION/offices/$u.key" --passphrase-fd 3 \
            3<<<"$OFFICE_PHRASE" | grep '^secretariat_key: ') || return
        printf '%s\n' "$line" >>"$FEDERATION/rules/unions/$u.yaml"
    done
}

# ---- the forms -----------------------------------------------------------------------

office_form() { # FORM KEY=VALUE...: filled in, and checked
    local file=$FEDERATION/$1.yaml
    rm -f "$file"
    here_try form new "$1" --out "$file"
    ((CODE == 0)) || { bad form_wrong "$1"; return; }
    form_write "$file" "date=$(today)" "union=$D" "facility-code=$NEW_CODE" "facility-name=$NEW_NAME" \
        'representative=院長 見本' signature=はい "${@:2}"
    here_try form check "$file"
    judge "$( ((CODE == 0)) && echo yes)" form_good "$(text "form_$1")"
}

# Until something of this kind waits at the secretariat: its number.
application_await() { # KIND
    local until=$((SECONDS + READY_SECONDS)) number
    while ((SECONDS < until)); do
        try "$D" applications --json
        number=$(pick --arg k "$1" 'map(select(.kind == $k and .side == "received" and .state == "waiting"))[0].number // ""')
        [[ -z $number ]] || { printf '%s' "$number" && return 0; }
        sleep 0.1
    done
    return 1
}

# Decided, signed where the secretariat's key is, handed to the hub; until hub and nodes hold it.
list_next() { # NUMBER LIST
    local list=$FEDERATION/$2 sign held hash u n=0 until
    rm -f "$list"
    try "$D" applications decide "$1" --approve --by office-1 --ward 東区 --out "$list"
    judge "$( ((CODE == 0)) && [[ $OUT == *"tsunagu members sign"* ]] && echo yes)" office_approves "$1"
    sign=$(grep -F 'tsunagu members sign' <<<"$OUT" | sed 's/^ *//')
    note next_printed "${sign//$FEDERATION\//}"
    mapfile -t held < <(at "$D" applications draft --out "$list.again" --json |
        jq -r '.records[0] | .bundle, (.held // "" | split(",")[])' | grep .)
    here_try members sign "$list" "${held[@]:1}" --bundle "${held[0]}" --key "$FEDERATION/offices/$D.key" --passphrase-fd 3 \
        3<<<"$OFFICE_PHRASE"
    judge "$( ((CODE == 0)) && echo yes)" office_signs
    try hub members publish "$list"
    hash=$(at hub status --json | jq -r '.records[0].rules_hash')
    until=$((SECONDS + READY_SECONDS))
    for u in "${UNIONS[@]}"; do
        while [[ $(at "$u" status --json | jq -r '.records[0].rules_hash') != "$hash" ]] && ((SECONDS < until)); do
            sleep 0.1
        done
        [[ $(at "$u" status --json | jq -r '.records[0].rules_hash') != "$hash" ]] || n=$((n + 1))
    done
    judge "$( ((CODE == 0 && n == ${#UNIONS[@]})) && echo yes)" list_holds "$n" "${#UNIONS[@]}"
}

# ---- join ------------------------------------------------------------------------------

step_join() {
    local number
    note cast_new "$NEW_NAME" "${NAME_OF[$D]}"
    try "$D" lookup --as new-dr --number "$NEW_NUMBER"
    refused 4 new_nobody "$NEW_NAME"
    office_form application kind=clinic postal=065-0001 'address=札幌市東区見本1' phone=011-000-0000 'manager=事務長 見本' \
        manager-phone=011-000-0000 way=view-file terminals=2
    office_form pledge
    # It knows somebody at another union's node; the letter finds its way.
    try "$A" join --form "$FEDERATION/application.yaml" --pledge "$FEDERATION/pledge.yaml"
    judge "$( ((CODE == 0)) && echo yes)" new_applies "${NAME_OF[$A]}"
    number=$(application_await joining) || { bad office_not_told "${NAME_OF[$D]}"; return; }
    try "$D" notices --facility secretariat --json
    judge "$(holds 'any(.[]; .event == "applied")' && echo yes)" office_told "${NAME_OF[$D]}" "$number"
    try "$D" applications show "$number"
    judge "$([[ $CODE == 0 && $OUT == *"$NEW_NAME"* ]] && echo yes)" office_reads
    list_next "$number" "$D-1.list"
    [[ $STEP_GOOD == yes ]] || return 0
    people_add
    new_works
}

# Whom the new clinic named goes into the node's people file; the daemon reads it anew.
people_add() {
    local until=$((SECONDS + READY_SECONDS))
    add_user "$D" new-dr "$NEW_CODE" physician
    add_user "$D" new-clerk "$NEW_CODE" clerk
    kill -HUP "${DAEMON_PID[$D]}"
    until at "$D" notices --as new-clerk >/dev/null 2>&1 || ((SECONDS >= until)); do
        sleep 0.1
    done
}

# On the list, so it may ask; who says yes is the hospital's officer, as for everybody.
new_works() {
    try "$D" request "$NEW_NUMBER" --as new-clerk --to "${CODE_OF[$B]}" "${FORM[@]}" --agreed "$(today)" --json
    NEW_REQUEST=$(pick '.[0].id // ""')
    judge "$( ((CODE == 0)) && request_await "$B" "office-$B" "$NEW_REQUEST" received && echo yes)" new_asks \
        "$NEW_NAME" "$NEW_NUMBER" "${NAME_OF[$B]}"
    accept_at "$B" "$NEW_REQUEST" "$CHART_B"
    judge "$( ((CODE == 0)) && request_await "$D" new-clerk "$NEW_REQUEST" completed && echo yes)" new_completed "$NEW_NAME"
    registered_earlier "$B" "$CHART_B" "${CLINIC_OF[$A]}" "${CLINIC_OF[$D]}" "$NEW_CODE" || bad registered_earlier "$REGISTERED"
    try "$D" timeline --as new-dr --number "$NEW_NUMBER" --json
    NEW_SEES=$OUT
    judge "$(holds --arg b "${CODE_OF[$B]}" 'any(.[]; .kind == "document" and (.facility | tostring) == $b)' && echo yes)" \
        new_sees "$NEW_NAME" "$(pick 'map(select(.kind == "document")) | length')" "${NAME_OF[$B]}"
}

# ---- leave -----------------------------------------------------------------------------

step_leave() {
    local number shelf
    office_form leaving "leaves-on=$(today)" reason=closing returns=はい
    try "$D" leave --form "$FEDERATION/leaving.yaml" --as new-clerk
    judge "$( ((CODE == 0)) && echo yes)" new_leaves "$NEW_NAME"
    number=$(application_await leaving) || { bad office_not_told "${NAME_OF[$D]}"; return; }
    try "$D" timeline --as new-dr --number "$NEW_NUMBER" --json
    NEW_SEES=$OUT
    judge "$( ((CODE == 0)) && holds --arg b "${CODE_OF[$B]}" 'any(.[]; .kind == "document" and (.facility | tostring) == $b)' &&
        echo yes)" until_then "$NEW_NAME"
    try "$A" timeline --as "dr-$A" --number "$OWN_NUMBER" --json
    shelf=$(pick --arg f "$NEW_CODE" 'map(select(.kind == "facility" and (.facility | tostring) == $f))[0].ticket // ""')
    list_next "$number" "$D-2.list"
    [[ $STEP_GOOD == yes ]] || return 0
    NEW_LEFT=yes
    try "$D" lookup --as new-dr --number "$NEW_NUMBER"
    refused 4 left_nobody "$NEW_NAME"
    try "$D" manifest --as new-dr --ticket "$(ticket_of "$NEW_SEES" "$B")"
    judge "$( ((CODE != 0)) && echo yes)" left_ticket "${NAME_OF[$B]}"
    try "$A" manifest --as "dr-$A" --ticket "$shelf" --json
    judge "$( ((CODE != 0)) && [[ -n $shelf ]] && echo yes)" left_shelf
    try "$A" lookup --as "dr-$A" --number "$OWN_NUMBER" --json
    judge "$(holds --arg f "$NEW_CODE" 'any(.[]; (.facility | tostring) == $f and (.ticket // "") != "") | not' && echo yes)" \
        left_absent "${CLINIC_NAME[$A]}"
    number=$(notice_await "$B" "office-$B" left) || { bad not_told "${NAME_OF[$B]}"; return; }
    good left_told "${NAME_OF[$B]}" "$number"
    judge "$(request_await "$B" "office-$B" "$NEW_REQUEST" ended && echo yes)" left_request "${NAME_OF[$B]}"
    try "$D" notices --facility secretariat --json
    judge "$(holds 'any(.[]; .event == "joined") and any(.[]; .event == "left")' && echo yes)" left_office "${NAME_OF[$D]}"
}
