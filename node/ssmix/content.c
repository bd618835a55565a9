// SPDX-License-Identifier: Apache-2.0
#include "node/ssmix/content.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/ssmix/hl7.h"
#include "node/ssmix/inside.h"
#include "proto/base/hash.h"
#include "proto/base/utf8.h"

enum { WHOLE_MAX = 8 << 20, GLANCE = 4096, PARTS_MAX = 256, HABIT_LEAST = 8 };

// ---- HL7 --------------------------------------------------------------------------------------------

// How many fields a segment cannot be without (HL7 v2.5, "R"): one that ends a file with fewer was cut.
static const struct { char name[4]; int fields; } REQUIRED[] = {
    {"AL1", 3}, {"DB1", 2}, {"EVN", 2}, {"IN1", 3}, {"NK1", 1}, {"OBR", 4}, {"OBX", 11}, {"ORC", 1},
    {"PID", 5}, {"PRB", 3}, {"PV1", 2}, {"RXA", 6}, {"RXC", 4}, {"RXE", 3}, {"RXR", 1}, {"SPM", 4},
};

static bool blank(uint8_t c)
{
    return c == 0 || c == ' ' || c == '\t' || c == 0x1A;
}

static uint8_t end_of(span bytes)
{
    if (bytes.len && memchr(bytes.at, 0x1C, bytes.len))
        return END_MARK;
    while (bytes.len && blank(bytes.at[bytes.len - 1]))
        bytes.len--;
    uint8_t last = bytes.len ? bytes.at[bytes.len - 1] : 0;
    return last == '\r' || last == '\n' ? END_LINE : END_NONE;
}

static bool short_segment(const hl7 *m)
{
    size_t last = hl7_count(m) - 1, len = 0;
    span name = hl7_name(m, last), text = hl7_text(m);
    uint8_t separator = hl7_field(m, 0, 1, 0, 0, 0).at[0];
    int fields = 0;
    for (; len < text.len && text.at[text.len - 1 - len] != '\n'; len++)
        fields += text.at[text.len - 1 - len] == separator;
    for (size_t i = 0; i < sizeof REQUIRED / sizeof *REQUIRED; i++)
        if (span_eq(name, span_str(REQUIRED[i].name)))
            return fields < REQUIRED[i].fields;
    return false;
}

// The line that ends the file is less than a segment's name.
static bool short_line(span bytes)
{
    size_t n = 0;
    while (n < bytes.len && bytes.at[bytes.len - 1 - n] != '\r' && bytes.at[bytes.len - 1 - n] != '\n')
        n++;
    return n < 3;
}

static bool message_cut(span bytes, const hl7 *m, const hl7_dirt *dirt, uint8_t end)
{
    if (end == END_MARK)
        return false;
    if (hl7_find(m, "PID", 0) == SIZE_MAX) // every message of the storages has its patient
        return true;
    return end == END_NONE && (dirt->shifted || short_line(bytes) || (!dirt->trailing && short_segment(m)));
}

static bool begins(span bytes, const char *with)
{
    size_t n = strlen(with) < bytes.len ? strlen(with) : bytes.len;
    return n == 0 || memcmp(bytes.at, with, n) == 0;
}

err content_hl7(span bytes, content *ret)
{
    content c = {.end = end_of(bytes)};
    hl7 *m = NULL;
    hl7_dirt dirt;
    err e = hl7_read(bytes, &m, &dirt);
    if (e != OK && e != ERR_FORMAT && e != ERR_LIMIT)
        return e;
    if (e == OK) {
        c.encoding = dirt.bad_characters > 0;
        c.cut = message_cut(bytes, m, &dirt, c.end);
    } else {
        c.cut = e == ERR_FORMAT && begins(bytes, "MSH|"); // nothing but its beginning, or nothing
        c.not_hl7 = !c.cut;
    }
    if (c.cut || c.not_hl7)
        c.end = END_UNTOLD;
    hl7_free(m);
    *ret = c;
    return OK;
}

