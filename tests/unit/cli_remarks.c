// SPDX-License-Identifier: Apache-2.0
// Remarks of a candidate in words; every reason that a comparison can give has some.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ops/cli/remarks.h"
#include "proto/pact/identity.h"

static void says(const char *remarks, const char *words)
{
    buf b = {0};
    assert_int_equal(remarks_put(&b, remarks), OK);
    assert_string_equal(buf_str(&b), words);
    buf_done(&b);
}

static void in_words(void **state)
{
    (void)state;
    says("", "");
    says("kana_given:small_kana", "given name in kana: small kana written large");
    says("birth:swapped,postal:moved", "birth: month and day swapped; postal code: another area (moved?)");
}

static void the_unknown_stays(void **state)
{
    (void)state;
    says("shoe:too_large,birth:blue", "shoe: too_large; birth: blue");
    says("birth", "birth");
    says(",", "; ");
    says("birth:", "birth: ");
    says(":year", ": only the year differs");
}

static void every_reason_has_words(void **state)
{
    (void)state;
    for (int r = 1; r < REASON_COUNT; r++) {
        char remark[80], raw[80];
        buf b = {0};
        const char *name = identity_reason_name((identity_reason)r);
        snprintf(remark, sizeof remark, "sex:%s", name);
        snprintf(raw, sizeof raw, "sex: %s", name);
        assert_int_equal(remarks_put(&b, remark), OK);
        assert_string_not_equal(buf_str(&b), raw);
        buf_done(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_words),
        cmocka_unit_test(the_unknown_stays),
        cmocka_unit_test(every_reason_has_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
