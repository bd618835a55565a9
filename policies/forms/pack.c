// SPDX-License-Identifier: Apache-2.0
// Packed: protobuf, fields by rising name, nothing empty. Unpacking packs again and
// compares, so that no second spelling is ever taken.
#include <stdlib.h>
#include <string.h>

#include "policies/forms/filled.h"
#include "policies/forms/number.h"
#include "proto/wire/wire.h"

err form_pack(const filled *f, buf *out)
{
    static const uint8_t NONE[FILLED_NUMBER];
    Tsunagu__FilledForm message = TSUNAGU__FILLED_FORM__INIT;
    Tsunagu__FilledField fields[FILLED_FIELDS], *list[FILLED_FIELDS];
    for (size_t i = 0; i < f->count; i++) {
        fields[i] = (Tsunagu__FilledField)TSUNAGU__FILLED_FIELD__INIT;
        fields[i].name = (char *)f->fields[i].name;
        fields[i].values = (char **)f->fields[i].values;
        fields[i].n_values = f->fields[i].count;
        list[i] = &fields[i];
    }
    message.form = (char *)f->form;
    message.version = f->version;
    if (memcmp(f->number, NONE, sizeof NONE) != 0)
        message.number = wire_bytes(span_of(f->number, sizeof f->number));
    message.fields = list;
    message.n_fields = f->count;
    size_t before = out->len;
    err e = wire_encode(&message.base, out);
    return e ? e : out->len - before > FILLED_BYTES ? ERR_LIMIT : OK;
}

static err message_take(const Tsunagu__FilledForm *m, filled *f)
{
    if (m->number.len != 0 && m->number.len != FILLED_NUMBER)
        return ERR_FORMAT;
    if (m->number.len) {
        memcpy(f->number, m->number.data, FILLED_NUMBER);
        form_number_seal(f->number);
        if (memcmp(f->number, m->number.data, FILLED_NUMBER) != 0)
            return ERR_FORMAT;
    }
    err e = OK;
    for (size_t i = 0; !e && i < m->n_fields; i++) {
        const Tsunagu__FilledField *field = m->fields[i];
        if (!*field->name || field->n_values == 0)
            return ERR_FORMAT;
        for (size_t k = 0; !e && k < field->n_values; k++)
            e = *field->values[k] ? filled_add(f, field->name, field->values[k]) : ERR_FORMAT;
    }
    return e;
}

err form_unpack(span bytes, filled *ret)
{
    arena a;
    Tsunagu__FilledForm *m = NULL;
    filled *f = calloc(1, sizeof *f);
    buf again = {0};
    arena_init(&a, 0);
    err e = ERR_MEM;
    if (f)
        e = WIRE_DECODE(bytes, TSUNAGU__FILLED_FORM, tsunagu__filled_form__descriptor, FILLED_BYTES, &a, &m);
    if (!e)
        e = filled_init(f, m->form, m->version);
    if (!e)
        e = message_take(m, f);
    if (!e)
        e = form_pack(f, &again);
    if (!e && !span_eq(buf_span(&again), bytes))
        e = ERR_FORMAT;
    if (!e)
        *ret = *f;
    else if (f)
        filled_done(f);
    free(f);
    buf_done(&again);
    arena_done(&a);
    return e;
}
