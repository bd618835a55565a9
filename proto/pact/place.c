// SPDX-License-Identifier: Apache-2.0
// Addresses. One house is `北海道札幌市中央区南九条西十丁目３番５号 コーポ一〇一`, `札幌市中央区南9条西10-3-5-101`
// and `南9西10丁目3-5`. What a building is called is not compared: nobody writes it twice alike.
#include "proto/pact/place.h"

#include <string.h>

#include "proto/base/utf8.h"
#include "proto/crypto/hash.h"
#include "proto/pact/fold.h"

#define GETA 0x25a0u // ■
#define NUMBER_LIMIT 100000000u

typedef struct text {
    uint32_t at[2 * PLACE_CHARS];
    size_t len;
} text;

static bool text_of(span s, text *ret)
{
    buf plain = {0};
    bool fits = fold_nfkc(s, &plain) == OK;
    ret->len = 0;
    for (span rest = buf_span(&plain); fits && rest.len;) {
        uint32_t c = utf8_next(&rest);
        fits = ret->len < sizeof ret->at / sizeof *ret->at;
        if (fits)
            ret->at[ret->len++] = c;
    }
    buf_wipe(&plain);
    return fits;
}

// How many characters of `word` stand at i; 0: another word does.
static size_t word_at(const text *t, size_t i, const char *word)
{
    size_t n = 0;
    for (span s = span_str(word); s.len; n++)
        if (i + n >= t->len || t->at[i + n] != utf8_next(&s))
            return 0;
    return n;
}

static size_t any_at(const text *t, size_t i, const char *const *words)
{
    size_t n = 0;
    while (*words && !n)
        n = word_at(t, i, *words++);
    return n;
}

static bool is_digit(const text *t, size_t i)
{
    return i < t->len && t->at[i] >= '0' && t->at[i] <= '9';
}

// ---- numbers in kanji --------------------------------------------------------------------

static int kanji_digit(uint32_t c)
{
    static const uint32_t digits[] = {0x3007, 0x4e00, 0x4e8c, 0x4e09, 0x56db, 0x4e94, 0x516d, 0x4e03, 0x516b, 0x4e5d};
    for (int i = 0; i < 10; i++) // 〇 to 九
        if (digits[i] == c)
            return i;
    return c == 0x5341 ? 10 : c == 0x767e ? 100 : -1; // 十, 百
}

// 二十四 and 二四 are 24.
static uint32_t kanji_number(const text *t, size_t from, size_t to)
{
    uint32_t sum = 0, last = 0;
    for (size_t i = from; i < to && sum < NUMBER_LIMIT && last < NUMBER_LIMIT; i++) {
        uint32_t v = (uint32_t)kanji_digit(t->at[i]);
        if (v >= 10) {
            sum += (last ? last : 1) * v;
            last = 0;
        } else {
            last = last * 10 + v;
        }
    }
    return sum + last;
}

static void put_number(text *t, uint32_t n)
{
    char digits[12];
    size_t len = 0;
    do
        digits[len++] = (char)('0' + n % 10);
    while ((n /= 10) != 0);
    while (len && t->len < sizeof t->at / sizeof *t->at)
        t->at[t->len++] = (uint32_t)digits[--len];
}

// 南九条 becomes 南9条; 二十四軒 and 八軒 are names and stay.
static void numbers_written(const text *t, text *ret)
{
    static const char *const behind[] = {"条", "丁目", "番", "号", "線", NULL};
    ret->len = 0;
    for (size_t i = 0; i < t->len;) {
        size_t end = i;
        while (end < t->len && kanji_digit(t->at[end]) >= 0)
            end++;
        if (end > i && any_at(t, end, behind)) {
            put_number(ret, kanji_number(t, i, end));
            i = end;
        } else {
            do
                if (ret->len < sizeof ret->at / sizeof *ret->at)
                    ret->at[ret->len++] = t->at[i];
            while (++i < end);
        }
    }
}

// ---- area -----------------------------------------------------------------------------------

