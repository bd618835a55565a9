# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The hospitals' storages: given from outside or invented, and the patient whom two of
# them know. Sourced by ops/run, after federation.sh and tell.sh.

UNIONS=(tmnit shiritsu ntt-east hokudai tenshi gan-center kkr) # the place in the list: the hospital of `synth`
declare -gA GIVEN=()    # union → folder given from outside
declare -gA STANDARD=() EXTENDED=()
declare -gA CODE_OF=() NAME_OF=() CLINIC_OF=() CLINIC_NAME=()
BRIDGED=no              # people of a given storage were written into an invented one

union_known() {
    local u
    for u in "${UNIONS[@]}"; do
        [[ $u == "$1" ]] && return 0
    done
    return 1
}

# Whether a patient's folder stands in it: ROOT/298/834/2988348553. Folders of three characters are elsewhere too.
is_storage_root() { # DIR
    local dir=${1%/}/ first second patient starts
    for first in "$dir"???/; do
        for second in "$first"*/; do
            starts=${second#"$dir"}
            starts=$second${starts//\//}
            for patient in "$second"*/; do
                [[ $patient == "$starts"* && -d $patient ]] && return 0
            done
        done
    done
    return 1
}

# UNION=DIR.
storage_take() {
    local union=${1%%=*} dir=${1#*=} inner
    if [[ $1 != *=* || -z $dir ]]; then
        say storage_form "$1" >&2
        return 2
    fi
    if ! union_known "$union"; then
        say storage_union "$union" "${UNIONS[*]}" >&2
        return 2
    fi
    if [[ -n ${GIVEN[$union]:-} ]]; then
        say storage_twice "$union" >&2
        return 2
    fi
    if [[ ! -d $dir || ! -r $dir || ! -x $dir ]]; then
        say storage_no_folder "$dir" >&2
        return 2
    fi
    dir=$(cd "$dir" && pwd)
    if ! is_storage_root "$dir"; then
        say storage_no_root "$dir" >&2
        for inner in "$dir"/*/; do
            if [[ -d $inner ]] && is_storage_root "$inner"; then
                say storage_perhaps "$union=${inner%/}" >&2
            fi
        done
        return 2
    fi
    GIVEN[$union]=$dir
}

# Codes and names of the hospitals and of a clinic of each union, from the rules themselves.
facilities_read() {
    local shown u
    shown=$(tsunagu policy show "$FEDERATION/rules.bundle" --json)
    for u in "${UNIONS[@]}"; do
        IFS=$'\t' read -r CODE_OF[$u] NAME_OF[$u] < <(jq -r --arg u "$u" \
            '[.facilities[] | select(.discloses and (.unions | index($u)))][0] | [.code, .name] | @tsv' <<<"$shown")
        IFS=$'\t' read -r CLINIC_OF[$u] CLINIC_NAME[$u] < <(jq -r --arg u "$u" \
            '[.facilities[] | select(.kind == "clinic" and .unions == [$u])][0] | [.code, .name] | @tsv' <<<"$shown")
    done
}

storage_invent() { # UNION [PEOPLE-FILE] → counts as JSON
    local u=$1 i further=()
    for i in "${!UNIONS[@]}"; do
        [[ ${UNIONS[i]} != "$u" ]] || break
    done
    [[ -z ${2:-} ]] || further=(--people "$2")
    tsunagu synth "$FEDERATION/$u/storage" --seed "$SEED" --patients "$PATIENTS" --hospital "$i" --shared "$SHARED" \
        --facility "${CODE_OF[$u]}" --facility-name "${NAME_OF[$u]}" --extended --damage 1 "${further[@]}" --json
}

# What every real storage has somewhere: a copy under another name, a file in another patient's folder.
storage_soil() { # UNION
    local root=$FEDERATION/$1/storage/standard files
    mapfile -t files < <(find "$root" -type f -name '*_1' | sort)
    cp "${files[0]}" "${files[0]%/*}/copy of ${files[0]##*/}"
    cp "${files[0]}" "${files[-1]%/*}/"
}

# pseudonym, union, chart, newest day: of every chart whose identity is complete.
charts_list() { # UNION...
    local u
    for u in "$@"; do
        at "$u" charts --json | jq -r --arg u "$u" \
            '.records[] | select(.kind == "chart" and .pseudonym != "") | [.pseudonym, $u, .chart, .newest] | @tsv'
    done
}

# Lines of charts_list → pseudonym, then union=chart of everyone who knows it: two hospitals at least, few first. A
# pseudonym that stands twice in one hospital (twins) is for a person to decide, not for a story.
charts_join() {
    sort | awk -F '\t' -v OFS='\t' '
        function tell() { if (n > 1 && !twice) print n, who places }
        $1 != who { tell(); who = $1; n = 0; twice = 0; places = ""; delete seen }
        { if ($2 in seen) twice = 1; seen[$2] = 1; n++; places = places "\t" $2 "=" $3 }
        END { tell() }' | sort -t $'\t' -k 1,1n -k 3 | cut -f 2- # by charts: pseudonyms differ with every federation key
}

today() {
    date -u -d '+9 hours' +%F
}

# What a chart holds, counted: prescriptions, laboratory results and all of it in a window that every rule
# allows; what is certainly older than the windows; reports.
chart_counts() { # UNION CHART INSIDE-FROM OLDER-BEFORE → "rx lab inside older reports"
    at "$1" documents --chart "$2" --json 2>/dev/null | jq -rs --arg inside "$3" --arg older "$4" '
        [.[].records[]? | select(.kind == "document" and .category != "" and .day != "-" and .day != "")] as $d |
        [$d[] | select(.day >= $inside)] as $in |
        [([$in[] | select(.category == "prescriptions")] | length), ([$in[] | select(.category == "laboratory")] | length),
         ($in | length),
         ([$d[] | select(.day < $older and (.category == "prescriptions" or .category == "laboratory"))] | length),
         ([$in[] | select(.category == "reports")] | length)] | @tsv'
}

# Whether two of these hospitals may be the story's two.
pair_allowed() { # UNION=CHART...
    local x y
    for x in "$@"; do
        for y in "$@"; do
            [[ ${x%%=*} != "${y%%=*}" ]] && allowed "${x%%=*}" "${y%%=*}" && return 0
        done
    done
    return 1
}

# Sets B, C, CHART_B, CHART_C: the patient of the story. Reads joined lines; only hospitals for which
# `allowed UNION UNION` says so. The best of the first twenty.
patient_choose() { # REGISTERED-ON
    local places u chart counts since before best=0 score tried=0 i j
    since=$(date -u -d "$1 - 170 days" +%F)
    before=$(date -u -d "$1 - 190 days" +%F)
    local -a rest names
    local -A rx lab inside older reports charts
    B='' C=''
    while IFS=$'\t' read -ra rest; do
        rest=("${rest[@]:1}") # behind the pseudonym
        pair_allowed "${rest[@]}" || continue # others must not use up the twenty
        ((tried++ < 20)) || break
        rx=() lab=() inside=() older=() reports=() charts=() names=()
        for places in "${rest[@]}"; do
            u=${places%%=*} chart=${places#*=}
            may_tell "$u" || continue
            counts=$(chart_counts "$u" "$chart" "$since" "$before") || continue
            charts[$u]=$chart
            names+=("$u")
            IFS=$'\t' read -r rx[$u] lab[$u] inside[$u] older[$u] reports[$u] <<<"$counts"
        done
        for ((i = 0; i < ${#names[@]}; i++)); do
            for ((j = 0; j < ${#names[@]}; j++)); do
                local x=${names[i]} y=${names[j]}
                [[ $x != "$y" ]] && allowed "$x" "$y" || continue
                # B shows the prescription and what is too old; the laboratory result may be at either.
                ((rx[$x] && lab[$x] + lab[$y] && inside[$x] && inside[$y])) || continue
                score=$((1 + 4 * (older[$x] > 0) + 2 * (reports[$x] + reports[$y] > 0) + (lab[$y] > 0)))
                if ((score > best)); then
                    best=$score B=$x C=$y CHART_B=${charts[$x]} CHART_C=${charts[$y]}
                fi
            done
        done
        ((best < 8)) || break
    done
    [[ -n $B ]]
}

# A person's line for `synth --people`, from a hospital's own record.
person_line() { # UNION CHART
    at "$1" identity --chart "$2" --json | jq -r '.records[0] |
        [.kanji_family, .kanji_given, .kana_family, .kana_given, .birth, .sex, .postal, .address, .telephone,
         .insurer, .symbol, .number, .branch] | map(. // "" | tostring) | join("\t")'
}
