// SPDX-License-Identifier: Apache-2.0
// unions/*.yaml: who is registered where. A facility may stand in several
// unions' files; then the files must tell the same about it.
#include <stdlib.h>
#include <string.h>

#include "policies/compiler/draft.h"

static void facility_draft(draft *d, draft_place map, int union_no, bool discloses)
{
    if (!draft_map(d, map, &SHAPE_FACILITY))
        return;
    draft_facility f = {.place = map, .ward = ""};
    bool ok = draft_code(d, draft_may(map, "code"), &f.code);
    f.name = draft_text(d, draft_may(map, "name"));
    draft_place ward = draft_may(map, "ward");
    if (ward.node)
        f.ward = draft_text(d, ward);
    f.kind = draft_word(d, draft_may(map, "kind"), &d->kinds);
    if (ok)
        draft_check_digit(d, draft_may(map, "code"), f.code);
    if (!ok || !f.name || !f.ward || f.kind == POLICY_NONE) {
        d->facilities_partial = true;
        return;
    }
    f.unions = 1ull << union_no;
    f.discloses = discloses ? f.unions : 0;
    if (d->facility_count < d->facility_cap)
        d->facilities[d->facility_count++] = f;
}

static size_t side_count(draft_place map, const char *key)
{
    draft_place list = draft_may(map, key);
    return list.node && list.node->kind == YAML_LIST ? list.node->count : 0;
}

static void side_draft(draft *d, draft_place map, const char *key, int union_no, bool discloses)
{
    draft_place list = draft_may(map, key);
    size_t count = draft_list(d, list, &SHAPE_FACILITY);
    for (size_t i = 0; i < count; i++)
        facility_draft(d, draft_item(list, i), union_no, discloses);
}

static int facility_cmp(const void *a, const void *b)
{
    const draft_facility *x = a, *y = b;
    if (x->code != y->code)
        return x->code < y->code ? -1 : 1;
    int c = strcmp(x->place.doc->file, y->place.doc->file);
    return c ? c : (x->place.node->line > y->place.node->line) - (x->place.node->line < y->place.node->line);
}

// The second and later entries of one code are folded into the first. `before`: the entry just before it,
// of the same file where that has the code twice.
static void facility_fold(draft *d, draft_facility *first, draft_place before, const draft_facility *f)
{
    const char *file = first->place.doc->file;
    unsigned line = first->place.node->line;
    if (first->unions & f->unions)
        draft_error(d, f->place, _("code %010llu is already registered with this union (%s:%u): take one of the two lines away"),
                    (unsigned long long)f->code, before.doc->file, before.node->line);
    else if (strcmp(first->name, f->name) != 0 || strcmp(first->ward, f->ward) != 0 || first->kind != f->kind)
        draft_error(d, f->place, _("code %010llu has another name, ward or kind at %s:%u: both must say the same"),
                    (unsigned long long)f->code, file, line);
    first->unions |= f->unions;
    first->discloses |= f->discloses;
}

static void facilities_sort(draft *d)
{
    if (d->facility_count > 1)
        qsort(d->facilities, d->facility_count, sizeof *d->facilities, facility_cmp);
    size_t kept = 0;
    draft_place before = {0};
    for (size_t i = 0; i < d->facility_count; i++) {
        draft_facility f = d->facilities[i];
        if (kept && d->facilities[kept - 1].code == f.code)
            facility_fold(d, &d->facilities[kept - 1], before, &f);
        else
            d->facilities[kept++] = f;
        before = f.place;
    }
    d->facility_count = kept;
}

// A signature under a list must say whose it is: one key is one union's, and no seat's.
static void union_keys_check(draft *d)
{
    for (size_t i = 0; i < d->unions.count; i++) {
        const draft_term *u = &d->unions.items[i];
        draft_place at = draft_may(u->place, "secretariat_key");
        for (size_t k = 0; u->has_key && k < i; k++)
            if (d->unions.items[k].has_key && memcmp(d->unions.items[k].key, u->key, 32) == 0)
                draft_error(d, at, _("this key already is that of the union \"%s\""), d->unions.items[k].id);
        for (size_t k = 0; u->has_key && k < d->seat_count; k++)
            if (d->seats[k].has_key && memcmp(d->seats[k].key, u->key, 32) == 0)
                draft_error(d, at, _("this key already is that of the seat \"%s\""), d->seats[k].id);
    }
}

void unions_draft(draft *d)
{
    union_keys_check(d);
    for (size_t i = 0; i < d->unions.count; i++)
        d->facility_cap += side_count(d->unions.items[i].place, "discloses") +
                           side_count(d->unions.items[i].place, "views");
    d->facilities = draft_get(d, d->facility_cap, sizeof *d->facilities);
    if (d->broken)
        return;
    for (size_t i = 0; i < d->unions.count; i++) {
        draft_place map = d->unions.items[i].place;
        side_draft(d, map, "discloses", d->unions.items[i].bit, true);
        side_draft(d, map, "views", d->unions.items[i].bit, false);
    }
    facilities_sort(d);
    if (d->facility_count > BUNDLE_FACILITIES)
        draft_error(d, d->unions.items[0].place, _("too many facilities: at most %d"), BUNDLE_FACILITIES);
    if (d->unions.count == 0)
        diag_add(d->diag, DIAG_ERROR, "unions", span_str(""), 0, 0,
                 _("there is no union: unions/NAME.yaml is needed at least once"));
    else if (d->facility_count == 0 && !d->facilities_partial)
        draft_error(d, d->unions.items[0].place, _("no facility is registered with any union"));
}

int draft_facility_of(const draft *d, uint64_t code)
{
    size_t low = 0, high = d->facility_count;
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (d->facilities[mid].code == code)
            return (int)mid;
        if (code < d->facilities[mid].code)
            high = mid;
        else
            low = mid + 1;
    }
    return POLICY_NONE;
}
