// SPDX-License-Identifier: Apache-2.0
// Every command on one page.
#include "ops/cli/command.h"
#include "proto/base/tongue.h"

#define END {0}
#define IDENTITY_ROWS                                                                                             \
    {"kana-family", "KANA", false, N_("family name in kana, as on the form"), "kana_family"},                     \
    {"kana-given", "KANA", false, N_("given name in kana"), "kana_given"},                                        \
    {"kanji-family", "NAME", false, N_("family name"), "kanji_family"},                                           \
    {"kanji-given", "NAME", false, N_("given name"), "kanji_given"},                                              \
    {"birth", "DATE", false, N_("birth: 1954-03-26, 19540326 or 昭和29年3月26日"), "birth"},                      \
    {"sex", "M|F", false, N_("sex, as in HL7 table 0001"), "sex"},                                                \
    {"postal", "CODE", false, N_("postal code"), "postal"},                                                       \
    {"telephone", "NUMBER", false, N_("telephone"), "telephone"},                                                 \
    {"insurer", "NUMBER", false, N_("insurer number (保険者番号)"), "insurer"},                                   \
    {"symbol", "TEXT", false, N_("insured symbol (記号)"), "symbol"},                                             \
    {"number-insured", "TEXT", false, N_("insured number (番号)"), "number"},                                     \
    {"branch", "NN", false, N_("branch (枝番), if known"), "branch"}

static const option_row none[] = {END};
#define AS_ROW {"as", "USER", true, N_("who does it, as in the people file"), "as"}
#define ID_ROW {"@ID", "ID", true, N_("the request: as much of its id as is needed"), "id"}
static const option_row request_options[] = {
    {"@NUMBER", "NUMBER", false, N_("the facility's own patient number (default: as the form says)"), "number"}, AS_ROW,
    {"to", "LIST", false, N_("to these hospitals: their 10-digit codes, joined by commas (default: as the form says)"), "to"},
    {"ask-all", NULL, false, N_("ask every hospital that the agreements allow whether it may hold records"), "ask_all"},
    {"ask-first", NULL, false, N_("with --ask-all: send nobody the form until `request send` says whom"), "ask_first"},
    {"chart", "NUMBER", false, N_("the hospital's patient number, if known"), "chart"},
    {"consent-to", "LIST", false, N_("to whom the patient consents: facility:CODE, union:ID, federation "
                                     "(default: this facility)"), "consent_to"},
    {"categories", "LIST", false, N_("which categories (default: all eight)"), "categories"},
    {"from", "DATE", false, N_("from when the consent holds (default: today)"), "from"},
    {"until", "DATE", false, N_("until when (default: until withdrawn)"), "until"},
    {"agreed", "DATE", false, N_("the day on the signed form (default: today)"), "agreed"},
    {"emergency", NULL, false, N_("the consent includes emergencies"), "emergency"},
    {"proxy", "RELATION", false, N_("a proxy consented: the relation"), "proxy"},
    {"proxy-name", "NAME", false, N_("the proxy's name"), "proxy_name"},
    {"form", "FILE", false, N_("the registration request, or the consent, filled in (YAML): it says all that it asks for"),
     "file:form"},
    {"consent", "FILE", false, N_("the consent, filled in, beside a registration request"), "file:consent"},
    {"paper", "FILE", false, N_("the scanned paper: only its SHA-256 is kept (or that itself)"), "hash:paper"},
    {"urgency", "0|1|2", false, N_("as usual (default), soon, at once"), "urgency"},
    {"text", "TEXT", false, N_("a word to the hospital"), "text"},
    {"kana-family", "KANA", false, N_("family name in kana, as on the form"), "kana_family"},
    {"kana-given", "KANA", false, N_("given name in kana"), "kana_given"},
    {"kanji-family", "NAME", false, N_("family name"), "kanji_family"},
    {"kanji-given", "NAME", false, N_("given name"), "kanji_given"},
    {"birth", "DATE", false, N_("birth: 1954-03-26, 19540326 or 昭和29年3月26日"), "birth"},
    {"sex", "M|F", false, N_("sex, as in HL7 table 0001"), "sex"},
    {"postal", "CODE", false, N_("postal code"), "postal"},
    {"telephone", "NUMBER", false, N_("telephone"), "telephone"},
    {"insurer", "NUMBER", false, N_("insurer number (保険者番号)"), "insurer"},
    {"symbol", "TEXT", false, N_("insured symbol (記号)"), "symbol"},
    {"number-insured", "TEXT", false, N_("insured number (番号)"), "insured"},
    {"branch", "NN", false, N_("branch (枝番), if known"), "branch"}, END};
static const option_row requests_options[] = {
    {"@ID", "ID", false, N_("only this one, with its history"), "id"}, AS_ROW,
    {"number", "NUMBER", false, N_("only this patient's"), "number"},
    {"group", "ID", false, N_("only those that were asked together, by --ask-all or to several: as a notice names them"), "group"},
    {"paper", "NUMBER", false, N_("only that of the paper with this number, as its QR code says"), "paper"}, END};
static const option_row request_word_options[] = {
    ID_ROW, AS_ROW, {"text", "TEXT", false, N_("what is said to the hospital"), "text"}, END};
static const option_row request_reply_options[] = {
    ID_ROW, AS_ROW, {"text", "TEXT", false, N_("what is said to the hospital"), "text"},
    {"form", "FILE", false, N_("the registration request, or the consent, corrected (YAML): it takes the old one's place"),
     "file:form"},
    {"consent", "FILE", false, N_("the consent, corrected, beside a registration request"), "file:consent"}, END};
static const option_row request_send_options[] = {
    {"@NUMBER", "NUMBER", true, N_("the facility's own patient number"), "number"}, AS_ROW,
    {"to", "LIST", true, N_("to these of those that may hold records: their 10-digit codes, joined by commas"), "to"}, END};
static const option_row request_change_options[] = {
    ID_ROW, AS_ROW,
    {"consent-to", "LIST", false, N_("to whom from now on: facility:CODE, union:ID, federation (default: as before)"),
     "consent_to"},
    {"categories", "LIST", false, N_("which categories from now on (default: as before)"), "categories"},
    {"until", "DATE", false, N_("until when (default: as before)"), "until"},
    {"emergency", "yes|no", false, N_("whether the consent includes emergencies (default: as before)"), "emergency"},
    {"form", "FILE", false, N_("the change of consent, filled in (YAML)"), "file:form"},
    {"paper", "FILE", false, N_("the scanned paper: only its SHA-256 is kept (or that itself)"), "hash:paper"},
    {"text", "TEXT", false, N_("what is said to the hospital"), "text"}, END};
static const option_row change_accept_options[] = {
    ID_ROW, AS_ROW, {"also", NULL, false, N_("as for accept"), "also"}, {"text", "TEXT", false, N_("why"), "text"}, END};
