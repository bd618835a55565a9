// SPDX-License-Identifier: Apache-2.0
// form list, show, new: the common forms as papers and as files to fill in.
#include "ops/cli/form.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ops/cli/papers.h"
#include "ops/cli/show.h"
#include "policies/engine/flow.h"
#include "policies/forms/check.h"
#include "policies/forms/number.h"
#include "policies/page/page.h"
#include "proto/base/tongue.h"
#include "proto/base/utf8.h"
#include "proto/crypto/hash.h"

err form_rules(const invocation *v, policy **ret)
{
    const char *path = option_value(v, "rules");
    path = path ? path : getenv("TSUNAGU_RULES");
    if (path && *path)
        return paper_rules(v, path, ret);
    complain(v, ERR_USAGE, _("which rules? say --rules PATH, or set TSUNAGU_RULES"));
    return ERR_USAGE;
}

err form_named(const invocation *v, const policy *p, const char *name, int *ret)
{
    char note[600];
    int at = snprintf(note, sizeof note, _("\"%.60s\" is no form; there are:"), name);
    for (int i = 0; i < policy_form_count(p); i++) {
        policy_form f = policy_form_at(p, i);
        if (strcmp(name, f.id) == 0 || strcasecmp(name, f.code) == 0 || strcmp(name, f.label_ja) == 0 ||
            strcmp(name, f.label_en) == 0) {
            *ret = i;
            return OK;
        }
        if (at > 0 && (size_t)at < sizeof note)
            at += snprintf(note + at, sizeof note - (size_t)at, " %s", f.id);
    }
    complain(v, ERR_NOT_FOUND, note);
    return ERR_NOT_FOUND;
}

err form_file(const invocation *v, const char *file, buf *ret_text, filled *ret)
{
    buf text = {0};
    diag d = {0};
    err e = paper_bytes(file, FILLED_BYTES, &text);
    if (e)
        complain(v, e, file);
    else if ((e = form_read(buf_span(&text), file, &d, ret)) != OK)
        show_mistakes(v, &d, e, file);
    diag_done(&d);
    if (e == OK && ret_text) {
        *ret_text = text;
        text = (buf){0};
    }
    buf_done(&text);
    return e;
}

// ---- list ---------------------------------------------------------------------------

static json_t *hands_json(uint32_t hands)
{
    json_t *list = json_array();
    for (int h = 0; h < HAND_COUNT; h++)
        if (hands >> h & 1)
            json_array_append_new(list, json_string(policy_form_hand_name((form_hand)h)));
    return list;
}

static void list_json(const policy *p)
{
    json_t *list = json_array();
    for (int i = 0; i < policy_form_count(p); i++) {
        policy_form f = policy_form_at(p, i);
        json_array_append_new(list, json_pack("{s:s, s:s, s:i, s:s, s:s, s:i, s:o}", "id", f.id, "code", f.code, "version",
                                              (int)f.version, "ja", f.label_ja, "en", f.label_en, "fields",
                                              f.field_count, "filed_by", hands_json(f.filed_by)));
    }
    json_t *top = json_pack("{s:b, s:s, s:o}", "ok", 1, "status", "ok", "forms", list);
    json_dumpf(top, stdout, JSON_COMPACT);
    fputc('\n', stdout);
    json_decref(top);
}

int form_list_run(invocation *v)
{
    policy *p = NULL;
    err e = form_rules(v, &p);
    if (e)
        return e == ERR_USAGE ? EXIT_USAGE : EXIT_FAILED;
    for (int i = 0; i < policy_form_count(p) && !v->json; i++) {
        policy_form f = policy_form_at(p, i);
        char hands[128] = "";
        for (int h = 0, at = 0; h < HAND_COUNT; h++)
            if (f.filed_by >> h & 1)
                at += snprintf(hands + at, sizeof hands - (size_t)at, "%s%s", at ? "," : "",
                               policy_form_hand_name((form_hand)h));
        printf("%-14s %-8s %3u  %-20s ", f.id, f.code, f.version, hands);
        show_safe(stdout, v->japanese ? f.label_ja : f.label_en, false);
        putchar('\n');
    }
    if (v->json)
        list_json(p);
    policy_free(p);
    return EXIT_OK;
}

