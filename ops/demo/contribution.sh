# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The story's step in the other direction: the clinic that joined has no storage, and files what it wrote itself.
# Sourced after joining.sh.

declare -gA FILED=()   # what → the document's id
SHELF_TICKET=''

# ---- four papers -------------------------------------------------------------------------

paper_pdf() { # FILE: one page, made by hand; readers find the objects without a table of places
    cat >"$1" <<'PDF'
%PDF-1.4
1 0 obj <</Type /Catalog /Pages 2 0 R>> endobj
2 0 obj <</Type /Pages /Kids [3 0 R] /Count 1>> endobj
3 0 obj <</Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources <</Font <</F 5 0 R>>>>>> endobj
4 0 obj <</Length 58>> stream
BT /F 18 Tf 72 760 Td (Report after the visit) Tj ET      
endstream endobj
5 0 obj <</Type /Font /Subtype /Type1 /BaseFont /Helvetica>> endobj
trailer <</Root 1 0 R /Size 6>>
%%EOF
PDF
}

paper_image() { # FILE: a grey point
    base64 -d >"$1" <<'PNG'
iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==
PNG
}

paper_note() { # FILE
    printf '訪問時の記録\n血圧 132/78、体重 58.2 kg。\n内服は続けられています。\n' >"$1"
}

paper_cda() { # FILE
    cat >"$1" <<'CDA'
<?xml version="1.0" encoding="UTF-8"?>
<ClinicalDocument xmlns="urn:hl7-org:v3">
  <typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/>
  <code code="11502-2" codeSystem="2.16.840.1.113883.6.1" displayName="検体検査報告書"/>
  <title>検体検査報告書</title>
  <component><structuredBody><component><section>
    <text>HbA1c 6.8 %、空腹時血糖 118 mg/dL</text>
  </section></component></structuredBody></component>
</ClinicalDocument>
CDA
}

# ---- filing --------------------------------------------------------------------------------

file_paper() { # WHAT FILE CATEGORY TITLE [DAY]
    try "$D" shelf add "$NEW_NUMBER" "$FEDERATION/papers/$2" --category "$3" --title "$4" --as new-dr --json \
        --day "${5:-$(today)}"
    FILED[$1]=$(pick '.[0].document // ""')
    [[ $CODE == 0 && -n ${FILED[$1]} ]]
}

papers_file() {
    local place=$FEDERATION/papers
    mkdir -p "$place"
    paper_pdf "$place/report.pdf"
    paper_image "$place/film.png"
    paper_note "$place/note.txt"
    paper_cda "$place/result.xml"
    file_paper pdf report.pdf reports '受診後の報告' && file_paper image film.png imaging '胸部写真' &&
        file_paper note note.txt basics '訪問時の記録' && file_paper cda result.xml laboratory '検体検査報告書'
    judge "$( ((CODE == 0)) && echo yes)" shelf_files "$NEW_NAME" "${NAME_OF[$D]}"
    # What shall not be seen: not agreed to, and from long ago.
    paper_note "$place/private.txt"
    printf '家族からの相談\n' >>"$place/private.txt"
    printf '三年前の記録\n' >"$place/old.txt"
    file_paper private private.txt nursing '相談の記録' && file_paper old old.txt reports '三年前の報告' \
        "$(date -u -d "$(today) - 3 years" +%F)" || bad shelf_files "$NEW_NAME" "${NAME_OF[$D]}"
    # What a file is, its bytes say.
    printf '<html><script src="x"></script></html>\n' >"$place/page.pdf"
    try "$D" shelf add "$NEW_NUMBER" "$place/page.pdf" --category reports --title 'x' --as new-dr
    judge "$( ((CODE != 0)) && echo yes)" shelf_no_page
    [[ -z $ERR ]] || printf '      %s\n' "${ERR%%$'\n'*}"
}

# ---- reading ---------------------------------------------------------------------------------

shelf_open() { # WHAT FILE
    local out=$FEDERATION/opened.$1
    rm -f "$out"
    try "$A" open --as "dr-$A" --ticket "$SHELF_TICKET" --document "${FILED[$1]}" --out "$out"
    judge "$( ((CODE == 0)) && cmp -s "$out" "$FEDERATION/papers/$2" && echo yes)" shelf_opened "$(text "shelf_$1")" \
        "$(wc -c <"$FEDERATION/papers/$2")"
}

shelf_shut() { # CODE WHAT KEY USER
    try "$A" open --as "$4" --ticket "$SHELF_TICKET" --document "${FILED[$2]}"
    refused "$1" "$3"
}

shelf_ticket() { # USER: what that user's timeline has of the shelf
    try "$A" timeline --as "$1" --number "$OWN_NUMBER" --json
    SHELF_TICKET=$(pick --arg f "$NEW_CODE" 'map(select(.kind == "facility" and (.facility | tostring) == $f))[0].ticket // ""')
}

step_contribute() {
    local seen
    papers_file
    shelf_ticket "dr-$A"
    judge "$([[ -z $SHELF_TICKET ]] && echo yes)" shelf_closed "${CLINIC_NAME[$A]}"
    try "$D" shelf consent "$NEW_NUMBER" --to "facility:${CLINIC_OF[$A]}" --categories basics,laboratory,imaging,reports \
        --as new-dr --json
    judge "$( ((CODE == 0)) && echo yes)" shelf_consent "${CLINIC_NAME[$A]}"
    try "$D" publish wait --timeout-ms 10000 --json
    shelf_ticket "dr-$A"
    seen=$OUT
    judge "$(OUT=$seen holds --arg f "$NEW_CODE" 'map(select(.kind == "document" and (.facility | tostring) == $f)) | length == 4' &&
        echo yes)" shelf_seen "${CLINIC_NAME[$A]}"
    OUT=$seen timeline_lines | grep -F "$NEW_NAME" | block 6
    shelf_open pdf report.pdf
    shelf_open image film.png
    shelf_open note note.txt
    shelf_open cda result.xml
    shelf_shut 4 private shelf_not_agreed "dr-$A"
    shelf_shut 6 old shelf_too_old "dr-$A"
    shelf_ticket "ns-$A"
    shelf_shut 4 pdf shelf_nurse "ns-$A"
    try "$D" timeline --as "dr-$D" --number "$OTHER_NUMBER" --json
    judge "$(holds --arg f "$NEW_CODE" 'any(.[]; .kind == "document" and (.facility | tostring) == $f) | not' && echo yes)" \
        shelf_not_for "${CLINIC_NAME[$D]}"
    try "$D" shelf retract "$NEW_NUMBER" "${FILED[pdf]}" --as new-dr --json
    judge "$( ((CODE == 0)) && echo yes)" shelf_retracted
    shelf_ticket "dr-$A"
    shelf_shut 5 pdf shelf_gone "dr-$A"
}
