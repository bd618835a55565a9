// SPDX-License-Identifier: Apache-2.0
// The list of what a release allows, in pieces that each fit a message: every file of
// the granted categories within their windows, newest rules and own record applied.
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node/charts/document.h"
#include "node/charts/person.h"
#include "node/disclosing/release.h"

enum { LIST_ARENA = 32 << 20 };

err message_put(const ProtobufCMessage *m, buf *out)
{
    size_t at = out->len;
    buf_put_u32(out, 0);
    err e = wire_encode(m, out);
    if (e == OK)
        be32_put(out->at + at, (uint32_t)(out->len - at - 4));
    return e;
}

err manifest_entry(const node *n, const book *b, const ssmix_entry *e, const char *part, uint64_t bytes, arena *a,
                   Tsunagu__ManifestEntry *ret)
{
    uint8_t id[16];
    memcpy(id, e->id, sizeof id);
    if (e->kind == SSMIX_EXTENDED)
        document_part_id(n, e, part, id);
    tsunagu__manifest_entry__init(ret);
    ret->document = wire_bytes(arena_copy(a, span_of(id, sizeof id)));
    ret->category = (uint32_t)mapping_category(b->map, e);
    ret->day = e->date;
    ret->time_ms = e->time;
    ret->type = arena_str(a, span_str(e->type));
    ret->title = arena_str(a, span_str(e->title));
    ret->department = arena_str(a, span_str(e->department));
    ret->bytes = bytes;
    ret->media = (char *)document_media(e->kind, part);
    ret->part = arena_str(a, span_str(e->kind == SSMIX_EXTENDED ? part : ""));
    return ret->document.data && ret->type && ret->title && ret->department && ret->part ? OK : ERR_MEM;
}

err manifest_paper(const book *b, const shelf_document *d, arena *a, Tsunagu__ManifestEntry *ret)
{
    tsunagu__manifest_entry__init(ret);
    ret->document = wire_bytes(arena_copy(a, span_of(d->id, sizeof d->id)));
    ret->category = (uint32_t)policy_category(b->r->p, d->category);
    ret->day = d->date;
    ret->time_ms = d->filed;
    ret->type = arena_str(a, SPAN_LIT("shelf"));
    ret->title = arena_str(a, span_str(d->title));
    ret->department = arena_str(a, (span){0});
    ret->bytes = d->bytes;
    ret->media = (char *)shelf_media_name(d->media);
    ret->part = arena_str(a, (span){0});
    return ret->document.data && ret->type && ret->title && ret->department && ret->part ? OK : ERR_MEM;
}

typedef struct listing {
    node *n;
    const book *b;
    const release *r;
    buf *out;
    arena memory;
    Tsunagu__ManifestEntry entries[WIRE_MANIFEST_ENTRIES], *list[WIRE_MANIFEST_ENTRIES];
    size_t count;
    Tsunagu__PatientFacts *facts; // with the first piece
    bool older;
    const ssmix_entry *at;
} listing;

static err piece_put(listing *l, bool more)
{
    Tsunagu__Manifest m = TSUNAGU__MANIFEST__INIT;
    m.patient = l->facts;
    m.entries = l->list;
    m.n_entries = l->count;
    m.more = more;
    m.older_withheld = !more && l->older && (policy_told(l->b->r->p) >> WHY_WINDOW & 1);
    err e = message_put((const ProtobufCMessage *)&m, l->out);
    l->facts = NULL;
    l->count = 0;
    arena_clear(&l->memory);
    return e;
}

static err part_one(void *ctx, const char *part, uint64_t bytes)
{
    listing *l = ctx;
    if (l->count == WIRE_MANIFEST_ENTRIES) {
        err e = piece_put(l, true);
        if (e)
            return e;
    }
    Tsunagu__ManifestEntry *m = &l->entries[l->count];
    err e = manifest_entry(l->n, l->b, l->at, part, bytes, &l->memory, m);
    if (e == OK)
        l->list[l->count++] = m;
    return e;
}

static err paper_one(void *ctx, const shelf_document *d)
{
    listing *l = ctx;
    err e = release_allows_paper(l->r, l->b, d);
    if (e == ERR_EXPIRED)
        l->older = true;
    if (e)
        return OK;
    if (l->count == WIRE_MANIFEST_ENTRIES && (e = piece_put(l, true)) != OK)
        return e;
    e = manifest_paper(l->b, d, &l->memory, &l->entries[l->count]);
    if (e == OK) {
        l->list[l->count] = &l->entries[l->count];
        l->count++;
    }
    return e;
}

static err entry_one(void *ctx, const ssmix_entry *e)
{
    listing *l = ctx;
    uint64_t bytes;
    int fd;
    err may = release_allows(l->r, l->b, e);
    if (may == ERR_EXPIRED)
        l->older = true;
    if (may)
        return OK;
    l->at = e;
    if (e->kind == SSMIX_EXTENDED) {
        err failed = ssmix_parts(l->n->index, e, part_one, l);
        return failed == ERR_MEM || failed == ERR_LIMIT ? failed : OK; // a folder that is gone is no entry
    }
    if (ssmix_file_open(l->n->index, e, "", &fd, &bytes) != OK)
        return OK;
    close(fd);
    return part_one(l, "", bytes);
}

// To see that it is the right patient; only where the basics are granted.
static void facts_fill(listing *l, store_txn *t, Tsunagu__PatientFacts *ret)
{
    int basics = policy_category(l->b->r->p, "basics");
    identity who;
    char text[IDENTITY_TEXT * 2 + 2], birth[11], sex[2] = {0};
    if (basics == POLICY_NONE || !(l->r->granted >> basics & 1) ||
        person_identity(l->n, t, l->r->c.chart, &who, NULL) != OK)
        return;
    tsunagu__patient_facts__init(ret);
    person_name(who.kanji_family, who.kanji_given, text);
    ret->kanji = arena_str(&l->memory, span_str(text));
    person_name(who.kana_family, who.kana_given, text);
    ret->kana = arena_str(&l->memory, span_str(text));
    day_format(who.birth, birth);
    ret->birth = arena_str(&l->memory, span_str(birth));
    sex[0] = who.sex;
    ret->sex = arena_str(&l->memory, span_str(sex));
    ret->postal = arena_str(&l->memory, span_str(who.postal));
    if (ret->kanji && ret->kana && ret->birth && ret->sex && ret->postal)
        l->facts = ret;
    identity_wipe(&who);
    explicit_bzero(text, sizeof text);
}

err manifest_write(node *n, const book *b, const release *r, buf *out)
{
    Tsunagu__PatientFacts facts;
    store_txn *t;
    listing *l = calloc(1, sizeof *l);
    if (!l)
        return ERR_MEM;
    *l = (listing){.n = n, .b = b, .r = r, .out = out};
    arena_init(&l->memory, LIST_ARENA);
    uint64_t facility;
    const char *number;
    bool filed = shelf_chart_read(r->c.chart, &facility, &number);
    err e = store_read(n->keep, &t);
    if (e == OK) {
        if (filed && n->papers) {
            e = shelf_walk(n->papers, t, facility, number, paper_one, l);
        } else if (!filed && n->index) {
            facts_fill(l, t, &facts);
            e = ssmix_entries(n->index, t, span_str(r->c.chart), entry_one, l);
        }
        store_end(t);
    }
    if (e == OK)
        e = piece_put(l, false);
    arena_done(&l->memory);
    free(l);
    return e;
}
