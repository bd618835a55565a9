// SPDX-License-Identifier: Apache-2.0
#include "policies/compiler/shapes.h"

#include <string.h>

#include "policies/engine/bundle.h"
#include "policies/engine/decide.h"

#define CHOICES(name, ...)                                    \
    static const draft_choice name##_ITEMS[] = {__VA_ARGS__}; \
    const draft_choices name = {name##_ITEMS, sizeof name##_ITEMS / sizeof *name##_ITEMS}
#define SHAPE(name, ...)                                      \
    static const draft_field name##_FIELDS[] = {__VA_ARGS__}; \
    const draft_shape name = {name##_FIELDS, sizeof name##_FIELDS / sizeof *name##_FIELDS}

#define MAY(n, t) {.name = n, .type = t}
#define NEED(n, t) {.name = n, .type = t, .required = true}
#define NUMBER(n, need, low, high) {.name = n, .type = FIELD_NUMBER, .required = need, .least = low, .most = high}
#define WORD(n, t, need, w) {.name = n, .type = t, .required = need, .words = w}
#define MAP(n, t, need, s) {.name = n, .type = t, .required = need, .shape = &(s)}
#define CHOICE(n, t, need, c) {.name = n, .type = t, .required = need, .choices = &(c)}

// In the order of policy_why, without "granted" and "not-available".
CHOICES(CHOICES_REASONS, {"rule", "共通ルール"}, {"agreement", "協定書"}, {"consent", "同意"}, {"window", "期間"},
        {"member", "名簿"}, {"unknown", "不明"}, {"not-asked", "求めなし"}, {"rules-stale", "ルール期限"});
CHOICES(CHOICES_GRAINS, {"presence", NULL}, {"month", NULL}, {"day", NULL});
// In the order of policy_audience.
CHOICES(CHOICES_AUDIENCES, {"patient", "本人"}, {"discloser", "開示病院"}, {"secretariat", "事務局"},
        {"council", "連絡会"});

SHAPE(SHAPE_SEAT, NEED("id", FIELD_ID), NEED("institution", FIELD_TEXT), NEED("office", FIELD_TEXT),
      NEED("from", FIELD_DATE), NEED("until", FIELD_DATE), MAY("key", FIELD_HEX), MAY("note", FIELD_TEXT));
SHAPE(SHAPE_MEETINGS, NUMBER("a_year", true, 1, 52), NUMBER("year_begins", true, 1, 12));
SHAPE(SHAPE_COUNCIL, NUMBER("version", true, 1, UINT32_MAX), NEED("effective_from", FIELD_DATE),
      MAY("warn_after", FIELD_DATE_NEVER), MAY("no_registrations_after", FIELD_DATE_NEVER),
      MAY("deny_after", FIELD_DATE_NEVER), MAY("stale_after", FIELD_DATE_NEVER),
      NUMBER("ticket_minutes", false, 1, BUNDLE_TICKET_MS / 60000),
      CHOICE("told", FIELD_CHOICES, false, CHOICES_REASONS), MAY("previous", FIELD_HEX),
      MAY("quorum", FIELD_FRACTION), MAP("meetings", FIELD_MAP, false, SHAPE_MEETINGS),
      MAY("observers", FIELD_TEXTS), MAP("seats", FIELD_LIST, false, SHAPE_SEAT));
SHAPE(SHAPE_INDEX, CHOICE("grain", FIELD_CHOICE, true, CHOICES_GRAINS));
SHAPE(SHAPE_HUB, MAY("name", FIELD_ID), NEED("host", FIELD_HOST));
SHAPE(SHAPE_HUB_KEY_LISTS, NEED("tls", FIELD_HEXES), NEED("sign", FIELD_HEXES));
SHAPE(SHAPE_HUB_KEYS, MAP("keys", FIELD_MAP, true, SHAPE_HUB_KEY_LISTS));

SHAPE(SHAPE_CATEGORY, NEED("id", FIELD_ID), NUMBER("number", true, 1, POLICY_CATEGORIES), NEED("ja", FIELD_TEXT),
      NEED("en", FIELD_TEXT), NEED("window", FIELD_DURATION));
SHAPE(SHAPE_CATEGORIES, MAP("categories", FIELD_LIST, true, SHAPE_CATEGORY));
SHAPE(SHAPE_TERM, NEED("id", FIELD_ID), NEED("ja", FIELD_TEXT), NEED("en", FIELD_TEXT));
SHAPE(SHAPE_KINDS, MAP("kinds", FIELD_LIST, true, SHAPE_TERM));
SHAPE(SHAPE_ROLES, MAP("roles", FIELD_LIST, true, SHAPE_TERM));
SHAPE(SHAPE_PURPOSES, MAP("purposes", FIELD_LIST, true, SHAPE_TERM));

SHAPE(SHAPE_RULE, WORD("allow", FIELD_WORDS, false, WORDS_CATEGORIES),
      WORD("deny", FIELD_WORDS, false, WORDS_CATEGORIES), WORD("kinds", FIELD_WORDS, false, WORDS_KINDS),
      WORD("roles", FIELD_WORDS, false, WORDS_ROLES), WORD("purposes", FIELD_WORDS, false, WORDS_PURPOSES),
      MAY("note", FIELD_TEXT));
SHAPE(SHAPE_RULES, MAP("rules", FIELD_LIST, true, SHAPE_RULE));

SHAPE(SHAPE_FACILITY, NEED("code", FIELD_CODE), NEED("name", FIELD_TEXT), MAY("ward", FIELD_TEXT),
      WORD("kind", FIELD_WORD, true, WORDS_KINDS));
SHAPE(SHAPE_UNION, NEED("union", FIELD_ID), NEED("ja", FIELD_TEXT), NEED("en", FIELD_TEXT),
      NEED("secretariat", FIELD_TEXT), MAY("secretariat_key", FIELD_HEX),
      MAP("discloses", FIELD_LIST, false, SHAPE_FACILITY), MAP("views", FIELD_LIST, false, SHAPE_FACILITY));

// The five keys of a difference, the same for all and for one direction.
#define DIFFERENCES                                                            \
    WORD("categories", FIELD_WORDS, false, WORDS_CATEGORIES),                  \
        WORD("without_categories", FIELD_WORDS, false, WORDS_CATEGORIES),      \
        WORD("kinds", FIELD_WORDS, false, WORDS_KINDS),                        \
        WORD("without_kinds", FIELD_WORDS, false, WORDS_KINDS), MAY("windows", FIELD_WINDOWS)
SHAPE(SHAPE_ONE_WAY, WORD("discloser", FIELD_WORD, true, WORDS_UNIONS), WORD("viewer", FIELD_WORD, true, WORDS_UNIONS),
      MAY("note", FIELD_TEXT), DIFFERENCES);
SHAPE(SHAPE_AGREEMENT, WORD("between", FIELD_WORDS, true, WORDS_UNIONS), NEED("from", FIELD_DATE),
      MAY("until", FIELD_DATE), MAY("note", FIELD_TEXT), MAP("one_way", FIELD_LIST, false, SHAPE_ONE_WAY),
      DIFFERENCES);

SHAPE(SHAPE_NODE_KEYS, NEED("tls", FIELD_HEXES), NEED("sign", FIELD_HEXES), NEED("seal", FIELD_HEXES));
SHAPE(SHAPE_NODE, NEED("node", FIELD_ID), WORD("union", FIELD_WORD, true, WORDS_UNIONS), NEED("host", FIELD_HOST),
      MAY("discloses", FIELD_CODES), MAY("views", FIELD_CODES_ALL), MAP("keys", FIELD_MAP, true, SHAPE_NODE_KEYS));

SHAPE(SHAPE_EMERGENCY, WORD("kinds", FIELD_WORDS, true, WORDS_KINDS), WORD("roles", FIELD_WORDS, true, WORDS_ROLES),
      WORD("categories", FIELD_WORDS, true, WORDS_CATEGORIES),
      NUMBER("minutes", true, 1, BUNDLE_EMERGENCY_MINUTES),
      CHOICE("told", FIELD_CHOICES, true, CHOICES_AUDIENCES),
      NUMBER("review_hours", true, 1, BUNDLE_REVIEW_HOURS), NEED("without_consent", FIELD_YES),
      NEED("despite_objection", FIELD_YES), MAY("note", FIELD_TEXT));

SHAPE(SHAPE_CONSENT, WORD("categories", FIELD_LABELS, false, WORDS_CATEGORIES), MAY("from", FIELD_DATE),
      MAY("until", FIELD_DATE));
#define FACTS                                                                                  \
    MAY("viewer", FIELD_PLACE), WORD("through", FIELD_LABEL, false, WORDS_UNIONS), \
        WORD("role", FIELD_LABEL, false, WORDS_ROLES),                                        \
        WORD("purpose", FIELD_LABEL, false, WORDS_PURPOSES), MAY("source", FIELD_PLACE),      \
        WORD("category", FIELD_LABELS, false, WORDS_CATEGORIES), MAY("date", FIELD_DATE),     \
        MAY("registered_on", FIELD_DATE), MAY("document", FIELD_DATE),                        \
        MAP("consent", FIELD_CONSENT, false, SHAPE_CONSENT)
SHAPE(SHAPE_GIVEN, FACTS);
SHAPE(SHAPE_TEST, NEED("question", FIELD_TEXT), FACTS, NEED("answer", FIELD_YES),
      CHOICE("reason", FIELD_CHOICE, false, CHOICES_REASONS), MAY("from", FIELD_DATE), MAY("note", FIELD_TEXT));
SHAPE(SHAPE_TESTS, MAP("given", FIELD_MAP, false, SHAPE_GIVEN), MAP("tests", FIELD_LIST, true, SHAPE_TEST));

// Each in the order of its enum in policies/engine/forms.h and flow.h.
CHOICES(CHOICES_TYPES, {"text", NULL}, {"note", NULL}, {"name", NULL}, {"kana", NULL}, {"date", NULL}, {"count", NULL},
        {"yes-no", NULL}, {"signature", NULL}, {"choice", NULL}, {"relation", NULL}, {"reason", NULL},
        {"categories", NULL}, {"grantees", NULL}, {"facility", NULL}, {"union", NULL}, {"kind", NULL},
        {"institution", NULL}, {"insurer", NULL}, {"symbol", NULL}, {"number", NULL}, {"phone", NULL},
        {"postal", NULL}, {"chart", NULL}, {"hash", NULL});
CHOICES(CHOICES_HANDS, {"patient", "本人"}, {"proxy", "代理人"}, {"clinic", "閲覧施設"}, {"hospital", "開示病院"},
        {"secretariat", "事務局"});
CHOICES(CHOICES_STATES, {"draft", NULL}, {"enquiring", NULL}, {"sent", NULL}, {"received", NULL},
        {"asked-back", NULL}, {"checking", NULL}, {"accepted", NULL}, {"disclosed", NULL}, {"completed", NULL},
        {"rejected", NULL}, {"cancelled", NULL}, {"changed", NULL}, {"withdrawn", NULL}, {"ended", NULL},
        {"objected", NULL});
CHOICES(CHOICES_SECOND, {"always", "常に"}, {"weak", "証拠が弱い"}, {"proxy", "代理人"}, {"minor", "未成年"});
CHOICES(CHOICES_STRENGTHS, {"weak", NULL}, {"possible", NULL}, {"likely", NULL}, {"strong", NULL});
CHOICES(CHOICES_EVIDENCE, {"kana_family", "カナ姓"}, {"kana_given", "カナ名"}, {"kanji", "漢字氏名"},
        {"birth", "生年月日"}, {"sex", "性別"}, {"postal", "郵便番号"}, {"insurance", "保険"}, {"branch", "枝番"},
        {"telephone", "電話"}, {"address", "住所"});
CHOICES(CHOICES_TOLD, {"asking", "依頼元"}, {"disclosing", "開示病院"}, {"own", "かかりつけ"},
        {"secretariat", "事務局"}, {"council", "連絡会"}, {"patient", "本人"});

SHAPE(SHAPE_FORM_NEED, NEED("when", FIELD_ID), MAY("is", FIELD_TEXT));
SHAPE(SHAPE_FORM_FIELD, NEED("id", FIELD_ID), NEED("ja", FIELD_TEXT), NEED("en", FIELD_TEXT),
      CHOICE("type", FIELD_CHOICE, true, CHOICES_TYPES), CHOICE("by", FIELD_CHOICES, false, CHOICES_HANDS),
      MAP("required", FIELD_NEED, false, SHAPE_FORM_NEED), NUMBER("max", false, 1, UINT16_MAX),
      MAP("choices", FIELD_LIST, false, SHAPE_TERM), MAY("hint_ja", FIELD_TEXT), MAY("hint_en", FIELD_TEXT));
SHAPE(SHAPE_FORM_SECTION, NEED("id", FIELD_ID), NEED("ja", FIELD_TEXT), NEED("en", FIELD_TEXT),
      CHOICE("by", FIELD_CHOICES, false, CHOICES_HANDS), MAP("fields", FIELD_LIST, true, SHAPE_FORM_FIELD));
SHAPE(SHAPE_FORM_SENTENCE, NEED("ja", FIELD_LONG), NEED("en", FIELD_LONG));
SHAPE(SHAPE_FORM, NEED("form", FIELD_ID), NEED("code", FIELD_TEXT), NUMBER("version", true, 1, UINT32_MAX),
      NEED("ja", FIELD_TEXT), NEED("en", FIELD_TEXT), CHOICE("filed_by", FIELD_CHOICES, true, CHOICES_HANDS),
      MAP("sections", FIELD_LIST, true, SHAPE_FORM_SECTION), MAP("sentences", FIELD_LIST, false, SHAPE_FORM_SENTENCE),
      MAY("note", FIELD_TEXT));

SHAPE(SHAPE_DEADLINE, CHOICE("state", FIELD_CHOICE, true, CHOICES_STATES),
      NUMBER("days", true, 1, BUNDLE_DEADLINE_DAYS), NUMBER("remind", false, 1, BUNDLE_DEADLINE_DAYS),
      MAY("cancels", FIELD_YES));
SHAPE(SHAPE_REASON, NEED("id", FIELD_ID), NEED("ja", FIELD_TEXT), NEED("en", FIELD_TEXT), MAY("explain", FIELD_YES));
SHAPE(SHAPE_RELATION, NEED("id", FIELD_ID), NEED("ja", FIELD_TEXT), NEED("en", FIELD_TEXT),
      MAY("until_majority", FIELD_YES));
SHAPE(SHAPE_MATCHING, CHOICE("show", FIELD_CHOICES, false, CHOICES_STRENGTHS),
      CHOICE("accept", FIELD_CHOICE_SETS, false, CHOICES_EVIDENCE));
#define TOLD(event) CHOICE(event, FIELD_CHOICES, false, CHOICES_TOLD)
SHAPE(SHAPE_TOLD, TOLD("arrived"), TOLD("asked-back"), TOLD("replied"), TOLD("completed"), TOLD("refused"),
      TOLD("cancelled"), TOLD("overdue"), TOLD("documents"), TOLD("changed"), TOLD("withdrawn"), TOLD("objected"),
      TOLD("emergency"), TOLD("review-due"), TOLD("consent-due"), TOLD("expiring"), TOLD("ended"), TOLD("majority"),
      TOLD("applied"), TOLD("joined"), TOLD("left"), TOLD("enquired"));
SHAPE(SHAPE_REQUESTS_EMERGENCY, MAP("reasons", FIELD_LIST, true, SHAPE_REASON),
      WORD("review_roles", FIELD_WORDS, true, WORDS_ROLES), CHOICE("review_by", FIELD_CHOICES, true, CHOICES_TOLD),
      NUMBER("consent_days", false, 0, BUNDLE_CONSENT_DAYS));
SHAPE(SHAPE_REQUESTS, MAP("deadlines", FIELD_LIST, false, SHAPE_DEADLINE),
      MAP("refusals", FIELD_LIST, true, SHAPE_REASON), MAP("join_refusals", FIELD_LIST, false, SHAPE_REASON),
      MAP("relations", FIELD_LIST, true, SHAPE_RELATION),
      CHOICE("second_check", FIELD_CHOICES, true, CHOICES_SECOND), MAP("matching", FIELD_MAP, false, SHAPE_MATCHING),
      MAY("retention", FIELD_DURATION), MAY("valid", FIELD_DURATION),
      NUMBER("notice_days", false, 0, BUNDLE_DEADLINE_DAYS),
      NUMBER("majority_age", false, BUNDLE_AGE_MIN, BUNDLE_AGE_MAX), MAP("told", FIELD_MAP, true, SHAPE_TOLD),
      MAP("emergency", FIELD_MAP, false, SHAPE_REQUESTS_EMERGENCY), MAY("note", FIELD_TEXT));

const file_shape FILE_SHAPES[] = {
    {"council", "council.yaml", true, &SHAPE_COUNCIL},
    {"index", "index.yaml", true, &SHAPE_INDEX},
    {"hub", "hub.yaml", true, &SHAPE_HUB},
    {"hub-keys", "hub-keys.yaml", false, &SHAPE_HUB_KEYS},
    {"categories", "categories.yaml", true, &SHAPE_CATEGORIES},
    {"kinds", "kinds.yaml", true, &SHAPE_KINDS},
    {"roles", "roles.yaml", true, &SHAPE_ROLES},
    {"purposes", "purposes.yaml", true, &SHAPE_PURPOSES},
    {"rules", "rules.yaml", true, &SHAPE_RULES},
    {"emergency", "emergency.yaml", false, &SHAPE_EMERGENCY},
    {"requests", "requests.yaml", false, &SHAPE_REQUESTS},
    {"form", "forms/", false, &SHAPE_FORM},
    {"union", "unions/", true, &SHAPE_UNION},
    {"agreement", "agreements/", false, &SHAPE_AGREEMENT},
    {"node", "nodes/", false, &SHAPE_NODE},
    {"tests", "tests/", false, &SHAPE_TESTS},
};
const size_t FILE_SHAPE_COUNT = sizeof FILE_SHAPES / sizeof *FILE_SHAPES;

const draft_field *shape_field(const draft_shape *s, const char *name)
{
    for (size_t i = 0; i < s->count; i++)
        if (strcmp(s->fields[i].name, name) == 0)
            return &s->fields[i];
    return NULL;
}