static const option_row change_keep_options[] = {
    ID_ROW, AS_ROW, {"text", "TEXT", false, N_("why"), "text"}, END};
static const option_row inbox_options[] = {
    AS_ROW, {"all", NULL, false, N_("also those that are over"), "all"},
    {"paper", "NUMBER", false, N_("only that of the paper with this number, as its QR code says"), "paper"}, END};
static const option_row inbox_one_options[] = {
    ID_ROW, AS_ROW,
    {"all", NULL, false, N_("also those that the rules do not show: they share little with the form"), "all"}, END};
static const option_row accept_options[] = {
    ID_ROW, {"@CHART", "CHART", true, N_("the hospital's patient number that was found"), "chart"}, AS_ROW,
    {"also", NULL, false, N_("though another chart here has the same pseudonym, or the patient withdrew at a clinic "
                             "that would read again"), "also"},
    {"text", "TEXT", false, N_("a word to the second person"), "text"}, END};
static const option_row check_options[] = {
    ID_ROW, AS_ROW, {"disagree", NULL, false, N_("it is not certain: back to the inbox"), "disagree"},
    {"also", NULL, false, N_("as for accept"), "also"},
    {"text", "TEXT", false, N_("why"), "text"}, END};
static const option_row reject_options[] = {
    ID_ROW, AS_ROW, {"reason", "REASON", true, N_("one of the common list in the rules"), "reason"},
    {"text", "TEXT", false, N_("in words, where the reason asks for it"), "text"}, END};
static const option_row ask_back_options[] = {
    ID_ROW, AS_ROW, {"question", "TEXT", true, N_("what the clinic is asked"), "text"}, END};
static const option_row scan_options[] = {
    {"full", NULL, false, N_("list every folder anew, not only what changed"), "full"},
    {"contents", NULL, false, N_("then open every document that is new or another, and tell which are damaged"),
     "contents"},
    END};
static const option_row chart_optional[] = {{"chart", "NUMBER", false, N_("only this patient"), "chart"}, END};
static const option_row consents_options[] = {
    {"chart", "NUMBER", false, N_("only this patient"), "chart"},
    {"id", "HEX", false, N_("only the consent whose id begins so, as a notice names it"), "id"}, END};
static const option_row notices_options[] = {
    {"as", "USER", false, N_("who asks, as in the people file: that user's facility"), "as"},
    {"facility", "CODE", false, N_("instead, for the node's own user: this facility (default: the node's), or secretariat"),
     "facility"},
    {"number", "N", false, N_("only this one"), "number"},
    {"all", NULL, false, N_("also those that were taken"), "all"},
    {"follow", NULL, false, N_("go on as they come"), NULL},
    {"take", "N", false, N_("this one is seen to"), NULL},
    {"take-all", NULL, false, N_("show what waits, then all of it is seen to"), NULL}, END};
static const option_row notices_test_options[] = {
    {"@NAME", "NAME", true, N_("a target of notify.yaml"), "name"}, END};
static const option_row chart_needed[] = {{"chart", "NUMBER", true, N_("the hospital's patient number"), "chart"}, END};
static const option_row candidates_options[] = {
    {"all", NULL, false, N_("also those that the rules do not show: they share little with the form"), "all"},
    IDENTITY_ROWS, END};
static const option_row confirm_options[] = {
    {"chart", "NUMBER", true, N_("the hospital's patient number that was confirmed"), "chart"},
    {"by", "WHO", true, N_("who confirms: a staff id, not a name"), "by"},
    {"to", "LIST", true, N_("to whom: facility:CODE, union:ID, federation; joined by commas"), "to"},
    {"categories", "LIST", false, N_("which categories (default: all eight)"), "categories"},
    {"from", "DATE", false, N_("from when the consent holds (default: today)"), "from"},
    {"until", "DATE", false, N_("until when (default: until withdrawn)"), "until"},
    {"emergency", NULL, false, N_("the consent includes emergencies"), "emergency"},
    {"proxy", "RELATION", false, N_("a proxy consented: the relation"), "proxy"},
    {"registered-on", "DATE", false, N_("the disclosure's registration day: windows count back from it"),
     "registered_on"},
    {"also", NULL, false, N_("though another chart here has the same pseudonym, or the patient withdrew at a clinic "
                             "that would read again"), "also"},
    {"sure", NULL, false, N_("it is the same person though form and chart agree in less than the rules ask for; it is "
                             "logged"), "sure"},
    IDENTITY_ROWS, END};
static const option_row withdraw_options[] = {
    {"chart", "NUMBER", true, N_("the hospital's patient number"), "chart"},
    {"by", "WHO", true, N_("who records it: a staff id, not a name"), "by"}, END};
static const option_row wait_options[] = {
    {"seq", "N", false, N_("up to this publication (default: all)"), "seq"},
    {"timeout-ms", "MS", false, N_("how long to wait"), "timeout_ms"}, END};
static const option_row register_options[] = {
    {"as", "USER", true, N_("who asks, as in the people file"), "as"},
    {"number", "NUMBER", true, N_("the facility's own patient number"), "number"},
    {"also", NULL, false, N_("though another own number has the same pseudonym"), "also"},
    IDENTITY_ROWS, END};
static const option_row lookup_options[] = {
    {"as", "USER", true, N_("who asks, as in the people file"), "as"},
    {"number", "NUMBER", true, N_("the facility's own patient number"), "number"},
    {"purpose", "PURPOSE", false, N_("treatment (default), coordination, emergency, patient-request"), "purpose"},
    {"categories", "LIST", false, N_("only these categories"), "categories"},
    {"reason", "REASON", false, N_("in an emergency: why, a word of the rules' list (without one, the list is told)"),
     "reason"},
    {"words", "TEXT", false, N_("in an emergency: a word to the hospital; it goes sealed"), "words"}, END};
static const option_row objection_options[] = {
    {"@CHART", "CHART", true, N_("the hospital's patient number"), "chart"},
    {"by", "WHO", true, N_("who records it: a staff id, not a name"), "by"},
    {"lift", NULL, false, N_("the patient takes it back"), "lift"}, END};
static const option_row reviews_options[] = {
    AS_ROW, {"overdue", NULL, false, N_("only those that are late"), "overdue"},
    {"all", NULL, false, N_("also those that are closed"), "all"}, END};
static const option_row review_options[] = {
    {"@ID", "ID", true, N_("the number of the opening, from `tsunagu reviews`"), "number"},
    {"by", "USER", true, N_("who reviews, as in the people file"), "by"},
    {"finding", "FINDING", false, N_("ok or not-justified: closes the review"), "finding"},
    {"words", "TEXT", false, N_("why"), "words"},
    {"consent", "ANSWER", false, N_("given or refused: what the patient said afterwards"), "consent"}, END};
