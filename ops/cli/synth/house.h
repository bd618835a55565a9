// SPDX-License-Identifier: Apache-2.0
// Each hospital's habits: how long its chart numbers are, how it spells, which
// of the two IN1 layouts it sends, how deep its department codes go.
#ifndef TSUNAGU_SYNTH_HOUSE_H
#define TSUNAGU_SYNTH_HOUSE_H

#include "proto/pact/identity.h"

typedef struct house {
    unsigned digits;       // of a chart number
    uint32_t modulus;      // prime; chart numbers are below it, padded with zeros
    bool large_kana;       // ショウイチ written シヨウイチ
    bool plain_zu;         // ヅ written ズ, ヂ written ジ
    bool old_characters;   // 高 as 髙, 辺 as 邊: partly outside JIS X 0208
    bool wide_digits;      // symbols, numbers and addresses in full-width digits
    bool branch;           // sends 枝番
    bool split_in1;        // 記号 in IN1-10 and 番号 in IN1-11, instead of IN1-10 `記号~番号~枝番`
    bool subdivisions;     // 3-character departments beside 2-character ones
    bool id_type;          // PID-3 ends in ^^^^PI
    const char *msh20;     // real senders disagree on the blank
    const char *maker;     // MSH-3
} house;

const house *house_of(uint32_t hospital);
void house_spell(const house *h, identity *i); // rewrites a person as this hospital has it

#endif
