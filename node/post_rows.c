// SPDX-License-Identifier: Apache-2.0
// Who minds which letter, on one page.
#include "node/post.h"

const post_row post_rows[] = {
    {LETTER_NONE, NULL, NULL},
};
const size_t post_row_count = sizeof post_rows / sizeof post_rows[0];
