// SPDX-License-Identifier: Apache-2.0
#include "ops/cli/words.h"

#include <stddef.h>
#include <string.h>

#include "proto/base/tongue.h"

// Column heads are field names; people see them in their tongue.
const char *word_head(const char *name)
{
    static const struct { const char *name, *text; } heads[] = {
        {"facility", N_("facility")}, {"facility_name", N_("name")}, {"name", N_("name")}, {"chart", N_("chart")},
        {"status", N_("status")}, {"granted", N_("granted")}, {"category", N_("category")}, {"label", N_("category")},
        {"why", N_("why not")}, {"from", N_("from")}, {"until", N_("until")}, {"periods", N_("exists in")},
        {"day", N_("day")}, {"type", N_("type")}, {"title", N_("title")}, {"department", N_("dept.")},
        {"bytes", N_("bytes")}, {"document", N_("document")}, {"ticket", N_("ticket")}, {"kana", N_("kana")},
        {"birth", N_("birth")}, {"sex", N_("sex")}, {"postal", N_("postal")}, {"strength", N_("match")},
        {"seq", N_("no.")}, {"time", N_("time")}, {"event", N_("event")}, {"node", N_("node")}, {"role", N_("role")},
        {"purpose", N_("purpose")}, {"source", N_("source")}, {"sources", N_("sources")}, {"note", N_("note")},
        {"state", N_("state")}, {"since", N_("since")}, {"union", N_("union")}, {"host", N_("host")},
        {"rules", N_("rules")}, {"user", N_("user")}, {"number", N_("no.")}, {"media", N_("form")},
        {"publish_seq", N_("published")}, {"revision", N_("revision")}, {"categories", N_("categories")},
        {"to", N_("to")}, {"path", N_("file")}, {"types", N_("types")}, {"oldest", N_("oldest")},
        {"newest", N_("newest")}, {"consented", N_("consented")}, {"registered_on", N_("registered")},
        // What stands line by line keeps its name in English: it is that of --json.
        {"program", N_("program")}, {"version", N_("version")}, {"hub", N_("hub")}, {"port", N_("port")},
        {"detail", N_("detail")}, {"rules_version", N_("rules_version")}, {"rules_hash", N_("rules_hash")},
        {"store_used", N_("store_used")}, {"store_map", N_("store_map")}, {"pending", N_("pending")},
        {"patients", N_("patients")}, {"documents", N_("documents")}, {"consents", N_("consents")},
        {"last_scan", N_("last_scan")}, {"nodes", N_("nodes")}, {"cards", N_("cards")}, {"hash", N_("hash")},
        {"verified", N_("verified")}, {"bad", N_("bad")}, {"id", N_("id")}, {"at", N_("at")}, {"by", N_("by")},
        {"emergency", N_("emergency")}, {"proxy", N_("proxy")}, {"withdrawn", N_("withdrawn")}, {"stopped", N_("stopped")},
        {"kanji_family", N_("kanji_family")}, {"kanji_given", N_("kanji_given")}, {"kanji", N_("kanji")},
        {"kana_family", N_("kana_family")}, {"kana_given", N_("kana_given")}, {"address", N_("address")},
        {"telephone", N_("telephone")}, {"insurer", N_("insurer")}, {"symbol", N_("symbol")},
        {"branch", N_("branch")}, {"insurance", N_("insurance")}, {"birth_date", N_("birth_date")},
        {"issued", N_("issued")}, {"expires", N_("expires")}, {"remarks", N_("remarks")},
        {"side", N_("side")}, {"patient", N_("patient")}, {"source_name", N_("opened at")}, {"reason", N_("reason's word")},
        {"agreed", N_("agreed")}, {"review", N_("review")}, {"due", N_("due")}, {"consent", N_("consent sought")},
        {"consent_due", N_("consent until")}, {"words", N_("in words")},
        {"other", N_("other code")}, {"other_name", N_("other facility")}, {"urgency", N_("urgency")},
        {"overdue", N_("overdue")}, {"said", N_("said last")}, {"reason_words", N_("reason")}, {"staff", N_("staff")},
        {"who", N_("who")}, {"text", N_("words")}, {"consent_to", N_("agreed to")}, {"form", N_("paper")},
        {"asks", N_("field")}, {"value", N_("filled in")}, {"what", N_("what")}, {"look", N_("look at")},
        {"taken", N_("taken")}, {"shown", N_("filled in")}, {"kind", N_("kind")},
        {"role_name", N_("role")}, {"field_label", N_("field")}, {"form_name", N_("paper")},
        {"twin", N_("namesake here")}, {"closed", N_("closed")}, {"signatures", N_("signatures")},
        {"rules_from", N_("rules_from")}, {"rules_newest", N_("rules_newest")}, {"rules_next", N_("rules_next")},
        {"rules_next_step_after", N_("rules_next_step_after")}, {"rules_stale", N_("rules_stale")},
        {"rules_refused", N_("rules_refused")}, {"letters", N_("letters")}, {"withdrawals", N_("withdrawals")},
        {"notices", N_("notices")},
    };
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++)
        if (strcmp(heads[i].name, name) == 0)
            return _(heads[i].text);
    return name;
}

