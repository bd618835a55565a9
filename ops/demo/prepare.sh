# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What stands before the story begins: keys, rules, storages, configurations; and the steps in their order.
# Sourced by ops/run and tests/live/story, after words, tell, federation, storages and the files of the steps.
# Before: root (of the checkout), BIN, FEDERATION, SEED, PATIENTS, SHARED.

STORY=(start scan paper request inbox accept timeline open refusals second join contribute change emergency leave withdraw
    council notices log)
STEPS=${#STORY[@]}

play() { # NUMBER: 1 is the first
    local name=${STORY[$1 - 1]}
    step_begin "$1" "step_$name" # the words' key and the function have the same name
    "step_$name"
    step_end
}

# A given storage is read by its own node before the story begins, without a hub: who is in it?
given_look() {
    local u shared list=$FEDERATION/people.tsv
    for u in "${!GIVEN[@]}"; do
        start_node "$u"
        wait_answer "$u" || return
        at "$u" scan --full --json >/dev/null || return
    done
    shared=$(charts_list "${!GIVEN[@]}" | charts_join | wc -l)
    note given_shared "$shared"
    if ((shared == 0)); then
        BRIDGED=yes
        : >"$list"
        for u in "${!GIVEN[@]}"; do
            people_take "$u" >>"$list"
        done
        note given_bridged "$(wc -l <"$list")"
    fi
    stop_all
    for u in "${!GIVEN[@]}"; do
        rm -rf "$FEDERATION/$u/data"
        mkdir -p "$FEDERATION/$u/data"
        : >"$FEDERATION/$u/log"
    done
    mkdir -p "$SOCKETS"
}

# Up to fifteen people of a given storage, those with the most kinds of documents first.
people_take() {
    local u=$1 chart
    at "$u" charts --json | jq -rs '[.[].records[] | select(.kind == "chart" and .pseudonym != "")] |
        sort_by(- ((.types // "") | [scan("OMP-|OML-11|ADT-22")] | unique | length)) | .[:15][].chart' |
        while IFS= read -r chart; do
            person_line "$u" "$chart"
        done
}

prepare() {
    local u said strangers=''
    heading preparing
    sockets_place
    make_rules "$root/policies/sapporo" && make_seats && make_offices && make_ca || return
    # The rules once without any node, for the hospitals' codes; then with their keys.
    compile_rules 2>/dev/null && facilities_read || return
    for u in "${UNIONS[@]}"; do
        make_node "$u" "$u" "${CODE_OF[$u]}" || return
        add_user "$u" "dr-$u" "${CLINIC_OF[$u]}" physician
        add_user "$u" "ns-$u" "${CLINIC_OF[$u]}" nurse
        add_user "$u" "clerk-$u" "${CLINIC_OF[$u]}" clerk
        add_user "$u" "office-$u" "${CODE_OF[$u]}" clerk # the hospital's liaison office
        add_user "$u" "second-$u" "${CODE_OF[$u]}" clerk # and who checks there
        add_user "$u" "er-$u" "${CODE_OF[$u]}" physician # on duty for emergencies
    done
    for u in "${AMBULANCES[@]}"; do
        add_user "$u" "ems-$u" "$AMBULANCE" paramedic
    done
    make_stranger "$STRANGER" tmnit && compile_rules && compile_own "$STRANGER" || return
    note keys_made "${#UNIONS[@]}" "${RULES_HASH:0:16}"
    write_hub
    write_node "$STRANGER"
    for u in "${!GIVEN[@]}"; do
        STANDARD[$u]=${GIVEN[$u]}
        write_node "$u" "${CODE_OF[$u]}" "${STANDARD[$u]}"
        note given_storage "${NAME_OF[$u]}" "${GIVEN[$u]}"
    done
    ((${#GIVEN[@]} == 0)) || given_look || return
    [[ $BRIDGED == no ]] || strangers=$FEDERATION/people.tsv
    for u in "${UNIONS[@]}"; do
        [[ -z ${GIVEN[$u]:-} ]] || continue
        STANDARD[$u]=$FEDERATION/$u/storage/standard
        EXTENDED[$u]=$FEDERATION/$u/storage/extended
        said=$(storage_invent "$u" "$strangers") || return
        [[ $u != "${UNIONS[0]}" ]] || storage_soil "$u"
        note invented "${NAME_OF[$u]}" "$(jq -r .patients <<<"$said")" "$(jq -r .files <<<"$said")" \
            "$(jq -r .documents <<<"$said")"
        write_node "$u" "${CODE_OF[$u]}" "${STANDARD[$u]}" "${EXTENDED[$u]}"
    done
}

# The configurations name the hub's port: should the hub have had to take another one, again.
nodes_rewrite() {
    local u
    write_node "$STRANGER"
    for u in "${UNIONS[@]}"; do
        write_node "$u" "${CODE_OF[$u]}" "${STANDARD[$u]}" "${EXTENDED[$u]:-}"
    done
}