int content_habit(const uint64_t ends[static END_KINDS])
{
    uint64_t told = ends[END_NONE] + ends[END_LINE] + ends[END_MARK];
    if (told < HABIT_LEAST)
        return END_NONE;
    if (ends[END_MARK] * 4 >= told * 3)
        return END_MARK;
    return (ends[END_MARK] + ends[END_LINE]) * 4 >= told * 3 ? END_LINE : END_NONE;
}

// ---- files of the extended storage ------------------------------------------------------------------

static bool named(const char *name, const char *ending)
{
    const char *dot = strrchr(name, '.');
    return dot && strcasecmp(dot, ending) == 0;
}

static bool within(span s, const char *what)
{
    return s.len && memmem(s.at, s.len, what, strlen(what)) != NULL;
}

static void check_pdf(span head, span tail, content *c)
{
    c->not_hl7 = !within(head, "%PDF-");
    c->cut = !c->not_hl7 && !within(tail, "%%EOF");
}

static void check_xml(span head, span tail, bool whole, content *c)
{
    if (head.len >= 2 && (memcmp(head.at, "\xFE\xFF", 2) == 0 || memcmp(head.at, "\xFF\xFE", 2) == 0))
        return; // UTF-16: nobody here reads it
    span text = head;
    if (text.len >= 3 && memcmp(text.at, "\xEF\xBB\xBF", 3) == 0)
        text = span_from(text, 3);
    while (text.len && text.at[0] <= ' ')
        text = span_from(text, 1);
    c->not_hl7 = !text.len || text.at[0] != '<';
    span first = span_cut(text, 0, 200);
    bool other = within(first, "encoding=") && !within(first, "utf-8") && !within(first, "UTF-8");
    c->encoding = !c->not_hl7 && whole && !other && !utf8_valid(head);
    while (tail.len && (tail.at[tail.len - 1] <= ' '))
        tail.len--;
    c->cut = !c->not_hl7 && (!tail.len || tail.at[tail.len - 1] != '>');
}

err content_part(const char *name, span head, span tail, bool whole, content *ret)
{
    content c = {.end = END_UNTOLD};
    if (head.len == 0) {
        c.cut = true;
    } else if (named(name, ".hl7") && whole) {
        err e = content_hl7(head, &c);
        if (e)
            return e;
        c.end = END_UNTOLD;
    } else if (named(name, ".pdf")) {
        check_pdf(head, tail, &c);
    } else if (named(name, ".xml")) {
        check_xml(head, tail, whole, &c);
    }
    *ret = c;
    return OK;
}

// ---- reading ----------------------------------------------------------------------------------------

