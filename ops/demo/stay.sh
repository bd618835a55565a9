# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# ops/run --stay: everything goes on running, and whoever wants to plays each person's part by hand. Sourced last.

HAND=''          # the folder with what the parts need
HAND_NUMBER=K-30417
HAND_CHART=''

# A script that stops it all, so that nobody needs to hunt for processes.
stay_stop() {
    {
        printf '#!/bin/sh\nfor f in'
        printf ' %q' "$FEDERATION"/*/pid
        printf '; do\n    [ -s "$f" ] && kill "$(cat "$f")" 2>/dev/null && rm -f "$f"\ndone\ntrue\n'
    } >"$FEDERATION/stop"
    chmod +x "$FEDERATION/stop"
}

# Forms of somebody whom the first hospital knows and nobody has asked for yet, and of a facility that may apply.
stay_forms() {
    local chart
    HAND=$FEDERATION/by-hand
    mkdir -p "$HAND"
    HAND_CHART=$(grep -oE "(^|	)$B=[^	]*" "$FEDERATION/known" | cut -d = -f 2- | grep -vxF -e "$CHART_B" -e "${CHART_OTHER:-none}" |
        head -n 1) || true
    [[ -n $HAND_CHART ]] || HAND_CHART=$CHART_B
    chart=$CHART_B CHART_B=$HAND_CHART OWN_NUMBER=$HAND_NUMBER PAPER_HASH=''
    form_fill || true
    CHART_B=$chart
    here_try form new consent --out "$HAND/consent.yaml"
    form_consent "$HAND/consent.yaml"
    here_try form new registration --out "$HAND/registration.yaml"
    form_registration "$HAND/registration.yaml"
    sed -i -e "s/^  destination: .*/  destination: named/" -e "s/^  hospitals:.*/  hospitals: '${CODE_OF[$B]}'/" \
        "$HAND/registration.yaml"
    form_change "$HAND/change.yaml" 'categories=[basics, prescriptions]' >/dev/null
    NEW_CODE=0119800027 NEW_NAME=東区見本新規医院
    office_form application kind=clinic postal=065-0001 'address=札幌市東区見本2' phone=011-000-0000 'manager=事務長 見本' \
        manager-phone=011-000-0000 way=view terminals=2 >/dev/null
    office_form pledge >/dev/null
    mv "$FEDERATION/application.yaml" "$FEDERATION/pledge.yaml" "$HAND/"
    cp "$FEDERATION/offices/$D.key" "$HAND/"
}

stay_tell() {
    local quoted
    stay_stop
    stay_forms
    heading stay_begin "$FEDERATION"
    # Quoted where it must be: a line is to work as it is printed.
    mapfile -t quoted < <(printf '%q\n' "$BIN" "$FEDERATION/rules.bundle" "$HAND")
    say stay_place "${quoted[@]}"
    mapfile -t quoted < <(printf '%q\n' "$(socket_of "$A")" "$HAND_NUMBER" "clerk-$A")
    say stay_clerk "${CLINIC_NAME[$A]}" "${quoted[0]}" "$HAND_NUMBER" "clerk-$A" "clerk-$A"
    mapfile -t quoted < <(printf '%q\n' "$(socket_of "$B")")
    say stay_officer "${NAME_OF[$B]}" "${quoted[0]}" "office-$B" "office-$B" "$HAND_CHART" "office-$B" "second-$B"
    mapfile -t quoted < <(printf '%q\n' "$(socket_of "$A")")
    say stay_physician "${quoted[0]}" "dr-$A" "$HAND_NUMBER" "dr-$A" "clerk-$A" "clerk-$A" "$HAND_NUMBER" "clerk-$A"
    mapfile -t quoted < <(printf '%q\n' "$(socket_of "$D")" "$(socket_of hub)")
    say stay_office "${NAME_OF[$D]}" "${quoted[0]}" "$D-3.list" "$D.key" "$OFFICE_PHRASE" "$D-3.list" "${quoted[1]}"
    mapfile -t quoted < <(printf '%q\n' "$(socket_of hub)" "$FEDERATION/stop" "$FEDERATION")
    say stay_end "${quoted[@]}"
}
