// SPDX-License-Identifier: Apache-2.0
// Text into HTML: whatever it holds, it stays text.
// Owner: the buf is the caller's. Thread: any. Fails: in the buf (sticky).
#ifndef TSUNAGU_BASE_HTML_H
#define TSUNAGU_BASE_HTML_H

#include "proto/base/span.h"

// Escaped for an element's content and for a quoted attribute. What is no UTF-8 becomes U+FFFD;
// control characters become blanks, those that turn the reading direction go.
err html_text(buf *out, const char *text);
// open and close are markup of the caller's own.
err html_element(buf *out, const char *open, const char *text, const char *close);

#endif
