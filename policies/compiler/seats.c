// SPDX-License-Identifier: Apache-2.0
// The council itself: its seats (never people), who watches, what share of the seats
// ratifies, and which version this one follows.
#include <stdlib.h>
#include <string.h>

#include "policies/compiler/draft.h"

#define TERM_MONTHS 24
#define SEATS_OF_ONE 3

static bool fraction_draft(draft *d, draft_place value, policy_fraction *ret)
{
    const char *s = draft_text(d, value);
    if (!s)
        return false;
    char narrow[16] = "";
    uint32_t part[2] = {0, 0};
    int side = 0;
    digits_narrow(strlen(s) < 32 ? s : "", narrow, sizeof narrow);
    for (const char *at = narrow; *at && side >= 0; at++) {
        if (*at == '/' && side == 0 && at > narrow)
            side = 1;
        else if (*at >= '0' && *at <= '9' && part[side] < 100)
            part[side] = part[side] * 10 + (uint32_t)(*at - '0');
        else
            side = -1;
    }
    if (side != 1 || part[0] == 0 || part[0] > part[1] || part[1] > BUNDLE_QUORUM) {
        draft_error(d, value, _("\"%.60s\" is no share of the seats; write 3/4"), s);
        return false;
    }
    uint32_t a = part[0], b = part[1];
    while (b) { // 6/8 and 3/4 are one meaning
        uint32_t rest = a % b;
        a = b;
        b = rest;
    }
    *ret = (policy_fraction){part[0] / a, part[1] / a};
    return true;
}

