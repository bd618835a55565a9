// SPDX-License-Identifier: Apache-2.0
#include "policies/forms/filled.h"

#include <string.h>

#include "proto/base/utf8.h"

err filled_init(filled *f, const char *form, uint32_t version)
{
    if (strlen(form) > FILLED_NAME)
        return ERR_LIMIT;
    *f = (filled){.version = version};
    arena_init(&f->arena, 4 * FILLED_BYTES);
    f->form = arena_str(&f->arena, span_str(form));
    return f->form ? OK : ERR_MEM;
}

void filled_done(filled *f)
{
    arena_done(&f->arena);
    *f = (filled){0};
}

// Where the name stands, or would.
static size_t place_of(const filled *f, const char *name, bool *found)
{
    size_t i = 0;
    while (i < f->count && strcmp(f->fields[i].name, name) < 0)
        i++;
    *found = i < f->count && strcmp(f->fields[i].name, name) == 0;
    return i;
}

err filled_add(filled *f, const char *name, const char *value)
{
    bool found;
    size_t i = place_of(f, name, &found);
    size_t len = strlen(value);
    bool full = found ? f->fields[i].count == FILLED_VALUES : f->count == FILLED_FIELDS;
    if (full || len > FILLED_TEXT || !*name || strlen(name) > FILLED_NAME)
        return ERR_LIMIT;
    const char *copy = arena_str(&f->arena, span_of(value, len));
    // Room for one more is taken by doubling: the arena frees all at once.
    size_t count = found ? f->fields[i].count : 0;
    const char **values = found ? f->fields[i].values : NULL;
    const char *key = found ? f->fields[i].name : arena_str(&f->arena, span_str(name));
    if ((count & (count - 1)) == 0) { // 0, 1, 2, 4, ...
        values = arena_get(&f->arena, 2 * (count ? count : 1) * sizeof *values);
        if (values && count)
            memcpy(values, f->fields[i].values, count * sizeof *values);
    }
    if (!copy || !values || !key)
        return ERR_LIMIT;
    if (!found) {
        memmove(&f->fields[i + 1], &f->fields[i], (f->count - i) * sizeof f->fields[0]);
        f->fields[i] = (filled_field){.name = key};
        f->count++;
    }
    f->fields[i].values = values;
    values[f->fields[i].count++] = copy;
    return OK;
}

const filled_field *filled_find(const filled *f, const char *name)
{
    bool found;
    size_t i = place_of(f, name, &found);
    return found ? &f->fields[i] : NULL;
}

filled_place filled_where(const filled *f, const char *name)
{
    const filled_field *w = filled_find(f, name);
    if (w)
        return (filled_place){w->name, w->line, w->col};
    for (size_t i = 0; i < f->empty_count; i++)
        if (strcmp(f->empty[i].name, name) == 0)
            return f->empty[i];
    return f->whole;
}

const char *filled_value(const filled *f, const char *name)
{
    const filled_field *field = filled_find(f, name);
    return field ? field->values[0] : "";
}