// ---- show ---------------------------------------------------------------------------

static bool tongue_option(const invocation *v, page_tongue *ret)
{
    const char *text = option_value(v, "labels");
    *ret = !text ? (v->japanese ? PAGE_JA : PAGE_EN) : strcmp(text, "en") == 0 ? PAGE_EN
           : strcmp(text, "both") == 0 ? PAGE_BOTH : PAGE_JA;
    if (!text || *ret != PAGE_JA || strcmp(text, "ja") == 0)
        return true;
    complain(v, ERR_USAGE, _("--labels: ja, en or both"));
    return false;
}

// What was said, what the file says, or a new one.
static err number_choose(const invocation *v, const filled *f, uint8_t number[static FILLED_NUMBER])
{
    const char *text = option_value(v, "number");
    char note[300];
    err e = OK;
    if (text && form_number_parse(text, number) != OK) {
        snprintf(note, sizeof note, _("\"%.60s\" is not the number of a paper, or a character of it is mistyped"), text);
        complain(v, ERR_USAGE, note);
        return ERR_USAGE;
    }
    if (!text && f && form_numbered(f->number))
        memcpy(number, f->number, FILLED_NUMBER);
    else if (!text && (e = crypto_random(number, FORM_NUMBER_RANDOM)) == OK)
        form_number_seal(number);
    if (e)
        complain(v, e, NULL);
    return e;
}

static err page_write(const invocation *v, const char *out, const buf *page)
{
    if (out)
        return paper_write(v, out, buf_span(page));
    return fwrite(page->at, 1, page->len, stdout) == page->len ? OK : ERR_IO;
}

static void shown_tell(const invocation *v, const policy_form *f, const uint8_t *number, const char *out, const buf *page,
                       const form_report *r)
{
    char text[FORM_NUMBER_TEXT], mark[PAGE_MARK_BYTES];
    form_number_format(number, text);
    page_mark(f, number, mark);
    if (v->json) {
        json_t *top = json_pack("{s:b, s:s, s:s, s:i, s:s, s:s, s:i, s:i}", "ok", 1, "status", "ok", "form", f->id, "version",
                                (int)f->version, "number", text, "mark", mark, "errors", (int)r->errors, "warnings",
                                (int)r->warnings);
        if (out)
            json_object_set_new(top, "out", json_string(out));
        else
            json_object_set_new(top, "page", json_stringn(page->len ? (const char *)page->at : "", page->len));
        json_dumpf(top, stdout, JSON_COMPACT);
        fputc('\n', stdout);
        json_decref(top);
        return;
    }
    if (r->errors)
        fprintf(stderr, ngettext("%zu mistake: see `tsunagu form check`; it stands on the page with a question mark\n",
                                 "%zu mistakes: see `tsunagu form check`; they stand on the page with a question mark\n", r->errors),
                r->errors);
    if (out)
        printf(_("%s: number %s\n"), out, text);
}

static err show_page(const invocation *v, const policy *p, int form, const filled *f, page_tongue tongue)
{
    const char *out = option_value(v, "out");
    uint8_t number[FILLED_NUMBER] = {0};
    form_report report = {0};
    policy_form view = policy_form_at(p, form);
    if (f && f->version && f->version < view.version)
        view.version = f->version;
    page_ask asked = {.form = form, .tongue = tongue, .number = number, .written = f};
    filled *normal = NULL;
    buf page = {0};
    err e = number_choose(v, f, number);
    if (e)
        return e;
    if (f && !(normal = malloc(sizeof *normal)))
        e = ERR_MEM;
    if (e == OK && f && (e = form_check(p, f, day_of_time(clock_now_ms()), 0, normal, &report)) == OK)
        asked.normal = normal;
    if (e == OK)
        e = form_page(p, &asked, &page);
    if (e)
        complain(v, e, e == ERR_LIMIT ? _("too much is written for one page") : NULL);
    else if (out || !v->json)
        e = page_write(v, out, &page);
    if (e == OK)
        shown_tell(v, &view, number, out, &page, &report);
    if (asked.normal)
        filled_done(normal);
    free(normal);
    form_report_done(&report);
    buf_wipe(&page);
    return e;
}

