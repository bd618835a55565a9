// SPDX-License-Identifier: Apache-2.0
// An explanation as lines for people.
#include <string.h>

#include "policies/workshop/explain.h"
#include "policies/workshop/words.h"
#include "proto/base/tongue.h"

const char *explain_layer_name(explain_layer l)
{
    static const char *const NAMES[LAYER_COUNT] = {"in-force", "viewer", "source", "consent", "rule", "agreement", "window"};
    return (unsigned)l < LAYER_COUNT ? NAMES[l] : "";
}

const char *explain_layer_word(explain_layer l)
{
    static const char *const WORDS[LAYER_COUNT] = {N_("in force"), N_("viewing side"), N_("disclosing side"), N_("consent"),
                                                   N_("rule"), N_("agreement"), N_("window of time")};
    return (unsigned)l < LAYER_COUNT ? _(WORDS[l]) : "";
}

err explain_put(const explanation *x, buf *out)
{
    bool changes = false;
    buf_printf(out, "%s\n", x->headline);
    if (*x->others)
        buf_printf(out, "%s\n", x->others);
    buf_put_str(out, "\n");
    for (size_t i = 0; i < x->count; i++) {
        const explain_step *s = &x->steps[i];
        buf_put_str(out, "  ");
        words_column(s->passes ? _("OK") : _("NO"), 4, out);
        words_column(explain_layer_word(s->layer), 17, out);
        buf_put_str(out, s->said);
        if (s->place.file)
            buf_printf(out, " [%s:%u]", s->place.file, s->place.line);
        buf_put_str(out, "\n");
        changes = changes || s->change;
    }
    if (changes)
        buf_printf(out, "\n%s\n", _("For a yes:"));
    for (size_t i = 0; i < x->count; i++)
        if (x->steps[i].change)
            buf_printf(out, "  - %s\n", x->steps[i].change);
    return out->sticky;
}