static int text_cmp(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void observers_draft(draft *d, draft_place list)
{
    if (!list.node)
        return;
    if (list.node->kind != YAML_LIST || list.node->count > BUNDLE_OBSERVERS) {
        draft_error(d, list, _("expected a list of at most %d texts"), BUNDLE_OBSERVERS);
        return;
    }
    d->observers = draft_get(d, list.node->count, sizeof *d->observers);
    for (size_t i = 0; d->observers && i < list.node->count; i++) {
        const char *s = draft_text(d, draft_item(list, i));
        if (!s)
            continue;
        for (size_t k = 0; k < d->observer_count; k++)
            if (strcmp(d->observers[k], s) == 0)
                draft_error(d, draft_item(list, i), _("\"%s\" stands here twice"), s);
        d->observers[d->observer_count++] = s;
    }
    if (d->observer_count > 1)
        qsort(d->observers, d->observer_count, sizeof *d->observers, text_cmp);
}

static bool seat_draft(draft *d, draft_place map, draft_seat *ret)
{
    draft_place name = draft_may(map, "name");
    if (name.node) { // said in words of its own: "did you mean note?" would invite it there
        draft_error(d, name, _("a seat is an office, never a person: no name stands here"));
        return false;
    }
    if (!draft_map(d, map, &SHAPE_SEAT))
        return false;
    draft_seat s = {.place = map};
    s.id = draft_id(d, draft_may(map, "id"));
    s.institution = draft_text(d, draft_may(map, "institution"));
    s.office = draft_text(d, draft_may(map, "office"));
    bool ok = draft_date(d, draft_may(map, "from"), &s.from);
    ok &= draft_date(d, draft_may(map, "until"), &s.until);
    draft_place key = draft_may(map, "key");
    s.has_key = key.node && draft_key(d, key, s.key);
    if (ok && s.until < s.from) {
        draft_error(d, draft_may(map, "until"), _("the term would end before it begins"));
        ok = false;
    }
    ok = ok && s.id && s.institution && s.office;
    if (ok)
        *ret = s;
    return ok;
}

static int seat_cmp(const void *a, const void *b)
{
    const draft_seat *x = a, *y = b;
    int c = strcmp(x->id, y->id);
    return c ? c : (x->place.node->line > y->place.node->line) - (x->place.node->line < y->place.node->line);
}

static void seats_cross_check(draft *d)
{
    for (size_t i = 0; i < d->seat_count; i++) {
        const draft_seat *s = &d->seats[i];
        if (i && strcmp(s[-1].id, s->id) == 0)
            draft_error(d, s->place, _("the seat \"%s\" is described twice"), s->id);
        for (size_t k = 0; s->has_key && k < i; k++)
            if (d->seats[k].has_key && memcmp(d->seats[k].key, s->key, 32) == 0)
                draft_error(d, draft_may(s->place, "key"), _("this key already is that of the seat \"%s\""),
                            d->seats[k].id);
    }
}

static void previous_draft(draft *d, draft_place map)
{
    draft_place value = draft_may(map, "previous");
    if (!value.node)
        return;
    d->has_previous = draft_key(d, value, d->previous);
    if (d->version == 1)
        draft_error(d, value, _("version 1 follows no other"));
}

void seats_draft(draft *d, draft_place map)
{
    draft_place quorum = draft_may(map, "quorum"), meetings = draft_may(map, "meetings");
    if (quorum.node)
        fraction_draft(d, quorum, &d->quorum);
    previous_draft(d, map);
    if (meetings.node && draft_map(d, meetings, &SHAPE_MEETINGS)) {
        draft_number(d, meetings, &SHAPE_MEETINGS, "a_year", &d->meetings_a_year);
        draft_number(d, meetings, &SHAPE_MEETINGS, "year_begins", &d->meetings_begin);
    }
    observers_draft(d, draft_may(map, "observers"));
    draft_place list = draft_may(map, "seats");
    size_t count = draft_list(d, list, &SHAPE_SEAT);
    if (count > BUNDLE_SEATS) {
        draft_error(d, list, _("too many: at most %zu"), (size_t)BUNDLE_SEATS);
        return;
    }
    d->seats = draft_get(d, count, sizeof *d->seats);
    for (size_t i = 0; d->seats && i < count; i++)
        d->seat_count += seat_draft(d, draft_item(list, i), &d->seats[d->seat_count]);
    if (d->seat_count > 1)
        qsort(d->seats, d->seat_count, sizeof *d->seats, seat_cmp);
    seats_cross_check(d);
}

// ---- legal, but suspicious ---------------------------------------------------

static void term_suspect(draft *d, const draft_seat *s, day today)
{
    char until[11];
    day_format(s->until, until);
    if (s->until < d->effective_from)
        draft_warn(d, draft_may(s->place, "until"), _("the term of \"%s\" ends before these rules take effect"),
                   s->id);
    else if (today != DAY_NONE && s->until < today)
        draft_warn(d, draft_may(s->place, "until"), _("the term of \"%s\" ended on %s: it no longer counts"), s->id,
                   until);
    if (day_minus_months(s->until + 1, TERM_MONTHS) > s->from)
        draft_warn(d, draft_may(s->place, "until"), _("the term of \"%s\" is longer than two years"), s->id);
}

void seats_suspect(draft *d, day today)
{
    const yaml_doc *doc = draft_doc(d, "council.yaml", false);
    draft_place map = draft_at(doc, doc ? doc->root : NULL);
    size_t keys = 0;
    for (size_t i = 0; i < d->seat_count; i++) {
        const draft_seat *s = &d->seats[i];
        size_t same = 0;
        term_suspect(d, s, today);
        keys += s->has_key;
        for (size_t k = 0; k <= i; k++)
            same += strcmp(d->seats[k].institution, s->institution) == 0;
        if (same == SEATS_OF_ONE + 1)
            draft_warn(d, s->place, _("%s has more than three seats"), s->institution);
    }
    if (d->seat_count == 0)
        draft_warn(d, map, _("the council has no seats: nobody can ratify a change"));
    else if (keys < d->seat_count)
        draft_warn(d, draft_may(map, "seats"), _("%zu of %zu seats have no key yet: they cannot sign"),
                   d->seat_count - keys, d->seat_count);
    if (4 * d->quorum.numerator < 3 * d->quorum.denominator)
        draft_warn(d, draft_may(map, "quorum"), _("the charter asks for three quarters of the seats"));
    if (d->version > 1 && !d->has_previous)
        draft_warn(d, draft_may(map, "version"), _("\"previous\", the hash of the version before, is missing"));
}