// Words of ours.
const char *word_said(const char *value)
{
    static const char *const words[] = {
        N_("connected"), N_("connecting"), N_("serving"), N_("absent"), N_("same"), N_("other"), N_("new"),
        N_("changed"), N_("published"), N_("pending"), N_("forever"), N_("yes"), N_("no"), N_("agrees"),
        N_("close"), N_("differs"), N_("none"), N_("weak"), N_("possible"), N_("likely"), N_("strong"),
        N_("ok"), N_("granted"), N_("rule"), N_("agreement"), N_("consent"), N_("window"), N_("member"),
        N_("unknown"), N_("not-asked"), N_("rules-stale"), N_("not-available"), N_("withdrawn"),
        N_("denied"), N_("unreachable"), N_("not_found"), N_("stale"), N_("deadline"), N_("busy"),
        N_("limit"), N_("disclosing"), N_("asking"), N_("told"), N_("waits"), N_("overdue"), N_("not-justified"),
        N_("given"), N_("refused"),
        N_("draft"), N_("enquiring"), N_("sent"), N_("received"), N_("asked-back"), N_("checking"), N_("accepted"),
        N_("disclosed"), N_("completed"), N_("rejected"), N_("cancelled"), N_("ended"), N_("objected"), N_("usual"),
        N_("soon"), N_("at once"), N_("clinic"), N_("hospital"), N_("clock"),
        // what befell a request
        N_("enquire"), N_("held"), N_("none-held"), N_("send"), N_("receive"), N_("ask-back"), N_("reply"), N_("propose"),
        N_("return"), N_("accept"), N_("publish"), N_("complete"), N_("reject"), N_("cancel"), N_("change"), N_("keep"),
        N_("withdraw"), N_("object"), N_("end"), N_("expire"),
        // forms, and an application's way
        N_("registration"), N_("application"), N_("pledge"), N_("joining"), N_("filed"), N_("waiting"),
        N_("approved"), N_("done"), N_("effective"), N_("stands"), N_("lifted"), N_("past"), N_("in_force"), N_("all"),
        N_("leaving"),
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(words[i], value) == 0)
            return _(words[i]);
    return value;
}

const char *word_sex(const char *code)
{
    // English readers know HL7's letters; others read what the forms say.
    static const struct { const char *code, *text; } words[] = {
        {"M", N_("M")}, {"F", N_("F")}, {"O", N_("O")}, {"U", N_("U")}, {"A", N_("A")}, {"N", N_("N")},
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(words[i].code, code) == 0)
            return _(words[i].text);
    return word_said(code); // or what a comparison says of it
}
