// SPDX-License-Identifier: Apache-2.0
// Tables of names and places for invented people.
#ifndef TSUNAGU_SYNTH_NAMES_H
#define TSUNAGU_SYNTH_NAMES_H

#include <stddef.h>

typedef struct synth_name {
    const char *kanji, *kana;
} synth_name;

typedef struct synth_ward {
    const char *name, *towns[4];
    const char *postal; // the first three digits
} synth_ward;

extern const synth_name names_family[];
extern const synth_name names_male[];
extern const synth_name names_female[];
extern const synth_ward names_wards[];
extern const size_t names_family_count, names_male_count, names_female_count, names_ward_count;

#endif