static const option_row own_withdraw_options[] = {
    {"as", "USER", true, N_("who records it, as in the people file"), "as"},
    {"number", "NUMBER", true, N_("the facility's own patient number"), "number"}, END};
static const option_row own_withdrawals_options[] = {
    {"as", "USER", true, N_("who asks, as in the people file"), "as"}, END};
#define SHELF_WHO {"as", "USER", true, N_("who files it, as in the people file"), "as"}
#define SHELF_NUMBER {"@NUMBER", "NUMBER", true, N_("the facility's own patient number"), "number"}
#define SHELF_DOCUMENT {"@DOCUMENT", "DOCUMENT", true, N_("which one, from `shelf list`"), "document"}
#define SHELF_FILE {"@FILE", "FILE", true, N_("PDF, JPEG, PNG, text in UTF-8 or CDA, at most 64 MiB"), NULL}
#define SHELF_WORDS \
    {"category", "ID", true, N_("one of the council's categories: who may see it hangs on this"), "category"}, \
    {"title", "TEXT", true, N_("what it is, in one line"), "title"}, \
    {"day", "DATE", false, N_("its clinical day (default: today)"), "day"}
static const option_row shelf_add_options[] = {SHELF_NUMBER, SHELF_FILE, SHELF_WORDS, SHELF_WHO, END};
static const option_row shelf_replace_options[] = {SHELF_NUMBER, SHELF_DOCUMENT, SHELF_FILE, SHELF_WORDS, SHELF_WHO, END};
static const option_row shelf_retract_options[] = {SHELF_NUMBER, SHELF_DOCUMENT, SHELF_WHO, END};
static const option_row shelf_list_options[] = {SHELF_NUMBER,
    {"all", NULL, false, N_("also replaced versions and what was taken back"), "all"}, SHELF_WHO, END};
static const option_row shelf_objection_options[] = {SHELF_NUMBER, SHELF_WHO,
    {"lift", NULL, false, N_("the patient takes it back"), "lift"}, END};
static const option_row shelf_withdraw_options[] = {SHELF_NUMBER, SHELF_WHO, END};
static const option_row shelf_consent_options[] = {SHELF_NUMBER, SHELF_WHO,
    {"to", "LIST", true, N_("facility:CODE, union:ID or federation, joined by commas"), "to"},
    {"categories", "LIST", false, N_("category ids (default: all)"), "categories"},
    {"from", "DATE", false, N_("the consent begins (default: today)"), "from"},
    {"until", "DATE", false, N_("it ends, that day included (default: forever)"), "until"},
    {"emergency", NULL, false, N_("may be opened in an emergency"), "emergency"},
    {"proxy", "RELATION", false, N_("who consented for the patient"), "proxy"},
    {"also", NULL, false, N_("though the patient withdrew somewhere since the present consent"), "also"}, END};
static const option_row ticket_options[] = {
    {"as", "USER", true, N_("whose ticket"), "as"},
    {"ticket", "HANDLE", true, N_("from a look-up"), "ticket"}, END};
static const option_row open_options[] = {
    {"as", "USER", true, N_("who reads, as in the people file"), "as"},
    {"ticket", "HANDLE", true, N_("from a look-up"), "ticket"},
    {"document", "ID", true, N_("from a manifest"), "document"},
    {"out", "FILE", false, N_("write the bytes there instead of showing them"), NULL},
    {"raw", NULL, false, N_("show the bytes as they are"), NULL}, END};
static const option_row log_options[] = {
    {"from", "N", false, N_("from this entry on"), "from"},
    {"limit", "N", false, N_("at most so many (default: all)"), NULL},
    {"event", "NAME", false, N_("only such events"), NULL},
    {"follow", NULL, false, N_("go on as entries come"), NULL}, END};
static const option_row log_verify_options[] = {
    {"seq", "N", false, N_("an entry that a witness remembers"), "seq"},
    {"hash", "HEX", false, N_("its hash there"), "hash"}, END};
static const option_row log_export_options[] = {
    {"out", "FILE", false, N_("write there (default: standard output)"), NULL},
    {"from", "N", false, N_("from this entry on"), NULL}, END};
static const option_row log_check_options[] = {
    {"@FILE", "FILE", true, N_("what `log export` wrote"), NULL},
    {"seq", "N", false, N_("an entry that a witness remembers"), NULL},
    {"hash", "HEX", false, N_("its hash there"), NULL}, END};
static const option_row ca_new_options[] = {
    {"@DIR", "DIR", true, N_("folder for ca.pem, ca.key and crl.pem"), NULL},
    {"name", "NAME", false, N_("the authority's name"), NULL},
    {"days", "N", false, N_("how long it holds (default 3650)"), NULL}, END};
static const option_row ca_issue_options[] = {
    {"@DIR", "DIR", true, N_("the authority's folder"), NULL},
    {"name", "HOST", true, N_("the host name it is for"), NULL},
    {"cert", "FILE", true, N_("write the certificate there"), NULL},
    {"key", "FILE", true, N_("write the private key there (mode 0600)"), NULL},
    {"server", NULL, false, N_("for the hub (default: for a node)"), NULL},
    {"days", "N", false, N_("how long it holds (default 825; negative: already expired, for tests)"), NULL}, END};
static const option_row ca_revoke_options[] = {
    {"@DIR", "DIR", true, N_("the authority's folder"), NULL},
    {"@CERT", "CERT", true, N_("the certificate to revoke"), NULL}, END};
static const option_row keygen_node_options[] = {
    {"@DIR", "DIR", true, N_("folder for sign.key, seal.key and secret.hex"), NULL},
    {"node", "NAME", true, N_("the node's name"), NULL},
    {"union", "ID", true, N_("its union"), NULL},
    {"host", "HOST", true, N_("the host name in its certificate"), NULL},
    {"cert", "FILE", true, N_("its TLS certificate: the key in it is listed"), NULL},
    {"discloses", "CODE", false, N_("the 10-digit code of the hospital it discloses for"), NULL},
    {"list", "FILE", true, N_("write the entry for the membership list there"), NULL}, END};
static const option_row keygen_hub_options[] = {
    {"@DIR", "DIR", true, N_("folder for sign.key"), NULL},
    {"cert", "FILE", true, N_("the hub's TLS certificate"), NULL},
    {"list", "FILE", true, N_("write hub-keys.yaml there"), NULL}, END};
static const option_row keygen_federation_options[] = {
    {"@FILE", "FILE", true, N_("write the key that nodes share there (the hub must never have it)"), NULL}, END};
static const option_row policy_dir[] = {{"@DIR", "DIR", true, N_("folder of the rules (YAML)"), NULL}, END};
static const option_row policy_schema_options[] = {
    {"@DIR", "DIR", true, N_("folder of the rules (YAML): its words are what editors will offer"), NULL},
    {"file", "NAME", false, N_("only for council, rules, union, agreement, ... (default: all)"), NULL}, END};