static size_t prefecture(const text *t)
{
    static const char *const named[] = {"北海道", "東京都", "京都府", "大阪府", NULL};
    size_t n = any_at(t, 0, named);
    for (size_t i = 2; !n && i <= 3; i++) // 青森県, 神奈川県
        n = word_at(t, i, "県") ? i + 1 : 0;
    return n;
}

// The two ways to write the sounds that hold a place's name together: 緑ヶ丘, 緑が丘; 宮の森, 宮ノ森.
static uint32_t joint(uint32_t c)
{
    switch (c) {
    case 0x30f6: case 0x30ab: case 0x30ac: case 0x304c: return 0x30b1; // ヶ カ ガ が: ケ
    case 0x30ce: case 0x4e4b: return 0x306e;                           // ノ 之: の
    default: return c;
    }
}

static bool area_fold(const text *t, size_t end, place *p)
{
    static const char *const left_out[] = {"大字", "字", NULL};
    buf raw = {0}, folded = {0};
    err e = OK;
    for (size_t i = prefecture(t); e == OK && i < end;) {
        size_t skip = any_at(t, i, left_out);
        if (!skip)
            e = utf8_put(&raw, joint(t->at[i] >= 'a' && t->at[i] <= 'z' ? t->at[i] - 32 : t->at[i]));
        i += skip ? skip : 1;
    }
    if (e == OK)
        e = fold_kanji(buf_span(&raw), true, &folded);
    for (span s = buf_span(&folded); e == OK && s.len;) {
        uint32_t c = utf8_next(&s);
        p->wild |= c == GETA;
        if (p->len == PLACE_CHARS)
            e = ERR_LIMIT;
        else
            p->area[p->len++] = c;
    }
    buf_wipe(&raw);
    buf_wipe(&folded);
    return e == OK;
}

// 南9西10 in a hurry is 南9条西10.
static void streets(const text *t, text *ret)
{
    static const char *const before[] = {"南", "北", NULL}, *const behind[] = {"東", "西", NULL};
    ret->len = 0;
    for (size_t i = 0; i < t->len && ret->len + 1 < sizeof ret->at / sizeof *ret->at; i++) {
        size_t first = i;
        ret->at[ret->len++] = t->at[i];
        while (first && is_digit(t, first) && is_digit(t, first - 1))
            first--;
        if (first && is_digit(t, i) && any_at(t, first - 1, before) && any_at(t, i + 1, behind))
            ret->at[ret->len++] = 0x6761; // 条
    }
}

// ---- numbers --------------------------------------------------------------------------------

// What may stand between two numbers, or behind the last.
static size_t mark_at(const text *t, size_t i)
{
    static const char *const marks[] = {"丁目", "番地", "番", "号", NULL};
    static const char *const names[] = {"番町", "番館", "番街", "号室", "号館", "号棟", NULL}, *const of[] = {"の", "ノ", NULL};
    if (i < t->len && fold_is_hyphen(t->at[i]))
        return 1;
    size_t n = any_at(t, i, names) ? 0 : any_at(t, i, marks);
    return n ? n : any_at(t, i, of) && is_digit(t, i + 1) ? 1 : 0;
}

static size_t digits_end(const text *t, size_t i)
{
    while (is_digit(t, i))
        i++;
    return i;
}

static uint32_t number_at(const text *t, size_t i)
{
    uint32_t n = 0;
    for (; is_digit(t, i) && n < NUMBER_LIMIT; i++)
        n = n * 10 + (t->at[i] - '0');
    return n;
}

// Where the numbers begin: digits that no part of the area's name follows.
static size_t numbers_begin(const text *t)
{
    size_t i = 0;
    while (i < t->len) {
        size_t end = digits_end(t, i);
        if (end > i && (end == t->len || fold_is_space(t->at[end]) || mark_at(t, end)))
            return i;
        i = end > i ? end : i + 1;
    }
    return i;
}