static err read_at(int fd, off_t from, size_t want, buf *out)
{
    buf_clear(out);
    err e = buf_reserve(out, want);
    while (e == OK && out->len < want) {
        ssize_t n = pread(fd, out->at + out->len, want - out->len, from + (off_t)out->len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            e = ERR_IO;
        if (n <= 0)
            break; // shorter than it was: what is there is judged, and its time is another one
        out->len += (size_t)n;
    }
    return e;
}

// Larger than any message that is read: its beginning and its end.
static err large_hl7(span head, span tail, content *ret)
{
    content c = {.end = end_of(tail), .not_hl7 = !within(span_cut(head, 0, 16), "MSH")};
    if (c.not_hl7)
        c.end = END_UNTOLD;
    *ret = c;
    return OK;
}

static err one_file(int fd, uint64_t bytes, bool standard, const char *name, content *ret)
{
    bool whole = bytes <= WHOLE_MAX && (standard || named(name, ".hl7") || named(name, ".xml"));
    buf head = {.max = WHOLE_MAX + 1}, tail = {0};
    err e = read_at(fd, 0, whole ? (size_t)bytes : bytes < GLANCE ? (size_t)bytes : GLANCE, &head);
    if (e == OK && !whole)
        e = read_at(fd, bytes < GLANCE ? 0 : (off_t)(bytes - GLANCE), bytes < GLANCE ? (size_t)bytes : GLANCE, &tail);
    span last = whole ? buf_span(&head) : buf_span(&tail);
    if (e == OK && standard)
        e = whole ? content_hl7(buf_span(&head), ret) : large_hl7(buf_span(&head), last, ret);
    else if (e == OK)
        e = content_part(name, buf_span(&head), last, whole, ret);
    buf_wipe(&head);
    buf_wipe(&tail);
    return e;
}

typedef struct reading {
    ssmix_index *x;
    const ssmix_entry *e;
    content all;
    size_t parts;
} reading;

static err one_part(void *ctx, const char *part, uint64_t bytes)
{
    reading *r = ctx;
    content c = {0};
    int fd;
    if (r->parts == PARTS_MAX)
        return ERR_CLOSED;
    err e = ssmix_file_open(r->x, r->e, part, &fd, &bytes);
    if (e)
        return e;
    e = one_file(fd, bytes, false, part, &c);
    close(fd);
    r->parts++;
    r->all.not_hl7 |= c.not_hl7;
    r->all.encoding |= c.encoding;
    r->all.cut |= c.cut;
    return e;
}

err content_read(ssmix_index *x, const ssmix_entry *e, content *ret)
{
    reading r = {.x = x, .e = e, .all = {.end = END_UNTOLD}};
    uint64_t bytes;
    int fd;
    err why = e->kind == SSMIX_EXTENDED ? ssmix_parts(x, e, one_part, &r) : ssmix_file_open(x, e, "", &fd, &bytes);
    if (why == OK && e->kind == SSMIX_STANDARD) {
        why = one_file(fd, bytes, true, "", &r.all);
        close(fd);
    } else if (why == OK && r.parts == 0) {
        r.all.cut = true; // a document without a file
    }
    if (why == OK)
        *ret = r.all;
    return why;
}

// ---- marks ------------------------------------------------------------------------------------------

static err why_not(void)
{
    return errno == ENOENT || errno == ENOTDIR || errno == ELOOP || errno == EXDEV ? ERR_NOT_FOUND : ERR_IO;
}

static void put_mark(buf *b, const struct stat *st)
{
    buf_put_u64(b, (uint64_t)st->st_size);
    buf_put_u64(b, (uint64_t)st->st_mtim.tv_sec);
    buf_put_u64(b, (uint64_t)st->st_mtim.tv_nsec);
}

static err marks_of_parts(int dir, buf *b)
{
    names list = {0};
    err e = names_read(dir, &list);
    names_sort(&list);
    for (size_t i = 0; e == OK && i < list.count && i < PARTS_MAX; i++) {
        struct stat st;
        char name[256];
        e = span_to_str(names_at(&list, i), name, sizeof name);
        if (e == OK && fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode)) {
            buf_put_str(b, name);
            put_mark(b, &st);
        }
    }
    names_done(&list);
    return e;
}

err content_mark(ssmix_index *x, const ssmix_entry *e, uint64_t *ret)
{
    static const uint8_t key[16] = "contents";
    struct stat st;
    buf b = {0};
    bool folder = e->kind == SSMIX_EXTENDED;
    if (e->root < 0 || e->root >= (int)x->o.root_count)
        return ERR_USAGE;
    int root = open(x->roots[e->root].path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (root < 0)
        return ERR_CLOSED;
    int fd = beneath_open(root, e->folder, folder ? BENEATH_DIR : O_PATH);
    err why = fd < 0 || fstat(fd, &st) != 0 ? why_not() : OK;
    if (why == OK && !(folder ? S_ISDIR(st.st_mode) : S_ISREG(st.st_mode)))
        why = ERR_NOT_FOUND;
    if (why == OK && folder)
        why = marks_of_parts(fd, &b);
    else if (why == OK)
        put_mark(&b, &st);
    if (fd >= 0)
        close(fd);
    close(root);
    if (why == OK)
        why = b.sticky;
    if (why == OK)
        *ret = siphash(key, buf_span(&b)) | 1; // 0: none
    buf_done(&b);
    return why;
}
