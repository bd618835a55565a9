// SPDX-License-Identifier: Apache-2.0
// Why a file is no YAML, in words for someone who never heard of YAML. libyaml knows where its
// grammar broke; what a person did is nearly always one of a dozen slips, most of them a sign
// in full width, and often a line earlier.
#include <string.h>
#include <yaml.h>

#include "proto/base/tongue.h"
#include "proto/base/utf8.h"
#include "proto/yaml/room.h"

static span line_of(span text, size_t line)
{
    for (size_t n = 0; n < line; n++) {
        const uint8_t *end = text.len ? memchr(text.at, '\n', text.len) : NULL;
        if (!end)
            return (span){0};
        text = span_from(text, (size_t)(end - text.at) + 1);
    }
    const uint8_t *end = text.len ? memchr(text.at, '\n', text.len) : NULL;
    return span_cut(text, 0, end ? (size_t)(end - text.at) : text.len);
}

static const char *sign_slip(uint32_t cp, uint32_t next, bool leading, bool listing)
{
    switch (cp) {
    case '\t': return leading ? N_("indent with spaces, never with tabs") : NULL;
    case 0xff1a: return N_("this colon (：) is full-width; write \": \", an ordinary colon and a space");
    case 0x3000: return N_("this space is full-width; write an ordinary one");
    case 0x201c: case 0x201d: return N_("this quotation mark is typographic; write an ordinary one (\")");
    case 0xff3b: case 0xff3d: return N_("this bracket is full-width; write [ and ]");
    case 0xff5b: case 0xff5d: return N_("this brace is full-width; write { and }");
    case 0xff0c: case 0x3001: return listing ? N_("this comma is full-width; write \", \", an ordinary comma and a space") : NULL;
    case ':': return next && next != ' ' && next != 0x3000 && next != '/' ? N_("a space is missing after this colon") : NULL;
    case '-': return leading && next && next != ' ' && next != '-' ? N_("a space is missing after this \"-\"") : NULL;
    default: return NULL;
    }
}

// Where in a line we are. Inside a text nearly everything is meant as it stands.
typedef struct reading {
    enum { NAME, BEFORE_VALUE, VALUE } part;
    uint32_t quote, before;
    bool leading;
    int flow, list; // depth of brackets and braces; of brackets
} reading;

static void reading_step(reading *r, uint32_t cp, uint32_t next)
{
    if (r->quote || cp == '"' || cp == '\'')
        r->quote = !r->quote ? cp : r->quote == cp ? 0 : r->quote;
    r->list += cp == '[' ? 1 : cp == ']' && r->list ? -1 : 0;
    r->flow += cp == '[' || cp == '{' ? 1 : (cp == ']' || cp == '}') && r->flow ? -1 : 0;
    if (cp == '[' || cp == '{' || (cp == ',' && r->flow))
        r->part = NAME;
    else if (r->part == NAME && cp == ':' && (next == ' ' || next == 0x3000 || !next))
        r->part = BEFORE_VALUE;
    else if (r->part == BEFORE_VALUE && cp != ' ')
        r->part = VALUE;
    r->leading = r->leading && cp == ' ';
    r->before = cp;
}

// The first sign of the line that does not do what it looks like; NULL if there is none.
static const char *line_slip(span line, size_t *ret_col)
{
    reading r = {.before = ' ', .leading = true};
    for (size_t col = 0; line.len; col++) {
        uint32_t cp = utf8_next(&line);
        span rest = line;
        uint32_t next = rest.len ? utf8_next(&rest) : 0;
        next = next == '\r' ? 0 : next;
        if (!r.quote && cp == '#' && r.before == ' ')
            return NULL;
        const char *slip = r.quote || r.part == VALUE ? NULL : sign_slip(cp, next, r.leading, r.list > 0);
        if (slip) {
            *ret_col = col;
            return slip;
        }
        reading_step(&r, cp, next);
    }
    return NULL;
}

// libyaml's complaint, and what to do about it. `opening`: where the thing began is the place to look.
static const struct grammar {
    const char *problem;
    bool opening;
    const char *said;
} GRAMMAR[] = {
    {"could not find expected ':'", true, N_("\": \" is missing in this line: an entry is \"name: value\"")},
    {"found unexpected end of stream", true, N_("this quotation mark is not closed")},
    {"found unexpected document indicator", true, N_("this quotation mark is not closed")},
    {"did not find expected '-' indicator", false,
     N_("this line stands in a list but does not begin with \"- \"; if it belongs to the line above, indent it as far")},
    {"did not find expected key", false,
     N_("this line is not indented as far as the others of its group, or a quotation mark above closes too early")},
    {"mapping values are not allowed in this context", false,
     N_("a second \": \" here: put a text that holds a colon into quotation marks (\"...\"), "
        "or end the line above and indent this one as far")},
    {"block sequence entries are not allowed in this context", false,
     N_("a list cannot begin here: its \"- \" lines stand below the name, each on a line of its own")},
    {"block mapping values are not allowed in this context", false,
     N_("a \"name: value\" cannot begin here: is the line above finished?")},
    {"did not find expected <document start>", false,
     N_("this line belongs to nothing above it: every line is \"name: value\" or begins with \"- \"")},
    {"found character that cannot start any token", false,
     N_("a value cannot begin with this character: put it into quotation marks (\"...\")")},
    {"found unknown escape character", false,
     N_("\"\\\" has a meaning of its own inside \"...\": write '...' around the text instead")},
};

static const char *grammar_slip(const char *problem, bool *ret_opening)
{
    for (size_t i = 0; i < sizeof GRAMMAR / sizeof *GRAMMAR; i++)
        if (strcmp(GRAMMAR[i].problem, problem) == 0) {
            *ret_opening = GRAMMAR[i].opening;
            return GRAMMAR[i].said;
        }
    return NULL;
}

const char *slip_of(span text, const char *problem, yaml_mark_t began, yaml_mark_t *at)
{
    bool opening = false, closing = false;
    const char *said = NULL;
    if (strcmp(problem, "did not find expected ',' or '}'") == 0) {
        closing = opening = at->line > began.line;
        said = closing ? N_("this \"{\" is not closed with \"}\"") : N_("a \",\" is missing before this, or a \"}\"");
    } else if (strcmp(problem, "did not find expected ',' or ']'") == 0) {
        closing = opening = at->line > began.line;
        said = closing ? N_("this \"[\" is not closed with \"]\"") : N_("a \",\" is missing before this, or a \"]\"");
    } else {
        said = grammar_slip(problem, &opening);
    }
    // A conspicuous sign in the line, or in that where the thing began, says more than any grammar.
    const size_t lines[2] = {opening ? began.line : at->line, opening ? at->line : began.line};
    for (int i = 0; i < 2 && !closing; i++) {
        size_t col = 0;
        const char *sign = line_slip(line_of(text, lines[i]), &col);
        if (sign) {
            at->line = lines[i];
            at->column = col;
            return _(sign);
        }
    }
    if (opening)
        *at = began;
    return said ? _(said) : NULL;
}