int form_show_run(invocation *v)
{
    const char *file = option_value(v, "file");
    policy *p = NULL;
    filled *f = calloc(1, sizeof *f);
    int form = POLICY_NONE;
    bool read = false;
    page_tongue tongue;
    if (!f || !tongue_option(v, &tongue)) {
        free(f);
        return EXIT_USAGE;
    }
    err e = form_rules(v, &p);
    if (e == OK)
        e = form_named(v, p, option_value(v, "@FORM"), &form);
    if (e == OK && file && (e = form_file(v, file, NULL, f)) == OK)
        read = true;
    if (read && strcmp(f->form, policy_form_at(p, form).id) != 0) {
        char note[4400];
        snprintf(note, sizeof note, _("%.4000s is of the form \"%.60s\""), file, f->form);
        complain(v, e = ERR_USAGE, note);
    }
    if (read)
        umask(077); // what it shows is a patient's
    if (e == OK)
        e = show_page(v, p, form, read ? f : NULL, tongue);
    if (read)
        filled_done(f);
    free(f);
    policy_free(p);
    return exit_of(e);
}

// ---- new -----------------------------------------------------------------------------

static void comment_put(buf *out, const char *indent, const char *text)
{
    buf_printf(out, "%s# ", indent);
    for (; *text; text++)
        buf_put_u8(out, *text == '\n' ? ' ' : (uint8_t)*text);
    buf_put_str(out, "\n");
}

static const char *type_words(form_type t)
{
    switch (t) {
    case FORM_NOTE: return _("several lines may be written");
    case FORM_KANA: return _("kana: ヤマダ, やまだ or ﾔﾏﾀﾞ");
    case FORM_DATE: return _("a date: 2026-04-01 or 令和8年4月1日");
    case FORM_COUNT_OF: return _("a whole number");
    case FORM_YES: return _("yes or no");
    case FORM_SIGNATURE: return _("yes where the paper is signed");
    case FORM_CATEGORIES: return _("one or a list: [a, b]; or all");
    case FORM_GRANTEES: return _("facilities (code or name) and unions, one or a list: [a, b]; or all");
    case FORM_FACILITY: return _("a member facility: its code or name");
    case FORM_INSTITUTION: return _("ten digits");
    case FORM_INSURER: return _("8 digits, or 6");
    case FORM_POSTAL: return _("seven digits: 060-0001");
    case FORM_HASH: return _("64 hexadecimal digits, from the scanner");
    default: return "";
    }
}

// The words one may write, as comments: short names with what they mean.
static void words_comment(const policy *p, int form, int field, const policy_form_field *f, bool ja, buf *out)
{
    char line[700];
    for (int i = 0;; i++) {
        policy_text t = {"", "", ""};
        if (f->type == FORM_CHOICE && i < f->choice_count)
            t = policy_form_choice_at(p, form, field, i);
        else if (f->type == FORM_RELATION && i < policy_relation_count(p))
            t = (policy_text){policy_relation_at(p, i).id, policy_relation_at(p, i).label_ja, policy_relation_at(p, i).label_en};
        else if (f->type == FORM_REASON && i < policy_reason_count(p))
            t = (policy_text){policy_reason_at(p, i).id, policy_reason_at(p, i).label_ja, policy_reason_at(p, i).label_en};
        else if (f->type == FORM_CATEGORIES && i < policy_category_count(p))
            t = policy_category_text(p, i);
        else if (f->type == FORM_KIND && i < policy_kind_count(p))
            t = policy_kind_text(p, i);
        else if (f->type == FORM_UNION && i < policy_union_count(p))
            t = policy_union_text(p, i);
        else
            return;
        if (!*t.id)
            continue; // a number of the categories that is not used
        snprintf(line, sizeof line, "  %s: %.500s", t.id, ja ? t.label_ja : t.label_en);
        comment_put(out, "  ", line);
    }
}