static const option_row policy_compile_options[] = {
    {"@DIR", "DIR", true, N_("folder of the rules (YAML)"), NULL},
    {"previous", "OLD", false, N_("the bundle of the version before: named in the new one, and checked"), NULL},
    {"out", "FILE", true, N_("write the bundle there"), NULL}, END};
#define PASSPHRASE_ROW                                                                                            \
    {"passphrase-fd", "N", false, N_("read the passphrase from this open file (default: ask at the terminal)"), NULL}
static const option_row policy_keygen_options[] = {
    {"@SEAT", "SEAT", true, N_("the seat's short name in council.yaml, or the union's with --secretariat"), NULL},
    {"secretariat", NULL, false, N_("the key of a union's secretariat, for its membership lists"), NULL},
    {"out", "FILE", true, N_("write the key there (mode 0600)"), NULL}, PASSPHRASE_ROW, END};
static const option_row policy_sign_options[] = {
    {"@NEW", "NEW", true, N_("the bundle to sign"), NULL},
    {"old", "OLD", true, N_("the bundle of the version before"), NULL},
    {"seat", "ID", true, N_("the seat you sign for"), NULL},
    {"key", "FILE", true, N_("the seat's key"), NULL},
    {"out", "FILE", true, N_("write the signature there"), NULL},
    {"yes", "HASH", false, N_("the hash you agreed on with the others, instead of typing it"), NULL}, PASSPHRASE_ROW,
    END};
static const option_row policy_publish_options[] = {
    {"@BUNDLE", "BUNDLE", true, N_("the bundle of the new version"), NULL},
    {"@RECORD", "RECORD", false, N_("the record of its ratification, from `tsunagu policy ratify --out`"), NULL}, END};
static const option_row policy_list_options[] = {
    {"from", "N", false, N_("from this version on"), "from"}, END};
static const option_row policy_ratify_options[] = {
    {"@NEW", "NEW", true, N_("the bundle to ratify"), NULL},
    {"@SIGNATURE...", "FILE", true, N_("signatures from `tsunagu policy sign`"), NULL},
    {"old", "OLD", true, N_("the bundle of the version before"), NULL},
    {"out", "FILE", false, N_("write the record there, if they are enough"), NULL}, END};
static const option_row policy_verify_options[] = {
    {"@FILE...", "FILE", true, N_("bundles and records, in any order"), NULL},
    {"first", "HASH", true, N_("the pinned hash of the first version"), NULL}, END};
static const option_row policy_history_options[] = {
    {"@FILE...", "FILE", true, N_("bundles and records, in any order"), NULL},
    {"first", "HASH", false, N_("the pinned hash of the first version"), NULL}, END};
static const option_row members_show_options[] = {
    {"@LIST", "LIST", true, N_("a membership list"), NULL},
    {"yaml", NULL, false, N_("as YAML"), NULL}, END};
static const option_row members_draft_options[] = {
    {"@FILE", "FILE", true, N_("a bundle, or the signed list that the new one follows"), NULL},
    {"union", "ID", false, N_("whose list (with a bundle)"), NULL},
    {"out", "LIST", true, N_("write the draft there"), NULL}, END};
static const option_row members_add_options[] = {
    {"@LIST", "LIST", true, N_("a draft"), NULL},
    {"code", "CODE", true, N_("the facility's 10-digit code; one that is there is changed"), NULL},
    {"name", "NAME", false, N_("its name"), NULL},
    {"ward", "WARD", false, N_("its ward"), NULL},
    {"kind", "KIND", false, N_("its kind: clinic, hospital, ... as in kinds.yaml"), NULL},
    {"discloses", NULL, false, N_("it opens its records (default: it only reads)"), NULL},
    {"also", "LIST", false, N_("unions that may register it too, joined by commas; - for none"), NULL}, END};
static const option_row members_remove_options[] = {
    {"@LIST", "LIST", true, N_("a draft"), NULL},
    {"code", "CODE", true, N_("the facility's 10-digit code"), NULL}, END};
static const option_row members_node_options[] = {
    {"@LIST", "LIST", true, N_("a draft"), NULL},
    {"file", "FILE", false, N_("what `tsunagu keygen node` wrote: put this node in, or in the place of the old"), NULL},
    {"remove", "NAME", false, N_("take this node out"), NULL}, END};
static const option_row members_sign_options[] = {
    {"@LIST", "LIST", true, N_("a draft; it becomes the signed list"), NULL},
    {"@HELD...", "HELD", false, N_("the lists that hold now: the one before, and other unions'"), NULL},
    {"bundle", "BUNDLE", true, N_("the rules in force"), NULL},
    {"key", "FILE", true, N_("the secretariat's key"), NULL}, PASSPHRASE_ROW, END};
static const option_row members_check_options[] = {
    {"@LIST...", "LIST", true, N_("lists, of any unions, in any order"), NULL},
    {"bundle", "BUNDLE", true, N_("the rules in force"), NULL},
    {"out", "FILE", false, N_("write the rules with these lists there, as a bundle"), NULL}, END};
static const option_row members_publish_options[] = {
    {"@LIST", "LIST", true, N_("a signed list"), NULL}, END};
static const option_row members_history_options[] = {
    {"@LIST...", "LIST", true, N_("lists, of any unions, in any order"), NULL}, END};
#define FILER_ROW {"as", "USER", false, N_("who files it, as in the people file (default: whoever runs the node)"), "as"}
static const option_row join_options[] = {
    {"form", "FILE", true, N_("the filled application (form \"application\")"), NULL},
    {"pledge", "FILE", true, N_("the filled pledge (form \"pledge\")"), NULL},
    {"union", "ID", false, N_("the union, to be sure: the form must say the same"), "union"}, FILER_ROW, END};
static const option_row leave_options[] = {
    {"form", "FILE", true, N_("the filled notice of leaving (form \"leaving\")"), NULL}, FILER_ROW, END};
static const option_row applications_options[] = {
    {"all", NULL, false, N_("also those that are over"), "all"}, END};
#define APPLICATION_ROW {"@NUMBER", "NUMBER", true, N_("its number in `tsunagu applications`"), "number"}
static const option_row application_options[] = {APPLICATION_ROW, END};
static const option_row application_decide_options[] = {
    APPLICATION_ROW,
    {"approve", NULL, false, N_("it is in order: into the draft of the union's next list"), NULL},
    {"refuse", NULL, false, N_("it is not"), NULL},
    {"by", "WHO", true, N_("who decides: a staff id, not a name"), "by"},
    {"reason", "REASON", false, N_("for a refusal: one of the rules' list that is explained in words"), "reason"},
    {"text", "TEXT", false, N_("why, in words"), "text"},
    {"ward", "WARD", false, N_("the ward, as the membership list shall say it"), "ward"},
    {"out", "LIST", false, N_("write the draft there (default: UNION-SERIAL.list)"), NULL}, END};
