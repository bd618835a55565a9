// SPDX-License-Identifier: Apache-2.0
// Who minds which letter, on one page; handed to the post when it opens.
#ifndef TSUNAGU_NODE_POST_ROWS_H
#define TSUNAGU_NODE_POST_ROWS_H

#include "node/line/post.h"

extern const post_row post_rows[];
extern const size_t post_row_count;

#endif