static void field_comment(const policy *p, int form, int field, bool ja, buf *out)
{
    policy_form_field f = policy_form_field_at(p, form, field);
    buf line = {0};
    const char *type = type_words(f.type), *hint = ja ? f.hint_ja : f.hint_en;
    // Nothing is told twice: of a code the rules' hint says more than the type, of these others the type says all.
    if (*hint && (f.type == FORM_INSTITUTION || f.type == FORM_INSURER))
        type = "";
    else if (f.type == FORM_CATEGORIES || f.type == FORM_GRANTEES || f.type == FORM_HASH)
        hint = "";
    buf_put_str(&line, ja ? f.label_ja : f.label_en);
    if (f.need == NEED_ALWAYS)
        buf_put_str(&line, _(" (required)"));
    else if (f.need == NEED_MINOR)
        buf_printf(&line, _(" (required where the patient is under %d)"), policy_flow(p).majority_age);
    else if (f.need == NEED_FILLED)
        buf_printf(&line, _(" (required where %s is filled in)"), policy_form_field_at(p, form, f.when).name);
    else if (f.need == NEED_IS)
        buf_printf(&line, _(" (required where %s is %s)"), policy_form_field_at(p, form, f.when).name, f.is);
    if (*type)
        buf_printf(&line, ". %s", type);
    if (*hint)
        buf_printf(&line, ". %s", hint);
    comment_put(out, "  ", buf_str(&line));
    buf_done(&line);
    words_comment(p, form, field, &f, ja, out);
    buf_printf(out, "  %s:\n", f.name);
}

static void blank_put(const policy *p, int form, const uint8_t *number, bool ja, buf *out)
{
    policy_form f = policy_form_at(p, form);
    char text[FORM_NUMBER_TEXT];
    form_number_format(number, text);
    comment_put(out, "", ja ? f.label_ja : f.label_en);
    comment_put(out, "", _("Fill in behind the colons; what is left empty is not filled in. Check it: tsunagu form check FILE"));
    buf_printf(out, "form: %s\nversion: %u\n", f.id, f.version);
    comment_put(out, "", _("The paper's number. Where the patient signed a printed form, put that one here: read the QR code, or type "
                         "what stands under it."));
    buf_printf(out, "number: %s\nfields:\n", text);
    for (int i = 0; i < f.section_count; i++) {
        policy_form_section s = policy_form_section_at(p, form, i);
        buf_put_str(out, "\n");
        buf line = {0};
        buf_printf(&line, "---- %s ----", ja ? s.label_ja : s.label_en);
        comment_put(out, "  ", buf_str(&line));
        buf_done(&line);
        for (int k = 0; k < s.field_count; k++)
            field_comment(p, form, s.field_first + k, ja, out);
    }
}

int form_new_run(invocation *v)
{
    const char *out = option_value(v, "out");
    uint8_t number[FILLED_NUMBER] = {0};
    policy *p = NULL;
    buf text = {0};
    int form = POLICY_NONE;
    err e = form_rules(v, &p);
    if (e == OK)
        e = form_named(v, p, option_value(v, "@FORM"), &form);
    if (e == OK)
        e = number_choose(v, NULL, number);
    if (e == OK) {
        blank_put(p, form, number, v->japanese, &text);
        umask(077);
        if (text.sticky)
            complain(v, e = text.sticky, NULL);
        else if (out || !v->json)
            e = page_write(v, out, &text);
    }
    if (e == OK && v->json) {
        json_t *top = json_pack("{s:b, s:s, s:s, s:s}", "ok", 1, "status", "ok", "form", policy_form_at(p, form).id, out ? "out" : "text",
                                out ? out : buf_str(&text));
        json_dumpf(top, stdout, JSON_COMPACT);
        fputc('\n', stdout);
        json_decref(top);
    }
    buf_done(&text);
    policy_free(p);
    return exit_of(e);
}
