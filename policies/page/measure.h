// SPDX-License-Identifier: Apache-2.0
// How many lines a piece of our own HTML takes, before any browser has seen it. An estimate on the
// safe side: fonts differ, the page must fit with each of them.
// Owner: nothing. Thread: any. Fails: never.
#ifndef TSUNAGU_PAGE_MEASURE_H
#define TSUNAGU_PAGE_MEASURE_H

#include "proto/base/span.h"

#define EM 20 // units of width in a wide character

// Lines of `html` in a column of so many units. Tags that are known here: <br>, <wbr>, <i ...>X</i> (a
// drawn box, two thirds of an em to two ems wide by its class), <span class=o> (kept together), <small>.
int measure_lines(span html, int width);
int measure_width(span html); // in one line

#endif