static const option_row application_draft_options[] = {
    {"out", "LIST", false, N_("write the draft there (default: UNION-SERIAL.list)"), NULL}, END};
static const option_row policy_show_options[] = {
    {"@FILE", "FILE", true, N_("a bundle"), NULL},
    {"yaml", "DIR", false, N_("write it back as a folder of rules, which must be empty or not there yet"), NULL}, END};
#define RULES_ROW                                                                                                 \
    {"rules", "PATH", false, N_("the rules: a bundle, or their folder (default: TSUNAGU_RULES)"), NULL}
static const option_row form_list_options[] = {RULES_ROW, END};
static const option_row form_show_options[] = {
    {"@FORM", "FORM", true, N_("which: consent, CONS, 参加同意書"), NULL}, RULES_ROW,
    {"file", "FILE", false, N_("filled in as this file says (default: blank)"), NULL},
    {"labels", "LANG", false, N_("ja, en or both (default: as --lang)"), NULL},
    {"number", "NUMBER", false, N_("print again under this number (default: the file's, or a new one)"), NULL},
    {"out", "FILE", false, N_("write there (default: standard output)"), NULL}, END};
static const option_row form_new_options[] = {
    {"@FORM", "FORM", true, N_("which: consent, CONS, 参加同意書"), NULL}, RULES_ROW,
    {"number", "NUMBER", false, N_("the number of the paper that was signed (default: a new one)"), NULL},
    {"out", "FILE", false, N_("write there (default: standard output)"), NULL}, END};
static const option_row form_check_options[] = {
    {"@FILE", "FILE", true, N_("the filled form (YAML)"), NULL}, RULES_ROW,
    {"by", "LIST", false, N_("whose parts are complete: patient,proxy,clinic,... (default: everybody's)"), NULL},
    {"date", "DATE", false, N_("the day it is handed in (default: today)"), NULL}, END};
static const option_row policy_explain_options[] = {
    {"@DIR", "DIR", true, N_("folder of the rules (YAML)"), NULL},
    {"viewer", "FACILITY", true, N_("who wants to see: a facility's name or 10-digit code"), NULL},
    {"role", "ROLE", true, N_("in which role: nurse, 看護師"), NULL},
    {"source", "FACILITY", true, N_("whose records: the disclosing facility's name or code"), NULL},
    {"category", "CATEGORY", true, N_("which of them: reports, 検査レポート"), NULL},
    {"purpose", "PURPOSE", false, N_("what for (default: treatment)"), NULL},
    {"date", "DATE", false, N_("on which day (default: today)"), NULL},
    {"registered-on", "DATE", false, N_("the disclosure's registration day (default: that day)"), NULL},
    {"through", "UNION", false, N_("asked through this union (default: whichever allows most)"), NULL},
    {"consent", "LIST", false, N_("the categories the patient consents to, or \"no\" (default: all)"), NULL},
    {"consent-from", "DATE", false, N_("from when the consent holds"), NULL},
    {"consent-until", "DATE", false, N_("until when the consent holds"), NULL}, END};
static const option_row policy_diff_options[] = {
    {"@OLD", "OLD", true, N_("a folder of rules or a bundle: before"), NULL},
    {"@NEW", "NEW", true, N_("a folder of rules or a bundle: after"), NULL}, END};
static const option_row policy_matrix_options[] = {
    {"@RULES", "RULES", true, N_("a folder of rules or a bundle"), NULL},
    {"format", "FORMAT", false, N_("text (default), csv, or html: one page A4 to print"), NULL},
    {"date", "DATE", false, N_("agreements as on this day (default: today)"), NULL},
    {"out", "FILE", false, N_("write there (default: standard output)"), NULL}, END};
static const option_row policy_impact_options[] = {
    {"@OLD", "OLD", true, N_("a folder of rules or a bundle: before"), NULL},
    {"@NEW", "NEW", true, N_("a folder of rules or a bundle: after"), NULL},
    {"log", "FILE", true, N_("what `log export` wrote at the hub"), NULL}, END};
static const option_row synth_options_rows[] = {
    {"@DIR", "DIR", false, N_("write the storage there (DIR/standard, DIR/extended); not needed with --report"), NULL},
    {"seed", "N", false, N_("the same seed gives the same bytes (default 1)"), NULL},
    {"patients", "N", false, N_("how many (default 60; with --report 20000)"), NULL},
    {"hospital", "N", false, N_("which of the seven hospitals, 0 to 6: other charts, the same people"), NULL},
    {"shared", "N", false, N_("how many people are known at several hospitals (default 30; with --dirt as many as --patients)"), NULL},
    {"facility", "CODE", false, N_("the hospital's 10-digit code"), NULL},
    {"facility-name", "NAME", false, N_("its name"), NULL},
    {"until", "DATE", false, N_("the last clinical day (default: today)"), NULL},
    {"extended", NULL, false, N_("also reports, referral letters and nursing summaries"), NULL},
    {"files", "N", false, N_("about so many files"), NULL},
    {"large", "BYTES", false, N_("one document of this size in the extended storage"), NULL},
    {"dirt", NULL, false, N_("who is known elsewhere too is written with a mistake; DIR/people.json tells the truth"), NULL},
    {"kind", "KIND", false, N_("with --dirt: only this kind: small_kana, married, birth_swapped, ..."), NULL},
    {"report", NULL, false, N_("with --dirt: print the table of `match report`, recall and precision by kind"), NULL},
    {"forms", "N", false, N_("with --report: how many forms of each kind of dirt (default 500)"), NULL},
    {"damage", "PERCENT", false, N_("so many files in a hundred are damaged on purpose: cut off, another's number, ..."), NULL},
    {"people", "FILE", false, N_("further people who must be known here (from `tsunagu person`)"), NULL}, END};
static const option_row person_options[] = {
    {"seed", "N", false, N_("of the population (default 1)"), NULL},
    {"index", "N", false, N_("which of the people"), NULL},
    {"shared", "N", false, N_("list so many with the hospitals that know them"), NULL}, END};
static const option_row match_report_options[] = {
    {"people", "N", false, N_("how many people the hospital knows (default 20000)"), NULL},
    {"forms", "N", false, N_("how many forms of each kind of dirt (default 500)"), NULL},
    {"seed", "N", false, N_("of the population (default 1)"), NULL},
    {"dirt", "KIND", false, N_("only this kind: small_kana, married, birth_swapped, ..."), NULL},
    {"out", "FILE", false, N_("write the forms there, each with the person it is of (JSON a line)"), NULL}, END};