static size_t numbers_read(const text *t, size_t i, place *p)
{
    while (is_digit(t, i) && p->count < PLACE_NUMBERS) {
        size_t end = digits_end(t, i);
        if (word_at(t, end, "号室")) // 3-5-101号室
            return i;
        p->numbers[p->count++] = number_at(t, i);
        i = end;
        bool last = false;
        for (size_t n; !last && (n = mark_at(t, i)) != 0; i += n) {
            p->lot |= word_at(t, i, "番地") > 0;
            last = word_at(t, i, "号") > 0;
        }
        p->house |= last;
        if (last)
            return i;
    }
    return i;
}

// The last number behind the house's: コーポ2 101号室.
static uint32_t room_of(const text *t, size_t i)
{
    uint32_t room = 0;
    for (; i < t->len; i++)
        if (is_digit(t, i)) {
            room = number_at(t, i);
            i = digits_end(t, i);
        }
    return room;
}

bool place_of(const char *address, place *ret)
{
    text plain, t;
    place p = {.len = 0};
    bool usable = text_of(span_str(address), &plain);
    if (usable) {
        numbers_written(&plain, &t);
        streets(&t, &plain);
        size_t begin = numbers_begin(&plain);
        usable = area_fold(&plain, begin, &p) && p.len > 0;
        p.room = room_of(&plain, numbers_read(&plain, begin, &p));
    }
    if (usable)
        *ret = p;
    crypto_wipe(&plain, sizeof plain);
    crypto_wipe(&t, sizeof t);
    crypto_wipe(&p, sizeof p);
    return usable;
}

// ---- comparing ------------------------------------------------------------------------------

static bool ends_a_part(uint32_t c)
{
    return c == 0x5e02 || c == 0x533a || c == 0x90e1 || c == 0x753a || c == 0x6751; // 市 区 郡 町 村
}

// The same area, or the shorter one leaves out the city or the ward.
static evidence areas(const place *a, const place *b)
{
    if (a->len < b->len) {
        const place *swap = a;
        a = b;
        b = swap;
    }
    size_t more = a->len - b->len;
    if (b->len < 2 || (more && !ends_a_part(a->area[more - 1])))
        return EVIDENCE_DIFFERS;
    for (size_t i = 0; i < b->len; i++) {
        uint32_t x = a->area[more + i], y = b->area[i];
        if (x != y && x != GETA && y != GETA)
            return EVIDENCE_DIFFERS;
    }
    return a->wild || b->wild ? EVIDENCE_CLOSE : EVIDENCE_AGREES;
}

// One list of numbers may go on with the room: 3-5-101, 3番5号. A 丁目 alone is no house.
static bool same_house(const place *a, const place *b)
{
    const place *fewer = a->count <= b->count ? a : b;
    bool whole = a->count == b->count || fewer->count >= 3 || fewer->house;
    bool named = fewer->count >= 2 || (fewer->count && fewer->lot);
    return whole && named && memcmp(a->numbers, b->numbers, (size_t)fewer->count * sizeof *a->numbers) == 0;
}

static uint32_t room(const place *p, int count)
{
    return p->room ? p->room : p->count > count ? p->numbers[p->count - 1] : 0;
}

evidence place_compare(const place *a, const place *b, identity_reason *ret_why)
{
    evidence area = areas(a, b);
    int common = a->count < b->count ? a->count : b->count;
    uint32_t x = room(a, common), y = room(b, common);
    if (area == EVIDENCE_DIFFERS) {
        *ret_why = REASON_MOVED;
        return EVIDENCE_DIFFERS;
    }
    if (same_house(a, b)) {
        bool rooms = x && y && x != y;
        *ret_why = rooms ? REASON_ROOM : area == EVIDENCE_CLOSE ? REASON_GAIJI : REASON_NOTATION;
        return rooms ? EVIDENCE_CLOSE : area;
    }
    // A lot of land and a house in a block have numbers of their own for one place.
    bool two_systems = (a->lot && b->house) || (a->house && b->lot);
    *ret_why = two_systems ? REASON_LOT : REASON_NEARBY;
    return EVIDENCE_CLOSE;
}
