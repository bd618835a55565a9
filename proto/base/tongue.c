// SPDX-License-Identifier: Apache-2.0
#include "proto/base/tongue.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

#ifndef TSUNAGU_LOCALE_DIR
#define TSUNAGU_LOCALE_DIR "/usr/share/locale"
#endif

static bool japanese;

static const char *env(const char *name)
{
    const char *v = getenv(name);
    return v && *v ? v : NULL;
}

static bool names_japanese(const char *locale)
{
    return locale && strncmp(locale, "ja", 2) == 0 && (!locale[2] || strchr("_.@:", locale[2]));
}

// POSIX's order of precedence for one category.
static const char *asked_for(const char *category)
{
    const char *v = env("LC_ALL");
    if (!v)
        v = env(category);
    return v ? v : env("LANG");
}

void tongue_init(void)
{
    const char *asked = asked_for("LC_MESSAGES");
    // Only characters and messages: numbers and order stay the same everywhere.
    bool have = setlocale(LC_CTYPE, "") && setlocale(LC_MESSAGES, "");
    if (!have) {
        setlocale(LC_CTYPE, "C.UTF-8");
        // Under plain "C" gettext never translates; under "C.UTF-8" it follows LANGUAGE.
        setlocale(LC_MESSAGES, "C.UTF-8");
        if (!env("LANGUAGE"))
            setenv("LANGUAGE", names_japanese(asked) ? "ja" : "en", 1);
    }
    const char *locale = setlocale(LC_MESSAGES, NULL);
    bool plain = !locale || strcmp(locale, "C") == 0 || strcmp(locale, "POSIX") == 0;
    const char *language = env("LANGUAGE");
    japanese = !plain && names_japanese(language ? language : locale);
    const char *dir = env("TSUNAGU_LOCALE_DIR");
    bindtextdomain("tsunagu", dir ? dir : TSUNAGU_LOCALE_DIR);
    bind_textdomain_codeset("tsunagu", "UTF-8");
    textdomain("tsunagu");
}

bool tongue_is_japanese(void)
{
    return japanese;
}
