// SPDX-License-Identifier: Apache-2.0
// Messages in Japanese and English by GNU gettext (in glibc). tongue_init is
// called once by each program; _() marks and translates, N_() only marks.
// Where LANG asks for Japanese but the locale is not installed, C.UTF-8 with
// LANGUAGE=ja is used, so that the words are right all the same.
#ifndef TSUNAGU_BASE_TONGUE_H
#define TSUNAGU_BASE_TONGUE_H

#include <libintl.h>
#include <stdbool.h>

#define _(s) gettext(s)
#define N_(s) (s)
void tongue_init(void);
bool tongue_is_japanese(void);

#endif