static const option_row render_options[] = {
    {"@FILE...", "FILE", true, N_("an SS-MIX2 file (HL7 v2.5, ISO-2022-JP)"), NULL},
    {"type", "TYPE", false, N_("OMP-01, OML-11, ... (default: from the file's name)"), NULL}, END};

#define HEADING(text) {text, NULL, NULL, NULL, NULL, NULL, NULL}

const command_row command_table[] = {
    HEADING(N_("Any daemon")),
    {"status", N_("what the daemon is doing"), NULL, none, "status", NULL, NULL},
    {"log list", N_("the access log, in words"), NULL, log_options, "log.list", NULL, log_list_run},
    {"log verify", N_("prove that nothing in the log was changed, cut or reordered"),
     N_("With --seq and --hash, also that the log still holds what a witness (`tsunagu log head` at a node)\n"
        "has seen of it: that shows a log which was cut at its end or rewritten as a whole."),
     log_verify_options, "log.verify", NULL, NULL},
    {"log head", N_("the log's last entry and its hash; at a node also the hub's, as its witness"), NULL, none,
     "log.head", NULL, NULL},
    {"log export", N_("every entry with its hash and bytes, a JSON object a line"), NULL, log_export_options,
     "log.raw", NULL, log_export_run},
    {"log check", N_("verify an exported log without its daemon"), NULL, log_check_options, NULL, NULL, log_check_run},

    HEADING(N_("At the hub")),
    {"nodes", N_("the nodes of the membership list, and who is connected"), NULL, none, "nodes",
     "node: name union state since address publish_seq rules", NULL},

    HEADING(N_("At a disclosing hospital's node")),
    {"scan", N_("read the storages anew"),
     N_("Shows progress, files a second, and what was skipped and why. Only what changed is listed, unless --full."),
     scan_options, "scan", "dirty: why path", scan_run},
    {"charts", N_("patients in the storages"), NULL, chart_optional, "charts",
     "chart: chart consented oldest newest types", NULL},
    {"documents", N_("a patient's documents in the storages, whatever the windows"), NULL, chart_needed, "documents",
     "document: day category type title department bytes document", NULL},
    {"identity", N_("a patient as ADT-00 has it"), NULL, chart_needed, "identity", NULL, NULL},
    {"candidates", N_("who of our patients may be the one on the request form"),
     N_("Compares kana, birth, sex, postal code, telephone and insurance, and says for each whether it agrees,\n"
        "and what differs and how: small kana, an old character, another postal area, a twin on the same card.\n"
        "Nothing is disclosed by this: a person decides and runs `tsunagu confirm`."),
     candidates_options, "candidates",
     "candidate: chart name kana birth sex postal strength kana_family kana_given kanji birth_date insurance twin consented "
     "remarks",
     NULL},
    {"confirm", N_("confirm a candidate, record the consent, and disclose"),
     N_("The consent's scope travels to the hub as a card; the form itself stays here. Run it again to change\n"
        "the scope: the revision rises. Give the identity fields of the request where they differ from ADT-00."),
     confirm_options, "confirm", NULL, NULL},
    {"consents", N_("recorded consents"), NULL, consents_options, "consents",
     "consent: chart revision state to categories from until registered_on withdrawn stopped", NULL},
    {"withdraw", N_("the patient withdraws: nobody reads anything more"), NULL, withdraw_options, "withdraw", NULL, NULL},
    {"inbox", N_("registration requests that wait: the most urgent first, then as they arrived"), NULL, inbox_options,
     "inbox", "request: id state urgency at other_name number due overdue said", NULL},
    {"inbox show", N_("one request: the form, its history, and who of our patients it may mean"),
     N_("Each candidate stands beside the form field by field: what agrees, and what differs and how."),
     inbox_one_options, "inbox.show",
     "form: kana_family kana_given kanji_family kanji_given birth sex postal telephone consent_to categories "
     "until emergency proxy | "
     "paper: form_name version number | filled: asks shown | "
     "step: time event by state who text | "
     "candidate: chart name kana birth sex postal strength kana_family kana_given kanji birth_date insurance twin consented "
     "remarks",
     NULL},
    {"accept", N_("it is this patient: record the consent, and disclose"),
     N_("A person decides. Where the rules want a second person, it waits until `tsunagu check` says so too."),
     accept_options, "accept", NULL, NULL},
    {"check", N_("the second person agrees: record the consent, and disclose"), NULL, check_options, "check", NULL, NULL},
    {"reject", N_("refuse a request, with a reason"), NULL, reject_options, "reject",
     "reason: reason reason_words", NULL},
    {"ask-back", N_("ask the clinic before deciding"), NULL, ask_back_options, "ask-back", NULL, NULL},
    {"objection", N_("the patient objects: nothing of this chart leaves, whatever was agreed"),
     N_("In an emergency it is opened only where the rules open even a patient who objected."), objection_options,
     "objection", "objection: chart state at by", NULL},
    {"reviews", N_("records opened in emergencies that wait for their review, or for the patient's consent"),
     N_("Shown to who has the duty to review, and to who opened them. At the patient's own clinic, those that it was\n"
        "told of stand under --all."), reviews_options, "reviews",
     "opening: number side at patient facility_name source_name role_name reason_words agreed review due consent consent_due "
     "words",
     NULL},
    {"review", N_("close the review of an opening, or note what the patient said afterwards"), NULL, review_options,
     "review", "opening: number side at patient reason_words review by consent", NULL},
    {"change accept", N_("what a patient's change widens is disclosed"),
     N_("What it narrows holds since it arrived; only what it widens waits for a person."), change_accept_options,
     "change.accept", NULL, NULL},
    {"change keep", N_("what a patient's change widens is not disclosed"), NULL, change_keep_options, "change.keep", NULL,
     NULL},
    {"publish wait", N_("wait until the hub has every card"), NULL, wait_options, "publish.wait", NULL, NULL},
    {"publish again", N_("send every card again"), NULL, none, "resync", NULL, NULL},

    HEADING(N_("At a clinic's node")),
    {"users", N_("who may ask through this node"), NULL, none, "users", "user: user facility facility_name role_name", NULL},
    {"register", N_("link the clinic's own patient number"), NULL, register_options, "register", NULL, NULL},
    {"request", N_("ask hospitals to register a patient who consented"),
     N_("The form goes sealed to the hospital; the hub sees which facility writes to which, and no more. With\n"
        "--ask-all only the patient's pseudonym is shown first, and the form goes to those who may hold records.\n"
        "Whether a hospital answers truly nobody can check: with --ask-first the form waits for `request send`."),
     request_options, "request", "request: id state number other_name urgency at", NULL},
    {"requests", N_("the clinic's requests and how they stand"), NULL, requests_options, "requests",
     "request: id state number other_name at since due overdue said reason_words | step: time event by state who text", NULL},
    {"request cancel", N_("the request is not wanted any more"), NULL, request_word_options, "request.cancel", NULL, NULL},
    {"request reply", N_("answer a hospital that asked back"),
     N_("With --form a corrected registration request, of the same patient number, takes the place of the first one."),
     request_reply_options, "request.reply", NULL, NULL},
    {"request send", N_("send the form to hospitals that answered that they may hold records"),
     N_("After a request with --ask-first: `requests` shows who answered. All of them get it, or none."),
     request_send_options, "request.send", "request: id state number other_name urgency at", NULL},
    {"request change", N_("the patient changes what was agreed to"),
     N_("What becomes narrower holds as soon as the hospital has it, without a person; what becomes wider waits there\n"
        "for one. What is not said stays as it was."),
     request_change_options, "request.change", NULL, NULL},
    {"join", N_("apply to join a union: the forms go to its secretariat"),
     N_("Any node will do, of that union or of one that has an agreement with it. The answer comes back here."), join_options,
     NULL, "application: number state union facility name node at", join_run},
    {"leave", N_("say that a facility leaves its union"), NULL, leave_options, NULL,
     "application: number state union facility name node at", leave_run},
    {"letters", N_("what other nodes do not have yet, and why"), NULL, none, "letters",
     "letter: kind from to node at why next", NULL},
    {"lookup", N_("which hospitals disclose this patient, and what"), NULL, lookup_options, "lookup",
     "facility: facility name status granted ticket until | category: facility label from periods why | "
     "reason: reason reason_words", NULL},
    {"timeline", N_("all that may be seen of the patient, by day"), NULL, lookup_options, "timeline",
     "facility: facility name status ticket | category: facility label from periods why | "
     "patient: facility name kana birth sex postal | "
     "document: day label title department facility bytes document | withheld: facility older | "
     "reason: reason reason_words", NULL},
    {"manifest", N_("the documents behind one ticket"), NULL, ticket_options, "manifest",
     "document: day label type title department bytes document", NULL},
    {"open", N_("fetch a document, unseal it, show it"), NULL, open_options, "open", NULL, open_run},
    {"ticket", N_("what a ticket says"), NULL, ticket_options, "ticket", NULL, NULL},
    {"own-withdraw", N_("the patient withdraws at the clinic"),
     N_("It is kept and holds at the clinic at once, also while the hub is away. From its acknowledgement on (state\n"
        "effective) the hub answers nothing for this patient to this clinic, and every hospital that discloses is told\n"
        "as soon as it is reached."),
     own_withdraw_options, "own.withdraw", "stop: state seq at", NULL},
    {"own-withdrawals", N_("withdrawals made at the clinic that the hub has not confirmed yet"), NULL,
     own_withdrawals_options, "own.withdrawals", "withdrawal: number at by why", NULL},

    HEADING(N_("Notices")),
    {"notices", N_("what has happened that your facility should see to"),
     N_("A notice holds no patient's data: a number that counts within the facility, and where to look. It is kept\n"
        "until somebody takes it."),
     notices_options, "notices", "notice: number at what look taken", notices_run},
    {"notices targets", N_("where notices are sent to, and what does not arrive"), NULL, none, "notices.targets",
     "target: name kind facility upto fails since next why", NULL},
    {"notices test", N_("send a trial to a target of notify.yaml"), NULL, notices_test_options, "notices.test", NULL, NULL},

    HEADING(N_("At a clinic that contributes")),
    {"shelf add", N_("file a note or document for a registered patient"),
     N_("What the file is, its own bytes say, not its name. It is disclosed as hospitals' documents are: by the\n"
        "patient's consent (`tsunagu shelf consent`), the category, the window and the agreements."),
     shelf_add_options, "shelf.add", "document: day category title media bytes revision document", shelf_put_run},
    {"shelf replace", N_("file a new version: the old one is disclosed no more, and kept"), NULL, shelf_replace_options,
     "shelf.replace", "document: day category title media bytes revision document", shelf_put_run},
    {"shelf retract", N_("take a document back: nobody reads it any more"), NULL, shelf_retract_options, "shelf.retract",
     "document: day category title state revision document", NULL},
    {"shelf list", N_("what is filed for a patient"), NULL, shelf_list_options, "shelf.list",
     "document: day category title media bytes revision state by document | shelf: documents used quota", NULL},
    {"shelf consent", N_("record or change what the patient agreed to for these documents"), NULL, shelf_consent_options,
     "shelf.consent", NULL, NULL},
    {"shelf withdraw", N_("the patient withdraws it: nobody reads these documents any more"), NULL,
     shelf_withdraw_options, "shelf.withdraw", NULL, NULL},
    {"shelf objection", N_("the patient objects: nobody reads these documents, whatever is agreed until it is lifted"),
     NULL, shelf_objection_options, "shelf.objection", "objection: chart state at by", NULL},

    HEADING(N_("Setting up")),
    {"ca new", N_("make a certificate authority"), NULL, ca_new_options, NULL, NULL, ca_new_run},
    {"ca issue", N_("issue a certificate"), NULL, ca_issue_options, NULL, NULL, ca_issue_run},
    {"ca revoke", N_("revoke a certificate"), NULL, ca_revoke_options, NULL, NULL, ca_revoke_run},
    {"keygen node", N_("make a node's keys and its entry for the membership list"), NULL, keygen_node_options, NULL,
     NULL, keygen_node_run},
    {"keygen hub", N_("make the hub's signing key and hub-keys.yaml"), NULL, keygen_hub_options, NULL, NULL,
     keygen_hub_run},
    {"keygen federation", N_("make the key that nodes turn identities into pseudonyms with"), NULL,
     keygen_federation_options, NULL, NULL, keygen_federation_run},

    HEADING(N_("Rules")),
    {"policy check", N_("find every mistake in the rules"), NULL, policy_dir, NULL, NULL, policy_check_run},
    {"policy test", N_("ask the rules the questions of tests/*.yaml"),
     N_("A failure says what was expected, what came, and which line decided. Rules that no test exercises\n"
        "are listed."),
     policy_dir, NULL, NULL, policy_test_run},
    {"policy schema", N_("a JSON Schema of the rules' files, for editors that complete YAML"), NULL,
     policy_schema_options, NULL, NULL, policy_schema_run},
    {"policy compile", N_("from YAML to the bundle that hub and nodes load"), NULL, policy_compile_options, NULL,
     NULL, policy_compile_run},
    {"policy show", N_("what a bundle says"),
     N_("What --yaml writes compiles to the same bytes, or nothing is written. Comments, notes and tests are no\n"
        "part of a bundle, nor are denials: the rules stand as the permissions they come to."),
     policy_show_options, NULL, NULL, policy_show_run},
    {"policy explain", N_("may they see it? the answer, and the line that decides in each layer"),
     N_("Names may be short names, labels in Japanese or English, or a part that fits one thing only.\n"
        "For a refusal it says what would have to change."),
     policy_explain_options, NULL, NULL, policy_explain_run},
    {"policy diff", N_("what a change of the rules does: rights gained and lost"),
     N_("Not lines but rights, complete: what it does not tell did not change. Who joined or left a union is\n"
        "told apart. \"a → b\": b may see of a; \"a ↔ b\": both of each other."),
     policy_diff_options, NULL, NULL, policy_diff_run},
    {"policy impact", N_("what a change would have meant for recorded look-ups"),
     N_("Each recorded look-up is decided under both rules. What was granted then tells the consent; what the\n"
        "log cannot know is told with the result."),
     policy_impact_options, NULL, NULL, policy_impact_run},
    {"policy matrix", N_("who sees what from whom, as a table"), NULL, policy_matrix_options, NULL, NULL,
     policy_matrix_run},

    HEADING(N_("Ratifying a change of the rules")),
    {"policy keygen", N_("make the key of a seat in the council, or of a secretariat"), NULL, policy_keygen_options, NULL, NULL,
     policy_keygen_run},
    {"policy sign", N_("read what would change, and sign for a seat"),
     N_("On your own machine, without any network. Shows the change in words, then asks for the hash that you\n"
        "have compared with the other councillors, then for the passphrase of the key."),
     policy_sign_options, NULL, NULL, policy_sign_run},
    {"policy ratify", N_("gather signatures: who has signed, who is missing, whether they are enough"),
     N_("Three quarters of all seats of the version before are needed, not of those who answered."),
     policy_ratify_options, NULL, NULL, policy_ratify_run},
    {"policy verify", N_("prove every version from the pinned first one"), NULL, policy_verify_options, NULL, NULL,
     policy_verify_run},
    {"policy history", N_("all versions: hash, days, who signed"), NULL, policy_history_options, NULL, NULL,
     policy_history_run},
    {"policy publish", N_("hand a ratified version to the hub"),
     N_("The hub verifies every signature, keeps the version, puts it in force on its day and hands it to the\n"
        "nodes, which verify it again. What it refuses changes nothing, is told with the reason, and is an entry\n"
        "of the access log. The same bytes again are no mistake."),
     policy_publish_options, NULL, NULL, policy_publish_run},
    {"policy list", N_("the versions that the hub holds, and which is in force"), NULL, policy_list_options,
     "rules.list", "version: version state from until signatures hash", NULL},

    HEADING(N_("A union's members")),
    {"applications", N_("who wants to join or leave, as filed here or come to the secretariat"), NULL, applications_options,
     "applications", "application: number kind side state union facility name at by reason_words text", NULL},
    {"applications show", N_("one of them: every field of its forms"), NULL, application_options, "applications.show",
     "application: number kind side state union facility name node at staff by reason_words text | field: form_name field_label shown", NULL},
    {"applications decide", N_("approve or refuse it, as the secretariat"),
     N_("The applicant is told. Approved, a draft of the union's next list is written with everything that was decided\n"
        "and does not yet hold; the command to sign it is printed. It holds once it is signed and published."),
     application_decide_options, NULL, "application: number kind state union facility name by reason_words | reason: reason reason_words",
     applications_decide_run},
    {"applications draft", N_("write that draft again"), NULL, application_draft_options, NULL, NULL, applications_draft_run},
    {"members draft", N_("begin the next membership list of a union"), NULL, members_draft_options, NULL, NULL,
     members_draft_run},
    {"members add", N_("put a facility into a draft, or change it"), NULL, members_add_options, NULL, NULL,
     members_add_run},
    {"members remove", N_("take a facility out of a draft"), NULL, members_remove_options, NULL, NULL,
     members_remove_run},
    {"members node", N_("put a node into a draft, or take it out"), NULL, members_node_options, NULL, NULL,
     members_node_run},
    {"members sign", N_("sign a draft as the union's secretariat"),
     N_("On your own machine, without any network. Shows what changes, and signs nothing that would be refused."),
     members_sign_options, NULL, NULL, members_sign_run},
    {"members show", N_("what a membership list holds"), NULL, members_show_options, NULL, NULL, members_show_run},
    {"members check", N_("judge membership lists as hub and nodes will"), NULL, members_check_options, NULL, NULL,
     members_check_run},
    {"members publish", N_("hand a signed list to the hub"), NULL, members_publish_options, NULL, NULL,
     members_publish_run},
    {"members list", N_("the lists that the hub holds"), NULL, none, "members.list",
     "list: union serial on facilities nodes why hash", NULL},
    {"members history", N_("lists one after the other: who came, who left"), NULL, members_history_options, NULL, NULL,
     members_history_run},

    HEADING(N_("Common forms")),
    {"form list", N_("the common forms of the rules"), NULL, form_list_options, NULL, NULL, form_list_run},
    {"form show", N_("a form as one A4 page to print, blank or filled"),
     N_("HTML for any browser: open it and print. Its QR code carries the form, its version and the number of\n"
        "this sheet, and nothing about the patient: by the number a signed paper is found again."),
     form_show_options, NULL, NULL, form_show_run},
    {"form new", N_("a blank form as a file to fill in"), NULL, form_new_options, NULL, NULL, form_new_run},
    {"form check", N_("find every mistake in a filled form"),
     N_("A check digit that does not fit is a warning only: real codes fail it."), form_check_options, NULL, NULL,
     form_check_run},

    HEADING(N_("Trying it out")),
    {"synth", N_("write a synthetic SS-MIX2 storage"),
     N_("Two hospitals that know the same people, the second with mistakes in who they are:\n"
        "  tsunagu synth a --hospital 0 --dirt\n"
        "  tsunagu synth b --hospital 1 --dirt\n"
        "A person is written cleanly at the first of their hospitals and with one kind of dirt at each other; the\n"
        "number `person` in a/people.json and b/people.json tells who is the same. How many of them are found:\n"
        "  tsunagu synth --dirt --report\n"
        "--damage is about files, not people: what a scan must survive."),
     synth_options_rows, NULL, NULL, synth_run},
    {"person", N_("a synthetic person, as a clinic would know them"), NULL, person_options, NULL, NULL, person_run},
    {"match report", N_("how many patients a form with a mistake still finds, and how many others"),
     N_("Synthetic forms with one kind of dirt each are asked of the index and the comparison that `candidates`\n"
        "uses. Recall: of all forms, how many show the right patient at this strength or a stronger.\n"
        "Precision: of all patients shown so, how many are the right one."),
     match_report_options, NULL, NULL, match_report_run},
    {"render", N_("make an SS-MIX2 file readable"), NULL, render_options, NULL, NULL, render_run},
};
const size_t command_count = sizeof command_table / sizeof command_table[0];
